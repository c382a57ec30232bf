# cython: annotation_typing=False
"""PostgreSQL's text of dates and times → numbers, in the proleptic Gregorian calendar, any year.

The session pins DateStyle ISO and TimeZone UTC. Everything raises ValueError on a text it does not know; the text itself
is never in the message.
"""

from connectors.core.numbers import days_from_civil

_DAY = 86400000000
INFINITY_MICROS = 9223372036825200000
MINUS_INFINITY_MICROS = -9223372036832400000
INFINITY_DAYS = -2147472692
MINUS_INFINITY_DAYS = -2147472691


def _bad(what: str) -> int:
    raise ValueError(f"not {what} as PostgreSQL writes it in ISO style")


def _days(buf: bytes, start: int, end: int, bc: bool) -> int:
    """Days of ``YYYY-MM-DD`` between start and end."""
    i = start
    year = 0
    if end - start < 10 or end - start > 13:
        _bad("a date")
    while i < end - 6:
        d = buf[i] - 48
        if d < 0 or d > 9:
            _bad("a date")
        year = year * 10 + d
        i += 1
    if buf[i] != 45 or buf[i + 3] != 45:
        _bad("a date")
    month = _two(buf, i + 1)
    day = _two(buf, i + 4)
    if month < 1 or month > 12 or day < 1 or day > 31 or year < 1:
        _bad("a date")
    if bc:
        year = 1 - year
    if day > 28 and day > _last_day(year, month):
        _bad("a date")
    return days_from_civil(year, month, day)


def _last_day(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31


def _two(buf: bytes, i: int) -> int:
    a = buf[i] - 48
    b = buf[i + 1] - 48
    if a < 0 or a > 9 or b < 0 or b > 9:
        _bad("a date or time")
    return a * 10 + b


def _clock(buf: bytes, start: int, end: int) -> int:
    """Microseconds of ``HH:MM:SS[.ffffff]`` between start and end."""
    if end - start < 8 or buf[start + 2] != 58 or buf[start + 5] != 58:
        _bad("a time")
    hour = _two(buf, start)
    minute = _two(buf, start + 3)
    second = _two(buf, start + 6)
    if minute > 59 or second > 59 or hour > 24:
        _bad("a time")
    micros = (hour * 3600 + minute * 60 + second) * 1000000
    if micros > _DAY:
        _bad("a time")
    if end - start == 8:
        return micros
    if buf[start + 8] != 46 or end - start > 15 or end - start < 10:
        _bad("a time")
    unit = 100000
    i = start + 9
    while i < end:
        d = buf[i] - 48
        if d < 0 or d > 9:
            _bad("a time")
        micros += d * unit
        unit //= 10
        i += 1
    if micros > _DAY:
        _bad("a time")
    return micros


def _zone(buf: bytes, start: int, end: int) -> int:
    """Microseconds east of Greenwich of ``+HH[:MM[:SS]]``."""
    n = end - start
    if (n != 3 and n != 6 and n != 9) or (buf[start] != 43 and buf[start] != 45):
        _bad("a time zone offset")
    seconds = _two(buf, start + 1) * 3600
    if n >= 6:
        if buf[start + 3] != 58:
            _bad("a time zone offset")
        seconds += _two(buf, start + 4) * 60
    if n == 9:
        if buf[start + 6] != 58:
            _bad("a time zone offset")
        seconds += _two(buf, start + 7)
    micros = seconds * 1000000
    return micros if buf[start] == 43 else -micros


def _sign_at(buf: bytes, start: int, end: int) -> int:
    """Where the time zone's sign is, or end."""
    i = start
    while i < end and buf[i] != 43 and buf[i] != 45:
        i += 1
    return i


def date_days(buf: bytes, start: int, end: int) -> int:
    """Days since 1970-01-01; ±infinity as Debezium's stream has them."""
    if start < 0 or end > len(buf) or start >= end:
        _bad("a date")
    if end - start == 8 and buf[start:end] == b"infinity":
        return INFINITY_DAYS
    if end - start == 9 and buf[start:end] == b"-infinity":
        return MINUS_INFINITY_DAYS
    if end - start > 3 and buf[end - 1] == 67:
        if buf[end - 3:end] != b" BC":
            _bad("a date")
        return _days(buf, start, end - 3, True)
    return _days(buf, start, end, False)


def time_micros(buf: bytes, start: int, end: int) -> int:
    """Microseconds of a time without zone; 24:00:00 is 86400000000."""
    if start < 0 or end > len(buf) or start >= end:
        _bad("a time")
    return _clock(buf, start, end)


def timetz_micros(buf: bytes, start: int, end: int) -> int:
    """Microseconds of the day in UTC of a time with zone; outside 0 … 24 h it has not been brought back into the day."""
    if start < 0 or end > len(buf) or start >= end:
        _bad("a time")
    sign = _sign_at(buf, start, end)
    if sign == end:
        _bad("a time with time zone")
    return _clock(buf, start, sign) - _zone(buf, sign, end)


def timestamp_micros(buf: bytes, start: int, end: int) -> int:
    """Microseconds since 1970 (in UTC if the text has a zone); ±infinity as Debezium has them."""
    if start < 0 or end > len(buf) or start >= end:
        _bad("a timestamp")
    if end - start == 8 and buf[start:end] == b"infinity":
        return INFINITY_MICROS
    if end - start == 9 and buf[start:end] == b"-infinity":
        return MINUS_INFINITY_MICROS
    bc = False
    stop = end
    if end - start > 3 and buf[end - 1] == 67:
        if buf[end - 3:end] != b" BC":
            _bad("a timestamp")
        bc = True
        stop = end - 3
    space = start
    while space < stop and buf[space] != 32:
        space += 1
    if space == stop:
        _bad("a timestamp")
    sign = _sign_at(buf, space + 1, stop)
    days = _days(buf, start, space, bc)
    micros = _clock(buf, space + 1, sign)
    if micros == _DAY:
        _bad("a timestamp")
    if sign < stop:
        micros -= _zone(buf, sign, stop)
    # PostgreSQL counts from 2000: its last thirty years do not fit when counted from 1970.
    if days > 106751991 or days < -106751991:
        _bad("a timestamp of 64 bits")
    days *= _DAY
    if (micros > 0 and days > 9223372036854775807 - micros) or (micros < 0 and days < -9223372036854775807 - micros):
        _bad("a timestamp of 64 bits")
    return days + micros


def whole_number(buf: bytes, start: int, end: int) -> int:
    """A whole number of at most 64 bits."""
    i = start
    if start < 0 or end > len(buf) or start >= end:
        raise ValueError("not a whole number")
    negative = buf[i] == 45
    if negative:
        i += 1
    n = end - i
    if n < 1 or n > 19:
        raise ValueError("not a whole number of 64 bits")
    if n > 18:
        while i < end:
            # int() would pass over spaces and underscores.
            if buf[i] < 48 or buf[i] > 57:
                raise ValueError("not a whole number")
            i += 1
        value = int(buf[start:end])
        if value < -0x8000000000000000 or value > 0x7FFFFFFFFFFFFFFF:
            raise ValueError("not a whole number of 64 bits")
        return value
    number = 0
    while i < end:
        d = buf[i] - 48
        if d < 0 or d > 9:
            raise ValueError("not a whole number")
        number = number * 10 + d
        i += 1
    return -number if negative else number
