# cython: annotation_typing=False
"""MySQL's binary JSON → compact text, straight into a buffer.

What is written is what :mod:`connectors.mysql.types.json_text` makes of the document. A document that is damaged, or has what is
not known here, is left to it: it says what is wrong. Nothing is written then.
"""

from collections.abc import Callable

from connectors.core.numbers import write_digits
from connectors.mysql.core.values import little
from schemas.core.jsontext import _read_double, write_text
from schemas.core.writer import Writer

__all__ = ["Document", "double_text", "write_document"]

_ALL = 0xFFFFFFFFFFFFFFFF
_DEEPEST = 100
_HEX = b"0123456789abcdef"


# Compiled, this is the inline function of jsontext.pxd.
globals().setdefault("read_double", _read_double)


class Document:
    """One document while it is written. ``left`` is the budget of :class:`connectors.mysql.types.json_walk.Walk`, from which
    every byte that is read is paid. ``opaque`` gives the text of a value of a SQL type without a JSON twin: of its column type's
    number and bytes."""

    def __init__(self, data: bytes, left: int, writer: Writer, opaque: Callable[[int, bytes], str] | None) -> None:
        self.data = data
        self.left = left
        self.writer = writer
        self.opaque = opaque
        self.stop = 0

    def value(self, kind: int, at: int, end: int, depth: int) -> bool:
        """Append a value whose bytes are between ``at`` and ``end``; False when it is left to others."""
        data, writer = self.data, self.writer
        if kind < 4:
            return depth < _DEEPEST and self.container(kind, at, end, depth)
        if kind == 4:
            if at >= end or data[at] > 2:
                return False
            writer.write_raw(b"null" if data[at] == 0 else b"true" if data[at] == 1 else b"false")
            return True
        if kind < 11:
            return self.number(kind, at, end)
        if kind == 11:
            if end - at < 8:
                return False
            number = read_double(data, at)  # type: ignore[name-defined]  # noqa: F821
            if number - number != 0:
                return False
            writer.write_raw(double_text(number).encode("ascii"))
            return True
        if kind == 12:
            start = self.sized(at, end)
            return start >= 0 and self.text(start, self.stop)
        if kind == 15 and self.opaque is not None and end - at >= 2:
            start = self.sized(at + 1, end)
            if start < 0:
                return False
            writer.write_raw(self.opaque(data[at], data[start:self.stop]).encode("utf-8"))
            return True
        return False

    def container(self, kind: int, at: int, end: int, depth: int) -> bool:
        """Append an object or an array."""
        data, writer = self.data, self.writer
        large = kind & 1
        width = 4 if large else 2
        if end - at < 2 * width:
            return False
        count = little(data, at, width)
        size = little(data, at + width, width)
        named = kind < 2
        keys = at + 2 * width
        table = keys + (count * (width + 2) if named else 0)
        head = table + count * (1 + width) - at
        if size > end - at or head > size:
            return False
        self.left -= head
        if self.left < 0:
            return False
        writer.write_byte(123 if named else 91)
        i = 0
        while i < count:
            if i > 0:
                writer.write_byte(44)
            if named:
                where = little(data, keys, width)
                length = little(data, keys + width, 2)
                keys += width + 2
                if where < head or where + length > size:
                    return False
                self.left -= length
                if self.left < 0 or not self.text(at + where, at + where + length):
                    return False
                writer.write_byte(58)
            member = data[table]
            if member == 4 or member == 5 or member == 6 or (large and (member == 7 or member == 8)):
                if not self.value(member, table + 1, table + 1 + width, depth + 1):
                    return False
            else:
                where = little(data, table + 1, width)
                if where < head or where >= size or not self.value(member, at + where, at + size, depth + 1):
                    return False
            table += 1 + width
            i += 1
        writer.write_byte(125 if named else 93)
        return True

    def number(self, kind: int, at: int, end: int) -> bool:
        """Append a whole number: of 2, 4 or 8 bytes, of odd kinds signed."""
        size = 2 if kind < 7 else 4 if kind < 9 else 8
        if end - at < size:
            return False
        number = 0
        i = size
        while i > 0:
            i -= 1
            number = (number << 8) | self.data[at + i]
        if kind & 1 and self.data[at + size - 1] > 127:
            self.writer.write_byte(45)
            number = (_ALL >> (64 - 8 * size)) - number + 1
        write_digits(number, self.writer)
        return True

    def sized(self, at: int, end: int) -> int:
        """Where bytes behind their length begin, ``stop`` is where they end; -1 when they are not there."""
        length = shift = 0
        while True:
            if at >= end or shift > 28:
                return -1
            byte = self.data[at]
            at += 1
            length |= (byte & 127) << shift
            if byte < 128:
                break
            shift += 7
        if length > end - at:
            return -1
        self.left -= length + 1
        if self.left < 0:
            return -1
        self.stop = at + length
        return at

    def text(self, start: int, end: int) -> bool:
        """Append a text in quotes; False when it is no UTF-8."""
        return write_text(self.data, start, end, _HEX, self.writer) < 0


def write_document(data: bytes, start: int, end: int, writer: Writer, opaque: Callable[[int, bytes], str] | None) -> bool:
    """Append the text of the document between ``start`` and ``end``; False, and nothing appended, when it is left to others.
    Without ``opaque`` one that needs it is left too. An error of ``opaque`` is the caller's, who must truncate the writer."""
    if start < 0 or end > len(data) or start > end:
        return False
    if start == end:
        writer.write_raw(b"null")
        return True
    before = writer.size()
    if Document(data, end - start + 1, writer, opaque).value(data[start], start + 1, end, 0):
        return True
    writer.truncate(before)
    return False


def double_text(value: float) -> str:
    """A finite double as the server prints it in JSON: the shortest digits that tell it, with a point or an exponent; without
    an exponent from 1e-15 up to 1e15, and above as long as there are digits behind the point."""
    text = repr(value)
    if 1e-4 <= abs(value) < 1e15 or value == 0:
        return text
    sign = "-" if text[0] == "-" else ""
    mantissa, _, exponent = text.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) - (len(whole + fraction) - len(digits)) + int(exponent or 0)
    digits = digits.rstrip("0")
    if -14 <= point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if 0 < point < len(digits):
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if 0 < point <= 15:
        return f"{sign}{digits.ljust(point, '0')}.0"
    rest = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{rest}e{point - 1}"
