"""MySQL's binary JSON as containers and scalars: what the text and the tree of a document are both made from.

A container tells its size, its number of members and where they are; every place is checked to be inside it. What is read is
paid from a budget of the document's size, as members that share bytes (which no server writes) could else blow up.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from connectors.mysql.types import wires
from connectors.mysql.types.moments import unpacked_datetime, unpacked_time

__all__ = [
    "ARRAYS", "DOUBLE", "INT16", "INT32", "INT64", "LITERAL", "MAX_DEPTH", "OBJECTS", "OPAQUE", "STRING", "UINT16", "UINT32",
    "UINT64", "Opaque", "Scalar", "UInt", "Walk", "opaque_text",
]

SMALL_OBJECT, LARGE_OBJECT, SMALL_ARRAY, LARGE_ARRAY, LITERAL = range(5)
INT16, UINT16, INT32, UINT32, INT64, UINT64, DOUBLE, STRING, OPAQUE = 5, 6, 7, 8, 9, 10, 11, 12, 15
OBJECTS, ARRAYS = (SMALL_OBJECT, LARGE_OBJECT), (SMALL_ARRAY, LARGE_ARRAY)
MAX_DEPTH = 100
"""The server's own bound on nesting."""

_NUMBERS = {
    INT16: (2, True), UINT16: (2, False), INT32: (4, True), UINT32: (4, False), INT64: (8, True), UINT64: (8, False)}
_DOUBLE = struct.Struct("<d")
_KEYS = struct.Struct("<HH"), struct.Struct("<IH")
_VALUES = struct.Struct("<BH"), struct.Struct("<BI")
_COUNTS = struct.Struct("<HH"), struct.Struct("<II")


class UInt(int):
    """A number that the document has as unsigned."""


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value of a SQL type without a JSON twin: its column type's number and bytes."""

    type: int
    data: bytes


Scalar = None | bool | int | float | str | Opaque


class Walk:
    """Reads one document's parts. Raises ValueError for what is damaged."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._left = len(data) + 1

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise ValueError("a JSON document whose members share their bytes")

    def members(self, kind: int, at: int, end: int) -> tuple[list[str] | None, list[tuple[int, int, int]]]:
        """The keys (None of an array) and for each member its type and where it is: from, to. A member inside the table of
        values itself is given the same way."""
        data, large = self.data, kind & 1
        width = 4 if large else 2
        if end - at < 2 * width:
            raise ValueError("a JSON container that is cut off")
        count, size = _COUNTS[large].unpack_from(data, at)
        key_table = count * (width + 2) if kind < SMALL_ARRAY else 0
        head = 2 * width + key_table + count * (1 + width)
        if size > end - at or head > size:
            raise ValueError("a JSON container larger than its place")
        self._spend(head)
        table = at + head - count * (1 + width)
        members = []
        places = table + 1
        for member, where in _VALUES[large].iter_unpack(data[table:at + head]):
            if member in (LITERAL, INT16, UINT16) or (large and member in (INT32, UINT32)):
                members.append((member, places, places + width))
            elif head <= where < size:
                members.append((member, at + where, at + size))
            else:
                raise ValueError("a JSON member outside its container")
            places += 1 + width
        if kind >= SMALL_ARRAY:
            return None, members
        return self._keys(large, at, at + 2 * width, key_table, head, size), members

    def _keys(self, large: int, at: int, table: int, table_size: int, head: int, size: int) -> list[str]:
        data = self.data
        keys = []
        for where, length in _KEYS[large].iter_unpack(data[table:table + table_size]):
            if where < head or where + length > size:
                raise ValueError("a JSON key outside its container")
            self._spend(length)
            keys.append(_text(data[at + where:at + where + length]))
        return keys

    def scalar(self, kind: int, at: int, end: int) -> Scalar:
        """A value that is no container."""
        data = self.data
        number = _NUMBERS.get(kind)
        if number is not None:
            size, signed = number
            if end - at < size:
                raise ValueError("a JSON number that is cut off")
            value = int.from_bytes(data[at:at + size], "little", signed=signed)
            return value if signed else UInt(value)
        if kind == STRING:
            return _text(self._sized(at, end))
        if kind == LITERAL:
            literal = data[at] if at < end else 255
            if literal > 2:
                raise ValueError("a JSON literal that is none")
            return (None, True, False)[literal]
        if kind == DOUBLE:
            if end - at < 8:
                raise ValueError("a JSON number that is cut off")
            double: float = _DOUBLE.unpack_from(data, at)[0]
            if double - double != 0:
                raise ValueError("a JSON number that is not finite")
            return double
        if kind == OPAQUE:
            if end - at < 2:
                raise ValueError("a JSON value that is cut off")
            return Opaque(data[at], self._sized(at + 1, end))
        raise ValueError(f"a JSON value of the unknown type {kind}")

    def _sized(self, at: int, end: int) -> bytes:
        """Bytes behind their length, which is in groups of seven bits, the low ones first."""
        data, length, shift = self.data, 0, 0
        while True:
            if at >= end or shift > 28:
                raise ValueError("a JSON value without its length")
            byte = data[at]
            at += 1
            length |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
        if length > end - at:
            raise ValueError("a JSON value that is cut off")
        self._spend(length + 1)
        return data[at:at + length]


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("a JSON text that is not UTF-8") from None


def opaque_text(value: Opaque) -> tuple[bool, str | None]:
    """Whether it stands in quotes, and the server's text of a decimal, a date, a time or a string; None: of no such type."""
    data = value.data
    match value.type:
        case wires.NEWDECIMAL:
            if len(data) < 2:
                raise ValueError("a JSON decimal that is cut off")
            number, scale = wires.unscaled_decimal(data[2:], data[0], data[1]), data[1]
            digits = str(abs(number)).rjust(scale + 1, "0")
            sign = "-" if number < 0 else ""
            return False, f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else sign + digits
        case wires.DATE | wires.DATETIME | wires.TIMESTAMP:
            (year, month, day), clock = unpacked_datetime(*_packed(data))
            text = f"{year:04d}-{month:02d}-{day:02d}"
            return True, text if value.type == wires.DATE else f"{text} {_clock(clock)}"
        case wires.TIME:
            whole, micro = _packed(data, signed=True)
            micros = unpacked_time(abs(whole), abs(micro))
            return True, ("-" if whole < 0 or micro < 0 else "") + _clock(micros)
        case wires.VAR_STRING:
            return True, _text(data)
    return True, None


def _packed(data: bytes, signed: bool = False) -> tuple[int, int]:
    """The whole part and the microseconds of a packed date or time; both are negative of a negative time."""
    if len(data) != 8:
        raise ValueError("a JSON date or time of another size than eight bytes")
    packed = int.from_bytes(data, "little", signed=True)
    if packed < 0 and not signed:
        raise ValueError("a JSON date before all dates")
    whole, micro = divmod(abs(packed), 1 << 24)
    return (-whole, -micro) if packed < 0 else (whole, micro)


def _clock(micros: int) -> str:
    seconds, micro = divmod(micros, 1_000_000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{micro:06d}"
