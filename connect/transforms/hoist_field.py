"""HoistField: wraps the whole key or value in a struct or map with one field."""

from __future__ import annotations

from collections.abc import Mapping

from connect.api.config import ConfigDef, ConfigKey
from connect.api.records import SourceRecord
from connect.config.checks import NonEmpty
from connect.transforms.sides import KEY, VALUE, SchemaMemo, Side
from schemas.model import struct_of

__all__ = ["HoistFieldKey", "HoistFieldValue"]

_KEYS = ConfigDef((ConfigKey("field", valid=(NonEmpty(),), doc="Name of the one field."),))


class _HoistField:
    side: Side

    def config(self) -> ConfigDef:
        """See Transform."""
        return _KEYS

    def configure(self, props: Mapping[str, str]) -> None:
        """See Transform."""
        self._field: str = _KEYS.parse(props).good()["field"]
        self._schema = SchemaMemo(lambda s: struct_of([(self._field, s)]))

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """See Transform. A null is wrapped too."""
        schema = self.side.schema(record)
        made = None if schema is None else self._schema(schema)
        return self.side.put(record, made, {self._field: self.side.value(record)})

    def close(self) -> None:
        """See Transform."""


class HoistFieldKey(_HoistField):
    """Keys."""

    side = KEY


class HoistFieldValue(_HoistField):
    """Values."""

    side = VALUE
