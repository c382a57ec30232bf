"""pgoutput frames and COPY lines → batches of changes. No I/O but what the catalogue given does."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from connect.api.errors import ConnectError, RecordError
from connect.api.records import SourceRecord
from connectors.batch import ChangeBatch
from connectors.changes import Change, Facts, Kind, RowRun, TableState
from connectors.core.run import Rows
from connectors.facts import SnapshotMarks, context_headers, version
from connectors.postgres.changes import SnapshotTable, SpanningRun, Transaction
from connectors.postgres.config import PostgresConfig
from connectors.postgres.copied import NO_MARKS, CopiedRows
from connectors.postgres.core.rows import TupleSpans
from connectors.postgres.core.runs import gather, pass_over, walk
from connectors.postgres.core.walk import Scanned
from connectors.postgres.facts import ConnectorFacts, SnapshotPosition
from connectors.postgres.lsn import LSN
from connectors.postgres.messages import MessageSelection, message_value
from connectors.postgres.offsets import PgOffset, partition_of
from connectors.postgres.pgoutput import Begin, Commit, Message, Origin, Relation, Truncate, row_tuples
from connectors.postgres.progress import Progress
from connectors.postgres.relations import FIRST_USER_OID, Catalog, CatalogTable
from connectors.postgres.source import PgSource
from connectors.postgres.tables import TableBuilder
from connectors.tables import Table
from connectors.transactions import begin_record, end_record
from schemas.envelope import MESSAGE_KEY

__all__ = ["Decoder"]

_ROW_KINDS = {73: "INSERT", 85: "UPDATE", 68: "DELETE"}
_INSERT, _UPDATE, _DELETE, _BEGIN, _COMMIT, _RELATION, _TYPE, _ORIGIN, _TRUNCATE, _MESSAGE, _KEEPALIVE = (
    ord(c) for c in "IUDBCRYOTMk")


class Decoder:
    """Turns what the replication connection read into batches. One for each connection: relations are remembered.

    After a RetriableError (of the catalogue) or any other error it is not to be fed again: make a new one with the last
    offset that was handed on. One thread.
    """

    def __init__(self, config: PostgresConfig, catalog: Catalog, connector: ConnectorFacts, resume: PgOffset | None,
                 clock: Callable[[], int] = time.time_ns) -> None:
        self.server_wal_end = LSN(0)
        """The newest ``wal_end`` the server told of, in any frame."""
        self.reply_requested = False
        """Whether a keepalive asked for a status update; set it to False once it is sent."""
        self._config = config
        self._catalog = catalog
        self._clock = clock
        self._topics = config.topics
        self._builder = TableBuilder(config, catalog, self._topics)
        self._selection = config.selection
        self._skipped = config.skipped
        # What has to be decided of each row cannot be decided of a run.
        self._each = (config.provide_transaction_metadata or config.skip_messages_without_change
                      or not self._skipped.isdisjoint("cud"))
        self._messages = MessageSelection.of(config)
        base = PgOffset(system_id=connector.system_id, timeline=connector.timeline)
        headers = context_headers("postgresql", config.topic_prefix, connector.task_id, connector.run_id)
        self._facts = Facts(version(), "postgresql", config.topic_prefix, partition_of(config.topic_prefix),
                            headers if config.extended_headers else ())
        self._source = PgSource(self._facts, connector.database, base)
        self._copied = CopiedRows(self._builder, self._facts, self._source, base, clock)
        self._progress = Progress(base, resume, config.provide_transaction_metadata)
        self._tables: dict[int, TableState | None] = {}
        self._described: dict[int, tuple[Relation, CatalogTable | None, Table | None]] = {}
        """What the tables were built from."""
        self._names: dict[int, str] = {}
        self._spans, self._old = TupleSpans(), TupleSpans()
        self._scanned = Scanned()
        self._entries: list[tuple[Kind, Change | RowRun | SourceRecord]] = []

    @property
    def offset(self) -> PgOffset:
        """The offset after everything fed so far."""
        return self._progress.offset

    @property
    def in_transaction(self) -> bool:
        """Whether the last frame fed lies inside a transaction."""
        return self._progress.tx is not None

    def feed(self, frames: Sequence[bytes]) -> ChangeBatch[PgOffset]:
        """Decode CopyData payloads in the order read. May end inside a transaction. A batch without records still moves the
        offset. Raises ConnectError on a message that is not known, RecordError on a row that cannot be decoded."""
        scanned = self._scanned
        self._entries = []
        i = newest = 0
        try:
            newest = scanned.scan(frames if isinstance(frames, list) else [*frames])
            end = len(scanned)
            while i < end:
                kind = scanned.kind(i)
                if kind == _BEGIN:
                    after = self._walk(scanned, i)
                    if after > i:
                        i = after
                        continue
                    self._begin(scanned.lsn(i), Begin.parse(scanned.frame(i)))
                elif kind in _ROW_KINDS:
                    after = self._run(scanned, i, scanned.oid(i))
                    if after > i:
                        i = after
                        continue
                    self._row(kind, scanned.lsn(i), scanned.oid(i), scanned.frame(i))
                elif kind == _KEEPALIVE:
                    self._keepalive(scanned.end(i), bool(scanned.oid(i)))
                else:
                    self._other(kind, scanned.lsn(i), scanned.frame(i))
                i += 1
        except ValueError as e:
            lsn = LSN(scanned.lsn(i) if i < len(scanned) else 0)
            raise ConnectError(f"the replication stream cannot be read at {lsn}: {e}; the server or something between "
                               "sent what the protocol does not allow") from None
        finally:
            scanned.release()
        self._progress.settle()
        if newest > self.server_wal_end:
            self.server_wal_end = LSN(newest)
        return ChangeBatch(self._facts, self._entries, self._progress.offset, self._clock(), self._source)

    def _keepalive(self, wal_end: int, reply: bool) -> None:
        if reply:
            self.reply_requested = True
        self._progress.keepalive(wal_end)

    def _other(self, kind: int, lsn: int, frame: bytes) -> None:
        if kind == _COMMIT:
            self._commit(lsn, Commit.parse(frame))
        elif kind == _RELATION:
            self._relation(Relation.parse(frame))
        elif kind == _ORIGIN:
            self._progress.origin(Origin.parse(frame))
        elif kind == _TRUNCATE:
            self._truncate(lsn, Truncate.parse(frame))
        elif kind == _MESSAGE:
            self._message(lsn, Message.parse(frame))
        elif kind != _TYPE:
            raise ConnectError(
                f"the server sent a pgoutput message of kind {chr(kind)!r} at {LSN(lsn)}, which this version does not know; "
                "nothing after it was read. Use a newer version")

    def _begin(self, lsn: int, begin: Begin) -> None:
        if self._progress.begin(lsn, begin) and self._config.provide_transaction_metadata:
            record = begin_record(self._topics.transaction, f"{begin.xid}:{lsn}", begin.ts_us // 1000, self._facts.partition,
                                  self._progress.offset.write())
            self._entries.append((Kind.RECORD, record))

    def _commit(self, lsn: int, commit: Commit) -> None:
        tx = self._progress.commit(commit)
        if tx is not None and self._config.provide_transaction_metadata:
            record = end_record(self._topics.transaction, f"{tx.tx_id}:{lsn}", commit.ts_us // 1000, self._progress.counts,
                                self._facts.partition, self._progress.offset.write())
            self._entries.append((Kind.RECORD, record))

    def _relation(self, relation: Relation) -> None:
        self._names[relation.oid] = f"{relation.schema}.{relation.name}"
        if not self._selection.table(relation.schema, relation.name):
            self._tables[relation.oid] = None
            return
        today = self._catalog.table(relation.oid)
        table = self._as_before(relation, today)
        if table is None:
            if relation.oid in self._tables:
                # It is described anew: something of it changed, perhaps a type too (a label of an enum).
                self._catalog.refresh()
            table = self._builder.build(relation, today)
        self._described[relation.oid] = relation, today, table
        self._tables[relation.oid] = None if table is None else TableState(table)

    def _as_before(self, relation: Relation, today: CatalogTable | None) -> Table | None:
        """The table that was built from the same. The server describes every table again whose statistics are new, and each
        time what is made for a new table costs as much as hundreds of rows."""
        before = self._described.get(relation.oid)
        if before is None or before[:2] != (relation, today) or any(c.type_oid >= FIRST_USER_OID for c in relation.columns):
            return None
        return before[2]

    def _walk(self, scanned: Scanned, i: int) -> int:
        """Take the transactions from there on that are nothing but ordinary rows of one table; where the next message is, ``i``
        if none was taken. What it does not take is decoded message by message, which leaves the same behind."""
        progress = self._progress
        if self._each or not progress.fresh or i + 2 >= len(scanned):
            return i
        oid = scanned.oid(i + 1)
        state = self._tables.get(oid) if oid else None
        if state is None:
            return i
        table, rows = state.table, Rows()
        keys, by_key = self._prepare(table)
        transactions: list[tuple[int, int, int, int | None]] = []
        end = walk(scanned, i, rows, oid, progress.threshold, progress.offset.lsn_commit, transactions, self._spans,
                   self._old, keys, by_key)
        if end > i:
            self._entries.append((Kind.RUN, SpanningRun(state, rows, transactions, self._config.tombstones_on_delete)))
            progress.committed(transactions[-1][2], Commit.parse(scanned.frame(end - 1)))
        return end

    def _prepare(self, table: Table) -> tuple[list[int], bool]:
        """The spans are the table's; where its key is, and whether old rows always have it."""
        table.form.prepare(self._spans, None)
        table.form.prepare(self._old, None)
        keys = [c.place for c in table.key]
        return keys, not keys or table.key_in_identity

    def _run(self, scanned: Scanned, i: int, oid: int) -> int:
        """Take the rows from there on that need no closer look; where the next message is, ``i`` if none was taken."""
        progress = self._progress
        tx = progress.tx
        if tx is None or self._each or progress.passing or progress.index < progress.skip or oid not in self._tables:
            return i
        state = self._tables[oid]
        if state is None:
            end = pass_over(scanned, i)
        else:
            table, rows = state.table, Rows()
            keys, by_key = self._prepare(table)
            end = gather(scanned, i, rows, progress.index, self._spans, self._old, keys, by_key)
            if end > i:
                self._entries.append((Kind.RUN, RowRun(state, rows, tx, self._config.tombstones_on_delete)))
        if end > i:
            progress.index += end - i
            progress.row(scanned.lsn(end - 1), _ROW_KINDS[scanned.kind(end - 1)])
        return end

    def _row(self, kind: int, lsn: int, oid: int, frame: bytes) -> None:
        if not self._progress.next():
            return
        try:
            state = self._tables[oid]
        except KeyError:
            raise ValueError(f"a row of relation {oid}, which the server has not described") from None
        if state is not None:
            if kind == _INSERT:
                self._insert(state, lsn, frame)
            elif kind == _UPDATE:
                self._update(state, lsn, frame)
            else:
                self._delete(state, lsn, frame)
        self._progress.row(lsn, _ROW_KINDS[kind])

    def _change(self, state: TableState, frame: bytes, new: int, old: int, partial: bool, lsn: int) -> Change:
        progress = self._progress
        assert progress.tx is not None
        block = self._block(state.table.qualified, lsn)
        return Change(state, frame, new, old, partial, progress.tx, progress.index, lsn, block=block)

    def _block(self, collection: str, lsn: int) -> dict[str, Any] | None:
        if not self._config.provide_transaction_metadata:
            return None
        total, place = self._progress.counts.next(collection)
        assert self._progress.tx is not None
        return {"id": f"{self._progress.tx.tx_id}:{lsn}", "total_order": total, "data_collection_order": place}

    def _insert(self, state: TableState, lsn: int, frame: bytes) -> None:
        if "c" in self._skipped:
            return
        tag, at = row_tuples(frame)
        if tag != "N":
            raise ValueError(f"an insert with a row of kind {tag!r}")
        self._entries.append((Kind.CREATE, self._change(state, frame, at, -1, False, lsn)))

    def _update(self, state: TableState, lsn: int, frame: bytes) -> None:
        tag, at = row_tuples(frame)
        if tag == "N":
            if "u" not in self._skipped:
                self._entries.append((Kind.UPDATE, self._change(state, frame, at, -1, False, lsn)))
            return
        if tag not in "KO":
            raise ValueError(f"an update with a row of kind {tag!r}")
        table, partial = state.table, tag == "K"
        new = table.parse(self._old, frame, at, None)
        if frame[new:new + 1] != b"N":
            raise ValueError(f"an update without a new row, at byte {new}")
        new += 1
        table.parse(self._spans, frame, new, None)
        if "u" in self._skipped or (not partial and self._config.skip_messages_without_change and self._same(table)):
            return
        change = self._change(state, frame, new, at, partial, lsn)
        if not self._key_changed(table, partial):
            self._entries.append((Kind.UPDATE, change))
            return
        change.second_block = self._block(table.qualified, lsn)
        self._entries.append((Kind.MOVED_FROM, change))
        if self._config.tombstones_on_delete:
            self._entries.append((Kind.MOVED_TOMBSTONE, change))
        self._entries.append((Kind.MOVED_TO, change))

    def _same(self, table: Table) -> bool:
        return all(self._spans.same(self._old, c.place) for c in table.columns)

    def _key_changed(self, table: Table, partial: bool) -> bool:
        if not table.key or (partial and not table.key_in_identity):
            return False
        return not all(self._spans.same(self._old, c.place) for c in table.key)

    def _delete(self, state: TableState, lsn: int, frame: bytes) -> None:
        if "d" in self._skipped:
            return
        tag, at = row_tuples(frame)
        if tag not in "KO":
            raise ValueError(f"a delete with a row of kind {tag!r}")
        table = state.table
        if tag == "K" and table.key and not table.key_in_identity:
            keys = ", ".join(c.name for c in table.key)
            raise RecordError(
                f"a delete of table {table.qualified} does not carry its key ({keys}): its replica identity is made of other "
                f"columns. To go on, choose the identity's columns with message.key.columns; for deletes to come, ALTER TABLE "
                f"{table.qualified} REPLICA IDENTITY FULL (or DEFAULT, if the key is the primary key)",
                f"topic {table.topic}, position {LSN(lsn)}")
        change = self._change(state, frame, -1, at, tag == "K", lsn)
        self._entries.append((Kind.DELETE, change))
        if self._config.tombstones_on_delete:
            self._entries.append((Kind.TOMBSTONE, change))

    def _truncate(self, lsn: int, truncate: Truncate) -> None:
        if not self._progress.next():
            return
        if "t" not in self._skipped:
            for oid in truncate.relations:
                state = self._tables.get(oid)
                if state is not None:
                    self._entries.append((Kind.TRUNCATE, self._change(state, b"", -1, -1, False, lsn)))
        self._progress.change(lsn, "TRUNCATE")
    def _message(self, lsn: int, message: Message) -> None:
        if message.transactional:
            if not self._progress.next():
                return
        elif message.lsn <= self._progress.threshold:
            return
        emit = self._messages.wants(message.prefix)
        tx = self._progress.tx
        block = None
        if message.transactional:
            assert tx is not None
            block = self._block("message", lsn) if emit else None
            self._progress.change(lsn, "MESSAGE")
        else:
            tx = Transaction(None, None, self._clock() // 1000, self._progress.offset.lsn_commit)
            self._progress.message(message.lsn)
        if emit:
            self._entries.append((Kind.RECORD, self._message_record(message, lsn, tx, block)))

    def _message_record(self, message: Message, lsn: int, tx: Transaction, block: dict[str, Any] | None) -> SourceRecord:
        source = self._source.value_at(tx, LSN(lsn), "", "", None)
        schema, value = message_value(message, self._config.binary_handling_mode, source, block, self._clock() // 1_000_000)
        return SourceRecord(self._facts.partition, self._progress.offset.write(), self._topics.message, MESSAGE_KEY,
                            {"prefix": message.prefix}, schema, value)

    def table_for_snapshot(self, table: CatalogTable) -> SnapshotTable | None:
        """How to read that table, None when it is not captured."""
        return self._copied.table(table)

    def snapshot_batch(self, table: SnapshotTable, lines: list[bytes], at: SnapshotPosition,
                       marks: SnapshotMarks = NO_MARKS) -> ChangeBatch[PgOffset]:
        """``COPY … TO STDOUT`` text lines (with or without the newline) as ``r`` events. With ``marks.last`` the
        batch's offset says that the snapshot is complete."""
        return self._entered(self._copied.batch(table, lines, at, marks))

    def snapshot_done(self, at: SnapshotPosition) -> ChangeBatch[PgOffset]:
        """A batch without records whose offset says that the snapshot is complete (no row was there to say it)."""
        return self._entered(self._copied.done(at))

    def _entered(self, batch: ChangeBatch[PgOffset]) -> ChangeBatch[PgOffset]:
        self._progress.enter(batch.offset)
        return batch
