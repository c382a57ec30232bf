"""A connected socket to the server, read and written without blocking, so that every wait ends when the task is asked to stop."""

from __future__ import annotations

import os
import select
import socket
import ssl
import time
from collections.abc import Callable
from typing import Final

from connectors.mysql.failures import CLIENT_LOST, ConnectionLost, DatabaseError, failure
from connectors.mysql.packets import PacketBuffer, join_packets
from connectors.waiting import NEVER, Stop, poller, ready

__all__ = ["COM_QUERY", "Channel", "connect_socket"]

COM_QUERY: Final = b"\x03"

_IDLE_PROBE: Final = 30
_PROBE_INTERVAL: Final = 10
_PROBES: Final = 3
_UNACKNOWLEDGED_MS: Final = 60_000


class Channel:
    """Packets to and from one server. One thread. ``where`` says which server, for errors."""

    def __init__(self, sock: socket.socket, where: str, stop: Stop = NEVER) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._tls = isinstance(sock, ssl.SSLSocket)
        self._where = where
        self._stop = stop
        self._poll_in = poller(sock.fileno(), select.POLLIN, stop)
        self._poll_out = poller(sock.fileno(), select.POLLIN | select.POLLOUT, stop)
        self.buffer = PacketBuffer()
        self.drained = False
        """Whether the last :meth:`receive` took all that had come."""
        self.broken = False
        """Whether the connection is known to be gone."""

    def lost(self, doing: str, why: object = "") -> ConnectionLost | DatabaseError:
        """The error of a connection that broke just now."""
        self.broken = True
        text = f"the connection broke: {why}" if str(why) else "the server closed the connection"
        return failure(CLIENT_LOST, text, doing, self._where)

    def wait(self, seconds: float, *, write: bool = False) -> bool:
        """Wait until something can be read (or written). Raises Stopped as soon as the task is asked to stop."""
        return ready(self._poll_out if write else self._poll_in, seconds, self._stop)

    def command(self, payload: bytes, doing: str, timeout: float) -> None:
        """Send a command; its answer is numbered from 1. What an earlier one left unread is an error of the caller."""
        self.buffer.expect(1)
        data = memoryview(join_packets(payload))
        deadline = time.monotonic() + timeout
        while data:
            try:
                data = data[self._sock.send(data):]
                continue
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                pass
            except (OSError, ValueError) as e:
                raise self.lost(doing, e) from None
            if time.monotonic() > deadline:
                raise self.lost(doing, f"nothing could be sent for {timeout:g} s")
            self.wait(0.5, write=True)

    def receive(self, doing: str) -> int:
        """Take over what has come, as far as the buffer has room; 0 when nothing has. Raises ConnectionLost at the end."""
        with self.buffer.room() as room:
            try:
                count = self._sock.recv_into(room)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                self.drained = True
                return 0
            except (OSError, ValueError) as e:
                raise self.lost(doing, e) from None
            self.drained = count < len(room)
            if self._tls and count and self.drained:
                count = self._more(room, count)
        if count == 0:
            raise self.lost(doing)
        self.buffer.filled(count)
        return count

    def _more(self, room: memoryview, count: int) -> int:
        """TLS gives a record at a time, and servers send a packet in each: take what has come of them, too."""
        receive, size = self._sock.recv_into, len(room)
        try:
            while count < size and (more := receive(room[count:])):
                count += more
        except (OSError, ValueError):
            return count  # nothing is there, or a fault that the next call meets again
        self.drained = False
        return count

    def take(self, out: list[bytes], max_bytes: int, max_count: int, doing: str, *, marked: bool = False) -> int:
        """:meth:`PacketBuffer.take`; a stream of packets that makes no sense is a lost connection."""
        try:
            return self.buffer.take(out, max_bytes, max_count, marked)
        except ValueError as e:
            raise self.lost(doing, f"what came makes no sense: {e}") from None

    def read(self, doing: str, deadline: float | None, waiting: Callable[[], None] | None = None) -> bytes | None:
        """The next payload; None when there was none before ``deadline`` (a time of ``time.monotonic``). ``waiting`` is called
        every half second meanwhile."""
        out: list[bytes] = []
        while True:
            self.take(out, 1, 1, doing)
            if out:
                return out[0]
            if self.receive(doing):
                continue
            left = 0.5 if deadline is None else deadline - time.monotonic()
            if left <= 0:
                return None
            if not self.wait(min(left, 0.5)) and waiting is not None:
                waiting()

    def close(self) -> None:
        """Close the socket."""
        self.broken = True
        self._sock.close()


def connect_socket(host: str, port: int, timeout: float, stop: Stop) -> socket.socket:
    """A TCP connection to the first address of the host that answers; blocking, with TCP's own probes on.

    The name resolver of the system may block for as long as it likes. Raises OSError, TimeoutError, Stopped.
    """
    deadline = time.monotonic() + timeout
    last: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            _connect(sock, address, deadline, stop)
            sock.setblocking(True)
            _probe(sock)
            return sock
        except OSError as e:
            sock.close()
            last = e
        except BaseException:
            sock.close()
            raise
    raise last or OSError(f"{host} has no address")


def _connect(sock: socket.socket, address: tuple[object, ...], deadline: float, stop: Stop) -> None:
    try:
        sock.connect(address)
        return
    except BlockingIOError:
        pass
    if not ready(poller(sock.fileno(), select.POLLOUT, stop), deadline - time.monotonic(), stop):
        raise TimeoutError("no answer in time")
    error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, os.strerror(error))


def _probe(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", _IDLE_PROBE), ("TCP_KEEPINTVL", _PROBE_INTERVAL), ("TCP_KEEPCNT", _PROBES),
                        ("TCP_USER_TIMEOUT", _UNACKNOWLEDGED_MS)):
        option = getattr(socket, name, None)
        if option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
