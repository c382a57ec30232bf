"""Avro schema → Connect schema, and decoded Avro → Connect values: the way back of :mod:`schemas.avro`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.connectjson import value_from_json
from schemas.model import CONNECT_DECIMAL, Field, Schema, SchemaError, Type, Value
from schemas.numbers import decimal_of_bytes, decimal_scale

__all__ = ["connect_schema", "connect_value"]

_PRIMITIVES = {
    "int": Type.INT32, "long": Type.INT64, "float": Type.FLOAT32, "double": Type.FLOAT64, "boolean": Type.BOOLEAN,
    "string": Type.STRING, "bytes": Type.BYTES,
}
_MISSING = object()


def connect_schema(avro: Any) -> Schema:
    """The Connect schema of an Avro schema as this project's converter writes them. Raises SchemaError on anything else."""
    return _schema(avro, None, {}, _MISSING)


def _schema(avro: Any, space: str | None, known: dict[str, Schema], default: Any) -> Schema:
    if isinstance(avro, list):
        others = [b for b in avro if b != "null"]
        if len(others) != 1 or len(avro) != 2:
            raise SchemaError("a union of other than null and one type has no Connect schema here")
        inner = _schema(others[0], space, known, _MISSING).but(optional=True)
        return _with_default(inner, default)
    return _with_default(_required(avro, space, known), default)


def _with_default(schema: Schema, default: Any) -> Schema:
    if default is _MISSING or default is None:
        # A definition's own default is that of its first use.
        return schema if default is _MISSING or schema.default is None else schema.but(default=None)
    return schema.but(default=_default(schema, default))


def _default(schema: Schema, tree: Any) -> Value:
    """A default as JSON: bytes are ISO-8859-1 text."""
    if tree is None:
        return None
    if schema.type is Type.BYTES and isinstance(tree, str):
        return connect_value(schema, tree.encode("latin-1"))
    if schema.type is Type.STRUCT and isinstance(tree, Mapping):
        return {f.name: _default(f.schema, tree.get(f.name)) for f in schema.fields}
    if schema.type is Type.ARRAY and schema.value_schema is not None and isinstance(tree, list):
        return [_default(schema.value_schema, x) for x in tree]
    if schema.type is Type.MAP and schema.value_schema is not None and isinstance(tree, Mapping):
        return {k: _default(schema.value_schema, x) for k, x in tree.items()}
    return value_from_json(schema, tree)


def _required(avro: Any, space: str | None, known: dict[str, Schema]) -> Schema:
    if isinstance(avro, str):
        if avro in _PRIMITIVES:
            return Schema(_PRIMITIVES[avro])
        found = known.get(f"{space}.{avro}" if space and "." not in avro else avro) or known.get(avro)
        if found is None:
            raise SchemaError(f"unknown Avro type {avro!r}")
        return found
    kind = avro.get("type") if isinstance(avro, dict) else None
    if kind == "record":
        return _record(avro, space, known)
    if kind == "map":
        made = Schema(Type.MAP, key_schema=Schema(Type.STRING), value_schema=_schema(avro["values"], space, known, _MISSING))
    elif kind == "array":
        made = _array(avro, space, known)
    elif isinstance(kind, str) and kind in _PRIMITIVES:
        made = Schema(_PRIMITIVES[kind])
        if avro.get("connect.type") in ("int8", "int16"):
            made = Schema(Type(avro["connect.type"]))
    elif kind is not None and not isinstance(kind, str):
        return _schema(kind, space, known, _MISSING)
    else:
        raise SchemaError(f"Avro type {kind!r} has no Connect schema here")
    return _described(made, avro)


def _record(avro: dict[str, Any], space: str | None, known: dict[str, Schema]) -> Schema:
    inside = avro.get("namespace", space) or None
    full = f"{inside}.{avro['name']}" if inside and "." not in avro["name"] else str(avro["name"])
    space = full.rpartition(".")[0] or None
    fields = tuple(
        Field(f["name"], i, _schema(f["type"], space, known, f.get("default", _MISSING))) for i, f in enumerate(avro["fields"])
    )
    made = _described(Schema(Type.STRUCT, name=avro.get("connect.name"), fields=fields), avro)
    known[full] = made
    return made


def _array(avro: dict[str, Any], space: str | None, known: dict[str, Schema]) -> Schema:
    items = _schema(avro["items"], space, known, _MISSING)
    entry = avro["items"]
    is_entry = isinstance(entry, dict) and (
        entry.get("connect.internal.type") == "MapEntry" or (
            entry.get("name") == "MapEntry" and entry.get("namespace") == "io.confluent.connect.avro"))
    if is_entry:
        return Schema(Type.MAP, key_schema=items.field("key").schema, value_schema=items.field("value").schema)
    return Schema(Type.ARRAY, value_schema=items)


def _described(schema: Schema, avro: dict[str, Any]) -> Schema:
    made = schema.but(
        name=avro.get("connect.name"), version=avro.get("connect.version"), doc=avro.get("connect.doc"),
        parameters=avro.get("connect.parameters") or {},
    )
    if "connect.default" in avro:
        made = made.but(default=_default(made, avro["connect.default"]))
    return made


def connect_value(schema: Schema, tree: Any) -> Value:
    """The Connect value of what fastavro decoded without logical types."""
    if tree is None:
        return None
    if schema.name == CONNECT_DECIMAL:
        return decimal_of_bytes(tree, decimal_scale(schema))
    if schema.type is Type.STRUCT:
        return {f.name: connect_value(f.schema, tree.get(f.name)) for f in schema.fields}
    if schema.type is Type.ARRAY and schema.value_schema is not None:
        return [connect_value(schema.value_schema, x) for x in tree]
    if schema.type is Type.MAP and schema.key_schema is not None and schema.value_schema is not None:
        if isinstance(tree, Mapping):
            return {k: connect_value(schema.value_schema, x) for k, x in tree.items()}
        return {connect_value(schema.key_schema, e["key"]): connect_value(schema.value_schema, e["value"]) for e in tree}
    return tree
