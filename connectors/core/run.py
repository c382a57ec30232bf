# cython: annotation_typing=False
"""Runs of rows → records: the loop over rows, the same for every database.

A run is consecutive row changes of one table that share what their source blocks say (a transaction, a rows event). Nothing is
made of a row but its record's bytes: where it begins and what it is stand in the lists of :class:`Rows`.
"""

from collections.abc import Callable, Sequence
from typing import Any

from connectors.core.plan import Plan
from connectors.core.spans import Spans
from schemas.core.sink import RecordSink
from schemas.core.writer import Writer

__all__ = [
    "CREATE", "DELETE", "DELETE_BY_KEY", "KEY", "NEW", "PARTIAL", "READ", "UPDATE", "ListSink", "NumberSource", "RowSource",
    "RowWriter", "Rows",
]

CREATE, UPDATE, DELETE, READ, DELETE_BY_KEY = 0, 1, 2, 3, 4
"""What a row of a run is. The first four are as in :class:`connectors.changes.Kind`; the old row of a DELETE_BY_KEY has its
identity columns only."""
NEW, PARTIAL, KEY = 0, 1, 2
"""Which plan was at work (:attr:`RowWriter.which`)."""


class Rows:
    """The rows of a run: of each its kind, the buffer, where the new and the old row begin in it (-1: there is none), its own
    position in the log where it has one, and its number within what the run shares."""

    def __init__(self) -> None:
        self.kinds: list[int] = []
        self.frames: list[bytes] = []
        self.news: list[int] = []
        self.olds: list[int] = []
        self.ats: list[int] = []
        self.numbers: list[int] = []

    def __len__(self) -> int:
        return len(self.kinds)

    def add(self, kind: int, frame: bytes, new: int, old: int, at: int, number: int) -> None:
        """Append a row."""
        self.kinds.append(kind)
        self.frames.append(frame)
        self.news.append(new)
        self.olds.append(old)
        self.ats.append(at)
        self.numbers.append(number)

    def truncate(self, size: int) -> None:
        """Only the first ``size`` rows."""
        for what in (self.kinds, self.frames, self.news, self.olds, self.ats, self.numbers):
            del what[size:]

    def fill(self, kind: int, frames: list[bytes], begin: int, end: int, at: int) -> None:
        """Append a row for each of those frames: new ones that begin with the frame, all at that position and numbered 0."""
        for i in range(begin, end):
            self.add(kind, frames[i], 0, -1, at, 0)


class RowSource:
    """The source blocks of a run's rows: each database's own."""

    def write(self, writer: Writer, at: int, number: int) -> None:
        """Append the Avro form of the source block of the row at that position and with that number."""
        raise NotImplementedError


class NumberSource(RowSource):
    """Source blocks that differ in the row's number only, which stands between ``before`` and ``after``."""

    def __init__(self, before: bytes, after: bytes) -> None:
        self.before = before
        self.after = after

    def write(self, writer: Writer, at: int, number: int) -> None:
        """See RowSource."""
        writer.write_raw(self.before)
        writer.write_long(number)
        writer.write_raw(self.after)


class RowWriter:
    """Writes the records of one table's runs. ``spans`` and ``old`` are set to the table's form. Before rows are written,
    :meth:`begin`."""

    def __init__(self, spans: Spans, old: Spans, plans: Sequence[Plan], key_frame: bytes | None, value_frame: bytes) -> None:
        self.at = 0
        """The row at work, after an error the one that met it."""
        self.which = NEW
        self.spans = spans
        self.old = old
        self.new_plan, self.partial_plan, self.key_plan = plans
        self.key_frame = key_frame
        self.value_frame = value_frame
        self.ends: list[bytes] = []
        self.tombstones = False

    def begin(self, ends: list[bytes], tombstones: bool) -> None:
        """``ends`` are what stands after the transaction block, by kind; with ``tombstones`` each delete is followed by one."""
        self.ends = ends
        self.tombstones = tombstones

    def write(self, rows: Rows, begin: int, end: int, source: RowSource, writer: Writer, sink: RecordSink) -> int:
        """Put the records of those rows into ``sink``, which was entered; the first row that was not, as it is full or cannot
        take one of its records.

        Raises CellError (of the plan ``which``) or another ValueError (the row is damaged) at row ``at``, of which nothing is
        in the sink. ``writer`` is empty before and, but for an error, after.
        """
        i = begin
        while i < end:
            self.at = i
            if sink.full():
                break
            key_end = self._record(rows, i, source, writer)
            if not sink.put(writer, key_end, True) or (
                    self.tombstones and rows.news[i] < 0 and not sink.put(writer, key_end, False)):
                writer.truncate(0)
                break
            writer.truncate(0)
            i += 1
        # A row may be huge, and it may be long until the next.
        self.spans.release()
        self.old.release()
        return i

    def _record(self, rows: Rows, i: int, source: RowSource, writer: Writer) -> int:
        """Write key and value of a row; where the key ends, -1 without one."""
        kind = rows.kinds[i]
        frame = rows.frames[i]
        new = rows.news[i]
        was = rows.olds[i]
        spans = self.spans
        before = self.old
        if was >= 0:
            before.read(frame, was)
        if new >= 0:
            spans.read(frame, new)
        else:
            spans = before
        whole = before if was >= 0 and kind != 4 else None
        key_end = -1
        if self.key_frame is not None:
            self.which = 2
            writer.write_raw(self.key_frame)
            self.key_plan.write(spans, writer, whole)
            key_end = writer.size()
        writer.write_raw(self.value_frame)
        if was >= 0:
            writer.write_byte(2)
            if kind == 4:
                self.which = 1
                self.partial_plan.write(before, writer, None)
            else:
                self.which = 0
                self.new_plan.write(before, writer, None)
        else:
            writer.write_byte(0)
        if new >= 0:
            self.which = 0
            writer.write_byte(2)
            self.new_plan.write(spans, writer, whole)
        else:
            writer.write_byte(0)
        source.write(writer, rows.ats[i], rows.numbers[i])
        writer.write_byte(0)
        writer.write_raw(self.ends[kind])
        return key_end


class ListSink(RecordSink):
    """Keeps the records as ``make`` makes them of ``(topic, partition, key, value, headers, timestamp)``."""

    def __init__(self, make: Callable[[tuple[Any, ...]], Any]) -> None:
        self.records: list[Any] = []
        self.make = make
        self.topic = ""
        self.headers: Any = None

    def enter(self, topic: str, headers: Any) -> bool:
        """See RecordSink. Always."""
        self.topic = topic
        self.headers = headers
        return True

    def full(self) -> bool:
        """See RecordSink. Never."""
        return False

    def put(self, writer: Writer, key_end: int, valued: bool) -> bool:
        """See RecordSink. Always."""
        key = None if key_end < 0 else writer.piece(0, key_end)
        value = writer.piece(max(key_end, 0), writer.size()) if valued else None
        self.records.append(self.make((self.topic, -1, key, value, self.headers, 0)))
        return True

    def add(self, record: Any) -> bool:
        """See RecordSink. Always."""
        self.records.append(self.make(record))
        return True

    def leave(self) -> None:
        """See RecordSink."""

    def taken(self) -> list[Any]:
        """What was put since the last call."""
        records, self.records = self.records, []
        return records
