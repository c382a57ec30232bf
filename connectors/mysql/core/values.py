# cython: annotation_typing=False
"""Values as MySQL writes them, in the binary log and as text → numbers, or straight into Avro.

Functions that ``write_…`` write the same as the general codec, or return False and have written nothing: the value is then the
general codec's, which knows what is odd and what is wrong. The callers have checked that ``start`` and ``end`` are in the buffer.
"""

from connectors.core.numbers import days_from_civil, floor_div, write_unscaled
from schemas.core.jsontext import character_size
from schemas.core.writer import Writer

NONE = -(1 << 62)
"""No number: the bytes are odd."""
_NONE = NONE


def _plain(buffer: bytes, at: int) -> bool:
    return buffer[at:at + 8].isascii()


def _double(buffer: bytes, start: int, end: int) -> float:
    return float(buffer[start:end])


# Compiled, these are the inline functions of values.pxd and the two lines have no effect on them.
globals().setdefault("plain8", _plain)
globals().setdefault("text_double", _double)


def little(buffer: bytes, start: int, size: int) -> int:
    """An unsigned number of at most 7 bytes, little endian."""
    number = 0
    while size > 0:
        size -= 1
        number = (number << 8) | buffer[start + size]
    return number


def signed_little(buffer: bytes, start: int, size: int) -> int:
    """A signed number of 1 to 8 bytes, little endian; also an unsigned one of 8 bytes, which wraps."""
    unit = 1
    i = 1
    while i < size:
        unit *= 256
        i += 1
    top = buffer[start + size - 1]
    if top > 127:
        top -= 256
    return top * unit + little(buffer, start, size - 1)


def big(buffer: bytes, start: int, size: int) -> int:
    """An unsigned number of at most 7 bytes, big endian."""
    number = 0
    i = 0
    while i < size:
        number = (number << 8) | buffer[start + i]
        i += 1
    return number


def days_of(year: int, month: int, day: int) -> int:
    """Days since 1970; NONE for a date that is zero or impossible, or a year below 100, which may be meant for another."""
    if year < 100 or year > 9999 or month < 1 or month > 12 or day < 1 or day > 31:
        return _NONE
    if day > 28:
        if month == 2:
            leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
            if day > 29 or not leap:
                return _NONE
        elif day == 31 and (month == 4 or month == 6 or month == 9 or month == 11):
            return _NONE
    return days_from_civil(year, month, day)


def fraction_micros(buffer: bytes, start: int, digits: int) -> int:
    """Microseconds of a fraction of that many digits as the binary log has it: two digits in a byte, big endian."""
    size = (digits + 1) // 2
    micros = big(buffer, start, size)
    while size < 3:
        micros *= 100
        size += 1
    return micros


def date_days(buffer: bytes, start: int, end: int) -> int:
    """DATE → days since 1970, or NONE."""
    if end - start != 3:
        return _NONE
    packed = little(buffer, start, 3)
    return days_of(packed >> 9, (packed >> 5) & 15, packed & 31)


def datetime2_micros(buffer: bytes, start: int, end: int, digits: int) -> int:
    """DATETIME2 with that many fraction digits → microseconds since 1970, or NONE."""
    if digits < 0 or digits > 6 or end - start != 5 + (digits + 1) // 2:
        return _NONE
    packed = big(buffer, start, 5) - 0x8000000000
    if packed < 0:
        return _NONE
    months = packed >> 22
    days = days_of(months // 13, months % 13, (packed >> 17) & 31)
    hour = (packed >> 12) & 31
    minute = (packed >> 6) & 63
    second = packed & 63
    micros = fraction_micros(buffer, start + 5, digits)
    if days == _NONE or hour > 23 or minute > 59 or second > 59 or micros > 999999:
        return _NONE
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000000 + micros


def time2_micros(buffer: bytes, start: int, end: int, digits: int) -> int:
    """TIME2 with that many fraction digits → microseconds, or NONE."""
    if digits < 0 or digits > 6 or end - start != 3 + (digits + 1) // 2:
        return _NONE
    size = (digits + 1) // 2
    bits = 8 * size
    packed = big(buffer, start, 3 + size)
    middle = 0x800000
    middle <<= bits
    packed -= middle
    negative = packed < 0
    if negative:
        packed = -packed
    clock = packed >> bits
    micros = packed - (clock << bits)
    while size < 3:
        micros *= 100
        size += 1
    hour = clock >> 12
    minute = (clock >> 6) & 63
    second = clock & 63
    if hour > 838 or minute > 59 or second > 59 or micros > 999999:
        return _NONE
    micros += ((hour * 60 + minute) * 60 + second) * 1000000
    return -micros if negative else micros


def write_timestamp2(buffer: bytes, start: int, end: int, digits: int, writer: Writer) -> bool:
    """TIMESTAMP2 as ISO text in UTC with that many fraction digits. False for the zero timestamp."""
    if digits < 0 or digits > 6 or end - start != 4 + (digits + 1) // 2:
        return False
    seconds = big(buffer, start, 4)
    micros = fraction_micros(buffer, start + 4, digits)
    if seconds == 0 or micros > 999999:
        return False
    days = seconds // 86400
    clock = seconds % 86400
    # The civil date of days since 1970, of 1970 to 2106: after the algorithm of days_from_civil, within one era.
    doe = days + 719468 - 4 * 146097
    era = 4
    if doe >= 146097:
        doe -= 146097
        era = 5
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    month = mp + 3 if mp < 10 else mp - 9
    year = yoe + era * 400
    if month <= 2:
        year += 1
    writer.write_long(20 + (digits + 1 if digits > 0 else 0))
    _digits(year, 4, writer)
    writer.write_byte(45)
    _digits(month, 2, writer)
    writer.write_byte(45)
    _digits(doy - (153 * mp + 2) // 5 + 1, 2, writer)
    writer.write_byte(84)
    _digits(clock // 3600, 2, writer)
    writer.write_byte(58)
    _digits(clock // 60 % 60, 2, writer)
    writer.write_byte(58)
    _digits(clock % 60, 2, writer)
    if digits > 0:
        size = digits
        while size < 6:
            micros //= 10
            size += 1
        writer.write_byte(46)
        _digits(micros, digits, writer)
    writer.write_byte(90)
    return True


def _digits(number: int, count: int, writer: Writer) -> None:
    """The number in that many decimal digits."""
    unit = 1
    while count > 1:
        unit *= 10
        count -= 1
    while unit > 0:
        writer.write_byte(48 + number // unit % 10)
        unit //= 10


def write_newdecimal(buffer: bytes, start: int, end: int, precision: int, scale: int, writer: Writer) -> bool:
    """A DECIMAL below 10^18, unscaled, as two's complement as short as it goes."""
    whole = precision - scale
    if start >= end or precision > 65 or scale < 0 or whole < 0:
        return False
    flip = 0 if buffer[start] > 127 else 255
    number = 0
    at = start
    left = whole
    right = scale
    while left > 0 or right > 0:
        if left > 0:
            digits = left % 9
            if digits == 0:
                digits = 9
            left -= digits
        else:
            digits = right if right < 9 else 9
            right -= digits
        size = 4 if digits > 6 else (digits + 1) // 2
        if size > end - at:
            return False
        part = 0
        while size > 0:
            size -= 1
            byte = buffer[at] ^ flip
            if at == start:
                byte ^= 128
            part = (part << 8) | byte
            at += 1
        unit = 1
        while digits > 0:
            unit *= 10
            digits -= 1
        if part >= unit or number >= 1000000000000000000 // unit:
            return False
        number = number * unit + part
    if at != end:
        return False
    write_unscaled(-number if flip == 255 else number, writer)
    return True


def valid_utf8(buffer: bytes, start: int, end: int) -> bool:
    """Whether the bytes are UTF-8, without surrogates and without forms longer than needed."""
    i = start
    while i < end:
        if i + 8 <= end and plain8(buffer, i):  # type: ignore[name-defined]  # noqa: F821
            i += 8
            continue
        if buffer[i] < 0x80:
            i += 1
            continue
        size = character_size(buffer, i, end)
        if size == 0:
            return False
        i += size
    return True


def write_float4(buffer: bytes, start: int, end: int, writer: Writer) -> bool:
    """FLOAT: the same four bytes. Not for NaN, which loses its bits on the way through a number."""
    if end - start != 4 or ((buffer[start + 3] & 127) == 127 and buffer[start + 2] > 127):
        return False
    writer.write_slice(buffer, start, end)
    return True


def text_whole(buffer: bytes, start: int, end: int) -> int:
    """A whole number of at most 18 digits, or NONE."""
    i = start
    negative = i < end and buffer[i] == 45
    if negative:
        i += 1
    if i >= end or end - i > 18:
        return _NONE
    number = 0
    while i < end:
        d = buffer[i] - 48
        if d < 0 or d > 9:
            return _NONE
        number = number * 10 + d
        i += 1
    return -number if negative else number


def text_number(buffer: bytes, start: int, end: int) -> int:
    """Decimal digits between start and end, at most 9 of them, or -1."""
    number = 0
    if end - start > 9 or start >= end:
        return -1
    while start < end:
        d = buffer[start] - 48
        if d < 0 or d > 9:
            return -1
        number = number * 10 + d
        start += 1
    return number


def text_days(buffer: bytes, start: int, end: int) -> int:
    """``YYYY-MM-DD`` → days since 1970, or NONE."""
    if end - start != 10 or buffer[start + 4] != 45 or buffer[start + 7] != 45:
        return _NONE
    year = text_number(buffer, start, start + 4)
    month = text_number(buffer, start + 5, start + 7)
    day = text_number(buffer, start + 8, end)
    return days_of(year, month, day)


def text_clock(buffer: bytes, start: int, end: int, longest: int) -> int:
    """``HH[H]:MM:SS[.f…]``, at most ``longest`` hours → microseconds, or NONE."""
    colon = start
    while colon < end and buffer[colon] != 58:
        colon += 1
    if colon - start < 2 or colon - start > 3 or end - colon < 6 or buffer[colon + 3] != 58:
        return _NONE
    hour = text_number(buffer, start, colon)
    minute = text_number(buffer, colon + 1, colon + 3)
    second = text_number(buffer, colon + 4, colon + 6)
    if hour < 0 or hour > longest or minute < 0 or minute > 59 or second < 0 or second > 59:
        return _NONE
    micros = 0
    at = colon + 6
    if at < end:
        digits = end - at - 1
        if buffer[at] != 46 or digits < 1 or digits > 6:
            return _NONE
        micros = text_number(buffer, at + 1, end)
        if micros < 0:
            return _NONE
        while digits < 6:
            micros *= 10
            digits += 1
    return ((hour * 60 + minute) * 60 + second) * 1000000 + micros


def text_datetime(buffer: bytes, start: int, end: int) -> int:
    """``YYYY-MM-DD HH:MM:SS[.f…]`` → microseconds since 1970, or NONE."""
    if end - start < 19 or buffer[start + 10] != 32 or buffer[start + 13] != 58:
        return _NONE
    days = text_days(buffer, start, start + 10)
    clock = text_clock(buffer, start + 11, end, 23)
    if days == _NONE or clock == _NONE:
        return _NONE
    return days * 86400000000 + clock


def text_time(buffer: bytes, start: int, end: int) -> int:
    """``[-]HH:MM:SS[.f…]`` → microseconds, or NONE."""
    if start < end and buffer[start] == 45:
        micros = text_clock(buffer, start + 1, end, 838)
        return _NONE if micros == _NONE else -micros
    return text_clock(buffer, start, end, 838)


def write_text_timestamp(buffer: bytes, start: int, end: int, digits: int, writer: Writer) -> bool:
    """A TIMESTAMP's text in UTC as ISO text with that many fraction digits."""
    if text_datetime(buffer, start, end) == _NONE or digits < 0 or digits > 6:
        return False
    sent = end - start - 20 if end - start > 19 else 0
    if sent > digits:
        return False
    writer.write_long(20 + (digits + 1 if digits > 0 else 0))
    writer.write_slice(buffer, start, start + 10)
    writer.write_byte(84)
    writer.write_slice(buffer, start + 11, start + 19)
    if digits > 0:
        writer.write_byte(46)
        if sent > 0:
            writer.write_slice(buffer, start + 20, end)
        writer.write_slice(b"000000", sent, digits)
    writer.write_byte(90)
    return True


def write_text_float(buffer: bytes, start: int, end: int, wide: bool, writer: Writer) -> bool:
    """A float's text, as 64 or as 32 bits. Raises OverflowError for a number too large for 32 bits."""
    if end - start > 40:
        return False
    try:
        number = text_double(buffer, start, end)  # type: ignore[name-defined]  # noqa: F821
    except ValueError:
        return False
    if wide:
        writer.write_double(number)
    else:
        writer.write_float(number)
    return True


def millis(micros: int) -> int:
    """Milliseconds, rounded down."""
    return floor_div(micros, 1000)
