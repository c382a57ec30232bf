"""date, time, timestamp, with and without zone, in the modes of ``time.precision.mode``; interval.

The calendar is the proleptic Gregorian one without a limit of years; the text is parsed by the core.
"""

from __future__ import annotations

import re

from connectors.codec import Codec
from connectors.postgres.core.rows import DAYS, MICROS, MILLIS, TIME_MICROS, TIME_MILLIS, ZONED
from connectors.postgres.core.texts import (
    INFINITY_MICROS,
    MINUS_INFINITY_MICROS,
    date_days,
    time_micros,
    timestamp_micros,
    timetz_micros,
)
from connectors.postgres.types.options import TypeOptions
from connectors.temporal import DAY_MICROS, iso_date, iso_time, iso_timestamp
from schemas import model, semantic

__all__ = ["date", "interval", "time", "timestamp", "timestamptz", "timetz"]

_LONG = 0x7FFFFFFFFFFFFFFF


def _days(raw: bytes) -> int:
    days: int = date_days(raw, 0, len(raw))
    return days


def _micros_of_day(raw: bytes) -> int:
    micros: int = time_micros(raw, 0, len(raw))
    return micros


def _micros(raw: bytes) -> int:
    micros: int = timestamp_micros(raw, 0, len(raw))
    return micros


def date(options: TypeOptions) -> Codec:
    """date."""
    if options.time == "isostring":
        return _told(Codec(semantic.time("IsoDate"), lambda raw: iso_date(_days(raw)) + "Z", "1970-01-01Z"))
    schema = model.connect_date() if options.time == "connect" else semantic.time("Date")
    return _told(Codec(schema, _days, 0, DAYS))


def time(typmod: int, options: TypeOptions) -> Codec:
    """time without time zone; ``typmod`` is its number of fraction digits, -1: six."""
    match options.time:
        case "isostring":
            return _told(Codec(
                semantic.time("IsoTime"), lambda raw: iso_time(_micros_of_day(raw) % DAY_MICROS) + "Z", "00:00:00Z"))
        case "nanoseconds":
            return _told(Codec(semantic.time("NanoTime"), lambda raw: _micros_of_day(raw) * 1000, 0))
        case "connect":
            return _told(Codec(model.connect_time(), lambda raw: _micros_of_day(raw) // 1000, 0, TIME_MILLIS))
        case "adaptive" if 0 <= typmod <= 3:
            return _told(Codec(semantic.time("Time"), lambda raw: _micros_of_day(raw) // 1000, 0, TIME_MILLIS))
        case _:
            return _told(Codec(semantic.time("MicroTime"), _micros_of_day, 0, TIME_MICROS))


def timestamp(typmod: int, options: TypeOptions) -> Codec:
    """timestamp without time zone, as if in UTC."""
    match options.time:
        case "isostring":
            return _told(Codec(semantic.time("IsoTimestamp"), lambda raw: iso_timestamp(_micros(raw)) + "Z",
                               "1970-01-01T00:00:00Z"))
        case "nanoseconds":
            return _told(Codec(semantic.time("NanoTimestamp"), _nanos, 0))
        case "connect":
            return _told(Codec(model.connect_timestamp(), lambda raw: _micros(raw) // 1000, 0, MILLIS))
        case "adaptive" | "adaptive_time_microseconds" if 0 <= typmod <= 3:
            return _told(Codec(semantic.time("Timestamp"), lambda raw: _micros(raw) // 1000, 0, MILLIS))
        case _:
            return _told(Codec(semantic.time("MicroTimestamp"), _micros, 0, MICROS))


def _nanos(raw: bytes) -> int:
    micros = _micros(raw)
    if micros == INFINITY_MICROS:
        return _LONG
    if micros == MINUS_INFINITY_MICROS:
        return -_LONG - 1
    if not -_LONG - 1 <= micros * 1000 <= _LONG:
        raise ValueError("a timestamp outside 1677-09-21 … 2262-04-11, which time.precision.mode=nanoseconds cannot hold")
    return micros * 1000


def timestamptz(typmod: int) -> Codec:
    """timestamp with time zone: text in UTC with exactly the column's number of fraction digits."""
    digits = typmod if 0 <= typmod <= 6 else 6

    def read(raw: bytes) -> str:
        if raw in (b"infinity", b"-infinity"):
            return raw.decode()
        return iso_timestamp(_micros(raw), digits) + "Z"

    computed = iso_timestamp(0, digits) + "Z"
    return Codec(semantic.time("ZonedTimestamp"), read, "1970-01-01T00:00:00Z", ZONED, digits, literal=True, computed=computed)


def timetz(typmod: int) -> Codec:
    """time with time zone: text in UTC; 24:00 is 00:00."""
    def read(raw: bytes) -> str:
        return iso_time(timetz_micros(raw, 0, len(raw)) % DAY_MICROS) + "Z"

    return Codec(semantic.time("ZonedTime"), read, "00:00:00Z", literal=True, computed="00:00:00Z")


def _told(codec: Codec) -> Codec:
    return codec.but(literal=True, computed=codec.zero)


_INTERVAL = re.compile(
    r"(?:([+-]?\d+) years? ?)?(?:([+-]?\d+) mons? ?)?(?:([+-]?\d+) days? ?)?(?:([+-])?(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?")
_MONTH = 2_629_800_000_000


def _interval(raw: bytes) -> tuple[int, int, int]:
    """Months, days, microseconds of the server's text under IntervalStyle postgres."""
    found = _INTERVAL.fullmatch(raw.decode("ascii"))
    if found is None or not raw:
        raise ValueError("not an interval as PostgreSQL writes it with IntervalStyle=postgres")
    years, months, days, sign, hours, minutes, seconds, fraction = found.groups()
    micros = 0
    if hours is not None:
        micros = ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1_000_000 + int((fraction or "0").ljust(6, "0"))
    return int(years or 0) * 12 + int(months or 0), int(days or 0), -micros if sign == "-" else micros


def interval(options: TypeOptions) -> Codec:
    """interval: microseconds with a month of 30.4375 days (within 64 bits), or ISO text."""
    if options.interval == "string":
        return _told(Codec(semantic.time("Interval"), _interval_text, "P0Y0M0DT0H0M0S"))
    return _told(Codec(semantic.time("MicroDuration"), _interval_micros, 0))


def _interval_micros(raw: bytes) -> int:
    if raw in (b"infinity", b"-infinity"):
        return _LONG if raw[0] != 45 else -_LONG - 1
    months, days, micros = _interval(raw)
    return max(-_LONG - 1, min(_LONG, months * _MONTH + days * DAY_MICROS + micros))


def _interval_text(raw: bytes) -> str:
    if raw in (b"infinity", b"-infinity"):
        return raw.decode()
    months, days, micros = _interval(raw)

    def parts(n: int, by: int) -> tuple[int, int]:
        q, r = divmod(abs(n), by)
        return (-q, -r) if n < 0 else (q, r)

    years, months = parts(months, 12)
    hours, rest = parts(micros, 3_600_000_000)
    minutes, rest = parts(rest, 60_000_000)
    seconds, fraction = divmod(abs(rest), 1_000_000)
    second = f"{seconds}.{fraction:06d}".rstrip("0").rstrip(".")
    return f"P{years}Y{months}M{days}DT{hours}H{minutes}M{'-' if rest < 0 else ''}{second}S"
