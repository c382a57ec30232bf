# cython: annotation_typing=False
"""Runs of rows → records: the loop over rows, the same for every database.

A run is consecutive row changes of one table that share what their source blocks say (a transaction, a rows event). Nothing is
made of a row but its record's bytes: where it begins and what it is stand in the lists of :class:`Rows`.
"""

from collections.abc import Callable, Sequence
from typing import Any

from connectors.core.plan import Plan
from connectors.core.spans import Spans
from schemas.core.writer import Writer

__all__ = [
    "CREATE", "DELETE", "DELETE_BY_KEY", "KEY", "NEW", "PARTIAL", "READ", "UPDATE", "NumberSource", "RowSource", "RowWriter",
    "Rows",
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
    """Writes the records of one table's runs. ``spans`` and ``old`` are set to the table's form; ``make`` makes a record of
    ``(topic, partition, key, value, headers, timestamp)``. Before rows are written, :meth:`begin`."""

    def __init__(self, spans: Spans, old: Spans, plans: Sequence[Plan], key_frame: bytes | None, value_frame: bytes, topic: str,
                 headers: Any, make: Callable[[tuple[Any, ...]], Any]) -> None:
        self.at = 0
        """The row at work, after an error the one that met it."""
        self.which = NEW
        self.spans = spans
        self.old = old
        self.new_plan, self.partial_plan, self.key_plan = plans
        self.key_frame = key_frame
        self.value_frame = value_frame
        self.topic = topic
        self.headers = headers
        self.ends: list[bytes] = []
        self.tombstones = False
        self.make = make

    def begin(self, ends: list[bytes], tombstones: bool) -> None:
        """``ends`` are what stands after the transaction block, by kind; with ``tombstones`` each delete is followed by one."""
        self.ends = ends
        self.tombstones = tombstones

    def write(self, rows: Rows, begin: int, end: int, source: RowSource, writer: Writer, out: list[Any]) -> None:
        """Append the records of those rows to ``out``.

        Raises CellError (of the plan ``which``) or another ValueError (the row is damaged) at row ``at``; of that row nothing
        is in ``out``, and the writer is to be truncated.
        """
        i = begin
        while i < end:
            self.at = i
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
            key = None
            if self.key_frame is not None:
                self.which = 2
                writer.write_raw(self.key_frame)
                self.key_plan.write(spans, writer, whole)
                key = writer.take()
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
            out.append(self.make((self.topic, -1, key, writer.take(), self.headers, 0)))
            if new < 0 and self.tombstones:
                out.append(self.make((self.topic, -1, key, None, self.headers, 0)))
            i += 1
        # A row may be huge, and it may be long until the next.
        self.spans.release()
        self.old.release()
