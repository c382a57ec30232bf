# cython: annotation_typing=False
"""Arithmetic that the row encoders of several databases need."""

from schemas.core.writer import Writer

__all__ = ["days_from_civil", "floor_div", "write_unscaled"]


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
