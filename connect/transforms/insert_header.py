"""InsertHeader: a header with a fixed value."""

from __future__ import annotations

import re
from collections.abc import Mapping

from connect.api.config import ConfigDef, ConfigKey, Importance
from connect.api.records import Header, SourceRecord
from connect.config.checks import NonEmpty
from schemas.model import BOOLEAN, FLOAT32, FLOAT64, INT8, INT16, INT32, INT64, STRING, Schema, Value

__all__ = ["InsertHeader", "parse_literal"]

_KEYS = ConfigDef((
    ConfigKey("header", importance=Importance.HIGH, valid=(NonEmpty(),), doc="The header's name."),
    ConfigKey("value.literal", importance=Importance.HIGH, valid=(NonEmpty(),), doc="Its value; its type is guessed."),
))
_INTEGERS = ((INT8, 7), (INT16, 15), (INT32, 31), (INT64, 63))
_LARGEST_FLOAT = 3.4028234663852886e38


def parse_literal(text: str) -> tuple[Schema | None, Value]:
    """A text as the value it looks like, Kafka Connect's way: true, false, null, the smallest integer type that holds it, a
    float, a quoted text; everything else (lists, maps, dates too) is the text itself."""
    if text in ("true", "false"):
        return BOOLEAN, text == "true"
    if text == "null":
        return None, None
    if re.fullmatch(r"[+-]?\d+", text):
        number = int(text)
        fitting = next((s for s, bits in _INTEGERS if -(1 << bits) <= number < 1 << bits), None)
        if fitting is not None:
            return fitting, number
    if re.fullmatch(r"[+-]?(\d+\.\d*|\.\d+|\d+)([eE][+-]?\d+)?", text):
        real = float(text)
        return (FLOAT32 if abs(real) <= _LARGEST_FLOAT else FLOAT64), real
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return STRING, re.sub(r"\\(.)", r"\1", text[1:-1])
    return STRING, text


class InsertHeader:
    """Appends; a header of the same name stays."""

    def config(self) -> ConfigDef:
        """See Transform."""
        return _KEYS

    def configure(self, props: Mapping[str, str]) -> None:
        """See Transform."""
        values = _KEYS.parse(props).good()
        schema, value = parse_literal(values["value.literal"])
        self._header = Header(values["header"], value, schema)

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """See Transform."""
        return record.but(headers=(*record.headers, self._header))

    def close(self) -> None:
        """See Transform."""
