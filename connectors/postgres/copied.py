"""A snapshot's tables and their rows: COPY lines → batches of ``r`` events. Pure."""

from __future__ import annotations

from collections.abc import Callable

from connect.api.records import SourceRecord
from connectors.batch import ChangeBatch
from connectors.changes import Change, Facts, Kind, RowRun, TableState
from connectors.core.run import READ, Rows
from connectors.facts import SnapshotMarks
from connectors.postgres.changes import SnapshotTable, Transaction
from connectors.postgres.facts import SnapshotPosition
from connectors.postgres.offsets import PgOffset
from connectors.postgres.pgoutput import Relation
from connectors.postgres.relations import CatalogTable
from connectors.postgres.source import PgSource
from connectors.postgres.tables import TableBuilder

__all__ = ["NO_MARKS", "CopiedRows"]

NO_MARKS = SnapshotMarks()
"""Of rows in the middle of a table."""


class CopiedRows:
    """Makes the batches of a snapshot. ``base`` is an offset that says nothing but which server it is of; one thread."""

    def __init__(self, builder: TableBuilder, facts: Facts, source: PgSource, base: PgOffset, clock: Callable[[], int]) -> None:
        self._builder = builder
        self._facts = facts
        self._source = source
        self._base = base
        self._clock = clock

    def table(self, table: CatalogTable) -> SnapshotTable | None:
        """How to read that table, None when it is not captured."""
        relation = self._builder.selects(table)
        whole = self._builder.build(relation, table, copied=True)
        if whole is None:
            return None
        wanted = {c.name for c in whole.columns} | {c.name for c in whole.key}
        columns = tuple(c for c in relation.columns if c.name in wanted)
        if columns == relation.columns:  # as most are; with thousands of tables to build one twice is what a start costs
            return SnapshotTable(table, tuple(c.name for c in columns), TableState(whole))
        reduced = self._builder.build(
            Relation(relation.oid, relation.schema, relation.name, relation.replica_identity, columns), table, copied=True)
        assert reduced is not None
        return SnapshotTable(table, tuple(c.name for c in columns), TableState(reduced))

    def batch(self, table: SnapshotTable, lines: list[bytes], at: SnapshotPosition,
              marks: SnapshotMarks) -> ChangeBatch[PgOffset]:
        """``COPY … TO STDOUT`` text lines (with or without the newline). With ``marks.last`` the batch's offset says that the
        snapshot is complete."""
        tx = Transaction(None, at.tx_id, at.ts_us, None)
        running = self._offset(at, False)
        entries: list[tuple[Kind, Change | RowRun | SourceRecord]] = []
        size = len(lines)
        # The first row and the last one may be told apart from those between.
        for begin, end in ((0, 1), (1, size - 1), (max(1, size - 1), size)):
            if begin >= end:
                continue
            offset = self._offset(at, True) if marks.last and end == size else running
            run = RowRun(table.state, Rows(), tx, marker=marks.word(begin == 0, end == size), offset=offset)
            run.rows.fill(READ, lines, begin, end, at.lsn)
            entries.append((Kind.RUN, run))
        return ChangeBatch(self._facts, entries, self._offset(at, marks.last), self._clock(), self._source)

    def done(self, at: SnapshotPosition) -> ChangeBatch[PgOffset]:
        """A batch without records whose offset says that the snapshot is complete (no row was there to say it)."""
        return ChangeBatch(self._facts, [], self._offset(at, True), self._clock(), self._source)

    def _offset(self, at: SnapshotPosition, done: bool) -> PgOffset:
        return self._base.but(lsn=at.lsn, tx_id=at.tx_id, ts_usec=at.ts_us, snapshot=at.mode, snapshot_completed=done,
                              last_snapshot_record=done)
