"""Records into batches, in the mode of the core that is chosen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect.api.records import Serialized
from connect.kafka.core.accumulator import FULL, PARTITION, SIZE, TAKEN, TOPIC, Accumulator, Sealed
from connect.kafka.murmur2 import partition_of
from tests.unit.kafka.produce import wire

_BYTES = st.one_of(st.none(), st.binary(max_size=300))
_HEADERS = st.lists(st.tuples(st.text(max_size=10), _BYTES), max_size=5)


def _room(partitions: int = 3, batch_size: int = 1 << 20, largest: int = 1 << 20, most_bytes: int = 1 << 30,
          most_records: int = 1 << 30) -> Accumulator:
    room = Accumulator(batch_size, largest, most_bytes, most_records)
    room.topic("t", partitions, 0)
    return room


def _record(value: bytes | None = b"v", *, key: bytes | None = b"k", partition: int = -1, topic: str = "t", headers: Any = (),
            stamp: int = 1) -> Serialized:
    return Serialized(topic, partition, key, value, headers, stamp)


def _drain(room: Accumulator) -> list[Sealed]:
    sealed, touched = room.queues()
    while touched:
        room.seal(touched.popleft())
    found = list(sealed)
    sealed.clear()
    return found


@given(rows=st.lists(st.tuples(_BYTES, _BYTES, _HEADERS, st.integers(-(1 << 60), 1 << 60), st.booleans()), max_size=12))
def test_what_is_decoded_is_what_was_put_in(rows: list[tuple[Any, Any, Any, int, bool]]) -> None:
    room = _room(1)
    records = [Serialized("t", 0, k, v, tuple(h) if as_tuple else list(h), stamp) for k, v, h, stamp, as_tuple in rows]
    assert room.extend(records, 0, None, 777, 0.0) == len(records)
    assert room.why == TAKEN
    assert room.taken_bytes == sum(len(k or b"") + len(v or b"") for k, v, *_ in rows)
    found = [(batch, r) for batch in _drain(room) for r in wire.records(batch.records)]
    assert [(r.key, r.value, r.headers) for _, r in found] == [(k, v, h) for k, v, h, *_ in rows]
    stamps = [stamp or 777 for *_, stamp, _ in rows]
    assert [batch.first_ms + r.delta for batch, r in found] == stamps
    if found:
        assert found[0][0].last_ms == max(stamps)


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 8191, 8192, 1 << 20])
def test_lengths_around_those_where_a_number_takes_a_byte_more(size: int) -> None:
    room = _room(1, batch_size=1 << 22, largest=1 << 22)
    room.extend([_record(b"x" * size), _record(None, key=b"y" * size)], 0, None, 1, 0.0)
    [batch] = _drain(room)
    assert [(r.key, r.value) for r in wire.records(batch.records)] == [(b"k", b"x" * size), (b"y" * size, None)]


def test_a_list_of_headers_may_change_and_a_tuple_is_encoded_once() -> None:
    room = _room(1)
    changing: list[tuple[str, Any]] = [("a", b"1")]
    fixed = (("a", b"\xff"), ("ä", None), ("text", "ö"))
    room.extend([_record(headers=changing)], 0, None, 1, 0.0)
    changing[0] = ("b", b"2")
    room.extend([_record(headers=changing), _record(headers=fixed), _record(headers=fixed), _record(headers=None),
                 _record(headers=fixed), _record(headers=changing)], 0, None, 1, 0.0)
    [batch] = _drain(room)
    told = [("a", b"\xff"), ("ä", None), ("text", "ö".encode())]
    assert [r.headers for r in wire.records(batch.records)] == [
        [("a", b"1")], [("b", b"2")], told, told, [], told, [("b", b"2")]]


@pytest.mark.parametrize("partitions", [1, 2, 3, 7, 25, 100])
def test_a_key_has_the_partition_that_java_gives_it(partitions: int) -> None:
    keys = [bytes((i * 37 + j * 101) & 0xFF for j in range(length)) for length in range(70) for i in (1, 2, 3, 200)]
    room = _room(partitions)
    room.extend([_record(key=k) for k in keys], 0, None, 1, 0.0)
    found = {r.key: batch.partition for batch in _drain(room) for r in wire.records(batch.records)}
    assert found == {k: partition_of(k, partitions) for k in keys}


@given(key=st.binary(max_size=40))
def test_any_key_has_the_partition_that_java_gives_it(key: bytes) -> None:
    room = _room(1009)
    room.extend([_record(key=key)], 0, None, 1, 0.0)
    assert [b.partition for b in _drain(room)] == [partition_of(key, 1009)]


@pytest.mark.parametrize("partitions", [1, 2, 7, 14])
def test_records_without_key_come_to_every_partition_in_turn(partitions: int) -> None:
    room = _room(partitions, batch_size=500)
    assert room.extend([_record(b"x" * 50, key=None)] * 40 * partitions, 0, None, 1, 0.0) == 40 * partitions
    assert {b.partition for b in _drain(room)} == set(range(partitions))


def test_more_headers_than_a_byte_counts() -> None:
    room = _room(1)
    headers = [(str(i), b"%d" % i) for i in range(200)]
    room.extend([_record(headers=headers)], 0, None, 1, 0.0)
    [batch] = _drain(room)
    assert [r.headers for r in wire.records(batch.records)] == [headers]


def test_an_explicit_partition_is_taken() -> None:
    room = _room(3)
    room.extend([_record(b"%d" % p, partition=p) for p in (2, 0, 1, 2)], 0, None, 1, 0.0)
    assert {b.partition: [r.value for r in wire.records(b.records)] for b in _drain(room)} == {
        2: [b"2", b"2"], 0: [b"0"], 1: [b"1"]}


def test_a_batch_is_closed_before_it_is_too_large_and_order_stays() -> None:
    room = _room(1, batch_size=1000)
    values = [b"%03d" % i + b"." * (i % 90) for i in range(300)]
    values[100] = b"100" + b"!" * 5000
    assert room.extend([_record(v) for v in values], 0, None, 1, 0.0) == 300
    batches = _drain(room)
    assert [r.value for b in batches for r in wire.records(b.records)] == values
    assert all(len(b.records) + wire.BATCH.size <= 1000 or b.count == 1 for b in batches)
    assert max(b.count for b in batches) > 5
    assert sum(b.charge for b in batches) == room.bytes


def test_why_no_more_are_taken() -> None:
    room = _room(2, largest=1000, most_bytes=2500, most_records=5)
    fine = _record(b"v")
    assert (room.extend([fine, _record(topic="new"), fine], 0, None, 1, 0.0), room.why) == (1, TOPIC)
    assert (room.extend([fine, _record(partition=2)], 0, None, 1, 0.0), room.why) == (1, PARTITION)
    assert (room.extend([_record(b"x" * 1000)], 0, None, 1, 0.0), room.why) == (0, SIZE)
    assert (room.extend([fine] * 9, 3, None, 1, 0.0), room.why) == (3, FULL)
    for batch in _drain(room):
        room.give_back(batch.count, batch.charge)
    assert (room.extend([_record(b"x" * 800)] * 9, 0, None, 1, 0.0), room.why) == (2, FULL)


def test_a_record_larger_than_all_that_may_wait_is_taken_alone() -> None:
    room = _room(1, most_bytes=100)
    assert room.extend([_record(b"x" * 500)] * 2, 0, None, 1, 0.0) == 1


def test_a_topic_that_gets_more_partitions_keeps_what_is_open() -> None:
    room = _room(1)
    room.extend([_record(b"0")], 0, None, 1, 0.0)
    room.topic("t", 3, 5)
    room.extend([_record(b"1", partition=0), _record(b"2", partition=2)], 0, None, 1, 0.0)
    assert [(b.partition, b.count) for b in _drain(room)] == [(0, 2), (2, 1)]


@given(runs=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30)), max_size=20))
def test_owners_have_their_counts_and_everything_is_given_back(runs: list[tuple[int, int]]) -> None:
    people = ["ann", "bob", "eve"]
    room = _room(1, batch_size=900)
    expected: list[str] = []
    for who, count in runs:
        room.extend([_record(b"x" * 20)] * count, 0, people[who], 1, 0.0)
        expected += [people[who]] * count
    batches = _drain(room)
    assert [o for b in batches for o, n in zip(b.owners, b.counts, strict=True) for _ in range(n)] == expected
    for batch in batches:
        assert sum(batch.counts) == batch.count
        assert all(a is not b for a, b in zip(batch.owners, batch.owners[1:], strict=False))
        room.give_back(batch.count, batch.charge)
    assert (room.records, room.bytes) == (0, 0)


def test_a_record_that_is_none_raises_and_nothing_crashes() -> None:
    wrong: list[Any] = [None, (1, 2), ("t", 0, "text", b"", (), 1), ("t", 0, b"", b"", [("h", 5)], 1), ("t", 0, b"", b"", [5], 1)]
    for record in wrong:
        room = _room(1)
        with pytest.raises((TypeError, ValueError, AttributeError)):
            room.extend([record], 0, None, 1, 0.0)
