"""One rows event → the changes of its rows, a few at a time: a batch may end between two rows of an event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connect.api.records import SourceRecord
from connectors.changes import Change, Kind, RowRun, TableState
from connectors.core import run
from connectors.core.spans import Spans
from connectors.mysql.core.runs import gather
from connectors.mysql.progress import Begun
from connectors.mysql.rowsevent import Rows
from connectors.mysql.where import RowsWhere
from connectors.tables import Table

__all__ = ["Entries", "Rewrite", "RowOptions", "RowReader"]

Entries = list[tuple[Kind, Change | RowRun | SourceRecord]]
Rewrite = Callable[[Rows, int, int], tuple[bytes, int, int]]
"""Of a partial update: the event, where the row before begins and where it ends → bytes with both rows in full, the offset of
the new one in them (the old one is at 0), and where the next row of the event begins."""


_CODES = {"c": run.CREATE, "u": run.UPDATE, "d": run.DELETE}


@dataclass(frozen=True, slots=True)
class RowOptions:
    """What the configuration says of rows. ``skipped`` are operations that give no event."""

    skipped: frozenset[str]
    tombstones: bool
    only_changed: bool


class RowReader:
    """Reads the rows of one event from row ``first`` on; the rows before were handed on. ``spans`` are of the table's form."""

    def __init__(self, event: Rows, state: TableState, where: RowsWhere, tx: Begun, options: RowOptions, first: int,
                 rewrite: Rewrite | None, spans: tuple[Spans, Spans]) -> None:
        self.row = 0
        """The row that is read next."""
        self.more = 0
        """How many more records than entries it has appended."""
        self._bytes = 0
        self._event = event
        self._state = state
        self._where = where
        self._tx = tx
        self._options = options
        self._first = first
        self._rewrite = rewrite
        self._at = event.start
        self._images = (event.present_before, event.present_after)
        self._new, self._old = spans
        # What has to be decided of each row cannot be decided of a run.
        self._each = tx.metadata or options.only_changed or rewrite is not None

    def read(self, entries: Entries, limit: int, limit_bytes: int) -> bool:
        """Append the changes of rows until the event is read (True), or ``limit`` records are there or ``limit_bytes`` bytes
        of rows were read (False). Raises ValueError when a row is damaged."""
        event, body = self._event, self._event.body
        end, table, parse = event.end, self._state.table, self._state.table.parse
        before, after = self._images
        kind = event.kind
        while self._at < end:
            if len(entries) + self.more >= limit or self._bytes >= limit_bytes:
                return False
            if not self._each and self._run(entries, limit, limit_bytes):
                continue
            at = self._at
            if kind == "c":
                stop = parse(self._new, body, at, after)
                if self.row >= self._first:
                    entries.append((Kind.CREATE, self._change(body, at, -1)))
            elif kind == "d":
                stop = parse(self._old, body, at, before)
                if self.row >= self._first:
                    change = self._change(body, -1, at)
                    entries.append((Kind.DELETE, change))
                    if self._options.tombstones:
                        entries.append((Kind.TOMBSTONE, change))
            else:
                middle = parse(self._old, body, at, before)
                if self._rewrite is not None:
                    frame, new, stop = self._rewrite(event, at, middle)
                    parse(self._old, frame, 0, before)
                    parse(self._new, frame, new, after)
                    at = 0
                else:
                    frame, new = body, middle
                    stop = parse(self._new, frame, new, after)
                if self.row >= self._first:
                    self._update(entries, table, frame, new, at)
            if stop <= self._at or stop > end:
                raise ValueError("a row ends outside its event")
            self._bytes += stop - self._at
            self._at = stop
            self.row += 1
        self._where.total = self.row
        return True

    def _run(self, entries: Entries, limit: int, limit_bytes: int) -> bool:
        """Take the rows from here on that need no closer look; whether there were any."""
        event, at, state, rows = self._event, self._at, self._state, run.Rows()
        form, (before, after) = state.table.form, self._images
        form.prepare(self._old, before)
        form.prepare(self._new, after)
        keys = [c.place for c in state.table.key]
        self._at, self.row = gather(
            _CODES[event.kind], event.body, at, event.end, self.row, self._first, limit - len(entries) - self.more,
            at + limit_bytes - self._bytes, self._new, self._old, keys, rows)
        if self._at == at:
            return False
        self._bytes += self._at - at
        if len(rows):
            made = RowRun(state, rows, self._where, self._options.tombstones, images=self._images)
            entries.append((Kind.RUN, made))
            self.more += made.records() - 1
        return True

    def take_bytes(self) -> int:
        """How many bytes of rows were read since it was asked last."""
        taken, self._bytes = self._bytes, 0
        return taken

    def _update(self, entries: Entries, table: Table, frame: bytes, new: int, old: int) -> None:
        if self._options.only_changed and all(self._new.same(self._old, c.place) for c in table.columns):
            return
        change = self._change(frame, new, old)
        if not table.key or all(self._new.same(self._old, c.place) for c in table.key):
            entries.append((Kind.UPDATE, change))
            return
        if self._tx.metadata:
            change.second_block = self._block()
        entries.append((Kind.MOVED_FROM, change))
        if self._options.tombstones:
            entries.append((Kind.MOVED_TOMBSTONE, change))
        entries.append((Kind.MOVED_TO, change))

    def _change(self, frame: bytes, new: int, old: int) -> Change:
        block = self._block() if self._tx.metadata else None
        return Change(self._state, frame, new, old, False, self._where, self.row, block=block, images=self._images)

    def _block(self) -> dict[str, Any]:
        total, place = self._tx.counts.next(str(self._where.table))
        return {"id": self._tx.id, "total_order": total, "data_collection_order": place}
