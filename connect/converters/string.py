"""StringConverter: a value as Java's ``toString`` prints it, in a character encoding."""

from __future__ import annotations

import base64
import codecs
from collections.abc import Mapping
from decimal import Decimal

from connect.api.config import ConfigDef, ConfigModel, Importance, key
from connect.api.errors import DataError
from schemas.javajson import double_text, float_text
from schemas.model import STRING, Schema, Type, Value

__all__ = ["StringConverter"]


def _known_encoding(value: str) -> None:
    try:
        codecs.lookup(value)
    except LookupError:
        raise ValueError("unknown character encoding; expected one such as UTF-8, ISO-8859-1 or UTF-16") from None


class StringConverterConfig(ConfigModel):
    """Keys of the string converter."""

    encoding: str = key(
        "converter.encoding", "UTF-8", importance=Importance.HIGH, valid=(_known_encoding,), doc="Character encoding.")


class StringConverter:
    """Text ↔ bytes. Other values are printed; bytes inside them as base64, where Java prints an object's address."""

    def __init__(self) -> None:
        self._encoding = "UTF-8"

    def config(self) -> ConfigDef:
        """See Converter."""
        return StringConverterConfig.definition()

    def configure(self, props: Mapping[str, str], is_key: bool) -> None:
        """See Converter. Takes ``encoding`` as well, which is what ``value.converter.encoding`` becomes."""
        given = {"converter.encoding": props["encoding"], **props} if "encoding" in props else props
        self._encoding = StringConverterConfig.from_props(given).encoding

    def from_connect_data(self, topic: str, schema: Schema | None, value: Value) -> bytes | None:
        """See Converter."""
        if value is None:
            return None
        try:
            return (value if type(value) is str else _printed(schema, value)).encode(self._encoding)
        except UnicodeEncodeError:
            raise DataError(f"text for topic {topic} has a character that {self._encoding} cannot write") from None
        except (TypeError, OverflowError) as e:
            raise DataError(f"cannot write text for topic {topic}: {e}") from None

    def to_connect_data(self, topic: str, data: bytes | None) -> tuple[Schema | None, Value]:
        """See Converter. The schema is an optional string."""
        if data is None:
            return _OPTIONAL, None
        try:
            return _OPTIONAL, data.decode(self._encoding)
        except UnicodeDecodeError:
            raise DataError(f"bytes of topic {topic} are not {self._encoding}") from None

    def close(self) -> None:
        """Nothing to give back."""


_OPTIONAL = STRING.opt()


def _printed(schema: Schema | None, v: Value) -> str:
    if v is None:
        return "null"
    if isinstance(v, str):
        return v
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, int | Decimal):
        return str(v)
    if isinstance(v, float):
        return (float_text if schema is not None and schema.type is Type.FLOAT32 else double_text)(v).strip('"')
    if isinstance(v, bytes | bytearray | memoryview):
        return base64.b64encode(v).decode()
    if isinstance(v, Mapping):
        if schema is not None and schema.type is Type.STRUCT:
            members = [f"{f.name}={_printed(f.schema, v[f.name])}" for f in schema.fields if v.get(f.name) is not None]
            return f"Struct{{{','.join(members)}}}"
        inner = None if schema is None else schema.value_schema
        return "{" + ", ".join(f"{_printed(None, k)}={_printed(inner, x)}" for k, x in v.items()) + "}"
    if isinstance(v, list | tuple):
        inner = None if schema is None else schema.value_schema
        return "[" + ", ".join(_printed(inner, x) for x in v) + "]"
    raise TypeError(f"values of type {type(v).__name__} are not known")
