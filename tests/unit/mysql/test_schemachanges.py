"""Records of the schema-change topic: equal to what was recorded, statement by statement."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connect.api.records import SourceRecord
from connectors.changes import Facts
from connectors.mysql.config import MariaDbConfig, MySqlConfig
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.schemachanges import SchemaChangeRecords, bare_statement, hash_order
from connectors.mysql.source import BinlogSource
from connectors.mysql.structure import Flavor, TableId
from connectors.mysql.structures import DdlContext, StructureChange, Structures, parse_create
from connectors.mysql.where import RowsWhere
from schemas.connectjson import schema_from_json

GOLDEN = Path(__file__).parents[2] / "golden"
CASES = ["ctas", "ddl-columns", "ddl-tables", "filter-tables", "partitioned", "restart-ddl", "snapshot-markers",
         "snapshot-no-data"]
OFFSET = BinlogOffset(file="binlog.000001", pos=4)
FACTS = Facts("1", "mysql", "P", {"server": "P"}, (("h", "x"),))


def records(flavor: Flavor, tables: str | None = None) -> SchemaChangeRecords:
    props: dict[str, str | None] = {
        "topic.prefix": "P", "database.hostname": "h", "database.user": "u", "database.server.id": "1",
        "database.include.list": "golden,golden2", "table.include.list": tables}
    kind = MariaDbConfig if flavor is Flavor.MARIADB else MySqlConfig
    config = kind.from_props({k: v for k, v in props.items() if v is not None})
    return SchemaChangeRecords(config, FACTS, BinlogSource(FACTS), clock=lambda: 1_700_000_000_123_456_789)


def where(table: TableId | None = None) -> RowsWhere:
    return RowsWhere(table or TableId("", ""), "binlog.000001", 4, 1, None, None, None, 1_700_000_000_000_000, OFFSET)


def recorded(case: str) -> list[dict[str, Any]]:
    lines = (GOLDEN / case / "events.jsonl").read_text().splitlines()
    return [e for e in map(json.loads, lines) if e["topic"] == "P"]


def statements(case: str) -> Iterator[str]:
    """What the log had of stream.sql and after.sql: CREATE TABLE … SELECT as the server wrote it."""
    selects = iter([e["value"]["ddl"] for e in recorded(case) if "START TRANSACTION" in e["value"]["ddl"]])
    for name in ("stream.sql", "after.sql"):
        path = GOLDEN / case / name
        text = path.read_text() if path.exists() else ""
        for line in text.split(";\n"):
            line = "\n".join(part for part in line.splitlines() if not part.startswith("--")).strip()
            if re.match(r"CREATE TABLE.* AS SELECT", line):
                yield next(selects)
            elif line and not line.startswith(("INSERT", "UPDATE", "DELETE", "BEGIN", "COMMIT")):
                yield line


def snapshot_change(value: dict[str, Any], context: DdlContext) -> StructureChange:
    database, sql = value["databaseName"], value["ddl"]
    if sql.startswith("CREATE TABLE"):
        table = parse_create(sql, database, context)
        return StructureChange("CREATE", table.id, None, table, database, sql)
    if sql.startswith("DROP TABLE"):
        return StructureChange("DROP", TableId(database, sql.split("`")[3]), None, None, database, sql)
    return StructureChange("DATABASE", None, None, None, database, sql)


def run(case: str, flavor: Flavor, tables: str | None = None) -> list[SourceRecord]:
    """Everything the case's statements give."""
    maker, structures, context = records(flavor, tables), Structures(), DdlContext(flavor, version=100000)
    out: list[SourceRecord] = []
    for event in recorded(case):
        value = event["value"]
        if value["source"]["snapshot"] != "true":
            break
        change = snapshot_change(value, context)
        if change.table is not None:
            structures.put(change.table)
        structures.apply(value["ddl"], value["databaseName"], context)
        out += maker.snapshot(change, where(change.id or TableId(change.database, "")), OFFSET)
    for sql in statements(case):
        out += maker.of(structures.apply(sql, "golden", context), where(), 0, OFFSET)
    return out


def comparable(value: dict[str, Any]) -> dict[str, Any]:
    source = value["source"]
    return {
        "db": source["db"], "table": source["table"], "snapshot": source["snapshot"] or "false",
        "databaseName": value["databaseName"],
        "schemaName": value["schemaName"], "ddl": value["ddl"], "tableChanges": value["tableChanges"]}


@pytest.mark.parametrize("case", CASES)
def test_the_recorded_statements_give_the_recorded_records(case: str) -> None:
    tables = "golden\\.inc_.*,golden2\\.(One|two)" if case == "filter-tables" else None
    made = run(f"mysql/{case}", Flavor.MYSQL, tables)
    expected = recorded(f"mysql/{case}")
    assert [comparable(r.value) for r in made] == [comparable(e["value"]) for e in expected]  # type: ignore[arg-type]
    assert [r.key for r in made] == [e["key"] for e in expected]


def test_mariadb_gives_the_recorded_records_but_where_the_recorder_went_wrong() -> None:
    made = run("mariadb/ddl", Flavor.MARIADB)
    values = [comparable(r.value) for r in made]  # type: ignore[arg-type]
    expected = [comparable(e["value"]) for e in recorded("mariadb/ddl")]
    # The second CREATE OR REPLACE is a change: it is told, and the tables made from it have its columns.
    replaced = [v for v in values if v["ddl"].startswith("CREATE OR REPLACE TABLE other (id BIGINT")]
    assert [c["name"] for c in replaced[0]["tableChanges"][0]["table"]["columns"]] == ["id", "w"]
    values = [v for v in values if v not in replaced]
    assert [v["ddl"] for v in values] == [e["ddl"] for e in expected]
    followed = [n for n, e in enumerate(expected) if "copy_like" not in e["ddl"] and "RENAME TABLE other" not in e["ddl"]]
    for value, other in [(values[n], expected[n]) for n in followed]:
        for table in [c["table"] for c in (*value["tableChanges"], *other["tableChanges"]) if c["table"]]:
            # ADD COLUMN IF NOT EXISTS does nothing to a column that is there; it was recorded with the new type.
            table["columns"] = [c for c in table["columns"] if c["name"] not in ("a", "alpha")]
        assert value == other


@pytest.mark.parametrize(("case", "flavor"), [("mysql/ddl-tables", Flavor.MYSQL), ("mariadb/ddl", Flavor.MARIADB)])
def test_the_schemas_are_the_recorded_ones(case: str, flavor: Flavor) -> None:
    schemas = json.loads((GOLDEN / case / "schemas.json").read_text())
    event = recorded(case)[0]
    record = run(case, flavor)[0]
    assert record.key_schema == schema_from_json(schemas[event["key_schema"]])
    assert record.value_schema == schema_from_json(schemas[event["value_schema"]])


def test_records_go_to_the_prefix_topic_in_one_partition_with_offset_and_headers() -> None:
    table = parse_create("CREATE TABLE t (a INT)", "golden", DdlContext())
    change = StructureChange("CREATE", table.id, None, table, "golden", "CREATE TABLE t (a INT)")
    [record] = records(Flavor.MYSQL).of([change], where(), 3, OFFSET.but(pos=99))
    assert (record.topic, record.kafka_partition, record.headers) == ("P", 0, (("h", "x"),))
    assert record.source_offset == {"file": "binlog.000001", "pos": 99}
    assert record.value["ts_ms"] == 1_700_000_000_123  # type: ignore[index,call-overload]
    assert record.value["source"]["row"] == 3  # type: ignore[index,call-overload]


def test_tables_that_are_not_captured_and_statements_that_are_not_told_give_nothing() -> None:
    table = parse_create("CREATE TABLE t (a INT)", "other", DdlContext())
    changes = [
        StructureChange("CREATE", table.id, None, table, "other", ""),
        StructureChange("INDEX", TableId("golden", "t"), None, None, "golden", ""),
        StructureChange("TRUNCATE", TableId("golden", "t"), None, None, "golden", ""),
        StructureChange("DATABASE", None, None, None, "other", "DROP DATABASE other"),
        StructureChange("DATABASE", None, None, None, "mysql", "ALTER DATABASE mysql CHARACTER SET latin1"),
    ]
    assert records(Flavor.MYSQL).of(changes, where(), 0, OFFSET) == []


def test_every_type_has_its_number_length_and_default() -> None:
    sql = (
        "CREATE TABLE t (a BOOL DEFAULT TRUE, b TINYINT(1) UNSIGNED, c ENUM('it''s','b') DEFAULT 'b', d SET('x','y','z'), "
        "e DOUBLE PRECISION UNSIGNED, f TIMESTAMP(3) NULL DEFAULT CURRENT_TIMESTAMP(3), g YEAR, h JSON, i POINT, j NVARCHAR(5), "
        "k NATIONAL CHAR(3), l BLOB, m VARBINARY(4) DEFAULT 0x6162, n BIT(3) DEFAULT b'101', o DECIMAL, p VECTOR(3), q REAL, "
        "r VARCHAR(9) DEFAULT 'it''s', s BIGINT AUTO_INCREMENT UNIQUE, t INT DEFAULT (1 + 1), u NUMERIC(5,2) ZEROFILL) "
        "CHARSET latin1")
    table = parse_create(sql, "golden", DdlContext())
    change = StructureChange("CREATE", table.id, None, table, "golden", sql)
    [record] = records(Flavor.MYSQL).of([change], where(), 0, OFFSET)
    document = record.value["tableChanges"][0]["table"]  # type: ignore[index,call-overload]
    told = {c["name"]: (c["jdbcType"], c["typeName"], c["length"], c["scale"], c["charsetName"], c["defaultValueExpression"])
            for c in document["columns"]}
    assert told == {
        "a": (16, "BOOL", 1, None, None, "TRUE"), "b": (5, "TINYINT UNSIGNED", 1, None, None, None),
        "c": (1, "ENUM", 1, None, "latin1", "b"), "d": (1, "SET", 5, None, "latin1", None),
        "e": (8, "DOUBLE PRECISION UNSIGNED", None, None, None, None),
        "f": (2014, "TIMESTAMP", 3, None, None, "1970-01-01 00:00:00"),
        "g": (4, "YEAR", None, None, None, None), "h": (1111, "JSON", None, None, None, None),
        "i": (1111, "POINT", None, None, None, None), "j": (-9, "NVARCHAR", 5, None, "utf8mb3", None),
        "k": (-15, "NATIONAL CHAR", 3, None, "utf8mb3", None), "l": (2004, "BLOB", None, None, None, None),
        "m": (-3, "VARBINARY", 4, None, None, "0x6162"), "n": (-7, "BIT", 3, None, None, "101"),
        "o": (3, "DECIMAL", 10, 0, None, None), "p": (1111, "VECTOR", 3, None, None, None),
        "q": (7, "REAL", None, None, None, None), "r": (12, "VARCHAR", 9, None, "latin1", "it's"),
        "s": (-5, "BIGINT", None, None, None, None), "t": (4, "INT", None, None, None, None),
        "u": (2, "NUMERIC UNSIGNED ZEROFILL", 5, 2, None, None)}
    enums = {c["name"]: c["enumValues"] for c in document["columns"] if c["enumValues"]}
    assert enums == {"c": ["'it''s'", "'b'"], "d": ["'x'", "'y'", "'z'"]}
    assert document["columns"][18]["autoIncremented"] is document["columns"][18]["generated"] is True
    assert document["primaryKeyColumnNames"] == []


@pytest.mark.parametrize(("sql", "shown"), [
    ("ALTER TABLE t ADD a INT", "ALTER TABLE t ADD a INT"), ("/* app */ -- x\n ALTER TABLE t ADD a INT ; ",
                                                             "ALTER TABLE t ADD a INT"),
    ("DROP TABLE `t` /* generated by server */", "DROP TABLE `t`"),
    ("ALTER TABLE t COMMENT 'x */'", "ALTER TABLE t COMMENT 'x */'"),
    ("CREATE TABLE t (a INT)\n/*!50100 PARTITION BY KEY (a) */", "CREATE TABLE t (a INT)\n/*!50100 PARTITION BY KEY (a)"),
    ("CREATE TABLE t (a INT /* in */) /* a */ /* b */;", "CREATE TABLE t (a INT /* in */)"), ("*/", ""),
])
def test_the_statement_is_shown_without_comments_around_it(sql: str, shown: str) -> None:
    assert bare_statement(sql) == shown


def test_tables_of_a_statement_come_in_the_order_of_a_java_hash_set() -> None:
    for names in (["renamed_like", "swapped"], ["swapped", "multi_b"], ["other2", "renamed"], ["other2", "nothere"]):
        ids = [TableId("golden", name) for name in names]
        assert hash_order(ids) == hash_order(reversed(ids)) == ids
    assert len(hash_order(TableId("d", f"t{n}") for n in range(40))) == 40
