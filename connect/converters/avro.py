"""AvroConverter: Avro in Confluent's wire format, schemas in a Confluent-compatible registry.

The same keys, subjects, schemas and bytes as ``io.confluent.connect.avro.AvroConverter``, but null stays null in a
nullable field that has a default (docs/compatibility.md).
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import fastavro
from fastavro.schema import SchemaParseException

from connect.api.config import ConfigDef
from connect.api.errors import ConfigError, ConnectError, DataError, RetriableError
from connect.converters.avro_config import AvroConverterConfig, registry_settings
from connect.converters.avro_read import connect_schema, connect_value
from schemas.avro import AvroStyle, avro_json
from schemas.core.writer import Writer
from schemas.encode import encoder_of
from schemas.model import Schema, SchemaError, Type, Value
from schemas.names import avro_full_name, subject_strategy
from schemas.registry import RegistryClient, RegistryError, RegistrySettings
from schemas.subjects import SubjectIds, SubjectRules
from schemas.wire import frame, unframe

__all__ = ["AvroConverter"]

T = TypeVar("T")


class AvroConverter:
    """Connect data ↔ framed Avro. Registers each (topic, schema) once; a frame is then a dictionary look-up."""

    def __init__(self, connect: Callable[[RegistrySettings], RegistryClient] = RegistryClient) -> None:
        self._connect = connect
        self._is_key = False
        self._style = AvroStyle()
        self._writer = Writer()
        self._frames: dict[tuple[str, Schema], bytes] = {}
        self._newest: tuple[str, Schema | None, bytes] = ("", None, b"")
        self._readers: dict[int, tuple[Schema, Any, Any]] = {}

    def config(self) -> ConfigDef:
        """See Converter."""
        return AvroConverterConfig.definition()

    def configure(self, props: Mapping[str, str], is_key: bool) -> None:
        """See Converter. Makes the client but talks to nobody yet."""
        config = AvroConverterConfig.from_props(props)
        self._is_key = is_key
        self._style = AvroStyle(config.connect_meta_data)
        name = "key.subject.name.strategy" if is_key else "value.subject.name.strategy"
        try:
            self._subject = subject_strategy(config.key_strategy if is_key else config.value_strategy)
        except ValueError as e:
            raise ConfigError({name: [f"Invalid value for configuration {name}: {e}"]}) from None
        self._registry = self._connect(registry_settings(config))
        try:
            self._registry.open()
        except ValueError as e:
            raise ConfigError({"schema.registry.ssl.keystore.location": [str(e)]}) from None
        self._ids = SubjectIds(
            self._registry, SubjectRules(config.auto_register, config.use_latest, config.normalize))

    def frame(self, topic: str, schema: Schema) -> bytes:
        """See AvroFraming."""
        seen = self._newest
        if seen[1] is schema and seen[0] == topic:
            return seen[2]
        found = self._frames.get((topic, schema))
        if found is None:
            found = self._frames[topic, schema] = self._asking(topic, lambda: self._new_frame(topic, schema))
        self._newest = (topic, schema, found)
        return found

    def _new_frame(self, topic: str, schema: Schema) -> bytes:
        return frame(self._ids.id_of(*self._named(topic, schema)))

    def _named(self, topic: str, schema: Schema) -> tuple[str, str]:
        """Subject and text of a schema."""
        return self._subject(topic, self._is_key, avro_full_name(schema, self._style)), avro_json(schema, self._style)

    def knows(self, topic: str, schema: Schema) -> bool:
        """See ManyFrames."""
        return (topic, schema) in self._frames

    def prepare(self, wanted: Iterable[tuple[str, Schema]]) -> None:
        """See ManyFrames."""
        new, named = [], []
        for topic, schema in wanted:
            with contextlib.suppress(SchemaError):
                named.append(self._named(topic, schema))
                new.append((topic, schema))
        for place, found in zip(new, self._ids.prepare(named), strict=True):
            if found is not None:
                self._frames[place] = frame(found)

    def from_connect_data(self, topic: str, schema: Schema | None, value: Value) -> bytes | None:
        """See Converter. A null is a tombstone whatever its schema, if that allows null."""
        if value is None and (schema is None or schema.optional):
            return None
        if schema is None:
            raise DataError(
                f"a record for topic {topic} has a value but no schema, and Avro needs one; use JsonConverter with "
                "schemas.enable=false for data without schemas")
        head = self.frame(topic, schema)
        if schema.type is Type.BYTES and not schema.optional and isinstance(value, bytes):
            # Confluent's serialiser writes a top-level bytes value as it is, without Avro's length.
            return head + value
        writer = self._writer
        try:
            writer.write_raw(head)
            encoder_of(schema).encode(value, writer)
        except SchemaError as e:
            writer.truncate(0)
            raise DataError(f"cannot write Avro for topic {topic}: {e}") from None
        return writer.take()

    def to_connect_data(self, topic: str, data: bytes | None) -> tuple[Schema | None, Value]:
        """See Converter."""
        if data is None:
            return None, None
        try:
            schema_id, body = unframe(data)
            schema, parsed, raw = self._asking(topic, lambda: self._reader(schema_id))
            if raw == "bytes" or (isinstance(raw, dict) and raw.get("type") == "bytes"):
                return schema, connect_value(schema, body)
            tree = fastavro.schemaless_reader(io.BytesIO(body), parsed, None)
        except SchemaError as e:
            raise DataError(f"cannot read Avro of topic {topic}: {e}") from None
        except (EOFError, ValueError, IndexError, OverflowError) as e:
            raise DataError(f"cannot read Avro of topic {topic}: it does not fit its schema ({type(e).__name__})") from None
        return schema, connect_value(schema, tree)

    def _reader(self, schema_id: int) -> tuple[Schema, Any, Any]:
        known = self._readers.get(schema_id)
        if known is None:
            raw = json.loads(self._registry.schema(schema_id))
            schema = connect_schema(raw)
            try:
                # Parsed from our own form of it: without logical types, so that values come as their encoding.
                parsed = fastavro.parse_schema(_without_logical_types(raw))
            except (SchemaParseException, KeyError) as e:
                raise SchemaError(f"schema {schema_id} cannot be read: {e}") from None
            known = self._readers[schema_id] = schema, parsed, raw
        return known

    def _asking(self, topic: str, do: Callable[[], T]) -> T:
        """Do it, with the registry's errors as the runtime's."""
        try:
            return do()
        except RegistryError as e:
            if e.retriable:
                raise RetriableError(f"topic {topic}: {e}") from None
            raise ConnectError(f"topic {topic}: {e}") from None
        except SchemaError as e:
            raise DataError(f"topic {topic}: {e}") from None

    def close(self) -> None:
        """See Converter."""
        registry: RegistryClient | None = getattr(self, "_registry", None)
        if registry is not None:
            registry.close()


def _without_logical_types(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_logical_types(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        k: _without_logical_types(v) if k in ("type", "items", "values", "fields") else v
        for k, v in schema.items() if k != "logicalType"
    }


