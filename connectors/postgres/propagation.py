"""``column.propagate.source.type``: a column's declared type as parameters of its schema."""

from __future__ import annotations

from connectors.postgres.relations import Catalog, PgType
from connectors.postgres.types import resolved
from connectors.postgres.types.numbers import numeric_typmod

__all__ = ["source_parameters"]

_LENGTHS = {
    "bool": (1, 0), "int2": (5, 0), "int4": (10, 0), "int8": (19, 0), "float4": (8, 8), "float8": (17, 17),
    "date": (13, 0), "time": (15, 6), "timetz": (21, 6), "timestamp": (29, 6), "timestamptz": (35, 6),
}
_UNLIMITED = 2147483647


def source_parameters(kind: PgType, typmod: int, name: str, catalog: Catalog) -> dict[str, str]:
    """The four parameters Debezium's sinks read: type, length, scale, name."""
    base, typmod = resolved(kind, typmod, catalog)
    if base.element:
        base = catalog.type(base.element)
    length, scale = _LENGTHS.get(base.name, (_UNLIMITED, 0))
    if base.name == "numeric":
        length, scale = numeric_typmod(typmod) or (131089, 0)
    elif base.name in ("varchar", "bpchar") and typmod > 4:
        length = typmod - 4
    elif base.name in ("bit", "varbit") and typmod > 0:
        length = typmod
    elif base.name in ("time", "timetz", "timestamp", "timestamptz") and 0 <= typmod < 6:
        # As the driver has it: the display width without the fraction digits that the column does not keep.
        length, scale = length - (6 - typmod if typmod else 7), typmod
    return {
        "__debezium.source.column.type": kind.name.upper(),
        "__debezium.source.column.length": str(length),
        "__debezium.source.column.scale": str(scale),
        "__debezium.source.column.name": name,
    }
