"""The Connect schema model: immutable, compared by structure, hashable.

A schema describes a value as Kafka Connect's ``org.apache.kafka.connect.data.Schema`` does. Values are ordinary Python
values (see :data:`Value`): a struct is a ``dict`` by field name, ``None`` is null, a Decimal is ``decimal.Decimal``;
the other logical types keep the number that is their Connect encoding (days, milliseconds).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any

__all__ = [
    "BOOLEAN", "BYTES", "CONNECT_DATE", "CONNECT_DECIMAL", "CONNECT_TIME", "CONNECT_TIMESTAMP", "FLOAT32", "FLOAT64",
    "INT8", "INT16", "INT32", "INT64", "STRING", "Field", "Schema", "SchemaError", "Type", "Value", "array_of",
    "connect_date", "connect_time", "connect_timestamp", "decimal_of", "map_of", "struct_of", "walk",
]

Value = Any
"""bool, int, float, str, bytes, decimal.Decimal, list, dict or None; see the schema's type."""


class Type(StrEnum):
    """The types of Kafka Connect; the value is the name JsonConverter prints."""

    INT8 = "int8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    FLOAT32 = "float"
    FLOAT64 = "double"
    BOOLEAN = "boolean"
    STRING = "string"
    BYTES = "bytes"
    ARRAY = "array"
    MAP = "map"
    STRUCT = "struct"


class SchemaError(ValueError):
    """A schema is not well formed, or a value does not fit its schema. Names the field, never the value."""


def _frozen(parameters: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    return tuple((parameters or {}).items())


@dataclass(frozen=True, slots=True)
class Field:
    """A named member of a struct; ``index`` is its position, counted from 0."""

    name: str
    index: int
    schema: Schema


@dataclass(frozen=True, eq=False)
class Schema:
    """One immutable schema. Build with the functions of this module; derive with :meth:`but`, :meth:`opt`.

    ``parameters`` keeps its order but does not count it for equality. ``default`` is a Python value or None (no default).
    Equality and hash are structural over every attribute and are computed once.
    """

    type: Type
    optional: bool = False
    name: str | None = None
    version: int | None = None
    doc: str | None = None
    parameter_items: tuple[tuple[str, str], ...] = ()
    default: Value = None
    fields: tuple[Field, ...] = ()
    key_schema: Schema | None = None
    value_schema: Schema | None = None
    _memo: dict[str, Any] = attribute(default_factory=dict, repr=False)

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """The parameters as a read-only mapping."""
        return MappingProxyType(dict(self.parameter_items))

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {f.name: f for f in self.fields}

    @cached_property
    def _identity(self) -> tuple[Any, ...]:
        return (
            self.type, self.optional, self.name, self.version, self.doc, frozenset(self.parameter_items),
            _hashable(self.default), tuple((f.name, f.schema) for f in self.fields), self.key_schema, self.value_schema,
        )

    @cached_property
    def _hash(self) -> int:
        return hash(self._identity)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Schema) and self._hash == other._hash and self._identity == other._identity

    def field(self, name: str) -> Field:
        """The field of that name. Raises SchemaError naming the fields there are."""
        found = self._by_name.get(name)
        if found is None:
            raise SchemaError(f"no field {name!r} in {self.name or self.type}; it has {', '.join(self._by_name) or 'none'}")
        return found

    def has(self, name: str) -> bool:
        """Whether this struct has a field of that name."""
        return name in self._by_name

    def but(self, **changes: Any) -> Schema:
        """A copy with some attributes changed; ``parameters`` may be given as a mapping."""
        if "parameters" in changes:
            changes["parameter_items"] = _frozen(changes.pop("parameters"))
        return replace(self, _memo={}, **changes)

    def opt(self, default: Value = None) -> Schema:
        """The same schema, optional, with an optional default."""
        return self.but(optional=True, default=default)

    def required(self) -> Schema:
        """The same schema, not optional."""
        return self if not self.optional else self.but(optional=False)


def _hashable(v: Value) -> Any:
    if isinstance(v, dict):
        return tuple((k, _hashable(x)) for k, x in v.items())
    if isinstance(v, list | tuple):
        return tuple(_hashable(x) for x in v)
    if isinstance(v, bytearray | memoryview):
        return bytes(v)
    # 1, 1.0 and True are equal in Python and not in a schema.
    return None if v is None else (type(v).__name__, str(v) if isinstance(v, float) else v)


def _primitive(t: Type) -> Schema:
    return Schema(t)


INT8, INT16, INT32, INT64 = (_primitive(t) for t in (Type.INT8, Type.INT16, Type.INT32, Type.INT64))
FLOAT32, FLOAT64 = _primitive(Type.FLOAT32), _primitive(Type.FLOAT64)
BOOLEAN, STRING, BYTES = _primitive(Type.BOOLEAN), _primitive(Type.STRING), _primitive(Type.BYTES)

CONNECT_DECIMAL = "org.apache.kafka.connect.data.Decimal"
CONNECT_DATE = "org.apache.kafka.connect.data.Date"
CONNECT_TIME = "org.apache.kafka.connect.data.Time"
CONNECT_TIMESTAMP = "org.apache.kafka.connect.data.Timestamp"


def struct_of(fields: Iterable[tuple[str, Schema]], name: str | None = None, **attributes: Any) -> Schema:
    """A struct with these fields in this order. Raises SchemaError when a name is given twice."""
    members = tuple(Field(n, i, s) for i, (n, s) in enumerate(fields))
    seen: set[str] = set()
    for f in members:
        if f.name in seen:
            raise SchemaError(f"field {f.name!r} is given twice in {name or 'a struct'}")
        seen.add(f.name)
    return Schema(Type.STRUCT, name=name, fields=members).but(**attributes) if attributes else Schema(
        Type.STRUCT, name=name, fields=members)


def array_of(items: Schema, **attributes: Any) -> Schema:
    """An array with elements of this schema."""
    return Schema(Type.ARRAY, value_schema=items).but(**attributes)


def map_of(keys: Schema, values: Schema, **attributes: Any) -> Schema:
    """A map with keys and values of these schemas."""
    return Schema(Type.MAP, key_schema=keys, value_schema=values).but(**attributes)


def decimal_of(scale: int, precision: int | None = None, **attributes: Any) -> Schema:
    """Connect's Decimal: BYTES, unscaled two's complement; the value is a ``decimal.Decimal`` with exactly this scale."""
    parameters = {"scale": str(scale)}
    if precision is not None:
        parameters["connect.decimal.precision"] = str(precision)
    return Schema(Type.BYTES, name=CONNECT_DECIMAL, version=1).but(parameters=parameters, **attributes)


def connect_date() -> Schema:
    """Connect's Date: INT32 days since 1970-01-01."""
    return Schema(Type.INT32, name=CONNECT_DATE, version=1)


def connect_time() -> Schema:
    """Connect's Time: INT32 milliseconds of the day."""
    return Schema(Type.INT32, name=CONNECT_TIME, version=1)


def connect_timestamp() -> Schema:
    """Connect's Timestamp: INT64 milliseconds since 1970-01-01T00:00Z."""
    return Schema(Type.INT64, name=CONNECT_TIMESTAMP, version=1)


def walk(schema: Schema) -> Iterator[Schema]:
    """The schema and every schema inside it, depth first, parents before children."""
    yield schema
    for f in schema.fields:
        yield from walk(f.schema)
    for inner in (schema.key_schema, schema.value_schema):
        if inner is not None:
            yield from walk(inner)
