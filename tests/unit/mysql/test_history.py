"""Records of the schema history, without Kafka: what they say, and which of them count for an offset."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.mysql.historyrecords import HistoryRecord, at_or_before, replay, write_record
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.structure import Flavor, TableId
from connectors.mysql.structures import DdlContext, DdlError, StructureChange, Structures, is_sequence, parse_create

CONTEXT = DdlContext(version=90704)
UUID = "4d915379-e8d1-11f1-9771-02fc00000001"
OFFSET = BinlogOffset(file="binlog.000003", pos=42, gtids=f"{UUID}:1-7", ts_sec=5)
T = TableId("d", "t")
EVERYTHING = """CREATE TABLE t (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, a VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin
DEFAULT 'it''s',
  b ENUM('x,y','it''s') NOT NULL, c SET('a','b'), d DECIMAL(10,3) ZEROFILL, e DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE
  CURRENT_TIMESTAMP(3), f TIMESTAMP NULL, g BIT(5) DEFAULT b'101', h POINT NOT NULL SRID 0, i JSON, j INT AS (id + 1) STORED, k
  BINARY(0), l INT INVISIBLE COMMENT 'hid', m VECTOR(3), n TEXT, o YEAR, p DOUBLE(9,2), q TINYINT(1), r BOOL, PRIMARY KEY (id),
  UNIQUE u (a(3), b), KEY (l), UNIQUE ((id + 1))) COMMENT 'it''s' DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_bin"""


def change(sql: str, structures: Structures | None = None, context: DdlContext = CONTEXT) -> StructureChange:
    [found] = (structures or Structures()).apply(sql, "d", context)
    return found


def written(change: StructureChange) -> HistoryRecord:
    return HistoryRecord.read(write_record(change, "P", OFFSET, 1234))


def debezium(ddl: str, *changes: dict[str, Any], database: str = "d") -> HistoryRecord:
    document = {"source": {"server": "P"}, "position": {"file": "binlog.000003", "pos": 4}, "ts_ms": 1, "databaseName": database,
                "ddl": ddl, "tableChanges": list(changes)}
    return HistoryRecord.read(json.dumps(document).encode())


def column(name: str, type: str, position: int = 1, **more: Any) -> dict[str, Any]:
    return {"name": name, "jdbcType": 4, "typeName": type, "typeExpression": type, "charsetName": None, "position": position,
            "optional": True, "autoIncremented": False, "generated": False, "comment": None, "hasDefaultValue": False, **more}


def altered(*columns: dict[str, Any], type: str = "ALTER", key: list[str] | None = None, **more: Any) -> dict[str, Any]:
    table = {"defaultCharsetName": "utf8mb4", "primaryKeyColumnNames": key or [], "columns": list(columns), "attributes": []}
    return {"type": type, "id": '"d"."t"', "table": table, "comment": None, **more}


def test_a_record_is_what_debezium_writes() -> None:
    raw = json.loads(write_record(change("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(10) DEFAULT 'x') CHARSET utf8mb4"), "P",
                                  OFFSET, 1234))
    assert list(raw) == ["source", "position", "ts_ms", "databaseName", "ddl", "tableChanges"]
    assert raw["source"] == {"server": "P"} and raw["position"] == OFFSET.write() and raw["ts_ms"] == 1234
    [entry] = raw["tableChanges"]
    assert list(entry) == ["type", "id", "table", "comment"] and (entry["type"], entry["id"]) == ("CREATE", '"d"."t"')
    table = entry["table"]
    assert (table["defaultCharsetName"], table["primaryKeyColumnNames"], table["attributes"]) == ("utf8mb4", ["id"], [])
    first, second = ({k: v for k, v in c.items() if k != "headgate"} for c in table["columns"])
    assert first == {
        "name": "id", "jdbcType": 4, "typeName": "INT", "typeExpression": "INT", "charsetName": None, "position": 1,
        "optional": False,
        "autoIncremented": False, "generated": False, "comment": None, "hasDefaultValue": False}
    assert second == {
        "name": "v", "jdbcType": 12, "typeName": "VARCHAR", "typeExpression": "VARCHAR", "charsetName": "utf8mb4", "length": 10,
        "position": 2, "optional": True, "autoIncremented": False, "generated": False, "comment": None, "hasDefaultValue": True,
        "defaultValueExpression": "x"}


def test_our_record_brings_the_very_same_table_back() -> None:
    made = change(EVERYTHING)
    structures = Structures()
    replay(written(made), structures, CONTEXT)
    assert structures.get(T) == made.table


def test_a_rename_takes_the_old_name_away_and_can_be_replayed_twice() -> None:
    structures = Structures()
    first = change("CREATE TABLE t (id INT)", structures)
    renamed = change("RENAME TABLE t TO u", structures)
    assert json.loads(write_record(renamed, "P", OFFSET, 1))["tableChanges"][0]["previousId"] == '"d"."t"'
    again = Structures()
    for each in (first, renamed, renamed):
        replay(written(each), again, CONTEXT)
    assert again.get(T) is None and again.get(TableId("d", "u")) == structures.get(TableId("d", "u"))


@pytest.mark.parametrize("name", ['a"b', "a.b", 'q".".x', "é漢"])
def test_names_with_quotes_and_dots_come_back(name: str) -> None:
    made = change(f"CREATE TABLE `{name}` (id INT)")
    structures = Structures()
    replay(written(made), structures, CONTEXT)
    assert structures.get(TableId("d", name)) is not None
    replay(written(StructureChange("DROP", TableId("d", name), None, None, "d", "DROP TABLE x")), structures, CONTEXT)
    assert structures.count == 0


def test_databases_and_the_server_give_their_defaults_to_what_follows() -> None:
    structures = Structures()
    for database, sql in (("", "SET character_set_server=latin1, collation_server=latin1_swedish_ci"),
                          ("d", "DROP DATABASE IF EXISTS `d`"),
                          ("d", "CREATE DATABASE `d` CHARSET utf8mb4 COLLATE utf8mb4_bin"), ("d", "USE `d`"),
                          ("e", "CREATE DATABASE e")):
        replay(written(StructureChange("DATABASE", None, None, None, database, sql)), structures, CONTEXT)
    assert structures.database_defaults("d") == ("utf8mb4", "utf8mb4_bin")
    assert structures.database_defaults("e") == ("latin1", "latin1_swedish_ci")
    replay(debezium("CREATE TABLE t (a CHAR(3))"), structures, CONTEXT)
    table = structures.get(T)
    assert table is not None and table.columns[0].charset == "utf8mb4"


def test_debeziums_record_is_completed_from_its_statement() -> None:
    sql = "CREATE TABLE t (id INT NOT NULL, v VARCHAR(10) CHARACTER SET latin1 DEFAULT 'x', UNIQUE KEY u (id))"
    record = debezium(sql, altered(column("id", "INT", optional=False),
                                   column("v", "VARCHAR", 2, length=10, charsetName="latin1"),
                                   type="CREATE", key=["id"]))
    structures = Structures()
    replay(record, structures, CONTEXT)
    table = structures.get(T)
    assert table is not None
    # Debezium tells a unique key as if it were the primary one.
    assert (table.primary_key, table.unique_key) == ((), ("id",))
    assert table.columns[1].default == "'x'"


def test_debeziums_tables_rule_where_the_statement_comes_to_something_else() -> None:
    structures = Structures()
    replay(debezium("ALTER TABLE t ADD v INT", altered(column("id", "INT"), column("w", "BIGINT UNSIGNED", 2))), structures,
           CONTEXT)
    table = structures.get(T)
    assert table is not None and [(c.name, c.type, c.unsigned) for c in table.columns] == [("id", "int", False),
            ("w", "bigint", True)]


def test_every_type_of_debeziums_is_read() -> None:
    columns = [
        column("a", "TINYINT", 1, length=1), column("b", "BOOLEAN", 2), column("c", "ENUM", 3, length=1, charsetName="utf8mb4",
                                                                               enumValues=["'x'", "'it''s'"]),
        column("d", "SET", 4, length=3, enumValues=["'p'", "'q'"], charsetName="latin1"),
        column("e", "DECIMAL", 5, length=6, scale=2),
        column("f", "DATETIME", 6, length=3), column("g", "TIMESTAMP", 7, length=6, defaultValueExpression="1970-01-01 00:00:00"),
        column("h", "DOUBLE PRECISION UNSIGNED", 8), column("i", "BIT", 9, length=4, defaultValueExpression="1010"),
        column("j", "VARBINARY", 10, length=9), column("k", "NATIONAL VARCHAR", 11, length=5, charsetName="utf8mb3"),
        column("l", "GEOMETRYCOLLECTION", 12), column("m", "LONG VARCHAR", 13, charsetName="utf8mb4"), column("n", "JSON", 14),
        column("o", "INT UNSIGNED ZEROFILL", 15, length=5, defaultValueExpression="7"), column("p", "YEAR", 16, length=4),
        column("q", "CHAR", 17, length=3, charsetName="binary"), column("r", "TIME", 18), column("s", "VECTOR", 19, length=3),
    ]
    structures = Structures()
    replay(debezium("", altered(*columns)), structures, CONTEXT)
    table = structures.get(T)
    assert table is not None
    assert [(c.type, c.length, c.scale) for c in table.columns] == [
        ("tinyint", 1, None), ("tinyint", 1, None), ("enum", None, None), ("set", None, None), ("decimal", 6, 2),
        ("datetime", None, 3),
        ("timestamp", None, 6), ("double", None, None), ("bit", 4, None), ("varbinary", 9, None), ("varchar", 5, None),
        ("geometrycollection", None, None), ("mediumtext", None, None), ("json", None, None), ("int", 5, None), ("year", 4, None),
        ("binary", 3, None), ("time", None, None), ("vector", 3, None)]
    assert table.columns[2].labels == ("x", "it's") and table.columns[3].charset == "latin1"
    assert [table.columns[n].default for n in (6, 8, 14)] == ["'1970-01-01 00:00:00'", "b'1010'", "'7'"]
    assert table.columns[16].charset is None


def test_a_statement_under_another_sql_mode_is_read_all_the_same() -> None:
    structures = Structures()
    replay(debezium('CREATE TABLE "t" ("a b" INT)'), structures, CONTEXT)
    assert structures.get(T) is not None


def test_what_cannot_be_followed_is_an_error_and_changes_nothing() -> None:
    structures = Structures()
    change("CREATE TABLE t (id INT)", structures)
    for record in (debezium("ALTER TABLE t MAKE IT SO"), debezium("", altered(column("a", "WHATEVER"))),
                   debezium("", {"type": "ALTER", "id": '"d"."t"', "table": {"columns": "x"}})):
        with pytest.raises(DdlError):
            replay(record, structures, CONTEXT)
    assert [t.id for t in structures] == [T] and len(structures.get(T).columns) == 1  # type: ignore[union-attr]


@pytest.mark.parametrize("raw", [b"", b"nope", b"[]", b'{"source": 1}', b'{"tableChanges": {"a": 1}}', b'{"tableChanges": [1]}'])
def test_a_value_that_is_no_record_is_a_value_error(raw: bytes) -> None:
    with pytest.raises(ValueError):
        HistoryRecord.read(raw)


def gtids(upto: str, **more: Any) -> dict[str, Any]:
    return {"gtids": f"{UUID}:{upto}", **more}


@pytest.mark.parametrize(("recorded", "desired", "counts"), [
    (gtids("1-5"), gtids("1-7"), True),
    (gtids("1-8"), gtids("1-7"), False),
    (gtids("1-7"), gtids("1-7"), True),
    (gtids("1-7", event=2), gtids("1-7", event=1), False),
    (gtids("1-7", event=1), gtids("1-7", event=1), True),
    (gtids("1-7"), gtids("1-7", snapshot="INITIAL"), False),
    (gtids("1-7", snapshot="INITIAL"), gtids("1-7"), True),
    (gtids("1-3:5-6"), gtids("1-4"), False),
    ({"file": "b.000001", "pos": 4}, gtids("1-7"), True),
    (gtids("1-7"), {"file": "b.000001", "pos": 4}, False),
    ({"file": "b.000002", "pos": 100}, {"file": "b.000002", "pos": 100}, True),
    ({"file": "b.000002", "pos": 101}, {"file": "b.000002", "pos": 100}, False),
    ({"file": "b.999999", "pos": 9}, {"file": "b.1000000", "pos": 4}, True),
    ({"file": "b.000002", "pos": 100, "event": 2}, {"file": "b.000002", "pos": 100, "event": 1}, False),
    ({"file": "b.000002", "pos": 100, "row": 2}, {"file": "b.000002", "pos": 100, "row": 3}, True),
    ({"file": "b.000009", "pos": 100, "server_id": 1, "ts_sec": 5}, {"file": "c.000001", "pos": 4, "server_id": 2, "ts_sec": 9},
     True),
    ({"file": "b.000001", "pos": 100, "server_id": 1, "ts_sec": 10}, {"file": "c.000001", "pos": 4, "server_id": 2, "ts_sec": 9},
     False),
    ({"file": "b.000001", "pos": 100, "ts_sec": 99}, {"file": "b.000001", "pos": 200, "server_id": 2, "ts_sec": 9}, True),
    ({"file": "b.000001", "pos": 300, "ts_sec": 1}, {"file": "b.000001", "pos": 200, "server_id": 2, "ts_sec": 9}, False),
    ({"file": "b.000009", "headgate_server_uuid": "x", "ts_sec": 5},
     {"file": "c.000001", "headgate_server_uuid": "y", "ts_sec": 9}, True),
    ({"file": "b.000001", "pos": 3, "server_id": 1, "headgate_server_uuid": "x", "ts_sec": 50},
     {"file": "b.000001", "pos": 4, "server_id": 2, "headgate_server_uuid": "x", "ts_sec": 9}, True),
])
def test_which_records_count_for_an_offset(recorded: dict[str, Any], desired: dict[str, Any], counts: bool) -> None:
    assert at_or_before(recorded, desired, Flavor.MYSQL) is counts


def test_mariadbs_gtids_count_by_domain() -> None:
    assert at_or_before({"gtids": "0-1-5,1-2-3"}, {"gtids": "0-1-6,1-2-3"}, Flavor.MARIADB)
    assert not at_or_before({"gtids": "0-1-5,1-2-4"}, {"gtids": "0-1-6,1-2-3"}, Flavor.MARIADB)


def test_sequences_are_kept() -> None:
    maria = DdlContext(Flavor.MARIADB, version=101118)
    structures, again = Structures(), Structures()
    for sql in ("CREATE SEQUENCE s", "CREATE SEQUENCE t", "DROP SEQUENCE s"):
        replay(written(change(sql, structures, maria)), again, maria)
    assert [t.id for t in again] == [T] and is_sequence(next(iter(again)))


def test_the_history_of_every_table_of_show_create_table_is_exact() -> None:
    for flavor, sql in (
        (Flavor.MARIADB, "CREATE TABLE `t` (`a` inet4 DEFAULT NULL, `c` uuid DEFAULT uuid(), `f` text /*M!100301 COMPRESSED*/ "
                         "NOT NULL DEFAULT '', `h` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK "
                         "(json_valid(`h`)), UNIQUE KEY `u` (`f`) USING HASH) "
                         "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 WITH SYSTEM VERSIONING"),
        (Flavor.MYSQL, "CREATE TABLE `t` (`a` varchar(3) COLLATE utf8mb4_bin DEFAULT (_utf8mb4'x'), `g` geometry NOT NULL "
                       "/*!80003 SRID 0 */, `i` int DEFAULT NULL /*!80023 INVISIBLE */, KEY `k` ((`i` + 1))) "
                       "DEFAULT CHARSET=utf8mb3"),
    ):
        context = DdlContext(flavor, version=101118 if flavor is Flavor.MARIADB else 90704)
        table = parse_create(sql, "d", context)
        structures = Structures()
        replay(written(StructureChange("CREATE", table.id, None, table, "d", sql)), structures, context)
        assert structures.get(T) == table
