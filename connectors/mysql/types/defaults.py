"""The text behind DEFAULT → the schema's default.

Literals are told, and the epoch for CURRENT_TIMESTAMP; expressions, calls and what cannot be converted are not.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from ipaddress import AddressValueError, IPv6Address

from connect.api.errors import ConnectError
from connectors.codec import NO_DEFAULT
from connectors.mysql.structure import ColumnDef
from connectors.mysql.types import codec_of
from connectors.mysql.types.charsets import Charsets
from connectors.mysql.types.literals import Literal, Now, literal_of
from connectors.mysql.types.options import TypeOptions
from connectors.mysql.types.text import inet6_text
from schemas.model import Value

__all__ = ["default_of"]

_CHARACTER = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
_BINARY = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
_WHOLE = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_ROUNDING = Context(prec=200, rounding=ROUND_HALF_UP)
_DATE = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})(?:[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{0,6}))?)?)?")
_PACKED = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)(?:\.(\d{0,6}))?)?")
_TIME = re.compile(r"(-?)(?:(\d{1,2}) )?(\d{1,3}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{0,6}))?)?")
_CLOCK = re.compile(r"(-?)(\d{1,7})(?:\.(\d{0,6}))?")


def default_of(column: ColumnDef, options: TypeOptions, charsets: Charsets) -> Value:
    """The default of a column's schema, NO_DEFAULT when there is none that can be told.

    A zero date is no default, or in a NOT NULL column the epoch. CURRENT_TIMESTAMP is the epoch, unless the column is a
    TIMESTAMP that may be null.
    """
    if column.default is None or column.generated or column.auto_increment:
        return NO_DEFAULT
    literal = literal_of(column.default)
    if literal is None:
        return NO_DEFAULT
    try:
        codec = codec_of(column, None, options, charsets)
        if codec is None:
            return NO_DEFAULT
        if isinstance(literal, Now):
            told = column.type == "datetime" or (column.type == "timestamp" and not column.nullable)
            return codec.zero if told else NO_DEFAULT
        if column.type in _CHARACTER:
            return _text(column, literal, charsets)
        if column.type in ("enum", "set"):
            return _labels(column, _plain(literal, charsets, column.charset or "utf8mb4"))
        value = codec.read(_raw(column, literal, charsets))
    except (ConnectError, ValueError, ArithmeticError):
        return NO_DEFAULT
    if value is None:
        return NO_DEFAULT if column.nullable else codec.zero
    if column.type == "timestamp" and "." in value:
        # As Debezium prints it: without the zeros at the end of the fraction.
        return value[:-1].rstrip("0").rstrip(".") + "Z"
    return value


def _text(column: ColumnDef, literal: Literal, charsets: Charsets) -> str:
    text = _plain(literal, charsets, column.charset or "utf8mb4")
    return text.rstrip(" ") if column.type == "char" else text


def _plain(literal: Literal, charsets: Charsets, charset: str) -> str:
    if literal.text is not None:
        return literal.text
    if literal.number is not None:
        return f"{literal.number:f}"
    introduced = literal.charset if literal.charset not in (None, "binary") else charset
    return charsets.decoder(introduced or charset)(literal.data or b"")


def _raw(column: ColumnDef, literal: Literal, charsets: Charsets) -> bytes:
    """The literal as the text protocol would send it for the column. Raises ValueError."""
    kind = column.type
    if kind in _BINARY:
        if literal.data is not None:
            return literal.data
        return _plain(literal, charsets, "binary").encode("utf-8", "surrogateescape")
    if kind == "bit":
        return _bits(column, literal)
    if kind in _WHOLE:
        return str(int(_number(literal).to_integral_value(ROUND_HALF_UP))).encode()
    if kind == "decimal":
        scale = column.scale or 0
        return f"{_number(literal).quantize(Decimal(1).scaleb(-scale), context=_ROUNDING):f}".encode()
    if kind in ("float", "double"):
        return repr(float(_number(literal))).encode()
    if kind == "year":
        return _year(literal)
    if kind in ("date", "datetime", "timestamp"):
        return _moment(column, _plain(literal, charsets, "ascii").strip())
    if kind == "time":
        return _time(column, _plain(literal, charsets, "ascii").strip())
    text = _plain(literal, charsets, "ascii")
    if kind == "inet6":
        return _inet6(text)
    if kind in ("uuid", "inet4"):
        return text.encode()
    raise ValueError("a type that has no literal defaults")


def _number(literal: Literal) -> Decimal:
    if literal.number is not None:
        return literal.number
    if literal.data is not None:
        return Decimal(int.from_bytes(literal.data, "big"))
    try:
        number = Decimal((literal.text or "").strip())
    except InvalidOperation:
        raise ValueError("a default that is no number") from None
    if not number.is_finite() or abs(number.adjusted()) > 400:
        raise ValueError("a default that is no number")
    return number


def _bits(column: ColumnDef, literal: Literal) -> bytes:
    size = ((column.length or 1) + 7) // 8
    if literal.text is not None:
        return literal.text.encode("latin-1").rjust(size, b"\0")
    return int(_number(literal)).to_bytes(size, "big")


def _year(literal: Literal) -> bytes:
    number = int(_number(literal))
    if literal.text is not None and number == 0 and len(literal.text.strip()) < 4:
        return b"2000"
    if 0 < number < 100:
        number += 2000 if number < 70 else 1900
    return str(number).encode()


def _fraction(column: ColumnDef, digits: str | None) -> str:
    kept = column.scale or 0
    digits = (digits or "").ljust(6, "0")
    if digits[kept:].strip("0"):
        raise ValueError("a default with more fraction digits than its column")
    return f".{digits[:kept]}" if kept else ""


def _moment(column: ColumnDef, text: str) -> bytes:
    if text.strip("0") == "":
        return b"0000-00-00" if column.type == "date" else b"0000-00-00 00:00:00"
    found = _DATE.fullmatch(text) or _PACKED.fullmatch(text)
    if found is None:
        raise ValueError("a default that is no date")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    date = f"{year:04d}-{month:02d}-{day:02d}"
    if column.type == "date":
        return date.encode()
    return f"{date} {hour:02d}:{minute:02d}:{second:02d}{_fraction(column, found[7])}".encode()


def _time(column: ColumnDef, text: str) -> bytes:
    found = _TIME.fullmatch(text)
    if found is not None:
        sign, days, hours, minutes, seconds, fraction = found.groups()
        return (f"{sign}{int(days or 0) * 24 + int(hours):02d}:{int(minutes):02d}:{int(seconds or 0):02d}"
                f"{_fraction(column, fraction)}").encode()
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError("a default that is no time")
    digits = found[2].rjust(6, "0")
    return f"{found[1]}{digits[:-4]}:{digits[-4:-2]}:{digits[-2:]}{_fraction(column, found[3])}".encode()


def _labels(column: ColumnDef, text: str) -> str:
    """The label, or the members in their declared order."""
    folded = {label.casefold(): label for label in column.labels}
    if column.type == "enum":
        return text if text in column.labels else folded.get(text.casefold().rstrip(" "), text)
    members = {m if m in column.labels else folded.get(m.casefold().rstrip(" "), m) for m in text.split(",")}
    return ",".join(label for label in column.labels if label in members)


def _inet6(text: str) -> bytes:
    try:
        return inet6_text(IPv6Address(text).packed).encode()
    except AddressValueError:
        raise ValueError("a default that is no address") from None
