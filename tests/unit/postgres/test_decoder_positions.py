"""Where a restart goes on; messages and transaction metadata."""

from __future__ import annotations

import pytest

from connect.api.errors import ConnectError
from tests.unit.postgres.people import REL, catalog, feed, in_tx, shape
from tests.unit.postgres.wire import (
    begin,
    commit,
    decoder,
    insert,
    keepalive,
    message,
    relation,
    update,
)


def test_a_commit_moves_the_offset_to_its_end() -> None:
    d = decoder(catalog())
    d.feed(in_tx(insert(1, 5, "a", None)))
    assert d.offset.write() == {
        "lsn_proc": 1010, "messageType": "COMMIT", "lsn_commit": 1010, "lsn": 1010, "txId": 7, "ts_usec": 946684800000000,
        "headgate_system_id": "7000", "headgate_timeline": 1}


def test_a_batch_that_ends_inside_a_transaction_counts_its_changes() -> None:
    d = decoder(catalog())
    batch = d.feed([begin(1000), REL, insert(1, 1, "a", None), insert(1, 2, "b", None)])
    ((partition, offset),) = batch.offsets()
    assert partition == {"server": "p"}
    assert (offset["headgate_tx_lsn"], offset["headgate_tx_index"]) == (1000, 2)
    assert d.in_transaction


def test_a_restart_inside_a_transaction_goes_on_with_the_next_change() -> None:
    frames = [begin(1000), REL, insert(1, 1, "a", None), insert(1, 2, "b", None), insert(1, 3, "c", None), commit(1000, 1010)]
    d = decoder(catalog())
    ((_, offset),) = d.feed(frames[:4]).offsets()
    assert [r.key["id"] for r in feed(*frames, resume=dict(offset))] == [3]


@pytest.mark.parametrize("cut", range(1, 10))
def test_every_place_to_restart_gives_each_change_once(cut: int) -> None:
    frames = [begin(1000), REL, insert(1, 1, "a", None, lsn=5), insert(1, 2, "b", None, lsn=5), commit(1000, 1010),
              begin(1010), insert(1, 3, "c", None, lsn=5), update(1, 4, "c", None, old=[3, None, None], lsn=5),
              commit(1010, 1020),
              keepalive(1030)]
    d = decoder(catalog())
    first = d.feed(frames[:cut])
    ((_, offset),) = first.offsets()
    again = feed(*frames, resume=dict(offset))
    whole = feed(*frames)
    assert shape([*first.records(), *again]) == shape(whole)


def test_the_offset_of_each_record_resumes_after_it() -> None:
    frames = [begin(1000), REL, insert(1, 1, "a", None), update(1, 2, "b", None, old=[1, None, None]), commit(1000, 1010)]
    whole = feed(*frames)
    for i, record in enumerate(whole):
        again = feed(*frames, resume=dict(record.source_offset))
        # Of a key change, whose three records stand for one change, all come again unless the last was there.
        assert shape(again) == shape(whole[1:] if i in (1, 2) else whole[i + 1:])


def test_a_transaction_that_begins_where_the_last_one_ended_is_not_skipped() -> None:
    frames = [begin(1000), REL, insert(1, 1, "a", None), commit(1000, 1010), begin(1010), insert(1, 2, "b", None),
        commit(1010, 1020)]
    assert [r.key["id"] for r in feed(*frames, resume={"lsn_commit": 1010, "lsn": 1010})] == [2]


def test_relations_inside_skipped_transactions_are_remembered() -> None:
    frames = [begin(1000), REL, insert(1, 1, "a", None), commit(1000, 1010), begin(2000), insert(1, 2, "b", None),
        commit(2000, 2010)]
    assert [r.key["id"] for r in feed(*frames, resume={"lsn_commit": 1500})] == [2]


def test_an_offset_of_debezium_inside_a_transaction_repeats_that_transaction() -> None:
    debezium = {"lsn_proc": 950, "messageType": "INSERT", "lsn_commit": 900, "lsn": 950, "txId": 7, "ts_usec": 1}
    frames = in_tx(insert(1, 1, "a", None, lsn=950), insert(1, 2, "b", None, lsn=960))
    assert [r.key["id"] for r in feed(*frames, resume=debezium)] == [1, 2]


def test_a_transaction_handed_on_in_part_that_never_comes_again_stops() -> None:
    with pytest.raises(ConnectError, match="handed on in part"):
        feed(begin(2000), resume={"lsn_commit": 900, "headgate_tx_lsn": 1000, "headgate_tx_index": 3})


def test_a_keepalive_between_transactions_moves_the_offset() -> None:
    d = decoder(catalog())
    batch = d.feed([keepalive(500, reply=True)])
    assert (len(batch), d.offset.lsn_commit, d.server_wal_end, d.reply_requested) == (0, 500, 500, True)


def test_a_keepalive_inside_a_transaction_does_not_move_the_offset() -> None:
    d = decoder(catalog())
    d.feed([begin(1000), keepalive(5000)])
    assert d.offset.lsn_commit is None


def test_a_keepalive_never_moves_the_offset_back() -> None:
    d = decoder(catalog(), {"lsn_commit": 900})
    d.feed([keepalive(500)])
    assert d.offset.lsn_commit == 900


def test_an_empty_transaction_moves_the_offset() -> None:
    d = decoder(catalog())
    assert (len(d.feed([begin(1000), commit(1000, 1010)])), d.offset.lsn_commit) == (0, 1010)


# Logical messages


def test_a_message_is_a_record_of_its_own_topic() -> None:
    (r,) = feed(begin(1000), message("audit", b"hi"), commit(1000, 1010))
    assert (r.topic, r.key, r.value["op"], r.value["message"], r.headers) == (
        "p.message", {"prefix": "audit"}, "m", {"prefix": "audit", "content": b"hi"}, ())


def test_messages_are_filtered_by_prefix() -> None:
    frames = [begin(1000), message("audit", b"1"), message("other", b"2"), commit(1000, 1010)]
    assert [r.key["prefix"] for r in feed(*frames, props={"message.prefix.include.list": "AUD.*"})] == ["audit"]
    assert [r.key["prefix"] for r in feed(*frames, props={"message.prefix.exclude.list": "aud.*"})] == ["other"]


def test_a_message_outside_transactions_has_no_transaction_and_comes_once() -> None:
    d = decoder(catalog())
    batch = d.feed([message("a", b"", transactional=False, lsn=300)])
    (r,) = batch.records()
    assert (r.value["source"]["txId"], r.value["transaction"]) == (None, None)
    ((_, offset),) = batch.offsets()
    assert feed(message("a", b"", transactional=False, lsn=300), resume=dict(offset)) == []


# Transaction metadata


def test_transaction_metadata_counts_events_in_all_and_by_table() -> None:
    frames = [begin(1000, xid=9, lsn=990), REL, relation(2, "other", [("id", "int4", True)]), insert(1, 1, "a", None, lsn=991),
              insert(2, 1, lsn=992), insert(1, 2, "b", None, lsn=993), commit(1000, 1010)]
    first, a, b, c, last = feed(*frames, props={"provide.transaction.metadata": "true"})
    assert [r.value["transaction"] for r in (a, b, c)] == [
        {"id": "9:991", "total_order": 1, "data_collection_order": 1},
        {"id": "9:992", "total_order": 2, "data_collection_order": 1},
        {"id": "9:993", "total_order": 3, "data_collection_order": 2}]
    assert (first.topic, first.value["status"], first.value["id"], first.value["event_count"]) == ("p.transaction", "BEGIN",
        "9:990", None)
    assert last.value["data_collections"] == [{"data_collection": "public.people", "event_count": 2},
                                              {"data_collection": "public.other", "event_count": 1}]
    assert (last.value["status"], last.value["event_count"], last.kafka_partition) == ("END", 3, 0)


def test_transaction_metadata_goes_on_counting_after_a_restart() -> None:
    props = {"provide.transaction.metadata": "true"}
    frames = [begin(1000, xid=9), REL, insert(1, 1, "a", None), insert(1, 2, "b", None), commit(1000, 1010)]
    ((_, offset),) = decoder(catalog(), None, props).feed(frames[:3]).offsets()
    change, end = feed(*frames, props=props, resume=dict(offset))
    assert change.value["transaction"]["total_order"] == 2
    assert (end.value["status"], end.value["event_count"]) == ("END", 2)
