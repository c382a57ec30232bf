"""The records of the schema-change topic (``include.schema.changes``): each statement that changed a captured table, and how the
table is afterwards. TRUNCATE, CREATE INDEX and DROP INDEX give none; a statement on several tables gives one for each."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from connect.api.records import SourceRecord
from connectors.changes import Facts
from connectors.mysql.config import MySqlConfig
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.source import BinlogSource
from connectors.mysql.structure import Flavor, TableId
from connectors.mysql.structures import StructureChange
from connectors.mysql.tabledocument import quoted_id, table_document
from connectors.mysql.where import RowsWhere
from connectors.selection import Selection
from schemas.envelope import MARIADB_SOURCE, MYSQL_SOURCE
from schemas.schemachange import change_key, change_value

__all__ = ["SchemaChangeRecords", "bare_statement", "hash_order", "may_capture"]

_TYPES = {"CREATE": "CREATE", "ALTER": "ALTER", "RENAME": "ALTER", "DROP": "DROP"}


class SchemaChangeRecords:
    """Makes the records of one connector. ``clock`` is in nanoseconds since 1970: it gives ``ts_ms``."""

    def __init__(self, config: MySqlConfig, facts: Facts, source: BinlogSource, clock: Callable[[], int] = time.time_ns) -> None:
        self._selection = config.selection
        self._comments = config.include_schema_comments
        self._mariadb = config.flavor is Flavor.MARIADB
        self._facts = facts
        self._source = source
        self._clock = clock
        self._topic = config.topics.schema_changes
        connector = config.flavor.value
        self._key = change_key(connector)
        self._value = change_value(connector, MARIADB_SOURCE if self._mariadb else MYSQL_SOURCE)

    def of(self, changes: Sequence[StructureChange], where: RowsWhere, row: int, offset: BinlogOffset) -> list[SourceRecord]:
        """The records of one statement in the log. ``where`` is its place (its table does not matter), ``row`` the number of the
        last row before it, ``offset`` the one after it."""
        records = []
        for database in dict.fromkeys(change.database for change in changes):
            group = [c for c in changes if c.database == database]
            names = ",".join(id.name for id in hash_order(c.id for c in group if c.id is not None and c.kind in _TYPES))
            here = replace(where, table=TableId(database, names))
            records += [self._record(c, here, row, None, offset) for c in group if self._told(c)]
        return records

    def snapshot(self, change: StructureChange, where: RowsWhere, offset: BinlogOffset) -> list[SourceRecord]:
        """The records of one structure that a snapshot found; ``where`` is the snapshot's place with the change's table."""
        return [self._record(change, where, 0, "true", offset)]

    def _told(self, change: StructureChange) -> bool:
        if change.kind == "DATABASE":
            return may_capture(self._selection, change.database)
        if change.kind not in _TYPES or change.id is None:
            return False
        return self._selection.table(change.id.database, change.id.name)

    def _record(self, change: StructureChange, where: RowsWhere, row: int, marker: str | None,
                offset: BinlogOffset) -> SourceRecord:
        tables = []
        if change.id is not None:
            # MariaDB's ALTER TABLE shows the table's comment in any case, as in Debezium.
            comment = self._comments or (self._mariadb and change.kind == "ALTER")
            table = None if change.table is None else table_document(change.table, self._comments, comment)
            tables.append({"type": _TYPES[change.kind], "id": quoted_id(change.id), "table": table})
        value = {
            "source": self._source.value_at(where, row, marker), "ts_ms": self._clock() // 1_000_000,
            "databaseName": change.database,
            "schemaName": None, "ddl": bare_statement(change.sql), "tableChanges": tables,
        }
        return SourceRecord(
            self._facts.partition, offset.write(), self._topic, self._key, {"databaseName": change.database}, self._value, value,
            headers=self._facts.headers, kafka_partition=0)


_BEFORE = re.compile(r"(?:\s+|/\*(?!M?!).*?\*/|--\s[^\n]*\n|#[^\n]*\n|;)*", re.DOTALL)


def bare_statement(sql: str) -> str:
    """The statement from its first word to its last: without comments before and behind it. (The end of a versioned comment that
    closes a statement is such, too: Debezium's records show the partitions of a table that way.)"""
    start = _BEFORE.match(sql)
    text = sql[start.end() if start else 0:].rstrip()
    while True:
        if text.endswith(";"):
            text = text[:-1].rstrip()
        elif text.endswith("*/"):
            at = text.rfind("/*")
            plain = at >= 0 and not text.startswith(("/*!", "/*M!"), at)
            text = (text[:at] if plain else text[:-2]).rstrip()
        else:
            return text


def may_capture(selection: Selection, database: str) -> bool:
    """Whether a table of that database can be captured."""
    if database in selection.system_schemas:
        return False
    if selection.schema_include:
        return selection.schema_include.match(database)
    return not (selection.schema_exclude and selection.schema_exclude.match(database))


def hash_order(ids: Iterable[TableId]) -> list[TableId]:
    """The tables of a statement in the order of a Java HashSet, which is the order in which ``source.table`` names them."""
    found = list(dict.fromkeys(ids))
    size = 16
    while len(found) > size * 3 // 4:
        size *= 2

    def bucket(id: TableId) -> int:
        code = 0
        raw = str(id).encode("utf-16-be", "surrogatepass")
        for at in range(0, len(raw), 2):
            code = (31 * code + (raw[at] << 8 | raw[at + 1])) & 0xFFFFFFFF
        return (code ^ code >> 16) & (size - 1)

    return sorted(found, key=bucket)
