"""Whole numbers, BIT, YEAR, floats, decimals."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from decimal import Decimal

from connectors.codec import Codec
from connectors.mysql.core import codes
from connectors.mysql.structure import ColumnDef, Wire
from connectors.mysql.types import wires
from connectors.mysql.types.options import TypeOptions
from schemas import model, semantic
from schemas.model import Schema, Value, decimal_of

__all__ = ["bit", "decimal", "double", "float4", "whole", "year"]

_SIZES = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8}
_WIRES = {"tinyint": wires.TINY, "smallint": wires.SHORT, "mediumint": wires.INT24, "int": wires.LONG, "bigint": wires.LONGLONG}
_SIGNED = {"tinyint": model.INT16, "smallint": model.INT16, "mediumint": model.INT32, "int": model.INT32, "bigint": model.INT64}
_UNSIGNED = {**_SIGNED, "smallint": model.INT32, "int": model.INT64}
_F, _D = struct.Struct("<f"), struct.Struct("<d")
_WHOLE = re.compile(rb"-?[0-9]{1,255}")
_DECIMAL = re.compile(r"([+-]?)([0-9]{0,65})(?:\.([0-9]{0,38}))?")


def whole(column: ColumnDef, wire: Wire | None, options: TypeOptions) -> Codec:
    """TINYINT … BIGINT. BOOLEAN is a TINYINT(1) and like any TINYINT a 16-bit number."""
    if wire is not None and wire.type != _WIRES[column.type]:
        raise wires.mismatch(column, wire)
    size, unsigned = _SIZES[column.type], column.unsigned
    number = _binary_whole(size, unsigned) if wire is not None else _text_whole(size, unsigned)
    if size == 8 and unsigned:
        return _bigint_unsigned(number, wire, options)
    schema = (_UNSIGNED if unsigned else _SIGNED)[column.type]
    fast = codes.TEXT_INT if wire is None else codes.UINT if unsigned else codes.INT
    return Codec(schema, number, 0, fast)


def _binary_whole(size: int, unsigned: bool) -> Callable[[bytes], int]:
    def read(raw: bytes) -> int:
        if len(raw) != size:
            raise ValueError("a whole number of another size than its type")
        return int.from_bytes(raw, "little", signed=not unsigned)

    return read


def _text_whole(size: int, unsigned: bool) -> Callable[[bytes], int]:
    low, high = (0, 1 << 8 * size) if unsigned else (-(1 << 8 * size - 1), 1 << 8 * size - 1)

    def read(raw: bytes) -> int:
        # ZEROFILL fills up to the display width, which is 255 at most.
        if not _WHOLE.fullmatch(raw):
            raise ValueError("not a whole number as the server writes it")
        number = int(raw)
        if not low <= number < high:
            raise ValueError("a whole number outside the range of its type")
        return number

    return read


def _bigint_unsigned(number: Callable[[bytes], int], wire: Wire | None, options: TypeOptions) -> Codec:
    if options.bigint_unsigned == "precise":
        return Codec(decimal_of(0, 20), lambda raw: Decimal(number(raw)), Decimal(0))

    def wrapped(raw: bytes) -> int:
        value = number(raw)
        return value if value < 1 << 63 else value - (1 << 64)

    return Codec(model.INT64, wrapped, 0, codes.TEXT_INT if wire is None else codes.UINT)


def year(column: ColumnDef, wire: Wire | None) -> Codec:
    """YEAR; the year 0000 is 0."""
    if wire is None:
        return Codec(semantic.time("Year"), _text_whole(2, True), 0, codes.TEXT_INT)
    if wire.type != wires.YEAR:
        raise wires.mismatch(column, wire)
    return Codec(semantic.time("Year"), _year, 0, codes.YEAR)


def _year(raw: bytes) -> int:
    if len(raw) != 1:
        raise ValueError("a year of another size than its type")
    return 1900 + raw[0] if raw[0] else 0


def bit(column: ColumnDef, wire: Wire | None) -> Codec:
    """BIT(n): BOOLEAN for one bit, else little-endian bytes, as many as n needs. Both forms are big endian."""
    if wire is not None and wire.type != wires.BIT:
        raise wires.mismatch(column, wire)
    length = column.length or (1 if wire is None else (wire.meta >> 8) * 8 + (wire.meta & 0xFF))
    size = (length + 7) // 8

    def checked(raw: bytes) -> bytes:
        if len(raw) != size:
            raise ValueError("a bit field of another size than its type")
        return raw

    if length == 1:
        return Codec(model.BOOLEAN, lambda raw: checked(raw) != b"\0", False)
    return Codec(semantic.bits(length), lambda raw: checked(raw)[::-1], bytes(size))


def float4(column: ColumnDef, wire: Wire | None) -> Codec:
    """FLOAT as a 32-bit float; FLOAT(M,D) as the 64-bit float of the same value. The text form is the exact 64-bit text of
    :func:`connectors.mysql.types.select_expression`."""
    if column.scale is None and (column.length or 0) > 24:
        return double(column, wire)
    if wire is None:
        if column.scale is not None:
            return Codec(model.FLOAT64, _text_float4, 0.0)
        return Codec(model.FLOAT32, _text_float4, 0.0, codes.TEXT_FLOAT)
    if wire.type != wires.FLOAT:
        raise wires.mismatch(column, wire)
    if column.scale is not None:
        return Codec(model.FLOAT64, lambda raw: _unpacked(_F, raw), 0.0)
    return Codec(model.FLOAT32, lambda raw: _unpacked(_F, raw), 0.0, codes.FLOAT)


def double(column: ColumnDef, wire: Wire | None) -> Codec:
    """DOUBLE and REAL."""
    if wire is None:
        return Codec(model.FLOAT64, _text_double, 0.0, codes.TEXT_DOUBLE)
    if wire.type != wires.DOUBLE:
        raise wires.mismatch(column, wire)
    return Codec(model.FLOAT64, lambda raw: _unpacked(_D, raw), 0.0, codes.DOUBLE)


def _unpacked(form: struct.Struct, raw: bytes) -> float:
    if len(raw) != form.size:
        raise ValueError("a float of another size than its type")
    value: float = form.unpack(raw)[0]
    return value


def _text_double(raw: bytes) -> float:
    try:
        return float(raw)
    except ValueError:
        raise ValueError("not a float as the server writes it") from None


def _text_float4(raw: bytes) -> float:
    try:
        value: float = _F.unpack(_F.pack(_text_double(raw)))[0]
    except OverflowError:
        raise ValueError("a float outside the range of its type") from None
    return value


def decimal(column: ColumnDef, wire: Wire | None, options: TypeOptions) -> Codec:
    """DECIMAL in the three modes, with its column's scale."""
    if wire is not None and wire.type != wires.NEWDECIMAL:
        raise wires.mismatch(column, wire)
    if wire is not None:
        # The log's own precision and scale, in which the bytes are.
        precision, scale = wire.meta & 0xFF, wire.meta >> 8
        wires.decimal_size(precision, scale)
    else:
        precision, scale = 10 if column.length is None else column.length, column.scale or 0

    def unscaled(raw: bytes) -> int:
        return _text_decimal(raw, scale) if wire is None else wires.unscaled_decimal(raw, precision, scale)

    if options.decimal == "string":
        return Codec(model.STRING, lambda raw: _plain(unscaled(raw), scale), _plain(0, scale))
    if options.decimal == "double":
        return Codec(model.FLOAT64, lambda raw: float(_plain(unscaled(raw), scale)), 0.0)
    fast, bound = (codes.TEXT_DECIMAL, scale) if wire is None else (codes.DECIMAL, precision * 256 + scale)
    schema: Schema = decimal_of(scale, precision)
    return Codec(schema, lambda raw: _exact(unscaled(raw), scale), _exact(0, scale), fast, bound)


def _text_decimal(raw: bytes, scale: int) -> int:
    found = _DECIMAL.fullmatch(raw.decode("ascii", "replace"))
    if found is None or not (found[2] or found[3]):
        raise ValueError("not a decimal as the server writes it")
    fraction = found[3] or ""
    if len(fraction) > scale and fraction[scale:].strip("0"):
        raise ValueError("a decimal with more digits than its scale")
    number = int((found[2] or "0") + fraction[:scale].ljust(scale, "0"))
    return -number if found[1] == "-" else number


def _exact(number: int, scale: int) -> Decimal:
    return Decimal((number < 0, tuple(map(int, str(abs(number)))), -scale))


def _plain(number: int, scale: int) -> Value:
    digits = str(abs(number)).rjust(scale + 1, "0")
    sign = "-" if number < 0 else ""
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else sign + digits
