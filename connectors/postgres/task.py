"""The PostgreSQL task: snapshot, then stream, each handing out batches; reconnecting where it left off."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from connect.api.context import TaskContext
from connect.api.errors import RetriableError
from connect.api.records import ListBatch, Offset, Partition, RecordBatch, SourceRecord
from connect.api.source import CaughtUp
from connect.failpoints import failpoint
from connectors.heartbeat import Heartbeat
from connectors.lifecycle import EmptyBatches, Faults, HeartbeatAction
from connectors.postgres.config import PostgresConfig
from connectors.postgres.decoder import Decoder
from connectors.postgres.facts import ConnectorFacts
from connectors.postgres.failures import SLOT_IN_USE, DatabaseError
from connectors.postgres.lsn import LSN
from connectors.postgres.offsets import PgOffset, partition_of
from connectors.postgres.opening import Opened, Opener, address_of
from connectors.postgres.partitions import PartitionWatch
from connectors.postgres.session import Session
from connectors.postgres.slots import drop_slot
from connectors.postgres.snapshot import SnapshotReader
from connectors.postgres.stream import ReplicationStream
from connectors.waiting import Stopped

if TYPE_CHECKING:
    from connectors.batch import ChangeBatch

__all__ = ["PostgresTask"]

_METRIC_SECONDS: Final = 5.0
_START_ATTEMPTS: Final = 5
_END: Final = object()

T = TypeVar("T")


class PostgresTask(CaughtUp):
    """A :class:`connect.api.source.SourceTask`. What it has handed out decides where it goes on after a lost connection;
    what was stored decides what the database is told."""

    def __init__(self) -> None:
        self._opened: Opened | None = None
        self._decoder: Decoder | None = None
        self._rows: Iterator[ChangeBatch[PgOffset] | None] | None = None
        self._stream: ReplicationStream | None = None
        self._action: HeartbeatAction | None = None
        self._handed: PgOffset | None = None
        self._snapshot_done = False
        self._stored = LSN(0)
        self._empty: EmptyBatches[ChangeBatch[PgOffset]] = EmptyBatches()
        self._metric_at = 0.0
        self._resting = False
        self._reader_pid: int | None = None

    def start(self, context: TaskContext) -> None:
        """See SourceTask."""
        self._context = context
        self._config = PostgresConfig.from_props(context.config)
        self._partition = partition_of(self._config.topic_prefix)
        self._run_id = str(uuid.uuid4())
        self._handed = PgOffset.read(context.offset(self._partition))
        if self._handed is not None and not self._handed.snapshot_running:
            self._stored = self._handed.resume_lsn
        self._opener = Opener(self._config, context)
        self._partitions = PartitionWatch(self._config.publication_name, self._config.selection, context.logger)
        self._heartbeat = Heartbeat(
            self._config.topics.heartbeat, self._config.topic_prefix, self._config.heartbeat_interval_ms / 1000)
        # The statement is the user's: names without a schema mean what they mean to the role.
        self._action = HeartbeatAction(
            self._config.heartbeat_action_query, lambda: self._opener.ordinary(settings={"search_path": ""}), context.logger)
        self._faults = Faults(self._config.errors_max_retries, self._close)
        try:
            self._guarded(self._open)
        except Stopped:
            return

    def poll(self) -> RecordBatch | Sequence[SourceRecord] | None:
        """See SourceTask."""
        try:
            return self._guarded(self._poll)
        except Stopped:
            return None

    def keepalive(self) -> None:
        """See SourceTask."""
        if self._stream is not None:
            try:
                self._stream.keepalive()
            except RetriableError as e:
                self._context.logger.warning("the connection broke while nothing could be read: %s", e)
                self._close()

    def commit(self, offsets: Sequence[tuple[Partition, Offset]]) -> None:
        """See SourceTask."""
        for partition, offset in offsets:
            if dict(partition) != self._partition:
                continue
            stored = PgOffset.read(offset)
            if stored is None or stored.snapshot_running:
                continue
            self._stored = max(self._stored, stored.resume_lsn)
            failpoint("stream.before_confirm")
            self._confirm()

    def stop(self) -> None:
        """See SourceTask."""
        self._close()
        if self._action is not None:
            self._action.close()
        if getattr(self, "_config", None) is not None and self._config.slot_drop_on_stop:
            session = Session.open(address_of(self._config), f"headgate {self._context.connector}-{self._context.task}")
            try:
                drop_slot(session, self._config.slot_name)
            finally:
                session.close()

    # Opening and closing.

    def _guarded(self, step: Callable[[], T]) -> T:
        """Run one step; after a passing fault everything is closed, so that the next step opens it again. When asked to
        stop the stream stays open until :meth:`stop`: the last stored offset is still confirmed by it."""
        if self._context.stopping():
            raise Stopped("asked to stop")
        return self._faults.run(step)

    def _open(self) -> None:
        mode = self._config.snapshot_mode
        if self._snapshot_done and mode == "always":
            mode = "initial"
        opened = self._opener.open(mode, self._handed, self._reader_pid)
        self._opened = opened
        if opened.snapshot is not None:
            self._decoder = self._new_decoder(opened, None)
            start = opened.snapshot
            reader = SnapshotReader(
                start.session, self._decoder, start.targets, start.lsn, self._context.logger, self._config.snapshot_fetch_size)
            self._rows = iter(reader)
        elif opened.plan.stream:
            resume = self._handed
            if resume is not None and opened.resume > resume.resume_lsn:
                self._context.logger.warning(
                    "offset.mismatch.strategy=%s: changes from LSN %s to %s are passed over",
                    self._config.offset_mismatch_strategy, resume.resume_lsn, opened.resume)
                resume = resume.but(lsn_commit=opened.resume, tx_lsn=None, tx_index=0)
            self._start_stream(opened, resume)
        else:
            self._rest()

    def _rest(self) -> None:
        """Nothing is left to do: snapshot.mode=initial_only, and the snapshot is complete."""
        self._close()
        self._resting = True
        self._context.logger.info("snapshot.mode=initial_only: the snapshot is complete, nothing is streamed")

    def _new_decoder(self, opened: Opened, resume: PgOffset | None) -> Decoder:
        facts = ConnectorFacts(
            self._context.connector, self._context.task, self._run_id, self._config.dbname, opened.server.system,
            opened.server.timeline)
        return Decoder(self._config, opened.catalog, facts, resume)

    def _start_stream(self, opened: Opened, resume: PgOffset | None) -> None:
        config = self._config
        at = opened.resume if resume is None else max(opened.resume, resume.resume_lsn)
        session = self._opener.replication()
        opened.sessions.append(session)
        for attempt in range(_START_ATTEMPTS):
            try:
                self._stream = ReplicationStream.start(
                    session, config.slot_name, config.publication_name, at,
                    status_interval=config.status_update_interval_ms / 1000, gulp_frames=config.max_batch_size)
                break
            except DatabaseError as e:
                if e.sqlstate != SLOT_IN_USE or attempt == _START_ATTEMPTS - 1:
                    raise
                self._opener.wait_until_free(opened.sql, self._reader_pid)
        self._reader_pid = session.backend_pid
        self._decoder = self._new_decoder(opened, resume)
        self._confirm()
        self._context.logger.info('streaming from slot "%s" at LSN %s', config.slot_name, at)

    def _confirm(self) -> None:
        if self._stream is not None and self._stored and self._config.lsn_flush_mode != "manual":
            self._stream.confirm(self._stored)

    def _close(self) -> None:
        self._rows = None
        self._decoder = None
        self._empty.drop()
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    # Reading.

    def _poll(self) -> RecordBatch | None:
        if self._resting:
            self._context.wait(0.5)
            return None
        if self._opened is None:
            self._open()
        if self._rows is not None:
            self.caught_up = False
            return self._next_rows()
        if self._stream is not None:
            return self._next_changes()
        return None

    def _next_rows(self) -> RecordBatch | None:
        assert self._rows is not None and self._decoder is not None and self._opened is not None
        batch = next(self._rows, _END)
        if batch is not _END:
            if batch is not None:
                self._handed = self._decoder.offset
            return batch  # type: ignore[return-value]
        self._snapshot_done = True
        self._rows = None
        opened = self._opened
        if opened.snapshot is not None:
            opened.snapshot.session.close()
        self._heartbeat.force()
        if not opened.plan.stream:
            last = self._beat(self._handed)
            self._rest()
            return last
        if self._config.streaming_delay_ms and self._context.wait(self._config.streaming_delay_ms / 1000):
            return None
        self._start_stream(opened, self._handed)
        return None

    def _next_changes(self) -> RecordBatch | None:
        stream, decoder = self._stream, self._decoder
        assert stream is not None and decoder is not None
        if self._heartbeat.wanted and (beat := self._beat(self._handed_or(decoder))) is not None:
            return beat
        frames = stream.read(min(0.5, self._config.poll_interval_ms / 1000))
        if frames:
            batch = decoder.feed(frames)
            if decoder.reply_requested:
                decoder.reply_requested = False
                stream.tell()
            self._measure(decoder, idle=not len(batch))
            if len(batch):
                self._empty.drop()
                self._handed = decoder.offset
                self.caught_up = stream.caught_up
                return batch
            self._empty.hold(batch)
        else:
            self._measure(decoder, idle=True)
        if not frames and self._partitions.due() and self._opened is not None:
            self._partitions.look(self._opened.sql)
            self._context.metric("source_partition_changes", float(self._partitions.changes))
        empty = self._empty.due()
        if empty is not None and decoder.offset != self._handed:
            self._handed = decoder.offset
            return empty
        return None

    def _handed_or(self, decoder: Decoder) -> PgOffset | None:
        """The offset so far, None while nothing is known to be worth storing."""
        return decoder.offset if decoder.offset.resume_lsn else self._handed

    def _beat(self, offset: PgOffset | None) -> RecordBatch | None:
        """A heartbeat with that offset if one is due and there is an offset to tell."""
        if offset is None or not self._heartbeat.due():
            return None
        if self._action is not None:
            self._action.run()
        self._handed = offset
        self._empty.drop()
        return ListBatch([self._heartbeat.record(self._partition, offset.write(), time.time_ns() // 1_000_000)])

    def _measure(self, decoder: Decoder, idle: bool) -> None:
        now = time.monotonic()
        if now - self._metric_at >= _METRIC_SECONDS:
            self._metric_at = now
            end = decoder.server_wal_end
            self._context.metric("source_lag_bytes", float(max(0, end - decoder.offset.resume_lsn)))
            committed = decoder.offset.ts_usec
            lag = 0.0 if idle or not committed else max(0.0, time.time() - committed / 1e6)
            self._context.metric("lag_seconds", lag)
            if self._stored:
                self._context.metric("source_unconfirmed_bytes", float(max(0, end - self._stored)))
