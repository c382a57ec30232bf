# cython: annotation_typing=False
"""Arithmetic that the row encoders of several databases need."""

from schemas.core.writer import Writer

__all__ = ["count_digits", "days_from_civil", "floor_div", "write_decimal_text", "write_digits", "write_unscaled"]


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a date in the proleptic Gregorian calendar; year 0 is 1 BC."""
    y = year - 1 if month <= 2 else year
    era = y // 400
    yoe = y - era * 400
    mp = month - 3 if month > 2 else month + 9
    doy = (153 * mp + 2) // 5 + day - 1
    doe = yoe * 365 + yoe // 4 - yoe // 100 + doy
    return era * 146097 + doe - 719468


def floor_div(a: int, b: int) -> int:
    """The quotient rounded down, in both implementations."""
    return a // b


def write_unscaled(number: int, writer: Writer) -> None:
    """A whole number of 64 bits as Avro's decimal: length, then two's complement, big endian, as short as it goes."""
    size = 1
    while size < 8 and (number >> (8 * size - 1)) != 0 and (number >> (8 * size - 1)) != -1:
        size += 1
    writer.write_long(size)
    while size > 0:
        size -= 1
        writer.write_byte((number >> (8 * size)) & 255)


def write_decimal_text(buffer: bytes, start: int, end: int, scale: int, writer: Writer) -> bool:
    """The text of a decimal of at most 18 digits at its scale as unscaled two's complement, as short as it goes. False, and
    nothing written, for any other text, which is the general codec's."""
    i = start
    negative = i < end and buffer[i] == 45
    if negative:
        i += 1
    number = 0
    digits = 0
    fraction = -1
    while i < end:
        d = buffer[i]
        if d == 46 and fraction < 0:
            fraction = 0
        elif d < 48 or d > 57 or digits == 18:
            return False
        else:
            number = number * 10 + (d - 48)
            digits += 1
            if fraction >= 0:
                fraction += 1
        i += 1
    if fraction < 0:
        fraction = 0
    if digits == 0 or fraction > scale or digits + scale - fraction > 18:
        return False
    while fraction < scale:
        number *= 10
        fraction += 1
    if negative:
        number = -number
    write_unscaled(number, writer)
    return True


def count_digits(number: int) -> int:
    """How many decimal digits a number that is not negative has."""
    count = 1
    while number > 9:
        number //= 10
        count += 1
    return count


def write_digits(number: int, writer: Writer) -> None:
    """Append a number that is not negative as decimal text, without a length."""
    unit = 1
    left = count_digits(number)
    while left > 1:
        unit *= 10
        left -= 1
    while unit > 0:
        writer.write_byte(48 + number // unit % 10)
        unit //= 10
