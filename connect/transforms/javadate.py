"""Java's ``SimpleDateFormat`` patterns, in UTC and English: what they print and what they read.

Letters that are understood: ``y M d H k K h m s S a E D z Z X`` and text in quotes; others are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

__all__ = ["JavaDateFormat"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LETTERS = "yMdHkKhmsSaEDzZX"
_ZONE = r"(?:UTC|GMT|Z)|[+-]\d{2}:?\d{2}|[+-]\d{2}"


@dataclass(frozen=True, slots=True)
class _Part:
    """A letter repeated ``count`` times, or literal text (letter empty)."""

    letter: str
    count: int
    text: str = ""


def _parts(pattern: str) -> list[_Part]:
    parts: list[_Part] = []
    at = 0
    while at < len(pattern):
        c = pattern[at]
        if c == "'":
            if pattern.startswith("''", at):
                parts.append(_Part("", 0, "'"))
                at += 2
                continue
            m = re.compile(r"'((?:[^']|'')*)'").match(pattern, at)
            if m is None:
                raise ValueError("a quote is not closed")
            parts.append(_Part("", 0, m[1].replace("''", "'")))
            at = m.end()
        elif c.isascii() and c.isalpha():
            end = at
            while end < len(pattern) and pattern[end] == c:
                end += 1
            if c not in _LETTERS:
                raise ValueError(f"the letter {c!r} is not supported; supported are {' '.join(_LETTERS)}")
            parts.append(_Part(c, end - at))
            at = end
        else:
            parts.append(_Part("", 0, c))
            at += 1
    return parts


def _year(t: datetime, n: int) -> str:
    return f"{t.year % 100:02d}" if n == 2 else f"{t.year:0{n}d}"


def _month(t: datetime, n: int) -> str:
    if n >= 4:
        return _MONTHS[t.month - 1]
    return _MONTHS[t.month - 1][:3] if n == 3 else f"{t.month:0{n}d}"


_PRINT: dict[str, Callable[[datetime, int], str]] = {
    "y": _year,
    "M": _month,
    "d": lambda t, n: f"{t.day:0{n}d}",
    "H": lambda t, n: f"{t.hour:0{n}d}",
    "k": lambda t, n: f"{t.hour or 24:0{n}d}",
    "K": lambda t, n: f"{t.hour % 12:0{n}d}",
    "h": lambda t, n: f"{t.hour % 12 or 12:0{n}d}",
    "m": lambda t, n: f"{t.minute:0{n}d}",
    "s": lambda t, n: f"{t.second:0{n}d}",
    "S": lambda t, n: f"{t.microsecond // 1000:0{n}d}",
    "a": lambda t, n: "AM" if t.hour < 12 else "PM",
    "E": lambda t, n: _DAYS[t.weekday()] if n >= 4 else _DAYS[t.weekday()][:3],
    "D": lambda t, n: f"{t.timetuple().tm_yday:0{n}d}",
    "z": lambda t, n: "Coordinated Universal Time" if n >= 4 else "UTC",
    "Z": lambda t, n: "+0000",
    "X": lambda t, n: "Z",
}


class JavaDateFormat:
    """One pattern. Raises ValueError when it is not understood."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._parts = _parts(pattern)
        self._regex: re.Pattern[str] | None = None

    def format(self, millis: int) -> str:
        """The text of a moment. Raises ValueError for years outside 1 to 9999."""
        try:
            moment = _EPOCH + timedelta(milliseconds=millis)
        except OverflowError:
            raise ValueError("the year is not between 1 and 9999") from None
        return "".join(_PRINT[p.letter](moment, p.count) if p.letter else p.text for p in self._parts)

    def parse(self, text: str) -> int:
        """The moment in milliseconds. As Java, what follows the pattern is not looked at. Raises ValueError."""
        if self._regex is None:
            self._regex = self._reader()
        m = self._regex.match(text)
        if m is None:
            raise ValueError(f"the text does not have the form {self.pattern}")
        return _moment({k: v for k, v in m.groupdict().items() if v is not None}, self._parts)

    def _reader(self) -> re.Pattern[str]:
        out: list[str] = []
        seen: set[str] = set()
        for i, p in enumerate(self._parts):
            if not p.letter:
                out.append(re.escape(p.text))
                continue
            follows = self._parts[i + 1].letter if i + 1 < len(self._parts) else ""
            body = _read(p, exact=follows not in ("", "a", "E", "z", "Z", "X"))
            out.append(body if p.letter in seen else f"(?P<{p.letter}>{body})")
            seen.add(p.letter)
        return re.compile("".join(out), re.IGNORECASE)


def _read(part: _Part, exact: bool) -> str:
    if part.letter == "M" and part.count >= 3:
        return "|".join(m if part.count > 3 else m[:3] for m in _MONTHS)
    if part.letter == "E":
        return "|".join((*_DAYS, *(d[:3] for d in _DAYS)))
    if part.letter == "a":
        return "AM|PM"
    if part.letter in "zZX":
        return _ZONE
    return rf"\d{{{part.count}}}" if exact else r"\d+"


def _moment(found: dict[str, str], parts: list[_Part]) -> int:
    year = int(found.get("y", "1970"))
    if any(p.letter == "y" and p.count == 2 for p in parts) and len(found.get("y", "")) == 2:
        # Java: within 80 years before and 20 years after now; a fixed pivot keeps the result the same every day.
        year += 2000 if year < 70 else 1900
    month = found.get("M", "1")
    number = int(month) if month.isdigit() else next(i for i, m in enumerate(_MONTHS, 1) if m[:3].lower() == month[:3].lower())
    hour = int(found.get("H", found.get("k", "0"))) % 24 if "H" in found or "k" in found else _twelve(found)
    base = datetime(year, 1, 1, tzinfo=UTC)
    if "D" in found and "M" not in found:
        base += timedelta(days=int(found["D"]) - 1)
    else:
        # Java is lenient: day 32 is the first of the next month.
        base = datetime(year + (number - 1) // 12, (number - 1) % 12 + 1, 1, tzinfo=UTC)
        base += timedelta(days=int(found.get("d", "1")) - 1)
    moment = base + timedelta(
        hours=hour, minutes=int(found.get("m", "0")), seconds=int(found.get("s", "0")), milliseconds=int(found.get("S", "0")))
    moment -= _offset(next((found[z] for z in "zZX" if z in found), "Z"))
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _twelve(found: dict[str, str]) -> int:
    hour = int(found.get("h", found.get("K", "0"))) % 12
    return hour + 12 if found.get("a", "AM").upper() == "PM" else hour


def _offset(zone: str) -> timedelta:
    if zone[0] not in "+-":
        return timedelta()
    digits = zone[1:].replace(":", "")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4] or 0))
    return size if zone[0] == "+" else -size
