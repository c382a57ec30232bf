"""The key or the value of a record, and edits of structs that every transform of one of them needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from connect.api.config import ConfigKey, KeyType
from connect.api.errors import DataError
from connect.api.records import SourceRecord
from schemas.model import Field, Schema, Type, Value

__all__ = ["KEY", "REPLACE_NULL", "VALUE", "SchemaMemo", "Side", "field_value", "require_map", "require_struct", "with_fields"]

REPLACE_NULL = ConfigKey(
    "replace.null.with.default", KeyType.BOOLEAN, True,
    doc="Put a field's default in the place of a null when the field is copied; with false, null stays null.")
_MEMO = 16


@dataclass(frozen=True, slots=True)
class Side:
    """Which half of a record a transform works on."""

    name: str

    def schema(self, record: SourceRecord) -> Schema | None:
        """The half's schema."""
        return record.key_schema if self.name == "key" else record.value_schema

    def value(self, record: SourceRecord) -> Value:
        """The half's value."""
        return record.key if self.name == "key" else record.value

    def put(self, record: SourceRecord, schema: Schema | None, value: Value) -> SourceRecord:
        """The record with another key or value."""
        if self.name == "key":
            return record.but(key_schema=schema, key=value)
        return record.but(value_schema=schema, value=value)


KEY, VALUE = Side("key"), Side("value")


def _type_of(value: Value) -> str:
    return "null" if value is None else type(value).__name__


def require_map(value: Value, purpose: str) -> dict[str, Any]:
    """A schemaless map. Raises DataError naming the type found, never the value."""
    if not isinstance(value, dict):
        raise DataError(f"Only Map objects supported in absence of schema for [{purpose}], found: {_type_of(value)}")
    return value


def require_struct(schema: Schema, value: Value, purpose: str) -> dict[str, Any]:
    """A struct's value. Raises DataError."""
    if schema.type is not Type.STRUCT or not isinstance(value, dict):
        found = schema.type.value if schema.type is not Type.STRUCT else _type_of(value)
        raise DataError(f"Only Struct objects supported for [{purpose}], found: {found}")
    return value


def field_value(field: Field, struct: dict[str, Any], replace_null: bool) -> Value:
    """A field's value; its default in the place of null when asked."""
    value = struct.get(field.name)
    return field.schema.default if value is None and replace_null else value


def with_fields(schema: Schema, fields: Iterable[tuple[str, Schema]]) -> Schema:
    """The struct schema with other fields, all else kept. Raises DataError when a name is given twice."""
    members = tuple(Field(n, i, s) for i, (n, s) in enumerate(fields))
    if len({f.name for f in members}) != len(members):
        names = [f.name for f in members]
        twice = next(n for n in names if names.count(n) > 1)
        raise DataError(f"field {twice!r} would be there twice in {schema.name or 'the struct'}")
    return schema.but(fields=members)


class SchemaMemo:
    """Remembers what was made of the newest 16 schemas."""

    def __init__(self, make: Callable[[Schema], Schema]) -> None:
        self._make = make
        self._known: dict[Schema, Schema] = {}

    def __call__(self, schema: Schema) -> Schema:
        """The schema made of this one."""
        found = self._known.get(schema)
        if found is None:
            found = self._make(schema)
            if len(self._known) >= _MEMO:
                del self._known[next(iter(self._known))]
            self._known[schema] = found
        return found
