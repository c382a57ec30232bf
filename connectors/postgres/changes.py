"""What of a batch is PostgreSQL's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connectors.changes import Change, RowRun, TableState
from connectors.core.run import DELETE_BY_KEY
from connectors.postgres.core.runs import SHIFT
from connectors.postgres.lsn import LSN
from connectors.postgres.relations import CatalogTable

__all__ = ["SnapshotTable", "SpanningRun", "Transaction"]


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
class SpanningRun(RowRun):
    """A run over whole transactions. ``where`` is the list that :func:`connectors.postgres.core.runs.walk` filled; the
    Transaction of a row is made when it is asked for."""

    def change(self, i: int) -> Change:
        """See RowRun."""
        rows, number = self.rows, self.rows.numbers[i]
        return Change(self.state, rows.frames[i], rows.news[i], rows.olds[i], rows.kinds[i] == DELETE_BY_KEY,
                      transaction_of(self.where[number >> SHIFT]), number & ((1 << SHIFT) - 1), rows.ats[i])


def transaction_of(entry: tuple[int, int, int, Any]) -> Transaction:
    """What the walk tells of a transaction."""
    final, micros, xid, last = entry
    return Transaction(LSN(final), xid, micros, None if last is None else LSN(last))


@dataclass(frozen=True, slots=True)
class SnapshotTable:
    """A table ready to be read: COPY exactly ``columns`` in this order, as text, then hand the lines to the decoder."""

    table: CatalogTable
    columns: tuple[str, ...]
    state: TableState
