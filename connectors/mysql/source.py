"""The source block of a MySQL or MariaDB change, and the offset of its records."""

from __future__ import annotations

from typing import Any

from connectors.changes import Change, Facts, RowRun
from connectors.core.run import NumberSource, RowSource
from connectors.mysql.core.places import EventSource
from connectors.mysql.walking import WalkedFrom
from connectors.mysql.where import RowsWhere
from schemas.core.writer import Writer
from schemas.model import Value

__all__ = ["BinlogSource"]

_NO_WHERE = object()


class BinlogSource:
    """Writes :data:`schemas.envelope.MYSQL_SOURCE` (and MARIADB_SOURCE, which has the same members). In a Change, ``where`` is a
    :class:`connectors.mysql.where.RowsWhere` and ``row`` the row's number in the event, from 0. Implements SourceBlock.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        # Taken whole, so that another thread may write at the same time.
        self._cached: tuple[object, str | None, bytes, bytes] = (_NO_WHERE, None, b"", b"")

    def value(self, change: Change) -> dict[str, Value]:
        """See SourceBlock."""
        return self.value_at(change.where, change.row, change.marker)

    def value_at(self, where: RowsWhere, row: int, marker: str | None) -> dict[str, Value]:
        """The block of what is no change of a row: a schema change."""
        return {
            "version": self._facts.version, "connector": self._facts.connector, "name": self._facts.prefix,
            "ts_ms": where.ts_us // 1000, "snapshot": marker, "db": where.table.database, "sequence": None,
            "ts_us": where.ts_us, "ts_ns": where.ts_us * 1000, "table": where.table.name or None, "server_id": where.server_id,
            "gtid": where.gtid, "file": where.file, "pos": where.pos, "row": row, "thread": where.thread, "query": where.query,
        }

    def write(self, change: Change, writer: Writer) -> None:
        """See SourceBlock."""
        cached = self._cached
        if cached[0] is not change.where or cached[1] != change.marker:
            before, after = self._parts(change.where, change.marker)
            cached = self._cached = (change.where, change.marker, before, after)
        writer.write_raw(cached[2])
        writer.write_long(change.row)
        writer.write_raw(cached[3])

    def rows(self, run: RowRun) -> RowSource:
        """See SourceBlock."""
        where = run.where
        if isinstance(where, WalkedFrom):
            return self._events(where)
        before, after = self._parts(where, run.marker)
        return NumberSource(before, after)

    def _events(self, where: WalkedFrom) -> EventSource:
        facts, writer = self._facts, Writer()
        for text in (facts.version, facts.connector, facts.prefix):
            writer.write_string(text)
        head = writer.take()
        writer.write_raw(b"\x02")
        writer.write_string(where.table.database)
        writer.write_raw(b"\x00")
        names = writer.take()
        _optional_string(writer, where.table.name or None)
        return EventSource(where.walked.places, head, names, writer.take())

    def offset_of(self, change: Change, done: bool) -> dict[str, Any]:
        """See SourceBlock. After the last row of the event the event is done; in between, so many of its rows are."""
        where: RowsWhere = change.where
        base = where.base
        rows = change.row + 1 if done else change.row
        if done and rows == where.total:
            return base.but(event=base.event + 1, row=0).write()
        return base.but(row=rows).write()

    def where(self, change: Change) -> str:
        """See SourceBlock."""
        where: RowsWhere = change.where
        gtid = f", GTID {where.gtid}" if where.gtid else ""
        if change.marker is not None:
            return f"in the snapshot at binlog {where.file}:{where.pos}{gtid}"
        return f"row {change.row} of the event at binlog {where.file}:{where.pos}{gtid}"

    def _parts(self, where: RowsWhere, marker: str | None) -> tuple[bytes, bytes]:
        """The block up to the row's number, and the rest."""
        facts, writer = self._facts, Writer()
        for text in (facts.version, facts.connector, facts.prefix):
            writer.write_string(text)
        writer.write_long(where.ts_us // 1000)
        # The marker's default is "false", so null is the union's second branch.
        if marker is None:
            writer.write_raw(b"\x02")
        else:
            writer.write_raw(b"\x00")
            writer.write_string(marker)
        writer.write_string(where.table.database)
        writer.write_raw(b"\x00")
        _optional_long(writer, where.ts_us)
        _optional_long(writer, where.ts_us * 1000)
        _optional_string(writer, where.table.name or None)
        writer.write_long(where.server_id)
        _optional_string(writer, where.gtid)
        writer.write_string(where.file)
        writer.write_long(where.pos)
        before = writer.take()
        _optional_long(writer, where.thread)
        _optional_string(writer, where.query)
        return before, writer.take()


def _optional_long(writer: Writer, n: int | None) -> None:
    if n is None:
        writer.write_raw(b"\x00")
    else:
        writer.write_raw(b"\x02")
        writer.write_long(n)


def _optional_string(writer: Writer, text: str | None) -> None:
    if text is None:
        writer.write_raw(b"\x00")
    else:
        writer.write_raw(b"\x02")
        writer.write_string(text)
