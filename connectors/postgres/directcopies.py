"""Copies that are read from the socket (:mod:`connectors.postgres.rawcopy`), with the errors of all copies."""

from __future__ import annotations

from connectors.postgres.copies import CopyEnded
from connectors.postgres.failures import failure
from connectors.postgres.link import Link
from connectors.postgres.notices import Notices
from connectors.postgres.rawcopy import CopyProblem, RawCopy
from connectors.postgres.serverfields import error_of

__all__ = ["DirectCopies"]


class DirectCopies:
    """:class:`~connectors.postgres.copies.Copies` by ourselves; the connection must not be encrypted."""

    def __init__(self, link: Link, notices: Notices) -> None:
        self._raw = RawCopy(link.conn.socket, link.wait, notices.heard)
        self._notices = notices
        self._address = link.address
        self.broken = False

    def begin(self, sql: str, doing: str) -> None:
        """See Copies."""
        raw = self._raw
        try:
            raw.begin(sql)
        except CopyProblem as e:
            self._broken(e, doing)
        if raw.error is not None:
            raise error_of(raw.error, "", doing, self._address)
        if raw.ready:
            raise failure("", "the server did not begin", doing, self._address)

    def read(self, max_bytes: int, max_frames: int, wait: float, doing: str) -> list[bytes]:
        """See Copies."""
        frames: list[bytes] = []
        if self._notices.warning:
            return frames
        try:
            more = self._raw.read(frames, max_frames, max_bytes, wait)
        except CopyProblem as e:
            if not frames:  # what came before the connection broke is good; the next call tells the rest
                self._broken(e, doing)
            return frames
        if not more and not frames and not self._notices.warning:
            self._end(doing)
        return frames

    def _end(self, doing: str) -> None:
        raw = self._raw
        if raw.error is not None:
            raise error_of(raw.error, "", doing, self._address)
        if raw.both:
            # The server has ended its side of a replication stream; ours is ended by closing.
            raise failure("57P01", "the server ended the stream", doing, self._address)
        raise CopyEnded

    def send(self, data: bytes, doing: str) -> bool:
        """See Copies."""
        try:
            return self._raw.send(data)
        except CopyProblem as e:
            self._broken(e, doing)
            return False

    def flush(self, doing: str) -> bool:
        """See Copies."""
        try:
            return self._raw.flush()
        except CopyProblem as e:
            self._broken(e, doing)
            return False

    def close(self) -> None:
        """See Copies."""
        self._raw.close()

    def _broken(self, problem: CopyProblem, doing: str) -> None:
        """The server's last words, where it said any, else the problem."""
        self.broken = True
        error = self._raw.error
        if error is not None:
            raise error_of(error, "", doing, self._address) from None
        raise failure("", str(problem), doing, self._address) from None
