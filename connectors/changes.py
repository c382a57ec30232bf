"""What a batch is made of: the values that a connector's decoder fills and the batch writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Protocol

import connectors.core  # noqa: F401  (chooses the core's implementation before anything of it is imported)
from connect.api.records import Header
from connectors.core.run import DELETE, DELETE_BY_KEY, Rows, RowSource
from connectors.tables import Table
from schemas.core.writer import Writer
from schemas.model import Value

__all__ = ["OP", "Change", "Facts", "Kind", "RowRun", "SourceBlock", "StoredOffset", "TableState"]


class Kind(IntEnum):
    """What one record of a change is."""

    CREATE = 0
    UPDATE = 1
    DELETE = 2
    READ = 3
    TRUNCATE = 4
    TOMBSTONE = 5
    MOVED_FROM = 6
    """The delete under the old key, when an update changed the key."""
    MOVED_TOMBSTONE = 7
    MOVED_TO = 8
    """The create under the new key."""
    RECORD = 9
    """A ready-made record: a transaction's begin or end, a schema change, a logical message."""
    RUN = 10
    """Many rows at once (:class:`RowRun`); never the kind of one record."""


OP = {
    Kind.CREATE: "c", Kind.UPDATE: "u", Kind.DELETE: "d", Kind.READ: "r", Kind.TRUNCATE: "t", Kind.MOVED_FROM: "d",
    Kind.MOVED_TO: "c",
}
"""The envelope's ``op`` of each kind that has one."""


@dataclass(slots=True)
class TableState:
    """A captured table as the stream has it now. ``table`` is replaced when a row shows that a column is nullable."""

    table: Table


class StoredOffset(Protocol):
    """A source offset as a typed value."""

    def write(self) -> dict[str, Any]:
        """The map that is stored."""


@dataclass(slots=True)
class Change:
    """One row change or truncate.

    ``new`` and ``old`` are where the rows begin in ``frame``, -1 for none; ``partial``: the old row has its identity columns
    only. ``where`` is what the connector's source block needs to know and many changes share (a transaction, a rows event),
    ``at`` the change's own position in the log where it has one, ``row`` its number within ``where``. ``images`` is what else
    the table's parser must be told: of the old row and of the new one, None where nothing. ``offset`` overrides what the source
    block says is the record's offset.
    """

    state: TableState
    frame: bytes
    new: int
    old: int
    partial: bool
    where: Any
    row: int = 0
    at: int = 0
    marker: str | None = None
    """What ``source.snapshot`` says, None in the stream."""
    block: dict[str, Value] | None = None
    """Its place in its transaction."""
    second_block: dict[str, Value] | None = None
    """That of the second event, when an update changed the key."""
    offset: StoredOffset | None = None
    images: tuple[bytes, bytes] | None = None


@dataclass(slots=True)
class RowRun:
    """Consecutive row changes of one table that share ``where``, ``marker``, ``offset`` and ``images``, none of which changes the
    key or has a place in a transaction to be told: what :class:`Change` says of one row, ``rows`` says of all. With
    ``tombstones`` each delete is followed by one."""

    state: TableState
    rows: Rows
    where: Any
    tombstones: bool = False
    marker: str | None = None
    offset: StoredOffset | None = None
    images: tuple[bytes, bytes] | None = None

    def change(self, i: int) -> Change:
        """Row ``i`` as a change of its own."""
        rows = self.rows
        return Change(self.state, rows.frames[i], rows.news[i], rows.olds[i], rows.kinds[i] == DELETE_BY_KEY, self.where,
                      rows.numbers[i], rows.ats[i], self.marker, offset=self.offset, images=self.images)

    def entries(self) -> Iterator[tuple[Kind, Change]]:
        """What the records of its rows are, in order."""
        for i, code in enumerate(self.rows.kinds):
            change = self.change(i)
            kind = Kind.DELETE if code == DELETE_BY_KEY else Kind(code)
            yield kind, change
            if kind is Kind.DELETE and self.tombstones:
                yield Kind.TOMBSTONE, change

    def records(self) -> int:
        """How many there are."""
        kinds = self.rows.kinds
        return len(kinds) + (kinds.count(DELETE) + kinds.count(DELETE_BY_KEY) if self.tombstones else 0)


@dataclass(frozen=True, slots=True)
class Facts:
    """What every record of a connector says: Headgate's version, ``source.connector``, the topic prefix, the source partition
    and the context headers."""

    version: str
    connector: str
    prefix: str
    partition: dict[str, Any]
    headers: tuple[Header, ...] = ()
    kept: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    """What batches have made and leave to those behind them."""


class SourceBlock(Protocol):
    """What a connector says of where a change comes from. Not changed by what it is asked, but for caches."""

    def value(self, change: Change) -> dict[str, Value]:
        """The ``source`` block as a Connect value."""

    def write(self, change: Change, writer: Writer) -> None:
        """Append the same block in Avro."""

    def rows(self, run: RowRun) -> RowSource:
        """The same as :meth:`write` for all rows of a run."""
        ...

    def offset_of(self, change: Change, done: bool) -> dict[str, Any]:
        """The source offset of one record of the change; ``done``: it is the change's last record."""

    def where(self, change: Change) -> str:
        """The position, as an error tells it."""
