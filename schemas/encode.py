"""Connect values → Avro's binary encoding, following the unions of :mod:`schemas.avro`.

A schema is compiled once into a tree of functions ``(value, writer)``. The bytes are those of
``fastavro.schemaless_writer`` for the same Avro schema, with two rules of Connect on top: a missing or null field that is
required and has a default is written as the default; null in a *nullable* field stays null even when there is a default
(Confluent's converter writes the default there, and so invents a value).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from schemas.avro import is_avro_map, null_first
from schemas.core.writer import Writer
from schemas.model import CONNECT_DECIMAL, Schema, SchemaError, Type, Value
from schemas.numbers import decimal_scale, unscaled, unscaled_bytes

__all__ = ["AvroEncoder", "Encode", "ValueMismatch", "encoder_of", "wrong_type"]

Encode = Callable[[Value, Writer], None]
"""Writes one value. Raises :class:`ValueMismatch`; what was written before that must be truncated by the caller."""


class ValueMismatch(SchemaError):
    """A value does not fit its schema. ``path`` names the fields on the way to it, outermost first; never the value."""

    def __init__(self, reason: str, path: tuple[str, ...] = ()) -> None:
        self.reason = reason
        self.path = path
        super().__init__(f"field {'.'.join(path)}: {reason}" if path else reason)

    def inside(self, field: str) -> ValueMismatch:
        """The same, seen from the struct that has the field."""
        return ValueMismatch(self.reason, (field, *self.path))


class AvroEncoder:
    """Encodes values of one schema. Keeps no state between values."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._encode = _compile(schema)

    def encode(self, value: Value, writer: Writer) -> None:
        """Append the Avro form of ``value``. Raises SchemaError naming the field; the writer is then as it was before."""
        start = writer.size()
        try:
            self._encode(value, writer)
        except BaseException:
            writer.truncate(start)
            raise


def encoder_of(schema: Schema) -> AvroEncoder:
    """The encoder of a schema, compiled at the first call and kept on the schema."""
    made: AvroEncoder | None = schema._memo.get("avro.encoder")
    if made is None:
        made = schema._memo["avro.encoder"] = AvroEncoder(schema)
    return made


def _compile(s: Schema) -> Encode:
    body = _required(s)
    if s.optional:
        return _optional(body, 0, 1) if null_first(s) else _optional(body, 1, 0)
    return body if s.default is None else _defaulted(body, s.default)


def _optional(body: Encode, null: int, present: int) -> Encode:
    def encode(v: Value, w: Writer) -> None:
        if v is None:
            w.write_long(null)
        else:
            w.write_long(present)
            body(v, w)

    return encode


def _defaulted(body: Encode, default: Value) -> Encode:
    def encode(v: Value, w: Writer) -> None:
        body(default if v is None else v, w)

    return encode


def _required(s: Schema) -> Encode:
    match s.type:
        case Type.STRUCT:
            return _struct(s)
        case Type.ARRAY:
            return _array(s)
        case Type.MAP:
            return _map(s)
        case Type.INT8:
            return _integer(8)
        case Type.INT16:
            return _integer(16)
        case Type.INT32:
            return _integer(32)
        case Type.INT64:
            return _integer(64)
        case Type.FLOAT32:
            return _float32
        case Type.FLOAT64:
            return _float64
        case Type.BOOLEAN:
            return _boolean
        case Type.STRING:
            return _string
        case Type.BYTES:
            return _decimal(decimal_scale(s)) if s.name == CONNECT_DECIMAL else _bytes


def wrong_type(expected: str, v: Value) -> ValueMismatch:
    """The error for a value of another Python type."""
    if v is None:
        return ValueMismatch(f"null, but the field is required ({expected})")
    return ValueMismatch(f"expected {expected}, got {type(v).__name__}")


def _integer(bits: int) -> Encode:
    low, high = -(1 << bits - 1), (1 << bits - 1) - 1

    def encode(v: Value, w: Writer) -> None:
        if type(v) is not int and (isinstance(v, bool) or not isinstance(v, int)):
            raise wrong_type(f"int{bits}", v)
        if not low <= v <= high:
            raise ValueMismatch(f"a whole number outside the range of int{bits}")
        w.write_long(v)

    return encode


def _float32(v: Value, w: Writer) -> None:
    if isinstance(v, bool) or not isinstance(v, float | int):
        raise wrong_type("float32", v)
    try:
        w.write_float(v)
    except OverflowError:
        raise ValueMismatch("a number outside the range of float32") from None


def _float64(v: Value, w: Writer) -> None:
    if isinstance(v, bool) or not isinstance(v, float | int):
        raise wrong_type("float64", v)
    try:
        w.write_double(v)
    except OverflowError:
        raise ValueMismatch("a number outside the range of float64") from None


def _boolean(v: Value, w: Writer) -> None:
    if v is not True and v is not False:
        raise wrong_type("boolean", v)
    w.write_boolean(v)


def _string(v: Value, w: Writer) -> None:
    if not isinstance(v, str):
        raise wrong_type("string", v)
    try:
        w.write_string(v)
    except UnicodeEncodeError:
        raise ValueMismatch("text that is not valid Unicode (a lone surrogate)") from None


def _bytes(v: Value, w: Writer) -> None:
    if not isinstance(v, bytes | bytearray | memoryview):
        raise wrong_type("bytes", v)
    w.write_bytes(v)


def _decimal(scale: int) -> Encode:
    def encode(v: Value, w: Writer) -> None:
        if not isinstance(v, Decimal):
            raise wrong_type("a Decimal", v)
        try:
            n = unscaled(v, scale)
        except SchemaError as e:
            raise ValueMismatch(str(e)) from None
        w.write_bytes(unscaled_bytes(n))

    return encode


def _array(s: Schema) -> Encode:
    assert s.value_schema is not None
    item = _compile(s.value_schema)

    def encode(v: Value, w: Writer) -> None:
        if not isinstance(v, list | tuple):
            raise wrong_type("an array", v)
        if v:
            w.write_long(len(v))
            try:
                for x in v:
                    item(x, w)
            except ValueMismatch as e:
                raise e.inside("[]") from None
        w.write_long(0)

    return encode


def _map(s: Schema) -> Encode:
    """Avro's map, or the array of entries that stands for one with other keys: the same bytes but for the key."""
    assert s.key_schema is not None and s.value_schema is not None
    key = _string if is_avro_map(s) else _compile(s.key_schema)
    item = _compile(s.value_schema)

    def encode(v: Value, w: Writer) -> None:
        if not isinstance(v, dict):
            raise wrong_type("a map", v)
        if v:
            w.write_long(len(v))
            try:
                for k, x in v.items():
                    key(k, w)
                    item(x, w)
            except ValueMismatch as e:
                raise e.inside("{}") from None
        w.write_long(0)

    return encode


def _struct(s: Schema) -> Encode:
    members = [(f.name, _compile(f.schema)) for f in s.fields]
    names = frozenset(n for n, _ in members)
    what = s.name or "a struct"

    def encode(v: Value, w: Writer) -> None:
        if not isinstance(v, dict):
            raise wrong_type(f"a struct {what}", v)
        if not v.keys() <= names:
            raise _unknown(v, names, what)
        name = ""
        try:
            for name, member in members:
                member(v.get(name), w)
        except ValueMismatch as e:
            raise e.inside(name) from None

    return encode


def _unknown(v: dict[str, Value], names: frozenset[str], what: str) -> ValueMismatch:
    extra = next(str(k) for k in v if k not in names)
    return ValueMismatch(f"the value has a field {extra!r} that {what} does not have")
