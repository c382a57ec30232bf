"""A copy read from the socket itself, in gulps: ``COPY … TO STDOUT`` and ``START_REPLICATION`` without libpq in between.

libpq makes two copies and several objects of each row, which takes longer than all that is done with it later. Here the
command is sent by ourselves, on a connection that libpq has opened and believes idle, and everything is read up to the
server's ReadyForQuery; then libpq may go on with it. For connections without TLS or GSSAPI encryption only.

Source: PostgreSQL documentation, "Message Flow" (COPY Operations), "Message Formats", "Error and Notice Message Fields".
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable, Mapping
from typing import Final

from connectors.postgres.core.split import split
from connectors.postgres.serverfields import fields_of

__all__ = ["CopyProblem", "RawCopy"]

_SPACE: Final = 256 * 1024
_KEPT: Final = 1 << 20
_LENGTH: Final = struct.Struct("!I")
_SMALL: Final = 1 << 16
"""Only a message with data may be longer than this."""
_DATA, _NOTICE, _STATUS, _NOTIFICATION, _ERROR, _DONE, _COMPLETE, _READY, _OUT, _BOTH = b"dNSAEcCZHW"


class CopyProblem(Exception):
    """The connection cannot be read on; the text says why."""


class RawCopy:
    """One connection's socket, for its copies one after the other. One thread.

    ``wait(read, write, seconds)`` waits for the socket: True when it is ready. ``noticed`` is told the fields of notices, and
    says whether to read no further.
    """

    def __init__(self, descriptor: int, wait: Callable[[bool, bool, float], bool],
                 noticed: Callable[[Mapping[str, str]], bool]) -> None:
        """Shares the descriptor's connection; :meth:`close` leaves the descriptor itself open."""
        self._socket = socket.socket(fileno=os.dup(descriptor))
        self._socket.setblocking(False)
        self._wait = wait
        self._noticed = noticed
        self._space = bytearray(_SPACE)
        self._at = 0
        self._end = 0
        self._unsent = b""
        self._copying = False
        self.both = False
        """Whether the copy goes both ways."""
        self.done = False
        """The server has ended its side."""
        self.ready = True
        """The server waits for the next command."""
        self.error: dict[str, str] | None = None
        """The fields of the error with which the server has ended the command."""

    def begin(self, sql: str) -> None:
        """Send the command and wait until the server begins with it, or has refused it: then it is ``ready`` again, with an
        ``error``. Raises CopyProblem, and what ``wait`` raises."""
        body = sql.encode() + b"\0"
        self._unsent = b"Q" + _LENGTH.pack(len(body) + 4) + body
        self.both = self.done = self.ready = self._copying = False
        self.error = None
        while not self.flush():
            self._wait(False, True, 0.5)
        while not (self._copying or self.ready):
            self._step(True)
            if not self._copying and not self.ready and not self._receive():
                self._wait(True, False, 0.5)

    def read(self, frames: list[bytes], most: int, most_bytes: int, wait: float) -> bool:
        """Append the payloads that are there, at most ``most`` and none once there are ``most_bytes``; waits for the first, at
        most so many seconds. False once nothing more will come, as the server has ended (``done``, ``ready``) or a notice said
        so.

        Raises CopyProblem when the connection is broken; what was appended before is good, and the next call raises it again.
        """
        full = True
        while True:
            begun = self._at
            self._at = split(self._space, begun, self._end, most - len(frames), most_bytes, frames)
            most_bytes -= self._at - begun
            if len(frames) >= most or most_bytes <= 0:
                return True
            if not self._step(False) or self.ready or (self.done and self.both):
                return False
            if self._whole():
                continue
            if frames and not full:
                return True  # what the socket had is taken
            received = self._receive()
            full = self._end == len(self._space)
            if not received and (frames or not self._wait(True, False, wait)):
                return True

    def _whole(self) -> bool:
        """Whether there is a whole message."""
        have = self._end - self._at
        return have >= 5 and have - 1 >= _LENGTH.unpack_from(self._space, self._at + 1)[0]

    def _step(self, beginning: bool) -> bool:
        """See to the messages that are no data, up to the first that is; False when a notice says to read no further."""
        while self._end - self._at >= 5:
            kind = self._space[self._at]
            (length,) = _LENGTH.unpack_from(self._space, self._at + 1)
            if length < 4 or (kind != _DATA and length > _SMALL and kind not in (_ERROR, _NOTICE)):
                raise CopyProblem(f"the server sent a message of {length} bytes; something between is not PostgreSQL")
            if kind == _DATA and self._copying:
                return True
            if self._end - self._at - 1 < length:
                return True
            body = bytes(self._space[self._at + 5:self._at + 1 + length])
            self._at += 1 + length
            if kind == _NOTICE:
                if self._noticed(fields_of(body)):
                    return False
            elif kind in (_OUT, _BOTH) and beginning:
                self._copying, self.both = True, kind == _BOTH
                return True
            elif kind == _ERROR:
                self.error, self.done = fields_of(body), True
            elif kind == _DONE:
                self.done = True
            elif kind == _READY:
                self.ready = True
            elif kind not in (_STATUS, _NOTIFICATION, _COMPLETE):
                raise CopyProblem(f"the server sent a message {chr(kind)!r} out of turn; something between is not PostgreSQL")
        return True

    def _receive(self) -> int:
        """What the socket has and the space takes; how many bytes, 0 when there is nothing at present."""
        if self._at == self._end:
            self._at = self._end = 0
            if len(self._space) > _KEPT:
                self._space = bytearray(_SPACE)  # a huge row does not keep its memory
        elif self._end == len(self._space):
            if self._at:
                left = self._end - self._at
                self._space[:left] = self._space[self._at:self._end]
                self._at, self._end = 0, left
            if self._end > len(self._space) // 2:
                self._space.extend(bytes(len(self._space)))
        try:
            with memoryview(self._space) as space:
                received = self._socket.recv_into(space[self._end:])
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as e:
            raise CopyProblem(f"could not receive data from server: {e.strerror or e}") from None
        if not received:
            raise CopyProblem("server closed the connection unexpectedly")
        self._end += received
        return received

    def send(self, data: bytes) -> bool:
        """Queue one CopyData message and send what the socket takes; never blocks. False while something is still unsent."""
        self._unsent += b"d" + _LENGTH.pack(len(data) + 4) + data
        return self.flush()

    def flush(self) -> bool:
        """Send what is queued, as far as the socket takes it. True when nothing is left. Raises CopyProblem."""
        while self._unsent:
            try:
                sent = self._socket.send(self._unsent)
            except (BlockingIOError, InterruptedError):
                return False
            except OSError as e:
                raise CopyProblem(f"could not send data to server: {e.strerror or e}") from None
            self._unsent = self._unsent[sent:]
        return True

    def close(self) -> None:
        """Give up the share in the connection."""
        self._socket.close()
