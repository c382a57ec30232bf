"""A connection's frames, on a pair of sockets."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest

from connect.kafka.produce.connection import Connection
from connect.kafka.produce.protocol import ProtocolError


@pytest.fixture
def ends() -> Iterator[tuple[Connection, socket.socket]]:
    near, far = socket.socketpair()
    near.setblocking(False)
    connection = Connection(near, 8)
    yield connection, far
    connection.close()
    far.close()


def _frame(correlation: int, body: bytes) -> bytes:
    return struct.pack(">ii", 4 + len(body), correlation) + body


def test_answers_that_come_in_pieces_reach_their_handlers_in_order(ends: tuple[Connection, socket.socket]) -> None:
    connection, far = ends
    got: list[tuple[str, bytes | None]] = []
    for name in ("a", "b"):
        connection.send(connection.correlation(), [b"ask ", name.encode()], 9.0, lambda body, name=name: got.append((name, body)))
    assert far.recv(100) == b"ask aask b"
    for byte in _frame(1, b"one") + _frame(2, b""):
        far.send(bytes((byte,)))
        connection.read()
    assert got == [("a", b"one"), ("b", b"")]
    assert connection.asked == 0
    assert connection.deadline() is None


def test_at_the_end_every_request_without_an_answer_is_told(ends: tuple[Connection, socket.socket]) -> None:
    connection, far = ends
    got: list[bytes | None] = []
    for _ in range(3):
        connection.send(connection.correlation(), [b"x"], 9.0, got.append)
    far.send(_frame(1, b"one")[:-1])
    connection.read()
    far.close()
    with pytest.raises(ConnectionError):
        connection.read()
    connection.close()
    assert got == [None, None, None]


def test_a_handler_that_cannot_read_its_answer_is_told_that_there_is_none(ends: tuple[Connection, socket.socket]) -> None:
    connection, far = ends
    got: list[bytes | None] = []

    def handler(body: bytes | None) -> None:
        got.append(body)
        if body is not None:
            raise ProtocolError("damaged")

    connection.send(connection.correlation(), [b"x"], 9.0, handler)
    far.send(_frame(1, b"nonsense"))
    with pytest.raises(ProtocolError):
        connection.read()
    assert got == [b"nonsense", None]


@pytest.mark.parametrize("frame", [_frame(7, b"other"), b"HTTP/1.1 400", struct.pack(">i", -1), struct.pack(">i", 3)])
def test_what_is_no_answer_raises_protocol_error(ends: tuple[Connection, socket.socket], frame: bytes) -> None:
    connection, far = ends
    connection.send(connection.correlation(), [b"x"], 9.0, lambda body: None)
    far.send(frame)
    with pytest.raises(ProtocolError):
        connection.read()


def test_more_than_the_socket_takes_is_sent_when_it_takes_more(ends: tuple[Connection, socket.socket]) -> None:
    connection, far = ends
    data = [bytes([i % 251]) * 10_007 for i in range(200)]
    connection.send(connection.correlation(), data, 9.0, lambda body: None)
    assert connection.wants_write
    got = b""
    while connection.wants_write or len(got) < sum(map(len, data)):
        got += far.recv(1 << 20)
        connection.write()
    assert got == b"".join(data)
