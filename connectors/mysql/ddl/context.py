"""What a statement must be read with: things that the server knew and the text does not say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connectors.mysql.structure import Flavor, TableId

__all__ = ["ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "DdlContext", "DdlError", "sql_mode_bits"]

REAL_AS_FLOAT = 0x1
ANSI_QUOTES = 0x4
ORACLE = 0x200
NO_BACKSLASH_ESCAPES = 0x100000
STRICT_TRANS_TABLES = 0x200000
STRICT_ALL_TABLES = 0x400000

_MODES = {
    "REAL_AS_FLOAT": REAL_AS_FLOAT,
    "ANSI_QUOTES": ANSI_QUOTES,
    "ORACLE": ORACLE | ANSI_QUOTES,
    "ANSI": REAL_AS_FLOAT | ANSI_QUOTES,
    "NO_BACKSLASH_ESCAPES": NO_BACKSLASH_ESCAPES,
    "STRICT_TRANS_TABLES": STRICT_TRANS_TABLES,
    "STRICT_ALL_TABLES": STRICT_ALL_TABLES,
}


class DdlError(ValueError):
    """A statement that cannot be followed: the text says where in it and why. ``table`` is the table it is about, where that is
    known."""

    def __init__(self, text: str, table: TableId | None = None) -> None:
        super().__init__(text)
        self.table = table


def sql_mode_bits(modes: str | Iterable[str]) -> int:
    """The bits of a query event's ``sql_mode`` for the names of ``@@sql_mode`` that matter to structure; others are ignored."""
    names = modes.split(",") if isinstance(modes, str) else modes
    bits = 0
    for name in names:
        bits |= _MODES.get(name.strip().upper(), 0)
    return bits


@dataclass(frozen=True, slots=True)
class DdlContext:
    """The session and server that ran a statement.

    ``sql_mode`` holds the bits of the query event. ``version`` is ``major * 10000 + minor * 100 + patch`` and decides which
    versioned comments count. ``explicit_defaults_ts`` is ``explicit_defaults_for_timestamp``. ``server_collation`` is the
    session's ``collation_server``: what a CREATE DATABASE without a character set gets, and what a database of unknown defaults
    is taken to have.
    """

    flavor: Flavor = Flavor.MYSQL
    sql_mode: int = 0
    version: int = 999999
    lower_case_table_names: int = 0
    explicit_defaults_ts: bool = True
    server_charset: str | None = None
    server_collation: str | None = None

    @property
    def mariadb(self) -> bool:
        """Whether the server is MariaDB."""
        return self.flavor is Flavor.MARIADB

    @property
    def strict(self) -> bool:
        """Whether a column that is too long is refused rather than made a TEXT or BLOB."""
        return bool(self.sql_mode & (STRICT_TRANS_TABLES | STRICT_ALL_TABLES))

    def fold(self, name: str) -> str:
        """A database or table name as names are compared on this server."""
        return name.lower() if self.lower_case_table_names else name

    def spell(self, name: str) -> str:
        """A database or table name as the server stores it."""
        return name.lower() if self.lower_case_table_names == 1 else name
