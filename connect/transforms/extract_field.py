"""ExtractField: one field in the place of the whole key or value."""

from __future__ import annotations

import re
from collections.abc import Mapping

from connect.api.config import ConfigDef, ConfigKey, Importance
from connect.api.errors import ConfigError, DataError
from connect.api.records import SourceRecord
from connect.config.checks import NonEmpty
from connect.transforms.sides import KEY, REPLACE_NULL, VALUE, Side, field_value, require_map, require_struct
from schemas.model import Schema, Type, Value

__all__ = ["ExtractFieldKey", "ExtractFieldValue", "field_path"]

_PURPOSE = "field extraction"
_KEYS = ConfigDef((
    ConfigKey("field", valid=(NonEmpty(),), doc="The field; with field.syntax.version V2 a dotted path."),
    ConfigKey("field.syntax.version", default="V1", importance=Importance.HIGH, recommended=("V1", "V2"), one_of=True,
              doc="V1: the name as it is. V2: names separated by dots; a name with dots stands in backticks."),
    REPLACE_NULL,
))
_STEP = re.compile(r"`((?:[^`]|\\`)*)`(?=\.|$)|([^.`]+)(?=\.|$)")


def field_path(text: str, version: str) -> tuple[str, ...]:
    """The names of a path (KIP-821). Raises ValueError."""
    if version == "V1":
        return (text,)
    steps: list[str] = []
    at = 0
    while True:
        m = _STEP.match(text, at)
        if m is None:
            raise ValueError(f"the path {text!r} is not right at position {at}: names need dots between, backticks an end")
        steps.append(m[1].replace("\\`", "`") if m[1] is not None else m[2])
        at = m.end()
        if at == len(text):
            return tuple(steps)
        at += 1


class _ExtractField:
    side: Side

    def config(self) -> ConfigDef:
        """See Transform."""
        return _KEYS

    def configure(self, props: Mapping[str, str]) -> None:
        """See Transform."""
        values = _KEYS.parse(props).good()
        try:
            self._path = field_path(values["field"], values["field.syntax.version"])
        except ValueError as e:
            raise ConfigError({"field": [f"Invalid value {values['field']} for configuration field: {e}"]}) from None
        self._replace_null: bool = values["replace.null.with.default"]

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """See Transform."""
        schema, value = self.side.schema(record), self.side.value(record)
        if schema is None:
            for name in self._path:
                value = None if value is None else require_map(value, _PURPOSE).get(name)
            return self.side.put(record, None, value)
        for name in self._path:
            schema, value = self._step(schema, value, name)
        return self.side.put(record, schema, value)

    def close(self) -> None:
        """See Transform."""

    def _step(self, schema: Schema, value: Value, name: str) -> tuple[Schema, Value]:
        if schema.type is not Type.STRUCT or not schema.has(name):
            raise DataError(f"Unknown field: {name} in {schema.name or schema.type.value}")
        field = schema.field(name)
        if value is None:
            return field.schema, None
        return field.schema, field_value(field, require_struct(schema, value, _PURPOSE), self._replace_null)


class ExtractFieldKey(_ExtractField):
    """Of keys."""

    side = KEY


class ExtractFieldValue(_ExtractField):
    """Of values."""

    side = VALUE
