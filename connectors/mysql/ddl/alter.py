"""ALTER TABLE: every action, of which those that change no column, key or character set leave nothing."""

from __future__ import annotations

from connectors.mysql.ddl.columns import read_column, read_default, read_key, read_option
from connectors.mysql.ddl.cursor import Cursor
from connectors.mysql.ddl.tree import (
    AddColumn,
    AddKey,
    AlterTable,
    ChangeColumn,
    ConvertCharset,
    DropColumn,
    DropConstraint,
    DropKey,
    RenameColumn,
    RenameKey,
    RenameTo,
    SetColumn,
    SetTable,
    TableOptions,
    Versioning,
)

__all__ = ["read_alter_table"]

_PARTITION_WORK = frozenset(
    ("ANALYZE", "CHECK", "COALESCE", "EXCHANGE", "OPTIMIZE", "REBUILD", "REORGANIZE", "REPAIR", "TRUNCATE", "DISCARD", "IMPORT")
)


def read_alter_table(cursor: Cursor) -> AlterTable:
    """What follows ``ALTER [ONLINE] [IGNORE] TABLE``."""
    if_exists = cursor.takes("IF", "EXISTS")
    statement = AlterTable(cursor.table(), [], if_exists)
    if cursor.takes("WAIT"):
        cursor.integer()
    else:
        cursor.takes("NOWAIT")
    while not cursor.ends():
        if cursor.takes_mark(","):
            continue
        _action(cursor, statement)
    return statement


def _action(cursor: Cursor, statement: AlterTable) -> None:
    if cursor.takes("ADD"):
        _add(cursor, statement)
    elif cursor.takes("DROP"):
        _drop(cursor, statement)
    elif cursor.takes("MODIFY"):
        cursor.takes("COLUMN")
        if_exists = cursor.takes("IF", "EXISTS")
        column = read_column(cursor)
        statement.actions.append(ChangeColumn(column.name, column, _place(cursor), if_exists))
        statement.actions.extend(AddKey(key) for key in column.keys)
    elif cursor.takes("CHANGE"):
        cursor.takes("COLUMN")
        if_exists = cursor.takes("IF", "EXISTS")
        old = cursor.column()
        column = read_column(cursor)
        statement.actions.append(ChangeColumn(old, column, _place(cursor), if_exists))
        statement.actions.extend(AddKey(key) for key in column.keys)
    elif cursor.takes("ALTER"):
        _alter(cursor, statement)
    elif cursor.takes("RENAME"):
        _rename(cursor, statement)
    elif cursor.takes("CONVERT", "TO"):
        _convert(cursor, statement)
    elif cursor.takes("CONVERT"):
        _convert_partition(cursor, statement)
    elif cursor.takes("ORDER", "BY"):
        _skip_order(cursor)
    elif cursor.sees("PARTITION", "BY") or cursor.takes("REMOVE", "PARTITIONING") or cursor.sees_any(_PARTITION_WORK):
        _to_end_of_partitions(cursor)
    elif cursor.takes_any("ENABLE", "DISABLE"):
        cursor.need("KEYS")
    elif cursor.takes_any("FORCE", "SECONDARY_LOAD", "SECONDARY_UNLOAD"):
        pass
    elif cursor.takes_any("ALGORITHM", "LOCK"):
        cursor.takes_mark("=")
        cursor.word_or_string()
    elif cursor.takes("WITH", "VALIDATION") or cursor.takes("WITHOUT", "VALIDATION"):
        pass
    else:
        options = TableOptions()
        if not read_option(cursor, options):
            raise cursor.error("this ALTER TABLE action is not known")
        statement.actions.append(SetTable(options))


def _place(cursor: Cursor) -> str | None:
    if cursor.takes("FIRST"):
        return ""
    if cursor.takes("AFTER"):
        return cursor.column()
    return None


def _add(cursor: Cursor, statement: AlterTable) -> None:
    actions = statement.actions
    if cursor.sees("PARTITION") and not cursor.sees_any(_TYPES_AFTER_PARTITION, ahead=1):
        _to_end_of_partitions(cursor)
        return
    if cursor.takes("SYSTEM", "VERSIONING"):
        actions.append(Versioning(True))
        return
    if not cursor.sees("COLUMN"):
        key = read_key(cursor)
        if key is not None:
            if key.kind != "none":
                actions.append(AddKey(key))
            return
    cursor.takes("COLUMN")
    if_not_exists = cursor.takes("IF", "NOT", "EXISTS")
    if cursor.takes_mark("("):
        while True:
            key = read_key(cursor)
            if key is None:
                column = read_column(cursor)
                actions.append(AddColumn(column, None, if_not_exists))
                actions.extend(AddKey(k) for k in column.keys)
            elif key.kind != "none":
                actions.append(AddKey(key))
            if not cursor.takes_mark(","):
                break
        cursor.need_mark(")")
        return
    column = read_column(cursor)
    actions.append(AddColumn(column, _place(cursor), if_not_exists))
    actions.extend(AddKey(k) for k in column.keys)


# ADD PARTITION is followed by (, IF, PARTITIONS or NO_WRITE_TO_BINLOG; a column of that name by its type. It must be quoted in
# MySQL.
_TYPES_AFTER_PARTITION = frozenset(("INT", "BIGINT", "VARCHAR", "CHAR", "TEXT", "DATE", "DATETIME", "TIMESTAMP", "DECIMAL",
                                    "DOUBLE"))


def _drop(cursor: Cursor, statement: AlterTable) -> None:
    actions = statement.actions
    if cursor.takes("PRIMARY", "KEY"):
        actions.append(DropKey(None))
    elif cursor.takes("FOREIGN", "KEY"):
        cursor.takes("IF", "EXISTS")
        cursor.name()
    elif cursor.takes_any("INDEX", "KEY"):
        cursor.takes("IF", "EXISTS")
        name = cursor.name()
        actions.append(DropKey(None if name.upper() == "PRIMARY" else name))
    elif cursor.takes("CHECK"):
        cursor.name()
    elif cursor.takes("CONSTRAINT"):
        cursor.takes("IF", "EXISTS")
        actions.append(DropConstraint(cursor.name()))
    elif cursor.takes("SYSTEM", "VERSIONING"):
        actions.append(Versioning(False))
    elif cursor.takes("PERIOD", "FOR"):
        cursor.name()
    elif cursor.sees("PARTITION"):
        _to_end_of_partitions(cursor)
    else:
        cursor.takes("COLUMN")
        if_exists = cursor.takes("IF", "EXISTS")
        actions.append(DropColumn(cursor.column(), if_exists))
        cursor.takes_any("RESTRICT", "CASCADE")


def _alter(cursor: Cursor, statement: AlterTable) -> None:
    if cursor.takes_any("INDEX", "KEY"):
        cursor.takes("IF", "EXISTS")
        cursor.name()
        if not (cursor.takes_any("VISIBLE", "INVISIBLE", "IGNORED") or cursor.takes("NOT", "IGNORED")):
            raise cursor.error("VISIBLE or INVISIBLE expected")
        return
    if cursor.takes_any("CHECK", "CONSTRAINT"):
        cursor.name()
        cursor.takes("NOT")
        cursor.need("ENFORCED")
        return
    cursor.takes("COLUMN")
    if_exists = cursor.takes("IF", "EXISTS")
    action = SetColumn(cursor.column(), if_exists=if_exists)
    if cursor.takes("SET", "DEFAULT"):
        action.default = read_default(cursor)
    elif cursor.takes("DROP", "DEFAULT"):
        action.drop_default = True
    elif cursor.takes("SET", "VISIBLE"):
        action.invisible = False
    elif cursor.takes("SET", "INVISIBLE"):
        action.invisible = True
    else:
        raise cursor.error("SET or DROP expected")
    statement.actions.append(action)


def _rename(cursor: Cursor, statement: AlterTable) -> None:
    if cursor.takes("COLUMN"):
        if_exists = cursor.takes("IF", "EXISTS")
        old = cursor.column()
        cursor.need("TO")
        statement.actions.append(RenameColumn(old, cursor.column(), if_exists))
    elif cursor.sees_any(("INDEX", "KEY")):
        cursor.next()
        cursor.takes("IF", "EXISTS")
        old = cursor.name()
        cursor.need("TO")
        statement.actions.append(RenameKey(old, cursor.name()))
    else:
        if not cursor.takes_any("TO", "AS"):
            cursor.takes_mark("=")
        statement.actions.append(RenameTo(cursor.table()))


def _convert(cursor: Cursor, statement: AlterTable) -> None:
    if not (cursor.takes("CHARACTER", "SET") or cursor.takes("CHAR", "SET") or cursor.takes("CHARSET")):
        raise cursor.error("CHARACTER SET expected")
    action = ConvertCharset(cursor.word_or_string().lower())
    if cursor.takes("COLLATE"):
        cursor.takes_mark("=")
        action.collation = cursor.word_or_string().lower()
    statement.actions.append(action)


def _convert_partition(cursor: Cursor, statement: AlterTable) -> None:
    if cursor.takes("PARTITION"):
        cursor.name()
        cursor.need("TO", "TABLE")
        statement.makes = cursor.table()
    else:
        cursor.need("TABLE")
        statement.takes = cursor.table()
    _to_end_of_partitions(cursor)


def _skip_order(cursor: Cursor) -> None:
    # Columns of ORDER BY are separated by commas like actions: an action never begins with a name followed by one of these.
    while True:
        cursor.column()
        cursor.takes_any("ASC", "DESC")
        following = cursor.peek(1)
        if not cursor.sees_mark(",") or following.kind not in ("word", "quoted"):
            return
        if following.kind == "word" and following.value in _ACTION_WORDS:
            return
        cursor.takes_mark(",")


_ACTION_WORDS = frozenset(
    ("ADD", "DROP", "MODIFY", "CHANGE", "ALTER", "RENAME", "CONVERT", "ENGINE", "COMMENT", "DEFAULT", "CHARACTER", "CHARSET",
     "COLLATE",
     "ALGORITHM", "LOCK", "FORCE", "AUTO_INCREMENT", "ROW_FORMAT", "ENABLE", "DISABLE", "KEY_BLOCK_SIZE")
)  # fmt: skip


def _to_end_of_partitions(cursor: Cursor) -> None:
    """Partition actions stand last in a statement (commas separate partitions there)."""
    while not cursor.ends():
        if cursor.sees_mark("("):
            cursor.skip_group()
        else:
            cursor.next()
