"""Binary log event packets → batches of changes. No I/O but what the callbacks given do."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from connect.api.errors import ConnectError
from connectors.batch import ChangeBatch
from connectors.changes import Facts, Kind, SourceBlock
from connectors.mysql import eventtypes as types
from connectors.mysql.config import MySqlConfig
from connectors.mysql.ddlevents import NOWHERE, DdlFollower
from connectors.mysql.eventbytes import UnknownEvent
from connectors.mysql.feed import EventFeed, first_words
from connectors.mysql.gtid import source_of
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.payload import TransactionPayload
from connectors.mysql.progress import Progress
from connectors.mysql.querystatus import Query
from connectors.mysql.rowchanges import Entries, RowOptions
from connectors.mysql.rowintake import RowIntake
from connectors.mysql.rowsevent import Rows, TableMap
from connectors.mysql.statements import StatementKind, classify
from connectors.mysql.stream import FilePosition
from connectors.mysql.tracking import TableTracker
from connectors.mysql.unprocessable import Unprocessable, lost_events, rolled_back_late
from connectors.mysql.walking import EventWalk
from connectors.mysql.where import RowsWhere
from connectors.mysql.xareader import XaReader
from connectors.transactions import begin_record, end_record

__all__ = ["BATCH_BYTES", "BinlogDecoder"]

BATCH_BYTES: Final = 8 * 1024 * 1024
"""A batch ends after about so many bytes of events, so that it is bounded however large the rows."""


class BinlogDecoder:
    """Turns the packets of one dump into batches. One for each connection. One thread.

    ``tables`` and ``ddl`` know the structures. ``begins`` is where the dump begins when that is in front of the offset's place
    (see positions.Resume): up to there only XA transactions are looked at. After an error it is not to be fed again: make a new
    one with the last offset that was handed on.
    """

    def __init__(self, config: MySqlConfig, facts: Facts, source: SourceBlock, tables: TableTracker, ddl: DdlFollower,
                 resume: BinlogOffset, *, server_uuid: str | None = None, begins: FilePosition | None = None,
                 clock: Callable[[], int] = time.time_ns, logger: logging.Logger | None = None) -> None:
        self._skipped = 0
        self.commit_us = 0
        """When what was read last was committed, in microseconds since 1970; 0 while not known."""
        self._config = config
        self._facts = facts
        self._source = source
        self._tables = tables
        self._ddl = ddl
        self._clock = clock
        self._log = logger or logging.getLogger(__name__)
        self._progress = Progress(config.flavor, resume, server_uuid, begins)
        self._feed = EventFeed(self._progress)
        self._topic = config.topics.transaction
        self._counts = config.counts
        self._rows = RowIntake(self._progress, self._feed, tables, RowOptions(
            config.skipped, config.tombstones_on_delete, config.skip_messages_without_change))
        self._walk = EventWalk(config, self._progress, self._feed, tables, self._rows, self._source_wanted)
        self._savepoints: dict[str, int] = {}
        self._xa = XaReader(self._progress, self._feed, tables, self._set_aside, self._decided)
        self._idle = False
        self._counted = False
        self._entries: Entries = []
        self._error: ConnectError | None = None
        """What is the matter with the next event, once what came before it was handed on."""
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            types.Gtid: self._gtid, types.MariaGtid: self._maria_gtid, Query: self._query, TableMap: self._table_map,
            Rows: self._rows_event, types.Xid: self._xid, types.XaPrepare: self._xa_prepare,
            types.RowsQuery: self._rows_query, types.Annotate: self._annotate, types.Heartbeat: self._heartbeat,
            types.Rotate: self._rotate, TransactionPayload: self._payload, types.Incident: self._incident,
            types.StatementPart: self._statement_part,
        }

        self._again: dict[type[Any], Callable[[Any], None]] = {Query: self._query_again, **{
            kind: self._handlers[kind] for kind in (types.Gtid, types.MariaGtid, types.XaPrepare, types.Heartbeat, types.Rotate,
                                                    TransactionPayload)}}

    @property
    def offset(self) -> BinlogOffset:
        """The offset after everything that the batches so far were made of."""
        return self._progress.offset

    @property
    def skipped_events(self) -> int:
        """How many events were left out because they could not be processed."""
        return self._skipped + self._rows.unknown

    @property
    def pending(self) -> bool:
        """Whether ``feed(())`` has more to hand on of what was fed."""
        return self._error is not None or self._rows.reading or self._feed.waiting

    @property
    def position(self) -> tuple[str, int]:
        """File and position behind the last event that was dealt with."""
        return self._progress.file, self._progress.pos

    def close(self) -> None:
        """Give back what is kept of undecided transactions."""
        self._progress.xa.close()
        self._xa.close()
        if self._feed.spool is not None:
            self._feed.spool.close()

    def feed(self, packets: Sequence[bytes]) -> ChangeBatch[BinlogOffset]:
        """Decode event packets in the order read; ``()`` goes on with what is left (see ``pending``).

        A batch may end inside a transaction and between two rows of an event; one without records still moves the offset. Raises
        ConnectError naming the position, after what was decoded before it was handed on (with the offset before, so it
        may come again); RetriableError of the callbacks.
        """
        if self._error is not None:
            raise self._error
        feed, before = self._feed, self._progress.offset
        feed.add(packets)
        feed.bytes = self._rows.more = 0
        self._entries = []
        limit, place = self._config.max_batch_size, self._progress.place
        try:
            while len(self._entries) + self._rows.more < limit and feed.bytes < BATCH_BYTES:
                try:
                    if not self._step(limit):
                        break
                except UnknownEvent as e:
                    self._failed(f"{e}, at {place()}; nothing after it was read. Use a newer version")
                except Unprocessable as e:
                    self._failed(str(e))
                except ValueError as e:
                    self._failed(f"the binary log cannot be read at {place()}: {e}; the server or something between sent what "
                                 "the format does not allow")
        except ConnectError as e:
            if not self._entries:
                raise
            self._error = e
        entries, self._entries = self._entries, []
        feed.packet = b""  # it may be huge, and the next may be long in coming
        self._rows.release()
        self._walk.release()
        offset = self._progress.offset if self._error is None else before
        return ChangeBatch(self._facts, entries, offset, self._clock(), self._source)

    def _step(self, limit: int) -> bool:
        """Go one event, or some rows, further. False when there is nothing to go on with."""
        if self._rows.reading:
            if self._rows.read(self._entries, limit, BATCH_BYTES - self._feed.bytes):
                self._count()
            return True
        if self._walk.take(self._entries, limit - len(self._entries) - self._rows.more, BATCH_BYTES - self._feed.bytes):
            if self._walk.begun_us >= 0:
                self.commit_us = self._walk.begun_us
            return True
        self._counted = False
        event = self._feed.next()
        if event is None:
            return False
        handler = (self._again if self._progress.repeated else self._handlers).get(type(event))
        if handler is not None:
            handler(event)
        elif not self._progress.repeated:
            self._count()
        return True

    def _failed(self, text: str) -> None:
        mode = self._config.processing_failure_mode
        if mode == "fail":
            raise Unprocessable(text)
        self._skipped += 1
        if mode == "warn":
            self._log.warning("left out, as event.processing.failure.handling.mode=warn says: %s", text)
        self._rows.drop()
        if not self._counted and self._feed.spool is None:
            self._done()

    def _count(self) -> None:
        """The event is dealt with, and counts in its transaction if there is one."""
        self._counted = True
        self._progress.event_done()

    def _done(self) -> None:
        """The event is dealt with; outside a transaction it stands for itself and ends its group."""
        self._counted = True
        if self._progress.tx is not None:
            self._progress.event_done()
        else:
            self._progress.commit()

    # The log's own affairs.

    def _rotate(self, event: types.Rotate) -> None:
        if self._progress.tx is None or not event.fake:
            self._tables.forget_ids()
        self._progress.rotate(event.file, event.pos)

    def _heartbeat(self, event: types.Heartbeat) -> None:
        self._progress.heartbeat(event.file, event.pos)

    def _incident(self, event: types.Incident) -> None:
        raise lost_events(self._progress.place(), event.message or str(event.incident))

    # Transactions.

    def _gtid(self, event: types.Gtid) -> None:
        self._progress.announced(event.gtid, event.original_commit_us or 0)

    def _maria_gtid(self, event: types.MariaGtid) -> None:
        self._progress.announced(event.gtid, 0)
        self._idle = event.idle
        if event.prepared_xa:
            self._xa.open()
        elif not event.standalone and not self._progress.repeated:
            self._begin(event.header, None)

    def _wanted(self) -> bool:
        gtid = self._progress.gtid
        return gtid is None or self._source_wanted(gtid)

    def _source_wanted(self, gtid: str) -> bool:
        return not self._config.gtid_source_filter_dml_events or self._counts(source_of(gtid))

    def _begin(self, header: types.EventHeader, thread: int | None) -> None:
        if self._progress.tx is not None:  # MariaDB's GTID event began it
            self._count()
            return
        self.commit_us = self._progress.time(header.ts)
        metadata = self._config.provide_transaction_metadata
        tx = self._progress.begin(thread, self.commit_us, wanted=self._wanted(), metadata=metadata)
        self._rows.emitted = 0
        self._savepoints.clear()
        self._count()
        if metadata and not tx.told:
            record = begin_record(self._topic, tx.id, self.commit_us // 1000, self._facts.partition, self.offset.write())
            self._entries.append((Kind.RECORD, record))

    def _xid(self, event: types.Xid) -> None:
        self._commit(event.header)

    def _commit(self, header: types.EventHeader) -> None:
        tx = self._progress.tx
        ts_us = self._progress.time(header.ts)
        self._tables.forget_ids()
        self._counted = True
        self._progress.commit(ts_us)
        if tx is not None and tx.metadata:
            record = end_record(self._topic, tx.id, ts_us // 1000, tx.counts, self._facts.partition, self.offset.write())
            self._entries.append((Kind.RECORD, record))

    def _payload(self, event: TransactionPayload) -> None:
        self._feed.checked = False
        self._feed.inside(event.events())

    # Rows.

    def _table_map(self, event: TableMap) -> None:
        self._tables.map(event, self._progress.place)
        self._count()

    def _rows_query(self, event: types.RowsQuery) -> None:
        if self._progress.tx is not None and self._config.include_query:
            self._progress.tx.query = event.text
        self._count()

    def _annotate(self, event: types.Annotate) -> None:
        # Debezium has the server send them only with include.query, so else they must not count.
        if self._config.include_query:
            self._rows_query(event)

    def _rows_event(self, event: Rows) -> None:
        if self._rows.take(event):
            self._count()

    # Statements.

    def _query(self, event: Query) -> None:
        statement = classify(first_words(event))
        match statement.kind:
            case StatementKind.BEGIN:
                self._begin(event.header, event.thread)
            case StatementKind.COMMIT:
                self._commit(event.header)
            case StatementKind.ROLLBACK:
                self._refuse_undo(0)
                self._commit(event.header)
            case StatementKind.SAVEPOINT:
                self._savepoints[statement.argument] = self._rows.emitted
                self._count()
            case StatementKind.ROLLBACK_TO:
                self._refuse_undo(self._savepoints.get(statement.argument, 0))
                self._count()
            case StatementKind.RELEASE | StatementKind.XA_END | StatementKind.XA_PREPARE:
                self._count()
            case StatementKind.XA_START:
                self._xa_start()
            case StatementKind.XA_COMMIT:
                self._xa.commit(event.header, statement.argument)
            case StatementKind.XA_ROLLBACK:
                self._progress.xa.remove(statement.argument)
                self._done()
            case StatementKind.DML:
                self._ddl.refuse_statement(event, first_words(event), statement, self._progress.place())
                self._done()
            case _:
                self._structure(event)

    def _query_again(self, event: Query) -> None:
        if classify(first_words(event)).kind is StatementKind.XA_START:
            self._xa_start()

    def _refuse_undo(self, emitted: int) -> None:
        """What was emitted since is rolled back; that is known beforehand unless the transaction was too long to look through."""
        if not self._feed.checked and self._rows.emitted > emitted:
            raise rolled_back_late(self._progress.place())

    def _statement_part(self, event: types.StatementPart) -> None:
        if "LOAD" in event.what.upper():
            self._ddl.refuse_load(self._progress.place())
        self._count()

    def _structure(self, event: Query) -> None:
        if self._idle:
            self._done()
            return
        progress = self._progress
        tx = progress.tx
        self.commit_us = self._progress.time(event.header.ts)
        where = RowsWhere(NOWHERE, progress.file, progress.start, event.header.server_id, None if tx is None else tx.thread,
                          progress.gtid, None, self.commit_us, progress.base)
        silent = (tx is not None and tx.passing) or not self._wanted()
        self._done()
        self._entries += self._ddl.follow(event, where, self.offset, self._rows.last_row, silent)

    # XA.

    def _xa_start(self) -> None:
        if self._progress.tx is not None:  # it is decided, and read now
            self._count()
        else:
            self._xa.start()

    def _xa_prepare(self, event: types.XaPrepare) -> None:
        if self._feed.spool is None:
            self._count()
        else:
            self._xa.prepare(event)

    def _set_aside(self, header: types.EventHeader) -> None:
        """The transaction at hand is kept until it is decided; it ends its group."""
        self._counted = True
        self._progress.commit(self._progress.time(header.ts))

    def _decided(self, header: types.EventHeader, place: tuple[str, int] | None) -> None:
        """The rows that come now are those of a transaction that is decided. ``place``: it begins there, not with the event at
        hand."""
        self.commit_us = self._progress.time(header.ts)
        self._progress.begin(None, self.commit_us, wanted=self._wanted(), place=place)
        if place is None:
            self._count()
