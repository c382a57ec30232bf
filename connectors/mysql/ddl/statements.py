"""One statement → what it says: the way into the grammar."""

from __future__ import annotations

import re

from connectors.mysql.ddl.alter import read_alter_table
from connectors.mysql.ddl.columns import read_key_parts
from connectors.mysql.ddl.context import DdlContext
from connectors.mysql.ddl.create import read_create_table
from connectors.mysql.ddl.cursor import Cursor, TableName
from connectors.mysql.ddl.tree import (
    AlterDatabase,
    CreateDatabase,
    CreateIndex,
    CreateTable,
    DropDatabase,
    DropIndex,
    DropTables,
    KeySpec,
    RenameTables,
    Sequences,
    SetServerCharset,
    Statement,
    Truncate,
    Use,
)

__all__ = ["leading_words", "parse"]

_SPACE = re.compile(r"(?:\s+|--(?=\s|$)[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|/\*(?!M?!).*?\*/|/\*M?!(?:\d{5,6})?|\*/|;)*", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_]+")
_FIRST = frozenset(("CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE", "SET", "USE"))
_OTHER_OBJECTS = frozenset((
    "VIEW", "PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", "USER", "ROLE", "SERVER", "TABLESPACE", "UNDO", "LOGFILE",
    "PACKAGE",
    "DEFINER", "SQL", "AGGREGATE", "SPATIAL_REFERENCE", "RESOURCE", "PREPARE", "INSTANCE", "ALGORITHM", "LIBRARY", "JSON",
    "MATERIALIZED",
    "CATALOG", "MASKING", "EXTERNAL",
))  # fmt: skip
_BETWEEN = frozenset(("OR", "REPLACE", "TEMPORARY", "ONLINE", "OFFLINE", "IGNORE", "UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR",
                      "AGGREGATE"))


def leading_words(sql: str, count: int = 6) -> list[str]:
    """The first plain words of a statement in upper case, comments passed over, versioned ones looked into."""
    words: list[str] = []
    at = 0
    while len(words) < count:
        space = _SPACE.match(sql, at)
        at = space.end() if space else at
        match = _WORD.match(sql, at)
        if match is None:
            break
        words.append(match[0].upper())
        at = match.end()
    return words


def _is_structural(words: list[str]) -> bool:
    """Whether a statement that begins with these words can be about tables or databases."""
    if not words or words[0] not in _FIRST:
        return False
    if words[0] in ("CREATE", "ALTER", "DROP"):
        for word in words[1:]:
            if word in ("TABLE", "TABLES", "INDEX", "DATABASE", "SCHEMA", "SEQUENCE"):
                return True
            if word in _OTHER_OBJECTS:
                return word == "SPATIAL"
            if word not in _BETWEEN:
                return False
        return False
    if words[0] == "RENAME":
        return words[1:2] in (["TABLE"], ["TABLES"])
    return True


def parse(sql: str, context: DdlContext) -> Statement | None:
    """What the statement says about tables and databases; None when it surely says nothing. Raises DdlError for what is not
    understood."""
    if not _is_structural(leading_words(sql)):
        return None
    cursor = Cursor(sql, context)
    while cursor.takes_mark(";"):
        pass
    if cursor.takes("SET", "STATEMENT"):
        # MariaDB: SET STATEMENT variable = value, … FOR statement
        while not cursor.ends() and not cursor.takes("FOR"):
            cursor.next()
    first = cursor.takes_any(*_FIRST)
    if first is None:
        return None
    if first == "CREATE":
        return _create(cursor)
    if first == "ALTER":
        return _alter(cursor)
    if first == "DROP":
        return _drop(cursor)
    if first == "RENAME":
        return _rename(cursor)
    if first == "TRUNCATE":
        cursor.takes("TABLE")
        return Truncate(cursor.table())
    if first == "USE":
        return Use(cursor.name())
    return _set(cursor)


def _create(cursor: Cursor) -> Statement | None:
    or_replace = cursor.takes("OR", "REPLACE")
    if cursor.takes_any("DATABASE", "SCHEMA"):
        exists = cursor.takes("IF", "NOT", "EXISTS")
        name = cursor.name()
        charset, collation = _database_options(cursor)
        return CreateDatabase(name, charset, collation, or_replace, exists)
    temporary = cursor.takes("TEMPORARY")
    if cursor.takes("TABLE"):
        return read_create_table(cursor, or_replace, temporary)
    if cursor.takes("SEQUENCE"):
        cursor.takes("IF", "NOT", "EXISTS")
        return None if temporary else Sequences([cursor.table()], True)
    cursor.takes_any("ONLINE", "OFFLINE")
    kind = cursor.takes_any("UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR")
    if cursor.takes("INDEX"):
        exists = cursor.takes("IF", "NOT", "EXISTS")
        name = cursor.name()
        if cursor.takes_any("USING", "TYPE"):
            cursor.name()
        cursor.need("ON")
        table = cursor.table()
        columns, partial = read_key_parts(cursor)
        key = KeySpec("unique" if kind == "UNIQUE" else "key", name, columns, partial, exists)
        return CreateIndex(table, key, or_replace)
    return None


def _database_options(cursor: Cursor) -> tuple[str | None, str | None]:
    charset = collation = None
    while not cursor.ends():
        cursor.takes("DEFAULT")
        if cursor.takes("CHARACTER", "SET") or cursor.takes("CHAR", "SET") or cursor.takes("CHARSET"):
            cursor.takes_mark("=")
            charset = cursor.word_or_string().lower()
        elif cursor.takes("COLLATE"):
            cursor.takes_mark("=")
            collation = cursor.word_or_string().lower()
        elif cursor.takes("ENCRYPTION") or cursor.takes("COMMENT") or cursor.takes("READ", "ONLY"):
            cursor.takes_mark("=")
            cursor.word_or_string()
        elif cursor.takes("UPGRADE", "DATA", "DIRECTORY", "NAME"):
            pass
        else:
            raise cursor.error("this database option is not known")
    return charset, collation


def _alter(cursor: Cursor) -> Statement | None:
    if cursor.takes_any("DATABASE", "SCHEMA"):
        name = None
        if not cursor.sees_any(("DEFAULT", "CHARACTER", "CHARSET", "COLLATE", "ENCRYPTION", "READ",
                                "COMMENT")) or cursor.peek().kind == "quoted":
            name = cursor.name()
        charset, collation = _database_options(cursor)
        return AlterDatabase(name, charset, collation)
    cursor.takes_any("ONLINE", "OFFLINE")
    cursor.takes("IGNORE")
    if cursor.takes("TABLE"):
        return read_alter_table(cursor)
    return None


def _drop(cursor: Cursor) -> Statement | None:
    if cursor.takes_any("DATABASE", "SCHEMA"):
        exists = cursor.takes("IF", "EXISTS")
        return DropDatabase(cursor.name(), exists)
    if cursor.takes("TEMPORARY"):
        return None
    if cursor.takes_any("TABLE", "TABLES"):
        exists = cursor.takes("IF", "EXISTS")
        head = cursor.sql[cursor.tokens[0].start : cursor.peek().start].replace("{", "{{").replace("}", "}}")
        names = [cursor.table()]
        while cursor.takes_mark(","):
            names.append(cursor.table())
        if cursor.takes("WAIT"):
            cursor.integer()
        tail = cursor.takes_any("RESTRICT", "CASCADE")
        return DropTables(names, [f"{head}{{}}{' ' + tail if tail else ''}"] * len(names), exists)
    if cursor.takes("SEQUENCE"):
        cursor.takes("IF", "EXISTS")
        names = [cursor.table()]
        while cursor.takes_mark(","):
            names.append(cursor.table())
        return Sequences(names, False)
    cursor.takes_any("ONLINE", "OFFLINE")
    if cursor.takes("INDEX"):
        cursor.takes("IF", "EXISTS")
        name = cursor.name()
        cursor.need("ON")
        return DropIndex(cursor.table(), name)
    return None


def _rename(cursor: Cursor) -> Statement | None:
    if not cursor.takes_any("TABLE", "TABLES"):
        return None
    exists = cursor.takes("IF", "EXISTS")
    pairs: list[tuple[TableName, TableName]] = []
    texts: list[str] = []
    while True:
        start = cursor.at
        old = cursor.table()
        if cursor.takes("WAIT"):
            cursor.integer()
        else:
            cursor.takes("NOWAIT")
        cursor.need("TO")
        pairs.append((old, cursor.table()))
        texts.append(f"RENAME TABLE {cursor.text_since(start)}")
        if not cursor.takes_mark(","):
            return RenameTables(pairs, texts, exists)


def _set(cursor: Cursor) -> Statement | None:
    """``SET character_set_server=…, collation_server=…``; other settings change no table."""
    charset = collation = None
    while not cursor.ends():
        if cursor.takes("CHARACTER_SET_SERVER"):
            cursor.takes_mark("=")
            charset = cursor.word_or_string().lower()
        elif cursor.takes("COLLATION_SERVER"):
            cursor.takes_mark("=")
            collation = cursor.word_or_string().lower()
        else:
            cursor.next()
    return SetServerCharset(charset, collation) if charset or collation else None


def is_create_table(statement: Statement | None) -> bool:
    """Whether the statement makes a table that row events can name."""
    return isinstance(statement, CreateTable) and not statement.temporary
