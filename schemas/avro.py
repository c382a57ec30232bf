"""Connect schema → Avro schema, as Confluent's ``AvroData`` registers it with its default settings.

Facts: ``io.confluent.connect.avro.AvroData`` (``connect.meta.data=true``, ``enhanced.avro.schema.support=false``) and the
JSON that Avro's Java library prints: attributes in the order they were added, a namespace only where it changes, a named
type by its definition once and by reference afterwards. Subjects stay what they are when a user switches to Headgate.

The union rule of this module (:func:`null_first`) is what every encoder must follow.

Where we differ, on purpose, because the reference's schema cannot be read by everybody:

- an optional *struct* with a default is ``[record, "null"]``; the reference leaves null first, which makes the default invalid;
- a decimal whose scale is negative or above its precision gets no ``logicalType``; the reference writes one, Java readers
  ignore it and others refuse the whole schema;
- a default of NaN or Infinity is left out of the field (and kept in ``connect.default``): Java prints it as text, which no
  registry takes for a number;
- a struct used a second time is a reference even when its own default, comment or parameters differ (the field's default
  stands in the field all the same); the reference fails with "Can't redefine" there;
- two structs of one name with different *fields* are an error that names them; the reference writes the first one's name
  for both inside arrays, maps and optional fields, and then wrong bytes.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from schemas.javajson import Float32, json_text
from schemas.model import CONNECT_DATE, CONNECT_DECIMAL, CONNECT_TIME, CONNECT_TIMESTAMP, Schema, SchemaError, Type, Value
from schemas.numbers import decimal_bytes, decimal_scale

__all__ = ["CONFLUENT", "AvroStyle", "avro_json", "avro_schema", "is_avro_map", "null_first"]

NAMESPACE = "io.confluent.connect.avro"
_DEFAULT_NAME = "ConnectDefault"
_MAP_ENTRY = "MapEntry"
_DEFAULT_PRECISION = 64
_PRECISION = "connect.decimal.precision"
_RECORD_DOC = f"{NAMESPACE}.record.doc"
_FIELD_DOC = f"{NAMESPACE}.field.doc."
_FROM_AVRO_DEFAULT = f"{NAMESPACE}.field.default"
_PRIMITIVES = {
    Type.INT8: "int", Type.INT16: "int", Type.INT32: "int", Type.INT64: "long", Type.FLOAT32: "float",
    Type.FLOAT64: "double", Type.BOOLEAN: "boolean", Type.STRING: "string", Type.BYTES: "bytes",
}
_LOGICAL = {CONNECT_TIME: "time-millis", CONNECT_TIMESTAMP: "timestamp-millis", CONNECT_DATE: "date"}
_AVRO_WORDS = frozenset({
    "null", "boolean", "int", "long", "float", "double", "bytes", "string", "record", "enum", "array", "map", "union", "fixed",
})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FLOAT32 = struct.Struct("<f")


@dataclass(frozen=True, slots=True)
class AvroStyle:
    """What the Avro form carries. A further option (Avro's own logical types for Debezium's semantic ones) belongs here."""

    connect_meta_data: bool = True

    @property
    def memo(self) -> str:
        """The key under which a schema keeps its form in this style."""
        return "avro" if self.connect_meta_data else "avro-without-metadata"


CONFLUENT = AvroStyle()
"""Confluent's converter with its default settings."""


def avro_schema(schema: Schema, style: AvroStyle = CONFLUENT) -> Any:
    """The Avro schema as parsed JSON (dict, list or str). Cached on the schema until its text is made; do not change it.

    Raises SchemaError when a name is not a valid Avro name or is defined twice in different ways.
    """
    made = schema._memo.get(style.memo)
    if made is None:
        made = schema._memo[style.memo] = _Builder(style).of(schema, None)
    return made


def avro_json(schema: Schema, style: AvroStyle = CONFLUENT) -> str:
    """The Avro schema as the JSON text to register. Cached on the schema."""
    name = style.memo + ".json"
    made: str | None = schema._memo.get(name)
    if made is None:
        made = schema._memo[name] = json_text(avro_schema(schema, style))
        # Parsed it takes ten times as much as the text, for each of thousands of tables, and is hardly asked for again.
        del schema._memo[style.memo]
    return made


def null_first(schema: Schema) -> bool:
    """Of an optional schema: whether null is branch 0 of its union. With a default, null is branch 1."""
    return schema.default is None


def is_avro_map(schema: Schema) -> bool:
    """Whether a MAP is an Avro map; with other keys than required strings it is an array of entry records."""
    keys = schema.key_schema
    return keys is not None and keys.type is Type.STRING and not keys.optional


class _Builder:
    """One conversion: remembers the named types it has written."""

    def __init__(self, style: AvroStyle) -> None:
        self.style = style
        self.defined: dict[tuple[str | None, str], Any] = {}

    def of(self, s: Schema, space: str | None) -> Any:
        """The Avro form inside namespace ``space``, a union when the schema is optional."""
        form = self.required(s, space)
        if not s.optional:
            return form
        return ["null", form] if null_first(s) else [form, "null"]

    def required(self, s: Schema, space: str | None) -> Any:
        if s.type is Type.STRUCT:
            return self.record(s, space)
        if s.type is Type.ARRAY:
            assert s.value_schema is not None
            base: dict[str, Any] = {"type": "array", "items": self.of(s.value_schema, space)}
        elif s.type is Type.MAP:
            base = self.map(s, space)
        else:
            base = {"type": _PRIMITIVES[s.type]}
            if s.name == CONNECT_DECIMAL:
                base["scale"] = decimal_scale(s)
                base["precision"] = _precision(s)
        self.describe(s, base)
        return base["type"] if len(base) == 1 else base

    def map(self, s: Schema, space: str | None) -> dict[str, Any]:
        assert s.key_schema is not None and s.value_schema is not None
        if is_avro_map(s):
            return {"type": "map", "values": self.of(s.value_schema, space)}
        namespace, name = (NAMESPACE, _MAP_ENTRY) if s.name is None else _split(s.name)

        def body(inner: str | None) -> dict[str, Any]:
            assert s.key_schema is not None and s.value_schema is not None
            out: dict[str, Any] = {
                "fields": [self.field("key", s.key_schema, None, inner), self.field("value", s.value_schema, None, inner)]
            }
            if s.name is not None:
                out["connect.internal.type"] = _MAP_ENTRY
            return out

        return {"type": "array", "items": self.named(namespace, name, s, body, space)}

    def record(self, s: Schema, space: str | None) -> Any:
        namespace, name = (NAMESPACE, _DEFAULT_NAME) if s.name is None else _split(s.name)
        parameters = s.parameters

        def body(inner: str | None) -> dict[str, Any]:
            out: dict[str, Any] = {}
            if _RECORD_DOC in parameters:
                out["doc"] = parameters[_RECORD_DOC]
            out["fields"] = [self.field(f.name, f.schema, parameters.get(_FIELD_DOC + f.name), inner) for f in s.fields]
            self.describe(s, out)
            return out

        return self.named(namespace, name, s, body, space)

    def named(self, namespace: str | None, name: str, s: Schema, body: Any, space: str | None) -> Any:
        """The definition of a record, or a reference when the same one was written before."""
        _check_name(name, f"the name of {s.name or 'a struct'}", "schema.name.adjustment.mode")
        key = (namespace, name)
        # What decides the bytes; see the module's docstring.
        identity = s.but(optional=False, default=None, doc=None, parameters=None)
        before = self.defined.get(key)
        if before is not None:
            if before != identity:
                raise SchemaError(
                    f"two structs with different fields are both named {_full(namespace, name)!r}; in Avro a name has one "
                    "definition. Give one of them another name, or use another converter"
                )
            unqualified = namespace is None or (namespace == space and name not in _AVRO_WORDS)
            return name if unqualified else _full(namespace, name)
        self.defined[key] = identity
        out: dict[str, Any] = {"type": "record", "name": name}
        if namespace != space:
            out["namespace"] = namespace or ""
        out.update(body(namespace))
        return out

    def field(self, name: str, s: Schema, doc: str | None, space: str | None) -> dict[str, Any]:
        _check_name(name, f"the field name {name!r}", "field.name.adjustment.mode")
        out: dict[str, Any] = {"name": name, "type": self.of(s, space)}
        if doc is not None:
            out["doc"] = doc
        if s.default is not None:
            default = _widen(_default(s, s.default))
            if _finite(default):
                out["default"] = default
        elif s.optional:
            out["default"] = None
        return out

    def describe(self, s: Schema, out: dict[str, Any]) -> None:
        """Add what Avro has no words for, in AvroData's order."""
        if self.style.connect_meta_data:
            if s.doc is not None:
                out["connect.doc"] = s.doc
            if s.version is not None:
                out["connect.version"] = s.version
            shown = {k: v for k, v in s.parameter_items if k != _FROM_AVRO_DEFAULT}
            if shown:
                out["connect.parameters"] = shown
            if s.default is not None and _FROM_AVRO_DEFAULT not in s.parameters:
                out["connect.default"] = _default(s, s.default)
            if s.name is not None:
                out["connect.name"] = s.name
            if s.type in (Type.INT8, Type.INT16):
                out["connect.type"] = s.type.value
        if s.name == CONNECT_DECIMAL:
            if 0 <= decimal_scale(s) <= _precision(s):
                out["logicalType"] = "decimal"
        elif s.name in _LOGICAL and s.type in (Type.INT32, Type.INT64):
            out["logicalType"] = _LOGICAL[s.name]
        for k, v in s.parameter_items:
            if k.startswith("avro"):
                out[k] = v


def _split(full: str) -> tuple[str | None, str]:
    namespace, dot, name = full.rpartition(".")
    return (namespace if dot else None), name


def _full(namespace: str | None, name: str) -> str:
    return name if namespace is None else f"{namespace}.{name}"


def _check_name(name: str, what: str, key: str) -> None:
    if not _NAME.fullmatch(name):
        raise SchemaError(
            f"{what} is not an Avro name: {name!r} must start with a letter or _ and go on with letters, digits and _. "
            f"Set {key}=avro (or avro_unicode), or use another converter"
        )


def _precision(s: Schema) -> int:
    text = s.parameters.get(_PRECISION)
    if text is None:
        return _DEFAULT_PRECISION
    try:
        return int(text)
    except ValueError:
        raise SchemaError(f"parameter {_PRECISION} of {s.name} must be a whole number") from None


def _default(s: Schema, v: Value) -> Any:
    """A default value as Avro writes it. Raises SchemaError when it does not fit."""
    if v is None:
        return None
    try:
        return _default_of_type(s, v)
    except (TypeError, ValueError, AttributeError, KeyError, OverflowError) as e:
        if isinstance(e, SchemaError):
            raise
        raise SchemaError(f"the default of a {s.name or s.type} schema has the wrong type: {type(v).__name__}") from None


def _default_of_type(s: Schema, v: Value) -> Any:
    match s.type:
        case Type.STRUCT:
            return {f.name: _default(f.schema, f.schema.default if v.get(f.name) is None else v[f.name]) for f in s.fields}
        case Type.ARRAY:
            assert s.value_schema is not None
            return [_default(s.value_schema, x) for x in v]
        case Type.MAP:
            assert s.key_schema is not None and s.value_schema is not None
            if is_avro_map(s):
                return {k: _default(s.value_schema, x) for k, x in v.items()}
            return [[_default(s.key_schema, k), _default(s.value_schema, x)] for k, x in v.items()]
        case Type.BYTES:
            return (decimal_bytes(s, v) if isinstance(v, Decimal) else bytes(v)).decode("latin-1")
        case Type.FLOAT32:
            return Float32(_FLOAT32.unpack(_FLOAT32.pack(v))[0])
        case Type.FLOAT64:
            return float(v)
        case Type.BOOLEAN:
            return bool(v)
        case Type.STRING:
            return v if isinstance(v, str) else _wrong(v)
        case _:
            return v if isinstance(v, int) and not isinstance(v, bool) else _wrong(v)


def _wrong(v: Value) -> Any:
    raise TypeError(type(v).__name__)


def _finite(tree: Any) -> bool:
    if isinstance(tree, float):
        return math.isfinite(tree)
    if isinstance(tree, Mapping):
        return all(_finite(v) for v in tree.values())
    return all(_finite(v) for v in tree) if isinstance(tree, list) else True


def _widen(tree: Any) -> Any:
    """A field's default passes through Java's double: 0.1f is printed as 0.10000000149011612."""
    if isinstance(tree, Float32):
        return float(tree)
    if isinstance(tree, Mapping):
        return {k: _widen(v) for k, v in tree.items()}
    return [_widen(v) for v in tree] if isinstance(tree, list) else tree
