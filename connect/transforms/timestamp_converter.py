"""TimestampConverter: a point in time from one of text, number, Date, Time and Timestamp to another."""

from __future__ import annotations

from collections.abc import Mapping

from connect.api.config import ConfigDef, ConfigKey, Importance
from connect.api.errors import ConfigError, DataError
from connect.api.records import SourceRecord
from connect.transforms.javadate import JavaDateFormat
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
from schemas.model import (
    CONNECT_DATE,
    CONNECT_TIME,
    CONNECT_TIMESTAMP,
    INT64,
    STRING,
    Schema,
    Type,
    Value,
    connect_date,
    connect_time,
    connect_timestamp,
)

__all__ = ["TimestampConverterKey", "TimestampConverterValue"]

_DAY = 86_400_000
_PURPOSE = "converting timestamp formats"
_NAMES = {CONNECT_DATE: "Date", CONNECT_TIME: "Time", CONNECT_TIMESTAMP: "Timestamp"}
_TARGETS = {
    "string": STRING, "unix": INT64, "Date": connect_date(), "Time": connect_time(), "Timestamp": connect_timestamp(),
}
_PER_MILLI = {"microseconds": 1_000, "nanoseconds": 1_000_000}
_KEYS = ConfigDef((
    ConfigKey("field", default="", importance=Importance.HIGH, doc="The field to convert; empty: the whole value."),
    ConfigKey("target.type", importance=Importance.HIGH, recommended=tuple(_TARGETS), one_of=True, doc="What it becomes."),
    ConfigKey("format", default="", doc="Java SimpleDateFormat pattern of the text read or written, in UTC."),
    ConfigKey("unix.precision", default="milliseconds", importance=Importance.LOW, one_of=True,
              recommended=("nanoseconds", "microseconds", "milliseconds", "seconds"), doc="Unit of numbers read and written."),
    REPLACE_NULL,
))


class _TimestampConverter:
    side: Side

    def config(self) -> ConfigDef:
        """See Transform."""
        return _KEYS

    def configure(self, props: Mapping[str, str]) -> None:
        """See Transform."""
        values = _KEYS.parse(props).good()
        self._field: str = values["field"]
        self._target: str = values["target.type"]
        self._precision: str = values["unix.precision"]
        self._replace_null: bool = values["replace.null.with.default"]
        self._format: JavaDateFormat | None = None
        if values["format"]:
            try:
                self._format = JavaDateFormat(values["format"])
            except ValueError as e:
                raise ConfigError({"format": [f"Invalid value {values['format']} for configuration format: {e}"]}) from None
        elif self._target == "string":
            raise ConfigError({"format": [
                "TimestampConverter requires format option to be specified when using string timestamps"]})
        self._schema = SchemaMemo(self._converted_schema)

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """See Transform."""
        schema, value = self.side.schema(record), self.side.value(record)
        if schema is None:
            return self._without_schema(record, value)
        if not self._field:
            if value is None and self._replace_null:
                value = schema.default
            return self.side.put(record, self._schema(schema), self._convert(value, schema))
        if value is None:
            return record
        struct = require_struct(schema, value, _PURPOSE)
        out = {f.name: field_value(f, struct, self._replace_null) for f in schema.fields}
        if schema.has(self._field):
            out[self._field] = self._convert(out[self._field], schema.field(self._field).schema)
        return self.side.put(record, self._schema(schema), out)

    def close(self) -> None:
        """See Transform."""

    def _without_schema(self, record: SourceRecord, value: Value) -> SourceRecord:
        if not self._field:
            return self.side.put(record, None, self._convert(value, None))
        if value is None:
            return record
        members = require_map(value, _PURPOSE)
        return self.side.put(record, None, {**members, self._field: self._convert(members.get(self._field), None)})

    def _converted_schema(self, schema: Schema) -> Schema:
        if not self._field:
            return self._target_schema(schema)
        return with_fields(schema, (
            (f.name, self._target_schema(f.schema) if f.name == self._field else f.schema) for f in schema.fields))

    def _target_schema(self, old: Schema) -> Schema:
        target = _TARGETS[self._target]
        return target.opt() if old.optional else target

    def _convert(self, value: Value, schema: Schema | None) -> Value:
        if value is None:
            return None
        return self._write(self._millis(value, schema))

    def _millis(self, value: Value, schema: Schema | None) -> int:
        kind = _NAMES.get(schema.name or "") if schema is not None else None
        if kind == "Date":
            return int(value) * _DAY
        if kind in ("Time", "Timestamp"):
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool) and (schema is None or schema.type is Type.INT64):
            return self._from_unix(value)
        if isinstance(value, str):
            if self._format is None:
                raise DataError("TimestampConverter needs the option format to read a text")
            try:
                return self._format.parse(value)
            except ValueError:
                raise DataError(f"a text cannot be read as a timestamp of the form {self._format.pattern}") from None
        found = schema.type.value if schema is not None else type(value).__name__
        raise DataError(f"TimestampConverter does not read type {found}; expected text, int64, Date, Time or Timestamp")

    def _from_unix(self, value: int) -> int:
        if self._precision == "seconds":
            return value * 1000
        per = _PER_MILLI.get(self._precision, 1)
        return value // per if value >= 0 else -(-value // per)

    def _write(self, millis: int) -> Value:
        if self._target == "string":
            assert self._format is not None
            return self._format.format(millis)
        if self._target == "unix":
            if self._precision == "seconds":
                return millis // 1000 if millis >= 0 else -(-millis // 1000)
            return millis * _PER_MILLI.get(self._precision, 1)
        if self._target == "Date":
            return millis // _DAY
        return millis % _DAY if self._target == "Time" else millis


class TimestampConverterKey(_TimestampConverter):
    """On keys."""

    side = KEY


class TimestampConverterValue(_TimestampConverter):
    """On values."""

    side = VALUE
