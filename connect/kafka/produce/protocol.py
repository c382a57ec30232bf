"""Kafka's wire protocol, as much of it as a producer needs. Pure: bytes to values and back.

https://kafka.apache.org/protocol. All versions used are of the kind without tagged fields, which every broker since 2.1 speaks.
Reading raises ProtocolError for an answer that ends too early.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "API_VERSIONS", "INIT_PRODUCER_ID", "METADATA", "PRODUCE", "Metadata", "PartitionAnswer", "ProducerId", "ProtocolError",
    "TopicMetadata", "init_producer_id", "metadata", "produce_parts", "read_api_versions", "read_init_producer_id",
    "read_metadata", "read_produce", "request",
]

PRODUCE, METADATA, API_VERSIONS, INIT_PRODUCER_ID = (0, 8), (3, 5), (18, 0), (22, 1)
"""Requests: number, and the greatest version of it that is spoken here."""

_MOST = 1 << 24
"""More of something than a broker has."""
_MOST_PARTITIONS = 1 << 20


class ProtocolError(Exception):
    """An answer that is not what was asked for."""


@dataclass(frozen=True, slots=True)
class ProducerId:
    """What makes a producer idempotent."""

    id: int
    epoch: int


@dataclass(frozen=True, slots=True)
class TopicMetadata:
    """A topic: an error code, and the leader of each partition (-1: none at present)."""

    error: int
    leaders: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Metadata:
    """The brokers' addresses by their ids, and topics by name."""

    brokers: Mapping[int, tuple[str, int]]
    topics: Mapping[str, TopicMetadata]


class PartitionAnswer(NamedTuple):
    """What became of a batch. ``text`` is the broker's own explanation, where it has one."""

    topic: str
    partition: int
    error: int
    text: str


_BYTE, _INT16, _INT32, _INT64 = (struct.Struct(">" + c) for c in "bhiq")
_PRODUCED, _PRODUCED_5 = struct.Struct(">ihqq"), struct.Struct(">ihqqq")
"""Partition, error, base offset, time of appending, and since version 5 where the log begins."""


class _Reader:
    def __init__(self, data: bytes | memoryview) -> None:
        self._data = data
        self._at = 0

    def numbers(self, form: struct.Struct) -> tuple[int, ...]:
        try:
            values = form.unpack_from(self._data, self._at)
        except struct.error:
            raise ProtocolError(f"the broker's answer ends after {len(self._data)} bytes") from None
        self._at += form.size
        return values

    def int16(self) -> int:
        return self.numbers(_INT16)[0]

    def int32(self) -> int:
        return self.numbers(_INT32)[0]

    def int64(self) -> int:
        return self.numbers(_INT64)[0]

    def boolean(self) -> bool:
        return bool(self.numbers(_BYTE)[0])

    def _piece(self, size: int) -> bytes:
        if size > len(self._data) - self._at:
            raise ProtocolError(f"the broker's answer ends after {len(self._data)} bytes")
        piece = bytes(self._data[self._at:self._at + size])
        self._at += size
        return piece

    def text(self) -> str:
        size = self.int16()
        return "" if size < 0 else self._piece(size).decode("utf-8", "replace")

    def count(self) -> int:
        n = self.int32()
        if n > _MOST:
            raise ProtocolError(f"the broker's answer has a list of {n} elements")
        return max(n, 0)


def _text(value: str | None) -> bytes:
    if value is None:
        return b"\xff\xff"
    data = value.encode()
    return struct.pack(">h", len(data)) + data


def request(api: tuple[int, int], correlation: int, client_id: str, body: bytes) -> bytes:
    """A whole request with its length."""
    head = struct.pack(">hhi", *api, correlation) + _text(client_id)
    return struct.pack(">i", len(head) + len(body)) + head + body


def produce_parts(version: int, correlation: int, client_id: str, timeout_ms: int,
                  batches: Sequence[tuple[str, int, Sequence[bytes]]]) -> list[bytes]:
    """A produce request (acks=all) as pieces to be sent one after the other. ``batches``: topic, partition, the batch's bytes;
    one for each partition."""
    topics: dict[str, list[tuple[int, Sequence[bytes]]]] = {}
    for topic, partition, pieces in batches:
        topics.setdefault(topic, []).append((partition, pieces))
    body: list[bytes] = [b"\xff\xff" + struct.pack(">hii", -1, timeout_ms, len(topics))]
    for topic, partitions in topics.items():
        body.append(_text(topic) + struct.pack(">i", len(partitions)))
        for partition, pieces in partitions:
            body.append(struct.pack(">ii", partition, sum(map(len, pieces))))
            body.extend(pieces)
    head = struct.pack(">hhi", PRODUCE[0], version, correlation) + _text(client_id)
    return [struct.pack(">i", len(head) + sum(map(len, body))) + head, *body]


def read_produce(version: int, data: bytes) -> list[PartitionAnswer]:
    """The answer to a produce request."""
    r = _Reader(data)
    found = []
    form = _PRODUCED_5 if version >= 5 else _PRODUCED
    for _ in range(r.count()):
        topic = r.text()
        for _ in range(r.count()):
            partition, error, *_ = r.numbers(form)
            text = ""
            if version >= 8:
                texts = []
                for _ in range(r.count()):
                    r.int32()
                    texts.append(r.text())
                text = r.text() or next((t for t in texts if t), "")
            found.append(PartitionAnswer(topic, partition, error, text))
    return found


def metadata(topics: Iterable[str]) -> bytes:
    """Ask for brokers and these topics; the broker may create one that is missing, where it is set up to."""
    names = list(topics)
    return struct.pack(">i", len(names)) + b"".join(map(_text, names)) + b"\x01"


def read_metadata(data: bytes) -> Metadata:
    """The answer to :func:`metadata`."""
    r = _Reader(data)
    r.int32()
    brokers = {}
    for _ in range(r.count()):
        node, host, port = r.int32(), r.text(), r.int32()
        r.text()
        brokers[node] = (host, port)
    r.text()
    r.int32()
    topics = {}
    for _ in range(r.count()):
        error, name = r.int16(), r.text()
        r.boolean()
        leaders: dict[int, int] = {}
        for _ in range(r.count()):
            r.int16()
            index = r.int32()
            if not 0 <= index < _MOST_PARTITIONS:
                raise ProtocolError(f"the broker's answer names partition {index}")
            leaders[index] = r.int32()
            for _ in range(3):
                for _ in range(r.count()):
                    r.int32()
        topics[name] = TopicMetadata(error, tuple(leaders.get(i, -1) for i in range(max(leaders, default=-1) + 1)))
    return Metadata(brokers, topics)


def init_producer_id() -> bytes:
    """Ask for a producer id without transactions."""
    return b"\xff\xff" + struct.pack(">i", 60_000)


def read_init_producer_id(data: bytes) -> tuple[int, ProducerId]:
    """Error code and id."""
    r = _Reader(data)
    r.int32()
    error = r.int16()
    return error, ProducerId(r.int64(), r.int16())


def read_api_versions(data: bytes) -> Mapping[int, tuple[int, int]]:
    """Of each request the least and greatest version. Raises ProtocolError for an error code."""
    r = _Reader(data)
    error = r.int16()
    if error:
        raise ProtocolError(f"the broker does not tell its versions (error {error})")
    return {r.int16(): (r.int16(), r.int16()) for _ in range(r.count())}
