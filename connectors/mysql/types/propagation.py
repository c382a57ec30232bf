"""``column.propagate.source.type``: a column's declared type as parameters of its schema."""

from __future__ import annotations

from connectors.mysql.structure import ColumnDef

__all__ = ["declared_type", "source_parameters"]

_PREFIX = "__debezium.source.column."
_TIMES = frozenset({"time", "datetime", "timestamp"})


def declared_type(column: ColumnDef) -> str:
    """The type's name with its attributes, as the statement spells it: what ``datatype.propagate.source.type`` matches."""
    if column.declared:
        return column.declared
    return column.type.upper() + (" UNSIGNED" if column.unsigned else "") + (" ZEROFILL" if column.zerofill else "")


def source_parameters(column: ColumnDef) -> dict[str, str]:
    """The parameters Debezium's sinks read: type, name, and where there are any length, scale and comment.

    The length of an ENUM is 1 and that of a SET twice its labels less one, as Debezium tells it; that of a time type are its
    fraction digits.
    """
    length, scale = column.length, column.scale
    if column.type == "enum":
        length, scale = 1, None
    elif column.type == "set":
        length, scale = max(2 * len(column.labels) - 1, 0), None
    elif column.type in _TIMES:
        length, scale = column.scale or None, None
    found = {f"{_PREFIX}type": declared_type(column)}
    if length is not None:
        found[f"{_PREFIX}length"] = str(length)
    if scale is not None:
        found[f"{_PREFIX}scale"] = str(scale)
    if column.comment:
        found[f"{_PREFIX}comment"] = column.comment
    found[f"{_PREFIX}name"] = column.name
    return found
