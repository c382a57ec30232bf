"""The snapshot: the captured tables' rows as they are at one place of the log, table by table, a table never in memory."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from connect.api.records import SourceRecord
from connect.failpoints import failpoint
from connectors.batch import ChangeBatch
from connectors.changes import Change, Facts, Kind, RowRun, SourceBlock, TableState
from connectors.core.run import READ, Rows
from connectors.mysql.catalog import Catalog
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.snapshotstart import SnapshotStart
from connectors.mysql.structure import TableDef, TableId
from connectors.mysql.structures import StructureChange
from connectors.mysql.tablereader import Reading, read_rows
from connectors.mysql.where import RowsWhere
from connectors.selection import Patterns
from connectors.tables import Table

__all__ = ["SnapshotOptions", "SnapshotReader", "in_order_of_rows"]

CHUNK_BYTES: Final = 1024 * 1024
_ANNOUNCED_AT_ONCE: Final = 500

Entry = tuple[Kind, Change | RowRun | SourceRecord]
Announce = Callable[[StructureChange, RowsWhere, BinlogOffset], Sequence[SourceRecord]]
"""The records that tell consumers of a change of structure. The where says the table (a name of "" is the database as a
whole) and the time; the offset is the snapshot's."""


@dataclass(frozen=True, slots=True)
class SnapshotOptions:
    """``include`` narrows the captured tables down to those that are read; ``overrides`` are statements by table name
    (``database.table``, in any case); ``order`` is snapshot.tables.order.by.row.count; a batch has at most ``chunk_rows`` rows
    and about a megabyte, or one longer row."""

    include: Patterns = field(default_factory=Patterns)
    overrides: Mapping[str, str] = field(default_factory=dict)
    order: str = "disabled"
    chunk_rows: int = 2048


@dataclass(frozen=True, slots=True)
class _Target:
    reading: Reading
    state: TableState


class SnapshotReader:
    """Reads everything once: iterate to get the batches; None is "nothing yet, come again". The last batch's offset says that
    the snapshot is complete; the reading transaction and the locks are given back before it comes.

    ``tables`` makes of a structure the table of its records and the expressions to select, None when it is not captured.
    ``offset`` gives what the snapshot's offsets have besides their position (the server's identity, another word than INITIAL).
    ``announce`` is asked for records before the first row, once for each structure. Errors: ConnectError, and RetriableError
    after which only a new snapshot helps.
    """

    def __init__(
        self,
        start: SnapshotStart,
        tables: Callable[[TableDef], tuple[Table, Sequence[str]] | None],
        facts: Facts,
        source: SourceBlock,
        offset: BinlogOffset,
        options: SnapshotOptions,
        logger: logging.Logger,
        announce: Announce | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._start = start
        self._tables = tables
        self._facts = facts
        self._source = source
        self._options = options
        self._logger = logger
        self._announce = announce
        self._clock = clock
        at = start.position
        self._running = offset.but(
            file=at.position.file, pos=at.position.pos, gtids=at.gtids, event=0, row=0, snapshot=offset.snapshot or "INITIAL",
            ts_sec=clock() // 10**9, server_id=None, transaction_id=None, tx_counts={}, xa=())
        self.offset = self._running
        """The offset after the batches that were given out."""
        self.rows = 0
        """How many rows were given out, but for the one that is held back."""

    def __iter__(self) -> Iterator[ChangeBatch[BinlogOffset] | None]:
        yield from self._announced()
        held: RowRun | None = None
        for number, target in enumerate(self._targets()):
            began, rows, first = time.monotonic(), 0, True
            where = self._where(target.reading.id)
            for packets in self._read(target.reading):
                if not packets:
                    yield None
                    continue
                failpoint("snapshot.before_chunk")
                runs = [] if held is None else [_end_table(held) if first else held]
                size, begin = len(packets), 0
                if first:
                    runs.append(self._run(target, where, packets, 0, 1, "first" if number == 0 else "first_in_data_collection"))
                    first, begin = False, 1
                if begin < size - 1:
                    runs.append(self._run(target, where, packets, begin, size - 1, "true"))
                    begin = size - 1
                if begin < size:
                    runs.append(self._run(target, where, packets, begin, size, "true"))
                held = runs.pop()
                rows += size
                if runs:
                    yield self._batch([(Kind.RUN, run) for run in runs])
            self.rows += rows
            self._logger.info("snapshot: %d rows of %s in %.1f s", rows, target.reading.id, time.monotonic() - began)
        self._start.finish()
        failpoint("snapshot.before_last_batch")
        self.offset = self._running.but(snapshot=None)
        last = [] if held is None else [replace(held, marker="last", offset=self.offset)]
        yield self._batch([(Kind.RUN, run) for run in last])

    def _run(self, target: _Target, where: RowsWhere, packets: list[bytes], begin: int, end: int, marker: str) -> RowRun:
        run = RowRun(target.state, Rows(), where, marker=marker, offset=self._running)
        run.rows.fill(READ, packets, begin, end, 0)
        return run

    def _announced(self) -> Iterator[ChangeBatch[BinlogOffset]]:
        if self._announce is None:
            return
        entries: list[Entry] = []
        for change in self._start.changes():
            where = self._where(change.id or TableId(change.database, ""))
            entries += [(Kind.RECORD, record) for record in self._announce(change, where, self._running)]
            if len(entries) >= _ANNOUNCED_AT_ONCE:
                yield self._batch(entries)
                entries = []
        if entries:
            yield self._batch(entries)

    def _targets(self) -> list[_Target]:
        """The tables to read in their order; none when there is nothing to read with."""
        session = self._start.session
        if session is None:
            return []
        include = self._options.include
        chosen = [s.table for s in self._start.tables if not include or include.match(str(s.table.id))]
        if self._options.order != "disabled":
            counts = Catalog(session).row_counts([t.id for t in chosen])
            chosen = in_order_of_rows(chosen, counts, self._options.order)
        overrides = {name.strip().lower(): select for name, select in self._options.overrides.items()}
        targets = []
        for structure in chosen:
            made = self._tables(structure)
            if made is None:
                continue
            table, expressions = made
            names = {c.place: c.name for c in (*table.columns, *table.key)}
            columns = tuple(names[place] for place in range(len(expressions)))
            reading = Reading(structure.id, columns, tuple(expressions), overrides.get(str(structure.id).lower()))
            targets.append(_Target(reading, TableState(table)))
        return targets

    def _read(self, reading: Reading) -> Iterator[list[bytes]]:
        assert self._start.session is not None
        return read_rows(self._start.session, reading, self._options.chunk_rows, CHUNK_BYTES)

    def _where(self, id: TableId) -> RowsWhere:
        at = self._start.position.position
        return RowsWhere(id, at.file, at.pos, 0, None, None, None, self._clock() // 1000, self._running)

    def _batch(self, entries: Sequence[Entry]) -> ChangeBatch[BinlogOffset]:
        return ChangeBatch(self._facts, entries, self.offset, self._clock(), self._source)


def _end_table(run: RowRun) -> RowRun:
    """Mark the last row of a table that is not the last; the very first row stays it."""
    return run if run.marker == "first" else replace(run, marker="last_in_data_collection")


def in_order_of_rows(tables: Sequence[TableDef], counts: Mapping[TableId, int], order: str) -> list[TableDef]:
    """The tables by their number of rows ("ascending" or "descending"); those with equally many keep their order."""
    return sorted(tables, key=lambda t: counts.get(t.id, 0), reverse=order == "descending")
