"""The pipe between the worker and a process it had forked: frames of JSON on a Unix stream socket.

A frame is a 4-byte big-endian length and so many bytes of UTF-8 JSON, an object. Down: ``{"do": "task" | "call" | "pause" |
"resume" | "stop" | "levels" | "where"}``; up: ``{"event": …}``, ``{"log": …}``, ``{"result": …}`` or ``{"error": …}``.
"""

from __future__ import annotations

import asyncio
import collections
import json
import select
import socket
import struct
import threading
import time
from typing import Any

__all__ = ["MAX_FRAME", "ChildPipe", "PipeError", "encode", "read"]

_LENGTH = struct.Struct(">I")
MAX_FRAME = 64 * 1024 * 1024
"""Longest frame accepted, bytes."""
_DROP_ABOVE = 1024 * 1024


class PipeError(Exception):
    """What came through the pipe is no frame."""


def encode(message: dict[str, Any]) -> bytes:
    """One frame. Raises PipeError for a message that is too long."""
    body = json.dumps(message, separators=(",", ":"), ensure_ascii=False, default=str).encode("utf-8", "replace")
    if len(body) > MAX_FRAME:
        raise PipeError(f"a message of {len(body)} bytes; at most {MAX_FRAME} go through the pipe")
    return _LENGTH.pack(len(body)) + body


def _length(head: bytes) -> int:
    (size,) = _LENGTH.unpack(head)
    if size > MAX_FRAME:
        raise PipeError(f"a frame of {size} bytes; at most {MAX_FRAME} go through the pipe")
    return int(size)


def _decode(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(body)
    except ValueError as e:
        raise PipeError(f"a frame that is not JSON: {e}") from None
    if not isinstance(message, dict):
        raise PipeError(f"a frame that is no object but a {type(message).__name__}")
    return message


async def read(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """The next message (the worker's side); None when the other side is gone. Raises PipeError."""
    try:
        head = await reader.readexactly(_LENGTH.size)
        return _decode(await reader.readexactly(_length(head)))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


class ChildPipe:
    """The child's side. ``receive`` is called by one thread, ``send`` by any; ``send`` never blocks.

    What the worker does not read in time is kept here; above a mebibyte, messages that may be lost (metrics, log lines)
    are dropped and counted.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(True)
        self._socket = sock
        self._lock = threading.RLock()
        self._waiting: collections.deque[memoryview] = collections.deque()
        self._size = 0
        self.dropped = 0
        """Messages dropped because the worker did not read."""
        self.gone = False
        """Whether the worker's side is closed."""

    def receive(self) -> dict[str, Any] | None:
        """The next message, waiting for it; None when the worker is gone. Raises PipeError."""
        head = self._exactly(_LENGTH.size)
        body = None if head is None else self._exactly(_length(head))
        return None if body is None else _decode(body)

    def _exactly(self, size: int) -> bytes | None:
        parts = bytearray()
        while len(parts) < size:
            try:
                part = self._socket.recv(size - len(parts))
            except OSError:
                part = b""
            if not part:
                self.gone = True
                return None
            parts += part
        return bytes(parts)

    def send(self, message: dict[str, Any], *, may_drop: bool = False) -> None:
        """Send, or keep for later what does not fit into the socket now."""
        with self._lock:
            if self.gone:
                return
            if may_drop and self._size > _DROP_ABOVE:
                self.dropped += 1
                return
            frame = memoryview(encode(message))
            self._waiting.append(frame)
            self._size += len(frame)
            self._push()

    def _push(self) -> None:
        while self._waiting:
            head = self._waiting[0]
            try:
                sent = self._socket.send(head, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError:
                self.gone = True
                self._waiting.clear()
                self._size = 0
                return
            self._size -= sent
            if sent == len(head):
                self._waiting.popleft()
            else:
                self._waiting[0] = head[sent:]

    def drain(self, seconds: float) -> bool:
        """Wait until everything is sent, at most so long; whether it is."""
        until = time.monotonic() + seconds
        while True:
            with self._lock:
                self._push()
                if not self._waiting:
                    return not self.gone
            left = until - time.monotonic()
            if left <= 0:
                return False
            select.select([], [self._socket], [], min(left, 0.1))

    def close(self) -> None:
        """Close the socket; the worker sees the end."""
        with self._lock:
            self.gone = True
            self._socket.close()
