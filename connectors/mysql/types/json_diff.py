"""Changes to a JSON document, as ``binlog_row_value_options=PARTIAL_JSON`` writes them instead of the new document."""

from __future__ import annotations

import json
import re

from connectors.mysql.types.json_dom import Json, encode, parse

__all__ = ["apply_diffs", "packed_number"]

REPLACE, INSERT, REMOVE = range(3)

_LEG = re.compile(r'\.(?:("(?:[^"\\]|\\.)*")|([^."\[\s]+))|\[(\d{1,10})\]', re.DOTALL)

Leg = str | int


def packed_number(data: bytes, at: int) -> tuple[int, int]:
    """A length-encoded whole number and the offset after it. Raises ValueError when it is cut off."""
    head = data[at] if at < len(data) else 255
    size = {252: 2, 253: 3, 254: 8}.get(head, 0)
    if head in (251, 255) or at + 1 + size > len(data):
        raise ValueError("a packed number that is cut off")
    return (int.from_bytes(data[at + 1:at + 1 + size], "little") if size else head), at + 1 + size


def _path(text: str) -> list[Leg]:
    if not text.startswith("$"):
        raise ValueError("a JSON path that does not start at the root")
    legs: list[Leg] = []
    at = 1
    while at < len(text):
        found = _LEG.match(text, at)
        if found is None:
            raise ValueError("a JSON path of an unknown form")
        quoted, plain, index = found.groups()
        if index is not None:
            legs.append(int(index))
        else:
            key = plain if quoted is None else json.loads(quoted)
            if not isinstance(key, str):
                raise ValueError("a JSON path of an unknown form")
            legs.append(key)
        at = found.end()
    if not legs:
        raise ValueError("a JSON change of the whole document")
    return legs


def apply_diffs(before: bytes, diffs: bytes) -> bytes:
    """The document after the changes, in the binary form. Raises ValueError when a change is damaged or does not fit the
    document, which then is not the one that was changed.

    A change is its operation, the length-encoded path, and, unless it removes, the length-encoded new value, a binary document.
    """
    if not diffs:
        return before
    document = parse(before)
    at = 0
    while at < len(diffs):
        operation = diffs[at]
        path, at = _sized(diffs, at + 1)
        value: Json = None
        if operation in (REPLACE, INSERT):
            raw, at = _sized(diffs, at)
            value = parse(raw)
        elif operation != REMOVE:
            raise ValueError(f"a JSON change of the unknown kind {operation}")
        try:
            legs = _path(path.decode("utf-8"))
        except UnicodeDecodeError:
            raise ValueError("a JSON path that is not UTF-8") from None
        if not _applied(document, legs, operation, value):
            raise ValueError("a JSON change at a place that the document before it does not have")
    return encode(document)


def _sized(data: bytes, at: int) -> tuple[bytes, int]:
    length, at = packed_number(data, at)
    if length > len(data) - at:
        raise ValueError("a JSON change that is cut off")
    return data[at:at + length], at + length


def _applied(document: Json, legs: list[Leg], operation: int, value: Json) -> bool:
    parent = document
    for leg in legs[:-1]:
        if not _has(parent, leg):
            return False
        parent = parent[leg]
    last = legs[-1]
    if operation == INSERT:
        if isinstance(parent, dict) and isinstance(last, str) and last not in parent:
            parent[last] = value
        elif isinstance(parent, list) and isinstance(last, int):
            parent.insert(last, value)
        else:
            return False
        return True
    if not _has(parent, last):
        return False
    if operation == REPLACE:
        parent[last] = value
    else:
        del parent[last]
    return True


def _has(parent: Json, leg: Leg) -> bool:
    if isinstance(parent, dict):
        return isinstance(leg, str) and leg in parent
    return isinstance(parent, list) and isinstance(leg, int) and leg < len(parent)
