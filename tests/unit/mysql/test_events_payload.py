"""Compressed transactions: unpacked as a stream, and refused when they are not whole."""

from __future__ import annotations

import random
import struct
import tracemalloc

import pytest

from connectors.mysql.events import EventError, EventParser, Query, Rows, TableMap, TransactionPayload, UnknownEvent, Xid
from connectors.mysql.payload import zstd
from tests.unit.mysql.eventbytes import event, packed, recorded

XID = struct.pack("<Q", 5)


def payload(data: bytes, *, kind: int = 0, size: int | None = None, extra: bytes = b"", said: int | None = None) -> bytes:
    head = extra + b"\2" + packed(len(packed(kind))) + packed(kind)
    if said is not None:
        head += b"\3" + packed(len(packed(said))) + packed(said)
    told = packed(len(data) if size is None else size)
    return event(40, head + b"\1" + packed(len(told)) + told + b"\0" + data)


def parsed(raw: bytes) -> TransactionPayload:
    found = EventParser().parse(raw)
    assert isinstance(found, TransactionPayload)
    return found


def test_a_recorded_compressed_transaction() -> None:
    found = EventParser().parse(recorded("mysql-33-40-4")[1])
    assert isinstance(found, TransactionPayload)
    inside = list(found.events())
    assert [type(e) for e in inside] == [Query, TableMap, Rows, Xid]
    assert found.uncompressed_size == sum(e.header.size for e in inside)
    begin, table, rows, _ = inside
    assert (begin.sql, table.table, rows.kind, rows.last_of_statement) == ("BEGIN", "plain", "c", True)


def test_events_inside_share_the_shapes_with_those_outside() -> None:
    parser = EventParser()
    raw = recorded("mysql-33-40-4")[1]
    shapes = []
    for _ in range(2):
        found = parser.parse(raw)
        assert isinstance(found, TransactionPayload)
        shapes += [e.shape for e in found.events() if isinstance(e, TableMap)]
    assert shapes[0] is shapes[1]


def test_events_inside_have_no_checksums_though_those_outside_have() -> None:
    parser = EventParser(checksum=True)
    raw = payload(zstd.compress(event(16, XID)))
    found = parser.parse(event(40, raw[19:], crc=True))
    assert isinstance(found, TransactionPayload)
    assert [type(e) for e in found.events()] == [Xid]


@pytest.mark.parametrize("kind", [0, 255])
def test_events_of_every_size_come_out_whole(kind: int) -> None:
    rng = random.Random(1)
    raws = [event(29, b"\0" + rng.randbytes(size)) for size in (0, 1, 100, 70_000, 300_000, 5, 262_144, 3)]
    data = b"".join(raws)
    found = parsed(payload(data if kind else zstd.compress(data), kind=kind, said=len(data)))
    assert list(found.raw_events()) == raws


def test_several_frames_follow_one_another() -> None:
    one, two = event(29, b"\0" + b"a" * 500), event(16, XID)
    found = parsed(payload(zstd.compress(one[:100]) + zstd.compress(one[100:] + two)))
    assert list(found.raw_events()) == [one, two]


def test_unknown_fields_of_the_head_are_skipped() -> None:
    assert list(parsed(payload(zstd.compress(event(16, XID)), extra=b"\x09\3abc")).raw_events()) == [event(16, XID)]


def test_memory_does_not_follow_the_size_of_the_transaction() -> None:
    packer = zstd.ZstdCompressor()
    one = event(29, b"\0" + b"abcdefgh" * 1000)
    parts = [packer.compress(one) for _ in range(4000)]
    raw = payload(b"".join(parts) + packer.flush())
    found = parsed(raw)
    tracemalloc.start()
    try:
        assert sum(1 for _ in found.raw_events()) == 4000
        assert tracemalloc.get_traced_memory()[1] < 4 << 20  # of 32 MB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("raw", [
    event(40, b""), event(40, b"\0"), event(40, b"\1\1\0\0"), event(40, b"\2\1\0\0"), event(40, b"\2\xff"),
    event(40, b"\2\x09\0"), payload(b"abc", size=4), payload(b"abc", size=2), payload(b"abc", kind=1)])
def test_a_broken_head_is_refused(raw: bytes) -> None:
    with pytest.raises(EventError):
        EventParser().parse(raw)


WHOLE = zstd.compress(event(16, XID) + event(29, b"\0" + bytes(range(256)) * 4))


@pytest.mark.parametrize("data", [
    WHOLE[:-1], WHOLE[:20], WHOLE[:-4] + b"abcd", WHOLE + b"rest", b"nothing", zstd.compress(event(16, XID)[:-1]),
    zstd.compress(bytes(40)), zstd.compress(event(16, XID, size=1 << 31)), zstd.compress(event(16, XID, size=18))])
def test_a_broken_payload_is_refused(data: bytes) -> None:
    with pytest.raises(EventError):
        list(parsed(payload(data)).events())


def test_an_empty_payload_has_no_events() -> None:
    assert list(parsed(payload(b"")).events()) == []


@pytest.mark.parametrize("number", [3, 4, 15, 27, 35, 40, 41])
def test_events_that_cannot_be_inside_are_refused(number: int) -> None:
    with pytest.raises(EventError, match="holds"):
        list(parsed(payload(zstd.compress(event(number, b"x" * 20)))).events())


def test_an_unknown_event_inside_is_told_by_its_number() -> None:
    with pytest.raises(UnknownEvent, match="99"):
        list(parsed(payload(zstd.compress(event(99, b"x")))).events())
