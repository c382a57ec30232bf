"""A batch of changes: written straight from the wire bytes, or as Python values; the same bytes both ways."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any, Generic, TypeVar

from connect.api.errors import ConnectError, RecordError
from connect.api.plugins import Converters
from connect.api.records import Header, Offset, Partition, Serialized, SourceRecord
from connectors.changes import OP, Change, Facts, Kind, RowRun, SourceBlock, StoredOffset
from connectors.core.plan import CellError, NullError
from connectors.core.run import ListSink
from connectors.core.spans import Spans
from connectors.jsonbatch import with_json
from connectors.native import PLANS, Ends, Native, way_of
from connectors.tables import Column, ColumnError, Table
from schemas.core.sink import RecordSink
from schemas.core.writer import Writer
from schemas.model import Value

__all__ = ["ChangeBatch"]

O = TypeVar("O", bound=StoredOffset)  # noqa: E741

_HAS_BEFORE = (Kind.UPDATE, Kind.DELETE, Kind.MOVED_FROM)
_MOVED = (Kind.MOVED_FROM, Kind.MOVED_TOMBSTONE, Kind.MOVED_TO)
_HAS_AFTER = (Kind.CREATE, Kind.UPDATE, Kind.READ, Kind.MOVED_TO)
_NEW_KEY = "__debezium.newkey"
_OLD_KEY = "__debezium.oldkey"
_NO_SPANS = Spans()
_PIECE = 256
"""Rows of a run that are written before their records are handed on."""
_serialized = partial(tuple.__new__, Serialized)


class ChangeBatch(Generic[O]):
    """Consecutive changes of one stream. The runtime calls :meth:`records` or :meth:`serialize`, once. Implements RecordBatch.

    ``entries`` are the records in order: ready-made ones, what the record of a change is, or whole runs of rows; the records of
    one change follow each other. ``offset`` is the offset after the batch, ``clock_ns`` the time of decoding, ``source``
    writes the source block.
    """

    def __init__(self, facts: Facts, entries: Sequence[tuple[Kind, Change | RowRun | SourceRecord]], offset: O, clock_ns: int,
                 source: SourceBlock) -> None:
        self._facts = facts
        self._entries = entries
        self._offset = offset
        self._now = clock_ns
        self._source = source
        self._maker: Callable[[], Spans] | None = None
        self._spans = self._old = _NO_SPANS

    def __len__(self) -> int:
        return sum(what.records() if isinstance(what, RowRun) else 1 for _, what in self._entries)

    @cached_property
    def _single(self) -> Sequence[tuple[Kind, Change | SourceRecord]]:
        """The records one by one."""
        out: list[tuple[Kind, Change | SourceRecord]] = []
        for kind, what in self._entries:
            if isinstance(what, RowRun):
                out.extend(what.entries())
            else:
                out.append((kind, what))
        return out

    @property
    def offset(self) -> O:
        """The offset after the batch, as a typed value."""
        return self._offset

    def offsets(self) -> Sequence[tuple[Partition, Offset]]:
        """See RecordBatch."""
        return [(self._facts.partition, self._offset.write())]

    def describe(self, index: int) -> str:
        """See RecordBatch."""
        what = self._single[index][1]
        if isinstance(what, SourceRecord):
            return f"topic {what.topic}, source offset {dict(what.source_offset)}"
        return self._where(what)

    def records(self) -> Iterator[SourceRecord]:
        """See RecordBatch."""
        # Not a generator, which would end at a row that cannot be read.
        return map(self._record_at, range(len(self._single)))

    def _record_at(self, i: int) -> SourceRecord:
        entries = self._single
        kind, what = entries[i]
        if isinstance(what, SourceRecord):
            return what
        return self._record(kind, what, i + 1 == len(entries) or entries[i + 1][1] is not what)

    def _record(self, kind: Kind, change: Change, done: bool) -> SourceRecord:
        while True:
            table = change.state.table
            try:
                return self._build(kind, change, table, done)
            except ColumnError as e:
                if not e.null:
                    raise self._unreadable(change, e.column, str(e)) from None
                change.state.table = table.widened(e.column)

    def _parse(self, change: Change) -> tuple[Spans, Spans | None]:
        """The new row (or the only one) and the old one. Raises RecordError when the bytes are damaged."""
        table, images = change.state.table, change.images
        if table.form.spans is not self._maker:
            self._maker = table.form.spans
            self._spans, self._old = self._maker(), self._maker()
        try:
            if change.old >= 0:
                table.parse(self._old, change.frame, change.old, None if images is None else images[0])
            if change.new < 0:
                return self._old, self._old
            table.parse(self._spans, change.frame, change.new, None if images is None else images[1])
        except ValueError as e:
            raise RecordError(f"a row that the server sent cannot be read: {e}", self._where(change)) from None
        return self._spans, self._old if change.old >= 0 else None

    def _build(self, kind: Kind, change: Change, table: Table, done: bool) -> SourceRecord:
        facts = self._facts
        partition, offset = facts.partition, self._offset_of(change, done)
        if kind is Kind.TRUNCATE:
            value = self._envelope(kind, change, None, None)
            return SourceRecord(partition, offset, table.topic, None, None, table.envelope, value, headers=facts.headers)
        spans, old = self._parse(change)
        whole = None if change.partial else old
        headers = facts.headers
        if kind in (Kind.MOVED_FROM, Kind.MOVED_TOMBSTONE):
            assert old is not None
            headers = (*headers, Header(_NEW_KEY, table.key_of(spans, whole), table.key_schema))
            key = table.key_of(old)
        elif kind is Kind.MOVED_TO:
            assert old is not None
            headers = (*headers, Header(_OLD_KEY, table.key_of(old), table.key_schema))
            key = table.key_of(spans, whole)
        else:
            key = table.key_of(spans, whole)
        if kind in (Kind.TOMBSTONE, Kind.MOVED_TOMBSTONE):
            return SourceRecord(partition, offset, table.topic, table.key_schema, key, headers=headers)
        before = table.row(old, None, change.partial) if old is not None and kind in _HAS_BEFORE else None
        after = table.row(spans, whole) if kind in _HAS_AFTER else None
        return SourceRecord(partition, offset, table.topic, table.key_schema, key, table.envelope,
                            self._envelope(kind, change, before, after), headers=headers)

    def _envelope(self, kind: Kind, change: Change, before: Value, after: Value) -> dict[str, Value]:
        now = self._now
        block = change.second_block if kind is Kind.MOVED_TO else change.block
        return {
            "before": before, "after": after, "source": self._source.value(change), "transaction": block, "op": OP[kind],
            "ts_ms": now // 1_000_000, "ts_us": now // 1000, "ts_ns": now,
        }

    def _offset_of(self, change: Change, done: bool) -> dict[str, Any]:
        return self._source.offset_of(change, done) if change.offset is None else change.offset.write()

    def serialize(self, converters: Converters) -> Iterable[Serialized]:
        """See RecordBatch. Straight from the wire bytes when both converters write Avro bodies as :mod:`schemas.encode`, or JSON
        as :mod:`schemas.connectjson`."""
        way = way_of(self._facts, converters)
        if way.native is None:
            return (converters.serialize(r) for r in self.records())
        if way.native.converters is converters:
            return self._native(converters, way.native)
        return with_json(self._native(way.native.converters, way.native), way.native.converters, converters, self._record_at)

    def topics(self) -> Iterator[str]:
        """See PouringBatch."""
        return (what.topic if isinstance(what, SourceRecord) else what.state.table.topic for _, what in self._entries)

    def pour(self, converters: Converters, sink: RecordSink) -> Iterator[None] | None:
        """See PouringBatch. Straight from the wire bytes into the producer's batches, where both converters write Avro."""
        native = way_of(self._facts, converters).native
        if native is None or native.converters is not converters:
            return None
        return self._poured(native, sink)

    def _poured(self, native: Native, sink: RecordSink) -> Iterator[None]:
        ends = native.ends(self._now)
        for what in self._parted(native.converters, native, ends):
            if isinstance(what, RowRun):
                yield from self._run(what, native, ends, sink)
            else:
                while not sink.add(what):
                    yield

    def _native(self, converters: Converters, native: Native) -> Iterator[Serialized]:
        ends, sink = native.ends(self._now), ListSink(_serialized)
        for what in self._parted(converters, native, ends):
            if isinstance(what, RowRun):
                try:
                    for _ in self._run(what, native, ends, sink):
                        yield from sink.taken()
                except ConnectError:
                    yield from sink.taken()
                    raise
            else:
                yield what

    def _parted(self, converters: Converters, native: Native, ends: Ends) -> Iterator[RowRun | Serialized]:
        """Runs as they are, everything else serialized."""
        native.ahead = (what.state.table for _, what in self._entries if not isinstance(what, SourceRecord))
        for kind, what in self._entries:
            if isinstance(what, SourceRecord):
                yield converters.serialize(what)
                continue
            if isinstance(what, RowRun):
                yield what
                continue
            while True:
                table = what.state.table
                try:
                    yield self._write(kind, what, table, native, ends)
                    break
                except _Cell as e:
                    native.writer.truncate(0)
                    if not isinstance(e.error, NullError):
                        raise self._unreadable(what, e.column, str(e.error.why)) from None
                    what.state.table = table.widened(e.column)
        native.ahead = iter(())  # between batches no change is kept, which may be a huge row

    def _run(self, run: RowRun, native: Native, ends: Ends, sink: RecordSink) -> Iterator[None]:
        """Put a run's records into the sink, piece by piece; yields after each, and when the sink takes no more at present."""
        rows, done, source = run.rows, 0, self._source.rows(run)
        while done < len(rows):
            table = run.state.table
            to, writer = min(done + _PIECE, len(rows)), native.rows(table, run, ends)
            if not sink.enter(table.topic, native.parts(table).headers):
                yield
                continue
            try:
                done = writer.write(rows, done, to, source, native.writer, sink)
            except ValueError as e:
                native.writer.truncate(0)
                done, which = writer.at, writer.which
                change = run.change(done)
                if not isinstance(e, CellError):
                    raise RecordError(f"a row that the server sent cannot be read: {e}", self._where(change)) from None
                column = table.column_of(PLANS[which], e.column)
                if not isinstance(e, NullError):
                    raise self._unreadable(change, column, str(e.why)) from None
                run.state.table = table.widened(column)
            finally:
                sink.leave()
            yield

    def _write(self, kind: Kind, change: Change, table: Table, native: Native, ends: Ends) -> Serialized:
        topic, writer = table.topic, native.writer
        parts = native.parts(table)
        headers: Sequence[tuple[str, bytes | None]] = parts.headers
        key_bytes = None
        old: Spans | None = None
        spans = self._spans
        whole: Spans | None = None
        if kind is not Kind.TRUNCATE:
            spans, old = self._parse(change)
            whole = None if change.partial else old
            if parts.key_frame is not None:
                writer.write_raw(parts.key_frame)
                if kind is Kind.MOVED_FROM or kind is Kind.MOVED_TOMBSTONE:
                    assert old is not None
                    _plan(table, "key", old, writer, None)
                else:
                    _plan(table, "key", spans, writer, whole)
                key_bytes = writer.take()
            if kind in _MOVED:
                headers = (*headers, self._moved_header(kind, table, spans, old, whole, native.converters))
            if kind is Kind.TOMBSTONE or kind is Kind.MOVED_TOMBSTONE:
                return Serialized(topic, -1, key_bytes, None, headers, 0)
        writer.write_raw(parts.value_frame)
        if old is not None and kind in _HAS_BEFORE:
            writer.write_raw(b"\x02")
            _plan(table, "partial" if change.partial else "new", old, writer, None)
        else:
            writer.write_raw(b"\x00")
        if kind in _HAS_AFTER:
            writer.write_raw(b"\x02")
            _plan(table, "new", spans, writer, whole)
        else:
            writer.write_raw(b"\x00")
        self._source.write(change, writer)
        block = change.second_block if kind is Kind.MOVED_TO else change.block
        if block is None:
            writer.write_raw(b"\x00")
        else:
            writer.write_raw(b"\x02")
            writer.write_string(block["id"])
            writer.write_long(block["total_order"])
            writer.write_long(block["data_collection_order"])
        writer.write_raw(ends[kind])
        return Serialized(topic, -1, key_bytes, writer.take(), headers, 0)

    def _moved_header(self, kind: Kind, table: Table, spans: Spans, old: Spans | None, whole: Spans | None,
                      converters: Converters) -> tuple[str, bytes | None]:
        assert old is not None
        try:
            name, key = (_OLD_KEY, table.key_of(old)) if kind is Kind.MOVED_TO else (_NEW_KEY, table.key_of(spans, whole))
        except ColumnError as e:
            raise _Cell(e.column, CellError(0, str(e))) from None
        return name, converters.header.from_connect_header(table.topic, name, table.key_schema, key)

    def _where(self, change: Change) -> str:
        table = change.state.table
        keys = ", ".join(c.name for c in table.key) or "none"
        return f"topic {table.topic}, table {table.qualified}, key columns {keys}, {self._source.where(change)}"

    def _unreadable(self, change: Change, column: Column, why: str) -> RecordError:
        table = change.state.table
        return RecordError(
            f"column {column.name!r} ({column.told}, schema {column.schema.name or column.schema.type}) of table "
            f"{table.qualified} cannot be converted: {why}. Correct the row, leave the column out with column.exclude.list, or "
            "set event.converting.failure.handling.mode=warn to write null instead", self._where(change))


class _Cell(Exception):
    """A column of a plan that cannot be written."""

    def __init__(self, column: Column, error: CellError) -> None:
        self.column = column
        self.error = error
        super().__init__(str(error))


def _plan(table: Table, which: str, spans: Spans, writer: Writer, fallback: Spans | None) -> None:
    try:
        table.plan(which).write(spans, writer, fallback)
    except CellError as e:
        raise _Cell(table.column_of(which, e.column), e) from None
