# cython: annotation_typing=False
"""TupleData and COPY lines → Avro: where the columns of a row are, and the fast codecs of their text.

Every length is checked before it is used: a hostile one raises ValueError naming the offset.
"""

from connectors.core.numbers import floor_div, write_decimal_text
from connectors.core.plan import Plan
from connectors.core.spans import Spans
from connectors.postgres.core.texts import date_days, time_micros, timestamp_micros, whole_number
from schemas.core.writer import Writer

MAX_COLUMNS = 1664

INT, BOOL, TEXT, FLOAT32, FLOAT64, MICROS, MILLIS, DAYS, TIME_MICROS, TIME_MILLIS, ZONED, DECIMAL = range(1, 13)
"""The fast codecs. The bound of an INT is the largest absolute value plus one, 0 for none; of ZONED the number of fraction
digits; of DECIMAL the scale."""
# The same for the loop below, where the compiled code has them as numbers of C.
_INT, _BOOL, _TEXT, _FLOAT32, _FLOAT64, _MICROS, _MILLIS, _DAYS = INT, BOOL, TEXT, FLOAT32, FLOAT64, MICROS, MILLIS, DAYS
_TIME_MICROS, _TIME_MILLIS, _ZONED, _DECIMAL = TIME_MICROS, TIME_MILLIS, ZONED, DECIMAL
_NULL, _UNCHANGED, _SENT = 0, 1, 2


def _read_float(buffer: bytes, start: int, end: int) -> float:
    return any_float(buffer[start:end])


# Compiled, this is the inline function of rows.pxd.
globals().setdefault("read_float", _read_float)


def any_float(text: bytes) -> float:
    """A float's text. Raises ValueError, which does not tell it."""
    try:
        # Of those that Python allows between digits, compiled code lets some pass in other places too.
        if b"_" not in text:
            return float(text)
    except ValueError:
        pass
    raise ValueError("not a number as PostgreSQL writes it")


class RowSpans(Spans):
    """Where the columns of a row are. ``width`` is how many :meth:`read` expects, 0 for any."""

    def __init__(self) -> None:
        super().__init__()
        self.width = 0

    def read(self, buffer: bytes, offset: int) -> int:
        """See Spans."""
        end = self.parse(buffer, offset)
        if self.width and self.count != self.width:
            raise ValueError(f"a row of {self.count} columns, the table has {self.width}")
        return end

    def parse(self, buffer: bytes, offset: int) -> int:
        """Read the row at ``offset``, of any width; returns the offset after it. Raises ValueError naming the offset."""
        raise NotImplementedError


class TupleSpans(RowSpans):
    """Where the columns of one TupleData are."""

    def parse(self, buffer: bytes, offset: int) -> int:
        """Read the TupleData at ``offset``; returns the offset after it. Raises ValueError naming the offset."""
        size = len(buffer)
        if offset < 0 or offset + 2 > size:
            raise ValueError(f"a row ends too early, at byte {offset}")
        n = (buffer[offset] << 8) | buffer[offset + 1]
        if n > MAX_COLUMNS:
            raise ValueError(f"a row of {n} columns at byte {offset}; PostgreSQL has at most {MAX_COLUMNS}")
        self.count = 0
        at = offset + 2
        i = 0
        while i < n:
            if at >= size:
                raise ValueError(f"a row ends too early, at byte {at}")
            kind = buffer[at]
            at += 1
            if kind == 110:
                self.kinds[i] = _NULL
            elif kind == 117:
                self.kinds[i] = _UNCHANGED
            elif kind == 116:
                if at + 4 > size:
                    raise ValueError(f"a row ends too early, at byte {at}")
                b0 = buffer[at]
                b1 = buffer[at + 1]
                b2 = buffer[at + 2]
                b3 = buffer[at + 3]
                length = (b0 << 24) | (b1 << 16) | (b2 << 8) | b3
                at += 4
                if at + length > size:
                    raise ValueError(f"a column of {length} bytes at byte {at}, but {size - at} are left")
                self.kinds[i] = _SENT
                self.starts[i] = at
                self.ends[i] = at + length
                at += length
            elif kind == 98:
                raise ValueError(f"a column in binary format at byte {at - 1}: it was not asked for")
            else:
                raise ValueError(f"a column of unknown kind {kind} at byte {at - 1}")
            i += 1
        self.buffer = buffer
        self.count = n
        return at


class CopySpans(RowSpans):
    r"""Where the columns of one line of ``COPY … TO STDOUT`` (text format) are.

    A line ends at a newline or with the buffer. ``\N`` alone is null; ``\b \f \n \r \t \v \\`` and any other escaped character
    are undone: of a line that has one a copy is made, and ``buffer`` is that.
    """

    def parse(self, buffer: bytes, offset: int) -> int:
        """Read the line at ``offset``; returns the offset after it. Raises ValueError naming the offset."""
        size = len(buffer)
        if offset < 0 or offset > size:
            raise ValueError(f"a row ends too early, at byte {offset}")
        self.count = 0
        at = start = offset
        i = 0
        null = False
        while True:
            c = buffer[at] if at < size else 10
            if c == 9 or c == 10:
                if i == MAX_COLUMNS:
                    raise ValueError(f"a COPY line of more columns than PostgreSQL's {MAX_COLUMNS}, at byte {offset}")
                self.kinds[i] = _NULL if null else _SENT
                self.starts[i] = start
                self.ends[i] = at
                null = False
                i += 1
                start = at + 1
                if c == 10:
                    break
            elif c == 92:
                if at != start or at + 1 >= size or buffer[at + 1] != 78 or (
                        at + 2 < size and buffer[at + 2] != 9 and buffer[at + 2] != 10):
                    return self.undo(buffer, offset)
                null = True
                at += 1
            at += 1
        self.buffer = buffer
        self.count = i
        return at + 1 if at < size else at

    def undo(self, buffer: bytes, offset: int) -> int:
        """The same for a line with escapes."""
        size = len(buffer)
        out = bytearray()
        at = begun = offset
        start = 0
        i = 0
        while True:
            c = buffer[at] if at < size else 10
            if c == 9 or c == 10:
                if i == MAX_COLUMNS:
                    raise ValueError(f"a COPY line of more columns than PostgreSQL's {MAX_COLUMNS}, at byte {offset}")
                self.kinds[i] = _NULL if at - begun == 2 and buffer[begun] == 92 and buffer[begun + 1] == 78 else _SENT
                self.starts[i] = start
                self.ends[i] = start = len(out)
                i += 1
                begun = at + 1
                if c == 10:
                    break
            else:
                if c == 92:
                    at += 1
                    if at >= size or buffer[at] == 10:
                        raise ValueError(f"a COPY line ends in a backslash, at byte {at - 1}")
                    c = escaped(buffer[at])
                out.append(c)
            at += 1
        self.buffer = bytes(out)
        self.count = i
        return at + 1 if at < size else at


def escaped(c: int) -> int:
    """The character that a backslash before ``c`` makes of it."""
    if c == 110:
        return 10
    if c == 116:
        return 9
    if c == 114:
        return 13
    if c == 98:
        return 8
    if c == 102:
        return 12
    return 11 if c == 118 else c


class TuplePlan(Plan):
    """A plan with PostgreSQL's fast codecs, which read the server's text."""

    def cell(self, i: int, source: Spans, start: int, end: int, writer: Writer) -> None:
        """Append one value."""
        code = self.codes[i]
        buffer = source.buffer
        if code == _TEXT:
            writer.write_part(buffer, start, end)
        elif code == _INT:
            number = whole_number(buffer, start, end)
            bound = self.bounds[i]
            if bound != 0 and (number >= bound or number < -bound):
                raise ValueError("a whole number outside the range of its type")
            writer.write_long(number)
        elif code == _BOOL:
            if end - start != 1 or (buffer[start] != 116 and buffer[start] != 102):
                raise ValueError("not a boolean as PostgreSQL writes it")
            writer.write_boolean(buffer[start] == 116)
        elif code == _MICROS:
            writer.write_long(timestamp_micros(buffer, start, end))
        elif code == _MILLIS:
            writer.write_long(floor_div(timestamp_micros(buffer, start, end), 1000))
        elif code == _DAYS:
            writer.write_long(date_days(buffer, start, end))
        elif code == _TIME_MICROS:
            writer.write_long(time_micros(buffer, start, end))
        elif code == _TIME_MILLIS:
            writer.write_long(floor_div(time_micros(buffer, start, end), 1000))
        elif code == _FLOAT64:
            writer.write_double(read_float(buffer, start, end))  # type: ignore[name-defined]  # noqa: F821
        elif code == _FLOAT32:
            writer.write_float(read_float(buffer, start, end))  # type: ignore[name-defined]  # noqa: F821
        elif (code == _ZONED and write_zoned(buffer, start, end, self.bounds[i], writer)) or (
                code == _DECIMAL and write_decimal_text(buffer, start, end, self.bounds[i], writer)):
            return
        else:
            self.leave(i, buffer[start:end], writer)


def write_zoned(buffer: bytes, start: int, end: int, digits: int, writer: Writer) -> bool:
    """A timestamptz of the years 1 to 9999 in UTC as ISO text with that many fraction digits. False, and nothing written,
    for any other text, which is the general codec's. Raises ValueError for what is no timestamp."""
    size = end - start
    if size < 22 or size > 29 or buffer[start + 4] != 45 or buffer[end - 3] != 43 or buffer[end - 2] != 48 or (
            buffer[end - 1] != 48):
        return False
    timestamp_micros(buffer, start, end)
    sent = size - 23 if size > 22 else 0
    if sent > digits or buffer[start + 10] != 32:
        return False
    writer.write_long(20 + (digits + 1 if digits > 0 else 0))
    writer.write_slice(buffer, start, start + 10)
    writer.write_slice(b"T", 0, 1)
    writer.write_slice(buffer, start + 11, start + 19)
    if digits > 0:
        writer.write_slice(b".", 0, 1)
        writer.write_slice(buffer, start + 20, start + 20 + sent)
        writer.write_slice(b"000000", sent, digits)
    writer.write_slice(b"Z", 0, 1)
    return True
