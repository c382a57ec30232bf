"""Columns of many types with random values, and one form for what four readers say of a value: the database itself (by SQL), our
records, python-mysql-replication, and mysqlbinlog.

The form: whole numbers, Decimal, float, text, bytes; days since 1970 of a date, microseconds of what has a time, the number of a
bit field, the labels of an enum or set as MySQL writes them, the document of a JSON text.
"""

from __future__ import annotations

import datetime
import json
import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

__all__ = ["COLUMNS", "Column", "asked", "columns_of", "dumped", "library", "ours"]

EPOCH = datetime.datetime(1970, 1, 1)
MICROSECOND = datetime.timedelta(microseconds=1)
MOODS = ("sad", "ok", "it's", "glücklich")
TAGS = ("red", "green", "blue", "fleuve")


@dataclass(frozen=True, slots=True)
class Column:
    """``kind`` says how readers tell the values of ``type``; ``make`` makes one that goes into an INSERT."""

    name: str
    type: str
    kind: str
    make: Callable[[Random], Any]

    @property
    def digits(self) -> int:
        """Of the fraction of a second."""
        found = re.search(r"\((\d)\)", self.type)
        return int(found[1]) if found else 0


def _whole(low: int, high: int) -> Callable[[Random], int]:
    return lambda chance: chance.choice((low, high, chance.randint(low, high)))


def _decimal(precision: int, scale: int) -> Callable[[Random], Decimal]:
    most = 10**precision - 1
    return lambda chance: Decimal(chance.randint(-most, most)).scaleb(-scale)


def _text(letters: str, most: int) -> Callable[[Random], str]:
    return lambda chance: "".join(chance.choices(letters, k=chance.randint(0, most)))


def _bytes(least: int, most: int) -> Callable[[Random], bytes]:
    return lambda chance: chance.randbytes(chance.randint(least, most)) + chance.choice((b"", b"\0\0"))[:most - least]


def _moment(first: int, last: int, digits: int) -> Callable[[Random], str]:
    def make(chance: Random) -> str:
        at = datetime.datetime(first, 1, 2) + datetime.timedelta(
            days=chance.randrange((last - first) * 365), seconds=chance.randrange(86400))
        return at.isoformat(" ") + ("." + str(chance.randrange(10**digits)).zfill(digits) if digits else "")

    return make


def _time(digits: int) -> Callable[[Random], str]:
    def make(chance: Random) -> str:
        sign, hours = chance.choice(("", "-")), chance.randrange(839)
        fraction = "." + str(chance.randrange(10**digits)).zfill(digits) if digits and hours < 838 else ""
        return f"{sign}{hours}:{chance.randrange(60):02d}:{chance.randrange(60):02d}{fraction}"

    return make


def _document(chance: Random) -> str:
    return json.dumps({"n": chance.randint(-10**12, 10**12), "list": [None, True, chance.random(), {"é": "\"'\\\n"}],
                       "word": _text("aé'\"\\日", 10)(chance), **{f"k{i}": i for i in range(chance.randrange(4))}},
                      ensure_ascii=False)


_WORDS = string.ascii_letters + " éß'\"\\%日😀\n\t"
COLUMNS = (
    Column("tiny", "TINYINT", "int", _whole(-128, 127)),
    Column("utiny", "TINYINT UNSIGNED", "int", _whole(0, 255)),
    Column("flag", "BOOLEAN", "int", _whole(0, 1)),
    Column("small", "SMALLINT", "int", _whole(-32768, 32767)),
    Column("usmall", "SMALLINT UNSIGNED", "int", _whole(0, 65535)),
    Column("medium", "MEDIUMINT", "int", _whole(-8388608, 8388607)),
    Column("umedium", "MEDIUMINT UNSIGNED", "int", _whole(0, 16777215)),
    Column("whole", "INT", "int", _whole(-(1 << 31), (1 << 31) - 1)),
    Column("uwhole", "INT UNSIGNED", "int", _whole(0, (1 << 32) - 1)),
    Column("large", "BIGINT", "int", _whole(-(1 << 63), (1 << 63) - 1)),
    Column("ularge", "BIGINT UNSIGNED", "int", _whole(0, (1 << 63) - 1)),
    Column("single", "FLOAT", "float", lambda chance: chance.uniform(-1e6, 1e6)),
    Column("twice", "DOUBLE", "float", lambda chance: chance.uniform(-1e12, 1e12)),
    Column("price", "DECIMAL(12,3)", "decimal", _decimal(12, 3)),
    Column("huge", "DECIMAL(40,20)", "decimal", _decimal(40, 20)),
    Column("letters", "CHAR(20)", "text", lambda chance: _text(_WORDS, 20)(chance).rstrip(" ")),
    Column("words", "VARCHAR(300)", "text", _text(_WORDS, 60)),
    Column("western", "VARCHAR(40) CHARACTER SET latin1", "text", _text("abcéüñ'\\", 40)),
    Column("body", "TEXT", "text", _text(_WORDS, 400)),
    Column("fixed", "BINARY(8)", "fixed", _bytes(8, 8)),
    Column("vary", "VARBINARY(40)", "bytes", _bytes(0, 38)),
    Column("raw", "BLOB", "bytes", _bytes(0, 300)),
    Column("day", "DATE", "date", lambda chance: _moment(1000, 9990, 0)(chance)[:10]),
    Column("moment0", "DATETIME", "datetime", _moment(1000, 9990, 0)),
    Column("moment3", "DATETIME(3)", "datetime", _moment(1900, 2100, 3)),
    Column("moment6", "DATETIME(6)", "datetime", _moment(1000, 9990, 6)),
    Column("instant0", "TIMESTAMP NULL", "timestamp", _moment(1970, 2037, 0)),
    Column("instant6", "TIMESTAMP(6) NULL", "timestamp", _moment(1970, 2037, 6)),
    Column("clock0", "TIME", "time", _time(0)),
    Column("clock6", "TIME(6)", "time", _time(6)),
    Column("vintage", "YEAR", "int", _whole(1901, 2155)),
    Column("bit1", "BIT(1)", "bit", _whole(0, 1)),
    Column("bit20", "BIT(20)", "bit", _whole(0, (1 << 20) - 1)),
    Column("mood", f"ENUM{MOODS!r}".replace('"it\'s"', "'it''s'"), "enum", lambda chance: chance.choice(MOODS)),
    Column("tags", f"SET{TAGS!r}", "set", lambda chance: ",".join(t for t in TAGS if chance.random() < 0.5)),
    Column("doc", "JSON", "json", _document),
)


def columns_of(chance: Random, most: int) -> tuple[Column, ...]:
    """Some of them, in any order."""
    return tuple(chance.sample(COLUMNS, chance.randint(3, most)))


def asked(column: Column) -> str:
    """What to SELECT so that the answer is in the common form, but for JSON."""
    name = f"`{column.name}`"
    match column.kind:
        case "float":
            return f"CAST({name} AS DOUBLE)"
        case "date":
            return f"DATEDIFF({name}, '1970-01-01')"
        case "datetime" | "timestamp":
            return f"TIMESTAMPDIFF(MICROSECOND, '1970-01-01', {name})"
        case "time":
            return (f"IF({name} < CAST('00:00:00' AS TIME), -1, 1) * "
                    f"((HOUR({name}) * 3600 + MINUTE({name}) * 60 + SECOND({name})) * 1000000 + MICROSECOND({name}))")
        case "bit":
            return f"{name} + 0"
        case _:
            return name


def ours(column: Column, value: Any) -> Any:
    """From a record, by Debezium's types as they are without any setting."""
    if value is None:
        return None
    match column.kind:
        case "datetime":
            return value if column.digits > 3 else value * 1000
        case "timestamp":
            return (datetime.datetime.fromisoformat(value).replace(tzinfo=None) - EPOCH) // MICROSECOND
        case "bit":
            return int(value) if column.type == "BIT(1)" else int.from_bytes(value, "little")
        case "json":
            return json.loads(value)
        case _:
            return value


def library(column: Column, value: Any) -> Any:
    """From python-mysql-replication's objects."""
    if column.kind == "set" and value is None:
        return ""  # it does not tell the empty set from NULL by the value
    if value is None:
        return None
    match column.kind:
        case "date":
            return (value - EPOCH.date()).days
        case "datetime" | "timestamp":
            return (value - EPOCH) // MICROSECOND
        case "time":
            whole, part = divmod(abs(value) // MICROSECOND, 1_000_000)
            if value < datetime.timedelta(0):
                return -(whole * 1_000_000 + (1_000_000 - part if part else 0))  # it takes such a fraction from the wrong end
            return whole * 1_000_000 + part
        case "bit":
            return int(value, 2)
        case "set":
            return ",".join(t for t in TAGS if t in value)
        case "json":
            return json.loads(value) if isinstance(value, str) else _texts(value)
        case "bytes" | "fixed":
            data = value.encode() if isinstance(value, str) else value
            return data.ljust(8, b"\0") if column.kind == "fixed" else data
        case _:
            return value


def _texts(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {_texts(k): _texts(v) for k, v in value.items()}
    return [_texts(v) for v in value] if isinstance(value, list) else value


_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)
_PLAIN = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"0": b"\0", b"b": b"\b", b"f": b"\f", b"v": b"\v",
          b"a": b"\a", b"Z": b"\x1a"}


_MARIADB_ESCAPE = re.compile(rb"\\(x(?:[01][0-9a-f]|7f))")
"""It prints quotes and backslashes as they are."""


def _unquoted(told: bytes, mariadb: bool) -> bytes:
    def plain(found: re.Match[bytes]) -> bytes:
        what = found[1]
        return bytes.fromhex(what[1:].decode()) if len(what) == 3 else _PLAIN.get(what, what)

    return (_MARIADB_ESCAPE if mariadb else _ESCAPE).sub(plain, told[1:-1])


def dumped(column: Column, told: bytes, mariadb: bool) -> Any:
    """From what mysqlbinlog prints behind ``@n=``."""
    if told == b"NULL":
        return None
    plain = told.decode("latin-1").strip("'")
    match column.kind:
        case "int":
            # It does not know the sign: a number that would be negative is followed by what it is without.
            signed, _, unsigned = plain.rstrip(")").partition(" (")
            return int(unsigned if unsigned and "UNSIGNED" in column.type else signed)
        case "decimal":
            return Decimal(plain)
        case "float":
            return float(plain.partition(" ")[0])
        case "text":
            return _unquoted(told, mariadb).decode("latin-1" if "latin1" in column.type else "utf-8")
        case "fixed":
            return _unquoted(told, mariadb).ljust(8, b"\0")
        case "bytes":
            return _unquoted(told, mariadb)
        case "json":
            return json.loads(_unquoted(told, mariadb))
        case "date":
            return (datetime.date(*map(int, plain.split(":"))) - EPOCH.date()).days
        case "datetime":
            return (datetime.datetime.fromisoformat(plain) - EPOCH) // MICROSECOND
        case "timestamp":
            return int(Decimal(plain) * 1_000_000)
        case "time":
            sign = -1 if plain.startswith("-") else 1
            hours, minutes, seconds = plain.lstrip("-").split(":")
            return sign * int((int(hours) * 3600 + int(minutes) * 60 + Decimal(seconds)) * 1_000_000)
        case "bit":
            return int(plain[1:].strip("'"), 2)
        case "enum":
            return MOODS[int(plain) - 1]
        case "set":
            bits = int(plain[1:].strip("'"), 2)
            return ",".join(t for n, t in enumerate(TAGS) if bits >> n & 1)
        case _:
            raise AssertionError(column)
