"""What statements say, as plain values: what the grammar gives and ``structures`` applies. Nothing is inherited or defaulted
here."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.mysql.ddl.cursor import TableName

__all__ = [
    "Action", "AddColumn", "AddKey", "AlterDatabase", "AlterTable", "ChangeColumn", "ColumnSpec", "ColumnType",
    "ConvertCharset", "CreateDatabase", "CreateIndex", "CreateTable", "DropColumn", "DropConstraint", "DropDatabase",
    "DropIndex", "DropKey", "DropTables", "KeySpec", "RenameColumn", "RenameKey", "RenameTables", "RenameTo", "Sequences",
    "SetColumn", "SetServerCharset", "SetTable", "Statement", "TableOptions", "Truncate", "Use", "Versioning",
]


@dataclass(slots=True)
class ColumnType:
    """A data type as written: ``type`` is its canonical name, charset and collation only if the statement names them."""

    type: str
    declared: str
    length: int | None = None
    scale: int | None = None
    unsigned: bool = False
    zerofill: bool = False
    charset: str | None = None
    collation: str | None = None
    bin_collation: bool = False
    """BINARY as an attribute: the character set's _bin collation."""
    labels: tuple[str, ...] = ()
    sized: bool = False
    """TEXT(n) and BLOB(n): the length picks the type."""
    serial: bool = False
    json: bool = False
    """MariaDB's JSON, a LONGTEXT."""


@dataclass(slots=True)
class ColumnSpec:
    """A column definition. ``nullable`` None: nothing is said."""

    name: str
    type: ColumnType
    nullable: bool | None = None
    default: str | None = None
    auto_increment: bool = False
    generated: bool = False
    on_update: bool = False
    invisible: bool = False
    comment: str | None = None
    srid: int | None = None
    compressed: bool = False
    keys: list[KeySpec] = field(default_factory=list)
    """PRIMARY KEY and UNIQUE written with the column."""
    row_time: str | None = None
    """MariaDB's GENERATED ALWAYS AS ROW START / END."""


@dataclass(slots=True)
class KeySpec:
    """A key: ``name`` None = the server makes one. ``columns`` holds None for an expression."""

    kind: str
    """primary, unique, key, foreign"""
    name: str | None
    columns: tuple[str | None, ...]
    partial: bool = False
    if_not_exists: bool = False


@dataclass(slots=True)
class TableOptions:
    """Options that matter. ``charset`` "default" and ``collation`` "default" stand for DEFAULT."""

    charset: str | None = None
    collation: str | None = None
    comment: str | None = None
    versioned: bool = False
    sequence: bool = False
    """MariaDB's SEQUENCE=1: it is no table but a sequence, as SHOW CREATE TABLE shows it."""


@dataclass(slots=True)
class CreateTable:
    """CREATE TABLE; of a TEMPORARY one only the name is read."""

    name: TableName
    temporary: bool = False
    or_replace: bool = False
    if_not_exists: bool = False
    columns: list[ColumnSpec] = field(default_factory=list)
    keys: list[KeySpec] = field(default_factory=list)
    options: TableOptions = field(default_factory=TableOptions)
    like: TableName | None = None
    select: bool = False


@dataclass(slots=True)
class AddColumn:
    """``place``: None = at the end, "" = first, else behind the column of that name."""

    column: ColumnSpec
    place: str | None = None
    if_not_exists: bool = False


@dataclass(slots=True)
class ChangeColumn:
    """CHANGE and MODIFY; ``place`` None = where it is."""

    old: str
    column: ColumnSpec
    place: str | None = None
    if_exists: bool = False


@dataclass(slots=True)
class DropColumn:
    """DROP COLUMN."""

    name: str
    if_exists: bool = False


@dataclass(slots=True)
class RenameColumn:
    """RENAME COLUMN."""

    old: str
    new: str
    if_exists: bool = False


@dataclass(slots=True)
class SetColumn:
    """ALTER COLUMN: a new default (``drop_default`` = none) or visibility."""

    name: str
    default: str | None = None
    drop_default: bool = False
    invisible: bool | None = None
    if_exists: bool = False


@dataclass(slots=True)
class AddKey:
    """A key written with a column or on its own."""

    key: KeySpec


@dataclass(slots=True)
class DropKey:
    """``name`` None = the primary key."""

    name: str | None


@dataclass(slots=True)
class DropConstraint:
    """May be a unique key, a foreign key or a check."""

    name: str


@dataclass(slots=True)
class RenameKey:
    """RENAME INDEX."""

    old: str
    new: str


@dataclass(slots=True)
class RenameTo:
    """RENAME TO."""

    name: TableName


@dataclass(slots=True)
class ConvertCharset:
    """CONVERT TO CHARACTER SET; ``charset`` "default" is the database's."""

    charset: str
    collation: str | None = None


@dataclass(slots=True)
class SetTable:
    """One option of the table."""

    options: TableOptions


@dataclass(slots=True)
class Versioning:
    """MariaDB's ADD or DROP SYSTEM VERSIONING."""

    on: bool


Action = (
    AddColumn | ChangeColumn | DropColumn | RenameColumn | SetColumn | AddKey | DropKey | DropConstraint | RenameKey | RenameTo
    | ConvertCharset | SetTable | Versioning
)  # fmt: skip


@dataclass(slots=True)
class AlterTable:
    """ALTER TABLE with the actions that matter, in order."""

    name: TableName
    actions: list[Action]
    if_exists: bool = False
    makes: TableName | None = None
    """MariaDB: CONVERT PARTITION … TO TABLE makes this one, like the altered one."""
    takes: TableName | None = None
    """MariaDB: CONVERT TABLE … TO PARTITION takes this one away."""


@dataclass(slots=True)
class RenameTables:
    """``texts``: each pair as a statement of its own, in the words of the source."""

    pairs: list[tuple[TableName, TableName]]
    texts: list[str]
    if_exists: bool = False


@dataclass(slots=True)
class Sequences:
    """MariaDB's CREATE SEQUENCE and DROP SEQUENCE: row events come from sequences too."""

    names: list[TableName]
    made: bool


@dataclass(slots=True)
class DropTables:
    """``texts``: a statement for each table in the words of the source, with ``{}`` in the name's place."""

    names: list[TableName]
    texts: list[str]
    if_exists: bool = False


@dataclass(slots=True)
class Truncate:
    """TRUNCATE TABLE."""

    name: TableName


@dataclass(slots=True)
class CreateIndex:
    """CREATE INDEX."""

    table: TableName
    key: KeySpec
    or_replace: bool = False


@dataclass(slots=True)
class DropIndex:
    """DROP INDEX."""

    table: TableName
    name: str


@dataclass(slots=True)
class CreateDatabase:
    """CREATE DATABASE; character set and collation None = not said."""

    name: str
    charset: str | None
    collation: str | None
    or_replace: bool = False
    if_not_exists: bool = False


@dataclass(slots=True)
class AlterDatabase:
    """ALTER DATABASE; ``name`` None = the session's."""

    name: str | None
    charset: str | None
    collation: str | None


@dataclass(slots=True)
class DropDatabase:
    """DROP DATABASE."""

    name: str
    if_exists: bool = False


@dataclass(slots=True)
class SetServerCharset:
    """SET character_set_server / collation_server: how a schema history tells the server's defaults."""

    charset: str | None
    collation: str | None


@dataclass(slots=True)
class Use:
    """USE."""

    name: str


Statement = (
    CreateTable | AlterTable | RenameTables | DropTables | Sequences | Truncate | CreateIndex | DropIndex | CreateDatabase
    | AlterDatabase | DropDatabase | SetServerCharset | Use
)  # fmt: skip
