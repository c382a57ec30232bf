"""Cast: fields, or the whole key or value, as another primitive type."""

from __future__ import annotations

import base64
import math
import re
import struct as structs
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from connect.api.config import ConfigDef, ConfigKey, Importance, KeyType
from connect.api.errors import ConfigError, DataError
from connect.api.records import SourceRecord
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
from schemas.javajson import double_text, float_text
from schemas.model import CONNECT_DATE, CONNECT_TIME, CONNECT_TIMESTAMP, Schema, Type, Value

__all__ = ["CastKey", "CastValue", "cast_value"]

_PURPOSE = "cast types"
_TARGETS: Mapping[str, Type] = {
    "int8": Type.INT8, "int16": Type.INT16, "int32": Type.INT32, "int64": Type.INT64, "float32": Type.FLOAT32,
    "float64": Type.FLOAT64, "boolean": Type.BOOLEAN, "string": Type.STRING,
}
_BITS = {Type.INT8: 8, Type.INT16: 16, Type.INT32: 32, Type.INT64: 64}
_DAY = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"[+-]?\d+")
_KEYS = ConfigDef((
    ConfigKey("spec", KeyType.LIST, importance=Importance.HIGH, valid=(NonEmpty(),),
              doc="field:type, …, or one type for the whole key or value. Types: " + ", ".join(_TARGETS) + "."),
    REPLACE_NULL,
))


def _parse_spec(spec: list[str]) -> tuple[Type | None, dict[str, Type]]:
    def fail(reason: str) -> ConfigError:
        return ConfigError({"spec": [f"Invalid value {','.join(spec)} for configuration spec: {reason}"]})

    whole: Type | None = None
    fields: dict[str, Type] = {}
    for entry in spec:
        name, colon, word = entry.rpartition(":")
        target = _TARGETS.get(word.strip().lower())
        if target is None:
            raise fail(f"{word.strip()!r} is not a type to cast to; there are {', '.join(_TARGETS)}")
        if colon:
            fields[name.strip()] = target
        else:
            whole = target
    if whole is not None and (fields or len(spec) > 1):
        raise fail("a type for the whole value stands alone")
    return whole, fields


class _Cast:
    side: Side

    def config(self) -> ConfigDef:
        """See Transform."""
        return _KEYS

    def configure(self, props: Mapping[str, str]) -> None:
        """See Transform."""
        values = _KEYS.parse(props).good()
        self._whole, self._casts = _parse_spec(values["spec"])
        self._replace_null: bool = values["replace.null.with.default"]
        self._schema = SchemaMemo(lambda s: _cast_schema(s, self._whole) if self._whole else with_fields(
            s, ((f.name, _cast_schema(f.schema, self._casts[f.name]) if f.name in self._casts else f.schema) for f in s.fields)))

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """See Transform."""
        schema, value = self.side.schema(record), self.side.value(record)
        if value is None:
            return record
        if self._whole is not None:
            return self.side.put(record, None if schema is None else self._schema(schema), cast_value(schema, value, self._whole))
        if schema is None:
            members = require_map(value, _PURPOSE)
            return self.side.put(record, None, {
                k: self._cast(k, None, v) if k in self._casts else v for k, v in members.items()})
        struct = require_struct(schema, value, _PURPOSE)
        out: dict[str, Any] = {}
        for f in schema.fields:
            v = field_value(f, struct, self._replace_null)
            out[f.name] = self._cast(f.name, f.schema, v) if f.name in self._casts else v
        return self.side.put(record, self._schema(schema), out)

    def close(self) -> None:
        """See Transform."""

    def _cast(self, name: str, schema: Schema | None, value: Value) -> Value:
        try:
            return cast_value(schema, value, self._casts[name])
        except DataError as e:
            raise DataError(f"field {name}: {e}") from None


def _cast_schema(schema: Schema, target: Type) -> Schema:
    default = None if schema.default is None else cast_value(schema, schema.default, target)
    return Schema(target, optional=schema.optional, default=default)


def cast_value(schema: Schema | None, value: Value, target: Type) -> Value:
    """One value as Java casts it: integers wrap around, floats are cut towards zero and stop at the ends of int32/int64.

    Raises DataError for a text that is no such number and for types that cannot be cast.
    """
    if value is None:
        return None
    if (schema is not None and schema.type in (Type.STRUCT, Type.MAP, Type.ARRAY)) or isinstance(value, dict | list | tuple):
        found = schema.type.value if schema is not None else type(value).__name__
        raise DataError(f"Cast transformation does not support casting to/from {found}")
    if target is Type.STRING:
        return _text(schema, value)
    if isinstance(value, bytes | bytearray | memoryview):
        raise DataError(f"Unexpected type in Cast transformation: bytes to {target.value}")
    if target is Type.BOOLEAN:
        return _boolean(value)
    if target in _BITS:
        return _integer(value, _BITS[target])
    return _real(value, target)


def _text(schema: Schema | None, value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, float):
        single = schema is not None and schema.type is Type.FLOAT32
        return (float_text if single else double_text)(value).strip('"')
    if isinstance(value, int) and schema is not None and schema.name in (CONNECT_DATE, CONNECT_TIME, CONNECT_TIMESTAMP):
        return _moment(value * _DAY if schema.name == CONNECT_DATE else value)
    return str(value)


def _moment(millis: int) -> str:
    # Connect prints a time of day, a date or both by the size of the number.
    moment = _EPOCH + timedelta(milliseconds=millis)
    clock = f"{moment:%H:%M:%S}.{millis % 1000:03d}Z"
    if millis < _DAY:
        return clock
    date = f"{moment.year:04d}-{moment:%m-%d}"
    return date if millis % _DAY == 0 else f"{date}T{clock}"


def _boolean(value: Value) -> bool:
    if isinstance(value, str):
        return value.lower() == "true"
    return bool(value) if isinstance(value, bool) else int(value) != 0 if math.isfinite(value) else not math.isnan(value)


def _wrap(number: int, bits: int) -> int:
    half = 1 << (bits - 1)
    return (number + half) % (1 << bits) - half


def _integer(value: Value, bits: int) -> int:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value) or not -(1 << (bits - 1)) <= int(value) < 1 << (bits - 1):
            raise DataError(f"a text cannot be cast to int{bits}: not a number of that size")
        return int(value)
    if isinstance(value, float):
        if math.isnan(value):
            return 0
        size = max(bits, 32)
        top = (1 << (size - 1)) - 1
        whole = top if value >= top else -top - 1 if value <= -top - 1 else int(value)
        return _wrap(whole, bits)
    return _wrap(int(value), bits)


def _real(value: Value, target: Type) -> float:
    try:
        number = float(value)
    except ValueError:
        raise DataError(f"a text cannot be cast to {target.value}: not a number") from None
    except OverflowError:
        number = math.inf if value > 0 else -math.inf
    if target is Type.FLOAT64:
        return number
    try:
        narrowed: float = structs.unpack("<f", structs.pack("<f", number))[0]
    except OverflowError:
        return math.copysign(math.inf, number)
    return narrowed


class CastKey(_Cast):
    """Keys."""

    side = KEY


class CastValue(_Cast):
    """Values."""

    side = VALUE
