"""Statements in the log: those that change rows, and those that change structures."""

from __future__ import annotations

from typing import Any

import pytest

from connect.api.errors import ConnectError
from connectors.mysql.schemachanges import SchemaChangeRecords
from connectors.mysql.source import BinlogSource
from connectors.mysql.structure import ColumnDef, TableDef, TableId
from tests.unit.mysql.binlog_writer import INT, UUID, VARCHAR, Log, Shape
from tests.unit.mysql.decoding import OTHER, Rig, T, changes, shown

# Statements.

def databases(*names: str) -> bytes:
    return b"\x0c" + bytes([len(names)]) + b"".join(n.encode() + b"\0" for n in names)


@pytest.mark.parametrize("sql", [
    "INSERT INTO t VALUES (1, 'secret')", "update t set v = 'secret'", "/* note */ DELETE FROM t",
    "REPLACE INTO t SELECT 'secret'",
    "WITH x AS (SELECT 1) DELETE FROM t", "SET STATEMENT max_statement_time=1 FOR INSERT INTO t VALUES ('secret')"])
def test_statements_that_change_rows_stop_with_place_database_and_kind(sql: str) -> None:
    log = Log()
    log.begin()
    at = log.pos
    log.query(sql, "db")
    log.xid()
    with pytest.raises(ConnectError, match=rf"binlog\.000001:{at} .*a statement .*'db'.*binlog_format=ROW") as e:
        changes(log)
    assert "secret" not in str(e.value)


def test_they_may_be_left_out_and_are_counted() -> None:
    log = Log()
    log.begin()
    log.query("INSERT INTO t VALUES (1)", "db")
    log.xid()
    log.insert(T, (2, "x"))
    rig = Rig(event__processing__failure__handling__mode="warn")
    assert [shown(r)[2] for r in rig.records(log)] == [(2,)]
    assert rig.decoder.skipped_events == 1


def test_those_on_databases_that_are_surely_not_captured_do_not_stop() -> None:
    log = Log()
    log.begin()
    log.query("INSERT INTO x VALUES (1)", "elsewhere", status=databases("elsewhere"))
    log.query("REPLACE INTO mysql.rds_heartbeat2 VALUES (1)", "db")
    log.xid()
    assert changes(log) == []


def test_load_data_and_functions_stop() -> None:
    for kind, body in ((18, b"x" * 40), (17, b"x" * 10)):
        log = Log()
        log.begin()
        log.event(kind, body)
        log.xid()
        with pytest.raises(ConnectError, match="LOAD DATA"):
            changes(log)
    log = Log()
    log.begin()
    log.query("SELECT `db`.`changes_rows`(1)", "db")
    log.xid()
    with pytest.raises(ConnectError, match=r"statement \(SELECT\)"):
        changes(log)


def test_a_table_filled_by_a_select_stops_when_it_is_captured() -> None:
    log = Log()
    log.ddl("CREATE TABLE n (id INT PRIMARY KEY) SELECT 1 AS id")
    with pytest.raises(ConnectError, match="CREATE TABLE … SELECT"):
        changes(log)
    log = Log()
    log.ddl("CREATE TABLE n (id INT PRIMARY KEY) SELECT 1 AS id", "elsewhere")
    log.ddl("CREATE TABLE m (id INT PRIMARY KEY COMMENT 'SELECT') START TRANSACTION")
    assert changes(log) == []


# Structures.

NOW = TableDef(TableId("db", "t"), (ColumnDef("id", "int", "INT", nullable=False),
                                    ColumnDef("name", "varchar", "VARCHAR", 63, charset="utf8mb4", default="'now'")), ("id",))


def rig_with_records(**how: Any) -> Rig:
    probe = Rig(**how)
    return Rig(records=SchemaChangeRecords(probe.config, probe.facts, BinlogSource(probe.facts), lambda: 5_000_000), **how)


def test_what_the_server_knows_adds_defaults_to_what_the_log_says() -> None:
    log = Log()
    log.insert(T, (1, None))
    record, = Rig(tables=[NOW]).records(log)
    row = record.value_schema.field("after").schema
    assert row.field("name").schema.default == "now"


def test_a_changed_table_has_another_schema_from_its_change_on() -> None:
    log = Log()
    log.insert(T, (1, "a"))
    log.ddl("ALTER TABLE t ADD COLUMN n INT DEFAULT 3")
    wide = Shape("db", "t", (("id", INT), ("name", VARCHAR), ("n", INT)))
    log.insert(wide, (2, "b", 4))
    first, second = Rig(tables=[NOW]).records(log)
    assert list(first.value["after"]) == ["id", "name"]
    assert second.value["after"] == {"id": 2, "name": "b", "n": 4}
    assert second.value_schema.field("after").schema.field("n").schema.default == 3


def test_each_change_of_a_structure_is_a_record_with_the_offset_behind_it() -> None:
    log = Log()
    log.insert(T, (1, "a"))
    log.ddl("ALTER TABLE t ADD COLUMN n INT")
    after = log.pos
    log.insert(OTHER, (1, 1))
    record = rig_with_records(tables=[NOW]).records(log)[1]
    assert (record.topic, record.value["ddl"], record.source_offset["pos"]) == ("p", "ALTER TABLE t ADD COLUMN n INT", after)
    assert [c["name"] for c in record.value["tableChanges"][0]["table"]["columns"]] == ["id", "name", "n"]


def test_a_table_known_only_as_it_is_now_takes_that_after_a_change_that_does_not_fit() -> None:
    later = NOW.but(columns=(*NOW.columns, ColumnDef("n", "int", "INT")))
    log = Log()
    log.ddl("ALTER TABLE t ADD COLUMN n INT")  # the server has it already
    record, = rig_with_records(tables=[later]).records(log)
    assert [c["name"] for c in record.value["tableChanges"][0]["table"]["columns"]] == ["id", "name", "n"]


def test_a_statement_that_cannot_be_followed_stops_only_where_structures_are_not_in_the_log() -> None:
    log = Log()
    log.ddl("ALTER TABLE t FROBNICATE ALL")
    log.insert(T, (1, "a"))
    assert len(changes(log)) == 1
    with pytest.raises(ConnectError, match="cannot be followed"):
        changes(log, full=False)


def test_truncates_are_records_when_they_are_not_skipped() -> None:
    log = Log()
    log.insert(T, (1, "a"))
    log.ddl("TRUNCATE TABLE t")
    log.ddl("TRUNCATE elsewhere.x", "elsewhere")
    truncated = Rig(skipped__operations="none").records(log)[1]
    assert (truncated.value["op"], truncated.key, truncated.value["before"], truncated.value["after"]) == ("t", None, None, None)
    assert truncated.value["source"]["table"] == "t"
    assert truncated.source_offset["gtids"] == f"{UUID}:1-2"
    assert len(changes(log)) == 1


def test_an_alter_of_mariadb_in_two_phases_counts_when_it_is_committed() -> None:
    log = Log(mariadb=True)
    add, key = "ALTER TABLE t ADD COLUMN n INT", "ALTER TABLE t ADD UNIQUE (n)"
    for more, sql in ((2, add), (4, add), (2, key), (8, key)):
        log.gtid(standalone=True, more=more)
        log.query(sql, "db")
    records = rig_with_records(tables=[NOW], mariadb=True).records(log)
    assert [r.value["ddl"] for r in records] == ["ALTER TABLE t ADD COLUMN n INT"]
