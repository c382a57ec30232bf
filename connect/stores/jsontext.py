"""Text of keys and values exactly as Kafka Connect's schemaless JSON converter writes it: compact, UTF-8, unescaped.

Members keep the order they are given in. Floats are written as Java writes doubles (``1.0E10``), since the bytes of an
offset key decide which stored offset is found.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["dumps", "loads"]

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPES |= {chr(i): f"\\u{i:04X}" for i in range(0x20) if chr(i) not in _ESCAPES}
_TABLE = str.maketrans(_ESCAPES)


def dumps(value: Any) -> bytes:
    """The value as compact JSON. Raises TypeError for what JSON has no form for, ValueError for NaN and infinities."""
    return _text(value).encode("utf-8", "surrogatepass")


def loads(data: bytes | str) -> Any:
    """Read JSON. Raises ValueError (its message holds no part of the text)."""
    try:
        return json.loads(data)
    except ValueError as e:
        where = f" at character {e.pos}" if isinstance(e, json.JSONDecodeError) else ""
        raise ValueError(f"not JSON{where}") from None


def _text(value: Any) -> str:
    match value:
        case None:
            return "null"
        case True:
            return "true"
        case False:
            return "false"
        case str():
            return f'"{value.translate(_TABLE)}"'
        case int():
            return str(value)
        case float():
            return _double(value)
        case Mapping():
            return "{" + ",".join(f"{_member(k)}:{_text(v)}" for k, v in value.items()) + "}"
        case Sequence() if not isinstance(value, bytes | bytearray | memoryview):
            return "[" + ",".join(_text(v) for v in value) + "]"
    raise TypeError(f"a value of type {type(value).__name__} has no form in JSON")


def _member(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"a member's name must be text, not {type(name).__name__}")
    return _text(name)


def _double(value: float) -> str:
    """``Double.toString``: the shortest digits that read back, plain between 1e-3 and 1e7, else with an exponent."""
    if not math.isfinite(value):
        raise ValueError("NaN and infinities have no form in JSON")
    if value == 0:
        return "-0.0" if math.copysign(1, value) < 0 else "0.0"
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent or 0)
    digits = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(digits)
    digits = digits.rstrip("0") or "0"
    sign = "-" if value < 0 else ""
    if 1e-3 <= abs(value) < 1e7:
        if point <= 0:
            return f"{sign}0.{'0' * -point}{digits}"
        return f"{sign}{digits[:point].ljust(point, '0')}.{digits[point:] or '0'}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{point - 1}"
