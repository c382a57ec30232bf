"""Column defaults → schema defaults, recognised as narrowly as Debezium does: literals with casts, and function calls."""

from __future__ import annotations

import re

from connectors.codec import NO_DEFAULT, Codec
from schemas.model import Value

__all__ = ["default_of"]

_LITERAL = re.compile(r"'((?:[^']|'')*)'(?:::[^']+)?", re.DOTALL)
_NUMBER = re.compile(r"\(?(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\)?(?:::[^']+)?")
_WORD = re.compile(r"(true|false)", re.IGNORECASE)
_FUNCTION = re.compile(
    r"\(?(?:[A-Za-z0-9_.\"]+\(.*\)|CURRENT_(?:DATE|TIME|TIMESTAMP)(?:\(\d\))?|LOCALTIME(?:STAMP)?(?:\(\d\))?)\)?(?:::[^']+)?",
    re.DOTALL)


def default_of(expression: str | None, codec: Codec) -> Value:
    """The schema's default for a default expression as ``pg_get_expr`` prints it, or NO_DEFAULT."""
    if expression is None or not codec.literal:
        return NO_DEFAULT
    text = expression.strip()
    found = _LITERAL.fullmatch(text) or _NUMBER.fullmatch(text) or _WORD.fullmatch(text)
    if found is not None:
        try:
            return codec.read(found[1].replace("''", "'").encode())
        except ValueError:
            return NO_DEFAULT
    if _FUNCTION.fullmatch(text):
        return codec.computed
    return NO_DEFAULT
