"""Laws of records that are written straight into the producer's batches: the same records as serialized ones, however often the
producer is full, wherever it starts again."""

from __future__ import annotations

import threading
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connect.api.records import Serialized
from connect.kafka.core.accumulator import FULL, TOPIC, Accumulator
from connect.kafka.core.pour import PourSink
from connect.kafka.produce.batches import messages
from connectors.batch import ChangeBatch
from tests.unit.postgres.wire import (
    FakeCatalog,
    begin,
    commit,
    decoder,
    delete,
    insert,
    native_converters,
    relation,
    table,
    update,
)

COLUMNS = [("id", "int8", True), ("v", "text", False)]
KEYLESS = [("v", "text", False)]
PARTITIONS = 3

CHANGES = st.lists(st.tuples(st.sampled_from(["insert", "update", "delete", "move", "keyless"]), st.integers(0, 9),
                             st.text("abc", max_size=20)), max_size=16)


def frames(changes: list[tuple[str, int, str]]) -> list[bytes]:
    out = [begin(10**9), relation(1, "t", COLUMNS), relation(2, "k", KEYLESS)]
    for i, (what, key, text) in enumerate(changes):
        lsn = 200 + i
        if what == "insert":
            out.append(insert(1, key, text, lsn=lsn))
        elif what == "update":
            out.append(update(1, key, text, lsn=lsn))
        elif what == "move":
            out.append(update(1, key + 10, text, old=(key, None), lsn=lsn))
        elif what == "delete":
            out.append(delete(1, key, None, lsn=lsn))
        else:
            out.append(insert(2, text, lsn=lsn))
    return [*out, commit(10**9, 10**9 + 10)]


def batch(changes: list[tuple[str, int, str]]) -> ChangeBatch[Any]:
    catalog = FakeCatalog({
        1: table(1, "t", [(n, t, k, None, -1) for n, t, k in COLUMNS]), 2: table(2, "k", [("v", "text", False, None, -1)], ())})
    found = decoder(catalog).feed(frames(changes))
    assert found is not None
    return found


def content(accumulator: Accumulator) -> list[tuple[str, bytes | None, bytes | None]]:
    for sink in accumulator.sinks.values():
        for opened in sink.opens:
            accumulator.seal(opened)
    sealed, _ = accumulator.queues()
    return [(m.topic(), m.key(), m.value()) for s in sealed for m in messages(s)]


def by_place(records: list[tuple[str, bytes | None, bytes | None]]) -> dict[tuple[str, bytes | None], list[bytes | None]]:
    """Order is kept for each key; keyless records of a topic are one sequence in the tests, which have one partition for them."""
    found: dict[tuple[str, bytes | None], list[bytes | None]] = {}
    for topic, key, value in records:
        found.setdefault((topic, key), []).append(value)
    return found


def pour(changes: list[tuple[str, int, str]], accumulator: Accumulator, skip_to: int, stop_after: int | None) -> int:
    """Pour a batch; where it stood when it was at its end, or when it was given up after so many steps."""
    sink = PourSink(accumulator, threading.Lock())
    sink.begin("owner", skip_to)
    converters = native_converters()
    steps = batch(changes).pour(converters, sink)
    assert steps is not None
    for n, _ in enumerate(steps):
        if sink.why == TOPIC:
            accumulator.topic(sink.topic, 1 if sink.topic.endswith(".k") else PARTITIONS, 0)
        elif sink.why == FULL:
            accumulator.give_back(accumulator.records, accumulator.bytes)
        sink.clear()
        if n == stop_after:
            break
    return int(max(sink.position, skip_to))


@given(CHANGES, st.integers(1, 400), st.integers(1, 5), st.none() | st.integers(0, 12))
def test_what_is_poured_is_what_is_serialized(
        changes: list[tuple[str, int, str]], size: int, most: int, stop: int | None) -> None:
    wanted = [(r.topic, r.key, r.value) for r in batch(changes).serialize(native_converters())]
    accumulator = Accumulator(size, 1 << 20, 1 << 30, most)
    at = pour(changes, accumulator, 0, stop)
    if stop is not None:
        # As after an error: the same batch once more, the records before the place are passed over.
        at = pour(changes, accumulator, at, None)
    assert at == len(wanted)
    assert by_place(content(accumulator)) == by_place(wanted)


@given(CHANGES)
def test_ready_records_and_poured_ones_are_written_alike(changes: list[tuple[str, int, str]]) -> None:
    ready = list(batch(changes).serialize(native_converters()))
    one, other = Accumulator(1 << 20, 1 << 20, 1 << 30, 1 << 30), Accumulator(1 << 20, 1 << 20, 1 << 30, 1 << 30)
    for record in ready:
        one.topic(record.topic, PARTITIONS, 0)
        other.topic(record.topic, PARTITIONS, 0)
    stamped = [Serialized(*r[:5], 1000) for r in ready]
    assert one.extend(stamped, 0, "owner", 1000, 1.0) == len(ready)
    pour(changes, other, 0, None)
    assert sorted(map(repr, content(one))) == sorted(map(repr, content(other)))
    assert (one.bytes, one.records) == (other.bytes, other.records)
