"""ReplaceField: leaves fields out and renames them."""

from __future__ import annotations

from collections.abc import Mapping

from connect.api.config import ConfigDef, ConfigKey, KeyType
from connect.api.errors import ConfigError
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

__all__ = ["ReplaceFieldKey", "ReplaceFieldValue"]

_PURPOSE = "field replacement"
_KEYS = ConfigDef((
    ConfigKey("exclude", KeyType.LIST, [], doc="Fields to leave out; beats include."),
    ConfigKey("include", KeyType.LIST, [], doc="Fields to keep; empty keeps all."),
    ConfigKey("renames", KeyType.LIST, [], doc="Renames, as old:new."),
    REPLACE_NULL,
))


def _renames(pairs: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        old, colon, new = pair.partition(":")
        if not colon or not old.strip() or not new.strip() or ":" in new:
            raise ConfigError({"renames": [f"Invalid value {pair} for configuration renames: expected old:new"]})
        found[old.strip()] = new.strip()
    return found


class _ReplaceField:
    side: Side

    def config(self) -> ConfigDef:
        """See Transform."""
        return _KEYS

    def configure(self, props: Mapping[str, str]) -> None:
        """See Transform."""
        values = _KEYS.parse(props).good()
        self._exclude, self._include = frozenset(values["exclude"]), frozenset(values["include"])
        self._rename = _renames(values["renames"])
        self._replace_null: bool = values["replace.null.with.default"]
        self._schema = SchemaMemo(lambda s: with_fields(
            s, ((self._rename.get(f.name, f.name), f.schema) for f in s.fields if self._kept(f.name))))

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """See Transform."""
        schema, value = self.side.schema(record), self.side.value(record)
        if value is None:
            return record
        if schema is None:
            members = require_map(value, _PURPOSE)
            return self.side.put(record, None, {self._rename.get(k, k): v for k, v in members.items() if self._kept(k)})
        struct = require_struct(schema, value, _PURPOSE)
        out = {
            self._rename.get(f.name, f.name): field_value(f, struct, self._replace_null)
            for f in schema.fields if self._kept(f.name)}
        return self.side.put(record, self._schema(schema), out)

    def close(self) -> None:
        """See Transform."""

    def _kept(self, name: str) -> bool:
        return name not in self._exclude and (not self._include or name in self._include)


class ReplaceFieldKey(_ReplaceField):
    """In keys."""

    side = KEY


class ReplaceFieldValue(_ReplaceField):
    """In values."""

    side = VALUE
