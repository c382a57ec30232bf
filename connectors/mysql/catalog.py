"""What the server tells of its databases and tables. Every method asks anew; nothing is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from connect.api.errors import ConnectError
from connectors.mysql.address import quote_identifier
from connectors.mysql.session import Session
from connectors.mysql.structure import TableId
from connectors.selection import Selection

__all__ = ["Catalog", "DatabaseInfo", "TableInfo"]

_TABLE_TYPES: Final = frozenset({"BASE TABLE", "SYSTEM VERSIONED"})
"""What is in the log as rows: no views, no sequences, no temporary tables."""
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class DatabaseInfo:
    """A database's name and what a new table in it gets."""

    name: str
    charset: str
    collation: str


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A table and its storage engine."""

    id: TableId
    engine: str

    @property
    def transactional(self) -> bool:
        """Whether a consistent snapshot of the server covers it."""
        return self.engine.lower() in ("innodb", "rocksdb", "ndbcluster", "tokudb")


class Catalog:
    """Asks on the session it was given, which must talk in utf8mb4."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def databases(self) -> list[DatabaseInfo]:
        """Every database that this user may see, the system's too, by name."""
        rows = self._session.query(
            "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA",
            doing="listing the databases")
        return sorted((DatabaseInfo(name or "", charset or "", collation or "") for name, charset, collation in rows),
                      key=lambda d: d.name)

    def tables(self) -> list[TableInfo]:
        """Every table whose changes are in the log, those of the system's databases too, that this user may see."""
        rows = self._session.query(
            "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE FROM information_schema.TABLES", doing="listing the tables")
        return [TableInfo(TableId(schema or "", name or ""), engine or "") for schema, name, kind, engine in rows
                if kind in _TABLE_TYPES]

    def captured(self, selection: Selection) -> list[TableInfo]:
        """The tables that the filters let through, in the order a snapshot reads them."""
        found = {(t.id.database, t.id.name): t for t in self.tables()}
        return [found[key] for key in selection.in_order(found)]

    def row_counts(self, tables: Sequence[TableId]) -> dict[TableId, int]:
        """About how many rows each of these has, as the server guesses; those it does not know are left out."""
        counts: dict[TableId, int] = {}
        for start in range(0, len(tables), _AT_ONCE):
            some = tables[start:start + _AT_ONCE]
            pairs = ", ".join(["(%s, %s)"] * len(some))
            rows = self._session.query(
                "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES "
                f"WHERE (TABLE_SCHEMA, TABLE_NAME) IN ({pairs})",
                [part for t in some for part in (t.database, t.name)], doing="counting the tables' rows")
            counts |= {TableId(schema or "", name or ""): int(count) for schema, name, count in rows if count is not None}
        return counts

    def create_statement(self, table: TableId) -> str:
        """SHOW CREATE TABLE. Raises DatabaseError (number 1146 when there is no such table)."""
        name = f"{quote_identifier(table.database)}.{quote_identifier(table.name)}"
        rows = self._session.query(f"SHOW CREATE TABLE {name}", doing=f"reading the structure of {table}")
        if not rows or len(rows[0]) != 2 or rows[0][1] is None:
            raise ConnectError(f"the server does not tell the structure of {table}: SHOW CREATE TABLE gives no statement")
        return rows[0][1]

    def server_charset(self) -> tuple[str, str]:
        """character_set_server and collation_server, of the whole server."""
        (row,) = self._session.query(
            "SELECT @@global.character_set_server, @@global.collation_server", doing="reading the server's character set")
        return row[0] or "", row[1] or ""
