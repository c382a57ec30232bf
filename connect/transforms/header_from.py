"""HeaderFrom: fields of the key or value as headers."""

from __future__ import annotations

from collections.abc import Mapping

from connect.api.config import ConfigDef, ConfigKey, Importance, KeyType
from connect.api.errors import ConfigError, DataError
from connect.api.records import Header, SourceRecord
from connect.config.checks import NonEmpty
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

__all__ = ["HeaderFromKey", "HeaderFromValue"]

_PURPOSE = "header from"
_KEYS = ConfigDef((
    ConfigKey("fields", KeyType.LIST, importance=Importance.HIGH, valid=(NonEmpty(),), doc="Fields to take."),
    ConfigKey("headers", KeyType.LIST, importance=Importance.HIGH, valid=(NonEmpty(),), doc="The headers' names, in that order."),
    ConfigKey("operation", importance=Importance.HIGH, recommended=("move", "copy"), one_of=True,
              doc="Move: the fields go away."),
    REPLACE_NULL,
))


class _HeaderFrom:
    side: Side

    def config(self) -> ConfigDef:
        """See Transform."""
        return _KEYS

    def configure(self, props: Mapping[str, str]) -> None:
        """See Transform."""
        values = _KEYS.parse(props).good()
        self._fields: list[str] = values["fields"]
        self._headers: list[str] = values["headers"]
        if len(self._fields) != len(self._headers):
            raise ConfigError({"headers": [
                f"Invalid value {props.get('headers')} for configuration headers: 'fields' config must have the same number "
                "of elements as 'headers' config."]})
        self._move = values["operation"] == "move"
        self._replace_null: bool = values["replace.null.with.default"]
        self._schema = SchemaMemo(lambda s: with_fields(
            s, ((f.name, f.schema) for f in s.fields if f.name not in self._fields)))

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """See Transform. A null key or value is refused."""
        schema, value = self.side.schema(record), self.side.value(record)
        if schema is None:
            members = require_map(value, _PURPOSE)
            added = tuple(Header(h, members.get(f)) for f, h in zip(self._fields, self._headers, strict=True))
            left = {k: v for k, v in members.items() if not (self._move and k in self._fields)}
            return self.side.put(record.but(headers=(*record.headers, *added)), None, left)
        struct = require_struct(schema, value, _PURPOSE)
        missing = [f for f in self._fields if not schema.has(f)]
        if missing:
            raise DataError(f"Field does not exist: {', '.join(missing)} in {schema.name or 'the struct'}")
        added = tuple(
            Header(h, field_value(schema.field(f), struct, self._replace_null), schema.field(f).schema)
            for f, h in zip(self._fields, self._headers, strict=True))
        record = record.but(headers=(*record.headers, *added))
        if not self._move:
            return record
        kept = self._schema(schema)
        return self.side.put(record, kept, {f.name: field_value(f, struct, self._replace_null) for f in kept.fields})

    def close(self) -> None:
        """See Transform."""


class HeaderFromKey(_HeaderFrom):
    """Of keys."""

    side = KEY


class HeaderFromValue(_HeaderFrom):
    """Of values."""

    side = VALUE
