# cython: annotation_typing=False
"""Row images of the binary log, and rows of the text protocol → Avro: where the columns are, and the fast codecs.

Every length is checked before it is used: a hostile one raises ValueError naming the offset.
"""

from collections.abc import Sequence
from typing import Any

from connectors.core.numbers import write_decimal_text
from connectors.core.plan import Plan
from connectors.core.spans import MAX_COLUMNS, Spans
from connectors.mysql.core import codes
from connectors.mysql.core.document import write_document
from connectors.mysql.core.values import (
    NONE,
    date_days,
    datetime2_micros,
    little,
    millis,
    signed_little,
    text_datetime,
    text_days,
    text_time,
    text_whole,
    time2_micros,
    valid_utf8,
    write_float4,
    write_newdecimal,
    write_text_float,
    write_text_timestamp,
    write_timestamp2,
)
from schemas.core.writer import Writer

# The codes, where the compiled loop has them as numbers of C.
_INT, _UINT, _FLOAT, _DOUBLE, _UTF8, _RAW = codes.INT, codes.UINT, codes.FLOAT, codes.DOUBLE, codes.UTF8, codes.RAW
_DAYS, _DATETIME2_MICROS, _DATETIME2_MILLIS, _ZONED = codes.DAYS, codes.DATETIME2_MICROS, codes.DATETIME2_MILLIS, codes.ZONED
_TIME2_MICROS, _DECIMAL, _YEAR, _JSON = codes.TIME2_MICROS, codes.DECIMAL, codes.YEAR, codes.JSON
_TEXT_INT, _TEXT_FLOAT, _TEXT_DOUBLE, _TEXT_DAYS = codes.TEXT_INT, codes.TEXT_FLOAT, codes.TEXT_DOUBLE, codes.TEXT_DAYS
_TEXT_DATETIME_MICROS, _TEXT_DATETIME_MILLIS = codes.TEXT_DATETIME_MICROS, codes.TEXT_DATETIME_MILLIS
_TEXT_ZONED, _TEXT_TIME_MICROS, _TEXT_DECIMAL = codes.TEXT_ZONED, codes.TEXT_TIME_MICROS, codes.TEXT_DECIMAL
_NONE = NONE

_PREFIXED = 64
_REFUSED = 255
_FIXED = {
    1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 6: 0, 7: 4, 8: 8, 9: 3, 10: 3, 11: 3, 12: 8, 13: 1, 14: 3,
}
"""The sizes of TINY, SHORT, LONG, FLOAT, DOUBLE, NULL, TIMESTAMP, LONGLONG, INT24, DATE, TIME, DATETIME, YEAR, NEWDATE."""
_FRACTIONS = {17: 4, 18: 5, 19: 3}
"""TIMESTAMP2, DATETIME2, TIME2: the size without the fraction, whose digits are the metadata."""
_STRINGS = (15, 141, 253, 254)
"""VARCHAR, MariaDB's VARCHAR_COMPRESSED, VAR_STRING, STRING: the metadata is the longest length."""
_BLOBS = (140, 242, 245, 249, 250, 251, 252, 255)
"""MariaDB's BLOB_COMPRESSED, VECTOR, JSON, TINY_BLOB, MEDIUM_BLOB, LONG_BLOB, BLOB, GEOMETRY: the metadata is how many bytes
the length has."""


def _form(kind: int, meta: int) -> int:
    """How a column's value is laid out: so many bytes, or 64 plus the bytes of its length, or 255: it is refused if it comes."""
    size = -1
    if kind in _FIXED:
        size = _FIXED[kind]
    elif kind in _FRACTIONS and meta <= 6:
        size = _FRACTIONS[kind] + (meta + 1) // 2
    elif kind in _STRINGS and meta < 65536:
        size = _PREFIXED + (2 if meta > 255 else 1)
    elif kind in _BLOBS and 1 <= meta <= 4:
        size = _PREFIXED + meta
    elif kind == 246:
        size = _decimal_size(meta & 255, meta >> 8)
    elif kind == 16 and meta >> 8 <= 8 and meta & 255 <= 7:
        size = (meta >> 8) + (1 if meta & 255 else 0)
    elif (kind == 247 and 1 <= meta <= 2) or (kind == 248 and 1 <= meta <= 8):
        size = meta
    elif kind == 20:
        size = _REFUSED
    if size < 0:
        raise ValueError(f"a column of type {kind} with metadata {meta}, which is not known")
    return size


def _decimal_size(precision: int, scale: int) -> int:
    whole = precision - scale
    if precision < 1 or precision > 65 or whole < 0:
        return -1
    size = 0
    for digits in (whole, scale):
        rest = digits % 9
        size += digits // 9 * 4 + (4 if rest > 6 else (rest + 1) // 2)
    return size


class RowLayout:
    """How the columns of a table map are laid out in a row image. Raises ValueError for a type that is not known.

    ``types`` and ``metas`` are those of :class:`connectors.mysql.structure.Wire`. A column of type 20 (TYPED_ARRAY) is refused
    only when a row has it: it belongs to an index and is not sent.
    """

    def __init__(self, types: Sequence[int], metas: Sequence[int]) -> None:
        self.count = len(types)
        if self.count > MAX_COLUMNS:
            raise ValueError(f"a table of {self.count} columns; at most {MAX_COLUMNS} are possible")
        self.forms = bytes([_form(kind, meta) for kind, meta in zip(types, metas, strict=True)])
        self.everything = (b"\xff" * ((self.count + 7) // 8)) if self.count % 8 == 0 else (
            b"\xff" * (self.count // 8) + bytes([(1 << self.count % 8) - 1]))


class ImageSpans(Spans):
    """Where the columns of one row image are: the values without what tells their length. ``layout`` and ``present`` are what
    :meth:`read` takes it for."""

    def __init__(self) -> None:
        super().__init__()
        self.layout = RowLayout((), ())
        self.present = b""

    def read(self, buffer: bytes, offset: int) -> int:
        """See Spans."""
        return self.parse(buffer, offset, self.layout, self.present)

    def parse(self, buffer: bytes, offset: int, layout: RowLayout, present: bytes) -> int:
        """Read the row image at ``offset``: a bitmap of nulls, then the values. Returns the offset after it.

        ``present`` is the event's bitmap of the columns that the image has, lowest bit first (empty: all); another column is
        UNCHANGED. Raises ValueError naming the offset.
        """
        size = len(buffer)
        count = layout.count
        forms = layout.forms
        some = len(present) > 0 and present != layout.everything
        bits = count
        if some:
            if len(present) < (count + 7) // 8:
                raise ValueError(f"a bitmap of {len(present)} bytes for {count} columns")
            bits = 0
            i = 0
            while i < count:
                bits += (present[i >> 3] >> (i & 7)) & 1
                i += 1
        self.count = 0
        if offset < 0 or offset > size or (bits + 7) // 8 > size - offset:
            raise ValueError(f"a row ends too early, at byte {offset}")
        at = offset + (bits + 7) // 8
        bit = 0
        i = 0
        while i < count:
            if some and (present[i >> 3] >> (i & 7)) & 1 == 0:
                self.kinds[i] = 1
                i += 1
                continue
            if (buffer[offset + (bit >> 3)] >> (bit & 7)) & 1:
                self.kinds[i] = 0
            else:
                form = forms[i]
                length = form
                if form > 63:
                    if form > 68:
                        raise ValueError(f"a column of type 20 (TYPED_ARRAY) has a value, at byte {at}")
                    form -= 64
                    if form > size - at:
                        raise ValueError(f"a row ends too early, at byte {at}")
                    length = buffer[at]
                    if form > 1:
                        length |= buffer[at + 1] << 8
                        if form > 2:
                            length = little(buffer, at, form)
                    at += form
                if length > size - at:
                    raise ValueError(f"a column of {length} bytes at byte {at}, but {size - at} are left")
                self.kinds[i] = 2
                self.starts[i] = at
                at += length
                self.ends[i] = at
            bit += 1
            i += 1
        self.buffer = buffer
        self.count = count
        return at


class TextSpans(Spans):
    """Where the columns of one row of the text protocol are. ``width`` is the number of columns that :meth:`read` expects."""

    def __init__(self) -> None:
        super().__init__()
        self.width = 0

    def read(self, buffer: bytes, offset: int) -> int:
        """See Spans. The row must be all that is in the buffer from there."""
        end = self.parse(buffer, offset, self.width)
        if end != len(buffer):
            raise ValueError(f"a row of {self.width} columns ends at byte {end} of {len(buffer)}")
        return end

    def parse(self, buffer: bytes, offset: int, count: int) -> int:
        """Read the row of ``count`` columns at ``offset``: texts with their length before them, 0xFB for null. Returns the offset
        after it. Raises ValueError naming the offset."""
        size = len(buffer)
        if count < 0 or count > MAX_COLUMNS:
            raise ValueError(f"a row of {count} columns; at most {MAX_COLUMNS} are possible")
        if offset < 0 or offset > size:
            raise ValueError(f"a row ends too early, at byte {offset}")
        self.count = 0
        at = offset
        i = 0
        while i < count:
            if at >= size:
                raise ValueError(f"a row ends too early, at byte {at}")
            length = buffer[at]
            at += 1
            if length == 251:
                self.kinds[i] = 0
            else:
                if length > 251:
                    width = 2 if length == 252 else 3 if length == 253 else 8
                    if length == 255:
                        raise ValueError(f"a column that begins with 0xFF, at byte {at - 1}")
                    if width > size - at:
                        raise ValueError(f"a row ends too early, at byte {at}")
                    if width == 8 and buffer[at + 7] != 0:
                        raise ValueError(f"a column of an impossible length at byte {at}")
                    length = little(buffer, at, 7 if width == 8 else width)
                    at += width
                if length > size - at:
                    raise ValueError(f"a column of {length} bytes at byte {at}, but {size - at} are left")
                self.kinds[i] = 2
                self.starts[i] = at
                at += length
                self.ends[i] = at
            i += 1
        self.buffer = buffer
        self.count = count
        return at


class RowPlan(Plan):
    """A plan with the fast codecs of :mod:`connectors.mysql.core.codes`."""

    def __init__(self, columns: Sequence[tuple[Any, ...]]) -> None:
        super().__init__(columns)
        self.scratch = Writer()

    def cell(self, i: int, source: Spans, start: int, end: int, writer: Writer) -> None:
        """Append one value."""
        if self.codes[i] == 0 or not self.fast(i, source.buffer, start, end, writer):
            self.leave(i, source.buffer[start:end], writer)

    def fast(self, i: int, buffer: bytes, start: int, end: int, writer: Writer) -> bool:
        """Append one value by its fast codec; False, and nothing appended, when that does not know it."""
        code = self.codes[i]
        if code == _UTF8:
            if not valid_utf8(buffer, start, end):
                return False
            writer.write_part(buffer, start, end)
            return True
        if code == _RAW:
            writer.write_part(buffer, start, end)
            return True
        if code == _FLOAT:
            return write_float4(buffer, start, end, writer)
        if code == _DOUBLE:
            if end - start != 8:
                return False
            writer.write_slice(buffer, start, end)
            return True
        if code == _JSON:
            return self.document(buffer, start, end, writer)
        bound = self.bounds[i]
        if code == _ZONED:
            return write_timestamp2(buffer, start, end, bound, writer)
        if code == _DECIMAL:
            return write_newdecimal(buffer, start, end, bound >> 8, bound & 255, writer)
        if code == _TEXT_DECIMAL:
            return write_decimal_text(buffer, start, end, bound, writer)
        if code == _TEXT_ZONED:
            return write_text_timestamp(buffer, start, end, bound, writer)
        if code == _TEXT_FLOAT or code == _TEXT_DOUBLE:  # noqa: SIM109  (a tuple is slower compiled)
            return write_text_float(buffer, start, end, code == _TEXT_DOUBLE, writer)
        number = _NONE
        if code == _INT:
            if start < end and end - start <= 8:
                # The smallest of 64 bits is a number, and NONE is none of those that fewer bytes can hold.
                writer.write_long(signed_little(buffer, start, end - start))
                return True
        elif code == _UINT:
            if start < end and end - start <= 7:
                number = little(buffer, start, end - start)
            elif end - start == 8:
                writer.write_long(signed_little(buffer, start, 8))
                return True
        elif code == _DATETIME2_MICROS or code == _DATETIME2_MILLIS:  # noqa: SIM109
            number = datetime2_micros(buffer, start, end, bound)
            if code == _DATETIME2_MILLIS and number != _NONE:
                number = millis(number)
        elif code == _DAYS:
            number = date_days(buffer, start, end)
        elif code == _TIME2_MICROS:
            number = time2_micros(buffer, start, end, bound)
        elif code == _YEAR:
            if end - start == 1:
                number = buffer[start] + 1900 if buffer[start] != 0 else 0
        elif code == _TEXT_INT:
            number = text_whole(buffer, start, end)
        elif code == _TEXT_DAYS:
            number = text_days(buffer, start, end)
        elif code == _TEXT_DATETIME_MICROS or code == _TEXT_DATETIME_MILLIS:  # noqa: SIM109
            number = text_datetime(buffer, start, end)
            if code == _TEXT_DATETIME_MILLIS and number != _NONE:
                number = millis(number)
        elif code == _TEXT_TIME_MICROS:
            number = text_time(buffer, start, end)
        else:
            raise ValueError(f"fast codec {code}, which is not known")
        if number == _NONE:
            return False
        writer.write_long(number)
        return True

    def document(self, buffer: bytes, start: int, end: int, writer: Writer) -> bool:
        """Append a document's text; its length, which stands before it, is known when it is written."""
        text = self.scratch
        if not write_document(buffer, start, end, text, None):
            return False
        writer.write_bytes(text.take())
        return True
