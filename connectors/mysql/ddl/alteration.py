"""ALTER TABLE applied to a table, in the server's order: drops and changes in place, then what is added or moved, then keys."""

from __future__ import annotations

from dataclasses import replace

from connectors.mysql.ddl.context import DdlContext, DdlError
from connectors.mysql.ddl.names import max_bytes
from connectors.mysql.ddl.resolve import Charset, pick_charset, resolve_column, text_type
from connectors.mysql.ddl.tables import VERSIONED, VERSIONING, add_key, finished, promote_first_timestamp, require, system_columns
from connectors.mysql.ddl.tree import (
    Action,
    AddColumn,
    AddKey,
    AlterTable,
    ChangeColumn,
    ColumnSpec,
    ConvertCharset,
    DropColumn,
    DropConstraint,
    DropKey,
    RenameColumn,
    RenameKey,
    SetColumn,
    SetTable,
    Versioning,
)
from connectors.mysql.structure import ColumnDef, KeyDef, TableDef

__all__ = ["altered"]


def altered(table: TableDef, statement: AlterTable, database: Charset, context: DdlContext) -> TableDef:
    """The table after the statement; ``database`` are the defaults of its database. Raises DdlError when the statement does not
    fit the table (a column that is not there)."""
    work = _Work(table, statement.actions, database, context)
    work.charsets()
    work.columns_in_place()
    work.columns_added()
    work.all_keys()
    work.conversion()
    return finished(work.table.but(columns=tuple(work.columns), primary_key=work.primary, keys=tuple(work.keys)))


class _Work:
    def __init__(self, table: TableDef, actions: list[Action], database: Charset, context: DdlContext) -> None:
        self.table = table
        self.actions = actions
        self.database = database
        self.context = context
        self.charset: Charset = (table.charset, table.collation)
        self.converts = False
        self.columns: list[ColumnDef] = list(table.columns)
        self.renamed: dict[str, str] = {}
        """Old names in lower case → new names."""
        self.written: dict[str, ColumnSpec] = {}
        self.skipped: set[str] = set()
        """Columns that ADD … IF NOT EXISTS found to be there: keys written with them are not added either."""
        self.primary = table.primary_key
        self.keys: list[KeyDef] = list(table.keys)

    def charsets(self) -> None:
        charset = collation = None
        comment = self.table.comment
        for action in self.actions:
            if isinstance(action, SetTable):
                charset = action.options.charset or charset
                collation = action.options.collation or collation
                if action.options.comment is not None:
                    comment = action.options.comment or None
            elif isinstance(action, ConvertCharset):
                self.converts = True
                charset, collation = action.charset, action.collation
                if charset == "default":
                    charset = self.database[0]
                    # MariaDB takes the set with its own collation, MySQL the database's collation.
                    collation = collation or (None if self.context.mariadb else self.database[1])
        inherited = self.database if charset == "default" else self.charset
        self.charset = pick_charset(charset, collation, inherited)
        self.table = self.table.but(charset=self.charset[0], collation=self.charset[1], comment=comment)

    def has(self, name: str) -> bool:
        return self.table.column(name) is not None

    def columns_in_place(self) -> None:
        table = self.table
        changed: dict[str, ChangeColumn] = {}
        renames: dict[str, str] = {}
        dropped: set[str] = set()
        settings: list[SetColumn] = []
        for action in self.actions:
            match action:
                case DropColumn(name, if_exists):
                    if self.has(name):
                        dropped.add(name.lower())
                    elif not if_exists:
                        raise _missing(table, name)
                case ChangeColumn(old, _, _, if_exists):
                    if self.has(old):
                        changed[old.lower()] = action
                    elif not if_exists:
                        raise _missing(table, old)
                case RenameColumn(old, new, if_exists):
                    if self.has(old):
                        renames[old.lower()] = new
                    elif not if_exists:
                        raise _missing(table, old)
                case SetColumn(name, _, _, _, if_exists):
                    if self.has(name):
                        settings.append(action)
                    elif not if_exists:
                        raise _missing(table, name)
                case _:
                    pass
        columns: list[ColumnDef] = []
        for column in table.columns:
            low = column.name.lower()
            if low in dropped:
                continue
            change = changed.get(low)
            if change is not None:
                if change.column.name != column.name:
                    self.renamed[low] = change.column.name
                if change.place is None:
                    columns.append(self.resolved(change))
                continue
            for setting in settings:
                if setting.name.lower() == low:
                    column = _set(column, setting)
            if low in renames:
                self.renamed[low] = renames[low]
                column = column.but(name=renames[low])
            columns.append(column)
        self.columns = columns
        self.drop_from_keys(dropped)

    def resolved(self, action: AddColumn | ChangeColumn) -> ColumnDef:
        column = resolve_column(action.column, self.charset, self.context)
        self.written[column.name] = action.column
        return column

    def drop_from_keys(self, dropped: set[str]) -> None:
        def rest(names: tuple[str | None, ...]) -> tuple[str | None, ...]:
            kept = (name for name in names if name is None or name.lower() not in dropped)
            return tuple(self.renamed.get(name.lower(), name) if name is not None else None for name in kept)

        self.primary = tuple(name for name in rest(self.primary) if name is not None)
        keys = []
        for key in self.keys:
            columns = rest(key.columns)
            if columns:
                keys.append(replace(key, columns=columns))
        self.keys = keys

    def columns_added(self) -> None:
        for action in self.actions:
            if isinstance(action, AddColumn):
                if action.if_not_exists and any(c.name.lower() == action.column.name.lower() for c in self.columns):
                    self.skipped.add(action.column.name.lower())
                    continue
                self.place(self.resolved(action), action.place)
            elif isinstance(action, ChangeColumn) and action.place is not None and self.has(action.old):
                self.place(self.resolved(action), action.place)
            elif isinstance(action, Versioning):
                self.versioning(action.on)
        if len({c.name.lower() for c in self.columns}) < len(self.columns):
            raise DdlError(f"two columns of the table {self.table.id} would have one name")
        promote_first_timestamp(self.columns, self.written, self.context)

    def place(self, column: ColumnDef, place: str | None) -> None:
        if any(c.name.lower() == column.name.lower() for c in self.columns):
            raise DdlError(f"the table {self.table.id} has a column {column.name} already")
        if place is None:
            # The period columns that nobody sees stay last.
            hidden = 2 if VERSIONED in self.table.attributes else 0
            self.columns.insert(len(self.columns) - hidden, column)
        elif place == "":
            self.columns.insert(0, column)
        else:
            for index, other in enumerate(self.columns):
                if other.name.lower() == place.lower():
                    self.columns.insert(index + 1, column)
                    return
            raise _missing(self.table, place)

    def versioning(self, on: bool) -> None:
        attributes = tuple(a for a in self.table.attributes if a[0] != VERSIONING)
        if on:
            ends = next((c.name for c in self.written.values() if c.row_time == "END"), None)
            if ends is None:
                self.columns.extend(system_columns())
            attributes = (*attributes, VERSIONED if ends is None else (VERSIONING, ends))
        elif VERSIONED in self.table.attributes:
            self.drop_from_keys({c.name for c in self.columns[-2:]})
            del self.columns[-2:]
        self.table = self.table.but(attributes=attributes)

    def all_keys(self) -> None:
        renamed: dict[str, str] = {}
        dropped: set[str] = set()
        for action in self.actions:
            match action:
                case DropKey(None):
                    self.primary = ()
                case DropKey(str(name)):
                    dropped.add(name.lower())
                case DropConstraint(name):
                    if name.upper() == "PRIMARY":
                        self.primary = ()
                    elif any(k.name.lower() == name.lower() and k.unique for k in self.keys):
                        dropped.add(name.lower())
                case RenameKey(old, new):
                    renamed[old.lower()] = new
                case _:
                    pass
        self.keys = [
            replace(k, name=renamed.get(k.name.lower(), k.name)) for k in self.keys if k.name.lower() not in dropped
        ]
        for action in self.actions:
            if isinstance(action, AddKey):
                key = action.key
                if key.kind == "period":
                    require(key, self.columns)
                    continue
                if len(key.columns) == 1 and key.name is None and (key.columns[0] or "").lower() in self.skipped:
                    continue
                if key.kind == "primary" and key.if_not_exists and self.primary:
                    continue
                self.primary = add_key(key, self.keys, self.primary, self.columns)

    def conversion(self) -> None:
        if not self.converts:
            return
        charset, collation = self.charset
        self.columns = [
            _converted(c, charset, collation) if c.charset and c.charset != "binary" else c for c in self.columns
        ]


_TEXTS = {"tinytext": 0xFF, "text": 0xFFFF, "mediumtext": 0xFFFFFF, "longtext": 0xFFFFFFFF}


def _converted(column: ColumnDef, charset: str | None, collation: str | None) -> ColumnDef:
    """CONVERT TO CHARACTER SET: a text type grows until as many characters fit as before, a VARCHAR that is too long becomes a
    text."""
    kind, length = column.type, column.length
    if kind in _TEXTS:
        grown = text_type("text", _TEXTS[kind] // max_bytes(column.charset) * max_bytes(charset))
        kind = grown if _TEXTS[grown] > _TEXTS[kind] else kind
    elif kind == "varchar" and length is not None and length * max_bytes(charset) > 0xFFFF:
        kind, length = text_type("text", length * max_bytes(charset)), None
    return column.but(type=kind, length=length, charset=charset, collation=collation)


def _set(column: ColumnDef, action: SetColumn) -> ColumnDef:
    if action.invisible is not None:
        return column.but(invisible=action.invisible)
    return column.but(default=None if action.drop_default else action.default)


def _missing(table: TableDef, column: str) -> DdlError:
    return DdlError(f"the table {table.id} has no column {column} as far as is known")
