"""Data types: every spelling of MySQL and MariaDB → its canonical name, length, sign, labels, character set."""

from __future__ import annotations

from connectors.mysql.ddl.context import ORACLE, REAL_AS_FLOAT
from connectors.mysql.ddl.cursor import Cursor
from connectors.mysql.ddl.tree import ColumnType

__all__ = ["read_type"]

_INTEGERS = {
    "TINYINT": "tinyint", "INT1": "tinyint", "SMALLINT": "smallint", "INT2": "smallint", "MEDIUMINT": "mediumint",
    "INT3": "mediumint",
    "MIDDLEINT": "mediumint", "INT": "int", "INTEGER": "int", "INT4": "int", "BIGINT": "bigint", "INT8": "bigint",
}
_PLAIN = {
    "TINYBLOB": "tinyblob", "MEDIUMBLOB": "mediumblob", "LONGBLOB": "longblob", "DATE": "date", "INET4": "inet4",
    "INET6": "inet6",
    "UUID": "uuid", "GEOMETRY": "geometry", "POINT": "point", "LINESTRING": "linestring", "POLYGON": "polygon",
    "MULTIPOINT": "multipoint", "MULTILINESTRING": "multilinestring", "MULTIPOLYGON": "multipolygon",
    "GEOMETRYCOLLECTION": "geometrycollection", "GEOMCOLLECTION": "geometrycollection",
}
_TEXTS = {"TINYTEXT": "tinytext", "MEDIUMTEXT": "mediumtext", "LONGTEXT": "longtext"}
_TIMES = {"TIME": "time", "DATETIME": "datetime", "TIMESTAMP": "timestamp"}
_DECIMALS = ("DECIMAL", "DEC", "NUMERIC", "FIXED", "NUMBER")
_BINARY_TWINS = {
    "char": "binary", "varchar": "varbinary", "tinytext": "tinyblob", "text": "blob", "mediumtext": "mediumblob",
    "longtext": "longblob",
}


def read_type(cursor: Cursor) -> ColumnType:
    """The data type at this place with its attributes (UNSIGNED, CHARACTER SET, …). Raises DdlError for one that is not known."""
    # A type may be quoted in MariaDB's SHOW CREATE TABLE of a schema-qualified type: `mariadb_schema`.`date`.
    if cursor.sees("MARIADB_SCHEMA") or cursor.sees("ORACLE_SCHEMA") or cursor.sees("MAXDB_SCHEMA"):
        cursor.next()
        cursor.need_mark(".")
    token = cursor.peek()
    if token.kind != "word":
        raise cursor.error("a data type expected")
    cursor.next()
    word = token.value
    found = _read(cursor, word)
    if found is None:
        cursor.at -= 1
        raise cursor.error(f"the data type {token.text[:40]} is not known")
    _attributes(cursor, found)
    if found.charset == "binary" and found.type in _BINARY_TWINS:
        found.type, found.charset, found.collation = _BINARY_TWINS[found.type], None, None
    return found


def _read(cursor: Cursor, word: str) -> ColumnType | None:
    if word in _INTEGERS:
        return _sized(cursor, ColumnType(_INTEGERS[word], word))
    if word in ("BOOL", "BOOLEAN"):
        return ColumnType("tinyint", word, length=1)
    if word == "SERIAL":
        return ColumnType("bigint", word, unsigned=True, serial=True)
    if word in _DECIMALS:
        if word == "NUMBER" and cursor.context.mariadb and not cursor.sees_mark("("):
            return ColumnType("double", word)
        return _decimal(cursor, word)
    if word in ("FLOAT", "FLOAT4", "FLOAT8", "DOUBLE", "REAL"):
        return _floating(cursor, word)
    if word == "BIT":
        found = _sized(cursor, ColumnType("bit", word))
        found.length = found.length or 1
        return found
    if word in ("CHAR", "CHARACTER", "VARCHAR", "VARCHARACTER", "VARCHAR2", "NCHAR", "NVARCHAR", "NATIONAL", "LONG"):
        return _character(cursor, word)
    if word in _TEXTS:
        return ColumnType(_TEXTS[word], word)
    if word in ("TEXT", "BLOB", "CLOB"):
        return _large(cursor, word)
    if word in ("BINARY", "VARBINARY", "RAW"):
        found = _sized(cursor, ColumnType("binary" if word == "BINARY" else "varbinary", word))
        if found.length is None and word == "BINARY":
            found.length = 1
        return found
    if word in ("ENUM", "SET"):
        return ColumnType(word.lower(), word, labels=_labels(cursor))
    if word == "JSON":
        if cursor.context.mariadb:
            return ColumnType("longtext", word, json=True)
        return ColumnType("json", word)
    if word in _TIMES:
        found = ColumnType(_TIMES[word], word)
        if cursor.sees_mark("("):
            found.scale = _number_in_group(cursor)
        return found
    if word == "DATE" and cursor.context.mariadb and cursor.context.sql_mode & ORACLE:
        return ColumnType("datetime", word)
    if word == "YEAR":
        return _sized(cursor, ColumnType("year", word))
    if word == "VECTOR":
        found = _sized(cursor, ColumnType("vector", word))
        found.length = found.length or 2048
        return found
    if word in _PLAIN:
        found = ColumnType(_PLAIN[word], word)
        if cursor.sees_mark("("):
            cursor.skip_group()  # MariaDB's INET6 and geometry take none, old ones allowed TINYBLOB(n)
        return found
    return None


def _number_in_group(cursor: Cursor) -> int:
    cursor.need_mark("(")
    number = cursor.integer()
    cursor.takes_any("CHAR", "BYTE")  # Oracle mode: VARCHAR2(10 CHAR)
    cursor.need_mark(")")
    return number


def _sized(cursor: Cursor, found: ColumnType) -> ColumnType:
    if cursor.sees_mark("("):
        found.length = _number_in_group(cursor)
    return found


def _pair(cursor: Cursor) -> tuple[int | None, int | None]:
    if not cursor.takes_mark("("):
        return None, None
    length = cursor.integer()
    scale = None
    if cursor.takes_mark(","):
        negative = cursor.takes_mark("-")
        scale = -cursor.integer() if negative else cursor.integer()
    cursor.need_mark(")")
    return length, scale


def _decimal(cursor: Cursor, word: str) -> ColumnType:
    length, scale = _pair(cursor)
    return ColumnType("decimal", word, length=length or 10, scale=scale or 0)


def _floating(cursor: Cursor, word: str) -> ColumnType:
    name = word
    if word == "DOUBLE" and cursor.takes("PRECISION"):
        name = "DOUBLE PRECISION"
    length, scale = _pair(cursor)
    single = word in ("FLOAT", "FLOAT4") or (word == "REAL" and bool(cursor.context.sql_mode & REAL_AS_FLOAT))
    if word == "FLOAT" and length is not None and scale is None:
        # FLOAT(p): p only picks the type.
        return ColumnType("float" if length <= 24 else "double", name)
    return ColumnType("float" if single else "double", name, length=length, scale=scale)


def _character(cursor: Cursor, word: str) -> ColumnType:
    names = [word]
    national = word in ("NCHAR", "NVARCHAR", "NATIONAL")
    if word == "LONG":
        if cursor.takes("VARBINARY"):
            return ColumnType("mediumblob", "LONG VARBINARY")
        for extra in (("CHAR", "VARYING"), ("CHARACTER", "VARYING"), ("VARCHAR",), ("VARCHARACTER",)):
            if cursor.takes(*extra):
                return ColumnType("mediumtext", " ".join(("LONG", *extra)))
        return ColumnType("mediumtext", "LONG")
    if word == "NATIONAL":
        names.append(cursor.takes_any("CHAR", "CHARACTER", "VARCHAR", "VARCHARACTER") or "")
        if not names[-1]:
            raise cursor.error("CHAR or VARCHAR expected")
    varying = "VAR" in names[-1]
    if not varying and (extra_word := cursor.takes_any("VARYING", "VARCHAR", "VARCHARACTER")):
        names.append(extra_word)
        varying = True
    found = ColumnType("varchar" if varying else "char", " ".join(names), charset="utf8mb3" if national else None)
    _sized(cursor, found)
    if found.length is None:
        if varying:
            raise cursor.error("a length expected")
        found.length = 1
    return found


def _large(cursor: Cursor, word: str) -> ColumnType:
    oracle = cursor.context.mariadb and bool(cursor.context.sql_mode & ORACLE)
    if word == "CLOB" or (oracle and word == "BLOB"):
        return ColumnType("longtext" if word == "CLOB" else "longblob", word)
    found = ColumnType(word.lower(), word)
    if cursor.sees_mark("("):
        found.length, found.sized = _number_in_group(cursor), True
    return found


def _labels(cursor: Cursor) -> tuple[str, ...]:
    cursor.need_mark("(")
    labels = []
    while True:
        if cursor.sees_name() and cursor.peek(1).kind == "string":
            cursor.next()  # N'…' or _utf8mb4'…'
        label = cursor.string()
        # Trailing spaces of labels are cut by the server.
        labels.append(label.rstrip(" "))
        if not cursor.takes_mark(","):
            break
    cursor.need_mark(")")
    return tuple(labels)


def _attributes(cursor: Cursor, found: ColumnType) -> None:
    """UNSIGNED, ZEROFILL, CHARACTER SET, COLLATE, ASCII, UNICODE, BYTE, BINARY in any order."""
    numeric = found.type in ("tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double")
    textual = found.type in _BINARY_TWINS or found.type in ("enum", "set")
    while True:
        if numeric and cursor.takes("UNSIGNED"):
            found.unsigned = True
        elif numeric and cursor.takes("SIGNED"):
            pass
        elif numeric and cursor.takes("ZEROFILL"):
            found.zerofill = found.unsigned = True
        elif textual and (cursor.takes("CHARACTER", "SET") or cursor.takes("CHAR", "SET") or cursor.takes("CHARSET")):
            found.charset = cursor.word_or_string().lower()
        elif textual and cursor.takes("ASCII"):
            found.charset = "latin1"
        elif textual and cursor.takes("UNICODE"):
            found.charset = "ucs2"
        elif textual and cursor.takes("BYTE"):
            found.charset = "binary"
        elif textual and cursor.takes("BINARY"):
            found.bin_collation = True
        elif textual and cursor.takes("COLLATE"):
            found.collation = cursor.word_or_string().lower()
        else:
            break
    if found.unsigned and not found.serial:
        found.declared += " UNSIGNED"
    if found.zerofill:
        found.declared += " ZEROFILL"
