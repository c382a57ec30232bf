"""InsertField: facts about the record, or a fixed text, as fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connect.api.config import ConfigDef, ConfigKey
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
from schemas.model import INT32, STRING, Schema, connect_timestamp

__all__ = ["InsertFieldKey", "InsertFieldValue"]

_PURPOSE = "field insertion"
_SUFFIX = " Suffix with ! to make it required, or ? to keep it optional (the default)."
_KEYS = ConfigDef((
    ConfigKey("topic.field", default=None, doc="Field for the topic." + _SUFFIX),
    ConfigKey("partition.field", default=None, doc="Field for the partition." + _SUFFIX),
    ConfigKey("offset.field", default=None, doc="Field for the offset: sink connectors only."),
    ConfigKey("timestamp.field", default=None, doc="Field for the record's timestamp." + _SUFFIX),
    ConfigKey("static.field", default=None, doc="Field for the fixed text." + _SUFFIX),
    ConfigKey("static.value", default=None, doc="The fixed text."),
    REPLACE_NULL,
))


@dataclass(frozen=True, slots=True)
class _Insertion:
    what: str
    name: str
    schema: Schema


def _insertion(what: str, spec: str | None, schema: Schema) -> list[_Insertion]:
    if not spec:
        return []
    required = spec.endswith("!")
    return [_Insertion(what, spec[:-1] if spec[-1] in "!?" else spec, schema if required else schema.opt())]


class _InsertField:
    side: Side

    def config(self) -> ConfigDef:
        """See Transform."""
        return _KEYS

    def configure(self, props: Mapping[str, str]) -> None:
        """See Transform."""
        values = _KEYS.parse(props).good()
        if values["offset.field"]:
            raise ConfigError({"offset.field": [
                f"Invalid value {values['offset.field']} for configuration offset.field: a source record has no offset yet"]})
        self._insertions = [
            *_insertion("topic", values["topic.field"], STRING),
            *_insertion("partition", values["partition.field"], INT32),
            *_insertion("timestamp", values["timestamp.field"], connect_timestamp()),
            *_insertion("static", values["static.field"], STRING),
        ]
        if not self._insertions:
            raise ConfigError({"topic.field": [
                "No field insertion configured: set topic.field, partition.field, timestamp.field or static.field"]})
        if values["static.field"] and values["static.value"] is None:
            raise ConfigError({"static.value": [f"No value specified for static field: {values['static.field']}"]})
        self._static: str | None = values["static.value"]
        self._replace_null: bool = values["replace.null.with.default"]
        self._schema = SchemaMemo(lambda s: with_fields(
            s, [*((f.name, f.schema) for f in s.fields), *((i.name, i.schema) for i in self._insertions)]))

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """See Transform."""
        schema, value = self.side.schema(record), self.side.value(record)
        if value is None:
            return record
        found = {i.name: v for i in self._insertions if (v := self._value(i, record)) is not None}
        if schema is None:
            return self.side.put(record, None, {**require_map(value, _PURPOSE), **found})
        struct = require_struct(schema, value, _PURPOSE)
        out = {f.name: field_value(f, struct, self._replace_null) for f in schema.fields}
        return self.side.put(record, self._schema(schema), {**out, **{i.name: None for i in self._insertions}, **found})

    def close(self) -> None:
        """See Transform."""

    def _value(self, insertion: _Insertion, record: SourceRecord) -> Any:
        if insertion.what == "topic":
            return record.topic
        if insertion.what == "partition":
            return record.kafka_partition
        return record.timestamp if insertion.what == "timestamp" else self._static


class InsertFieldKey(_InsertField):
    """Into keys."""

    side = KEY


class InsertFieldValue(_InsertField):
    """Into values."""

    side = VALUE
