"""What of a transaction counts, and when: rollbacks, XA, statements, structures, what an earlier run left."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from connect.api.errors import ConnectError
from connectors.mysql.offsets import BinlogOffset, PreparedXa
from connectors.mysql.schemachanges import SchemaChangeRecords
from connectors.mysql.source import BinlogSource
from connectors.mysql.stream import FilePosition
from connectors.mysql.structure import ColumnDef, TableDef, TableId
from tests.unit.mysql.binlog_writer import INT, UUID, VARCHAR, Log, Shape
from tests.unit.mysql.decoding import OTHER, START, Rig, T, U, changes, gtid, shown, stored

XID = "X'6131',X'',1"


def inserts(*ids: int) -> Any:
    return lambda log: log.change("c", T, *[(i, "x") for i in ids])


def keys(log: Log, **how: Any) -> list[int]:
    return [c[2][0] for c in changes(log, **how)]


# Rolled back.

def test_a_transaction_that_ends_with_rollback_gives_nothing() -> None:
    log = Log()
    log.begin()
    inserts(1, 2)(log)
    log.query("ROLLBACK")
    log.insert(T, (3, "x"))
    assert keys(log) == [3]


@pytest.mark.parametrize("how", ["ROLLBACK TO `s`", "ROLLBACK TO SAVEPOINT S", "/* c */ rollback work to savepoint `s`;"])
def test_rows_behind_a_savepoint_that_was_rolled_back_to_give_nothing(how: str) -> None:
    log = Log()
    log.begin()
    inserts(1)(log)
    log.query("SAVEPOINT `s`")
    inserts(2)(log)
    log.query(how)
    inserts(3)(log)
    log.query("SAVEPOINT `s`")
    inserts(4)(log)
    log.query("RELEASE SAVEPOINT `s`")
    log.xid()
    assert keys(log) == [1, 3, 4]


def test_a_begin_waits_for_the_end_of_its_transaction() -> None:
    log = Log()
    log.begin()
    inserts(1)(log)
    rig = Rig()
    assert [len(b) for b in rig.feed(log.packets)] == [0]
    assert not rig.decoder.pending
    log.packets.clear()
    log.xid()
    assert [len(b) for b in rig.feed(log.packets)] == [1]


def test_a_transaction_too_long_to_look_through_is_handed_on_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.mysql.lookahead.LOOK_BYTES", 100)
    log = Log()
    log.begin()
    inserts(1)(log)
    inserts(2)(log)
    rig = Rig()
    assert [len(b) for b in rig.feed(log.packets)] == [2]
    log.packets.clear()
    log.query("ROLLBACK")
    with pytest.raises(ConnectError, match="was rolled back"):
        rig.feed(log.packets)


def test_a_savepoint_without_rows_behind_it_is_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.mysql.lookahead.LOOK_BYTES", 100)
    log = Log()
    log.begin()
    inserts(1)(log)
    log.query("SAVEPOINT `s`")
    log.query("ROLLBACK TO `s`")
    log.xid()
    assert keys(log) == [1]


# XA.

@pytest.mark.parametrize("mariadb", [False, True])
def test_a_prepared_transaction_comes_with_its_commit(mariadb: bool) -> None:
    log = Log(mariadb=mariadb)
    log.xa_prepare("a1", inserts(1, 2))
    log.insert(T, (3, "x"))
    committed = log.xa_end("COMMIT", "a1")
    records = Rig(mariadb=mariadb).records(log)
    assert [shown(r)[2][0] for r in records] == [3, 1, 2]
    source = records[1].value["source"]
    assert (source["gtid"], source["thread"], records[1].value["transaction"]) == (committed, None, None)


@pytest.mark.parametrize("mariadb", [False, True])
def test_one_that_is_rolled_back_never_comes(mariadb: bool) -> None:
    log = Log(mariadb=mariadb)
    log.xa_prepare("a1", inserts(1))
    log.xa_end("ROLLBACK", "a1")
    assert keys(log) == []


def test_one_phase_is_decided_at_once() -> None:
    log = Log()
    log.xa_prepare("a1", inserts(1), one_phase=True)
    assert keys(log) == [1]


def test_two_of_them_may_be_open_at_once() -> None:
    log = Log()
    log.xa_prepare("a1", inserts(1))
    log.xa_prepare("a2", inserts(2))
    log.xa_end("COMMIT", "a2")
    log.xa_end("COMMIT", "a1")
    assert keys(log) == [2, 1]


def test_a_large_one_goes_to_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    import tempfile

    real = tempfile.SpooledTemporaryFile

    def small(**how: Any) -> Any:
        spool = real(**{**how, "max_size": 10})
        made.append(spool)
        return spool

    monkeypatch.setattr("connectors.mysql.xa.tempfile.SpooledTemporaryFile", small)
    log = Log()
    log.xa_prepare("a1", inserts(*range(50)))
    log.xa_end("COMMIT", "a1")
    assert keys(log) == list(range(50))
    assert made[0]._rolled and made[0].closed


def test_the_offset_remembers_what_is_undecided() -> None:
    log = Log()
    log.insert(T, (1, "x"))
    at = log.pos
    prepared = log.xa_prepare("a1", inserts(2))
    rig = Rig()
    rig.feed(log.packets)
    offset = stored(rig.decoder.offset)
    rig.decoder.close()
    assert (offset.xa, offset.pos, offset.gtids) == ((PreparedXa(XID, log.file, at, prepared),), log.pos, f"{UUID}:1-2")


def restarted(log: Log, later: Any) -> tuple[BinlogOffset, Log]:
    """The offset after ``log``, and what a server then sends: the prepared transaction again, and what is new."""
    rig = Rig(mariadb=log.mariadb)
    rig.feed(log.packets)
    offset = stored(rig.decoder.offset)
    rig.decoder.close()
    again = Log(mariadb=log.mariadb)
    again.packets += log.packets[2:]
    again.pos, again.seq = log.pos, log.seq
    later(again)
    return offset, again


def test_after_a_restart_it_is_read_again_and_nothing_else() -> None:
    log = Log()
    log.xa_prepare("a1", inserts(1, 2))
    offset, again = restarted(log, lambda log: log.xa_end("COMMIT", "a1"))
    assert keys(again, offset=offset) == [1, 2]


def test_on_mariadb_what_lies_between_is_passed_over() -> None:
    log = Log(mariadb=True)
    at = log.pos
    log.xa_prepare("a1", inserts(1, 2))
    log.insert(T, (3, "x"))
    log.ddl("CREATE TABLE t9 (id INT)")
    offset, again = restarted(log, lambda log: log.xa_end("COMMIT", "a1"))
    assert keys(again, offset=offset, begins=FilePosition(log.file, at)) == [1, 2]


def test_its_commit_without_its_events_is_an_error() -> None:
    log = Log()
    log.xa_end("COMMIT", "a1")
    with pytest.raises(ConnectError, match="lies before the place where reading began"):
        changes(log)
    lost = START.but(xa=(PreparedXa(XID, log.file, 4, gtid(99)),))
    with pytest.raises(ConnectError, match="does not hold it any more"):
        changes(log, offset=lost)


def test_inside_its_rows_the_offset_says_how_far_and_still_remembers_it() -> None:
    log = Log()
    log.xa_prepare("a1", inserts(1, 2, 3))
    log.gtid()
    at = log.pos
    log.query(f"XA COMMIT {XID}")
    rig = Rig(max__batch__size="2")
    offset = rig.decoder.feed(log.packets).offset
    assert (offset.pos, offset.event, offset.row, offset.gtids, [x.xid for x in offset.xa]) == (at, 3, 2, gtid(1), [XID])
    rig.feed(())
    assert rig.decoder.offset.xa == ()
    rig.decoder.close()


def test_a_compressed_one_is_kept_as_it_is() -> None:
    log = Log()

    def fill(inner: Log) -> None:
        inner.query(f"XA START {XID}")
        inserts(1, 2)(inner)
        inner.query(f"XA END {XID}")
        inner.event(38, struct.pack("<BIII", 0, 1, 2, 0) + b"a1")

    log.compressed(fill)
    log.insert(T, (3, "x"))
    log.xa_end("COMMIT", "a1")
    assert keys(log) == [3, 1, 2]


# Resuming.

def test_an_offset_of_debeziums_inside_a_transaction_is_gone_on_from() -> None:
    log = Log()
    log.gtid()
    begin = log.pos
    log.query("BEGIN")
    log.change("c", T, (1, "a"), (2, "b"))
    log.change("c", U, (3, 0), (4, 0))
    log.xid()
    theirs: dict[str, Any] = {"file": log.file, "pos": begin, "ts_sec": 1, "gtids": "", "server_id": 1, "transaction_id": None}
    for more, expected in (({"event": 2, "row": 1}, [2, 3, 4]), ({"event": 2, "row": 2}, [3, 4]), ({"event": 3}, [3, 4]),
                           ({"event": 4, "row": 1}, [4]), ({"event": 1}, [1, 2, 3, 4]), ({}, [1, 2, 3, 4])):
        read = BinlogOffset.read({**theirs, **more})
        assert read is not None
        assert keys(log, offset=read) == expected


def test_counters_of_transaction_metadata_go_on_without_a_second_begin() -> None:
    log = Log()
    log.begin()
    log.change("c", T, (1, "a"), (2, "b"))
    log.xid()
    rig = Rig(max__batch__size="2", provide__transaction__metadata="true")
    offset = stored(rig.decoder.feed(log.packets).offset)
    records = Rig(offset, provide__transaction__metadata="true").records(log)
    assert records[0].value["transaction"]["total_order"] == 2
    assert (records[1].value["status"], records[1].value["event_count"]) == ("END", 2)


def test_another_transaction_in_its_place_is_an_error() -> None:
    log = Log()
    log.insert(T, (1, "a"))
    with pytest.raises(ConnectError, match="was handed on in part"):
        changes(log, offset=START.but(event=2, row=1, tx_gtid=gtid(77)))


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
