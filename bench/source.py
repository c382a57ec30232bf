"""What the cases ask of a database."""

from __future__ import annotations

from typing import Protocol

from bench.figures import Drained

__all__ = ["TABLE", "Source"]

TABLE = "bench.events"
"""The table of ten columns, in every database; with the prefix its topic."""


class Source(Protocol):
    """A table of ten columns, its changes, the connector for it, and plain readers to compare with."""

    title: str
    plain_stream: str
    """What the plain reader of the stream is, in words."""
    plain_snapshot: str

    def config(self, snapshot: str) -> dict[str, str]:
        """The connector's configuration with this ``snapshot.mode``, without ``topic.prefix``."""

    def prepare(self) -> None:
        """Make the table afresh, and forget the readers of an earlier case."""

    def mark(self) -> None:
        """From here on the plain reader of the stream reads. Called before :meth:`write`."""

    def write(self, changes: int, per_transaction: int) -> None:
        """Commit that many inserts, in transactions of that size."""

    def row_bytes(self) -> float:
        """Mean size of a row as text."""

    def drain_stream(self, rows: int) -> Drained:
        """Read all that was written since :meth:`mark`, ``rows`` changes, and throw it away."""

    def drain_snapshot(self, rows: int) -> Drained:
        """Read the whole table, ``rows`` rows, and throw it away."""
