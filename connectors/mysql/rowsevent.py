"""Rows events: which table, which columns, and where the row images lie. The images themselves stay bytes.

Layout: table id, flags, (version 2: extra row information), width, one or two bitmaps of the columns present, then the images:
of an update the row before and after, in turn. Version 1 is also what MariaDB writes.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

from connectors.mysql.eventbytes import EventError, packed
from connectors.mysql.eventtypes import EventHeader
from connectors.mysql.tablemap import MAX_COLUMNS, TableShape

__all__ = ["DUMMY_TABLES", "Rows", "TableMap", "inflate", "parse_rows", "partial_columns"]

DUMMY_TABLES = (0xFFFFFF, 0xFFFFFFFFFFFF)
"""Table ids of rows events without rows, which only end a statement."""
_ID_FLAGS = struct.Struct("<IHH")
_SHORT_ID_FLAGS = struct.Struct("<IH")
_STATEMENT_END = 1


@dataclass(slots=True)
class TableMap:
    """A table's number for the rows events that follow, up to the end of the statement. ``shape`` is what the map says of it."""

    header: EventHeader
    table_id: int
    flags: int
    shape: TableShape

    @property
    def database(self) -> str:
        """The database's name."""
        return self.shape.database

    @property
    def table(self) -> str:
        """The table's name."""
        return self.shape.table


@dataclass(slots=True)
class Rows:
    """Row images: ``body[start:end]``.

    ``kind`` is "c", "u" or "d". ``present_before`` (update, delete) and ``present_after`` (insert, update) are bitmaps of the
    ``width`` columns, lowest bit first, with no bits behind the last column; b"" where there is no such image. ``partial``: an
    update's after image begins with value options, see :func:`partial_columns`. ``last_of_statement``: table ids are void after
    this event. ``compressed``: MariaDB compressed it, ``body`` is what came out.
    """

    header: EventHeader
    kind: str
    table_id: int
    width: int
    present_before: bytes
    present_after: bytes
    body: bytes = field(repr=False)
    start: int
    end: int
    last_of_statement: bool
    partial: bool = False
    compressed: bool = False


def parse_rows(header: EventHeader, body: bytes, at: int, end: int, head_length: int, kind: str, *, partial: bool = False,
               compressed: bool = False) -> Rows:
    """A rows event whose post-header begins at ``at``; its length tells the version. Raises EventError."""
    if head_length not in (6, 8, 10):
        raise EventError(f"a rows event has a post-header of {head_length} bytes, expected 6, 8 or 10")
    if end - at < head_length:
        raise EventError("a rows event is shorter than its header")
    if head_length == 6:
        (low, flags), high = _SHORT_ID_FLAGS.unpack_from(body, at), 0
    else:
        low, high, flags = _ID_FLAGS.unpack_from(body, at)
    at += head_length
    if head_length == 10:
        extra = body[at - 2] | body[at - 1] << 8
        if extra < 2 or extra - 2 > end - at:
            raise EventError("a rows event has extra information of an impossible length")
        at += extra - 2
    width, at = packed(body, at, end)
    bits = (width + 7) // 8
    images = 2 if kind == "u" else 1
    if width > MAX_COLUMNS or (not width and (low | high << 32) not in DUMMY_TABLES) or bits * images > end - at:
        raise EventError("a rows event has an impossible number of columns")
    before = after = _columns(body, at, at + bits, width)
    at += bits
    if images == 2:
        after = _columns(body, at, at + bits, width)
        at += bits
    if compressed:
        body = inflate(body, at, end)
        at, end = 0, len(body)
    if kind == "c":
        before = b""
    elif kind == "d":
        after = b""
    return Rows(header, kind, low | high << 32, width, before, after, body, at, end, bool(flags & _STATEMENT_END), partial,
                compressed)


def _columns(body: bytes, at: int, end: int, width: int) -> bytes:
    # MySQL sets the bits behind the last column, too.
    bitmap, rest = body[at:end], width % 8
    if rest and bitmap[-1] >> rest:
        return bitmap[:-1] + bytes((bitmap[-1] & (1 << rest) - 1,))
    return bitmap


def inflate(body: bytes, at: int, end: int) -> bytes:
    """MariaDB's compressed piece: a byte with the algorithm and the width of the length, the length (big-endian), a zlib stream.

    Raises EventError. Never makes more than the piece says it holds.
    """
    if at >= end:
        raise EventError("a compressed event ends before its data")
    head = body[at]
    width = head & 7
    if head & 0xF0 != 0x80 or not 1 <= width <= 4 or end - at < 1 + width:
        raise EventError("a compressed event has a header that is none, or a compression that is not known")
    length = int.from_bytes(body[at + 1:at + 1 + width], "big")
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(memoryview(body)[at + 1 + width:end], length + 1)
    except zlib.error:
        raise EventError("a compressed event's data is broken") from None
    if len(data) != length or not (stream.eof or not length):
        raise EventError("a compressed event does not hold as much as it says")
    return data


def partial_columns(body: bytes, at: int, end: int, json_columns: tuple[int, ...]) -> tuple[frozenset[int], int]:
    """Which JSON columns of a partial update's after image are diffs, and where the image (its null bitmap) begins.

    ``at`` is where the image before it ended; ``json_columns`` are all of the table (``TableShape.json_columns``), present in the
    image or not. Raises EventError.
    """
    options, at = packed(body, at, end)
    if options > 1:
        raise EventError(f"a partial update has the value options {options}, which are not known to this version")
    if not options:
        return frozenset(), at
    size = (len(json_columns) + 7) // 8
    if size > end - at:
        raise EventError("a partial update ends inside its bitmap")
    return frozenset(column for i, column in enumerate(json_columns) if body[at + i // 8] >> i % 8 & 1), at + size
