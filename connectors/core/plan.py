# cython: annotation_typing=False
"""Rows → Avro under a plan of codecs: the loop over columns, the same for every database.

A plan is made once for each (table schema, direction). What the values' bytes mean is the database's own: its subclass
has the fast codecs (:meth:`Plan.cell`).
"""

from collections.abc import Callable, Sequence
from typing import Any

from connectors.core.spans import MAX_COLUMNS, Spans
from schemas.core.writer import Writer

__all__ = ["CALL", "CellError", "NullError", "Plan"]

CALL = 0
"""The code of a column without a fast codec: the general one is called."""


class CellError(ValueError):
    """A column's value cannot be written. ``column`` is its place in the plan; the value is not in the message."""

    def __init__(self, column: int, why: str) -> None:
        self.column = column
        self.why = why
        super().__init__(f"column {column}: {why}")


class NullError(CellError):
    """A null in a column that is not nullable."""


class Plan:
    """How the columns of a row are written, in the order of the record's fields.

    For each: the column's place in the row, the fast codec or CALL, its bound (whatever the fast codec takes it for), what
    stands before a value (``b""``, or the one byte of the union's branch), what is written for null (None: it is an error)
    and for an
    unchanged value that was not sent, the general codec ``(raw, writer)``, for CALL and for what the fast one leaves to it,
    and whether that codec writes the whole field, what stands before the value too (left out: it does not).
    """

    def __init__(self, columns: Sequence[tuple[Any, ...]]) -> None:
        self.size = len(columns)
        self.at = 0
        # As bytes, which compiled code reads without making an object: two for each place; 255 where nothing stands before.
        self.places = b"".join((c[0] if 0 <= c[0] < MAX_COLUMNS else 0xFFFF).to_bytes(2, "little") for c in columns)
        self.codes = bytes(c[1] for c in columns)
        self.heads = bytes(c[3][0] if c[3] else 255 for c in columns)
        self.bounds: list[int] = [c[2] for c in columns]
        self.nulls: list[bytes | None] = [c[4] for c in columns]
        self.unchangeds: list[bytes | None] = [c[5] for c in columns]
        self.calls: list[Callable[[bytes, Writer], None]] = [c[6] for c in columns]
        self.wholes: list[bool] = [len(c) > 7 and bool(c[7]) for c in columns]

    def write(self, spans: Spans, writer: Writer, fallback: Spans | None) -> None:
        """Append the record. ``fallback`` are the spans of the old row, where an unchanged value may be, or None.

        Raises NullError or CellError; the writer is then to be truncated by the caller.
        """
        try:
            self.columns(spans, writer, fallback)
        except CellError:
            raise
        except (ValueError, ArithmeticError) as e:
            raise CellError(self.at, str(e)) from None

    def columns(self, spans: Spans, writer: Writer, fallback: Spans | None) -> None:
        """See :meth:`write`; ``at`` is the column at work."""
        places, heads = self.places, self.heads
        i = 0
        while i < self.size:
            self.at = i
            place = places[2 * i] | places[2 * i + 1] << 8
            if place >= spans.count:
                raise CellError(i, f"the row has {spans.count} columns only")
            source = spans
            kind = spans.kinds[place]
            # 0, 1, 2 are NULL, UNCHANGED, SENT: as names they would be looked up for every column of every row.
            if kind == 1 and fallback is not None and place < fallback.count and fallback.kinds[place] != 1:
                source = fallback
                kind = fallback.kinds[place]
            if kind == 2:
                head = heads[i]
                if head != 255:
                    writer.write_byte(head)
                self.cell(i, source, source.starts[place], source.ends[place], writer)
            elif kind == 0:
                ready = self.nulls[i]
                if ready is None:
                    raise NullError(i, "null in a column that is NOT NULL")
                writer.write_raw(ready)
            else:
                ready = self.unchangeds[i]
                if ready is None:
                    raise CellError(i, "the value was not changed, is not in the log, and its type has no placeholder")
                writer.write_raw(ready)
            i += 1

    def cell(self, i: int, source: Spans, start: int, end: int, writer: Writer) -> None:
        """Append one value, the bytes from ``start`` to ``end`` of the row's buffer. Here always by the general codec."""
        self.leave(i, source.buffer[start:end], writer)

    def leave(self, i: int, raw: bytes, writer: Writer) -> None:
        """Append one value by the general codec."""
        if self.wholes[i] and self.heads[i] != 255:
            writer.truncate(writer.size() - 1)
        self.calls[i](raw, writer)
