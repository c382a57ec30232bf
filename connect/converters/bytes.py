"""ByteArrayConverter: bytes as they are."""

from __future__ import annotations

from collections.abc import Mapping

from connect.api.config import ConfigDef, ConfigModel
from connect.api.errors import DataError
from schemas.model import BYTES, Schema, Type, Value

__all__ = ["ByteArrayConverter"]


class ByteArrayConverterConfig(ConfigModel):
    """It has no keys."""


class ByteArrayConverter:
    """Bytes ↔ bytes; anything else is an error."""

    def config(self) -> ConfigDef:
        """See Converter."""
        return ByteArrayConverterConfig.definition()

    def configure(self, props: Mapping[str, str], is_key: bool) -> None:
        """See Converter."""

    def from_connect_data(self, topic: str, schema: Schema | None, value: Value) -> bytes | None:
        """See Converter."""
        if schema is not None and schema.type is not Type.BYTES:
            raise DataError(f"ByteArrayConverter writes bytes only; topic {topic} has {schema.name or schema.type} values")
        if value is None:
            return None
        if not isinstance(value, bytes | bytearray | memoryview):
            raise DataError(f"ByteArrayConverter writes bytes only; topic {topic} has a value of type {type(value).__name__}")
        return bytes(value)

    def to_connect_data(self, topic: str, data: bytes | None) -> tuple[Schema | None, Value]:
        """See Converter. The schema is optional bytes."""
        return BYTES.opt(), data

    def close(self) -> None:
        """Nothing to give back."""
