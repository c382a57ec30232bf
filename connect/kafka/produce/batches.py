"""Record batches as they go over the wire: header, checksum, compression; and what is in one. Pure.

https://kafka.apache.org/documentation/#recordbatch
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import google_crc32c

from connect.kafka.core.accumulator import Sealed
from connect.kafka.produce.protocol import ProducerId
from schemas.core.writer import Writer

__all__ = ["COMPRESSIONS", "Compression", "Message", "messages", "pieces", "split"]

_HEADER = struct.Struct(">hiqqqhii")
_FRONT = struct.Struct(">qiibI")
_AFTER_LENGTH = 4 + 1 + 4
"""Bytes between a batch's length and the part that the checksum is of."""


@dataclass(frozen=True, slots=True)
class Compression:
    """A codec: its number in a batch's attributes, and how bytes are compressed at a level (None: its default)."""

    number: int
    compress: Callable[[bytes, int | None], bytes]


def _gzip(data: bytes, level: int | None) -> bytes:
    packer = zlib.compressobj(-1 if level is None else level, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def _zstd(data: bytes, level: int | None) -> bytes:
    from backports import zstd

    return bytes(zstd.compress(data) if level is None else zstd.compress(data, level))


COMPRESSIONS: Mapping[str, Compression] = {"gzip": Compression(1, _gzip), "zstd": Compression(4, _zstd)}
"""By the name of ``compression.type``. The others are librdkafka's affair."""


def pieces(records: bytes, count: int, first_ms: int, last_ms: int, compression: int, producer: ProducerId,
           sequence: int) -> tuple[bytes, bytes]:
    """A batch as header and records, to be sent one after the other. ``records`` are compressed as ``compression`` says."""
    covered = _HEADER.pack(compression, count - 1, first_ms, last_ms, producer.id, producer.epoch, sequence, count)
    crc = google_crc32c.extend(google_crc32c.value(covered), records)
    front = _FRONT.pack(0, _AFTER_LENGTH + len(covered) + len(records), -1, 2, crc)
    return front + covered, records


class Message:
    """A record that was refused, with the accessors of the client library's messages."""

    __slots__ = ("_key", "_topic", "_value")

    def __init__(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        self._topic = topic
        self._key = key
        self._value = value

    def topic(self) -> str:
        """The topic's name."""
        return self._topic

    def key(self) -> bytes | None:
        """The key's bytes."""
        return self._key

    def value(self) -> bytes | None:
        """The value's bytes."""
        return self._value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    n = shift = 0
    while True:
        byte = data[at]
        at += 1
        n |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (n >> 1) ^ -(n & 1), at
        shift += 7


def _field(data: bytes, at: int) -> tuple[bytes | None, int]:
    size, at = _varint(data, at)
    return (None, at) if size < 0 else (data[at:at + size], at + size)


@dataclass(frozen=True, slots=True)
class _Record:
    since: int
    key: bytes | None
    value: bytes | None
    rest: bytes


def _records(data: bytes) -> list[_Record]:
    found, at = [], 0
    while at < len(data):
        size, at = _varint(data, at)
        end = at + size
        since, inner = _varint(data, at + 1)
        _, inner = _varint(data, inner)
        key, key_end = _field(data, inner)
        value, _ = _field(data, key_end)
        found.append(_Record(since, key, value, data[inner:end]))
        at = end
    return found


def messages(sealed: Sealed) -> list[Message]:
    """The records of a batch, for error texts."""
    return [Message(sealed.topic, r.key, r.value) for r in _records(sealed.records)]


def _written(records: list[_Record]) -> bytes:
    """Records of a batch of their own, in which the first one's time is the first."""
    out, body = Writer(), Writer()
    for i, record in enumerate(records):
        body.write_byte(0)
        body.write_long(record.since - records[0].since)
        body.write_long(i)
        body.write_raw(record.rest)
        out.write_bytes(body.take())
    return out.take()


def split(sealed: Sealed) -> list[Sealed]:
    """The two halves of a batch of at least two records."""
    found = _records(sealed.records)
    owners: list[Any] = [o for o, n in zip(sealed.owners, sealed.counts, strict=True) for _ in range(n)]
    middle = len(found) // 2
    halves: list[Sealed] = []
    charged = 0
    for part, whose in ((found[:middle], owners[:middle]), (found[middle:], owners[middle:])):
        first = part[0].since
        data = _written(part)
        counts: list[int] = []
        kept: list[Any] = []
        for o in whose:
            if kept and kept[-1] is o:
                counts[-1] += 1
            else:
                kept.append(o)
                counts.append(1)
        charge = sealed.charge - charged if halves else sealed.charge * len(part) // len(found)
        charged += charge
        base = sealed.first_ms
        halves.append(Sealed(sealed.topic, sealed.partition, data, len(part), base + first, base + max(r.since for r in part),
                             charge, kept, counts))
    return halves
