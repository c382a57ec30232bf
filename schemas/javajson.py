"""JSON as Java's Jackson prints it: compact, non-ASCII as it is, numbers in Java's notation.

Registries and consumers compare schema texts, and people compare JSON converters byte for byte; so the notation counts.
Doubles are in their shortest form, as since JDK 19 (JDK-4511638). A 32-bit power of two may have one digit more, as before it:
consumers read JSON numbers as doubles, and it is the older digits that recorded streams hold (1.17549435E-38).
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

__all__ = ["Float32", "double_text", "float_text", "json_text", "string_text"]

_FLOAT = struct.Struct("<f")
_SMALLEST_NORMAL_FLOAT = 2.0**-126
_ESCAPE = re.compile(r"\\(?:u[0-9a-f]{4}|.)")


class Float32(float):
    """A float that prints as Java's ``float``: the fewest digits that tell it from its 32-bit neighbours."""

    __slots__ = ()


def string_text(text: str) -> str:
    """The text as a JSON string. Jackson writes ``\\u001F`` where Python writes ``\\u001f``."""
    out = encode_basestring(text)
    if "\\u00" in out:
        out = _ESCAPE.sub(lambda m: "\\u" + m[0][2:].upper() if m[0][1] == "u" else m[0], out)
    return out


def double_text(value: float) -> str:
    """A 64-bit float as ``Double.toString``; not a number and the infinities as JSON strings."""
    if 1e-3 <= value < 1e7 or -1e7 < value <= -1e-3 or value == 0:
        return repr(value + 0.0 if type(value) is not float else value)
    if value != value or value in (float("inf"), float("-inf")):
        return _not_finite(value)
    shortest = float.__repr__(value)
    if len(Decimal(shortest).as_tuple().digits) == 1:
        # Java looks among forms of two digits when one would do: 4.9E-324, not 5E-324.
        two = f"{value:.1e}"
        if float(two) == value:
            shortest = two
    return _java_notation(shortest)


def float_text(value: float) -> str:
    """A 32-bit float as ``Float.toString``; not a number and the infinities as JSON strings.

    The value is rounded to 32 bits first. Raises OverflowError when it is too large for that.
    """
    if value != value or value in (float("inf"), float("-inf")):
        return _not_finite(value)
    bits = _FLOAT.pack(value)
    exact = _FLOAT.unpack(bits)[0]
    # Six digits always survive the way through a normal 32-bit float, so fewer need not be tried.
    power_of_two = abs(math.frexp(exact)[0]) == 0.5
    near = math.ldexp(1.0, max(math.frexp(exact)[1] - 24, -149) - 2) if power_of_two else 0.0
    for digits in range(6 if abs(exact) >= _SMALLEST_NORMAL_FLOAT else 2, 10):
        text = f"{exact:.{digits}g}"
        if _FLOAT.pack(float(text)) == bits and (not power_of_two or abs(float(text) - exact) < near):
            break
    plain = 1e-3 <= abs(exact) < 1e7 or exact == 0
    return _java_notation(text) if not plain else text if "." in text else _plain(text)


def _plain(text: str) -> str:
    shown = f"{Decimal(text):f}"
    return shown if "." in shown else shown + ".0"


def _not_finite(value: float) -> str:
    return '"NaN"' if value != value else '"Infinity"' if value > 0 else '"-Infinity"'


def _java_notation(text: str) -> str:
    """Another notation of the number as Java's: ``d.ddE[-]n``."""
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    power = exponent + len(digits) - 1
    shown = "".join(map(str, digits)).rstrip("0")
    return f"{'-' if sign else ''}{shown[0]}.{shown[1:] or '0'}E{power}"


def json_text(tree: Any) -> str:
    """A tree of dict, list, str, int, float, Float32, Decimal, bool and None as compact JSON, in order."""
    parts: list[str] = []
    _write(tree, parts.append)
    return "".join(parts)


def _write(v: Any, out: Any) -> None:
    if isinstance(v, str):
        out(string_text(v))
    elif v is None:
        out("null")
    elif v is True or v is False:
        out("true" if v else "false")
    elif isinstance(v, Float32):
        out(float_text(v))
    elif isinstance(v, float):
        out(double_text(v))
    elif isinstance(v, int | Decimal):
        out(str(v))
    elif isinstance(v, Mapping):
        mark = "{"
        for k, x in v.items():
            out(mark + string_text(k) + ":")
            _write(x, out)
            mark = ","
        out("}" if mark == "," else "{}")
    else:
        mark = "["
        for x in v:
            out(mark)
            _write(x, out)
            mark = ","
        out("]" if mark == "," else "[]")
