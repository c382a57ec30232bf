"""Statements in the log that change structures: followed, told to the history, and made records of."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Protocol

from connect.api.records import SourceRecord
from connectors.changes import Change, Kind, TableState
from connectors.mysql.config import MySqlConfig
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.querystatus import Query
from connectors.mysql.rowchanges import Entries
from connectors.mysql.statements import Statement, fills_from_select
from connectors.mysql.structure import TableDef, TableId
from connectors.mysql.structures import DdlContext, DdlError, StructureChange, Structures
from connectors.mysql.tracking import Lookup, TableTracker
from connectors.mysql.types.charsets import Charsets, charset_of
from connectors.mysql.unprocessable import Unprocessable
from connectors.mysql.where import RowsWhere
from connectors.tables import Table

__all__ = ["NOWHERE", "DdlFollower", "Historian", "SchemaRecords", "Situation"]

NOWHERE: Final = TableId("", "")
"""The table of a position that is of no single table."""
_TARGET: Final = re.compile(
    r"(?:\s|/\*.*?\*/)*(?:INSERT|REPLACE|UPDATE|DELETE)\s+(?:(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|QUICK|IGNORE)\s+)*"
    r"(?:INTO\s+|FROM\s+)?(?:(`[^`]+`|\w+)\s*\.\s*)?(?:`[^`]+`|\w+)", re.IGNORECASE | re.DOTALL)
_CREATE: Final = re.compile(r"(?:\s|/\*.*?\*/)*CREATE\s+(?:OR\s+REPLACE\s+)?TABLE\b", re.IGNORECASE | re.DOTALL)
_SYSTEM: Final = frozenset({"mysql", "sys", "performance_schema", "information_schema"})


class Historian(Protocol):
    """The schema history."""

    def record(self, changes: Sequence[StructureChange], sql: str, database: str, offset: BinlogOffset, ts_ms: int) -> None:
        """Keep a statement and what it changed, before anything after it is handed on. May block and raise RetriableError."""
        ...


class SchemaRecords(Protocol):
    """Makes the records of the schema-change topic."""

    def of(self, changes: Sequence[StructureChange], where: RowsWhere, row: int, offset: BinlogOffset) -> list[SourceRecord]:
        """The records of one statement's changes, in order."""
        ...


class Situation(Protocol):
    """How a statement is to be read."""

    def context(self, query: Query) -> DdlContext:
        """The session and server that ran it."""
        ...


class DdlFollower:
    """Follows the statements of one log. One thread.

    ``lookup`` is as in :class:`TableTracker`, None where the history is the truth; then a statement that cannot be followed is
    an error. ``build`` makes the table that a TRUNCATE's record is of. ``historian`` and ``records`` are None where neither is
    wanted.
    """

    def __init__(self, config: MySqlConfig, structures: Structures, tables: TableTracker, situation: Situation,
                 charsets: Charsets, build: Callable[[TableDef], Table | None], *, lookup: Lookup | None = None,
                 historian: Historian | None = None,
                 records: SchemaRecords | None = None, logger: logging.Logger | None = None) -> None:
        self._config = config
        self._selection = config.selection
        self._structures = structures
        self._tables = tables
        self._situation = situation
        self._charsets = charsets
        self._build = build
        self._lookup = lookup
        self._historian = historian
        self._records = records
        self._log = logger or logging.getLogger(__name__)

    def follow(self, query: Query, where: RowsWhere, offset: BinlogOffset, row: int, silent: bool) -> Entries:
        """The records of one statement; ``offset`` is the one after it, ``row`` the number of the last row before it; ``silent``:
        an earlier run made its records. Raises Unprocessable naming the position, RetriableError of lookup and historian."""
        place = f"{where.file}:{where.pos}" + (f" (GTID {where.gtid})" if where.gtid else "")
        sql = self._sql(query, place)
        try:
            changes = self._apply(query, sql, place)
        except DdlError as e:
            if e.table is not None and _CREATE.match(sql):
                self._refuse_filled(e.table, sql, place)
            self._not_followed(query, e, place)
            return []
        for change in changes:
            for id in (change.id, change.previous):
                if id is not None and change.kind != "TRUNCATE":
                    self._tables.changed(id)
            if change.kind == "CREATE" and change.id is not None:
                self._refuse_filled(change.id, change.sql, place)
        if self._historian is not None and changes:
            self._historian.record(changes, sql, query.database, offset, where.ts_us // 1000)
        if silent:
            return []
        entries: Entries = []
        told: list[StructureChange] = []
        for change in changes:
            if change.kind == "TRUNCATE":
                entries += self._truncate(change, where, row, offset)
            else:
                told.append(change)
        if self._records is not None:
            entries = [(Kind.RECORD, r) for r in self._records.of(told, where, row, offset)] + entries
        return entries

    def _sql(self, query: Query, place: str) -> str:
        try:
            return self._charsets.decoder(charset_of(query.charset))(query.statement)
        except ValueError as e:
            raise Unprocessable(f"the statement at {place}, run in database {query.database!r}, cannot be read: {e}") from None

    def _apply(self, query: Query, sql: str, place: str) -> list[StructureChange]:
        context = self._situation.context(query)
        try:
            changes = self._structures.apply(sql, query.database, context)
            return [self._completed(change) for change in changes] if self._lookup is not None else changes
        except DdlError as e:
            if self._lookup is None or e.table is None or (_CREATE.match(sql) and fills_from_select(sql)):
                raise
            # What is known of the table is not what it was at this place of the log: what the server says now comes closer.
            self._structures.drop(e.table)
            now = self._lookup(e.table)
            if now is None:
                raise
            self._structures.put(now)
            return [StructureChange("CREATE" if _CREATE.match(sql) else "ALTER", e.table, None, now, query.database, sql)]

    def _completed(self, change: StructureChange) -> StructureChange:
        """With the table as it is now, where it was not known before."""
        id = change.id
        unknown = change.table is None and id is not None and change.kind in ("CREATE", "ALTER", "RENAME")
        if not unknown or id is None or self._lookup is None or not self._selection.table(id.database, id.name):
            return change
        now = self._lookup(id)
        if now is not None:
            self._structures.put(now)
        return replace(change, table=now)

    def _not_followed(self, query: Query, error: DdlError, place: str) -> None:
        text = f"the statement at {place}, run in database {query.database!r}, cannot be followed: {error}"
        table = error.table
        if table is not None:
            self._structures.drop(table)
            self._tables.changed(table)
        if self._lookup is not None or self._config.history_skip_unparseable:
            self._log.warning("%s. It gives no schema-change record", text)
            return
        if table is not None and not self._selection.table(table.database, table.name):
            return
        raise Unprocessable(
            f"{text}. To do: set binlog_row_metadata=FULL on the server, which makes following statements needless, and start "
            "once with snapshot.mode=recovery; or set schema.history.internal.skip.unparseable.ddl=true if the statement changes "
            "no captured table")

    def _refuse_filled(self, table: TableId, sql: str, place: str) -> None:
        if self._selection.table(table.database, table.name) and fills_from_select(sql):
            raise Unprocessable(self._statement_text("a CREATE TABLE … SELECT", table.database, place))

    def _truncate(self, change: StructureChange, where: RowsWhere, row: int, offset: BinlogOffset) -> Entries:
        id = change.id
        if "t" in self._config.skipped or id is None or not self._selection.table(id.database, id.name):
            return []
        known = self._structures.get(id)
        if known is None and self._lookup is not None:
            known = self._lookup(id)
        table = None if known is None else self._build(known)
        if table is None:
            raise Unprocessable(f"table {id} was truncated at {where.file}:{where.pos}, and its structure is not known")
        here = RowsWhere(
            table=id, file=where.file, pos=where.pos, server_id=where.server_id, thread=where.thread, gtid=where.gtid, query=None,
            ts_us=where.ts_us, base=where.base, total=-1)
        return [(Kind.TRUNCATE, Change(TableState(table), b"", -1, -1, False, here, row, offset=offset))]

    # Statements that change rows.

    def refuse_statement(self, query: Query, text: str, statement: Statement, place: str) -> None:
        """Raise Unprocessable for a statement whose rows are not in the log, unless they are surely none of a captured table."""
        try:
            databases = query.status.databases
        except ValueError:
            databases = None
        if databases is None and statement.word in ("INSERT", "REPLACE", "UPDATE", "DELETE"):
            databases = self._system_only(query, text)
        if databases is not None and not any(self._may_capture(name) for name in databases):
            return
        raise Unprocessable(self._statement_text(f"a statement ({statement.word})", query.database, place))

    def refuse_load(self, place: str) -> None:
        """Raise Unprocessable for LOAD DATA in statement format."""
        raise Unprocessable(self._statement_text("a statement (LOAD DATA)", "", place))

    def _statement_text(self, what: str, database: str, place: str) -> str:
        where = f" in database {database!r}" if database else ""
        return (f"at {place} the log holds {what} that was run{where} with binlog_format=STATEMENT or MIXED: which rows it "
                "changed is not known. To do: see that every session writes binlog_format=ROW, and make a new snapshot of the "
                "tables it changed; to go on without these changes, set event.processing.failure.handling.mode=warn")

    def _may_capture(self, database: str) -> bool:
        """Whether a table of that database can be captured."""
        selection = self._selection
        if database in selection.system_schemas:
            return False
        if selection.schema_include:
            return selection.schema_include.match(database)
        return not (selection.schema_exclude and selection.schema_exclude.match(database))

    def _system_only(self, query: Query, text: str) -> tuple[str, ...] | None:
        """The database that a simple statement changes if it is one of the server's own, where no trigger can be."""
        found = _TARGET.match(text)
        if found is None:
            return None
        database = (found[1] or query.database).strip("`")
        return (database,) if database in _SYSTEM else None
