"""What the cases ask of a database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bench.figures import Drained

__all__ = ["GROWN", "MANY", "TABLE", "Column", "Shape", "Source", "many_table", "values"]

TABLE = "bench.events"
"""The table of ten columns, in every database; with the prefix its topic."""

GROWN = "bench.grown"
"""The table of a growth case."""

MANY = "many"
"""The database of the thousands of tables, apart from the others."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A growth case's table: that many columns beside its key, or one text of ``size`` bytes."""

    columns: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A column's type and the expression of its value for the row ``n``."""

    type: str
    value: str


def values(kinds: tuple[Column, ...], text: Callable[[int], Column], shape: Shape) -> list[Column]:
    """The columns of a shape: the kinds of a database over and over, or one ``text`` of that size."""
    return [text(shape.size)] if shape.size else [kinds[n % len(kinds)] for n in range(shape.columns)]


def many_table(number: int) -> str:
    """The name of one of the thousands of tables."""
    return f"t{number:04d}"


class Source(Protocol):
    """A table of ten columns, its changes, the connector for it, and plain readers to compare with; tables of other shapes and
    in other numbers."""

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

    def streams(self) -> int:
        """How many connectors the server sends its log to at present."""

    def prepare_grown(self, shape: Shape) -> None:
        """Make :data:`GROWN` with this shape, after :meth:`prepare`."""

    def write_grown(self, rows: int, per_transaction: int) -> None:
        """Commit that many rows behind those that are there."""

    def write_elsewhere(self) -> None:
        """Commit a row of a table that no connector captures."""

    def prepare_many(self, tables: int) -> None:
        """See that :data:`MANY` has that many tables, and forget the readers of an earlier case."""

    def config_many(self, captured: int) -> dict[str, str]:
        """The configuration of a connector that captures the first so many of them, from now on."""

    def write_many(self, tables: int, transactions: int, per_transaction: int) -> None:
        """Commit so many transactions of so many rows, each of one table, in turn in the first so many."""

    def many_topic(self, number: int) -> str:
        """One of them as its topic is called behind the prefix."""

    def commit_rows(self, seconds: float, rate: int) -> list[str]:
        """The arguments of :mod:`bench.commits` that write single rows of :data:`TABLE`."""
