"""Structures that follow statements. What servers make of several hundred of them is compared in the integration tests."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.mysql.ddl.context import REAL_AS_FLOAT, STRICT_TRANS_TABLES
from connectors.mysql.structure import ColumnDef, Flavor, TableDef, TableId
from connectors.mysql.structures import DdlContext, DdlError, StructureChange, Structures, is_sequence, parse_create

MYSQL = DdlContext(version=90704)
MARIADB = DdlContext(Flavor.MARIADB, version=101118)
T = TableId("d", "t")


def run(*statements: str, context: DdlContext = MYSQL, structures: Structures | None = None) -> tuple[Structures,
        list[StructureChange]]:
    """The structures after the statements, and what the last one changed."""
    if structures is None:
        structures = Structures(context.lower_case_table_names)
        structures.put_database("d", "utf8mb4")
    changes: list[StructureChange] = []
    for sql in statements:
        changes = structures.apply(sql, "d", context)
    return structures, changes


def table(*statements: str, context: DdlContext = MYSQL, name: str = "t") -> TableDef:
    found = run(*statements, context=context)[0].get(TableId("d", name))
    assert found is not None
    return found


def column(definition: str, context: DdlContext = MYSQL) -> ColumnDef:
    return table(f"CREATE TABLE t (c {definition})", context=context).columns[0]


def names(table: TableDef) -> list[str]:
    return [c.name for c in table.columns]


@pytest.mark.parametrize(("definition", "expected"), [
    ("INT", {"type": "int", "declared": "INT", "length": None}),
    ("INT(11) UNSIGNED", {"type": "int", "declared": "INT UNSIGNED", "length": 11, "unsigned": True}),
    ("int zerofill", {"declared": "INT UNSIGNED ZEROFILL", "unsigned": True, "zerofill": True}),
    ("BOOLEAN", {"type": "tinyint", "declared": "BOOLEAN", "length": 1}),
    ("INTEGER", {"type": "int"}), ("INT8", {"type": "bigint"}), ("MIDDLEINT", {"type": "mediumint"}),
    ("DEC", {"type": "decimal", "length": 10, "scale": 0}), ("NUMERIC(5)", {"length": 5, "scale": 0}),
    ("FIXED(6,2)", {"type": "decimal", "length": 6, "scale": 2}),
    ("REAL", {"type": "double"}), ("FLOAT(24)", {"type": "float", "length": None}), ("FLOAT(25)", {"type": "double"}),
    ("FLOAT(7,3)", {"type": "float", "length": 7, "scale": 3}),
    ("DOUBLE PRECISION", {"type": "double", "declared": "DOUBLE PRECISION"}),
    ("BIT", {"length": 1}), ("CHAR", {"length": 1, "charset": "utf8mb4"}), ("VARCHAR(3)", {"length": 3}),
    ("NCHAR(2)", {"type": "char", "charset": "utf8mb3"}), ("NATIONAL VARCHAR(2)", {"type": "varchar", "charset": "utf8mb3"}),
    ("VARCHAR(3) CHARACTER SET latin1", {"charset": "latin1", "collation": None}),
    ("VARCHAR(3) COLLATE latin1_bin", {"charset": "latin1", "collation": "latin1_bin"}),
    ("VARCHAR(3) CHARSET utf8 COLLATE utf8_bin", {"charset": "utf8mb3", "collation": "utf8mb3_bin"}),
    ("VARCHAR(3) CHARACTER SET binary", {"type": "varbinary", "charset": None, "length": 3}),
    ("TEXT BYTE", {"type": "blob"}), ("CHAR(3) BINARY", {"collation": "utf8mb4_bin"}), ("CHAR(3) ASCII", {"charset": "latin1"}),
    ("TEXT(10)", {"type": "tinytext", "length": None}), ("TEXT(64)", {"type": "text"}), ("TEXT(16384)", {"type": "mediumtext"}),
    ("BLOB(255)", {"type": "tinyblob"}), ("BLOB(256)", {"type": "blob"}), ("LONG", {"type": "mediumtext"}),
    ("LONG VARBINARY", {"type": "mediumblob"}), ("VARCHAR(70000)", {"type": "mediumtext", "length": None}),
    ("ENUM('a','it''s','x ')", {"labels": ("a", "it's", "x"), "charset": "utf8mb4"}), ("SET(\"p\",'q')", {"labels": ("p", "q")}),
    ("TIME(3)", {"type": "time", "scale": 3, "length": None}), ("YEAR(4)", {"type": "year", "length": 4}),
    ("VECTOR", {"type": "vector", "length": 2048}), ("GEOMCOLLECTION", {"type": "geometrycollection"}),
    ("POINT SRID 4326", {"srid": 4326}),
    ("JSON", {"type": "json", "charset": None}),
    ("INT DEFAULT -5", {"default": "-5"}), ("INT DEFAULT NULL", {"default": "NULL"}),
    ("CHAR DEFAULT 'it''s'", {"default": "'it''s'"}),
    ("BIT(3) DEFAULT b'101'", {"default": "b'101'"}), ("BLOB DEFAULT (uuid())", {"default": "(uuid())"}),
    ("VARCHAR(9) DEFAULT _utf8mb4'x'", {"default": "_utf8mb4'x'"}),
    ("BINARY(2) DEFAULT _binary 0x0A", {"default": "_binary 0x0A"}),
    ("DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)",
     {"default": "CURRENT_TIMESTAMP(3)", "on_update": True}),
    ("INT NOT NULL COMMENT 'it''s'", {"nullable": False, "comment": "it's"}), ("INT COMMENT ''", {"comment": None}),
    ("INT AS (1 + (2))", {"generated": True, "default": None}), ("INT GENERATED ALWAYS AS (1) STORED", {"generated": True}),
    ("INT INVISIBLE", {"invisible": True}), ("SERIAL", {"type": "bigint", "unsigned": True, "nullable": False,
                                                        "auto_increment": True}),
    ("INT CHECK (c > 0) NOT ENFORCED COLUMN_FORMAT FIXED STORAGE DISK", {"type": "int"}),
])
def test_a_column(definition: str, expected: dict[str, Any]) -> None:
    found = column(definition)
    assert {name: getattr(found, name) for name in expected} == expected


@pytest.mark.parametrize(("definition", "expected"), [
    ("JSON", {"type": "longtext", "declared": "JSON", "charset": "utf8mb4", "collation": "utf8mb4_bin"}),
    ("UUID DEFAULT UUID()", {"type": "uuid", "default": "UUID()"}), ("INET6", {"type": "inet6"}), ("INET4", {"type": "inet4"}),
    ("VARCHAR(9) COMPRESSED=zlib", {"type": "varchar", "compressed": True}),
    ("TEXT /*M!100301 COMPRESSED*/", {"compressed": True}),
    ("INT DEFAULT NEXT VALUE FOR a.s", {"default": "NEXT VALUE FOR a.s"}), ("INT AS (1) PERSISTENT", {"generated": True}),
    ("VARCHAR(5) COLLATE uca1400_ai_ci", {"charset": "utf8mb4", "collation": "utf8mb4_uca1400_ai_ci"}),
    ("GEOMETRY REF_SYSTEM_ID=101", {"srid": 101}), ("INT `option`=1 other='x'", {"type": "int"}),
])
def test_a_column_of_mariadb(definition: str, expected: dict[str, Any]) -> None:
    found = column(definition, MARIADB)
    assert {name: getattr(found, name) for name in expected} == expected


def test_the_session_decides_what_a_type_is() -> None:
    assert column("REAL", DdlContext(sql_mode=REAL_AS_FLOAT)).type == "float"
    assert column("VARCHAR(16383)", DdlContext(sql_mode=STRICT_TRANS_TABLES)).type == "varchar"
    oracle = DdlContext(Flavor.MARIADB, 0x200, 101118)
    assert [column(d, oracle).type for d in ("DATE", "BLOB", "CLOB", "VARCHAR2(3)", "RAW(3)", "NUMBER")] == [
        "datetime", "longblob", "longtext", "varchar", "varbinary", "double"]


def test_character_sets_come_from_column_table_database_and_server() -> None:
    structures = Structures()
    structures.put_server("latin1", "latin1_bin")
    structures.apply("CREATE DATABASE e", "", MYSQL)
    structures.apply("CREATE DATABASE f COLLATE utf8mb4_bin", "", MYSQL)
    found = {}
    for database, options in (("e", ""), ("f", ""), ("f", " CHARSET ascii"), ("f", " COLLATE ucs2_bin"), ("nowhere", "")):
        [change] = structures.apply(f"CREATE TABLE t (a CHAR(1), b CHAR(1) CHARACTER SET greek){options}", database, MYSQL)
        assert change.table is not None
        found[database + options] = [(c.charset, c.collation) for c in change.table.columns]
        structures.drop(change.table.id)
    assert [pair[0] for pair in found.values()] == [
        ("latin1", "latin1_bin"), ("utf8mb4", "utf8mb4_bin"), ("ascii", None), ("ucs2", "ucs2_bin"), ("latin1", "latin1_bin")]
    assert {pair[1] for pair in found.values()} == {("greek", None)}
    structures.apply("ALTER DATABASE f CHARACTER SET latin2", "", MYSQL)
    assert structures.database_defaults("f") == ("latin2", None)
    session = DdlContext(server_charset="koi8r", server_collation="koi8r_bin")
    assert table("CREATE TABLE x.t (a CHAR(1))", "RENAME TABLE x.t TO d.t", context=session).columns[0].charset == "koi8r"


def test_parse_create_takes_the_databases_defaults() -> None:
    found = parse_create("CREATE TABLE `t` (`a` char(1))", "d", MYSQL, ("latin1", "latin1_bin"))
    assert (found.id, found.charset, found.columns[0].collation) == (T, "latin1", "latin1_bin")
    for sql in ("CREATE TABLE t LIKE u", "DROP TABLE t", "CREATE VIEW v AS SELECT 1"):
        with pytest.raises(DdlError):
            parse_create(sql, "d", MYSQL)


def test_keys() -> None:
    found = table("CREATE TABLE t (a INT, b INT NOT NULL, c VARCHAR(9) NOT NULL, d INT NOT NULL, UNIQUE (a), UNIQUE p (c(3)), "
                  "KEY (b), UNIQUE (d, b), UNIQUE KEY x ((a + 1)))")
    assert [(k.name, k.columns, k.unique, k.partial) for k in found.keys] == [
        ("d", ("d", "b"), True, False), ("p", ("c",), True, True), ("a", ("a",), True, False), ("x", (None,), True, False),
        ("b", ("b",), False, False)]
    assert (found.primary_key, found.unique_key) == ((), ("d", "b"))
    assert table("CREATE TABLE t (a INT, B INT, PRIMARY KEY (b, A))").primary_key == ("B", "a")
    assert not any(c.nullable for c in table("CREATE TABLE t (a INT DEFAULT NULL, b INT, PRIMARY KEY (a, b))").columns)


def test_the_key_that_stands_in_follows_indexes_and_nullability() -> None:
    create = "CREATE TABLE t (a INT NOT NULL, b INT)"
    assert table(create, "CREATE UNIQUE INDEX u ON t (a)").unique_key == ("a",)
    assert table(create, "CREATE UNIQUE INDEX u ON t (a)", "DROP INDEX u ON t").unique_key == ()
    assert table(create, "CREATE UNIQUE INDEX u ON t (b)", "ALTER TABLE t MODIFY b INT NOT NULL").unique_key == ("b",)
    assert table(create, "ALTER TABLE t ADD UNIQUE (a)", "ALTER TABLE t RENAME COLUMN a TO z").unique_key == ("z",)
    assert table(create, "ALTER TABLE t ADD PRIMARY KEY (a)", "DROP INDEX `PRIMARY` ON t").primary_key == ()


@pytest.mark.parametrize(("alter", "expected"), [
    ("ADD d INT", "a b c d"), ("ADD COLUMN d INT FIRST", "d a b c"), ("ADD d INT AFTER a", "a d b c"),
    ("ADD (d INT, e INT)", "a b c d e"),
    ("DROP b", "a c"), ("DROP COLUMN b, DROP a", "c"), ("MODIFY b INT FIRST", "b a c"), ("MODIFY a INT AFTER c", "b c a"),
    ("CHANGE b z INT", "a z c"), ("CHANGE b z INT FIRST", "z a c"), ("RENAME COLUMN a TO b, RENAME COLUMN b TO a", "b a c"),
    ("CHANGE a b INT, CHANGE b a INT", "b a c"), ("ADD d INT FIRST, ADD e INT FIRST", "e d a b c"),
    ("ADD d INT AFTER e, ADD e INT", None), ("ADD e INT, ADD d INT AFTER e", "a b c e d"), ("DROP a, ADD a INT", "b c a"),
    ("MODIFY a INT AFTER b, MODIFY b INT AFTER c", None), ("MODIFY b INT AFTER c, MODIFY a INT AFTER b", "c b a"),
    ("DROP zz", None), ("ADD a INT", None), ("MODIFY zz INT", None), ("ADD KEY (zz)", None), ("ADD d INT AFTER zz", None),
    ("CHANGE a b INT", None),
])
def test_columns_end_up_where_the_server_puts_them(alter: str, expected: str | None) -> None:
    create = "CREATE TABLE t (a INT, b INT, c INT)"
    if expected is None:
        structures, _ = run(create)
        before = structures.get(T)
        with pytest.raises(DdlError) as caught:
            structures.apply(f"ALTER TABLE t {alter}", "d", MYSQL)
        assert caught.value.table == T
        assert structures.get(T) is before
    else:
        assert " ".join(names(table(create, f"ALTER TABLE t {alter}"))) == expected


def test_if_exists_and_if_not_exists_of_mariadb() -> None:
    create = "CREATE TABLE t (a VARCHAR(5), b INT)"
    found = table(create, "ALTER TABLE t ADD COLUMN IF NOT EXISTS a INT UNIQUE, DROP COLUMN IF EXISTS x, "
                          "MODIFY COLUMN IF EXISTS y INT, ADD COLUMN IF NOT EXISTS c INT UNIQUE, "
                          "RENAME COLUMN IF EXISTS q TO r", context=MARIADB)
    assert names(found) == ["a", "b", "c"] and found.columns[0].type == "varchar" and [k.name for k in found.keys] == ["c"]
    assert run("ALTER TABLE IF EXISTS nope ADD a INT", context=MARIADB)[1] == []


def test_what_create_says_of_a_table_that_is_there() -> None:
    structures, changes = run("CREATE TABLE t (a INT)", "CREATE TABLE IF NOT EXISTS t (b INT)")
    assert changes == [] and names(structures.get(T)) == ["a"]  # type: ignore[arg-type]
    structures, [change] = run("CREATE TABLE t (a INT)", "CREATE OR REPLACE TABLE t (b INT)", context=MARIADB)
    assert change.kind == "CREATE" and names(structures.get(T)) == ["b"]  # type: ignore[arg-type]
    assert run("CREATE TEMPORARY TABLE t (a INT)")[1] == []


def test_a_copy_is_independent_of_its_model() -> None:
    structures, [change] = run("CREATE TABLE t (a INT, UNIQUE (a)) COMMENT 'x'", "CREATE TABLE u LIKE t")
    assert change.table == structures.get(T).but(id=TableId("d", "u"))  # type: ignore[union-attr]
    twin = structures.copy()
    run("ALTER TABLE u ADD b INT", "DROP TABLE t", structures=structures)
    assert names(twin.get(TableId("d", "u"))) == ["a"] and twin.get(T) is not None  # type: ignore[arg-type]


def test_renames() -> None:
    structures, changes = run("CREATE TABLE t (a INT)", "CREATE TABLE u (b INT)", "RENAME TABLE t TO tmp, u TO t, tmp TO u")
    assert [(c.kind, str(c.id), str(c.previous), c.sql) for c in changes] == [
        ("RENAME", "d.tmp", "d.t", "RENAME TABLE t TO tmp"), ("RENAME", "d.t", "d.u", "RENAME TABLE u TO t"),
        ("RENAME", "d.u", "d.tmp", "RENAME TABLE tmp TO u")]
    assert names(structures.get(T)) == ["b"]  # type: ignore[arg-type]
    structures, [change] = run("ALTER TABLE t ADD c INT, RENAME TO e.w", structures=structures)
    assert (change.kind, str(change.id), str(change.previous), change.database) == ("ALTER", "e.w", "d.t", "e")
    assert structures.get(T) is None and names(structures.get(TableId("e", "w"))) == ["b", "c"]  # type: ignore[arg-type]


def test_drops_truncates_and_databases() -> None:
    structures, changes = run("CREATE TABLE t (a INT)", "CREATE TABLE u (a INT)", "DROP TABLE t, e.x /* generated by server */")
    assert [(c.kind, str(c.id), c.table, c.database, c.sql) for c in changes] == [
        ("DROP", "d.t", None, "d", "DROP TABLE `d`.`t`"), ("DROP", "e.x", None, "e", "DROP TABLE `e`.`x`")]
    _, [change] = run("TRUNCATE u", structures=structures)
    assert (change.kind, str(change.id), change.table) == ("TRUNCATE", "d.u", None)
    _, [change] = run("DROP DATABASE IF EXISTS d", structures=structures)
    assert (change.kind, change.id, change.database) == ("DATABASE", None, "d") and structures.count == 0


def test_a_table_that_was_never_told_is_told_without_structure() -> None:
    structures, [change] = run("ALTER TABLE nope ADD a INT")
    assert (change.kind, str(change.id), change.table) == ("ALTER", "d.nope", None)
    run("CREATE TABLE t (a INT)", structures=structures)
    # Another table takes the name of a known one: what was known is void.
    _, [change] = run("RENAME TABLE nope TO t", structures=structures)
    assert change.table is None and structures.get(T) is None
    assert run("CREATE INDEX i ON nope (a)")[1][0].table is None


@pytest.mark.parametrize(("sql", "text"), [
    ("CREATE TABLE t LIKE nope", "d.t is made like d.nope, whose structure is not known"),
    ("CREATE TABLE t AS SELECT 1", "gets its columns from a query"),
    ("CREATE TABLE t (a INT) SELECT 1 AS b", "gets its columns from a query"),
    ("CREATE TABLE t (SELECT 1)", "gets its columns from a query"), ("CREATE TABLE t ENGINE=InnoDB", "without columns"),
])
def test_what_cannot_be_followed_names_its_table(sql: str, text: str) -> None:
    with pytest.raises(DdlError, match=text) as caught:
        run(sql)
    assert caught.value.table == T


def test_create_table_select_as_the_server_logs_it() -> None:
    sql = "CREATE TABLE `t` (\n  `id` int NOT NULL,\n  `n2` decimal(9,2) DEFAULT NULL\n) START TRANSACTION"
    assert names(table(sql)) == ["id", "n2"]


@pytest.mark.parametrize(("setting", "kept"), [(0, ["D.T", "d.t"]), (1, ["d.t"]), (2, ["d.t"])])
def test_lower_case_table_names(setting: int, kept: list[str]) -> None:
    context = DdlContext(lower_case_table_names=setting)
    structures = Structures(setting)
    structures.apply("CREATE TABLE T (a INT)", "D", context)
    structures.apply("CREATE TABLE t (b INT)", "d", context)
    assert [str(t.id) for t in structures] == kept
    assert (structures.get(TableId("D", "T")) is structures.get(T)) is (setting != 0)
    created = structures.apply("CREATE TABLE Mixed (a INT)", "Base", context)
    assert str(created[0].id) == ("base.mixed" if setting == 1 else "Base.Mixed")
    structures.apply("DROP TABLE mIXED", "bASE", context)
    assert (structures.get(created[0].id) is None) is (setting != 0)  # type: ignore[arg-type]


def test_timestamps_without_explicit_defaults() -> None:
    context = DdlContext(explicit_defaults_ts=False)
    found = table("CREATE TABLE t (a TIMESTAMP(3), b TIMESTAMP, c TIMESTAMP NULL, d TIMESTAMP DEFAULT '2001-01-01', e DATETIME)",
                  context=context)
    assert [(c.nullable, c.default, c.on_update) for c in found.columns] == [
        (False, "CURRENT_TIMESTAMP(3)", True), (False, "'0000-00-00 00:00:00'", False), (True, None, False),
        (False, "'2001-01-01'", False), (True, None, False)]
    assert all(c.nullable and c.default is None for c in table("CREATE TABLE t (a TIMESTAMP, b TIMESTAMP)").columns)


def test_conversion_to_another_character_set() -> None:
    create = ("CREATE TABLE t (a TEXT, b TINYTEXT, c VARCHAR(9), d BLOB, e ENUM('x'), f VARCHAR(9) CHARACTER SET greek, "
              "g VARBINARY(3)) CHARSET latin1")
    found = table(create, "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, ADD h CHAR(1)")
    assert [(c.type, c.charset) for c in found.columns] == [
        ("mediumtext", "utf8mb4"), ("text", "utf8mb4"), ("varchar", "utf8mb4"), ("blob", None), ("enum", "utf8mb4"),
        ("varchar", "utf8mb4"), ("varbinary", None), ("char", "utf8mb4")]
    assert (found.charset, found.collation) == ("utf8mb4", "utf8mb4_bin")
    only = table(create, "ALTER TABLE t DEFAULT CHARACTER SET utf8mb4, ADD h CHAR(1)")
    assert (only.charset, only.columns[0].charset, only.columns[-1].charset) == ("utf8mb4", "latin1", "utf8mb4")


def test_partition_work_changes_nothing() -> None:
    create = "CREATE TABLE t (a INT) COMMENT 'c' PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (5) ENGINE = InnoDB)"
    for alter in ("ADD PARTITION (PARTITION q VALUES LESS THAN (9))", "DROP PARTITION p", "TRUNCATE PARTITION ALL",
                  "REMOVE PARTITIONING",
                  "EXCHANGE PARTITION p WITH TABLE x WITHOUT VALIDATION",
                  "REORGANIZE PARTITION p INTO (PARTITION p VALUES LESS THAN MAXVALUE)",
                  "COALESCE PARTITION 2", "ANALYZE PARTITION p, q", "DISCARD TABLESPACE", "IMPORT PARTITION p TABLESPACE",
                  "PARTITION BY KEY (a) PARTITIONS 3", "DISABLE KEYS", "FORCE", "ORDER BY a DESC", "ALGORITHM=INSTANT, LOCK=NONE",
                  "SECONDARY_LOAD"):
        assert table(create, f"ALTER TABLE t {alter}") == table(create), alter


def test_mariadb_makes_a_table_of_a_partition_and_back() -> None:
    create = "CREATE TABLE t (a INT) PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (5))"
    structures, changes = run(create, "ALTER TABLE t CONVERT PARTITION p TO TABLE u", context=MARIADB)
    assert [(c.kind, str(c.id)) for c in changes] == [("CREATE", "d.u"), ("ALTER", "d.t")]
    _, changes = run("ALTER TABLE t CONVERT TABLE u TO PARTITION p VALUES LESS THAN (5)", context=MARIADB, structures=structures)
    assert [(c.kind, str(c.id)) for c in changes] == [("DROP", "d.u"), ("ALTER", "d.t")]
    assert structures.get(TableId("d", "u")) is None


def test_system_versioning_adds_what_row_events_have() -> None:
    found = table("CREATE TABLE t (id INT PRIMARY KEY, u INT NOT NULL, UNIQUE (u)) WITH SYSTEM VERSIONING",
                  "ALTER TABLE t ADD v INT", context=MARIADB)
    assert names(found) == ["id", "u", "v", "row_start", "row_end"] and found.columns[-1].invisible
    assert (found.primary_key, found.keys[0].columns) == (("id", "row_end"), ("u", "row_end"))
    found = table("CREATE TABLE t (id INT PRIMARY KEY)", "ALTER TABLE t ADD SYSTEM VERSIONING",
                  "ALTER TABLE t DROP SYSTEM VERSIONING", context=MARIADB)
    assert (names(found), found.primary_key, found.attributes) == (["id"], ("id",), ())


def test_sequences_are_known_for_what_they_are() -> None:
    structures, [change] = run("CREATE OR REPLACE SEQUENCE IF NOT EXISTS s START WITH 5", context=MARIADB)
    assert (change.kind, str(change.id)) == ("SEQUENCE", "d.s") and change.table is not None and is_sequence(change.table)
    _, [change] = run("RENAME TABLE s TO t", context=MARIADB, structures=structures)
    assert change.table is not None and is_sequence(change.table)
    assert run("ALTER SEQUENCE t RESTART 3", context=MARIADB, structures=structures)[1] == []
    _, changes = run("DROP SEQUENCE t, u /* generated by server */", context=MARIADB, structures=structures)
    assert [(c.kind, c.table) for c in changes] == [("SEQUENCE", None)] * 2 and structures.count == 0
    assert is_sequence(table("CREATE TABLE t (a INT) ENGINE=InnoDB SEQUENCE=1", context=MARIADB))
    assert not is_sequence(table("CREATE TABLE t (a INT) SEQUENCE=0", context=MARIADB))
    assert run("CREATE TEMPORARY SEQUENCE s", context=MARIADB)[1] == []


def test_an_invisible_or_defaulted_column_is_set_in_place() -> None:
    found = table("CREATE TABLE t (a INT DEFAULT 1, b INT, c INT)",
                  "ALTER TABLE t ALTER a DROP DEFAULT, ALTER COLUMN b SET DEFAULT (1 + 1), "
                  "ALTER c SET INVISIBLE, COMMENT = ''")
    assert [(c.default, c.invisible) for c in found.columns] == [(None, False), ("(1 + 1)", False), (None, True)]


def test_a_thousand_columns_and_a_very_long_statement_are_read() -> None:
    columns = ", ".join(f"`col {n}` VARCHAR(20) NOT NULL DEFAULT 'x{n}' COMMENT 'comment {n}'" for n in range(1000))
    assert len(table(f"CREATE TABLE t ({columns})").columns) == 1000
