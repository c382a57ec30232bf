"""One connection to a broker: requests out, answers in, in order. No thread of its own and no waiting, but for the opening."""

from __future__ import annotations

import socket
import struct
from collections import deque
from collections.abc import Callable, Sequence

from connect.kafka.produce.protocol import API_VERSIONS, PRODUCE, ProtocolError, read_api_versions, request

__all__ = ["Connection", "Handler", "open_connection"]

Handler = Callable[[bytes | None], None]
"""Given the answer after its correlation id; None when the connection ended before it, or when it raised ProtocolError for it."""

_SEND_PIECES = 64
_READ = 1 << 16
_LARGEST = 1 << 28
_OLDEST_PRODUCE = 3


def open_connection(host: str, port: int, timeout: float, client_id: str,
                    began: Callable[[socket.socket], None] = lambda sock: None) -> Connection:
    """Connect and ask for the broker's versions. Blocks up to ``timeout`` for each step; raises OSError or ProtocolError.
    ``began`` is given the socket as soon as there is one; shutting it down ends the wait."""
    sock = socket.create_connection((host, port), timeout)
    try:
        began(sock)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.sendall(request(API_VERSIONS, 0, client_id, b""))
        size = struct.unpack(">i", _exactly(sock, 4))[0]
        if not 4 <= size <= _LARGEST:
            raise ProtocolError(f"{host}:{port} does not speak Kafka's protocol without TLS (an answer of {size} bytes)")
        versions = read_api_versions(_exactly(sock, size)[4:])
        least, most = versions.get(PRODUCE[0], (0, 0))
        version = min(most, PRODUCE[1])
        if version < max(least, _OLDEST_PRODUCE):
            raise ProtocolError(f"{host}:{port} takes produce requests of versions {least} to {most}; {_OLDEST_PRODUCE} to "
                                f"{PRODUCE[1]} can be sent")
        sock.setblocking(False)
        return Connection(sock, version)
    except BaseException:
        sock.close()
        raise


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            raise ConnectionError("the broker closed the connection")
        data += piece
    return data


class Connection:
    """An open connection. Every method is called by one thread; OSError and ProtocolError end it (see :meth:`close`)."""

    def __init__(self, sock: socket.socket, produce_version: int) -> None:
        self.sock = sock
        self.produce_version = produce_version
        self._out: deque[memoryview] = deque()
        self._in = bytearray()
        self._asked: deque[tuple[int, float, Handler]] = deque()
        self._last = 0

    @property
    def asked(self) -> int:
        """Requests without an answer."""
        return len(self._asked)

    @property
    def wants_write(self) -> bool:
        """Whether there is something that the socket has not taken yet."""
        return bool(self._out)

    def deadline(self) -> float | None:
        """When the oldest answer is overdue."""
        return self._asked[0][1] if self._asked else None

    def correlation(self) -> int:
        """The number for the next request."""
        self._last = (self._last + 1) & 0x7FFFFFFF
        return self._last

    def send(self, correlation: int, pieces: Sequence[bytes], deadline: float, handler: Handler) -> None:
        """Send a request; ``handler`` gets its answer. Raises OSError."""
        self._asked.append((correlation, deadline, handler))
        self._out.extend(memoryview(p) for p in pieces if p)
        self.write()

    def write(self) -> None:
        """Give the socket what it takes. Raises OSError."""
        out = self._out
        while out:
            try:
                taken = self.sock.sendmsg([out[i] for i in range(min(len(out), _SEND_PIECES))])
            except BlockingIOError:
                return
            while taken and taken >= len(out[0]):
                taken -= len(out.popleft())
            if taken:
                out[0] = out[0][taken:]

    def read(self) -> None:
        """Take what the socket has and call handlers. Raises OSError or ProtocolError."""
        while True:
            try:
                piece = self.sock.recv(_READ)
            except BlockingIOError:
                break
            if not piece:
                raise ConnectionError("the broker closed the connection")
            self._in += piece
            if len(piece) < _READ:
                break
        data, at = self._in, 0
        while len(data) - at >= 4:
            size = int.from_bytes(data[at:at + 4], "big")
            if not 4 <= size <= _LARGEST:
                raise ProtocolError(f"the broker's answer has {size} bytes")
            if len(data) - at - 4 < size:
                break
            frame = bytes(data[at + 4:at + 4 + size])
            at += 4 + size
            self._answer(frame)
        del data[:at]

    def _answer(self, frame: bytes) -> None:
        correlation = int.from_bytes(frame[:4], "big")
        if not self._asked or self._asked[0][0] != correlation:
            raise ProtocolError("the broker answered a request that was not asked")
        handler = self._asked.popleft()[2]
        try:
            handler(frame[4:])
        except ProtocolError:
            handler(None)
            raise

    def close(self) -> None:
        """End it: every request without an answer is told so."""
        self.sock.close()
        asked = list(self._asked)
        self._asked.clear()
        self._out.clear()
        for _, _, handler in asked:
            handler(None)
