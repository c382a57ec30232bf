"""Packets out of a stream of bytes, whole, cut anywhere, joined, and hostile."""

from __future__ import annotations

import contextlib
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mysql.core.split import split
from connectors.mysql.packets import (
    LONGEST,
    PacketBuffer,
    is_end,
    join_packets,
    parse_column,
    parse_error,
    parse_ok,
    read_lenenc,
    split_row,
)

MANY = 1 << 40


def feed(buffer: PacketBuffer, data: bytes, step: int) -> None:
    """Put at most ``step`` bytes a time; as a socket does, only what there is room for."""
    at = 0
    while at < len(data):
        with buffer.room() as room:
            part = data[at:at + min(step, len(room))]
            room[:len(part)] = part
        buffer.filled(len(part))
        at += len(part)


def packet(payload: bytes, number: int) -> bytes:
    return join_packets(payload, number & 255)


@pytest.mark.parametrize("seed", range(8))
def test_payloads_come_out_as_they_went_in_however_the_stream_is_cut(seed: int) -> None:
    chance = random.Random(seed)
    payloads = [chance.randbytes(chance.choice((0, 1, 5, 300, 5000, 70_000, 600_000))) for _ in range(chance.randrange(1, 40))]
    wire = b"".join(packet(p, n) for n, p in enumerate(payloads))
    buffer = PacketBuffer(base=4096 * chance.randrange(5, 60))
    out: list[bytes] = []
    at = 0
    while at < len(wire):
        with buffer.room() as room:
            size = min(len(room), chance.choice((1, 3, 4, 100, 20_000, 1 << 20)))
            part = wire[at:at + size]
            room[:len(part)] = part
        buffer.filled(len(part))
        at += len(part)
        while buffer.take(out, chance.choice((1, 1000, MANY)), len(out) + chance.choice((1, 7, 1000))):
            pass
        while buffer.pending >= 4 and len(out) < len(payloads) and buffer.take(out, MANY, len(out) + 1):
            pass
    buffer.take(out, MANY, 1000)
    assert out == payloads


def test_a_gulp_ends_at_its_bytes_and_at_its_count() -> None:
    buffer = PacketBuffer()
    feed(buffer, b"".join(packet(b"x" * 100, n) for n in range(50)), 1 << 20)
    out: list[bytes] = []
    assert buffer.take(out, 250, 1000) == 300
    assert len(out) == 3
    buffer.take(out, MANY, 10)
    assert len(out) == 10
    buffer.take(out, MANY, 10)
    assert len(out) == 10


@pytest.mark.parametrize("size", [LONGEST - 1, LONGEST, LONGEST + 1, 2 * LONGEST, 2 * LONGEST + 77])
def test_a_payload_of_several_packets_is_one(size: int) -> None:
    payload = b"\0" + b"e" * (size - 2) + b"!"
    buffer = PacketBuffer()
    wire = packet(payload, 0) + packet(b"\0next", size // LONGEST + 1)
    out: list[bytes] = []
    at = 0
    while at < len(wire):
        with buffer.room() as room:
            part = wire[at:at + len(room)]
            room[:len(part)] = part
        buffer.filled(len(part))
        at += len(part)
        buffer.take(out, MANY, 10, marked=True)
    assert [len(o) for o in out] == [size - 1, 4]
    assert out[0] == payload[1:]
    assert out[1] == b"next"


def test_after_a_large_packet_the_buffer_is_small_again() -> None:
    buffer = PacketBuffer()
    out: list[bytes] = []
    wire = packet(b"\0" * (LONGEST - 1), 0)
    feed_all(buffer, wire, out)
    assert len(out) == 1
    with buffer.room() as room:
        assert len(room) <= 256 * 1024


def feed_all(buffer: PacketBuffer, wire: bytes, out: list[bytes]) -> None:
    at = 0
    while at < len(wire):
        with buffer.room() as room:
            part = wire[at:at + len(room)]
            room[:len(part)] = part
        buffer.filled(len(part))
        at += len(part)
        buffer.take(out, MANY, 1000)


def test_what_is_no_event_ends_the_events_before_it() -> None:
    buffer = PacketBuffer()
    error = b"\xff" + struct.pack("<H", 1236) + b"#HY000gone"
    feed(buffer, packet(b"\0one", 0) + packet(b"\0two", 1) + packet(error, 2) + packet(b"\0never", 3), 1 << 20)
    out: list[bytes] = []
    buffer.take(out, MANY, 100, marked=True)
    assert out == [b"one", b"two"]
    assert buffer.special == error
    assert parse_error(buffer.special).number == 1236


def test_an_empty_packet_is_no_event() -> None:
    buffer = PacketBuffer()
    feed(buffer, packet(b"", 0), 10)
    out: list[bytes] = []
    buffer.take(out, MANY, 100, marked=True)
    assert (out, buffer.special) == ([], b"")


def test_a_packet_out_of_turn_is_an_error() -> None:
    buffer = PacketBuffer()
    feed(buffer, packet(b"\0one", 0) + packet(b"\0three", 2), 100)
    with pytest.raises(ValueError, match="packet number 2 came where 1 was due"):
        buffer.take([], MANY, 100)


def test_a_server_that_stops_says_so_out_of_turn() -> None:
    buffer = PacketBuffer()
    buffer.expect(7)
    error = b"\xff" + struct.pack("<H", 1053) + b"#08S01stop"
    feed(buffer, packet(error, 0), 100)
    out: list[bytes] = []
    buffer.take(out, MANY, 1)
    assert parse_error(out[0]).number == 1053


def test_a_payload_over_the_limit_is_refused_before_it_is_kept() -> None:
    buffer = PacketBuffer(limit=20 * 1024 * 1024)
    part = struct.pack("<I", LONGEST) + b"\0" * LONGEST
    feed_all(buffer, part, [])
    with pytest.raises(ValueError, match="more than 20971520 bytes"):
        feed_all(buffer, struct.pack("<I", LONGEST | 1 << 24) + b"\0" * LONGEST, [])


def test_nonsense_is_an_error_and_never_more() -> None:
    parsers = (parse_error, parse_ok, parse_column, lambda d: split_row(d, 3), lambda d: read_lenenc(d, 0))
    for seed in range(500):
        chance = random.Random(seed)
        data = bytearray(b"".join(packet(chance.randbytes(chance.randrange(40)), n) for n in range(10)))
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        buffer = PacketBuffer()
        feed(buffer, bytes(data), 64)
        out: list[bytes] = []
        with contextlib.suppress(ValueError):
            while buffer.take(out, MANY, len(out) + 3, marked=seed % 2 == 0):
                pass
        assert sum(map(len, out)) <= len(data)
        for parse in parsers:
            for each in out:
                with contextlib.suppress(ValueError):
                    parse(each)


@pytest.mark.parametrize("data", [b"", b"\xfc\x01", b"\xfd\x01\x02", b"\xfe" + b"\x01" * 7, b"\xff"])
def test_a_length_that_is_cut_short_is_an_error(data: bytes) -> None:
    with pytest.raises(ValueError, match="length"):
        read_lenenc(data, 0)


@pytest.mark.parametrize(("data", "value"), [
    (b"\x00", 0), (b"\xfa", 250), (b"\xfb", None), (b"\xfc\xfb\x00", 251), (b"\xfd\x00\x00\x01", 65536),
    (b"\xfe\x00\x00\x00\x01\x00\x00\x00\x00", 1 << 24)])
def test_lengths_as_documented(data: bytes, value: int | None) -> None:
    assert read_lenenc(data, 0) == (value, len(data))


def test_rows() -> None:
    assert split_row(b"\x011\xfb\x00\x03abc", 4) == (b"1", None, b"", b"abc")
    for wrong in (b"\x05ab", b"\x011", b"\x011\x012\x013", b"\xfe\xff\xff\xff\xff\xff\xff\xff\xffab"):
        with pytest.raises(ValueError):
            split_row(wrong, 2)


def test_the_end_of_rows_is_not_taken_for_a_large_row() -> None:
    assert is_end(b"\xfe\x00\x00\x02\x00")
    assert not is_end(b"\xfe" + (1 << 24).to_bytes(8, "little") + b"x")
    assert not is_end(b"\xfb")


@pytest.mark.parametrize("marked", [False, True])
@given(data=st.data())
def test_the_split_takes_what_the_buffer_takes(marked: bool, data: st.DataObject) -> None:
    payloads = data.draw(st.lists(st.binary(max_size=6).map(lambda b: b"\0" + b), max_size=8))
    raw = b"".join(join_packets(p, i) for i, p in enumerate(payloads))
    cut = data.draw(st.integers(0, len(raw)))
    room, most = data.draw(st.integers(0, 9)), data.draw(st.integers(0, 40))
    out: list[bytes] = []
    at, sequence, taken = split(bytearray(raw), 0, cut, 0, marked, room, most, out)
    assert out == [p[1:] if marked else p for p in payloads[:len(out)]]
    assert (at, sequence, taken) == (sum(len(p) + 4 for p in payloads[:len(out)]), len(out), sum(map(len, payloads[:len(out)])))
    more = at + 4 + len(payloads[len(out)]) if len(out) < len(payloads) else len(raw) + 1
    assert more > cut or len(out) == room or taken >= most
