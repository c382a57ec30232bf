"""Copies that are read from the socket (:mod:`connectors.postgres.rawcopy`), with a session's errors."""

from __future__ import annotations

from connectors.postgres.failures import failure
from connectors.postgres.rawcopy import CopyProblem, RawCopy
from connectors.postgres.serverfields import error_of

__all__ = ["CopyEnded", "DirectCopies"]


class CopyEnded(Exception):
    """A copy has come to its end."""


class DirectCopies:
    """The copies of one session, one after the other. Raises DatabaseError and ConnectionLost, and what the raw copy's ``wait``
    raises; ``doing`` and ``address`` are for their texts."""

    def __init__(self, raw: RawCopy, address: str) -> None:
        self._raw = raw
        self._address = address
        self.broken = False
        """Whether the connection is known to be broken."""

    def begin(self, sql: str, doing: str) -> None:
        """Send the command and wait until the server begins with it."""
        raw = self._raw
        try:
            raw.begin(sql)
        except CopyProblem as e:
            self._broken(e, doing)
        if raw.error is not None:
            raise error_of(raw.error, "", doing, self._address)
        if raw.ready:
            raise failure("", "the server did not begin", doing, self._address)

    def read(self, frames: list[bytes], most: int, most_bytes: int, wait: float, doing: str) -> bool:
        """See RawCopy; after False, and when there is nothing to return, :meth:`end` tells why."""
        try:
            return self._raw.read(frames, most, most_bytes, wait)
        except CopyProblem as e:
            if not frames:  # what came before the connection broke is good; the next call tells the rest
                self._broken(e, doing)
            return True

    def end(self, doing: str) -> None:
        """Raise how the copy has ended: CopyEnded, or the server's error."""
        raw = self._raw
        if raw.error is not None:
            raise error_of(raw.error, "", doing, self._address)
        if raw.both:
            # The server has ended its side of a replication stream; ours is ended by closing.
            raise failure("57P01", "the server ended the stream", doing, self._address)
        raise CopyEnded

    def send(self, data: bytes, doing: str) -> bool:
        """See RawCopy."""
        try:
            return self._raw.send(data)
        except CopyProblem as e:
            self._broken(e, doing)
            return False

    def flush(self, doing: str) -> bool:
        """See RawCopy."""
        try:
            return self._raw.flush()
        except CopyProblem as e:
            self._broken(e, doing)
            return False

    def close(self) -> None:
        """Give up the share in the connection."""
        self._raw.close()

    def _broken(self, problem: CopyProblem, doing: str) -> None:
        """The server's last words, where it said any, else the problem."""
        self.broken = True
        error = self._raw.error
        if error is not None:
            raise error_of(error, "", doing, self._address) from None
        raise failure("", str(problem), doing, self._address) from None
