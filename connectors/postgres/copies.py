"""Copies, whoever reads them: ``COPY … TO STDOUT`` and ``START_REPLICATION``."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Copies", "CopyEnded"]


class CopyEnded(Exception):
    """A copy has come to its end."""


class Copies(Protocol):
    """The copies of one connection, one after the other; between them it takes commands. One thread.

    Everything raises DatabaseError and ConnectionLost, in whose texts ``doing`` says what was tried; what waits raises Stopped.
    """

    @property
    def broken(self) -> bool:
        """Whether a copy has found the connection broken, where libpq cannot know."""

    def begin(self, sql: str, doing: str) -> None:
        """Send the command and wait until the server begins with it."""

    def read(self, max_bytes: int, max_frames: int, wait: float, doing: str) -> list[bytes]:
        """The rows or messages that are there, each as it was sent; waits for the first at most ``wait`` seconds.

        Errors come after what was read before them. Nothing is read after a warning that ends the reading
        (:class:`~connectors.postgres.notices.Notices`). Raises CopyEnded once the server has ended the copy and everything was
        read.
        """

    def send(self, data: bytes, doing: str) -> bool:
        """Queue one message and send what the socket takes; never blocks. False while something is still unsent."""

    def flush(self, doing: str) -> bool:
        """Send what is queued, as far as the socket takes it. True when nothing is left."""

    def close(self) -> None:
        """Give up the share in the connection; may be called twice."""
