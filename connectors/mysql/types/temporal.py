"""DATE, TIME, DATETIME, TIMESTAMP in the modes of ``time.precision.mode``.

A date with a zero in it (``0000-00-00``, ``2010-00-01``, the year 0) has no form in any schema: ``read`` gives None for it, and
the codec says so (``gaps``). A date that is in no calendar (``2010-02-31``, which ALLOW_INVALID_DATES lets in) cannot be
converted.
"""

from __future__ import annotations

from collections.abc import Callable

from connectors.codec import Codec
from connectors.core.numbers import days_from_civil
from connectors.core.plan import CALL
from connectors.mysql.core import codes
from connectors.mysql.structure import ColumnDef, Wire
from connectors.mysql.types import wires
from connectors.mysql.types.moments import Date, date_reader, datetime_reader, time_reader, timestamp_reader
from connectors.mysql.types.options import TypeOptions
from connectors.temporal import DAY_MICROS, iso_date, iso_time, iso_timestamp
from schemas import model, semantic
from schemas.model import Schema, Value

__all__ = ["date", "datetime", "time", "timestamp"]

_LONG = 0x7FFFFFFFFFFFFFFF
_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _days(date: Date, adjust: bool) -> int | None:
    """Days since 1970, None for a date with a zero in it."""
    year, month, day = date
    if not (year and month and day):
        return None
    if adjust and year < 100:
        year += 2000 if year < 70 else 1900
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if month > 12 or day > _MONTHS[month - 1] or (month == 2 and day == 29 and not leap):
        raise ValueError("a date that is not in the calendar")
    days: int = days_from_civil(year, month, day)
    return days


def _digits(column: ColumnDef, wire: Wire | None, old: int, new: int) -> int:
    """The fraction digits. Raises ValueError when the log has another type."""
    if wire is None:
        return column.scale or 0
    if wire.type == new:
        return wire.meta
    if wire.type != old:
        raise wires.mismatch(column, wire)
    if column.scale:
        raise ValueError(
            f"column {column.name!r} is written in MariaDB's old form of times with fractions; set mysql56_temporal_format=ON on "
            "the server and run ALTER TABLE … FORCE")
    return 0


def date(column: ColumnDef, wire: Wire | None, options: TypeOptions) -> Codec:
    """DATE."""
    if wire is not None and wire.type not in (wires.DATE, wires.NEWDATE):
        raise wires.mismatch(column, wire)
    parts, adjust = date_reader(None if wire is None else wire.type), options.time_adjuster

    def days(raw: bytes) -> int | None:
        return _days(parts(raw), adjust)

    if options.time == "isostring":
        return _gaps(semantic.time("IsoDate"), _mapped(days, lambda d: iso_date(d) + "Z"), "1970-01-01Z")
    schema = model.connect_date() if options.time == "connect" else semantic.time("Date")
    return _gaps(schema, days, 0, codes.TEXT_DAYS if wire is None else codes.DAYS)


def datetime(column: ColumnDef, wire: Wire | None, options: TypeOptions) -> Codec:
    """DATETIME, as if in UTC."""
    digits = _digits(column, wire, wires.DATETIME, wires.DATETIME2)
    parts, adjust = datetime_reader(None if wire is None else wire.type, digits), options.time_adjuster

    def micros(raw: bytes) -> int | None:
        found, clock = parts(raw)
        days = _days(found, adjust)
        return None if days is None else days * DAY_MICROS + clock

    millis_code = micros_code = CALL
    if wire is None:
        millis_code, micros_code = codes.TEXT_DATETIME_MILLIS, codes.TEXT_DATETIME_MICROS
    elif wire.type == wires.DATETIME2:
        millis_code, micros_code = codes.DATETIME2_MILLIS, codes.DATETIME2_MICROS
    match options.time:
        case "isostring":
            return _gaps(semantic.time("IsoTimestamp"), _mapped(micros, lambda m: iso_timestamp(m) + "Z"), "1970-01-01T00:00:00Z")
        case "nanoseconds":
            return _gaps(semantic.time("NanoTimestamp"), _mapped(micros, _nanos), 0)
        case "microseconds":
            return _gaps(semantic.time("MicroTimestamp"), micros, 0, micros_code, digits)
        case "connect":
            return _gaps(model.connect_timestamp(), _mapped(micros, _millis), 0, millis_code, digits)
    if digits <= 3:
        return _gaps(semantic.time("Timestamp"), _mapped(micros, _millis), 0, millis_code, digits)
    return _gaps(semantic.time("MicroTimestamp"), micros, 0, micros_code, digits)


def timestamp(column: ColumnDef, wire: Wire | None, options: TypeOptions) -> Codec:
    """TIMESTAMP: text in UTC with exactly the column's number of fraction digits, in every mode. The text form must come from
    a session in UTC."""
    digits = _digits(column, wire, wires.TIMESTAMP, wires.TIMESTAMP2)
    schema, zero = semantic.time("ZonedTimestamp"), "1970-01-01T00:00:00Z"

    def text(micros: int) -> str:
        return iso_timestamp(micros, digits) + "Z"

    if wire is not None:
        fast = codes.ZONED if wire.type == wires.TIMESTAMP2 else CALL
        return _gaps(schema, _mapped(timestamp_reader(wire.type, digits), text), zero, fast, digits)
    parts = datetime_reader(None, digits)

    def micros(raw: bytes) -> int | None:
        found, clock = parts(raw)
        days = _days(found, False)
        return None if days is None else days * DAY_MICROS + clock

    return _gaps(schema, _mapped(micros, text), zero, codes.TEXT_ZONED, digits)


def time(column: ColumnDef, wire: Wire | None, options: TypeOptions) -> Codec:
    """TIME, from -838:59:59 to 838:59:59. The modes ``connect`` and ``isostring`` can hold a time of the day only."""
    digits = _digits(column, wire, wires.TIME, wires.TIME2)
    micros = time_reader(None if wire is None else wire.type, digits)

    def of_day(raw: bytes) -> int:
        value = micros(raw)
        if not 0 <= value <= DAY_MICROS:
            raise ValueError(f"a TIME outside 00:00 … 24:00, which time.precision.mode={options.time} cannot hold")
        return value

    match options.time:
        case "isostring":
            return Codec(semantic.time("IsoTime"), lambda raw: iso_time(of_day(raw) % DAY_MICROS) + "Z", "00:00:00Z")
        case "connect":
            return Codec(model.connect_time(), lambda raw: of_day(raw) // 1000, 0)
        case "nanoseconds":
            return Codec(semantic.time("NanoTime"), lambda raw: micros(raw) * 1000, 0)
    fast = codes.TEXT_TIME_MICROS if wire is None else codes.TIME2_MICROS if wire.type == wires.TIME2 else CALL
    return Codec(semantic.time("MicroTime"), micros, 0, fast, digits)


def _millis(micros: int) -> int:
    return micros // 1000


def _nanos(micros: int) -> int:
    if not -_LONG - 1 <= micros * 1000 <= _LONG:
        raise ValueError("a datetime outside 1677-09-21 … 2262-04-11, which time.precision.mode=nanoseconds cannot hold")
    return micros * 1000


def _mapped(read: Callable[[bytes], int | None], form: Callable[[int], Value]) -> Callable[[bytes], Value]:
    def mapped(raw: bytes) -> Value:
        value = read(raw)
        return None if value is None else form(value)

    return mapped


def _gaps(schema: Schema, read: Callable[[bytes], Value], zero: Value, fast: int = CALL, bound: int = 0) -> Codec:
    return Codec(schema, read, zero, fast, bound, gaps=True)
