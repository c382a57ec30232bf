from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from connect.tasks.ledger import InFlight, Ledger, partition_key

A: dict[str, Any] = {"server": "a"}
B: dict[str, Any] = {"server": "b"}


def never(*_: Any) -> bool:
    return False


def entered(ledger: Ledger, position: int, records: int, partition: dict[str, Any] = A, seal: bool = True) -> InFlight:
    entry = ledger.enter(None, [(partition, {"lsn": position})])
    entry.sent = records
    if seal:
        entry.seal()
    return entry


def stored(ledger: Ledger) -> dict[str, int]:
    return {key: offset["lsn"] for key, (_, offset) in ledger.committable().items()}


def test_an_empty_ledger_has_nothing_to_store() -> None:
    assert Ledger(never).committable() == {}


def test_a_batch_without_records_moves_the_offset_at_once() -> None:
    ledger = Ledger(never)
    entered(ledger, 7, 0)
    assert stored(ledger) == {partition_key(A): 7}


def test_a_batch_without_records_waits_for_the_batches_before_it() -> None:
    ledger = Ledger(never)
    first = entered(ledger, 1, 1)
    entered(ledger, 2, 0)
    assert stored(ledger) == {}
    first.on_delivery(None, None)
    assert stored(ledger) == {partition_key(A): 2}


def test_the_last_record_of_a_batch_proves_nothing_for_the_first() -> None:
    ledger = Ledger(never)
    entry = entered(ledger, 1, 3)
    entry.on_delivery(None, None)
    entry.on_delivery(None, None)
    assert stored(ledger) == {}
    entry.on_delivery(None, None)
    assert stored(ledger) == {partition_key(A): 1}


def test_an_unsealed_batch_is_not_done_though_all_it_sent_is_acknowledged() -> None:
    ledger = Ledger(never)
    entry = entered(ledger, 1, 1, seal=False)
    entry.on_delivery(None, None)
    assert stored(ledger) == {}
    entry.seal()
    assert stored(ledger) == {partition_key(A): 1}


def test_a_later_batch_acknowledged_first_waits() -> None:
    ledger = Ledger(never)
    first, second = entered(ledger, 1, 1), entered(ledger, 2, 1)
    second.on_delivery(None, None)
    assert stored(ledger) == {}
    first.on_delivery(None, None)
    assert stored(ledger) == {partition_key(A): 2}


def test_source_partitions_have_offsets_of_their_own() -> None:
    ledger = Ledger(never)
    entered(ledger, 1, 0, A)
    entered(ledger, 5, 0, B)
    assert stored(ledger) == {partition_key(A): 1, partition_key(B): 5}


def test_an_unfinished_batch_holds_back_other_partitions_too() -> None:
    ledger = Ledger(never)
    entered(ledger, 1, 1, A)
    entered(ledger, 5, 0, B)
    assert stored(ledger) == {}


def test_a_poisoned_batch_is_never_done() -> None:
    ledger = Ledger(never)
    entry = entered(ledger, 1, 1)
    entry.poison()
    entry.on_delivery(None, None)
    assert stored(ledger) == {}
    assert ledger.poisoned


def test_settle_says_whether_offsets_moved() -> None:
    ledger = Ledger(never)
    entry = entered(ledger, 1, 1)
    assert not ledger.settle()
    entry.on_delivery(None, None)
    assert ledger.settle()
    assert not ledger.settle()


def test_a_refusal_is_told_with_batch_error_message_and_index() -> None:
    told: list[tuple[Any, ...]] = []

    def refused(*what: Any) -> bool:
        told.append(what)
        return False

    ledger = Ledger(refused)
    entry = entered(ledger, 1, 2)
    entry.on_delivery("error", "message")
    entry.deliver_one(1, "error", "message")
    assert told == [(entry, "error", "message", None), (entry, "error", "message", 1)]


def test_outstanding_records_and_bytes_fall_with_acknowledgements() -> None:
    ledger = Ledger(never)
    entry = entered(ledger, 1, 4)
    entry.size = 400
    assert (ledger.outstanding, ledger.outstanding_bytes) == (4, 400)
    entry.on_delivery(None, None)
    assert (ledger.outstanding, ledger.outstanding_bytes) == (3, 300)


@pytest.mark.parametrize(("one", "other", "same"), [
    ({"a": 1, "b": 2}, {"a": 1, "b": 2}, True),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, False),
    ({"a": 1}, {"a": True}, False),
    ({"a": 1}, {"a": "1"}, False),
])
def test_source_partitions_are_told_apart_as_their_keys_in_the_topic_are(one: Any, other: Any, same: bool) -> None:
    assert (partition_key(one) == partition_key(other)) is same


def test_a_partition_that_its_source_changes_or_orders_anew_is_another_one() -> None:
    ledger, partition = Ledger(never), {"server": "a", "database": "x"}
    entered(ledger, 1, 0, partition)
    ledger.settle()
    partition["database"] = "y"
    entered(ledger, 2, 0, dict(partition))
    ledger.settle()
    entered(ledger, 3, 0, {"database": "y", "server": "a"})
    assert list(ledger.committable()) == [
        '{"server":"a","database":"x"}', '{"server":"a","database":"y"}', '{"database":"y","server":"a"}']


def test_a_batch_that_is_done_is_gone_without_the_collector_of_garbage() -> None:
    class Batch:
        """May be referred to weakly."""

    ledger, batch = Ledger(never), Batch()
    gone = weakref.ref(batch)
    entry = ledger.enter(batch, ())
    entry.sent = 1
    entry.seal()
    gc.disable()
    try:
        entry.on_delivery(None, None)
        ledger.settle()
        del entry, batch
        assert gone() is None
    finally:
        gc.enable()
