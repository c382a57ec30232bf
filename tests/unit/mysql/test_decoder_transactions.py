"""What of a transaction counts, and when: rollbacks, XA, what an earlier run left."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from connect.api.errors import ConnectError
from connectors.mysql.offsets import BinlogOffset, PreparedXa
from connectors.mysql.stream import FilePosition
from tests.unit.mysql.binlog_writer import UUID, Log
from tests.unit.mysql.decoding import START, Rig, T, U, changes, gtid, shown, stored

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
