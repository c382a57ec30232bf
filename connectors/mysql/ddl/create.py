"""CREATE TABLE."""

from __future__ import annotations

from connectors.mysql.ddl.columns import read_column, read_key, read_option
from connectors.mysql.ddl.cursor import Cursor
from connectors.mysql.ddl.tree import CreateTable

__all__ = ["read_create_table"]


def read_create_table(cursor: Cursor, or_replace: bool, temporary: bool) -> CreateTable:
    """What follows ``CREATE … TABLE``. A temporary table is read no further than its name: it is in no row event."""
    if_not_exists = cursor.takes("IF", "NOT", "EXISTS")
    statement = CreateTable(cursor.table(), temporary, or_replace, if_not_exists)
    if temporary:
        return statement
    if cursor.takes("LIKE"):
        statement.like = cursor.table()
        return statement
    if cursor.sees_mark("("):
        if cursor.sees("LIKE", ahead=1):
            cursor.at += 2
            statement.like = cursor.table()
            cursor.need_mark(")")
            return statement
        if not cursor.sees_any(("SELECT", "WITH", "TABLE", "VALUES"), ahead=1) and not cursor.sees_mark("(", 1):
            _elements(cursor, statement)
    _options(cursor, statement)
    return statement


def _elements(cursor: Cursor, statement: CreateTable) -> None:
    cursor.need_mark("(")
    while True:
        key = read_key(cursor)
        if key is None:
            column = read_column(cursor)
            statement.columns.append(column)
            statement.keys.extend(column.keys)
        elif key.kind != "none":
            statement.keys.append(key)
        if not cursor.takes_mark(","):
            break
    cursor.need_mark(")")


def _options(cursor: Cursor, statement: CreateTable) -> None:
    while not cursor.ends():
        if cursor.takes_mark(","):
            continue
        if cursor.sees("PARTITION", "BY"):
            _skip_partitions(cursor)
        elif cursor.takes("LIKE"):
            statement.like = cursor.table()  # MariaDB: options may stand before
        elif _is_query(cursor):
            statement.select = True
            return
        elif cursor.sees_any(("IGNORE", "REPLACE", "AS")):
            cursor.next()
        elif not read_option(cursor, statement.options):
            raise cursor.error("this table option is not known")


def _is_query(cursor: Cursor) -> bool:
    if cursor.sees_mark("("):
        return True
    if cursor.sees("WITH", "SYSTEM"):
        return False
    return cursor.sees_any(("SELECT", "WITH", "TABLE", "VALUES"))


def _skip_partitions(cursor: Cursor) -> None:
    """PARTITION BY … up to the end or to the query of AS SELECT."""
    while not cursor.ends() and not cursor.sees_any(("SELECT", "AS", "IGNORE", "REPLACE")):
        if cursor.sees_mark("("):
            cursor.skip_group()
        else:
            cursor.next()
