"""Connect data as JSON, byte for byte as Kafka Connect's ``JsonConverter`` writes it, and back.

A value's writer is compiled once per schema into a tree of functions that give text; a schema's JSON is made once. Facts:
``org.apache.kafka.connect.json.JsonConverter`` (order of a schema's keys, bytes as base64, maps with other keys than
strings as arrays of pairs, null in a field with a default written as the default unless told otherwise).
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from schemas.encode import ValueMismatch, wrong_type
from schemas.javajson import double_text, float_text, string_text
from schemas.model import CONNECT_DECIMAL, Field, Schema, SchemaError, Type, Value
from schemas.numbers import decimal_bytes, decimal_of_bytes, decimal_scale, unscaled

__all__ = ["JsonStyle", "schema_from_json", "schema_text", "untyped_text", "value_from_json", "value_text"]

Text = Callable[[Value], str]
_FLOAT = struct.Struct("<f")


@dataclass(frozen=True, slots=True)
class JsonStyle:
    """How values are written: Decimals as numbers or as base64 of their bytes; null as the field's default or as null."""

    numeric_decimals: bool = False
    replace_null_with_default: bool = True

    @property
    def memo(self) -> str:
        """The key under which a schema keeps what was compiled for this style."""
        return f"json:{self.numeric_decimals:d}{self.replace_null_with_default:d}"


def value_text(schema: Schema, style: JsonStyle) -> Text:
    """The function that writes a value of this schema. It raises SchemaError naming the field. Kept on the schema."""
    made: Text | None = schema._memo.get(style.memo)
    if made is None:
        made = schema._memo[style.memo] = _compile(schema, style)
    return made


def schema_text(schema: Schema, style: JsonStyle) -> str:
    """The schema as JSON. Kept on the schema."""
    name = style.memo + ".schema"
    made: str | None = schema._memo.get(name)
    if made is None:
        made = schema._memo[name] = f"{{{_schema_body(schema, style)}}}"
    return made


def _schema_body(s: Schema, style: JsonStyle) -> str:
    parts = [f'"type":"{s.type}"']
    if s.type is Type.ARRAY and s.value_schema is not None:
        parts.append(f'"items":{schema_text(s.value_schema, style)}')
    elif s.type is Type.MAP and s.key_schema is not None and s.value_schema is not None:
        parts.append(f'"keys":{schema_text(s.key_schema, style)},"values":{schema_text(s.value_schema, style)}')
    elif s.type is Type.STRUCT:
        fields = ",".join(f'{schema_text(f.schema, style)[:-1]},"field":{string_text(f.name)}}}' for f in s.fields)
        parts.append(f'"fields":[{fields}]')
    parts.append('"optional":true' if s.optional else '"optional":false')
    if s.name is not None:
        parts.append(f'"name":{string_text(s.name)}')
    if s.version is not None:
        parts.append(f'"version":{s.version}')
    if s.doc is not None:
        parts.append(f'"doc":{string_text(s.doc)}')
    if s.parameter_items:
        parts.append('"parameters":{' + ",".join(f"{string_text(k)}:{string_text(v)}" for k, v in s.parameter_items) + "}")
    if s.default is not None:
        parts.append(f'"default":{value_text(s, style)(s.default)}')
    return ",".join(parts)


def _compile(s: Schema, style: JsonStyle) -> Text:
    body = _required(s, style)
    if s.default is not None and style.replace_null_with_default:
        default = body(s.default)
        return lambda v: default if v is None else body(v)
    if s.optional:
        return lambda v: "null" if v is None else body(v)
    return body


def _required(s: Schema, style: JsonStyle) -> Text:
    match s.type:
        case Type.STRUCT:
            return _struct(s, style)
        case Type.ARRAY:
            return _array(s, style)
        case Type.MAP:
            return _map(s, style)
        case Type.INT8 | Type.INT16 | Type.INT32 | Type.INT64:
            return _integer(int(s.type[3:]))
        case Type.FLOAT32:
            return _float32
        case Type.FLOAT64:
            return _float64
        case Type.BOOLEAN:
            return _boolean
        case Type.STRING:
            return _string
        case Type.BYTES:
            return _decimal(s, style) if s.name == CONNECT_DECIMAL else _bytes


def _integer(bits: int) -> Text:
    low, high = -(1 << bits - 1), (1 << bits - 1) - 1

    def text(v: Value) -> str:
        if type(v) is not int and (isinstance(v, bool) or not isinstance(v, int)):
            raise wrong_type(f"int{bits}", v)
        if not low <= v <= high:
            raise ValueMismatch(f"a whole number outside the range of int{bits}")
        return int.__repr__(v)

    return text


def _float32(v: Value) -> str:
    if isinstance(v, bool) or not isinstance(v, float | int):
        raise wrong_type("float32", v)
    try:
        return float_text(v)
    except OverflowError:
        raise ValueMismatch("a number outside the range of float32") from None


def _float64(v: Value) -> str:
    if isinstance(v, bool) or not isinstance(v, float | int):
        raise wrong_type("float64", v)
    try:
        return double_text(float(v))
    except OverflowError:
        raise ValueMismatch("a number outside the range of float64") from None


def _boolean(v: Value) -> str:
    if v is True:
        return "true"
    if v is False:
        return "false"
    raise wrong_type("boolean", v)


def _string(v: Value) -> str:
    if not isinstance(v, str):
        raise wrong_type("string", v)
    return string_text(v)


def _bytes(v: Value) -> str:
    if not isinstance(v, bytes | bytearray | memoryview):
        raise wrong_type("bytes", v)
    return f'"{base64.b64encode(v).decode()}"'


def _decimal(s: Schema, style: JsonStyle) -> Text:
    scale = decimal_scale(s)

    def text(v: Value) -> str:
        if not isinstance(v, Decimal):
            raise wrong_type("a Decimal", v)
        try:
            if style.numeric_decimals:
                unscaled(v, scale)
                return str(v)
            return f'"{base64.b64encode(decimal_bytes(s, v)).decode()}"'
        except ValueMismatch:
            raise
        except SchemaError as e:
            raise ValueMismatch(str(e)) from None

    return text


def _array(s: Schema, style: JsonStyle) -> Text:
    assert s.value_schema is not None
    item = value_text(s.value_schema, style)

    def text(v: Value) -> str:
        if not isinstance(v, list | tuple):
            raise wrong_type("an array", v)
        try:
            return "[" + ",".join([item(x) for x in v]) + "]"
        except ValueMismatch as e:
            raise e.inside("[]") from None

    return text


def _map(s: Schema, style: JsonStyle) -> Text:
    assert s.key_schema is not None and s.value_schema is not None
    key, item = value_text(s.key_schema, style), value_text(s.value_schema, style)
    by_name = s.key_schema.type is Type.STRING

    def text(v: Value) -> str:
        if not isinstance(v, dict):
            raise wrong_type("a map", v)
        try:
            if by_name:
                return "{" + ",".join(['"null":' + item(x) if k is None else f"{key(k)}:{item(x)}" for k, x in v.items()]) + "}"
            return "[" + ",".join([f"[{key(k)},{item(x)}]" for k, x in v.items()]) + "]"
        except ValueMismatch as e:
            raise e.inside("{}") from None

    return text


def _struct(s: Schema, style: JsonStyle) -> Text:
    members = [
        (("{" if f.index == 0 else ",") + string_text(f.name) + ":", f.name, value_text(f.schema, style)) for f in s.fields
    ]
    names = frozenset(f.name for f in s.fields)
    what = s.name or "a struct"

    def text(v: Value) -> str:
        if not isinstance(v, dict):
            raise wrong_type(f"a struct {what}", v)
        if not v.keys() <= names:
            extra = next(str(k) for k in v if k not in names)
            raise ValueMismatch(f"the value has a field {extra!r} that {what} does not have")
        parts: list[str] = []
        name = ""
        try:
            for mark, name, member in members:
                parts.append(mark + member(v.get(name)))
        except ValueMismatch as e:
            raise e.inside(name) from None
        return "".join(parts) + "}" if parts else "{}"

    return text


def untyped_text(v: Value) -> str:
    """A value without a schema. Raises SchemaError for a type that JSON has no word for."""
    if v is None:
        return "null"
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, str):
        return string_text(v)
    if isinstance(v, float):
        return double_text(v)
    if isinstance(v, int | Decimal):
        return str(v)
    if isinstance(v, bytes | bytearray | memoryview):
        return _bytes(v)
    if isinstance(v, Mapping):
        if all(isinstance(k, str) for k in v):
            return "{" + ",".join(f"{string_text(k)}:{untyped_text(x)}" for k, x in v.items()) + "}"
        return "[" + ",".join(f"[{untyped_text(k)},{untyped_text(x)}]" for k, x in v.items()) + "]"
    if isinstance(v, list | tuple):
        return "[" + ",".join(untyped_text(x) for x in v) + "]"
    raise SchemaError(f"a value of type {type(v).__name__} without a schema has no JSON form")


def schema_from_json(tree: Any) -> Schema | None:
    """The schema of a parsed ``schema`` part; None for null. Raises SchemaError saying what is wrong."""
    if tree is None:
        return None
    if not isinstance(tree, Mapping):
        raise SchemaError(f"a schema must be a JSON object or null, not {type(tree).__name__}")
    try:
        kind = Type(tree["type"])
    except (KeyError, ValueError):
        raise SchemaError(f"unknown schema type {tree.get('type')!r}; known are {', '.join(Type)}") from None
    bare = Schema(
        kind, bool(tree.get("optional", False)), tree.get("name"), tree.get("version"), tree.get("doc"),
        tuple((tree.get("parameters") or {}).items()),
    )
    if kind is Type.ARRAY:
        bare = bare.but(value_schema=_inner(tree, "items"))
    elif kind is Type.MAP:
        bare = bare.but(key_schema=_inner(tree, "keys"), value_schema=_inner(tree, "values"))
    elif kind is Type.STRUCT:
        members = tree.get("fields")
        if not isinstance(members, list):
            raise SchemaError(f"struct {tree.get('name') or ''} has no list of fields")
        bare = bare.but(fields=tuple(Field(_field_name(m), i, _inner({"": m}, "")) for i, m in enumerate(members)))
    default = tree.get("default")
    return bare if default is None else bare.but(default=value_from_json(bare, default))


def _field_name(member: Any) -> str:
    name = member.get("field") if isinstance(member, Mapping) else None
    if not isinstance(name, str):
        raise SchemaError("a field of a struct has no name (key 'field')")
    return name


def _inner(tree: Mapping[str, Any], key: str) -> Schema:
    found = schema_from_json(tree.get(key))
    if found is None:
        raise SchemaError(f"a schema is missing under {key!r}" if key else "a field without a schema")
    return found


def value_from_json(schema: Schema | None, tree: Any) -> Value:
    """The value of a parsed ``payload`` part (numbers with a fraction may be Decimal or float).

    Raises SchemaError naming the field, not the value. Without a schema the tree is the value.
    """
    if schema is None:
        return _plain(tree)
    if tree is None:
        if schema.default is not None:
            return schema.default
        if schema.optional:
            return None
        raise ValueMismatch("null, but the field is required")
    return _typed(schema, tree)


def _plain(tree: Any) -> Value:
    if isinstance(tree, Decimal):
        return float(tree)
    if isinstance(tree, list):
        return [_plain(x) for x in tree]
    return {k: _plain(x) for k, x in tree.items()} if isinstance(tree, dict) else tree


def _typed(s: Schema, v: Any) -> Value:
    match s.type:
        case Type.STRUCT if isinstance(v, dict):
            out = {}
            for f in s.fields:
                try:
                    out[f.name] = value_from_json(f.schema, v.get(f.name))
                except ValueMismatch as e:
                    raise e.inside(f.name) from None
            return out
        case Type.ARRAY if isinstance(v, list):
            return [value_from_json(s.value_schema, x) for x in v]
        case Type.MAP if isinstance(v, dict):
            return {k: value_from_json(s.value_schema, x) for k, x in v.items()}
        case Type.MAP if isinstance(v, list) and all(isinstance(p, list) and len(p) == 2 for p in v):
            return {value_from_json(s.key_schema, k): value_from_json(s.value_schema, x) for k, x in v}
        case Type.INT8 | Type.INT16 | Type.INT32 | Type.INT64 if isinstance(v, int) and not isinstance(v, bool):
            return v
        case Type.FLOAT32 if isinstance(v, int | float | Decimal) and not isinstance(v, bool):
            try:
                return _FLOAT.unpack(_FLOAT.pack(float(v)))[0]
            except OverflowError:
                raise ValueMismatch("a number outside the range of float32") from None
        case Type.FLOAT64 if isinstance(v, int | float | Decimal) and not isinstance(v, bool):
            return float(v)
        case Type.FLOAT32 | Type.FLOAT64 if v in ("NaN", "Infinity", "-Infinity"):
            return float(v)
        case Type.BOOLEAN if isinstance(v, bool):
            return v
        case Type.STRING if isinstance(v, str):
            return v
        case Type.BYTES if isinstance(v, str):
            return _from_base64(s, v)
        case Type.BYTES if s.name == CONNECT_DECIMAL and isinstance(v, int | Decimal) and not isinstance(v, bool):
            return Decimal(v).quantize(Decimal(1).scaleb(-decimal_scale(s)))
    raise wrong_type(s.type, v)


def _from_base64(s: Schema, v: str) -> Value:
    try:
        data = base64.b64decode(v, validate=True)
    except (binascii.Error, ValueError):
        raise ValueMismatch("expected bytes as base64") from None
    return decimal_of_bytes(data, decimal_scale(s)) if s.name == CONNECT_DECIMAL else data
