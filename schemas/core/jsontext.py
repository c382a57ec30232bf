# cython: annotation_typing=False
"""Texts of JSON: UTF-8 in quotes, escaped."""

import struct

from schemas.core.writer import Writer

__all__ = ["character_size", "write_text"]

_ESCAPES = b"btn?fr"
"""The letters of the characters 8 to 13; 11 has none."""


def _plain8(data: bytes, at: int) -> bool:
    return False


def _read_double(data: bytes, at: int) -> float:
    value: float = struct.unpack_from("<d", data, at)[0]
    return value


# Compiled, these are the inline functions of jsontext.pxd.
globals().setdefault("plain8", _plain8)
globals().setdefault("read_double", _read_double)


def character_size(data: bytes, at: int, end: int) -> int:
    """How many bytes the character at ``at`` has, which is none of ASCII; 0 when it is no UTF-8 (also: a surrogate, or a form
    longer than needed)."""
    c = data[at]
    if c < 0xC2 or c > 0xF4:
        return 0
    size = 2 if c < 0xE0 else 3 if c < 0xF0 else 4
    if size > end - at:
        return 0
    d = data[at + 1]
    if d < 0x80 or d > 0xBF or (c == 0xE0 and d < 0xA0) or (c == 0xED and d > 0x9F) or (c == 0xF0 and d < 0x90) or (
            c == 0xF4 and d > 0x8F):
        return 0
    i = 2
    while i < size:
        d = data[at + i]
        if d < 0x80 or d > 0xBF:
            return 0
        i += 1
    return size


def write_text(data: bytes, start: int, end: int, digits: bytes, writer: Writer) -> int:
    """Append ``data[start:end]``, which lies in the data, as a text in quotes; control characters that have no letter are told
    in the 16 ``digits``. -1, or where it is no UTF-8: the writer is then to be truncated."""
    writer.write_byte(34)
    done = at = start
    while at < end:
        if at + 8 <= end and plain8(data, at):  # type: ignore[name-defined]  # noqa: F821
            at += 8
            continue
        c = data[at]
        if c > 127:
            size = character_size(data, at, end)
            if size == 0:
                return at
            at += size
            continue
        if c < 32 or c == 34 or c == 92:
            writer.write_slice(data, done, at)
            writer.write_byte(92)
            if c > 31:
                writer.write_byte(c)
            elif c > 7 and c < 14 and c != 11:
                writer.write_byte(_ESCAPES[c - 8])
            else:
                writer.write_raw(b"u00")
                writer.write_byte(digits[c >> 4])
                writer.write_byte(digits[c & 15])
            done = at + 1
        at += 1
    writer.write_slice(data, done, end)
    writer.write_byte(34)
    return -1
