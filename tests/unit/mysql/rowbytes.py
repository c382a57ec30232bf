"""Builds row images and text rows as MySQL's documentation lays them out, from plain Python values."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Sequence

ABSENT = object()
"""A column that is not in the image (binlog_row_image=NOBLOB or MINIMAL)."""

_FIXED = {1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 246, 247, 248}
_STRINGS = {15, 141, 253, 254}
_DIGIT_BYTES = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4]


def bitmap(bits: Sequence[bool]) -> bytes:
    """Lowest bit first."""
    out = bytearray((len(bits) + 7) // 8)
    for i, bit in enumerate(bits):
        out[i // 8] |= bit << i % 8
    return bytes(out)


def image(wires: Sequence[tuple[int, int]], cells: Sequence[bytes | object | None]) -> tuple[bytes, bytes]:
    """The row image of cells without their lengths, and the bitmap of the columns that are in it."""
    there = [(w, c) for w, c in zip(wires, cells, strict=True) if c is not ABSENT]
    out = bitmap([c is None for _, c in there])
    for (kind, meta), cell in there:
        if cell is None:
            continue
        assert isinstance(cell, bytes)
        if kind not in _FIXED:
            size = (2 if meta > 255 else 1) if kind in _STRINGS else meta
            out += len(cell).to_bytes(size, "little")
        out += cell
    return out, bitmap([c is not ABSENT for c in cells])


def text_row(cells: Sequence[bytes | None]) -> bytes:
    """A row packet of the text protocol."""
    out = b""
    for cell in cells:
        if cell is None:
            out += b"\xfb"
            continue
        n = len(cell)
        if n < 251:
            out += bytes([n])
        elif n < 1 << 16:
            out += b"\xfc" + n.to_bytes(2, "little")
        else:
            out += b"\xfd" + n.to_bytes(3, "little")
        out += cell
    return out


def whole(number: int, size: int) -> bytes:
    """A whole number, signed or not."""
    return number.to_bytes(size, "little", signed=number < 0)


def newdecimal(unscaled: int, precision: int, scale: int) -> bytes:
    """DECIMAL(precision, scale)."""
    digits = f"{abs(unscaled):0{precision}d}"
    left, right = digits[:precision - scale], digits[precision - scale:]
    first = len(left) % 9
    groups = ([left[:first]] if first else []) + [left[i:i + 9] for i in range(first, len(left), 9)]
    groups += [right[i:i + 9] for i in range(0, len(right), 9)]
    out = bytearray(b"".join(int(g).to_bytes(_DIGIT_BYTES[len(g)], "big") for g in groups))
    if unscaled < 0:
        out = bytearray(b ^ 0xFF for b in out)
    out[0] ^= 0x80
    return bytes(out)


def date(value: dt.date) -> bytes:
    """DATE."""
    return (value.day | value.month << 5 | value.year << 9).to_bytes(3, "little")


def decimal_text(unscaled: int, scale: int) -> str:
    """A DECIMAL as the server prints it."""
    digits = f"{abs(unscaled):0{scale + 1}d}"
    text = f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits
    return "-" + text if unscaled < 0 else text


def _fraction(micro: int, digits: int) -> bytes:
    size = (digits + 1) // 2
    return (micro // 10 ** (6 - 2 * size)).to_bytes(size, "big")


def datetime2(value: dt.datetime, digits: int) -> bytes:
    """DATETIME2; the fraction must fit the digits."""
    packed = value.year * 13 + value.month
    packed = packed << 5 | value.day
    packed = ((packed << 5 | value.hour) << 6 | value.minute) << 6 | value.second
    return (packed + 0x8000000000).to_bytes(5, "big") + _fraction(value.microsecond, digits)


def timestamp2(value: dt.datetime, digits: int) -> bytes:
    """TIMESTAMP2 of a time in UTC."""
    seconds = int((value.replace(microsecond=0) - dt.datetime(1970, 1, 1)).total_seconds())
    return seconds.to_bytes(4, "big") + _fraction(value.microsecond, digits)


def time2(micros: int, digits: int) -> bytes:
    """TIME2; the fraction must fit the digits."""
    size = (digits + 1) // 2
    seconds, micro = divmod(abs(micros), 1_000_000)
    clock = seconds // 3600 << 12 | seconds // 60 % 60 << 6 | seconds % 60
    packed = clock << 8 * size | micro // 10 ** (6 - 2 * size)
    if micros < 0:
        packed = -packed
    return (packed + (0x800000 << 8 * size)).to_bytes(3 + size, "big")


def clock_text(micros: int, digits: int) -> str:
    """A TIME as the server prints it."""
    seconds, micro = divmod(abs(micros), 1_000_000)
    text = f"{'-' if micros < 0 else ''}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return text + (f".{micro:06d}"[:1 + digits] if digits else "")


def moment_text(value: dt.datetime, digits: int) -> str:
    """A DATETIME or TIMESTAMP as the server prints it."""
    text = value.strftime("%Y").rjust(4, "0") + value.strftime("-%m-%d %H:%M:%S")
    return text + (f".{value.microsecond:06d}"[:1 + digits] if digits else "")


def float_text(value: float) -> str:
    """A double as the server prints it exactly."""
    return repr(value)


def geometry(x: float, y: float, srid: int = 0) -> bytes:
    """A POINT in the server's form."""
    return struct.pack("<IBIdd", srid, 1, 1, x, y)
