"""The structure of every table as of a position of the log: put from SHOW CREATE TABLE, moved on by the statements in the log.

Pure state; whoever reads the log calls :meth:`Structures.apply` for each statement in order. With full row metadata the table map
is the truth and this only adds what a map does not tell (:func:`reconcile`); without it this is the truth and the map checks it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from connectors.mysql.ddl.alteration import altered
from connectors.mysql.ddl.context import DdlContext, DdlError, sql_mode_bits
from connectors.mysql.ddl.cursor import TableName
from connectors.mysql.ddl.resolve import Charset, pick_charset
from connectors.mysql.ddl.statements import parse
from connectors.mysql.ddl.tables import add_key, build_table, finished, is_sequence, sequence_table
from connectors.mysql.ddl.tree import (
    AlterDatabase,
    AlterTable,
    CreateDatabase,
    CreateIndex,
    CreateTable,
    DropDatabase,
    DropIndex,
    DropTables,
    RenameTables,
    RenameTo,
    Sequences,
    SetServerCharset,
    Truncate,
)
from connectors.mysql.structure import KeyDef, TableDef, TableId

__all__ = [
    "ChangeKind", "DdlContext", "DdlError", "StructureChange", "Structures", "is_sequence", "parse_create", "sql_mode_bits",
]

ChangeKind = Literal["CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE", "INDEX", "SEQUENCE", "DATABASE"]


@dataclass(frozen=True, slots=True)
class StructureChange:
    """What one statement did to one table (or to a database: ``id`` None).

    ``table`` is the table afterwards; None when it is gone, when nothing of it changed (TRUNCATE), or when the statement is
    about a table whose structure was never told. ``previous`` is its former name when it was renamed. ``sql`` is the statement;
    where one names several tables, the part for this one. "INDEX" is CREATE INDEX or DROP INDEX,
    "SEQUENCE" MariaDB's CREATE SEQUENCE (with a ``table``, see :func:`is_sequence`) or DROP SEQUENCE.
    """

    kind: ChangeKind
    id: TableId | None
    previous: TableId | None
    table: TableDef | None
    database: str
    sql: str


def parse_create(sql: str, database: str, context: DdlContext, defaults: Charset = (None, None)) -> TableDef:
    """The table that a CREATE TABLE statement (SHOW CREATE TABLE's above all) describes. ``defaults`` are character set and
    collation of its database, for a statement that does not name the table's own. Raises DdlError."""
    statement = parse(sql, context)
    if not isinstance(statement, CreateTable) or statement.like or not statement.columns:
        raise DdlError("a CREATE TABLE statement with columns expected")
    name = statement.name
    id = TableId(context.spell(name.database or database), context.spell(name.name))
    return build_table(statement, id, defaults, context)


class Structures:
    """All table definitions as of a position. Not for several threads at once."""

    def __init__(self, lower_case_table_names: int = 0) -> None:
        self._folds = bool(lower_case_table_names)
        self._tables: dict[tuple[str, str], TableDef] = {}
        self._databases: dict[str, Charset] = {}
        self._server: Charset = (None, None)

    def get(self, id: TableId) -> TableDef | None:
        """The table's definition, or None when it was never told."""
        return self._tables.get(self._key(id))

    def put(self, table: TableDef) -> None:
        """Takes a definition for its table, in place of an older one."""
        self._tables[self._key(table.id)] = table

    def drop(self, id: TableId) -> TableDef | None:
        """Forgets a table and returns what was known."""
        return self._tables.pop(self._key(id), None)

    def put_database(self, name: str, charset: str | None, collation: str | None = None) -> None:
        """Takes a database's default character set, for its tables that name none."""
        self._databases[self._fold(name)] = pick_charset(charset, collation, (None, None))

    def put_server(self, charset: str | None, collation: str | None = None) -> None:
        """Takes the server's default character set, for databases that name none."""
        self._server = pick_charset(charset, collation, (None, None))

    def database_defaults(self, name: str) -> Charset:
        """Character set and collation (None = the set's own default) that a table of the database gets when it names none."""
        return self._databases.get(self._fold(name), self._server)

    def __iter__(self) -> Iterator[TableDef]:
        return iter(self._tables.values())

    @property
    def count(self) -> int:
        """How many tables are known."""
        return len(self._tables)

    def copy(self) -> Structures:
        """An independent copy (cheap: definitions are shared)."""
        twin = Structures()
        twin._folds, twin._server = self._folds, self._server
        twin._tables, twin._databases = dict(self._tables), dict(self._databases)
        return twin

    def apply(self, sql: str, database: str, context: DdlContext) -> list[StructureChange]:
        """Moves on by one statement that the log says was run in ``database``; what it changed, in its order, or nothing.
        Raises DdlError (with ``table`` where it is known) for what cannot be followed; nothing is changed then."""
        statement = parse(sql, context)
        if statement is None:
            return []
        saved = dict(self._tables), dict(self._databases)
        try:
            return list(_Application(self, sql, database, context).run(statement))
        except DdlError:
            self._tables, self._databases = saved
            raise

    def _fold(self, name: str) -> str:
        return name.lower() if self._folds else name

    def _key(self, id: TableId) -> tuple[str, str]:
        return self._fold(id.database), self._fold(id.name)


class _Application:
    """One statement on its way into the structures."""

    def __init__(self, structures: Structures, sql: str, database: str, context: DdlContext) -> None:
        self.structures = structures
        self.sql = sql
        self.database = database
        self.context = context

    def id(self, name: TableName) -> TableId:
        return TableId(self.context.spell(name.database or self.database), self.context.spell(name.name))

    def change(self, kind: ChangeKind, id: TableId, table: TableDef | None, previous: TableId | None = None,
               sql: str | None = None) -> (
        StructureChange
    ):
        return StructureChange(kind, id, previous, table, id.database, self.sql if sql is None else sql)

    def run(self, statement: object) -> Iterator[StructureChange]:
        match statement:
            case CreateTable():
                yield from self.create(statement)
            case AlterTable():
                yield from self.alter(statement)
            case DropTables():
                for name, text in zip(statement.names, statement.texts, strict=True):
                    id = self.id(name)
                    self.structures.drop(id)
                    quoted = f"`{id.database.replace('`', '``')}`.`{id.name.replace('`', '``')}`"
                    yield self.change("DROP", id, None, sql=text.format(quoted))
            case RenameTables():
                for (old, new), text in zip(statement.pairs, statement.texts, strict=True):
                    yield self.rename(self.id(old), self.id(new), "RENAME", text)
            case Sequences():
                yield from self.sequences(statement)
            case Truncate():
                id = self.id(statement.name)
                yield self.change("TRUNCATE", id, None)
            case CreateIndex() | DropIndex():
                yield self.index(statement)
            case CreateDatabase() | AlterDatabase() | DropDatabase():
                yield from self.on_database(statement)
            case SetServerCharset():
                self.structures.put_server(statement.charset, statement.collation)
            case _:
                pass

    def create(self, statement: CreateTable) -> Iterator[StructureChange]:
        if statement.temporary:
            return
        id = self.id(statement.name)
        structures = self.structures
        if statement.if_not_exists and structures.get(id) is not None:
            return
        if statement.like is not None:
            source = structures.get(self.id(statement.like))
            if source is None:
                raise DdlError(f"{id} is made like {self.id(statement.like)}, whose structure is not known", id)
            table = source.but(id=id)
        elif statement.select:
            raise DdlError(f"{id} gets its columns from a query (CREATE TABLE … SELECT under statement format)", id)
        elif not statement.columns:
            raise DdlError(f"{id} is created without columns", id)
        else:
            table = build_table(statement, id, self.defaults(id.database), self.context)
        structures.put(table)
        yield self.change("CREATE", id, table)

    def sequences(self, statement: Sequences) -> Iterator[StructureChange]:
        for name in statement.names:
            id = self.id(name)
            made = sequence_table(id) if statement.made else None
            if made is None:
                self.structures.drop(id)
            else:
                self.structures.put(made)
            yield self.change("SEQUENCE", id, made)

    def defaults(self, database: str) -> Charset:
        found = self.structures.database_defaults(database)
        if found == (None, None):
            return pick_charset(self.context.server_charset, self.context.server_collation, found)
        return found

    def alter(self, statement: AlterTable) -> Iterator[StructureChange]:
        id = self.id(statement.name)
        structures = self.structures
        known = structures.get(id)
        table = None
        if known is not None:
            if known.charset is None:
                # A table map does not tell the table's own default; its database's is the likeliest.
                charset, collation = self.defaults(id.database)
                known = known.but(charset=charset, collation=collation)
            try:
                table = altered(known, statement, self.defaults(id.database), self.context)
            except DdlError as error:
                raise DdlError(str(error), id) from None
            structures.put(table)
        target = next((a.name for a in reversed(statement.actions) if isinstance(a, RenameTo)), None)
        if statement.makes is not None:
            made = self.id(statement.makes)
            copy = known.but(id=made) if known is not None else None
            if copy is not None:
                structures.put(copy)
            yield self.change("CREATE", made, copy)
        if statement.takes is not None:
            taken = self.id(statement.takes)
            structures.drop(taken)
            yield self.change("DROP", taken, None)
        if target is not None and self.id(target) != id:
            yield self.rename(id, self.id(target), "ALTER", self.sql)
        elif table is not None or not statement.if_exists:
            yield self.change("ALTER", id, table)

    def rename(self, old: TableId, new: TableId, kind: ChangeKind, text: str) -> StructureChange:
        known = self.structures.drop(old)
        if known is None:
            # Whatever had the name before is not this table.
            self.structures.drop(new)
            return self.change(kind, new, None, old, text)
        table = known.but(id=new)
        self.structures.put(table)
        return self.change(kind, new, table, old, text)

    def index(self, statement: CreateIndex | DropIndex) -> StructureChange:
        id = self.id(statement.table)
        known = self.structures.get(id)
        if known is None:
            return self.change("INDEX", id, None)
        keys: list[KeyDef] = list(known.keys)
        primary = known.primary_key
        if isinstance(statement, DropIndex) or statement.or_replace:
            name = statement.name if isinstance(statement, DropIndex) else statement.key.name or ""
            keys = [k for k in keys if k.name.lower() != name.lower()]
            if name.upper() == "PRIMARY":
                primary = ()
        if isinstance(statement, CreateIndex):
            primary = add_key(statement.key, keys, primary, known.columns)
        table = finished(known.but(primary_key=primary, keys=tuple(keys)))
        self.structures.put(table)
        return self.change("INDEX", id, table)

    def on_database(self, statement: CreateDatabase | AlterDatabase | DropDatabase) -> Iterator[StructureChange]:
        structures = self.structures
        name = self.context.spell(statement.name or self.database)
        if isinstance(statement, CreateDatabase):
            known = structures._fold(name) in structures._databases
            if not (known and statement.if_not_exists):
                server = pick_charset(self.context.server_charset, self.context.server_collation, structures._server)
                structures._databases[structures._fold(name)] = pick_charset(statement.charset, statement.collation, server)
            if statement.or_replace:
                self.forget(name)
        elif isinstance(statement, AlterDatabase):
            structures._databases[structures._fold(name)] = pick_charset(statement.charset, statement.collation,
                    self.defaults(name))
        else:
            structures._databases.pop(structures._fold(name), None)
            self.forget(name)
        yield StructureChange("DATABASE", None, None, None, name, self.sql)

    def forget(self, database: str) -> None:
        tables = self.structures._tables
        folded = self.structures._fold(database)
        for key in [key for key in tables if key[0] == folded]:
            del tables[key]
