"""The MySQL and MariaDB task: snapshot, then stream, each handing out batches; reconnecting where it left off."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from connect.api.context import TaskContext
from connect.api.errors import RetriableError
from connect.api.records import ListBatch, Offset, Partition, RecordBatch, SourceRecord
from connect.api.source import CaughtUp
from connect.failpoints import failpoint
from connectors.batch import ChangeBatch
from connectors.changes import Facts
from connectors.facts import context_headers, version
from connectors.heartbeat import Heartbeat
from connectors.lifecycle import EmptyBatches, Faults, HeartbeatAction
from connectors.mysql.catalog import Catalog
from connectors.mysql.config import MariaDbConfig, MySqlConfig
from connectors.mysql.decoder import BinlogDecoder
from connectors.mysql.failures import DumpFault, DumpRefused
from connectors.mysql.gtid import gtid_set_of
from connectors.mysql.history import SchemaHistory
from connectors.mysql.meters import LogMeter
from connectors.mysql.offsets import BinlogOffset, partition_of
from connectors.mysql.opening import STRUCTURE_ONLY, History, Opener, Plan, SnapshotKind, decide
from connectors.mysql.positions import Position
from connectors.mysql.server import ServerFacts
from connectors.mysql.session import Session
from connectors.mysql.snapshot import SnapshotOptions, SnapshotReader
from connectors.mysql.snapshotstart import SnapshotStart, SnapshotStarter
from connectors.mysql.stream import BinlogStream, FilePosition
from connectors.mysql.streaming import Reader, ServerContext, structures_of
from connectors.mysql.structures import Structures
from connectors.selection import Patterns
from connectors.waiting import Stopped

__all__ = ["MariaDbTask", "MySqlTask"]

_END: Final = object()
_ASIDE_SECONDS: Final = 60.0
"""Longest wait for an answer while changes stream."""

T = TypeVar("T")


class MySqlTask(CaughtUp):
    """A :class:`connect.api.source.SourceTask`. What it has handed out decides where it goes on after a lost connection."""

    model: type[MySqlConfig] = MySqlConfig

    def __init__(self) -> None:
        self._server: ServerFacts | None = None
        self._sql: Session | None = None
        self._decoder: BinlogDecoder | None = None
        self._reading: SnapshotStart | None = None
        self._rows: Iterator[ChangeBatch[BinlogOffset] | None] | None = None
        self._stream: BinlogStream | None = None
        self._history: SchemaHistory | None = None
        self._structures: Structures | None = None
        self._stream_after = False
        self._empty: EmptyBatches[ChangeBatch[BinlogOffset]] = EmptyBatches()
        self._action: HeartbeatAction | None = None
        self._handed: BinlogOffset | None = None
        self._done: set[str] = set()
        self._lost: str | None = None
        self._resting = False
        self._skipped = 0

    def start(self, context: TaskContext) -> None:
        """See SourceTask."""
        self._context = context
        self._log = context.logger
        self._config = config = self.model.from_props(context.config)
        self._partition = partition_of(config.topic_prefix)
        headers = context_headers(config.flavor.value, config.topic_prefix, context.task, str(uuid.uuid4()))
        facts = Facts(
            version(), config.flavor.value, config.topic_prefix, self._partition, headers if config.extended_headers else ())
        self._reader = Reader(config, facts, context.logger)
        self._handed = BinlogOffset.read(context.offset(self._partition))
        self._opener = Opener(config, context)
        self._faults = Faults(config.errors_max_retries, self._close)
        self._heartbeat = Heartbeat(config.topics.heartbeat, config.topic_prefix, config.heartbeat_interval_ms / 1000)
        self._action = HeartbeatAction(config.heartbeat_action_query, self._opener.ordinary, context.logger)
        self._meter = LogMeter(context)
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
            self._stream.keepalive()

    def commit(self, offsets: Sequence[tuple[Partition, Offset]]) -> None:
        """See SourceTask. The server keeps its log by its own rules: there is nothing to tell it."""
        if any(dict(partition) == self._partition for partition, _ in offsets):
            failpoint("stream.before_confirm")

    def stop(self) -> None:
        """See SourceTask."""
        self._close()
        if self._history is not None:
            self._history.close()
        if self._action is not None:
            self._action.close()

    # Opening and closing.

    def _guarded(self, step: Callable[[], T]) -> T:
        if self._context.stopping():
            raise Stopped("asked to stop")
        before = self._faults.total
        try:
            return self._faults.run(step)
        finally:
            if self._faults.total != before:
                self._context.metric("source_disconnects", float(self._faults.total))

    def _close(self) -> None:
        self._rows = None
        self._empty.drop()
        if self._decoder is not None:
            self._skipped += self._decoder.skipped_events
            self._decoder.close()
            self._decoder = None
        if self._reading is not None:
            self._reading.close()
            self._reading = None
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        if self._sql is not None:
            self._sql.close()
            self._sql = None
        self._server = None
        self._structures = None

    def _mode(self) -> str:
        """The snapshot mode to go by: what is done once at a start is not done again when the connection was lost."""
        mode = self._config.snapshot_mode
        return "initial" if mode in ("always", "recovery") and mode in self._done else mode

    def _open(self) -> None:
        config = self._config
        mode = self._mode()
        self._sql = self._opener.ordinary()
        self._server = server = self._opener.inspect(self._sql, stream=mode != "initial_only")
        plan = decide(mode, self._handed, server, history=self._prepare_history(server), counts=config.counts, lost=self._lost)
        self._log.info("%s", plan.why)
        if plan.snapshot in (SnapshotKind.ROWS, SnapshotKind.STRUCTURE):
            self._open_snapshot(server, plan)
            return
        if not plan.stream:
            self._rest()
            return
        assert plan.start is not None and plan.resume is not None
        if plan.snapshot is SnapshotKind.HISTORY:
            self._recover(server, plan.resume)
        self._start_stream(plan.start, plan.resume)

    def _prepare_history(self, server: ServerFacts) -> History:
        config = self._config
        if server.full_metadata or (config.snapshot_mode == "initial_only" and not config.history_topic):
            return History.NOT_NEEDED
        if self._history is None:
            context = self._context
            self._history = SchemaHistory(config, context.client_settings, stopping=context.stopping, logger=self._log)
        return History.PRESENT if self._history.prepare() else History.MISSING

    @property
    def _everything(self) -> bool:
        """Whether the structures of tables that are not captured are wanted for the history."""
        config = self._config
        return self._history is not None and not config.history_store_only_captured_tables

    def _starter(self, server: ServerFacts) -> SnapshotStarter:
        config = self._config
        return SnapshotStarter(
            lambda: self._opener.ordinary(unlimited=True), config.selection, self._reader.parse(server),
            locking=config.snapshot_locking_mode, lock_timeout_ms=config.snapshot_lock_timeout_ms, logger=self._log,
            wait=self._context.wait)

    def _open_snapshot(self, server: ServerFacts, plan: Plan) -> None:
        config = self._config
        if config.snapshot_delay_ms and self._context.wait(config.snapshot_delay_ms / 1000):
            raise Stopped("asked to stop")
        rows = plan.snapshot is SnapshotKind.ROWS
        self._reading = start = self._starter(server).start(data=rows, everything=self._everything)
        self._structures = self._reader.snapshot_structures(server, start)
        at = BinlogOffset(snapshot="INITIAL" if rows else STRUCTURE_ONLY, server_uuid=server.uuid or None)
        options = SnapshotOptions(
            Patterns.parse(config.snapshot_include), config.overrides, config.snapshot_tables_order, config.snapshot_fetch_size)
        records = self._reader.records
        reader = SnapshotReader(
            start, self._reader.builder.snapshot_table, self._reader.facts, self._reader.source, at, options, self._log,
            None if records is None else records.snapshot)
        if self._history is not None:
            self._history.record_all(start.changes(self._everything), reader.offset.but(snapshot=None), _now_ms())
        self._rows = iter(reader)
        self._stream_after = plan.stream

    def _recover(self, server: ServerFacts, resume: BinlogOffset) -> None:
        """snapshot.mode=recovery: the history is made anew, of the structures as they are now."""
        assert self._history is not None
        start = self._starter(server).start(data=False, everything=self._everything)
        try:
            self._history.record_all(start.changes(self._everything), resume, _now_ms())
            self._structures = self._reader.snapshot_structures(server, start)
        finally:
            start.close()
        self._done.add("recovery")

    def _rest(self) -> None:
        """Nothing is left to do: snapshot.mode=initial_only, and the snapshot is complete."""
        self._close()
        self._resting = True
        self._log.info("snapshot.mode=initial_only: the snapshot is complete, nothing is streamed")

    def _session(self) -> Session:
        """A connection for questions beside the stream."""
        if self._sql is None or self._sql.closed:
            self._sql = self._opener.ordinary()
        if self._stream is not None:
            self._sql.timeout = _ASIDE_SECONDS
        return self._sql

    def _catalog(self) -> Catalog:
        return Catalog(self._session())

    def _start_stream(self, start: Position, resume: BinlogOffset) -> None:
        server = self._server
        assert server is not None
        structures, self._structures = self._structures, None
        if self._history is None:
            structures = structures or structures_of(server, self._catalog())
            lookup = self._reader.lookup(server, self._catalog)
        else:
            lookup = None
            if structures is None:
                structures = Structures(server.lower_case_table_names)
                self._history.recover(structures, resume, ServerContext(server).base)
        try:
            self._stream = self._opener.stream(start)
        except DumpRefused as e:
            gone = e.fault in (DumpFault.PURGED, DumpFault.UNKNOWN_GTID)
            if not gone or self._config.snapshot_mode != "when_needed" or self._lost:
                raise
            self._lost = str(e)
            self._close()
            self._open()
            return
        self._lost = None
        begins = start if isinstance(start, FilePosition) and start != FilePosition(resume.file, resume.pos) else None
        self._decoder = self._reader.decoder(server, resume, begins, structures, lookup, self._history)
        self._log.info("streaming from %s", start if isinstance(start, FilePosition) else f"GTIDs {start}")

    # Reading.

    def _poll(self) -> RecordBatch | None:
        if self._resting:
            self._context.wait(0.5)
            return None
        if self._server is None:
            self._open()
        if self._rows is not None:
            self.caught_up = False
            return self._next_rows()
        if self._stream is not None:
            return self._next_changes()
        return None

    def _next_rows(self) -> RecordBatch | None:
        assert self._rows is not None
        batch = next(self._rows, _END)
        if batch is None:
            return None
        if isinstance(batch, ChangeBatch):
            self._handed = batch.offset
            return batch
        self._rows = None
        self._done.add(self._config.snapshot_mode)
        self._reading = None
        self._heartbeat.force()
        if not self._stream_after:
            last = self._beat(self._handed)
            self._rest()
            return last
        if self._config.streaming_delay_ms and self._context.wait(self._config.streaming_delay_ms / 1000):
            return None
        handed = self._handed
        assert handed is not None
        start: Position = FilePosition(handed.file, handed.pos) if handed.gtids is None else gtid_set_of(
            self._config.flavor, handed.gtids)
        self._start_stream(start, handed)
        return None

    def _next_changes(self) -> RecordBatch | None:
        stream, decoder = self._stream, self._decoder
        assert stream is not None and decoder is not None
        packets: list[bytes] = []
        if not decoder.pending:
            if self._heartbeat.wanted and self._handed is not None and (beat := self._beat(decoder.offset)) is not None:
                return beat
            packets = stream.read(min(0.5, self._config.poll_interval_ms / 1000))
        if packets or decoder.pending:
            batch = decoder.feed(packets)
            self._measure(decoder, idle=not len(batch))
            if len(batch):
                self._empty.drop()
                self._handed = batch.offset
                self.caught_up = stream.caught_up and not decoder.pending
                return batch
            self._empty.hold(batch)
        else:
            self._measure(decoder, idle=True)
        empty = self._empty.due()
        if empty is not None and empty.offset != self._handed:
            self._handed = empty.offset
            return empty
        return None

    def _beat(self, offset: BinlogOffset | None) -> RecordBatch | None:
        """A heartbeat with that offset if one is due and there is an offset to tell."""
        if offset is None or not self._heartbeat.due():
            return None
        if self._action is not None:
            self._action.run()
        self._handed = offset
        self._empty.drop()
        return ListBatch([self._heartbeat.record(self._partition, offset.write(), _now_ms())])

    def _measure(self, decoder: BinlogDecoder, idle: bool) -> None:
        if not self._meter.due():
            return
        self._context.metric("source_skipped_events", float(self._skipped + decoder.skipped_events))
        committed = decoder.commit_us
        self._meter.seconds(0.0 if idle or not committed else max(0.0, time.time() - committed / 1e6))
        try:
            self._meter.bytes(self._session(), FilePosition(*decoder.position))
        except RetriableError as e:
            self._meter.rest()
            self._log.debug("how far the log reaches cannot be told: %s", e)


class MariaDbTask(MySqlTask):
    """The same for MariaDB."""

    model = MariaDbConfig


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
