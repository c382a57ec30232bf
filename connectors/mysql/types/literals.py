"""Literals of SQL, as they stand behind DEFAULT."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Literal", "Now", "literal_of"]

_STRING = r"'(?:[^'\\]|''|\\.)*'|\"(?:[^\"\\]|\"\"|\\.)*\""
_STRINGS = re.compile(rf"(?:(_[a-z0-9]+|n)\s*)?((?:(?:{_STRING})\s*)+)", re.IGNORECASE | re.DOTALL)
_ONE = re.compile(_STRING, re.DOTALL)
_TEMPORAL = re.compile(rf"(?:date|time|timestamp)\s*({_STRING})", re.IGNORECASE | re.DOTALL)
_HEX = re.compile(r"(?:_([a-z0-9]+)\s*)?(?:x'((?:[0-9a-f]{2})*)'|0x([0-9a-f]+))", re.IGNORECASE)
_BITS = re.compile(r"(?:_[a-z0-9]+\s*)?(?:b'([01]*)'|0b([01]+))", re.IGNORECASE)
_NUMBER = re.compile(r"([+-]?)\s*(\d+(?:\.\d*)?(?:[eE][+-]?\d{1,4})?|\.\d+(?:[eE][+-]?\d{1,4})?)")
_NOW = re.compile(r"(?:current_timestamp|now|localtime|localtimestamp)(?:\s*\(\s*\d?\s*\))?", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)|''|\"\"", re.DOTALL)
_ESCAPES = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}


class Now:
    """CURRENT_TIMESTAMP under any of its names."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal: one of text, bytes (hexadecimal or bits) and number. ``charset`` is what an introducer before it names."""

    text: str | None = None
    data: bytes | None = None
    number: Decimal | None = None
    charset: str | None = None


def literal_of(sql: str) -> Literal | Now | None:
    """The literal that the text is, None for everything else: NULL, a call, an expression."""
    sql = sql.strip()
    found = _NUMBER.fullmatch(sql)
    if found:
        return Literal(number=Decimal(found[1] + found[2]))
    if _NOW.fullmatch(sql):
        return Now()
    if sql.lower() in ("true", "false"):
        return Literal(number=Decimal(sql.lower() == "true"))
    found = _HEX.fullmatch(sql)
    if found:
        digits = found[2] if found[2] is not None else found[3]
        return Literal(data=bytes.fromhex(digits if len(digits) % 2 == 0 else "0" + digits), charset=found[1])
    found = _BITS.fullmatch(sql)
    if found:
        bits = found[1] or found[2] or ""
        return Literal(data=int(bits or "0", 2).to_bytes((len(bits) + 7) // 8, "big"))
    found = _TEMPORAL.fullmatch(sql)
    if found:
        return Literal(text=_unquoted(found[1]))
    found = _STRINGS.fullmatch(sql)
    if found:
        introducer = found[1][1:].lower() if found[1] and found[1][0] == "_" else None
        return Literal(text="".join(_unquoted(part) for part in _ONE.findall(found[2])), charset=introducer)
    return None


def _unquoted(quoted: str) -> str:
    mark = quoted[0]

    def plain(found: re.Match[str]) -> str:
        if found[1] is not None:
            return _ESCAPES.get(found[1], found[1])
        return mark if found[0] == mark * 2 else found[0]

    return _ESCAPED.sub(plain, quoted[1:-1])
