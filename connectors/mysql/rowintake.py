"""The rows events of a stream: which of them are read, and how far the one at hand is."""

from __future__ import annotations

from connectors.mysql.core.rows import ImageSpans, RowLayout
from connectors.mysql.feed import EventFeed
from connectors.mysql.progress import Progress
from connectors.mysql.rowchanges import Entries, RowOptions, RowReader
from connectors.mysql.rowsevent import Rows
from connectors.mysql.tracking import TableTracker
from connectors.mysql.where import RowsWhere

__all__ = ["RowIntake"]

_NOTHING = RowLayout((), ())


class RowIntake:
    """Takes rows events in and gives their changes, at most so many at a time. One thread."""

    def __init__(self, progress: Progress, feed: EventFeed, tables: TableTracker, options: RowOptions) -> None:
        self.unknown = 0
        """Events left out because their table's structure is not known."""
        self.emitted = 0
        """Events of the transaction at hand whose rows were handed on; who begins one sets it to 0."""
        self.last_row = 0
        """The number of the last row that was read, in its event."""
        self.more = 0
        """How many more records than entries were appended; who begins a batch sets it to 0."""
        self._progress = progress
        self._feed = feed
        self._tables = tables
        self._options = options
        self._spans = ImageSpans(), ImageSpans()
        self._event: Rows | None = None
        self._reader: RowReader | None = None

    @property
    def reading(self) -> bool:
        """Whether rows of the event at hand are left."""
        return self._reader is not None

    def take(self, event: Rows) -> bool:
        """The next event. Whether it is done with at once. Raises ValueError, and Unprocessable for rows that lack columns."""
        progress = self._progress
        tx = progress.tx
        if tx is None:
            raise ValueError("rows outside a transaction")
        if event.start == event.end:  # it only ends a statement
            return True
        mapped = self._tables.get(event.table_id)
        if mapped is None:
            raise ValueError(f"rows of table id {event.table_id}, which no table map describes")
        if event.width != mapped.width:
            raise ValueError(f"rows of {event.width} columns of table {mapped.id}, whose table map has {mapped.width}")
        self._event = event
        passed = tx.passing or not tx.wanted or self._feed.undone
        if mapped.state is None or passed or event.kind in self._options.skipped:
            if mapped.problem and not passed:
                self.unknown += 1
            self._end()
            return True
        mapped.check(event)
        where = RowsWhere(mapped.id, progress.file, progress.start, event.header.server_id, tx.thread, tx.gtid, tx.query,
                          progress.time(event.header.ts), progress.base)
        first = tx.skip_rows if tx.events == tx.skip else 0
        self._reader = RowReader(event, mapped.state, where, tx, self._options, first,
                                 mapped.rewrite if event.partial else None, self._spans)
        return False

    def read(self, entries: Entries, limit: int, limit_bytes: int) -> bool:
        """Append changes of the event at hand; whether it is done with. Raises ValueError when a row is damaged."""
        reader = self._reader
        assert reader is not None
        reader.more = self.more
        ended = reader.read(entries, limit, limit_bytes)
        self.more = reader.more
        self._feed.bytes += reader.take_bytes()
        self._progress.rows_done(reader.row)
        self.last_row = max(0, reader.row - 1)
        if ended:
            self.emitted += 1
            self._end()
        return ended

    def drop(self) -> None:
        """Leave the rest of the event at hand out."""
        self._reader = self._event = None

    def release(self) -> None:
        """Between two batches: let go of the event that was read last, which may be huge."""
        if self._reader is None:
            for spans in self._spans:
                spans.parse(b"", 0, _NOTHING, b"")

    def _end(self) -> None:
        event, tx = self._event, self._progress.tx
        assert event is not None and tx is not None
        if event.last_of_statement:
            tx.query = None
        self.drop()
