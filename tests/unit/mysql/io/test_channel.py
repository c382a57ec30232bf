"""What a socket has is taken at once, also where it gives it piece by piece."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import pytest

from connectors.mysql.channel import Channel
from connectors.mysql.failures import ConnectionLost


class Pieces:
    """A socket that gives a piece a call as TLS gives records, then what is behind them: an error, or b"" for its end."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self._pieces = list(pieces)
        self._sock, self._other = socket.socketpair()

    def fileno(self) -> int:
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:
        """As it is."""

    def recv_into(self, room: memoryview) -> int:
        piece = self._pieces[0]
        if isinstance(piece, Exception):
            raise piece
        self._pieces.pop(0)
        room[:len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._sock.close()
        self._other.close()


def channel(*pieces: bytes | Exception) -> Channel:
    sock: Any = Pieces(*pieces)
    made = Channel(sock, "db:3306 as cdc")
    made._tls = True
    return made


def test_all_records_that_have_come_are_taken_by_one_call() -> None:
    one = channel(b"ab", b"cde", b"f", ssl.SSLWantReadError())
    assert (one.receive("reading"), one.drained, one.buffer.pending) == (6, True, 6)
    assert (one.receive("reading"), one.drained) == (0, True)
    one.close()


@pytest.mark.parametrize("end", [b"", ConnectionResetError("reset")])
def test_what_came_before_the_end_is_taken_and_the_next_call_tells_of_it(end: bytes | Exception) -> None:
    one = channel(b"ab", b"cd", end, end)
    assert (one.receive("reading"), one.buffer.pending) == (4, 4)
    with pytest.raises(ConnectionLost):
        one.receive("reading")
    one.close()
