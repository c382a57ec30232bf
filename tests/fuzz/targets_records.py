"""Records poured into batches of any size and read back by another reader; Avro of any bytes as JSON."""

from __future__ import annotations

import json
import threading

import schemas.core  # noqa: F401  (chooses the core's implementation)
from connect.kafka.core.accumulator import FULL, SIZE, TOPIC, Accumulator
from connect.kafka.core.pour import PourSink
from connect.kafka.murmur2 import partition_of
from schemas.core.jsonwriter import (
    ARRAY,
    BOOLEAN,
    BYTES,
    DOUBLE,
    FLOAT,
    LONG,
    MAP,
    PAIRS,
    STRING,
    STRUCT,
    JsonWriter,
    Node,
)
from schemas.core.writer import Writer
from tests.fuzz.targets import Target
from tests.unit.kafka.produce.wire import records

__all__ = ["TARGETS"]

_PARTITIONS = 3
Record = tuple[bytes | None, bytes | None]
_HEADERS = (("h", b"v"), ("empty", b""), ("null", None))


def _records(data: bytes) -> list[tuple[bool, Record]]:
    """Of each whether it comes ready made, its key and its value: sizes are bytes, content is what stands behind them."""
    found = []
    at = 0
    while at + 4 <= len(data) and len(found) < 16:
        flags, key_size, low, high = data[at:at + 4]
        at += 4
        size = low | (high & 15) << 8
        key = (data[at:at + 9] * (key_size // 9 + 1))[:key_size] if flags & 1 else None
        value = (data[at:at + 31] * (size // 31 + 1))[:size] if flags & 2 else None
        found.append((flags & 12 == 12, (key, value)))
    return found


def pour(data: bytes) -> int:
    """The first bytes are the limits, then records. Raises ValueError."""
    if len(data) < 4:
        raise ValueError("too short for the limits")
    accumulator = Accumulator(data[0] * 16 + 1, data[1] * 24 + 90, data[2] * 64 + 1, data[3] % 40 + 1)
    sink = PourSink(accumulator, threading.Lock())
    sink.begin("owner", 0)
    headers = _HEADERS if data[3] & 64 else ()
    expected: list[Record] = []
    found: list[list[Record]] = [[] for _ in range(_PARTITIONS)]
    writer = Writer()
    for ready, record in _records(data[4:]):
        if _put(accumulator, sink, writer, headers, record, ready, found):
            expected.append(record)
    _take(accumulator, found)
    assert accumulator.records == 0 and accumulator.bytes == 0
    assert sink.sent == len(expected) and sink.size == sum(len(k or b"") + len(v or b"") for k, v in expected)
    for number, had in enumerate(found):
        mine = [r for r in expected if r[0] is not None and partition_of(r[0], _PARTITIONS) == number]
        assert [r for r in had if r[0] is not None] == mine
    assert sorted(str(r) for had in found for r in had) == sorted(map(str, expected))
    return len(expected)


def _put(accumulator: Accumulator, sink: PourSink, writer: Writer, headers: tuple[tuple[str, bytes | None], ...], record: Record,
         ready: bool, found: list[list[Record]]) -> bool:
    """Put a record, again when there was no room; False when it is too large."""
    key, value = record
    while True:
        sink.clear()
        if ready:
            done = sink.add(("t", -1, key, value, headers, 0))
        elif done := sink.enter("t", headers):
            writer.truncate(0)
            writer.write_raw(key or b"")
            writer.write_raw(value or b"")
            done = not sink.full() and sink.put(writer, -1 if key is None else len(key), value is not None)
            sink.leave()
        if done:
            return True
        if sink.why == SIZE:
            return False
        if sink.why == TOPIC:
            accumulator.topic(sink.topic, _PARTITIONS, 1)
        else:
            assert sink.why == FULL
            _take(accumulator, found)


def _take(accumulator: Accumulator, found: list[list[Record]]) -> None:
    """Close all batches, and read them."""
    for topic in accumulator.sinks.values():
        for opened in topic.opens:
            accumulator.seal(opened)
    sealed, touched = accumulator.queues()
    touched.clear()
    while sealed:
        batch = sealed.popleft()
        read = records(batch.records)
        assert len(read) == batch.count == sum(batch.counts)
        assert batch.count == 1 or len(batch.records) + 61 <= accumulator.batch_size
        found[batch.partition] += [(r.key, r.value) for r in read]
        accumulator.give_back(batch.count, batch.charge)


def _leaf(kind: int, optional: bool = False) -> Node:
    return Node(kind, 0 if optional else -1, b"null" if optional else b"", [], [])


_LEAVES = [_leaf(kind, optional) for kind in (LONG, BOOLEAN, FLOAT, DOUBLE, STRING, BYTES) for optional in (False, True)]
_INSIDE = Node(STRUCT, 1, b"null", [b'{"a":', b',"b":'], [_leaf(STRING), _leaf(LONG, True)])
_NODES = [
    *_LEAVES, _INSIDE,
    Node(STRUCT, -1, b"", [(("{" if i == 0 else ",") + f'"f{i}":').encode() for i in range(len(_LEAVES))], _LEAVES),
    Node(ARRAY, 0, b"null", [], [_leaf(LONG)]), Node(ARRAY, -1, b"", [], [_INSIDE]),
    Node(MAP, -1, b"", [], [_leaf(STRING), _leaf(BYTES, True)]), Node(PAIRS, 0, b"null", [], [_leaf(LONG), _INSIDE]),
]
_WRITER = JsonWriter()


def avro_json(data: bytes) -> None:
    """The first byte chooses the schema. Raises ValueError."""
    if not data:
        raise ValueError("no schema")
    made = _WRITER.convert(_NODES[data[0] % len(_NODES)], data, 1, b"[", b"]")
    json.loads(made)
    assert len(made) <= 40 * len(data) + 512


TARGETS = [Target("pour", pour, accepts=False), Target("avro_json", avro_json)]
