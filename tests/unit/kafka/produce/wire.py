"""A decoder of record batches of its own, by https://kafka.apache.org/documentation/#recordbatch; and batches for tests."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from connect.api.records import Serialized
from connect.kafka.core.accumulator import Accumulator, Sealed


def _table() -> list[int]:
    found = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        found.append(n)
    return found


_TABLE = _table()


def crc32c(data: bytes) -> int:
    """Castagnoli's checksum, bit by bit as its polynomial says."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


@dataclass(frozen=True)
class Decoded:
    """One record."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
    delta: int


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        assert 0 <= size <= len(self.data) - self.at
        self.at += size
        return self.data[self.at - size:self.at]

    def varint(self) -> int:
        n = shift = 0
        while True:
            byte = self.take(1)[0]
            n |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        assert shift == 7 or byte, "a varint of more bytes than it needs"
        return n // 2 if n % 2 == 0 else -(n + 1) // 2

    def field(self) -> bytes | None:
        size = self.varint()
        return None if size == -1 else self.take(size)


def records(data: bytes) -> list[Decoded]:
    """The records of a batch; every length must be right and the offsets 0, 1, 2…"""
    cursor, found = _Cursor(data), []
    while cursor.at < len(data):
        inner = _Cursor(cursor.take(cursor.varint()))
        assert inner.take(1) == b"\0"
        delta = inner.varint()
        assert inner.varint() == len(found)
        key, value = inner.field(), inner.field()
        headers = [((inner.field() or b"").decode(), inner.field()) for _ in range(inner.varint())]
        assert inner.at == len(inner.data)
        found.append(Decoded(key, value, headers, delta))
    return found


BATCH = struct.Struct(">qiibIhiqqqhii")
"""Base offset, length, leader epoch, magic, checksum, attributes, last offset, first and last time, producer id, epoch, base
sequence, count."""


def sealed(values: list[bytes | None], *, owners: list[Any] | None = None, stamps: list[int] | None = None) -> Sealed:
    """A batch of records with these values."""
    room = Accumulator(1 << 20, 1 << 20, 1 << 30, 1 << 30)
    room.topic("t", 1, 0)
    for i, value in enumerate(values):
        owner = owners[i] if owners else None
        record = Serialized("t", 0, b"k%d" % i, value, [("h", value)], stamps[i] if stamps else 1000 + i)
        assert room.extend([record], 0, owner, 1, 0.0) == 1
    queue, touched = room.queues()
    room.seal(touched[0])
    batch: Sealed = queue[0]
    return batch
