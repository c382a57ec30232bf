"""ValueToKey: a new key from fields of the value."""

from __future__ import annotations

from collections.abc import Mapping

from connect.api.config import ConfigDef, ConfigKey, Importance, KeyType
from connect.api.errors import DataError
from connect.api.records import SourceRecord
from connect.config.checks import NonEmpty
from connect.transforms.sides import REPLACE_NULL, SchemaMemo, field_value, require_map, require_struct
from schemas.model import Schema, struct_of

__all__ = ["ValueToKey"]

_PURPOSE = "copying fields from value to key"
_KEYS = ConfigDef((
    ConfigKey("fields", KeyType.LIST, importance=Importance.HIGH, valid=(NonEmpty(),), doc="Fields that make the key."),
    REPLACE_NULL,
))


class ValueToKey:
    """The key becomes a struct (or a map) of those fields."""

    def config(self) -> ConfigDef:
        """See Transform."""
        return _KEYS

    def configure(self, props: Mapping[str, str]) -> None:
        """See Transform."""
        values = _KEYS.parse(props).good()
        self._fields: list[str] = values["fields"]
        self._replace_null: bool = values["replace.null.with.default"]
        self._schema = SchemaMemo(self._key_schema)

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """See Transform."""
        if record.value_schema is None:
            members = require_map(record.value, _PURPOSE)
            return record.but(key_schema=None, key={f: members.get(f) for f in self._fields})
        schema = record.value_schema
        struct = require_struct(schema, record.value, _PURPOSE)
        made = self._schema(schema)
        return record.but(
            key_schema=made, key={f: field_value(schema.field(f), struct, self._replace_null) for f in self._fields})

    def close(self) -> None:
        """See Transform."""

    def _key_schema(self, schema: Schema) -> Schema:
        missing = [f for f in self._fields if not schema.has(f)]
        if missing:
            raise DataError(f"Field does not exist: {', '.join(missing)} in {schema.name or 'the value'}")
        return struct_of((f, schema.field(f).schema) for f in self._fields)
