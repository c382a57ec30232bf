"""What of a batch is PostgreSQL's own."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.changes import TableState
from connectors.postgres.lsn import LSN
from connectors.postgres.relations import CatalogTable

__all__ = ["SnapshotTable", "Transaction"]


@dataclass(frozen=True, slots=True)
class Transaction:
    """The transaction that changes belong to. ``last_commit`` is the end of the one before it."""

    final_lsn: LSN | None
    tx_id: int | None
    ts_us: int
    last_commit: LSN | None
    origin: str | None = None
    origin_lsn: LSN | None = None


@dataclass(frozen=True, slots=True)
class SnapshotTable:
    """A table ready to be read: COPY exactly ``columns`` in this order, as text, then hand the lines to the decoder."""

    table: CatalogTable
    columns: tuple[str, ...]
    state: TableState
