"""The source block of a PostgreSQL change, and the offset of its records."""

from __future__ import annotations

from typing import Any

from connectors.changes import Change, Facts, RowRun
from connectors.core.run import RowSource
from connectors.postgres.changes import SpanningRun, Transaction
from connectors.postgres.core.runs import SpanSource, TupleSource
from connectors.postgres.lsn import LSN
from connectors.postgres.offsets import PgOffset
from connectors.tables import Table
from schemas.core.writer import Writer
from schemas.model import Value

__all__ = ["PgSource"]

_Cached = tuple[Transaction | None, Table | None, str | None, bytes, bytes, bytes]
_NOTHING: _Cached = (None, None, None, b"", b"", b"")


class PgSource:
    """Writes :data:`schemas.envelope.POSTGRES_SOURCE`. ``base`` is a template with the server's identity. In a Change,
    ``where`` is the Transaction, ``at`` the change's LSN, ``row`` counts the transaction's change messages, that one included.
    Implements SourceBlock.
    """

    def __init__(self, facts: Facts, database: str, base: PgOffset) -> None:
        self._facts = facts
        self._database = database
        self._base = base
        self._cached = _NOTHING
        self._kept: tuple[Table | None, tuple[bytes, bytes, bytes]] = (None, (b"", b"", b""))

    def value(self, change: Change) -> dict[str, Value]:
        """See SourceBlock."""
        schema, table = change.state.table.path
        return self.value_at(change.where, LSN(change.at), schema, table, change.marker)

    def value_at(self, tx: Transaction, lsn: LSN, schema: str, table: str, marker: str | None) -> dict[str, Value]:
        """The block of what is no change of a table."""
        return {
            "version": self._facts.version, "connector": self._facts.connector, "name": self._facts.prefix,
            "ts_ms": tx.ts_us // 1000, "snapshot": marker, "db": self._database, "sequence": _sequence(tx.last_commit, lsn),
            "ts_us": tx.ts_us, "ts_ns": tx.ts_us * 1000, "schema": schema, "table": table, "txId": tx.tx_id,
            "lsn": _signed(lsn), "xmin": None, "origin": tx.origin,
            "origin_lsn": None if tx.origin_lsn is None else _signed(tx.origin_lsn),
        }

    def write(self, change: Change, writer: Writer) -> None:
        """See SourceBlock."""
        tx, table, cached = change.where, change.state.table, self._cached
        if cached[0] is not tx or cached[1] is not table or cached[2] != change.marker:
            cached = self._cached = (tx, table, change.marker, *self._parts(tx, table, change.marker))
        writer.write_raw(cached[3])
        writer.write_string(_sequence(tx.last_commit, change.at))
        writer.write_raw(cached[4])
        writer.write_long(_signed(change.at))
        writer.write_raw(cached[5])

    def rows(self, run: RowRun) -> RowSource:
        """See SourceBlock."""
        if isinstance(run, SpanningRun):
            head, database, names = self._spanning(run.state.table)
            return SpanSource(head, database, names, b"\x00\x00\x00", run.where)
        tx: Transaction = run.where
        sequence = b'[null,"' if tx.last_commit is None else b'["%d","' % int(tx.last_commit)
        before, middle, after = self._parts(tx, run.state.table, run.marker)
        return TupleSource(before, sequence, middle, after)

    def offset_of(self, change: Change, done: bool) -> dict[str, Any]:
        """See SourceBlock."""
        tx: Transaction = change.where
        lsn = LSN(change.at)
        return self._base.but(
            lsn=lsn, lsn_proc=lsn, lsn_commit=tx.last_commit, tx_id=tx.tx_id, ts_usec=tx.ts_us, tx_lsn=tx.final_lsn,
            tx_index=change.row if done else change.row - 1).write()

    def where(self, change: Change) -> str:
        """See SourceBlock."""
        final = change.where.final_lsn
        return f"position {LSN(change.at)}" + ("" if final is None else f", transaction with commit record at {final}")

    def _spanning(self, table: Table) -> tuple[bytes, bytes, bytes]:
        """What the blocks of all rows of a table in the stream share: up to the time, from there to the sequence, the names."""
        kept = self._kept
        if kept[0] is not table:
            facts, writer = self._facts, Writer()
            for text in (facts.version, facts.connector, facts.prefix):
                writer.write_string(text)
            head = writer.take()
            writer.write_raw(b"\x02")
            writer.write_string(self._database)
            writer.write_raw(b"\x02")
            database = writer.take()
            for name in table.path:
                writer.write_string(name)
            kept = self._kept = table, (head, database, writer.take())
        return kept[1]

    def _parts(self, tx: Transaction, table: Table, marker: str | None) -> tuple[bytes, bytes, bytes]:
        """The block up to the sequence, up to the LSN, and the rest."""
        facts, writer = self._facts, Writer()
        for text in (facts.version, facts.connector, facts.prefix):
            writer.write_string(text)
        writer.write_long(tx.ts_us // 1000)
        if marker is None:
            writer.write_raw(b"\x02")
        else:
            writer.write_raw(b"\x00")
            writer.write_string(marker)
        writer.write_string(self._database)
        writer.write_raw(b"\x02")
        before = writer.take()
        _optional_long(writer, tx.ts_us)
        _optional_long(writer, tx.ts_us * 1000)
        for name in table.path:
            writer.write_string(name)
        _optional_long(writer, tx.tx_id)
        writer.write_raw(b"\x02")
        middle = writer.take()
        writer.write_raw(b"\x00")
        if tx.origin is None:
            writer.write_raw(b"\x00")
        else:
            writer.write_raw(b"\x02")
            writer.write_string(tx.origin)
        _optional_long(writer, None if tx.origin_lsn is None else _signed(tx.origin_lsn))
        return before, middle, writer.take()


def _optional_long(writer: Writer, n: int | None) -> None:
    if n is None:
        writer.write_raw(b"\x00")
    else:
        writer.write_raw(b"\x02")
        writer.write_long(n)


def _sequence(last_commit: LSN | None, lsn: int) -> str:
    return f'["{int(last_commit)}","{int(lsn)}"]' if last_commit is not None else f'[null,"{int(lsn)}"]'


def _signed(n: int) -> int:
    return int(n) - (1 << 64) if n > 0x7FFFFFFFFFFFFFFF else int(n)
