"""A JSON document as a tree, to change it, and back into MySQL's binary form as the server itself writes it."""

from __future__ import annotations

import struct
from typing import Any

from connectors.mysql.types.json_walk import (
    ARRAYS,
    DOUBLE,
    INT16,
    INT32,
    INT64,
    LITERAL,
    MAX_DEPTH,
    OBJECTS,
    OPAQUE,
    STRING,
    UINT16,
    UINT32,
    UINT64,
    Opaque,
    UInt,
    Walk,
)

__all__ = ["Json", "encode", "parse"]

Json = Any
"""dict, list, str, int (:class:`UInt` of an unsigned one), float, bool, None or :class:`Opaque`."""

_SIGNED = ((INT16, 2), (INT32, 4), (INT64, 8))
_UNSIGNED = ((UINT16, 2), (UINT32, 4), (UINT64, 8))


def parse(raw: bytes) -> Json:
    """The tree of a document. Raises ValueError when it is damaged."""
    if not raw:
        return None
    return _parse(Walk(raw), raw[0], 1, len(raw), 0)


def _parse(walk: Walk, kind: int, at: int, end: int, depth: int) -> Json:
    if kind not in ARRAYS and kind not in OBJECTS:
        return walk.scalar(kind, at, end)
    if depth >= MAX_DEPTH:
        raise ValueError(f"a JSON document nested deeper than {MAX_DEPTH}")
    keys, members = walk.members(kind, at, end)
    values = [_parse(walk, *member, depth + 1) for member in members]
    if keys is None:
        return values
    return dict(zip(keys, values, strict=True))


def encode(value: Json) -> bytes:
    """The binary form. Raises ValueError for what a document cannot hold."""
    kind, payload = _encode(value, 0)
    return bytes([kind]) + payload


def _encode(value: Json, depth: int) -> tuple[int, bytes]:
    """The type and what follows it; the payload of what can stand inside a table of values is at most four bytes."""
    if isinstance(value, str):
        data = value.encode("utf-8")
        return STRING, _length(len(data)) + data
    if value is None or isinstance(value, bool):
        return LITERAL, b"\0" if value is None else b"\1" if value else b"\2"
    if isinstance(value, int):
        signed = not isinstance(value, UInt)
        for kind, size in _SIGNED if signed else _UNSIGNED:
            if (value.bit_length() if not signed else (value if value >= 0 else ~value).bit_length() + 1) <= 8 * size:
                return kind, value.to_bytes(size, "little", signed=signed)
        raise ValueError("a number of more than 64 bits in a JSON document")
    if isinstance(value, float):
        return DOUBLE, struct.pack("<d", value)
    if isinstance(value, Opaque):
        return OPAQUE, bytes([value.type]) + _length(len(value.data)) + value.data
    if depth >= MAX_DEPTH:
        raise ValueError(f"a JSON document nested deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        # The server's order of keys: by length, then by bytes.
        pairs = sorted(((k.encode("utf-8"), v) for k, v in value.items()), key=lambda pair: (len(pair[0]), pair[0]))
        return _container(0, [k for k, _ in pairs], [_encode(v, depth + 1) for _, v in pairs])
    if isinstance(value, list):
        return _container(2, None, [_encode(v, depth + 1) for v in value])
    raise ValueError("a value that no JSON document can hold")


def _length(length: int) -> bytes:
    out = bytearray()
    while length > 0x7F:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    out.append(length)
    return bytes(out)


def _container(kind: int, keys: list[bytes] | None, members: list[tuple[int, bytes]]) -> tuple[int, bytes]:
    for large in (0, 1):
        payload = _laid_out(large, keys, members)
        if payload is not None:
            return kind + large, payload
    raise ValueError("a JSON container of more than 4 GB")


def _laid_out(large: int, keys: list[bytes] | None, members: list[tuple[int, bytes]]) -> bytes | None:
    """The container with places of two or four bytes, None when it is too large for them."""
    width, limit = (4, 0xFFFFFFFF) if large else (2, 0xFFFF)
    inside = (LITERAL, INT16, UINT16, INT32, UINT32) if large else (LITERAL, INT16, UINT16)
    place = 2 * width + len(members) * (1 + width) + (0 if keys is None else len(keys) * (width + 2))
    size = place + sum(map(len, keys or ())) + sum(len(data) for kind, data in members if kind not in inside)
    if size > limit or len(members) > limit:
        return None
    head = bytearray(len(members).to_bytes(width, "little") + size.to_bytes(width, "little"))
    body = bytearray()
    for key in keys or ():
        if len(key) > 0xFFFF:
            raise ValueError("a JSON key of more than 65535 bytes")
        head += (place + len(body)).to_bytes(width, "little") + len(key).to_bytes(2, "little")
        body += key
    for kind, data in members:
        head.append(kind)
        if kind in inside:
            # A signed number that is shorter than its place is filled up by its sign.
            fill = b"\xff" if kind == INT16 and data[1] & 0x80 else b"\0"
            head += data.ljust(width, fill)
        else:
            head += (place + len(body)).to_bytes(width, "little")
            body += data
    return bytes(head + body)
