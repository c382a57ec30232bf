"""Framed Avro messages → Python values, by fastavro: for ``headgate tail``, the demo and tests. Not in the task's path."""

from __future__ import annotations

import io
import json
from typing import Any

import fastavro
from fastavro.schema import SchemaParseException

from schemas.model import SchemaError, Value
from schemas.registry import RegistryClient
from schemas.wire import unframe

__all__ = ["Decoder"]


class Decoder:
    """Decodes messages with the schemas of a registry; each schema is fetched once."""

    def __init__(self, registry: RegistryClient) -> None:
        self._registry = registry
        self._schemas: dict[int, tuple[Any, Any]] = {}

    def decode(self, data: bytes) -> Value:
        """The value of a framed message: records as dict, decimals as Decimal, other logical types as fastavro gives them."""
        return self.decode_with_schema(data)[1]

    def decode_with_schema(self, data: bytes) -> tuple[Any, Value]:
        """The Avro schema (parsed JSON) and the value. Raises SchemaError when the bytes do not fit the schema."""
        schema_id, body = unframe(data)
        known = self._schemas.get(schema_id)
        if known is None:
            schema = json.loads(self._registry.schema(schema_id))
            try:
                known = schema, fastavro.parse_schema(_readable(schema))
            except (SchemaParseException, KeyError) as e:
                raise SchemaError(f"schema {schema_id} cannot be read: {e}") from None
            self._schemas[schema_id] = known
        schema, parsed = known
        if schema == "bytes" or (isinstance(schema, dict) and schema.get("type") == "bytes"):
            # Confluent's serialiser writes a top-level bytes value as it is, without Avro's length.
            return schema, body
        stream = io.BytesIO(body)
        try:
            value = fastavro.schemaless_reader(stream, parsed, None)
        except (EOFError, ValueError, IndexError, UnicodeDecodeError, OverflowError) as e:
            raise SchemaError(f"the message does not fit schema {schema_id}: {type(e).__name__}") from None
        if stream.read(1):
            raise SchemaError(f"the message is longer than schema {schema_id} says")
        return schema, value

    def close(self) -> None:
        """Close the registry client."""
        self._registry.close()


def _readable(schema: Any) -> Any:
    """The schema without decimals that fastavro refuses; Java ignores a logical type that is not valid, as Avro says."""
    if isinstance(schema, list):
        return [_readable(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    out = {k: _readable(v) if k in ("type", "items", "values", "fields") else v for k, v in schema.items()}
    if out.get("logicalType") == "decimal" and not 0 <= out.get("scale", 0) <= out.get("precision", 0):
        del out["logicalType"]
    return out
