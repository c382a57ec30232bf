"""A table map and what is known of its table, put together.

With full metadata (binlog_row_metadata=FULL) the map is the truth, and what is known adds only what a map does not tell:
defaults, comments, spellings, which key is unique. Without it the known structure is the truth, and the map proves it as far as
it can.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from connect.api.errors import ConnectError
from connectors.mysql.ddl.names import max_bytes
from connectors.mysql.ddl.tables import finished
from connectors.mysql.structure import ColumnDef, TableDef, TableId, Wire
from connectors.mysql.tablemap import TableMetadata, TableShape
from connectors.mysql.types import wires
from connectors.mysql.types.charsets import Charsets, charset_of

__all__ = ["StructureMismatch", "reconcile"]


class StructureMismatch(ConnectError):
    """The known structure of a table is not that of a table map, or none is known and the map does not tell it. The text names
    the table and what differs, without a cure."""


_PLAIN: Final = {
    wires.TINY: "tinyint", wires.SHORT: "smallint", wires.INT24: "mediumint", wires.LONG: "int", wires.LONGLONG: "bigint",
    wires.FLOAT: "float", wires.DOUBLE: "double", wires.NEWDECIMAL: "decimal", wires.BIT: "bit", wires.YEAR: "year",
    wires.DATE: "date", wires.NEWDATE: "date", wires.TIME: "time", wires.TIME2: "time", wires.DATETIME: "datetime",
    wires.DATETIME2: "datetime", wires.TIMESTAMP: "timestamp", wires.TIMESTAMP2: "timestamp", wires.ENUM: "enum",
    wires.SET: "set",
    wires.JSON: "json", wires.GEOMETRY: "geometry", wires.VECTOR: "vector",
}
_GEOMETRIES: Final = (
    "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection")
_TEXTS: Final = {1: "tinytext", 2: "text", 3: "mediumtext", 4: "longtext"}
_BLOBS: Final = {1: "tinyblob", 2: "blob", 3: "mediumblob", 4: "longblob"}
_LARGE: Final = frozenset((*_TEXTS.values(), *_BLOBS.values(), "varchar", "varbinary"))
_BINARY: Final = 63
_BYTES: Final = {"uuid": 16, "inet6": 16, "inet4": 4}
"""MariaDB's types that are written as BINARY of that length."""
_LENGTHS: Final = frozenset(("char", "varchar", "binary", "varbinary"))
_HASH: Final = re.compile(r"DB_ROW_HASH_\d+")
"""MariaDB's hidden columns for unique keys over whole TEXT and BLOB columns: last in row events, in no statement."""
_SHARED = Charsets()


def reconcile(map: TableShape, known: TableDef | None, charsets: Charsets = _SHARED) -> TableDef:
    """The table that ``map`` is of, its columns in the map's order. Raises StructureMismatch. ``charsets`` read the labels of
    ENUM and SET."""
    metadata = map.metadata
    if metadata is not None and metadata.full:
        return _from_map(map, metadata, known, charsets)
    id = TableId(map.database, map.table)
    if known is None:
        raise StructureMismatch(f"nothing is known of table {id}, and the log does not tell its structure")
    if len(known.columns) != len(map.wires) - _hashes(known, map):
        raise StructureMismatch(f"table {id} is known with {len(known.columns)} columns, the log has {len(map.wires)}")
    for index, column in enumerate(known.columns):
        for what in _differences(column, map, index):
            raise StructureMismatch(f"column {column.name} of table {id} {what}")
    return known


# The map is the truth.


def _from_map(map: TableShape, metadata: TableMetadata, known: TableDef | None, charsets: Charsets) -> TableDef:
    assert metadata.names is not None
    columns = []
    for index, name in enumerate(metadata.names):
        told = _told(map, metadata, index, name, charsets)
        former = known.column(name) if known is not None else None
        if former is not None:
            if metadata.visible is None:
                told = told.but(invisible=former.invisible)
            told = _joined(told, former)
        columns.append(told)
    names = {c.name for c in columns}
    primary = tuple(columns[index].name for index, _ in metadata.primary_key or ())
    while columns and _HASH.fullmatch(columns[-1].name):
        columns.pop()
    table = TableDef(TableId(map.database, map.table), tuple(columns), primary)
    if known is None:
        return table
    keys = tuple(k for k in known.keys if all(name is None or name in names for name in k.columns))
    if metadata.primary_key is None:
        table = table.but(primary_key=tuple(n for n in known.primary_key if n in names))
    table = finished(table.but(
        charset=known.charset, collation=known.collation, comment=known.comment, attributes=known.attributes, keys=keys))
    if primary and not known.primary_key and table.unique_key == primary:
        # Where no primary key is declared, the log tells the unique key that the server takes for it.
        return table.but(primary_key=())
    return table


def _told(map: TableShape, metadata: TableMetadata, index: int, name: str, charsets: Charsets) -> ColumnDef:
    """What the map alone says of a column."""
    wire = map.wires[index]
    collation = metadata.collations[index] if metadata.collations is not None else None
    charset = _charset(collation)
    kind, length, scale = _shape(wire, collation, charset)
    if kind == "geometry" and metadata.geometry_types is not None:
        number = metadata.geometry_types[index]
        if number is not None and number < len(_GEOMETRIES):
            kind = _GEOMETRIES[number]
    if kind == "vector" and metadata.dimensions is not None:
        length = metadata.dimensions[index]
    labels: tuple[str, ...] = ()
    if kind in ("enum", "set") and metadata.labels is not None:
        labels = _labels(metadata.labels[index] or (), charset, charsets, name)
        charset = charset or "binary"
    # YEAR is told as unsigned; it cannot be anything else.
    unsigned = metadata.unsigned is not None and bool(metadata.unsigned[index]) and kind != "year"
    visible = metadata.visible is None or metadata.visible[index]
    return ColumnDef(
        name, kind, kind.upper() + (" UNSIGNED" if unsigned else ""), length, scale, unsigned=unsigned, charset=charset,
        nullable=map.nullable[index], labels=labels, invisible=not visible,
        compressed=wire.type in (wires.BLOB_COMPRESSED, wires.VARCHAR_COMPRESSED))


def _labels(raw: tuple[bytes, ...], charset: str | None, charsets: Charsets, name: str) -> tuple[str, ...]:
    # Labels of CHARACTER SET binary are shown by the server as UTF-8.
    decode = charsets.decoder(charset or "utf8mb4")
    try:
        return tuple(decode(label) for label in raw)
    except ValueError as e:
        raise StructureMismatch(f"a label of column {name} cannot be read: {e}") from None


def _charset(collation: int | None) -> str | None:
    if collation is None or collation == _BINARY:
        return None
    try:
        return charset_of(collation)
    except ValueError as e:
        raise StructureMismatch(str(e)) from None


def _shape(wire: Wire, collation: int | None, charset: str | None) -> tuple[str, int | None, int | None]:
    """Type, length and scale of what is written so."""
    type, meta = wire.type, wire.meta
    binary = charset is None
    if type in _PLAIN:
        if type == wires.NEWDECIMAL:
            return "decimal", meta & 0xFF, meta >> 8
        if type == wires.BIT:
            return "bit", (meta >> 8) * 8 + (meta & 0xFF), None
        return _PLAIN[type], None, meta or None if type in (wires.TIME2, wires.DATETIME2, wires.TIMESTAMP2) else None
    if type in (wires.VARCHAR, wires.VAR_STRING):
        return "varbinary" if binary else "varchar", meta // max_bytes(charset), None
    if type == wires.VARCHAR_COMPRESSED:
        return "varbinary" if binary else "varchar", max(meta - 1, 0) // max_bytes(charset), None
    if type == wires.STRING:
        return "binary" if binary else "char", meta // max_bytes(charset), None
    if type in wires.BLOBS:
        size = meta if type in (wires.BLOB, wires.BLOB_COMPRESSED) else {249: 1, 250: 3, 251: 4}[type]
        found = (_BLOBS if binary else _TEXTS).get(size)
        if found is not None:
            return found, None, None
    raise StructureMismatch(f"the log has a column of type {type} with the metadata {meta}, which is not known to this version")


def _joined(told: ColumnDef, former: ColumnDef) -> ColumnDef:
    """What the map says with what it does not tell, taken from a definition that may be older or newer."""
    if told.type != former.type and not (told.type == "binary" and _BYTES.get(former.type) == told.length):
        return told
    if told.type in ("decimal", "bit", "vector") and (told.length, told.scale or 0) != (former.length, former.scale or 0):
        return told.but(comment=former.comment)
    length = told.length if told.type in (*_LENGTHS, "decimal", "bit", "vector") and former.type not in _BYTES else former.length
    return told.but(
        type=former.type, declared=former.declared, length=length, scale=told.scale if told.scale is not None else former.scale,
        zerofill=former.zerofill and told.unsigned, default=former.default, auto_increment=former.auto_increment,
        generated=former.generated, on_update=former.on_update, comment=former.comment, srid=former.srid,
        collation=former.collation if former.charset == told.charset else None)


def _hashes(known: TableDef, map: TableShape) -> int:
    """How many of the map's last columns are hidden ones, see _HASH."""
    more = len(map.wires) - len(known.columns)
    long = sum(1 for key in known.keys if key.unique and not key.partial and any(
        (c := known.column(name)) is not None and c.type in _LARGE for name in key.columns if name is not None))
    return more if 0 < more <= long and all(w.type == wires.LONGLONG for w in map.wires[-more:]) else 0


# What is known is the truth, as far as the map does not prove it wrong.


def _differences(column: ColumnDef, map: TableShape, index: int) -> Iterator[str]:
    wire, metadata = map.wires[index], map.metadata
    if not _fits(column, wire):
        yield f"is known as {_described(column)}, which is not written as type {wire.type} with the metadata {wire.meta}"
    if column.nullable != map.nullable[index]:
        yield f"is known as {'NULL' if column.nullable else 'NOT NULL'}, the log has the opposite"
    if metadata is None:
        return
    if column.type != "year" and metadata.unsigned is not None and metadata.unsigned[index] not in (None, column.unsigned):
        yield f"is known as {'unsigned' if column.unsigned else 'signed'}, the log has the opposite"
    if metadata.collations is not None and (collation := metadata.collations[index]) is not None:
        told = _charset(collation)
        if column.type in ("enum", "set") and told is None:
            return
        if column.type not in ("geometry", "vector", *_GEOMETRIES) and told != column.charset:
            yield f"is known with the character set {column.charset or 'binary'}, the log has {told or 'binary'}"


def _described(column: ColumnDef) -> str:
    size = "" if column.length is None else f"({column.length}{'' if column.scale is None else f',{column.scale}'})"
    return f"{column.type}{size}"


def _fits(column: ColumnDef, wire: Wire) -> bool:
    """Whether a column of this type is written so."""
    kind, type, meta = column.type, wire.type, wire.meta
    if kind in ("varchar", "varbinary"):
        size = (column.length or 0) * max_bytes(column.charset)
        if type == wires.VARCHAR_COMPRESSED:
            return meta in (size, size + 1)
        return type in (wires.VARCHAR, wires.VAR_STRING) and meta == size
    if kind in ("char", "binary"):
        return type == wires.STRING and meta == (column.length or 0) * max_bytes(column.charset)
    if kind in _BYTES:
        return type == wires.STRING and meta == _BYTES[kind]
    for sizes in (_TEXTS, _BLOBS):
        for size, name in sizes.items():
            if name == kind:
                return (type in (wires.BLOB, wires.BLOB_COMPRESSED) and meta == size) or type == {1: 249, 3: 250,
                        4: 251}.get(size)
    if kind == "decimal":
        return type == wires.NEWDECIMAL and meta == (column.length or 0) | (column.scale or 0) << 8
    if kind == "bit":
        return type == wires.BIT and (meta >> 8) * 8 + (meta & 0xFF) == column.length
    if kind == "enum":
        return type == wires.ENUM and meta == (1 if len(column.labels) < 256 else 2)
    if kind == "set":
        size = (len(column.labels) + 7) // 8
        return type == wires.SET and meta == (8 if size > 4 else size)
    if kind in ("time", "datetime", "timestamp"):
        if type in (wires.TIME2, wires.DATETIME2, wires.TIMESTAMP2):
            return _PLAIN[type] == kind and meta == (column.scale or 0)
        return _PLAIN.get(type) == kind and not column.scale
    if kind in _GEOMETRIES:
        return type == wires.GEOMETRY
    return _PLAIN.get(type) == kind
