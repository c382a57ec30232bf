"""Batches of changes, written both ways, with fastavro as judge."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import fastavro

from connect.api.plugins import Converters
from connect.converters.json import JsonConverter
from schemas.avro import avro_schema
from schemas.core.writer import Writer
from schemas.encode import encoder_of
from schemas.model import CONNECT_DECIMAL, Schema, Type
from schemas.numbers import decimal_bytes


class BareAvro:
    """A converter whose frame is the topic and the schema's name: shows which frame was asked for."""

    def frame(self, topic: str, schema: Any) -> bytes:
        return f"<{topic}|{schema.name}>".encode()

    def from_connect_data(self, topic: str, schema: Any, value: Any) -> bytes | None:
        if schema is None:
            return None
        writer = Writer()
        encoder_of(schema).encode(value, writer)
        return self.frame(topic, schema) + writer.take()


class TextHeaders:
    def from_connect_header(self, topic: str, key: str, schema: Any, value: Any) -> bytes:
        return value.encode() if isinstance(value, str) else json.dumps(value, default=str).encode()


def native_converters() -> Converters:
    return Converters(BareAvro(), BareAvro(), TextHeaders())  # type: ignore[arg-type]


def both_ways(batch: Any) -> tuple[list[Any], list[Any]]:
    """The batch serialized natively, and by way of records."""
    converters = native_converters()
    return list(batch.serialize(converters)), [converters.serialize(r) for r in batch.records()]


def assert_json(batch: Any, **props: str) -> None:
    """JSON straight from the wire is the JSON of the values, alone and beside Avro."""
    key, value = JsonConverter(), JsonConverter()
    key.configure({"schemas.enable": "false"}, True)
    value.configure({"schemas.enable": "false", **{k.replace("_", "."): v for k, v in props.items()}}, False)
    for converters in (Converters(key, value, TextHeaders()), Converters(BareAvro(), value, TextHeaders())):  # type: ignore[arg-type]
        assert list(batch.serialize(converters)) == [converters.serialize(r) for r in batch.records()]


def judged(schema: Schema, value: Any) -> Any:
    """A Connect value as fastavro takes it: Decimals as their bytes, missing struct members as null."""
    if value is None:
        return None
    if schema.type is Type.STRUCT:
        return {f.name: judged(f.schema, value.get(f.name)) for f in schema.fields}
    if schema.type is Type.ARRAY and schema.value_schema is not None:
        return [judged(schema.value_schema, v) for v in value]
    return decimal_bytes(schema, value) if schema.name == CONNECT_DECIMAL else value


def plain(tree: Any) -> Any:
    """The Avro schema without logical types, so that fastavro writes the numbers and bytes as they are."""
    if isinstance(tree, dict):
        return {k: plain(v) for k, v in tree.items() if k not in ("logicalType", "default")}
    return [plain(t) for t in tree] if isinstance(tree, list) else tree


def fastavro_bytes(schema: Schema, value: Any) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(plain(avro_schema(schema))), judged(schema, value))
    return out.getvalue()


def assert_avro(batch: Any, written: Sequence[Any]) -> None:
    """What was written of the batch's records is what fastavro writes of their values."""
    for record, one in zip(batch.records(), written, strict=True):
        for schema, value, found in (
                (record.key_schema, record.key, one.key), (record.value_schema, record.value, one.value)):
            if schema is not None:
                assert found == f"<{record.topic}|{schema.name}>".encode() + fastavro_bytes(schema, value)
