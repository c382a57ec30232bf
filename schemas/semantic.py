"""Debezium's semantic types: ordinary Connect schemas whose name tells what the value means.

Every function gives the required schema; make a column nullable or give it a default with ``.opt()`` or ``.but(default=…)``.
"""

from __future__ import annotations

from collections.abc import Iterable

from schemas.model import BYTES, FLOAT32, FLOAT64, INT16, INT32, STRING, Schema, Type, array_of, map_of, struct_of

__all__ = [
    "BITS", "ENUM", "ENUM_SET", "JSON", "TIME", "UUID", "VARIABLE_SCALE_DECIMAL", "bits", "double_vector", "enum",
    "enum_set", "float_vector", "geography", "geometry", "json", "ltree", "point", "sparse_double_vector", "time",
    "tsvector", "uuid", "variable_scale_decimal", "xml",
]

BITS = "io.debezium.data.Bits"
ENUM = "io.debezium.data.Enum"
ENUM_SET = "io.debezium.data.EnumSet"
JSON = "io.debezium.data.Json"
UUID = "io.debezium.data.Uuid"
VARIABLE_SCALE_DECIMAL = "io.debezium.data.VariableScaleDecimal"

TIME = "io.debezium.time."
_TIME_TYPES = {
    "Date": Type.INT32, "Time": Type.INT32, "Year": Type.INT32,
    "Timestamp": Type.INT64, "MicroTime": Type.INT64, "MicroTimestamp": Type.INT64, "NanoTime": Type.INT64,
    "NanoTimestamp": Type.INT64, "MicroDuration": Type.INT64, "NanoDuration": Type.INT64,
    "ZonedTime": Type.STRING, "ZonedTimestamp": Type.STRING, "Interval": Type.STRING, "IsoDate": Type.STRING,
    "IsoTime": Type.STRING, "IsoTimestamp": Type.STRING,
}
_TIMES = {short: Schema(t, name=TIME + short, version=1) for short, t in _TIME_TYPES.items()}


def _named(base: Schema, short: str) -> Schema:
    return base.but(name=f"io.debezium.data.{short}", version=1)


_JSON, _XML, _UUID, _LTREE, _TSVECTOR = (_named(STRING, n) for n in ("Json", "Xml", "Uuid", "Ltree", "Tsvector"))
_VARIABLE_SCALE_DECIMAL = struct_of(
    [("scale", INT32), ("value", BYTES)], VARIABLE_SCALE_DECIMAL, version=1, doc="Variable scaled decimal")
_POINT = struct_of(
    [("x", FLOAT64), ("y", FLOAT64), ("wkb", BYTES.opt()), ("srid", INT32.opt())],
    "io.debezium.data.geometry.Point", version=1, doc="Geometry (POINT)")


def time(short: str) -> Schema:
    """The type ``io.debezium.time.<short>``: ``Date``, ``MicroTimestamp``, ``ZonedTime`` … Raises KeyError on another name."""
    return _TIMES[short]


def json() -> Schema:
    """JSON as the server's text."""
    return _JSON


def xml() -> Schema:
    """XML as text."""
    return _XML


def uuid() -> Schema:
    """A UUID as text, lower case with hyphens."""
    return _UUID


def ltree() -> Schema:
    """An ltree label path."""
    return _LTREE


def tsvector() -> Schema:
    """A tsvector as the server's text."""
    return _TSVECTOR


def enum(labels: Iterable[str]) -> Schema:
    """One of the labels, given in their declared order. A comma in a label is written as ``\\,`` would be: not at all."""
    return _named(STRING, "Enum").but(parameters={"allowed": ",".join(labels)})


def enum_set(labels: Iterable[str]) -> Schema:
    """Several of the labels, joined by commas."""
    return _named(STRING, "EnumSet").but(parameters={"allowed": ",".join(labels)})


def bits(length: int) -> Schema:
    """A bit string of that many bits (2147483647: unlimited), little-endian bytes."""
    return _named(BYTES, "Bits").but(parameters={"length": str(length)})


def variable_scale_decimal() -> Schema:
    """A decimal without a fixed scale: ``{"scale": int, "value": unscaled two's complement, big endian}``."""
    return _VARIABLE_SCALE_DECIMAL


def point() -> Schema:
    """A point: coordinates, and the same as WKB."""
    return _POINT


def geometry() -> Schema:
    """A geometry of any kind as (E)WKB."""
    return _shape("Geometry")


def geography() -> Schema:
    """A geography as (E)WKB."""
    return _shape("Geography")


def _shape(short: str) -> Schema:
    return struct_of(
        [("wkb", BYTES), ("srid", INT32.opt())], f"io.debezium.data.geometry.{short}", version=1, doc=short)


def double_vector() -> Schema:
    """A vector of 64-bit floats (pgvector's ``vector``)."""
    return array_of(FLOAT64, name="io.debezium.data.DoubleVector", version=1)


def float_vector() -> Schema:
    """A vector of 32-bit floats (``halfvec``, MySQL's VECTOR)."""
    return array_of(FLOAT32, name="io.debezium.data.FloatVector", version=1)


def sparse_double_vector() -> Schema:
    """A sparse vector: its dimensions, and the entries that are not zero."""
    return struct_of(
        [("dimensions", INT16), ("vector", map_of(INT16, FLOAT64))], "io.debezium.data.SparseDoubleVector", version=1)


