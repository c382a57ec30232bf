"""Dates and times as ISO text, in the proleptic Gregorian calendar without a limit of years."""

from __future__ import annotations

__all__ = ["DAY_MICROS", "civil", "iso_date", "iso_time", "iso_timestamp"]

DAY_MICROS = 86_400_000_000
"""Microseconds of a day."""


def civil(days: int) -> tuple[int, int, int]:
    """Year (0 is 1 BC), month, day of days since 1970."""
    z = days + 719468
    era, doe = divmod(z, 146097)
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    month = mp + 3 if mp < 10 else mp - 9
    return yoe + era * 400 + (month <= 2), month, doy - (153 * mp + 2) // 5 + 1


def iso_date(days: int) -> str:
    """``YYYY-MM-DD``; ``+`` before a year above 9999, ``-`` before one below 0."""
    year, month, day = civil(days)
    text = f"{year:04d}" if 0 <= year <= 9999 else f"+{year}" if year > 0 else f"-{-year:04d}"
    return f"{text}-{month:02d}-{day:02d}"


def iso_time(micros: int, digits: int | None = None) -> str:
    """``HH:MM:SS`` and as many digits of fraction, None: as many as it needs."""
    seconds, fraction = divmod(micros, 1_000_000)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if digits is None:
        return f"{text}.{fraction:06d}".rstrip("0").rstrip(".")
    return f"{text}.{fraction:06d}"[: 9 + digits] if digits else text


def iso_timestamp(micros: int, digits: int | None = None) -> str:
    """Date, ``T``, time of microseconds since 1970, without a zone."""
    days, rest = divmod(micros, DAY_MICROS)
    return f"{iso_date(days)}T{iso_time(rest, digits)}"
