"""Geometries and vectors."""

from __future__ import annotations

import struct

from connectors.codec import Codec
from connectors.mysql.structure import ColumnDef, Wire
from connectors.mysql.types import wires
from connectors.mysql.types.options import TypeOptions
from schemas import semantic
from schemas.model import Value

__all__ = ["GEOMETRIES", "geometry", "vector"]

GEOMETRIES = frozenset({
    "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection"})


def _split(raw: bytes) -> tuple[int | None, bytes]:
    """SRID (None for 0) and WKB of the server's form, in which the SRID stands before the WKB."""
    if len(raw) < 9 or raw[4] > 1:
        raise ValueError("a geometry that is no SRID and WKB")
    srid = int.from_bytes(raw[:4], "little")
    return (srid if srid < 1 << 31 else srid - (1 << 32)) or None, raw[4:]


def geometry(column: ColumnDef, wire: Wire | None, options: TypeOptions) -> Codec:
    """Every geometry type; both forms have the same bytes. POINT columns show their coordinates too."""
    if wire is not None and wire.type not in (wires.GEOMETRY, *wires.BLOBS):
        raise wires.mismatch(column, wire)
    if column.type == "point":
        return Codec(semantic.point(), _point, _point(bytes(4) + struct.pack("<BIdd", 1, 1, 0.0, 0.0)))
    zero = {"wkb": struct.pack("<BII", 1, 7, 0), "srid": None}
    return Codec(semantic.geometry(), _geometry, zero, unavailable={"wkb": options.placeholder, "srid": None})


def _geometry(raw: bytes) -> Value:
    srid, wkb = _split(raw)
    return {"wkb": wkb, "srid": srid}


def _point(raw: bytes) -> Value:
    srid, wkb = _split(raw)
    order = "<" if wkb[0] else ">"
    if len(wkb) != 21 or struct.unpack_from(order + "I", wkb, 1)[0] != 1:
        raise ValueError("a geometry in a POINT column that is no point")
    x, y = struct.unpack_from(order + "dd", wkb, 5)
    return {"x": x, "y": y, "wkb": wkb, "srid": srid}


def vector(column: ColumnDef, wire: Wire | None, options: TypeOptions) -> Codec:
    """VECTOR: 32-bit floats, the same bytes in both forms."""
    if wire is not None and wire.type not in (wires.VECTOR, *wires.STRINGS, *wires.BLOBS):
        raise wires.mismatch(column, wire)
    return Codec(semantic.float_vector(), _vector, [], unavailable=[float(b) for b in options.placeholder])


def _vector(raw: bytes) -> Value:
    if len(raw) % 4:
        raise ValueError("a vector that is no row of floats")
    return list(struct.unpack(f"<{len(raw) // 4}f", raw))
