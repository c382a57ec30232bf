"""The server as the judge of what statements do: SHOW CREATE TABLE after each, and the text that its log has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connectors.mysql.ddl.context import DdlContext, sql_mode_bits
from connectors.mysql.structure import ColumnDef, Flavor, KeyDef, TableDef
from connectors.mysql.structures import Structures, is_sequence, parse_create

CORPUS = Path(__file__).with_name("ddl_corpus.sql")
_WIDTHS = {"tinyint": 4, "smallint": 6, "mediumint": 9, "int": 11, "bigint": 20, "year": 4}
_UNSIGNED = {"tinyint": 3, "smallint": 5, "mediumint": 8, "int": 10, "bigint": 20}


def corpus(flavor: str, database: str) -> Iterator[tuple[str, str]]:
    """("mode" | "sql" | "run", text) in order, for that flavour."""
    whose = "both"
    statement = ""
    for line in CORPUS.read_text().splitlines(keepends=True):
        if not statement and line.startswith("--"):
            word, _, rest = line[3:].strip().partition(" ")
            if line.startswith("--@") and word in ("mode", "sql"):
                if whose in ("both", flavor):
                    yield word, rest
            elif line.startswith("--@"):
                whose = word
            continue
        statement += line
        if line.rstrip().endswith(";"):
            if whose in ("both", flavor):
                yield "run", statement.rstrip()[:-1].replace("{db}", database)
            statement = ""


class Judge:
    """A session, and the structures that follow what its server logs."""

    def __init__(self, connection: Any, flavor: Flavor, database: str) -> None:
        self.connection, self.flavor, self.database = connection, flavor, database
        version = str(self.one("SELECT VERSION()")).split("-")[0].split(".")
        self.version = int(version[0]) * 10000 + int(version[1]) * 100 + int(version[2])
        self.structures = Structures()
        self.collations = {row[0]: row[1] for row in self.rows(
            "SELECT CHARACTER_SET_NAME, DEFAULT_COLLATE_NAME FROM information_schema.CHARACTER_SETS")}
        self.collations["utf8mb3"] = self.collations.get("utf8mb3") or self.collations["utf8"]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def one(self, sql: str) -> Any:
        return self.rows(sql)[0][0]

    def context(self, **changes: Any) -> DdlContext:
        mode, explicit = self.rows("SELECT @@sql_mode, @@explicit_defaults_for_timestamp")[0]
        collation = str(self.one("SELECT @@collation_server"))
        return DdlContext(self.flavor, sql_mode_bits(mode), self.version, 0, bool(explicit), collation.split("_")[0], collation)

    def position(self) -> tuple[str, int]:
        row = self.rows("SHOW BINARY LOG STATUS" if self.flavor is Flavor.MYSQL else "SHOW MASTER STATUS")[0]
        return str(row[0]), int(row[1])

    def logged(self, since: tuple[str, int], run: str) -> list[str]:
        """The statements that this database's session logged since a position, having run one."""
        found = []
        for row in self.rows(f"SHOW BINLOG EVENTS IN '{since[0]}' FROM {since[1]}"):
            match = re.match(r"use [`\"](\w+)[`\"]; (.*)", str(row[5]), re.DOTALL)
            if row[2] == "Query":
                text = re.sub(r" /\* xid=\d+ \*/$", "", match[2] if match else str(row[5]))
                # Statements on databases are shown without "use"; the shared server logs those of others too.
                if (match and match[1].startswith(self.database)) or text.strip() == run.strip():
                    found.append(text)
        return found

    def names(self) -> set[str]:
        """The tables of the database."""
        return {str(row[0]) for row in self.rows(
            f"SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{self.database}'"
            " AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')")}

    def shown(self, names: set[str] | None = None) -> dict[str, TableDef]:
        """These tables (all: None), as far as they are there, as SHOW CREATE TABLE has them."""
        mode = self.one("SELECT @@sql_mode")
        self.rows("SET sql_mode = ''")
        try:
            context = self.context()
            return {name: parse_create(str(self.rows(f"SHOW CREATE TABLE `{self.database}`.`{name.replace('`', '``')}`")[0][1]),
                                       self.database, context)
                    for name in self.names() if names is None or name in names}
        finally:
            self.rows(f"SET sql_mode = '{mode}'")

    def known(self) -> dict[str, TableDef]:
        return {t.id.name: t for t in self.structures if t.id.database == self.database and not is_sequence(t)}

    def plain(self, table: TableDef) -> TableDef:
        """The table without what is only spelling."""
        columns = tuple(self._column(c) for c in table.columns)
        return table.but(columns=columns, charset=table.charset, collation=self._collation(table.charset, table.collation),
                         attributes=(),
                         keys=tuple(KeyDef(k.name.lower(), k.columns, k.unique, k.partial) for k in table.keys))

    def _collation(self, charset: str | None, collation: str | None) -> str | None:
        return collation or (self.collations.get(charset) if charset else None)

    def _column(self, column: ColumnDef) -> ColumnDef:
        length = column.length
        if column.type in _WIDTHS:
            usual = _UNSIGNED[column.type] if column.unsigned and column.type != "year" else _WIDTHS[column.type]
            length = length or usual
            told = column.zerofill or (column.type == "tinyint" and length == 1 and not column.unsigned)
            if self.flavor is Flavor.MYSQL and not told:
                length = usual
        return column.but(declared="", length=length, scale=column.scale or None, default=default_kind(column.default),
                          collation=self._collation(column.charset, column.collation))


_NOW = re.compile(r"(CURRENT_TIMESTAMP|NOW|LOCALTIME|LOCALTIMESTAMP)(\(\d*\))?$", re.IGNORECASE)
_LITERAL = re.compile(
    r"(_\w+\s*|N|x|b|DATE)?'.*'|\".*\"|[+-]*[\d.]+(e\d+)?|0x\w+|0b[01]+|TRUE|FALSE|('.*'\s*)+", re.DOTALL | re.IGNORECASE)


def default_kind(text: str | None) -> str | None:
    """What sort of default it is: servers spell them in other words than the statement."""
    if text is None or text.upper() == "NULL":
        return None
    if match := _NOW.match(text):
        return "NOW" + (match[2] or "").replace("()", "").replace("(0)", "")
    return "literal" if _LITERAL.fullmatch(text[1:-1] if text.startswith("(") else text) else "expression"
