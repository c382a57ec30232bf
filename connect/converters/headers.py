"""SimpleHeaderConverter: a header's value as text, the way Kafka Connect's ``Values.convertToString`` writes it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from connect.api.config import ConfigDef, ConfigModel
from connect.api.errors import DataError
from schemas.javajson import double_text, float_text
from schemas.model import CONNECT_DATE, CONNECT_TIME, CONNECT_TIMESTAMP, Schema, Type, Value

__all__ = ["SimpleHeaderConverter"]

_DAY = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SimpleHeaderConverterConfig(ConfigModel):
    """It has no keys."""


class SimpleHeaderConverter:
    """Text as it is; inside a struct, list or map in quotes: ``{"id":11}``. Null stays null."""

    def config(self) -> ConfigDef:
        """See HeaderConverter."""
        return SimpleHeaderConverterConfig.definition()

    def configure(self, props: Mapping[str, str]) -> None:
        """See HeaderConverter."""

    def from_connect_header(self, topic: str, key: str, schema: Schema | None, value: Value) -> bytes | None:
        """See HeaderConverter."""
        if value is None:
            return None
        try:
            return (value if type(value) is str else _text(schema, value, False)).encode()
        except UnicodeEncodeError:
            raise DataError(f"header {key} of topic {topic} is not valid Unicode (a lone surrogate)") from None
        except TypeError as e:
            raise DataError(f"header {key} of topic {topic} has no text form: {e}") from None


def _text(schema: Schema | None, v: Value, nested: bool) -> str:
    if v is None:
        return "null"
    if isinstance(v, str):
        return _quoted(v) if nested else v
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, int):
        return _moment(schema, v) if schema is not None and schema.name is not None else str(v)
    if isinstance(v, float):
        return (float_text if schema is not None and schema.type is Type.FLOAT32 else double_text)(v).strip('"')
    if isinstance(v, Decimal):
        return str(v)
    if isinstance(v, bytes | bytearray | memoryview):
        text = base64.b64encode(v).decode()
        return f'"{text}"' if nested else text
    if isinstance(v, Mapping):
        if schema is not None and schema.type is Type.STRUCT:
            row = {f.name: f.schema.default if v.get(f.name) is None else v[f.name] for f in schema.fields}
            return "{" + ",".join(f"{_quoted(f.name)}:{_text(f.schema, row[f.name], True)}" for f in schema.fields) + "}"
        inner = None if schema is None else schema.value_schema
        return "{" + ",".join(f"{_text(None, k, True)}:{_text(inner, x, True)}" for k, x in v.items()) + "}"
    if isinstance(v, list | tuple):
        inner = None if schema is None else schema.value_schema
        return "[" + ",".join(_text(inner, x, True) for x in v) + "]"
    raise TypeError(f"values of type {type(v).__name__} are not known")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _moment(schema: Schema, v: int) -> str:
    """Connect's Date, Time and Timestamp are a moment in Java, printed by its size: a time, a date or both."""
    if schema.name == CONNECT_DATE:
        millis = v * _DAY
    elif schema.name in (CONNECT_TIME, CONNECT_TIMESTAMP):
        millis = v
    else:
        return str(v)
    moment = _EPOCH + timedelta(milliseconds=millis)
    clock = f"{moment:%H:%M:%S}.{millis % 1000:03d}Z"
    if millis < _DAY:
        return clock
    date = f"{moment.year:04d}-{moment:%m-%d}"
    return date if millis % _DAY == 0 else f"{date}T{clock}"
