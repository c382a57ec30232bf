"""Flatten: nested structs or maps as one level, names joined by a delimiter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connect.api.config import ConfigDef, ConfigKey
from connect.api.errors import DataError
from connect.api.records import SourceRecord
from connect.transforms.sides import (
    KEY,
    REPLACE_NULL,
    VALUE,
    SchemaMemo,
    Side,
    field_value,
    require_map,
    require_struct,
    with_fields,
)
from schemas.model import Schema, Type

__all__ = ["FlattenKey", "FlattenValue"]

_PURPOSE = "flattening"
_KEYS = ConfigDef((
    ConfigKey("delimiter", default=".", doc="Between the names of the levels."),
    REPLACE_NULL,
))


class _Flatten:
    side: Side

    def config(self) -> ConfigDef:
        """See Transform."""
        return _KEYS

    def configure(self, props: Mapping[str, str]) -> None:
        """See Transform."""
        values = _KEYS.parse(props).good()
        self._delimiter: str = values["delimiter"]
        self._replace_null: bool = values["replace.null.with.default"]
        self._schema = SchemaMemo(lambda s: with_fields(s, self._fields(s, "", False, s.default)))

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """See Transform."""
        schema, value = self.side.schema(record), self.side.value(record)
        if value is None:
            return record
        if schema is None:
            return self.side.put(record, None, dict(self._members(require_map(value, _PURPOSE), "")))
        struct = require_struct(schema, value, _PURPOSE)
        return self.side.put(record, self._schema(schema), dict(self._values(schema, struct, "")))

    def close(self) -> None:
        """See Transform."""

    def _name(self, prefix: str, name: str) -> str:
        return f"{prefix}{self._delimiter}{name}" if prefix else name

    def _fields(self, schema: Schema, prefix: str, optional: bool, default: Any) -> Iterator[tuple[str, Schema]]:
        for f in schema.fields:
            name = self._name(prefix, f.name)
            own = default.get(f.name) if isinstance(default, dict) else None
            inner_default = own if own is not None else f.schema.default
            if f.schema.type is Type.STRUCT:
                yield from self._fields(f.schema, name, optional or f.schema.optional, inner_default)
            elif f.schema.type is Type.MAP:
                raise DataError(f"Flatten transformation does not support MAP for record with schemas (for field {name}).")
            else:
                # A field of an optional struct can be missing though it is required there.
                yield name, f.schema.but(optional=f.schema.optional or optional, default=inner_default)

    def _values(self, schema: Schema, struct: dict[str, Any] | None, prefix: str) -> Iterator[tuple[str, Any]]:
        for f in schema.fields:
            name = self._name(prefix, f.name)
            value = None if struct is None else field_value(f, struct, self._replace_null)
            if f.schema.type is Type.STRUCT:
                yield from self._values(f.schema, value, name)
            else:
                yield name, value

    def _members(self, members: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
        for k, v in members.items():
            if isinstance(v, dict):
                yield from self._members(v, self._name(prefix, k))
            else:
                yield self._name(prefix, k), v


class FlattenKey(_Flatten):
    """Keys."""

    side = KEY


class FlattenValue(_Flatten):
    """Values."""

    side = VALUE
