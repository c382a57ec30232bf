from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator

import pytest

from connect.tasks import pipe
from connect.tasks.pipe import ChildPipe, PipeError, encode


@pytest.fixture
def pair() -> Iterator[tuple[ChildPipe, socket.socket]]:
    child, worker = socket.socketpair()
    made = ChildPipe(child)
    with worker:
        yield made, worker
        made.close()


def test_a_frame_is_its_length_and_json() -> None:
    assert encode({"do": "stop"}) == struct.pack(">I", 13) + b'{"do":"stop"}'


def test_what_one_side_sends_the_other_receives(pair: tuple[ChildPipe, socket.socket]) -> None:
    child, worker = pair
    worker.sendall(encode({"a": "ü"}) + encode({"b": None}))
    assert child.receive() == {"a": "ü"}
    assert child.receive() == {"b": None}


def test_a_frame_that_comes_in_pieces_is_one_message(pair: tuple[ChildPipe, socket.socket]) -> None:
    child, worker = pair
    frame = encode({"do": "pause"})
    for i in range(len(frame)):
        worker.sendall(frame[i:i + 1])
    assert child.receive() == {"do": "pause"}


def test_the_end_of_the_worker_is_none(pair: tuple[ChildPipe, socket.socket]) -> None:
    child, worker = pair
    worker.sendall(encode({})[:3])
    worker.close()
    assert child.receive() is None
    assert child.gone
    child.send({"event": 1})


@pytest.mark.parametrize(("raw", "why"), [
    (struct.pack(">I", pipe.MAX_FRAME + 1), "at most"),
    (struct.pack(">I", 3) + b"abc", "not JSON"),
    (struct.pack(">I", 2) + b"[]", "no object"),
])
def test_what_is_no_frame_is_refused(pair: tuple[ChildPipe, socket.socket], raw: bytes, why: str) -> None:
    child, worker = pair
    worker.sendall(raw)
    with pytest.raises(PipeError, match=why):
        child.receive()


def test_a_worker_that_does_not_read_blocks_nobody_and_loses_only_what_may_be_lost(
        pair: tuple[ChildPipe, socket.socket]) -> None:
    child, worker = pair
    for _ in range(100):
        child.send({"metrics": "m" * 50_000}, may_drop=True)
    child.send({"state": "FAILED"})
    assert child.dropped > 0

    async def read_all() -> list[dict[str, object]]:
        reader, writer = await asyncio.open_unix_connection(sock=worker)
        found: list[dict[str, object]] = []
        draining = asyncio.create_task(asyncio.to_thread(child.drain, 10))
        while (message := await pipe.read(reader)) != {"state": "FAILED"}:
            assert message is not None
            found.append(message)
        assert await draining
        writer.close()
        return found

    assert len(asyncio.run(read_all())) == 100 - child.dropped


def test_a_message_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipe, "MAX_FRAME", 10)
    with pytest.raises(PipeError, match="at most 10"):
        encode({"long": "x" * 20})


def test_text_that_is_no_unicode_still_goes_through(pair: tuple[ChildPipe, socket.socket]) -> None:
    child, worker = pair
    worker.sendall(encode({"log": "\udce4"}))
    assert child.receive() == {"log": "?"}
