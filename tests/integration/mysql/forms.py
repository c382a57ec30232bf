"""The values of a table in both of their forms: as the text protocol and as the binary log have them."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pymysql

from connectors.mysql.address import Address
from connectors.mysql.catalog import Catalog
from connectors.mysql.core.rows import ImageSpans, RowLayout, TextSpans
from connectors.mysql.ddl.context import DdlContext
from connectors.mysql.events import EventParser
from connectors.mysql.partialjson import full_row
from connectors.mysql.rowsevent import Rows, TableMap
from connectors.mysql.session import Session
from connectors.mysql.stream import BinlogStream, FilePosition
from connectors.mysql.structure import ColumnDef, Flavor, TableDef, TableId, Wire
from connectors.mysql.structures import parse_create
from connectors.mysql.tablemap import TableShape
from connectors.mysql.tables import row_images
from connectors.mysql.types import select_expression

__all__ = ["Cell", "Forms"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One value: ``sql`` is what was inserted, ``text`` and ``log`` are its bytes, None of a null."""

    column: ColumnDef
    wire: Wire
    sql: str
    text: bytes | None
    log: bytes | None


class Forms:
    """One test's database on a server."""

    def __init__(self, server: Any, flavor: Flavor) -> None:
        self.flavor = flavor
        self._server = server
        self.database = f"forms_{os.getpid()}_{random.randint(0, 1 << 30)}"
        self._sql = pymysql.connect(
            host=server.host, port=server.port, user=server.user, password=server.password, autocommit=True, charset="utf8mb4",
            init_command="SET time_zone = '+00:00', sql_mode = ''")
        self.execute(f"CREATE DATABASE {self.database}", f"USE {self.database}")

    def close(self) -> None:
        """Leave nothing behind."""
        self.execute(f"DROP DATABASE {self.database}")
        self._sql.close()

    def execute(self, *statements: str) -> tuple[Any, ...]:
        """Run them; the last one's rows."""
        rows: tuple[Any, ...] = ()
        with self._sql.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                rows = tuple(cursor.fetchall())
        return rows

    def _session(self) -> Session:
        s = self._server
        return Session.open(Address(s.host, s.port, s.user, s.password), "tests")

    def table(self, name: str) -> TableDef:
        """Its structure as SHOW CREATE TABLE tells it."""
        session = self._session()
        try:
            statement = Catalog(session).create_statement(TableId(self.database, name))
        finally:
            session.close()
        return parse_create(statement, self.database, DdlContext(self.flavor, version=session_number(session.version)))

    def position(self) -> FilePosition:
        """Where the log is written now."""
        row = self.execute("SHOW BINARY LOG STATUS" if self.flavor is Flavor.MYSQL else "SHOW MASTER STATUS")[0]
        return FilePosition(row[0], int(row[1]))

    def cells(self, create: str, rows: Sequence[Sequence[str]]) -> list[list[Cell]]:
        """Make table ``t`` with a column ``i``, which counts the rows, and those that ``create`` defines; insert rows of SQL
        expressions for these; give every value in both forms."""
        self.execute("DROP TABLE IF EXISTS t", f"CREATE TABLE t (i INT NOT NULL PRIMARY KEY, {create})")
        table = self.table("t")
        start = self.position()
        for i, row in enumerate(rows):
            self.execute(f"INSERT INTO t VALUES ({i}, {', '.join(row)})")
        texts = self._texts(table)
        wires, logs = self.logged(start, len(rows))
        return [
            [Cell(table.columns[k + 1], wires[k + 1], sql, texts[i][k + 1], logs[i][k + 1]) for k, sql in enumerate(row)]
            for i, row in enumerate(rows)]

    def _texts(self, table: TableDef) -> list[list[bytes | None]]:
        session = self._session()
        try:
            session.execute("SET character_set_results = NULL")
            chosen = ", ".join(select_expression(c, self.flavor) or f"`{c.name}`" for c in table.columns)
            found = []
            for packet in session.raw_rows(f"SELECT {chosen} FROM {self.database}.t ORDER BY i"):
                spans = TextSpans()
                spans.parse(packet, 0, len(table.columns))
                found.append([spans.raw(k) for k in range(len(table.columns))])
            return found
        finally:
            session.close()

    def logged(self, start: FilePosition, count: int) -> tuple[tuple[Wire, ...], list[list[bytes | None]]]:
        """The table's column types in the log, and so many inserted rows from there on."""
        rows: list[list[bytes | None]] = []
        wires: tuple[Wire, ...] = ()
        for shape, event in self._events(start):
            wires, at = shape.wires, event.start
            while at < event.end:
                spans = ImageSpans()
                at = spans.parse(event.body, at, _layout(shape), event.present_after)
                rows.append([spans.raw(k) for k in range(len(wires))])
            if len(rows) >= count:
                break
        return wires, rows

    def updates(self, start: FilePosition, count: int) -> list[tuple[bool, list[bytes | None]]]:
        """So many updated rows from there on as they became, and whether the log has them as differences."""
        found: list[tuple[bool, list[bytes | None]]] = []
        for shape, event in self._events(start):
            layout, form = _layout(shape), row_images(shape.wires)
            at, body = event.start, event.body
            while at < event.end:
                spans = ImageSpans()
                middle = spans.parse(body, at, layout, event.present_before)
                rows, new = body, middle
                if event.partial:
                    rows, new, at = full_row(shape, form, event, at, middle)
                    spans.parse(rows, new, layout, event.present_after)
                else:
                    at = spans.parse(body, middle, layout, event.present_after)
                found.append((event.partial, [spans.raw(k) for k in range(spans.count)]))
            if len(found) >= count:
                break
        return found

    def _events(self, start: FilePosition) -> Iterator[tuple[TableShape, Rows]]:
        """The rows events of this database."""
        stream = BinlogStream.start(self._session(), random.randint(1 << 20, 1 << 30), start)
        parser = EventParser(checksum=True)
        maps: dict[int, TableMap] = {}
        try:
            while True:
                for packet in stream.read(10):
                    event = parser.parse(packet)
                    if isinstance(event, TableMap):
                        maps[event.table_id] = event
                    elif isinstance(event, Rows) and maps[event.table_id].database == self.database:
                        yield maps[event.table_id].shape, event
        finally:
            stream.close()


def session_number(version: tuple[int, ...]) -> int:
    """The version as one number."""
    major, minor, patch = (*version, 0, 0, 0)[:3]
    return major * 10000 + minor * 100 + patch


def _layout(shape: TableShape) -> RowLayout:
    return RowLayout([w.type for w in shape.wires], [w.meta for w in shape.wires])
