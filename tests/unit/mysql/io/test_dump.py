"""A dump's reader against a socket that says what a server would."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connect.api.errors import ConnectError
from connectors.mysql.address import Address
from connectors.mysql.channel import Channel
from connectors.mysql.failures import ConnectionLost, DumpFault, DumpRefused
from connectors.mysql.packets import join_packets
from connectors.mysql.stream import BinlogStream, replica_uuid
from connectors.waiting import Stop, Stopped

ROTATE, DESCRIPTION, QUERY, HEARTBEAT = 4, 15, 2, 27


def event(kind: int, size: int, end: int, flags: int = 0) -> bytes:
    return struct.pack("<IBIIIH", 0, kind, 1, size, end & 0xFFFFFFFF, flags).ljust(size, b".")


def error(number: int, text: str) -> bytes:
    return b"\xff" + struct.pack("<H", number) + b"#HY000" + text.encode()


class Server:
    """The other end of a dump."""

    def __init__(self) -> None:
        self.near, self.far = socket.socketpair()
        self.number = 0
        self.stop = False
        self.now = 0.0

    def stream(self, **options: Any) -> BinlogStream:
        channel = Channel(self.near, "db:3306 as cdc", Stop(lambda: self.stop))

        class Session:
            address = Address("db", 3306, "cdc")
            thread_id = 7
            mariadb = False

            def close(self) -> None:
                channel.close()

        session: Any = Session()
        session.channel = channel
        return BinlogStream(session, 5400, **options)

    def send(self, *events: bytes) -> None:
        for each in events:
            self.raw(b"\0" + each)

    def raw(self, payload: bytes) -> None:
        self.far.sendall(join_packets(payload, self.number))
        self.number = self.number + 1 & 255

    def clock(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.near.close()
    made.far.close()


def test_events_come_in_order_without_the_mark(server: Server) -> None:
    stream = server.stream()
    server.send(b"one", b"two")
    assert stream.read(5) == [b"one", b"two"]
    assert stream.read(0) == []
    server.send(b"three")
    assert stream.read(5) == [b"three"]


def test_a_gulp_has_bounds(server: Server) -> None:
    stream = server.stream(gulp_events=3, gulp_bytes=10_000)
    server.send(*[b"x%d" % n for n in range(8)], b"y" * 20_000, b"z")
    gulps = [stream.read(0) for _ in range(5)]
    assert [len(g) for g in gulps] == [3, 3, 3, 1, 0]


def test_what_came_before_an_error_is_given_first(server: Server) -> None:
    stream = server.stream()
    server.send(b"one")
    server.raw(error(1236, "A replica with the same server_uuid/server_id as this replica has connected to the source"))
    assert stream.read(5) == [b"one"]
    for _ in range(2):
        with pytest.raises(DumpRefused, match="5400") as caught:
            stream.read(5)
        assert caught.value.fault is DumpFault.DUPLICATE_SERVER_ID


@pytest.mark.parametrize("last", [b"\xfe\0\0\2\0", error(1053, "Server shutdown in progress"), b"", b"\xff"])
def test_a_dump_that_is_ended_in_passing_is_tried_again(server: Server, last: bytes) -> None:
    stream = server.stream()
    server.raw(last)
    with pytest.raises(ConnectionLost):
        stream.read(5)


def test_a_connection_that_breaks(server: Server) -> None:
    stream = server.stream()
    server.send(b"one")
    server.far.sendall(b"\x09\0\0")
    server.far.close()
    assert stream.read(5) == [b"one"]
    with pytest.raises(ConnectionLost, match="db:3306"):
        stream.read(5)


def test_packets_out_of_turn_are_a_lost_connection(server: Server) -> None:
    stream = server.stream()
    server.number = 9
    server.send(b"one")
    with pytest.raises(ConnectionLost, match="packet number 9 came where 0 was due"):
        stream.read(5)


def test_silence_is_a_dead_connection_unless_nobody_listened(server: Server) -> None:
    stream = server.stream(silence_limit=30.0, clock=server.clock)
    server.now = 29.0
    assert stream.read(0) == []
    server.now = 500.0
    stream.keepalive()
    assert stream.read(0) == []
    server.now = 531.0
    with pytest.raises(ConnectionLost, match="30 s"):
        stream.read(0)


def test_a_stop_ends_the_wait(server: Server) -> None:
    stream = server.stream()
    server.stop = True
    with pytest.raises(Stopped):
        stream.read(60)


def skipping(server: Server, to: int, events: list[bytes]) -> Callable[[], list[bytes]]:
    stream = server.stream(skip_to=to)
    server.send(*events)
    return lambda: stream.read(5)


def test_a_position_that_does_not_fit_is_read_up_to(server: Server) -> None:
    head = [event(ROTATE, 40, 0, 0x20), event(DESCRIPTION, 100, 104)]
    body = [event(QUERY, 50, 154), event(QUERY, 60, 214), event(HEARTBEAT, 30, 214), event(QUERY, 70, 284), event(QUERY, 20, 304)]
    read = skipping(server, 214, head + body)
    assert read() == [*head, *body[2:]]


@pytest.mark.parametrize(("to", "says"), [(200, "inside an event"), (500, "the file ends at 314")])
def test_a_position_that_is_none_is_an_error(server: Server, to: int, says: str) -> None:
    read = skipping(server, to, [
        event(ROTATE, 40, 0, 0x20), event(DESCRIPTION, 100, 104), event(QUERY, 50, 154), event(QUERY, 60, 214),
        event(ROTATE, 100, 314), event(ROTATE, 40, 0, 0x20), event(QUERY, 60, 164)])
    with pytest.raises(ConnectError, match=says):
        read()


def test_the_uuid_is_the_connectors_own_and_stays() -> None:
    assert replica_uuid("a", "p") == replica_uuid("a", "p")
    assert len({replica_uuid("a", "p"), replica_uuid("b", "p"), replica_uuid("a", "q")}) == 3
