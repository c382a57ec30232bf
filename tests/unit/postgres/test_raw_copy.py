"""Copies read from a socket: messages in pieces, ends, errors, notices, what is no PostgreSQL."""

from __future__ import annotations

import os
import select
import socket
import struct
import threading
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.postgres.core.split import split
from connectors.postgres.rawcopy import CopyProblem, RawCopy
from connectors.postgres.serverfields import error_of, fields_of


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def data(body: bytes) -> bytes:
    return message(b"d", body)


def fields(**told: str) -> bytes:
    return b"".join(k.encode() + v.encode() + b"\0" for k, v in told.items()) + b"\0"


OUT, BOTH = message(b"H", b"\0\0\0"), message(b"W", b"\0\0\0")
END = message(b"c") + message(b"C", b"COPY 2\0") + message(b"Z", b"I")
ERROR = message(b"E", fields(S="FEHLER", V="ERROR", C="57P01", M="terminating", D="because"))


class Server:
    """The other end of a socket."""

    def __init__(self) -> None:
        ours, self.socket = socket.socketpair()
        self.notices: list[Mapping[str, str]] = []
        self.stops = False
        self.copy = RawCopy(ours.fileno(), self._wait, self._noticed)
        self._ours = ours

    def _noticed(self, told: Mapping[str, str]) -> bool:
        self.notices.append(told)
        return self.stops

    def _wait(self, read: bool, write: bool, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._ours, (select.POLLIN if read else 0) | (select.POLLOUT if write else 0))
        return bool(poll.poll(seconds * 1000))

    def send(self, *messages: bytes) -> None:
        self.socket.sendall(b"".join(messages))

    def begun(self, start: bytes, *more: bytes) -> RawCopy:
        self.send(start, *more)
        self.copy.begin("COPY t TO STDOUT")
        return self.copy

    def take(self, most: int = 1000, most_bytes: int = 1 << 20, wait: float = 0.0) -> tuple[list[bytes], bool]:
        frames: list[bytes] = []
        more = self.copy.read(frames, most, most_bytes, wait)
        return frames, more

    def close(self) -> None:
        self.copy.close()
        self.socket.close()
        self._ours.close()


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    yield one
    one.close()


def test_the_command_is_a_query_and_the_rows_come_in_order(server: Server) -> None:
    copy = server.begun(OUT, data(b"1"), data(b""))
    assert server.socket.recv(1000) == message(b"Q", b"COPY t TO STDOUT\0")
    assert not copy.both
    assert server.take() == ([b"1", b""], True)
    server.send(data(b"3"), END)
    assert server.take() == ([b"3"], False)
    assert server.take() == ([], False)
    assert copy.ready and copy.done and copy.error is None


def test_the_next_copy_begins_on_the_same_connection(server: Server) -> None:
    server.begun(OUT, data(b"1"), END)
    server.take()
    copy = server.begun(BOTH, data(b"2"))
    assert copy.both
    assert server.take() == ([b"2"], True)


def test_at_most_so_many_are_taken_and_the_rest_next_time(server: Server) -> None:
    server.begun(OUT, *(data(b"%d" % n) for n in range(5)))
    assert server.take(most=2) == ([b"0", b"1"], True)
    assert server.take(most=2) == ([b"2", b"3"], True)
    assert server.take(most=2) == ([b"4"], True)
    assert server.take(most=2) == ([], True)


def test_none_are_taken_once_there_are_so_many_bytes(server: Server) -> None:
    server.begun(OUT, *(data(b"x" * 15) for _ in range(5)))
    assert server.take(most_bytes=21) == ([b"x" * 15] * 2, True)
    assert server.take(most_bytes=60) == ([b"x" * 15] * 3, True)
    server.send(data(b"y" * 1000))
    assert server.take(most_bytes=1) == ([b"y" * 1000], True)


def test_a_command_that_is_refused_leaves_the_connection_ready(server: Server) -> None:
    copy = server.begun(message(b"E", fields(V="ERROR", C="42P01", M="no such table")), message(b"Z", b"I"))
    assert copy.ready
    assert copy.error == {"V": "ERROR", "C": "42P01", "M": "no such table"}
    assert server.begun(OUT, END).error is None


def test_an_error_comes_after_the_rows_before_it(server: Server) -> None:
    copy = server.begun(OUT, data(b"1"), ERROR, message(b"Z", b"E"))
    assert server.take() == ([b"1"], False)
    assert copy.error is not None and copy.error["M"] == "terminating"


def test_a_stream_that_the_server_ends_has_ended(server: Server) -> None:
    copy = server.begun(BOTH, data(b"1"), message(b"c"))
    assert server.take() == ([b"1"], False)
    assert copy.done and copy.error is None


def test_notices_are_told_in_their_place_and_may_end_the_reading(server: Server) -> None:
    warning = message(b"N", fields(V="WARNING", C="55000", M="skipped"))
    server.begun(BOTH, data(b"1"), warning, data(b"2"))
    assert server.take() == ([b"1", b"2"], True)
    assert server.notices == [{"V": "WARNING", "C": "55000", "M": "skipped"}]
    server.stops = True
    server.send(data(b"3"), warning, data(b"4"))
    assert server.take() == ([b"3"], False)


def test_what_the_server_may_say_at_any_time_is_passed_over(server: Server) -> None:
    status, news = message(b"S", b"a\0c\0"), message(b"A", b"\0\0\0\1x\0y\0")
    server.begun(status + BOTH, data(b"1"), status, news, data(b"2"))
    assert server.take() == ([b"1", b"2"], True)


def test_a_connection_that_breaks_gives_what_came_before(server: Server) -> None:
    server.begun(BOTH, data(b"1"), data(b"half")[:-2])
    server.socket.shutdown(socket.SHUT_WR)
    frames: list[bytes] = []
    for _ in range(2):
        try:
            server.copy.read(frames, 1000, 1 << 20, 0.0)
        except CopyProblem as e:
            assert "closed the connection unexpectedly" in str(e)
    assert frames == [b"1"]
    with pytest.raises(CopyProblem, match="unexpectedly"):
        server.take()


def test_a_row_larger_than_any_buffer_comes_whole(server: Server) -> None:
    huge = os.urandom(3 << 20)
    writer = threading.Thread(target=server.send, args=(BOTH, data(b"1"), data(huge), data(b"2")))
    writer.start()
    server.copy.begin("x")
    found: list[bytes] = []
    while len(found) < 3:
        found += server.take(wait=5.0)[0]
    writer.join()
    assert found == [b"1", huge, b"2"]


@pytest.mark.parametrize("wrong", [
    b"d\0\0\0\3",  # a length that does not cover itself
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    message(b"D", b"\0\0"),  # a row of a query that nobody asked
    message(b"C", b"x" * 70_000),
])
def test_what_is_no_answer_of_postgresql_is_said(server: Server, wrong: bytes) -> None:
    server.begun(BOTH, data(b"1"))
    server.send(wrong)
    with pytest.raises(CopyProblem, match="not PostgreSQL"):
        for _ in range(2):
            server.take()


def test_messages_to_the_server_wait_until_it_takes_them(server: Server) -> None:
    server.begun(BOTH)
    server.socket.recv(1000)
    sent = 0
    while server.copy.send(b"x" * 10_000):
        sent += 1
    got = b""
    while not server.copy.flush():
        got += server.socket.recv(1 << 20)
    while len(got) < (sent + 1) * 10_005:
        got += server.socket.recv(1 << 20)
    assert got == data(b"x" * 10_000) * (sent + 1)


def test_sending_on_a_broken_connection_is_said(server: Server) -> None:
    server.begun(BOTH)
    server.socket.close()
    with pytest.raises(CopyProblem, match="could not send"):
        for _ in range(3):
            server.copy.send(b"x")


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=30), st.data())
def test_however_the_bytes_are_cut_the_same_rows_come(rows: list[bytes], draw: st.DataObject) -> None:
    stream = b"".join(map(data, rows)) + END
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    server = Server()
    try:
        server.begun(OUT)
        found: list[bytes] = []
        more = True
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            server.send(stream[start:end])
            frames, more = server.take(most=draw.draw(st.integers(1, 10)))
            found += frames
        while more:
            frames, more = server.take()
            found += frames
        assert found == rows
        assert server.copy.ready
    finally:
        server.close()


@settings(deadline=None)
@given(st.binary(max_size=60), st.integers(0, 60), st.integers(0, 5), st.integers(0, 60))
def test_splitting_stays_in_the_buffer(noise: bytes, at: int, room: int, most: int) -> None:
    out: list[bytes] = []
    space = bytearray(noise)
    if at > len(space):
        with pytest.raises(ValueError, match="not in the buffer"):
            split(space, 0, at, room, most, out)
        return
    stopped = split(space, at, len(space), room, most, out)
    assert at <= stopped <= len(space)
    assert b"".join(map(data, out)) == noise[at:stopped]


@pytest.mark.parametrize(("told", "text"), [
    ({"C": "42P01", "M": "no table", "D": "really"}, "no table: really"),
    ({"C": "22012", "M": 'division of "7" by zero', "D": "row 7"}, 'division of "…" by zero'),
])
def test_errors_tell_no_values(told: dict[str, str], text: str) -> None:
    body = fields(**told)
    assert fields_of(body) == told
    said = str(error_of(fields_of(body), "", "reading", "here"))
    assert text in said
    assert "row 7" not in said
