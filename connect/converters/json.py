"""JsonConverter: JSON with or without its schema beside it, the text Kafka Connect's own converter writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connect.api.config import ConfigDef, ConfigKey, ConfigModel, Importance, KeyType, key
from connect.api.errors import DataError
from schemas.connectjson import JsonStyle, schema_from_json, schema_text, untyped_text, value_from_json, value_text
from schemas.model import Schema, SchemaError, Value

__all__ = ["JsonConverter", "JsonConverterConfig"]


class JsonConverterConfig(ConfigModel):
    """Keys of the JSON converter."""

    schemas_enable: bool = key(
        "schemas.enable", True, type=KeyType.BOOLEAN, importance=Importance.HIGH, group="Schemas", display_name="Enable Schemas",
        doc='Write {"schema": …, "payload": …} instead of the payload alone.')
    schemas_cache_size: int = key(
        "schemas.cache.size", 1000, type=KeyType.INT, importance=Importance.HIGH, group="Schemas",
        display_name="Schema Cache Size",
        doc="Accepted for compatibility: a schema's text is kept as long as the schema itself.")
    decimal_format: str = key(
        "decimal.format", "BASE64", recommended=("BASE64", "NUMERIC"), one_of=True, importance=Importance.LOW,
        group="Serialization", display_name="Decimal Format",
        doc="Write Decimals as base64 of their unscaled bytes, or as JSON numbers.")
    replace_null_with_default: bool = key(
        "replace.null.with.default", True, type=KeyType.BOOLEAN, importance=Importance.LOW, group="Serialization",
        display_name="Replace null with default",
        doc="Write a null in a field that has a default as that default. With false, null stays null.")


_TYPE = ConfigKey("converter.type", importance=Importance.LOW, doc="How this converter is used: key or value. Set by the worker.")


class JsonConverter:
    """Connect data ↔ JSON. A null with a schema is written as JSON, so only a null without one is a tombstone."""

    def __init__(self) -> None:
        self._style = JsonStyle()
        self._schemas = True

    def config(self) -> ConfigDef:
        """See Converter. ``converter.type`` is what the runtime tells Kafka's converters: key, value or header."""
        return JsonConverterConfig.definition().plus([_TYPE])

    def configure(self, props: Mapping[str, str], is_key: bool) -> None:
        """See Converter."""
        config = JsonConverterConfig.from_props(props)
        self._style = JsonStyle(config.decimal_format == "NUMERIC", config.replace_null_with_default)
        self._schemas = config.schemas_enable

    @property
    def style(self) -> JsonStyle:
        """See JsonFraming."""
        return self._style

    def around(self, schema: Schema) -> tuple[bytes, bytes]:
        """See JsonFraming."""
        return (self._head(schema), b"}") if self._schemas else (b"", b"")

    def from_connect_data(self, topic: str, schema: Schema | None, value: Value) -> bytes | None:
        """See Converter."""
        if schema is None and value is None:
            return None
        try:
            payload = untyped_text(value) if schema is None else value_text(schema, self._style)(value)
            if not self._schemas:
                return payload.encode()
            return self._head(schema) + payload.encode() + b"}"
        except SchemaError as e:
            raise DataError(f"cannot write JSON for topic {topic}: {e}") from None
        except UnicodeEncodeError:
            raise DataError(f"cannot write JSON for topic {topic}: text that is not valid Unicode (a lone surrogate)") from None

    def _head(self, schema: Schema | None) -> bytes:
        if schema is None:
            return b'{"schema":null,"payload":'
        name = self._style.memo + ".head"
        made: bytes | None = schema._memo.get(name)
        if made is None:
            made = schema._memo[name] = f'{{"schema":{schema_text(schema, self._style)},"payload":'.encode()
        return made

    def to_connect_data(self, topic: str, data: bytes | None) -> tuple[Schema | None, Value]:
        """See Converter. Without schemas the value is what JSON says and the schema None."""
        if data is None:
            return None, None
        try:
            tree: Any = json.loads(data, parse_float=Decimal)
            if not self._schemas:
                return None, value_from_json(None, tree)
            if not isinstance(tree, dict) or set(tree) != {"schema", "payload"}:
                raise SchemaError(
                    'expected an object with the keys "schema" and "payload" only; for plain JSON set schemas.enable=false')
            schema = schema_from_json(tree["schema"])
            return schema, value_from_json(schema, tree["payload"])
        except (SchemaError, UnicodeDecodeError) as e:
            reason = "not UTF-8" if isinstance(e, UnicodeDecodeError) else e
            raise DataError(f"cannot read JSON of topic {topic}: {reason}") from None
        except json.JSONDecodeError as e:
            raise DataError(f"cannot read JSON of topic {topic}: {e.msg} at character {e.pos}") from None

    def close(self) -> None:
        """Nothing to give back."""
