"""MaskField: an empty value of the same type, or a replacement, in the place of fields."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from connect.api.config import ConfigDef, ConfigKey, Importance, KeyType
from connect.api.errors import DataError
from connect.api.records import SourceRecord
from connect.config.checks import NonEmpty
from connect.transforms.sides import KEY, REPLACE_NULL, VALUE, Side, field_value, require_map, require_struct
from schemas.model import CONNECT_DATE, CONNECT_TIME, CONNECT_TIMESTAMP, Schema, Type, Value

__all__ = ["MaskFieldKey", "MaskFieldValue"]

_PURPOSE = "mask fields"
_KEYS = ConfigDef((
    ConfigKey("fields", KeyType.LIST, importance=Importance.HIGH, valid=(NonEmpty(),), doc="Fields to mask."),
    ConfigKey("replacement", default=None, importance=Importance.LOW, valid=(NonEmpty(),),
              doc="Text put in the place of numbers and texts; without it 0, an empty text, false, an empty list or map."),
    REPLACE_NULL,
))
_MOMENTS = (CONNECT_DATE, CONNECT_TIME, CONNECT_TIMESTAMP)


class _MaskField:
    side: Side

    def config(self) -> ConfigDef:
        """See Transform."""
        return _KEYS

    def configure(self, props: Mapping[str, str]) -> None:
        """See Transform."""
        values = _KEYS.parse(props).good()
        self._fields = frozenset[str](values["fields"])
        self._replacement: str | None = values["replacement"]
        self._replace_null: bool = values["replace.null.with.default"]

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """See Transform. A null key or value is refused."""
        schema, value = self.side.schema(record), self.side.value(record)
        if schema is None:
            members = require_map(value, _PURPOSE)
            return self.side.put(record, None, {
                k: self._masked(k, v, None) if k in self._fields else v for k, v in members.items()})
        struct = require_struct(schema, value, _PURPOSE)
        out = {}
        for f in schema.fields:
            v = field_value(f, struct, self._replace_null)
            out[f.name] = self._masked(f.name, v, f.schema) if f.name in self._fields else v
        return self.side.put(record, schema, out)

    def close(self) -> None:
        """See Transform."""

    def _masked(self, name: str, value: Value, schema: Schema | None) -> Value:
        if value is None:
            return None
        return _empty(name, value, schema) if self._replacement is None else _replaced(name, value, schema, self._replacement)


def _empty(name: str, value: Value, schema: Schema | None) -> Value:
    if isinstance(value, bool):
        return False
    if isinstance(value, Decimal):
        return _scaled(Decimal(0), value)
    if isinstance(value, int | float):
        return type(value)(0)
    if isinstance(value, str):
        return ""
    if isinstance(value, list | tuple):
        return []
    if isinstance(value, dict) and (schema is None or schema.type is Type.MAP):
        return {}
    raise DataError(f"Cannot mask value of type: {schema.type.value if schema else type(value).__name__} (field {name})")


def _scaled(number: Decimal, like: Decimal) -> Decimal:
    """With the scale the schema wants."""
    exponent = like.as_tuple().exponent
    return number.quantize(Decimal(1).scaleb(exponent)) if isinstance(exponent, int) else number


def _replaced(name: str, value: Value, schema: Schema | None, text: str) -> Value:
    moment = schema is not None and schema.name in _MOMENTS
    try:
        if isinstance(value, str):
            return text
        if isinstance(value, Decimal):
            return _scaled(Decimal(text), value)
        if isinstance(value, float):
            return float(text)
        if isinstance(value, int) and not isinstance(value, bool) and not moment:
            return int(text)
    except (ValueError, InvalidOperation):
        raise DataError(f"Unable to convert the replacement of field {name} to a number") from None
    found = schema.name or schema.type.value if schema else type(value).__name__
    raise DataError(f"Cannot mask value of type: {found} with custom replacement (field {name})")


class MaskFieldKey(_MaskField):
    """In keys."""

    side = KEY


class MaskFieldValue(_MaskField):
    """In values."""

    side = VALUE
