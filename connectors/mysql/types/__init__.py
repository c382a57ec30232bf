"""From a MySQL or MariaDB column to its codec, in the binary log's form or in the text protocol's, with one value for both."""

from __future__ import annotations

from connectors.codec import NO_DEFAULT, Codec
from connectors.mysql.structure import ColumnDef, Flavor, Wire
from connectors.mysql.types import json_column, numbers, shapes, temporal, text
from connectors.mysql.types.charsets import Charsets
from connectors.mysql.types.options import TypeOptions

__all__ = ["NO_DEFAULT", "Charsets", "Codec", "TypeOptions", "codec_of", "select_expression"]

_CHARACTER = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
_BINARY = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
_WHOLE = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})


def codec_of(column: ColumnDef, wire: Wire | None, options: TypeOptions, charsets: Charsets) -> Codec | None:
    """The codec of a column, None for a type that is not known. ``wire`` None: of the text protocol, as
    :func:`select_expression` asks for it in a session in UTC whose ``character_set_results`` is NULL.

    Raises ValueError when the log has another type than the column is known with, and ConnectError for an unknown character set.
    """
    kind = column.type
    if kind in _WHOLE:
        return numbers.whole(column, wire, options)
    if kind in _CHARACTER:
        return text.character(column, wire, options, charsets)
    if kind in _BINARY:
        return text.binary(column, wire, options)
    if kind in shapes.GEOMETRIES:
        return shapes.geometry(column, wire, options)
    match kind:
        case "decimal":
            return numbers.decimal(column, wire, options)
        case "float":
            return numbers.float4(column, wire)
        case "double":
            return numbers.double(column, wire)
        case "bit":
            return numbers.bit(column, wire)
        case "year":
            return numbers.year(column, wire)
        case "date":
            return temporal.date(column, wire, options)
        case "datetime":
            return temporal.datetime(column, wire, options)
        case "timestamp":
            return temporal.timestamp(column, wire, options)
        case "time":
            return temporal.time(column, wire, options)
        case "enum":
            return text.enum(column, wire, options, charsets)
        case "set":
            return text.enum_set(column, wire, options, charsets)
        case "json":
            return json_column.json(column, wire, options)
        case "vector":
            return shapes.vector(column, wire, options)
        case "uuid":
            return text.uuid(column, wire)
        case "inet4" | "inet6":
            return text.address(column, wire)
    return None


def select_expression(column: ColumnDef, flavor: Flavor) -> str | None:
    """What a snapshot selects of a column so that its text is exact, None: the column itself.

    The server's text of a FLOAT has six digits, that of DOUBLE(M,D) is rounded to D; as a product of doubles they are told
    exactly, a negative zero too.
    """
    if column.type == "float" or (column.type == "double" and column.scale is not None):
        return f"`{column.name.replace('`', '``')}` * 1e0"
    return None
