"""Dates and times as numbers, from the forms of the binary log and of the text protocol.

Dates are (year, month, day), times microseconds, dates with times (date, microseconds of the day), TIMESTAMPs microseconds
since 1970. All raise ValueError for what is damaged or no date or time at all; whether a date is in the calendar is not asked
here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from connectors.mysql.types import wires

__all__ = [
    "Date", "date_reader", "datetime_reader", "fraction_size", "micros_of", "time_reader", "timestamp_reader",
    "unpacked_datetime", "unpacked_time",
]

Date = tuple[int, int, int]

_FRACTION_SCALE = (0, 10_000, 100, 1)
_DATE = re.compile(rb"(\d{4})-(\d\d)-(\d\d)")
_DATETIME = re.compile(rb"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?")
_TIME = re.compile(rb"(-?)(\d{2,3}):(\d\d):(\d\d)(?:\.(\d{1,6}))?")


def fraction_size(digits: int) -> int:
    """The bytes that so many fraction digits take. Raises ValueError for more than six."""
    if not 0 <= digits <= 6:
        raise ValueError("a time with more than six fraction digits")
    return (digits + 1) // 2


def micros_of(hour: int, minute: int, second: int, micro: int, hours: int = 24) -> int:
    """Microseconds. Raises ValueError when a part is out of its range."""
    if hour >= hours or minute > 59 or second > 59 or micro > 999_999:
        raise ValueError("a time that no clock shows")
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + micro


def _fraction(raw: bytes, size: int) -> int:
    return int.from_bytes(raw, "big") * _FRACTION_SCALE[size]


def _text_fraction(raw: bytes | None) -> int:
    return int(raw.ljust(6, b"0")) if raw else 0


def date_reader(wire_type: int | None) -> Callable[[bytes], Date]:
    """Of DATE (in the log three bytes, whatever its number)."""
    return _text_date if wire_type is None else _date


def _date(raw: bytes) -> Date:
    if len(raw) != 3:
        raise ValueError("a date of another size than its type")
    packed = int.from_bytes(raw, "little")
    return packed >> 9, packed >> 5 & 15, packed & 31


def _text_date(raw: bytes) -> Date:
    found = _DATE.fullmatch(raw)
    if found is None:
        raise ValueError("not a date as the server writes it")
    return int(found[1]), int(found[2]), int(found[3])


def datetime_reader(wire_type: int | None, digits: int) -> Callable[[bytes], tuple[Date, int]]:
    """Of DATETIME(``digits``): old form, DATETIME2, or text (where the time may be left out)."""
    if wire_type is None:
        return _text_datetime
    if wire_type == wires.DATETIME:
        return _old_datetime
    size = fraction_size(digits)

    def read(raw: bytes) -> tuple[Date, int]:
        if len(raw) != 5 + size:
            raise ValueError("a datetime of another size than its type")
        return unpacked_datetime(int.from_bytes(raw[:5], "big") - 0x80_0000_0000, _fraction(raw[5:], size))

    return read


def unpacked_datetime(packed: int, micro: int) -> tuple[Date, int]:
    """Of the whole part of a packed datetime: 17 bits of year * 13 + month, 5 of day, 5 of hour, 6 of minute, 6 of second."""
    if packed < 0:
        raise ValueError("a negative datetime")
    months = packed >> 22
    date = (months // 13, months % 13, packed >> 17 & 31)
    return date, micros_of(packed >> 12 & 31, packed >> 6 & 63, packed & 63, micro)


def _old_datetime(raw: bytes) -> tuple[Date, int]:
    if len(raw) != 8:
        raise ValueError("a datetime of another size than its type")
    days, clock = divmod(int.from_bytes(raw, "little"), 1_000_000)
    date = (days // 10_000, days // 100 % 100, days % 100)
    if date[0] > 9999:
        raise ValueError("a datetime beyond the year 9999")
    return date, micros_of(clock // 10_000, clock // 100 % 100, clock % 100, 0)


def _text_datetime(raw: bytes) -> tuple[Date, int]:
    found = _DATETIME.fullmatch(raw)
    if found is None:
        raise ValueError("not a datetime as the server writes it")
    date = (int(found[1]), int(found[2]), int(found[3]))
    if found[4] is None:
        return date, 0
    return date, micros_of(int(found[4]), int(found[5]), int(found[6]), _text_fraction(found[7]))


def timestamp_reader(wire_type: int, digits: int) -> Callable[[bytes], int | None]:
    """Of TIMESTAMP(``digits``) in the log: microseconds since 1970, None for zero. Its text is :func:`datetime_reader`'s."""
    old = wire_type == wires.TIMESTAMP
    size = 0 if old else fraction_size(digits)

    def read(raw: bytes) -> int | None:
        if len(raw) != 4 + size:
            raise ValueError("a timestamp of another size than its type")
        micro = _fraction(raw[4:], size)
        if micro > 999_999:
            raise ValueError("a timestamp with more than a second of fraction")
        micros = int.from_bytes(raw[:4], "little" if old else "big") * 1_000_000 + micro
        return micros or None

    return read


def time_reader(wire_type: int | None, digits: int) -> Callable[[bytes], int]:
    """Of TIME(``digits``): microseconds, negative too, beyond a day."""
    if wire_type is None:
        return _text_time
    if wire_type == wires.TIME:
        return _old_time
    size = fraction_size(digits)
    zero = 0x80_0000 << 8 * size
    mask = (1 << 8 * size) - 1

    def read(raw: bytes) -> int:
        if len(raw) != 3 + size:
            raise ValueError("a time of another size than its type")
        packed = int.from_bytes(raw, "big") - zero
        whole, rest = divmod(abs(packed), mask + 1)
        micros = unpacked_time(whole, rest * _FRACTION_SCALE[size] if size else 0)
        return -micros if packed < 0 else micros

    return read


def unpacked_time(packed: int, micro: int) -> int:
    """Of the whole part of a packed time without its sign: 10 bits of hour, 6 of minute, 6 of second."""
    return micros_of(packed >> 12, packed >> 6 & 63, packed & 63, micro, 1024)


def _old_time(raw: bytes) -> int:
    if len(raw) != 3:
        raise ValueError("a time of another size than its type")
    number = int.from_bytes(raw, "little", signed=True)
    clock = abs(number)
    micros = micros_of(clock // 10_000, clock // 100 % 100, clock % 100, 0, 1024)
    return -micros if number < 0 else micros


def _text_time(raw: bytes) -> int:
    found = _TIME.fullmatch(raw)
    if found is None:
        raise ValueError("not a time as the server writes it")
    micros = micros_of(int(found[2]), int(found[3]), int(found[4]), _text_fraction(found[5]), 1024)
    return -micros if found[1] else micros
