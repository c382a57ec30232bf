"""What a batch is made of: the values that the decoder fills and the batch writes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from connect.api.records import Header
from connectors.postgres.lsn import LSN
from connectors.postgres.offsets import PgOffset
from connectors.postgres.relations import CatalogTable
from connectors.postgres.tables import Table
from schemas.model import Value

__all__ = ["OP", "Change", "Facts", "Kind", "SnapshotTable", "TableState", "Transaction"]


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
    """A ready-made record: a transaction's begin or end, a logical message."""


OP = {
    Kind.CREATE: "c", Kind.UPDATE: "u", Kind.DELETE: "d", Kind.READ: "r", Kind.TRUNCATE: "t", Kind.MOVED_FROM: "d",
    Kind.MOVED_TO: "c",
}
"""The envelope's ``op`` of each kind that has one."""


@dataclass(slots=True)
class TableState:
    """A captured table as the stream has it now. ``table`` is replaced when a row shows that a column is nullable."""

    table: Table


@dataclass(frozen=True, slots=True)
class Transaction:
    """The transaction that changes belong to. ``last_commit`` is the end of the one before it."""

    final_lsn: LSN | None
    tx_id: int | None
    ts_us: int
    last_commit: LSN | None
    origin: str | None = None
    origin_lsn: LSN | None = None


@dataclass(slots=True)
class Change:
    """One row change or truncate. ``new`` and ``old`` are where the tuples begin in ``frame``, -1 for none; ``partial``: the old
    row has its identity columns only. ``index`` counts change messages in the transaction, this one included."""

    state: TableState
    frame: bytes
    new: int
    old: int
    partial: bool
    lsn: LSN
    transaction: Transaction
    index: int
    marker: str | None = None
    block: dict[str, Value] | None = None
    second_block: dict[str, Value] | None = None
    offset: PgOffset | None = None


@dataclass(slots=True)
class Facts:
    """What every record of a connector says. ``headers`` are the context headers."""

    version: str
    prefix: str
    database: str
    partition: dict[str, Any]
    headers: tuple[Header, ...]
    base: PgOffset
    """A template with the server's identity."""


@dataclass(frozen=True, slots=True)
class SnapshotTable:
    """A table ready to be read: COPY exactly ``columns`` in this order, as text, then hand the lines to the decoder."""

    table: CatalogTable
    columns: tuple[str, ...]
    state: TableState
