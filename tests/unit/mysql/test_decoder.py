"""Event packets → records: operations, keys, tombstones, filters, the source block, offsets in Debezium's sense."""

from __future__ import annotations

from typing import Any

import pytest

from connect.api.errors import ConnectError
from connectors.mysql.offsets import BinlogOffset
from tests.unit.mysql.binlog_writer import COMMIT_US, INT, TS, UUID, VARCHAR, Log, Shape
from tests.unit.mysql.decoding import OTHER, START, Rig, T, U, changes, gtid, shown


def tx(*what: tuple[Any, ...], mariadb: bool = False) -> Log:
    """One transaction of statements (kind, table, row …)."""
    log = Log(mariadb=mariadb)
    log.begin()
    for kind, shape, *rows in what:
        log.change(kind, shape, *rows)
    log.xid()
    return log


@pytest.mark.parametrize("mariadb", [False, True])
def test_inserts_updates_and_deletes_become_records(mariadb: bool) -> None:
    log = tx(("c", T, (1, "a"), (2, "b")), ("u", T, (1, "a"), (1, "z")), ("d", T, (2, "b")), mariadb=mariadb)
    assert changes(log) == [
        ("t", "c", (1,), (1, "a")), ("t", "c", (2,), (2, "b")), ("t", "u", (1,), (1, "z")), ("t", "d", (2,), (2, "b")),
        ("t", "tombstone", (2,))]


def test_tombstones_can_be_switched_off() -> None:
    assert changes(tx(("d", T, (2, "b"))), tombstones__on__delete="false") == [("t", "d", (2,), (2, "b"))]


def test_a_changed_key_is_a_delete_a_tombstone_and_a_create_with_headers() -> None:
    old, tombstone, new = Rig().records(tx(("u", T, (1, "a"), (5, "a"))))
    assert [shown(r) for r in (old, tombstone, new)] == [
        ("t", "d", (1,), (1, "a")), ("t", "tombstone", (1,)), ("t", "c", (5,), (5, "a"))]
    assert (old.headers[-1].key, old.headers[-1].value) == ("__debezium.newkey", {"id": 5})
    assert tombstone.headers == old.headers
    assert (new.headers[-1].key, new.headers[-1].value) == ("__debezium.oldkey", {"id": 1})


def test_a_keyless_table_has_tombstones_without_a_key() -> None:
    keyless = Shape("db", "k", (("a", INT),), key=())
    assert changes(tx(("d", keyless, (1,)))) == [("k", "d", None, (1,)), ("k", "tombstone", None)]


@pytest.mark.parametrize(("skipped", "ops"), [("c", "ud"), ("u,d", "c"), ("none", "cud"), ("t", "cud")])
def test_skipped_operations_give_no_record(skipped: str, ops: str) -> None:
    log = tx(("c", T, (1, "a")), ("u", T, (1, "a"), (1, "b")), ("d", T, (1, "b")))
    got = changes(log, skipped__operations=skipped, tombstones__on__delete="false")
    assert "".join(g[1] for g in got) == ops


def test_updates_that_change_no_captured_column_can_be_left_out() -> None:
    log = tx(("u", T, (1, "a"), (1, "b")), ("u", U, (1, 1), (1, 2)))
    assert changes(log, skip__messages__without__change="true", column__exclude__list="db.t.name") == [("u", "u", (1,), (1, 2))]


def test_tables_that_are_filtered_out_give_nothing() -> None:
    assert changes(tx(("c", OTHER, (1, 1)), ("c", T, (1, "a")))) == [("t", "c", (1,), (1, "a"))]


def test_several_table_maps_live_in_one_statement() -> None:
    log = Log()
    log.begin()
    log.table_map(T)
    log.table_map(U)
    log.rows("c", T, [(1, "a")], last=False)
    log.rows("c", U, [(1, 1)])
    log.xid()
    assert [c[0] for c in changes(log)] == ["t", "u"]


def test_the_source_block_tells_where_a_row_is_from() -> None:
    log = Log()
    log.gtid()
    log.query("BEGIN", thread=42)
    log.table_map(T)
    at = log.pos
    log.rows("c", T, [(1, "a"), (2, "b")])
    log.xid()
    source = Rig().records(log)[1].value["source"]
    expected = {
        "db": "db", "table": "t", "server_id": 1, "gtid": gtid(1), "file": "binlog.000001", "pos": at, "row": 1, "thread": 42,
        "query": None, "ts_us": COMMIT_US, "snapshot": None}
    assert {k: source[k] for k in expected} == expected


def test_mariadb_tells_no_thread_and_whole_seconds() -> None:
    source = Rig(mariadb=True).records(tx(("c", T, (1, "a")), mariadb=True))[0].value["source"]
    assert (source["thread"], source["gtid"], source["ts_us"]) == (None, "0-1-1", TS * 1_000_000)


def test_the_statement_is_told_with_include_query_until_it_ends() -> None:
    log = Log()
    log.begin()
    log.event(29, b"\x06INSERT")
    log.change("c", T, (1, "a"))
    log.change("c", T, (2, "b"))
    log.xid()
    assert [r.value["source"]["query"] for r in Rig(include__query="true").records(log)] == ["INSERT", None]
    assert [r.value["source"]["query"] for r in Rig().records(log)] == [None, None]


def offsets(log: Log, **how: Any) -> list[BinlogOffset]:
    rig = Rig(mariadb=log.mariadb, **how)
    return [rig.decoder.feed([p]).offset for p in log.packets]


def test_between_transactions_the_offset_is_where_the_next_begins() -> None:
    log = tx(("c", T, (1, "a")))
    last = offsets(log)[-1]
    assert (last.file, last.pos, last.event, last.row, last.gtids, last.server_id, last.tx_gtid) == (
        "binlog.000001", log.pos, 0, 0, gtid(1), 1, None)


def test_inside_a_transaction_the_offset_is_its_begin_and_the_events_done() -> None:
    log = Log()
    log.insert(T, (1, "a"))
    log.gtid()
    begin = log.pos
    log.query("BEGIN")
    log.change("c", T, (2, "b"), (3, "c"))
    rig = Rig(max__batch__size="1")
    log.xid()
    first = rig.decoder.feed(log.packets)  # the first transaction's row
    second = rig.decoder.feed(())
    assert (len(first), len(second)) == (1, 1)
    o = second.offset
    assert (o.pos, o.event, o.row, o.gtids, o.tx_gtid) == (begin, 2, 1, gtid(1), gtid(2))
    (record,) = second.records()
    assert (record.source_offset["pos"], record.source_offset["event"], record.source_offset["row"]) == (begin, 2, 1)


def test_a_group_that_has_only_begun_is_read_again() -> None:
    log = Log()
    log.insert(T, (1, "a"))
    at = log.pos
    log.gtid()
    assert offsets(log)[-1].pos == at


@pytest.mark.parametrize("mariadb", [False, True])
def test_heartbeats_move_the_offset_only_between_transactions(mariadb: bool) -> None:
    log = Log(mariadb=mariadb)
    log.insert(T, (1, "a"))
    log.pos += 1000
    log.heartbeat()
    assert offsets(log)[-1].pos == log.pos


def test_a_rotation_moves_the_offset_to_the_next_file() -> None:
    log = Log()
    log.insert(T, (1, "a"))
    log.rotate("binlog.000002")
    log.insert(T, (2, "b"))
    last = offsets(log)[-1]
    assert (last.file, last.pos, last.gtids) == ("binlog.000002", log.pos, f"{UUID}:1-2")


def test_positions_beyond_four_gigabytes_go_on() -> None:
    log = Log()
    log.pos = (1 << 32) - 30
    start = START.but(pos=log.pos)
    log.packets = log.packets[1:]
    log.insert(T, (1, "a"))
    assert offsets(log, offset=start)[-1].pos == log.pos > 1 << 32


def test_without_gtids_file_and_position_do() -> None:
    log = Log(gtids=False)
    log.insert(T, (1, "a"))
    record, = Rig(START.but(gtids=None)).records(log)
    assert record.value["source"]["gtid"] is None
    assert "gtids" not in record.source_offset
    assert offsets(log, offset=START.but(gtids=None))[-1].pos == log.pos


def test_a_tagged_or_anonymous_source_is_filtered_by_its_uuid() -> None:
    log = tx(("c", T, (1, "a")))
    assert changes(log, gtid__source__excludes=UUID) == []
    assert len(changes(log, gtid__source__excludes=UUID, gtid__source__filter__dml__events="false")) == 1


def test_transaction_metadata_has_begin_end_and_places() -> None:
    log = tx(("c", T, (1, "a")), ("c", U, (1, 1)), ("u", T, (1, "a"), (2, "a")), ("c", OTHER, (1, 1)))
    records = Rig(provide__transaction__metadata="true").records(log)
    begin, first, second, old, _, new, end = records
    assert (begin.topic, begin.value["status"], begin.value["id"], begin.value["ts_ms"]) == (
        "p.transaction", "BEGIN", gtid(1), COMMIT_US // 1000)
    assert [r.value["transaction"] for r in (first, second, old, new)] == [
        {"id": gtid(1), "total_order": t, "data_collection_order": p} for t, p in ((1, 1), (2, 1), (3, 2), (4, 3))]
    assert (end.value["status"], end.value["event_count"], end.value["data_collections"]) == (
        "END", 4, [{"data_collection": "db.t", "event_count": 3}, {"data_collection": "db.u", "event_count": 1}])


def test_a_transaction_of_tables_that_are_filtered_out_has_begin_and_end() -> None:
    begin, end = Rig(provide__transaction__metadata="true").records(tx(("c", OTHER, (1, 1))))
    assert (begin.value["status"], end.value["status"], end.value["event_count"]) == ("BEGIN", "END", 0)


def test_the_id_without_a_gtid_is_file_and_position() -> None:
    log = Log(gtids=False)
    log.gtid()
    at = log.pos
    log.query("BEGIN")
    log.xid()
    begin, _ = Rig(START.but(gtids=None), provide__transaction__metadata="true").records(log)
    assert begin.value["id"] == f"file=binlog.000001,pos={at}"


def test_a_compressed_transaction_is_read_event_by_event() -> None:
    log = Log()
    place = []

    def fill(inner: Log) -> None:
        inner.query("BEGIN", thread=9)
        inner.change("c", T, (1, "a"), (2, "b"))
        inner.change("d", T, (1, "a"))
        inner.xid()

    start = log.pos
    log.compressed(fill)
    place.append(start)
    records = Rig().records(log)
    assert [shown(r)[1] for r in records] == ["c", "c", "d", "tombstone"]
    assert records[0].value["source"]["thread"] == 9
    assert records[0].value["source"]["pos"] == records[2].value["source"]["pos"] > start
    assert offsets(log)[-1].pos == log.pos


def test_an_unknown_event_stops_with_number_and_place() -> None:
    log = Log()
    log.insert(T, (1, "a"))
    at = log.pos
    log.event(99, b"x")
    with pytest.raises(ConnectError, match=rf"type 99 .*binlog\.000001:{at}\b"):
        Rig().records(log)


def test_an_unknown_event_may_be_left_out_and_is_counted() -> None:
    log = Log()
    log.event(99, b"x")
    log.insert(T, (1, "a"))
    rig = Rig(event__processing__failure__handling__mode="skip")
    assert (len(rig.records(log)), rig.decoder.skipped_events) == (1, 1)


def test_rows_that_no_table_map_describes_stop() -> None:
    log = Log()
    log.begin()
    log.table_map(T)
    log.rows("c", T, [(1, "a")], table_id=999)
    log.xid()
    with pytest.raises(ConnectError, match="table id 999"):
        Rig().records(log)


def test_rows_outside_a_transaction_stop() -> None:
    log = Log()
    log.change("c", T, (1, "a"))
    with pytest.raises(ConnectError, match="outside a transaction"):
        Rig().records(log)


def test_a_damaged_row_stops_without_its_value() -> None:
    log = Log(checksum=False)
    log.begin()
    log.change("c", T, (1, "secret"))
    log.packets[-1] = log.packets[-1][:9] + (len(log.packets[-1]) - 2).to_bytes(4, "little") + log.packets[-1][13:-2]
    log.xid()
    with pytest.raises(ConnectError) as e:
        Rig().records(log)
    assert "binlog.000001:" in str(e.value) and "secr" not in str(e.value)


def test_lost_events_stop() -> None:
    log = Log()
    log.event(26, b"\x01\x00\x04oops")
    with pytest.raises(ConnectError, match="lost events"):
        Rig().records(log)


def test_rows_of_a_minimal_image_stop() -> None:
    log = Log()
    log.begin()
    log.table_map(U)
    log.rows("d", U, [(1, 2)], present=b"\x01")
    log.xid()
    with pytest.raises(ConnectError, match="binlog_row_image=MINIMAL"):
        Rig().records(log)


def test_batches_are_bounded_and_end_inside_rows_events() -> None:
    log = tx(("c", T, *[(i, "x") for i in range(10)]), ("c", U, *[(i, i) for i in range(5)]))
    rig = Rig(max__batch__size="4")
    batches = rig.feed(log.packets)
    assert all(len(b) <= 4 for b in batches)
    assert [shown(r)[2][0] for b in batches for r in b.records()] == [*range(10), *range(5)]


def test_long_texts_bound_a_batch_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.mysql.decoder.BATCH_BYTES", 200)
    log = tx(("c", T, *[(i, "x" * 60) for i in range(10)]))
    assert max(len(b) for b in Rig().feed(log.packets)) < 6


def test_an_unknown_structure_is_as_the_mode_says() -> None:
    bare = Shape("db", "m", (("a", INT), ("b", VARCHAR)), full=False)
    log = tx(("c", bare, (1, "a")), ("c", T, (1, "a")))
    with pytest.raises(ConnectError, match=r"db\.m.*binlog_row_metadata"):
        changes(log)
    rig = Rig(inconsistent__schema__handling__mode="skip")
    assert [shown(r)[0] for r in rig.records(log)] == ["t"]
    assert rig.decoder.skipped_events == 1
