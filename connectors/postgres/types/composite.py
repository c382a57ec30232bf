"""Arrays of one dimension, hstore, point."""

from __future__ import annotations

import json as jsons
import re
import struct

from connectors.codec import Codec
from connectors.postgres.types.options import TypeOptions
from schemas import model, semantic
from schemas.model import Type, Value, array_of, map_of

__all__ = ["array", "array_items", "hstore", "point"]

_WKB_POINT = struct.Struct("<BIdd")
_BOUNDS = re.compile(rb"(?:\[[+-]?\d+:[+-]?\d+\])+=")
_PAIR = re.compile(r'\s*"((?:[^"\\]|\\.)*)"\s*=>\s*(?:"((?:[^"\\]|\\.)*)"|(NULL))\s*(?:,|$)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def array_items(raw: bytes) -> list[bytes | None]:
    """The elements of an array's text, None for NULL. Raises ValueError on another form or a second dimension."""
    bounds = _BOUNDS.match(raw)
    i = bounds.end() if bounds else 0
    n = len(raw)
    if raw[i:i + 1] != b"{" or raw[n - 1:] != b"}":
        raise ValueError("not an array as PostgreSQL writes it")
    if raw[i:] == b"{}":
        return []
    items: list[bytes | None] = []
    i += 1
    while True:
        if raw[i:i + 1] == b"{":
            raise ValueError("an array of more than one dimension")
        if raw[i:i + 1] == b'"':
            part = bytearray()
            i += 1
            while i < n and raw[i] != 34:
                if raw[i] == 92:
                    i += 1
                part += raw[i:i + 1]
                i += 1
            i += 1
            items.append(bytes(part))
        else:
            start = i
            while i < n and raw[i] not in b',}"':
                if raw[i] == 92:
                    i += 1
                i += 1
            word = raw[start:i]
            items.append(None if word == b"NULL" else re.sub(rb"\\(.)", rb"\1", word, flags=re.DOTALL))
        if i >= n or raw[i] not in b",}":
            raise ValueError("not an array as PostgreSQL writes it")
        if raw[i] == 125:
            if i != n - 1:
                raise ValueError("not an array as PostgreSQL writes it")
            return items
        i += 1


def array(element: Codec, options: TypeOptions) -> Codec:
    """An array of one dimension; its elements may be null."""
    read = element.read

    def values(raw: bytes) -> Value:
        return [None if item is None else read(item) for item in array_items(raw)]

    return Codec(array_of(element.schema.opt()), values, [], unavailable=_unavailable(element, options))


def _unavailable(element: Codec, options: TypeOptions) -> Value:
    """Numbers carry the placeholder's bytes one by one, as Debezium's do; the rest carries it once."""
    kind = element.schema.type
    if kind in (Type.INT16, Type.INT32, Type.INT64):
        return list(options.placeholder)
    if kind in (Type.FLOAT32, Type.FLOAT64):
        return [float(b) for b in options.placeholder]
    if element.unavailable is not None:
        return [element.unavailable]
    if kind is Type.STRING:
        return [options.placeholder_text]
    return None


def hstore(options: TypeOptions) -> Codec:
    """hstore as compact JSON or as a map."""
    if options.hstore == "map":
        return Codec(map_of(model.STRING, model.STRING.opt()), _pairs, {},
                     unavailable={options.placeholder_text: options.placeholder_text})

    def read(raw: bytes) -> str:
        return jsons.dumps(_pairs(raw), ensure_ascii=False, separators=(",", ":"))

    return Codec(semantic.json(), read, "{}", unavailable=options.placeholder_text)


def _pairs(raw: bytes) -> dict[str, str | None]:
    text = raw.decode("utf-8")
    out: dict[str, str | None] = {}
    at = 0
    while at < len(text):
        pair = _PAIR.match(text, at)
        if pair is None:
            raise ValueError("not an hstore as PostgreSQL writes it")
        key, value, _ = pair.groups()
        out[_ESCAPED.sub(r"\1", key)] = None if value is None else _ESCAPED.sub(r"\1", value)
        at = pair.end()
    return out


def point() -> Codec:
    """point: the coordinates and their WKB."""
    return Codec(semantic.point(), _point, _point(b"(0,0)"))


def _point(raw: bytes) -> Value:
    parts = raw.strip(b"()").split(b",")
    if len(parts) != 2:
        raise ValueError("not a point as PostgreSQL writes it")
    x, y = float(parts[0]), float(parts[1])
    return {"x": x, "y": y, "wkb": _WKB_POINT.pack(1, 1, x, y), "srid": None}
