"""What a table looks like, as plain values: filled from SHOW CREATE TABLE, from DDL in the log, or from a table map's metadata.

Everything that needs to know a table (types, schemas, snapshot, history, schema changes) works on these.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

__all__ = ["ColumnDef", "Flavor", "KeyDef", "TableDef", "TableId", "Wire"]


class Flavor(StrEnum):
    """Whose server it is; also what ``source.connector`` says."""

    MYSQL = "mysql"
    MARIADB = "mariadb"


@dataclass(frozen=True, slots=True, order=True)
class TableId:
    """A table's database and name, as the server spells them."""

    database: str
    name: str

    def __str__(self) -> str:
        return f"{self.database}.{self.name}"


@dataclass(frozen=True, slots=True)
class Wire:
    """How a column is written in the binary log: its ``MYSQL_TYPE_*`` number with ENUM and SET told apart from STRING
    (``real_type``), and the table map's metadata as one number (two-byte metadata little-endian, except for STRING, whose
    ``meta`` is the length in bytes with the type bits taken out)."""

    type: int
    meta: int = 0


@dataclass(frozen=True, slots=True)
class ColumnDef:
    """One column.

    ``type`` is the base type's canonical lower-case name without attributes: tinyint, smallint, mediumint, int, bigint,
    decimal, float, double, bit, char, varchar, tinytext, text, mediumtext, longtext, binary, varbinary, tinyblob, blob,
    mediumblob, longblob, enum, set, json, date, time, datetime, timestamp, year, vector, uuid, inet4, inet6, and geometry,
    point, linestring, polygon, multipoint, multilinestring, multipolygon, geometrycollection. Aliases are resolved (INTEGER is
    int, BOOL is tinyint with length 1, REAL is double, NUMERIC is decimal, NCHAR is char with charset utf8mb3, a text type with
    CHARACTER SET binary is its binary twin, MariaDB's JSON is longtext). ``declared`` is the type's name as the statement spells
    it, upper case, with UNSIGNED and ZEROFILL ("INT UNSIGNED", "BOOLEAN"): for source-type propagation and schema-change records.

    ``length`` is the display or character length, the precision of decimals, the bits of BIT, the dimensions of VECTOR; of a
    table map alone (no structure known) it may be None where the map does not tell it. ``scale`` is decimals, or the fraction
    digits (fsp) of time types. ``charset`` is a MySQL character set name, None of types without one. ``default`` is the SQL text
    of the DEFAULT clause as written in the statement ("'a'", "b'101'", "CURRENT_TIMESTAMP(3)", "(uuid())", "NULL"), None when
    there is none.
    """

    name: str
    type: str
    declared: str = ""
    length: int | None = None
    scale: int | None = None
    unsigned: bool = False
    zerofill: bool = False
    charset: str | None = None
    collation: str | None = None
    nullable: bool = True
    labels: tuple[str, ...] = ()
    """Of enum and set: the labels as plain text, in order."""
    default: str | None = None
    auto_increment: bool = False
    generated: bool = False
    """GENERATED ALWAYS AS …"""
    on_update: bool = False
    """ON UPDATE CURRENT_TIMESTAMP"""
    invisible: bool = False
    comment: str | None = None
    srid: int | None = None
    compressed: bool = False
    """MariaDB's COMPRESSED column attribute."""

    def but(self, **changes: Any) -> ColumnDef:
        """A copy with some attributes changed."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class KeyDef:
    """A key other than the primary. ``columns`` are names in the key's order, None for an expression; ``partial``: a column
    counts by a prefix only; ``implied``: a foreign key made it, and another key that serves takes its place."""

    name: str
    columns: tuple[str | None, ...]
    unique: bool = False
    partial: bool = False
    implied: bool = False


@dataclass(frozen=True, slots=True)
class TableDef:
    """One table. ``primary_key`` and ``unique_key`` are column names in the key's order; ``unique_key`` is the first declared
    unique key all of whose columns are NOT NULL (it stands in for a missing primary key), prefix keys count."""

    id: TableId
    columns: tuple[ColumnDef, ...]
    primary_key: tuple[str, ...] = ()
    unique_key: tuple[str, ...] = ()
    charset: str | None = None
    collation: str | None = None
    comment: str | None = None
    attributes: tuple[tuple[str, str], ...] = field(default=())
    keys: tuple[KeyDef, ...] = ()
    """All keys but the primary, as far as they are known, in the server's order: what DDL needs to follow ``unique_key``."""

    def column(self, name: str) -> ColumnDef | None:
        """The column of that name, in any case of letters (MySQL's column names do not tell it)."""
        low = name.lower()
        return next((c for c in self.columns if c.name.lower() == low), None)

    def but(self, **changes: Any) -> TableDef:
        """A copy with some attributes changed."""
        return replace(self, **changes)
