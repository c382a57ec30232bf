"""Requests and answers; answers that are damaged raise ProtocolError and nothing else."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect.kafka.produce.protocol import (
    METADATA,
    Metadata,
    PartitionAnswer,
    ProducerId,
    ProtocolError,
    TopicMetadata,
    metadata,
    produce_parts,
    read_api_versions,
    read_init_producer_id,
    read_metadata,
    read_produce,
    request,
)


def _text(value: str) -> bytes:
    return struct.pack(">h", len(value)) + value.encode()


def _list(*items: bytes) -> bytes:
    return struct.pack(">i", len(items)) + b"".join(items)


def _partition(index: int, leader: int) -> bytes:
    return struct.pack(">hii", 0, index, leader) + _list(struct.pack(">i", 1)) + _list(struct.pack(">i", 1)) + _list()


_METADATA = struct.pack(">i", 0) + _list(
    struct.pack(">i", 1) + _text("one") + struct.pack(">i", 9092) + _text("rack"),
    struct.pack(">i", 2) + _text("two") + struct.pack(">i", 9093) + b"\xff\xff",
) + _text("cluster") + struct.pack(">i", 1) + _list(
    struct.pack(">h", 0) + _text("t") + b"\0" + _list(_partition(2, 2), _partition(0, 1)),
    struct.pack(">h", 3) + _text("gone") + b"\0" + _list(),
)
_ANSWER = struct.pack(">iHqqq", 7, 87, -1, -1, 0) + _list(struct.pack(">i", 0) + _text("no key")) + b"\xff\xff"
_PRODUCE = _list(_text("t") + _list(_ANSWER)) + struct.pack(">i", 0)
_ID = struct.pack(">ihqh", 0, 0, 4000, 2)
_VERSIONS = struct.pack(">h", 0) + _list(struct.pack(">hhh", 0, 3, 11), struct.pack(">hhh", 3, 0, 12))

_READERS: list[tuple[Callable[[bytes], Any], bytes]] = [
    (read_metadata, _METADATA), (lambda d: read_produce(8, d), _PRODUCE), (read_init_producer_id, _ID),
    (read_api_versions, _VERSIONS),
]


def test_answers_are_read() -> None:
    assert read_metadata(_METADATA) == Metadata(
        {1: ("one", 9092), 2: ("two", 9093)}, {"t": TopicMetadata(0, (1, -1, 2)), "gone": TopicMetadata(3, ())})
    assert read_produce(8, _PRODUCE) == [PartitionAnswer("t", 7, 87, "no key")]
    assert read_init_producer_id(_ID) == (0, ProducerId(4000, 2))
    assert read_api_versions(_VERSIONS) == {0: (3, 11), 3: (0, 12)}


@pytest.mark.parametrize("version", [3, 5])
def test_answers_of_older_brokers_are_read(version: int) -> None:
    one = struct.pack(">ihqq", 1, 6, 10, -1) + (struct.pack(">q", 0) if version >= 5 else b"")
    data = _list(_text("a") + _list(one, one), _text("b") + _list(one)) + struct.pack(">i", 0)
    assert read_produce(version, data) == [PartitionAnswer(t, 1, 6, "") for t in ("a", "a", "b")]


@pytest.mark.parametrize("which", range(len(_READERS)))
def test_every_answer_that_is_cut_short_raises_protocol_error(which: int) -> None:
    read, data = _READERS[which]
    needed = len(data) - (4 if data is _PRODUCE else 0)
    for end in range(needed):
        with pytest.raises(ProtocolError):
            read(data[:end])


@given(which=st.integers(0, len(_READERS) - 1), at=st.lists(st.tuples(st.integers(0, 500), st.integers(0, 255)), max_size=4),
       tail=st.binary(max_size=30))
def test_a_damaged_answer_is_read_or_raises_protocol_error(which: int, at: list[tuple[int, int]], tail: bytes) -> None:
    read, data = _READERS[which]
    damaged = bytearray(data + tail)
    for index, byte in at:
        damaged[index % len(damaged)] = byte
    with contextlib.suppress(ProtocolError):
        read(bytes(damaged))


@pytest.mark.parametrize("index", [-1, 1 << 20, (1 << 31) - 1])
def test_a_partition_that_cannot_be_takes_no_memory(index: int) -> None:
    data = struct.pack(">i", 0) + _list() + b"\xff\xff" + struct.pack(">i", 1) + _list(
        struct.pack(">h", 0) + _text("t") + b"\0" + _list(_partition(index, 1)))
    with pytest.raises(ProtocolError):
        read_metadata(data)


def test_requests_have_their_lengths() -> None:
    whole = request(METADATA, 5, "me", metadata(["a", "bc"]))
    assert struct.unpack_from(">ihhi", whole) == (len(whole) - 4, 3, METADATA[1], 5)
    assert whole.endswith(b"\0\2me\0\0\0\2\0\1a\0\2bc\1")
    parts = produce_parts(8, 6, "me", 1500, [("a", 0, (b"12", b"345")), ("b", 3, (b"x", b"")), ("a", 2, (b"", b"y"))])
    joined = b"".join(parts)
    assert struct.unpack_from(">ihhi", joined) == (len(joined) - 4, 0, 8, 6)
    expected = b"\0\2me" + b"\xff\xff" + struct.pack(">hi", -1, 1500) + _list(
        _text("a") + _list(struct.pack(">ii", 0, 5) + b"12345", struct.pack(">ii", 2, 1) + b"y"),
        _text("b") + _list(struct.pack(">ii", 3, 1) + b"x"))
    assert joined[12:] == expected
