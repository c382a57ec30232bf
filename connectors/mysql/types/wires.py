"""The numbers of the column types in the binary log (``MYSQL_TYPE_*``), and what values' bytes are apart from any schema."""

from __future__ import annotations

import zlib

from connectors.mysql.structure import ColumnDef, Wire

__all__ = [
    "BIT", "BLOB", "BLOBS", "BLOB_COMPRESSED", "DATE", "DATETIME", "DATETIME2", "DOUBLE", "ENUM", "FLOAT", "GEOMETRY", "INT24",
    "JSON", "LONG", "LONGLONG", "NEWDATE", "NEWDECIMAL", "SET", "SHORT", "STRING", "STRINGS", "TIME", "TIME2", "TIMESTAMP",
    "TIMESTAMP2", "TINY", "VARCHAR", "VARCHAR_COMPRESSED", "VAR_STRING", "VECTOR", "YEAR", "decimal_size", "inflate", "mismatch",
    "unscaled_decimal",
]

TINY, SHORT, LONG, FLOAT, DOUBLE, TIMESTAMP, LONGLONG, INT24 = 1, 2, 3, 4, 5, 7, 8, 9
DATE, TIME, DATETIME, YEAR, NEWDATE, VARCHAR, BIT = 10, 11, 12, 13, 14, 15, 16
TIMESTAMP2, DATETIME2, TIME2 = 17, 18, 19
BLOB_COMPRESSED, VARCHAR_COMPRESSED = 140, 141
VECTOR, JSON, NEWDECIMAL, ENUM, SET = 242, 245, 246, 247, 248
BLOB, VAR_STRING, STRING, GEOMETRY = 252, 253, 254, 255
BLOBS = (249, 250, 251, BLOB, BLOB_COMPRESSED)
STRINGS = (VARCHAR, VAR_STRING, STRING, VARCHAR_COMPRESSED)

_DIGIT_BYTES = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)
_BIGGEST = (0, 9, 99, 999, 9_999, 99_999, 999_999, 9_999_999, 99_999_999, 999_999_999)


def mismatch(column: ColumnDef, wire: Wire) -> ValueError:
    """What is raised when a column's known type cannot be what the log has."""
    return ValueError(f"column {column.name!r} is known as {column.type}, the binary log has type number {wire.type}")


def decimal_size(precision: int, scale: int) -> int:
    """How many bytes a DECIMAL takes. Raises ValueError for what is no DECIMAL."""
    whole = precision - scale
    if not 0 < precision <= 65 or scale < 0 or whole < 0:
        raise ValueError("not the precision and scale of a decimal")
    return whole // 9 * 4 + _DIGIT_BYTES[whole % 9] + scale // 9 * 4 + _DIGIT_BYTES[scale % 9]


def unscaled_decimal(raw: bytes, precision: int, scale: int) -> int:
    """The unscaled number of a DECIMAL in its binary form: groups of nine digits, big endian; the first bit is the sign, and a
    negative number has all bits turned over. Raises ValueError when it is damaged."""
    if len(raw) != decimal_size(precision, scale):
        raise ValueError("a decimal of another length than its precision needs")
    negative = not raw[0] & 0x80
    data = bytes([raw[0] ^ 0x80]) + raw[1:]
    if negative:
        data = bytes(b ^ 0xFF for b in data)
    whole = precision - scale
    groups = [whole % 9] if whole % 9 else []
    groups += [9] * (whole // 9) + [9] * (scale // 9)
    if scale % 9:
        groups.append(scale % 9)
    number = at = 0
    for digits in groups:
        size = _DIGIT_BYTES[digits]
        part = int.from_bytes(data[at:at + size], "big")
        if part > _BIGGEST[digits]:
            raise ValueError("a decimal with digits beyond its precision")
        number = number * 10**digits + part
        at += size
    return -number if negative else number


def inflate(raw: bytes) -> bytes:
    """The value of a COMPRESSED column of MariaDB. Raises ValueError when it is damaged.

    Its first byte tells the method in the high four bits (0: as it is, 8: zlib), whether zlib's header is left out (8), and how
    many bytes of length follow (low three bits, big endian).
    """
    if not raw:
        return raw
    head = raw[0]
    if head >> 4 == 0:
        return raw[1:]
    size = head & 7
    if head >> 4 != 8 or not 1 <= size <= 4 or len(raw) < 1 + size:
        raise ValueError("a compressed value of an unknown method")
    length = int.from_bytes(raw[1:1 + size], "big")
    stream = zlib.decompressobj(-zlib.MAX_WBITS if head & 8 else zlib.MAX_WBITS)
    try:
        value = stream.decompress(raw[1 + size:], length + 1)
    except zlib.error:
        raise ValueError("a compressed value that zlib cannot read") from None
    if len(value) != length or not stream.eof:
        raise ValueError("a compressed value of another length than it says")
    return value
