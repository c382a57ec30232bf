"""Column definitions, keys and the options of a table: what CREATE TABLE and ALTER TABLE have in common."""

from __future__ import annotations

from connectors.mysql.ddl.cursor import Cursor
from connectors.mysql.ddl.lexer import NUMBER, QUOTED, STRING, WORD
from connectors.mysql.ddl.tree import ColumnSpec, KeySpec, TableOptions
from connectors.mysql.ddl.types import read_type

__all__ = ["read_column", "read_default", "read_key", "read_key_parts", "read_option", "skip_references"]

_KEY_WORDS = frozenset(("INDEX", "KEY", "UNIQUE", "PRIMARY", "FOREIGN", "FULLTEXT", "SPATIAL", "CHECK", "CONSTRAINT"))
_CONSTRAINTS = frozenset(("PRIMARY", "UNIQUE", "FOREIGN", "CHECK"))


def read_column(cursor: Cursor) -> ColumnSpec:
    """``name type attributes…`` up to what does not belong to it."""
    name = cursor.column()
    spec = ColumnSpec(name, read_type(cursor))
    if spec.type.serial:
        spec.nullable, spec.auto_increment = False, True
        spec.keys.append(KeySpec("unique", None, (name,)))
    while _attribute(cursor, spec):
        pass
    if cursor.context.mariadb and any(key.kind == "primary" for key in spec.keys):
        spec.keys = [key for key in spec.keys if key.kind != "unique"]
    return spec


def _attribute(cursor: Cursor, spec: ColumnSpec) -> bool:
    if cursor.takes("NOT", "NULL"):
        spec.nullable = False
    elif cursor.takes("NULL"):
        spec.nullable = True
    elif cursor.takes("NOT", "SECONDARY"):
        pass
    elif cursor.takes("DEFAULT"):
        spec.default = read_default(cursor)
    elif cursor.takes("ON", "UPDATE"):
        read_default(cursor)
        spec.on_update = True
    elif cursor.takes("AUTO_INCREMENT"):
        spec.auto_increment = True
    elif cursor.takes("SERIAL", "DEFAULT", "VALUE"):
        spec.nullable, spec.auto_increment = False, True
        spec.keys.append(KeySpec("unique", None, (spec.name,)))
    elif cursor.takes("COMMENT"):
        spec.comment = cursor.string()
    elif cursor.takes("COLLATE"):
        spec.type.collation = cursor.word_or_string().lower()
    elif cursor.sees("UNIQUE"):
        cursor.next()
        cursor.takes_any("KEY", "INDEX")
        spec.keys.append(KeySpec("unique", None, (spec.name,)))
    elif cursor.takes("PRIMARY", "KEY") or cursor.takes("PRIMARY") or cursor.takes("KEY"):
        spec.keys.append(KeySpec("primary", None, (spec.name,)))
    elif cursor.takes("GENERATED", "ALWAYS", "AS") or cursor.takes("AS"):
        _generated(cursor, spec)
    elif cursor.takes("INVISIBLE"):
        spec.invisible = True
    elif cursor.takes("VISIBLE"):
        spec.invisible = False
    elif cursor.takes("SRID") or cursor.takes("REF_SYSTEM_ID"):
        cursor.takes_mark("=")
        spec.srid = cursor.integer()
    elif cursor.takes("COMPRESSED"):
        spec.compressed = True
        if cursor.takes_mark("="):
            cursor.word_or_string()
    elif cursor.sees("REFERENCES"):
        skip_references(cursor)
        # Written with the column it is a foreign key only since these versions.
        if cursor.context.version >= (100500 if cursor.context.mariadb else 90000):
            spec.keys.append(KeySpec("foreign", None, (spec.name,)))
    elif cursor.sees("CHECK") or cursor.sees("CONSTRAINT"):
        _check(cursor)
    elif cursor.takes("WITH", "SYSTEM", "VERSIONING") or cursor.takes("WITHOUT", "SYSTEM", "VERSIONING"):
        pass
    elif cursor.takes_any("COLUMN_FORMAT", "STORAGE"):
        cursor.word_or_string()
    elif cursor.peek().kind in (WORD, QUOTED) and cursor.sees_mark("=", 1):
        cursor.at += 2  # ENGINE_ATTRIBUTE = '…' and any option of a MariaDB engine
        cursor.word_or_string()
    elif cursor.sees("ENGINE_ATTRIBUTE") or cursor.sees("SECONDARY_ENGINE_ATTRIBUTE"):
        cursor.next()
        cursor.string()
    else:
        return False
    return True


def _generated(cursor: Cursor, spec: ColumnSpec) -> None:
    if cursor.takes("ROW"):
        side = cursor.takes_any("START", "END")
        if side is None:
            raise cursor.error("START or END expected")
        spec.row_time, spec.nullable = side, False
        cursor.takes("INVISIBLE")
        return
    cursor.skip_group()
    cursor.takes_any("VIRTUAL", "STORED", "PERSISTENT")
    spec.generated = True


def _check(cursor: Cursor) -> None:
    if cursor.takes("CONSTRAINT") and not cursor.sees("CHECK"):
        cursor.name()
    cursor.need("CHECK")
    cursor.skip_group()
    if not cursor.takes("NOT", "ENFORCED"):
        cursor.takes("ENFORCED")


def skip_references(cursor: Cursor) -> None:
    """``REFERENCES table (…) MATCH … ON DELETE …``."""
    cursor.need("REFERENCES")
    cursor.table()
    if cursor.sees_mark("("):
        cursor.skip_group()
    if cursor.takes("MATCH"):
        cursor.name()
    while cursor.takes("ON", "DELETE") or cursor.takes("ON", "UPDATE"):
        if cursor.takes("SET", "NULL") or cursor.takes("SET", "DEFAULT") or cursor.takes("NO", "ACTION"):
            continue
        if not cursor.takes_any("RESTRICT", "CASCADE"):
            raise cursor.error("a reference action expected")


def read_default(cursor: Cursor) -> str:
    """The text of a DEFAULT or ON UPDATE clause: a literal, an expression in parentheses, or a call."""
    start = cursor.at
    if cursor.sees_mark("("):
        cursor.skip_group()
    elif cursor.sees_mark("{"):
        while not cursor.takes_mark("}"):
            if cursor.ends():
                raise cursor.error("'}' expected")
            cursor.next()
    else:
        while cursor.takes_mark("-") or cursor.takes_mark("+"):
            pass
        _primary(cursor)
    return cursor.text_since(start)


def _primary(cursor: Cursor) -> None:
    token = cursor.peek()
    if token.kind == NUMBER:
        cursor.next()
        return
    if token.kind == STRING:
        while cursor.peek().kind == STRING:
            cursor.next()
        return
    if cursor.takes_mark("."):
        cursor.integer()
        return
    if cursor.sees("NEXT", "VALUE", "FOR") or cursor.sees("PREVIOUS", "VALUE", "FOR"):
        cursor.at += 3
        cursor.table()
        return
    if cursor.takes("CASE"):
        depth = 1
        while depth:
            if cursor.ends():
                raise cursor.error("END expected")
            depth += cursor.sees("CASE") - cursor.sees("END")
            cursor.next()
        return
    if cursor.sees_mark("("):
        cursor.skip_group()
        return
    if not cursor.sees_name():
        raise cursor.error("a default value expected")
    cursor.next()
    following = cursor.peek()
    introducer = token.kind == WORD and token.value[0] == "_"
    if introducer and following.kind == NUMBER:
        cursor.next()  # _binary 0x01
        return
    if following.kind == STRING and (introducer or token.value in ("N", "DATE", "TIME", "TIMESTAMP")):
        while cursor.peek().kind == STRING:
            cursor.next()
        return
    while cursor.takes_mark("."):
        cursor.name()
    if cursor.sees_mark("("):
        cursor.skip_group()


def read_key(cursor: Cursor) -> KeySpec | None:
    """A key or constraint of a table, or None when a column definition stands here. Checks and periods give a key of kind
    "none"."""
    if not cursor.sees_any(_KEY_WORDS):
        if cursor.sees("VECTOR") and cursor.sees_any(("INDEX", "KEY"), 1):
            cursor.next()
            return _plain_key(cursor)
        if cursor.sees("PERIOD", "FOR"):
            cursor.at += 2
            name = cursor.name()
            return KeySpec("period", name, read_key_parts(cursor)[0])
        return None
    symbol: str | None = None
    if cursor.takes("CONSTRAINT"):
        if cursor.takes("IF", "NOT", "EXISTS"):
            pass
        # The name may be one of these words itself, in quotes or not.
        if not cursor.sees_any(_CONSTRAINTS) or cursor.sees_any(_CONSTRAINTS, 1):
            symbol = cursor.name()
    if cursor.takes("CHECK"):
        cursor.skip_group()
        if not cursor.takes("NOT", "ENFORCED"):
            cursor.takes("ENFORCED")
        return KeySpec("none", symbol, ())
    if cursor.takes("PRIMARY", "KEY"):
        exists = cursor.takes("IF", "NOT", "EXISTS")
        if cursor.sees_name() and not cursor.sees_any(("USING", "TYPE")):
            cursor.name()  # a name is taken and forgotten
        return _parts(cursor, "primary", None, exists)
    if cursor.takes("UNIQUE"):
        cursor.takes_any("INDEX", "KEY")
        exists = cursor.takes("IF", "NOT", "EXISTS")
        return _parts(cursor, "unique", _index_name(cursor) or symbol, exists)
    if cursor.takes("FOREIGN", "KEY"):
        exists = cursor.takes("IF", "NOT", "EXISTS")
        own = cursor.name() if cursor.sees_name() else None
        columns, _ = read_key_parts(cursor)
        skip_references(cursor)
        return KeySpec("foreign", symbol or own, columns, if_not_exists=exists)
    if cursor.takes_any("FULLTEXT", "SPATIAL"):
        return _plain_key(cursor)
    if cursor.sees_any(("INDEX", "KEY")):
        return _plain_key(cursor)
    raise cursor.error("a key or column expected")


def _plain_key(cursor: Cursor) -> KeySpec:
    cursor.takes_any("INDEX", "KEY")
    exists = cursor.takes("IF", "NOT", "EXISTS")
    return _parts(cursor, "key", _index_name(cursor), exists)


def _index_name(cursor: Cursor) -> str | None:
    if cursor.sees_mark("(") or (cursor.sees_any(("USING", "TYPE")) and not cursor.sees_mark("(", 1)):
        return None
    return cursor.name()


def _parts(cursor: Cursor, kind: str, name: str | None, if_not_exists: bool) -> KeySpec:
    if cursor.takes_any("USING", "TYPE"):
        cursor.name()
    columns, partial = read_key_parts(cursor)
    cursor.skip_clause()
    return KeySpec(kind, name, columns, partial, if_not_exists)


def read_key_parts(cursor: Cursor) -> tuple[tuple[str | None, ...], bool]:
    """``(a, b(10) DESC, (expression))``: the columns, None for an expression, and whether any is a prefix."""
    cursor.need_mark("(")
    columns: list[str | None] = []
    partial = False
    while True:
        if cursor.sees_mark("("):
            cursor.skip_group()
            columns.append(None)
        else:
            columns.append(cursor.name())
            if cursor.sees_mark("("):
                cursor.skip_group()
                partial = True
        cursor.takes_any("ASC", "DESC")
        if cursor.takes("WITHOUT", "OVERLAPS"):
            columns[-1] = None
        if not cursor.takes_mark(","):
            break
    cursor.need_mark(")")
    return tuple(columns), partial


def read_option(cursor: Cursor, options: TableOptions) -> bool:
    """One option of a table; False when none stands here."""
    start = cursor.at
    cursor.takes("DEFAULT")
    if cursor.takes("CHARACTER", "SET") or cursor.takes("CHAR", "SET") or cursor.takes("CHARSET"):
        cursor.takes_mark("=")
        options.charset = cursor.word_or_string().lower()
        return True
    if cursor.takes("COLLATE"):
        cursor.takes_mark("=")
        options.collation = cursor.word_or_string().lower()
        return True
    cursor.at = start
    if cursor.takes("COMMENT"):
        cursor.takes_mark("=")
        options.comment = cursor.string()
        return True
    if cursor.takes("START", "TRANSACTION"):
        return True
    if cursor.takes("WITH", "SYSTEM", "VERSIONING"):
        options.versioned = True
        return True
    if cursor.takes("UNION"):
        cursor.takes_mark("=")
        cursor.skip_group()
        return True
    if cursor.sees_any(("DATA", "INDEX")) and cursor.sees("DIRECTORY", ahead=1):
        cursor.at += 2
        cursor.takes_mark("=")
        cursor.word_or_string()
        return True
    if cursor.sees_mark("=", 1) and cursor.sees_name():
        options.sequence = options.sequence or (cursor.sees("SEQUENCE") and cursor.peek(2).text == "1")
        cursor.at += 2
        _value(cursor)
        return True
    if cursor.takes_any(*_OPTIONS):
        _value(cursor)
        return True
    return False


def _value(cursor: Cursor) -> None:
    if cursor.sees_mark("("):
        cursor.skip_group()
        return
    cursor.takes_mark("-")
    cursor.word_or_string()
    while cursor.takes_mark("."):
        cursor.word_or_string()


_OPTIONS = (
    "ENGINE", "TYPE", "AUTO_INCREMENT", "AUTOEXTEND_SIZE", "AVG_ROW_LENGTH", "CHECKSUM", "COMPRESSION", "CONNECTION",
    "DELAY_KEY_WRITE",
    "ENCRYPTION", "ENGINE_ATTRIBUTE", "INSERT_METHOD", "KEY_BLOCK_SIZE", "MAX_ROWS", "MIN_ROWS", "PACK_KEYS", "PASSWORD",
    "ROW_FORMAT",
    "SECONDARY_ENGINE", "SECONDARY_ENGINE_ATTRIBUTE", "STATS_AUTO_RECALC", "STATS_PERSISTENT", "STATS_SAMPLE_PAGES", "TABLESPACE",
    "STORAGE", "PAGE_CHECKSUM", "TRANSACTIONAL", "SEQUENCE", "TABLE_CHECKSUM", "ENCRYPTION_KEY_ID", "ENCRYPTED",
    "PAGE_COMPRESSED",
    "PAGE_COMPRESSION_LEVEL",
)  # fmt: skip
