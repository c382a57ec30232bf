"""Transaction metadata: counting, and the records of begin and end."""

from __future__ import annotations

from connectors.transactions import TransactionCounts, begin_record, end_record


def test_events_are_counted_in_all_and_by_table() -> None:
    counts = TransactionCounts()
    assert [counts.next(t) for t in ("a", "b", "a")] == [(1, 1), (2, 1), (3, 2)]
    assert counts.summary() == [{"data_collection": "a", "event_count": 2}, {"data_collection": "b", "event_count": 1}]


def test_counting_goes_on_from_what_the_offset_remembers() -> None:
    assert TransactionCounts.resumed({"a": 2, "b": 1}).next("b") == (4, 2)


def test_begin_has_no_counts() -> None:
    r = begin_record("p.transaction", "5:6", 7, {"server": "p"}, {})
    assert (r.key, r.kafka_partition, r.headers) == ({"id": "5:6"}, 0, ())
    assert r.value == {"status": "BEGIN", "id": "5:6", "event_count": None, "data_collections": None, "ts_ms": 7}


def test_end_of_a_transaction_that_touched_nothing_captured_says_zero() -> None:
    r = end_record("p.transaction", "5:6", 7, TransactionCounts(), {"server": "p"}, {})
    assert r.value == {"status": "END", "id": "5:6", "event_count": 0, "data_collections": [], "ts_ms": 7}
