"""Batches as bytes, and their halves."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect.kafka.produce.batches import COMPRESSIONS, messages, pieces, split
from connect.kafka.produce.protocol import ProducerId
from tests.unit.kafka.produce import wire

_VALUES = st.lists(st.one_of(st.none(), st.binary(max_size=200)), min_size=2, max_size=150)


@given(first=st.integers(-1, 1 << 40), last=st.integers(-1, 1 << 40), producer=st.integers(0, 1 << 62),
       epoch=st.integers(0, 32767), sequence=st.integers(0, (1 << 31) - 1))
def test_the_header_says_what_is_in_the_batch(first: int, last: int, producer: int, epoch: int, sequence: int) -> None:
    batch = wire.sealed([b"a", None, b"c"])
    whole = b"".join(pieces(batch.records, 3, first, last, 0, ProducerId(producer, epoch), sequence))
    offset, length, leader, magic, crc, *rest = wire.BATCH.unpack_from(whole)
    assert (offset, leader, magic) == (0, -1, 2)
    assert length == len(whole) - 12
    assert crc == wire.crc32c(whole[21:])
    assert rest == [0, 2, first, last, producer, epoch, sequence, 3]
    assert [r.value for r in wire.records(whole[wire.BATCH.size:])] == [b"a", None, b"c"]


@pytest.mark.parametrize(("name", "number"), [("gzip", 1), ("zstd", 4)])
@pytest.mark.parametrize("level", [None, 3])
def test_compressed_records_come_back(name: str, number: int, level: int | None) -> None:
    from backports import zstd

    codec = COMPRESSIONS[name]
    assert codec.number == number
    data = wire.sealed([b"again and again"] * 50).records
    packed = codec.compress(data, level)
    assert len(packed) < len(data)
    assert (gzip.decompress if name == "gzip" else zstd.decompress)(packed) == data


@given(values=_VALUES, data=st.data())
def test_halves_are_the_records_in_order_with_times_owners_and_charge(values: list[bytes | None], data: Any) -> None:
    count = len(values)
    stamps = data.draw(st.lists(st.integers(1, 1 << 42), min_size=count, max_size=count))
    people = [object(), object(), object()]
    owners = [people[i] for i in data.draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))]
    whole = wire.sealed(values, owners=owners, stamps=stamps)
    halves = split(whole)
    assert [h.count for h in halves] == [count // 2, count - count // 2]
    assert sum(h.charge for h in halves) == whole.charge
    assert [o for h in halves for o, n in zip(h.owners, h.counts, strict=True) for _ in range(n)] == owners
    at = 0
    for half in halves:
        found = wire.records(half.records)
        whose = stamps[at:at + half.count]
        assert [r.value for r in found] == values[at:at + half.count]
        assert [r.key for r in found] == [b"k%d" % i for i in range(at, at + half.count)]
        assert [r.headers for r in found] == [[("h", v)] for v in values[at:at + half.count]]
        assert [half.first_ms + r.delta for r in found] == whose
        assert (half.first_ms, half.last_ms) == (whose[0], max(whose))
        at += half.count
    assert at == count


def test_messages_are_the_records() -> None:
    found = messages(wire.sealed([b"a", None]))
    assert [(m.topic(), m.key(), m.value()) for m in found] == [("t", b"k0", b"a"), ("t", b"k1", None)]
