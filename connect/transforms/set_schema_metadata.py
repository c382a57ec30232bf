"""SetSchemaMetadata: another name or version for the schema."""

from __future__ import annotations

from collections.abc import Mapping

from connect.api.config import ConfigDef, ConfigKey, Importance, KeyType
from connect.api.errors import ConfigError, DataError
from connect.api.records import SourceRecord
from connect.transforms.sides import KEY, REPLACE_NULL, VALUE, SchemaMemo, Side
from schemas.model import Schema

__all__ = ["SetSchemaMetadataKey", "SetSchemaMetadataValue"]

_KEYS = ConfigDef((
    ConfigKey("schema.name", default=None, importance=Importance.HIGH, doc="The schema's new name."),
    ConfigKey("schema.version", KeyType.INT, None, importance=Importance.HIGH, doc="The schema's new version."),
    REPLACE_NULL,
))


class _SetSchemaMetadata:
    side: Side

    def config(self) -> ConfigDef:
        """See Transform."""
        return _KEYS

    def configure(self, props: Mapping[str, str]) -> None:
        """See Transform."""
        values = _KEYS.parse(props).good()
        name, version = values["schema.name"], values["schema.version"]
        if name is None and version is None:
            raise ConfigError({"schema.name": ["Neither schema name nor version configured: set schema.name or schema.version"]})

        def renamed(s: Schema) -> Schema:
            return s.but(name=s.name if name is None else name, version=s.version if version is None else version)

        self._schema = SchemaMemo(renamed)

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """See Transform."""
        schema, value = self.side.schema(record), self.side.value(record)
        if schema is None:
            if value is None:
                return record
            raise DataError("Schema required for [updating schema metadata]")
        return self.side.put(record, self._schema(schema), value)

    def close(self) -> None:
        """See Transform."""


class SetSchemaMetadataKey(_SetSchemaMetadata):
    """Of keys."""

    side = KEY


class SetSchemaMetadataValue(_SetSchemaMetadata):
    """Of values."""

    side = VALUE
