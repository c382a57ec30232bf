"""What a start does before the first row or event: look at the server, refuse what cannot work, decide what is read.

The decision is pure; the :class:`Opener` makes the connections. All may be done again after a failure at any line: nothing is
left behind on the server.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from connect.api.context import TaskContext
from connect.api.errors import ConnectError
from connectors.mysql.address import Address, Tls
from connectors.mysql.config import MySqlConfig
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.positions import Lost, Position, Resume, everything, resume
from connectors.mysql.requirements import Wish, check, notes
from connectors.mysql.server import ServerFacts, inspect
from connectors.mysql.session import Session
from connectors.mysql.stream import BinlogStream, replica_uuid
from connectors.waiting import Stop

__all__ = ["STRUCTURE_ONLY", "History", "Opener", "Plan", "SnapshotKind", "address_of", "decide"]

STRUCTURE_ONLY = "NO_DATA"
"""What ``snapshot`` says in offsets of a snapshot without rows, while it runs: such a one may be begun again in any mode."""

_ANEW = "set snapshot.mode=when_needed, or delete the connector's offsets, so that a new snapshot is made"
_HEARTBEAT = 0.8
_MOST_HEARTBEAT = 10.0
"""A dead connection is noticed after three heartbeats: what is configured is meant for the server's sake, and may be long."""


class History(StrEnum):
    """How it is with the schema history."""

    NOT_NEEDED = "not needed"
    PRESENT = "present"
    MISSING = "missing"
    """Needed, because binlog_row_metadata is not FULL, and empty or not there."""


class SnapshotKind(StrEnum):
    """What is read at the start."""

    NONE = "none"
    ROWS = "rows"
    STRUCTURE = "structure"
    """The tables' structures, and the position to stream from; no rows."""
    HISTORY = "history"
    """The tables' structures as they are now, written to the history as of the stored offset."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a start does. ``start`` and ``resume`` (see positions.Resume) are where the stream begins when nothing but the log, or
    the history, is read; a snapshot brings its own position. ``why`` says it for the log."""

    snapshot: SnapshotKind
    stream: bool
    start: Position | None = None
    resume: BinlogOffset | None = None
    why: str = ""


def decide(
    mode: str,
    offset: BinlogOffset | None,
    facts: ServerFacts,
    *,
    history: History = History.NOT_NEEDED,
    counts: Callable[[str], bool] = everything,
    lost: str | None = None,
) -> Plan:
    """What this start does in this ``snapshot.mode`` (schema_only and schema_only_recovery by their new names). ``lost`` says
    that the server has just refused the stored position, and how. Raises ConnectError."""
    stream = mode != "initial_only"
    unfinished = offset is not None and offset.snapshot_running
    if mode == "always":
        return Plan(SnapshotKind.ROWS, stream, why="snapshot.mode=always")
    if mode == "recovery":
        return _recover(offset, facts, history, counts, lost)
    if offset is None or unfinished:
        why = "no offset is stored" if offset is None else "the last snapshot was not finished"
        if mode == "no_data":
            if offset is not None and offset.snapshot != STRUCTURE_ONLY:
                raise ConnectError(
                    "the last snapshot was not finished, and snapshot.mode=no_data never reads rows. "
                    "To do: set snapshot.mode=initial to read them again, or delete the connector's offsets to do without")
            return Plan(SnapshotKind.STRUCTURE, stream, why=why)
        if mode in ("initial", "initial_only", "when_needed"):
            return Plan(SnapshotKind.ROWS, stream, why=why)
        raise ConnectError(
            f"snapshot.mode={mode} is not there: expected one of initial, initial_only, no_data, always, when_needed, recovery")
    if not stream:
        return Plan(SnapshotKind.NONE, stream, why="the snapshot is complete, and snapshot.mode=initial_only")
    place = _place(offset, facts, counts, lost)
    if isinstance(place, str):
        if mode == "when_needed":
            return Plan(SnapshotKind.ROWS, stream, why=place)
        raise ConnectError(f"{place}. To do: {_ANEW}")
    if history is History.MISSING:
        if mode == "when_needed":
            return Plan(SnapshotKind.ROWS, stream, why="the schema history is missing")
        raise ConnectError(
            "an offset is stored, but the schema history, which is needed to read on, is empty or missing. To do: correct "
            "schema.history.internal.kafka.topic; or, if no structure was changed since the stored offset, set "
            f"snapshot.mode=recovery for one start; else {_ANEW}")
    return Plan(SnapshotKind.NONE, stream, place.start, place.offset, f"going on from {place.start}")


def _recover(
    offset: BinlogOffset | None, facts: ServerFacts, history: History, counts: Callable[[str], bool], lost: str | None
) -> Plan:
    if offset is None or offset.snapshot_running:
        what = "no offset is stored" if offset is None else "the last snapshot was not finished"
        raise ConnectError(f"snapshot.mode=recovery makes a lost schema history anew for a stored offset, but {what}. "
                           "To do: set snapshot.mode=initial, or no_data")
    place = _place(offset, facts, counts, lost)
    if isinstance(place, str):
        raise ConnectError(f"{place}. To do: {_ANEW}")
    kind = SnapshotKind.NONE if history is History.NOT_NEEDED else SnapshotKind.HISTORY
    return Plan(kind, True, place.start, place.offset, f"snapshot.mode=recovery; going on from {place.start}")


def _place(offset: BinlogOffset, facts: ServerFacts, counts: Callable[[str], bool], lost: str | None) -> Resume | str:
    if lost is not None:
        return lost
    place = resume(offset, facts, counts)
    return place.text if isinstance(place, Lost) else place


def address_of(config: MySqlConfig) -> Address:
    """Where and as whom the configuration says to connect."""
    tls = Tls(config.tls, config.ssl_keystore, config.ssl_keystore_password, config.ssl_truststore,
              config.ssl_truststore_password)
    return Address(config.hostname, config.port, config.user, config.password, tls, config.connect_timeout_ms / 1000)


class Opener:
    """Opens for one task. ``replica`` and ``host`` are who it is among the server's replicas."""

    def __init__(self, config: MySqlConfig, context: TaskContext) -> None:
        self._config = config
        self._context = context
        self._log: logging.Logger = context.logger
        self._address = address_of(config)
        self.name = f"headgate {context.connector}-{context.task}"
        self.replica = replica_uuid(context.connector, config.topic_prefix)
        self.host = f"headgate-{context.connector}"[:60]

    def ordinary(self, *, unlimited: bool = False) -> Session:
        """A new connection for statements: pinned, and with database.initial.statements. ``unlimited`` leaves
        database.query.timeout.ms out, for reading whole tables."""
        config = self._config
        return Session.open(
            self._address, self.name, statement_timeout=0.0 if unlimited else config.query_timeout_ms / 1000,
            initial_statements=config.initial_statements, stop=Stop.of(self._context), logger=self._log)

    def inspect(self, session: Session, *, stream: bool) -> ServerFacts:
        """The server as it is now. Raises ConnectError when it cannot be read from (or, without ``stream``, not be put in
        relation to its log); tells in the log what an operator should know."""
        facts = inspect(session)
        config = self._config
        check(facts, Wish(config.flavor, config.server_id, self.replica, self.host, stream, bool(config.history_topic)))
        for note in notes(facts):
            self._log.warning("%s: %s", self._address, note)
        return facts

    def stream(self, start: Position) -> BinlogStream:
        """A dump from there, on a connection of its own. Raises DumpRefused and what BinlogStream.start raises."""
        config = self._config
        interval = config.keep_alive_interval_ms / 1000
        heartbeat = min(_MOST_HEARTBEAT, _HEARTBEAT * interval) if config.keep_alive else 0.0
        session = Session.open(self._address, self.name, stop=Stop.of(self._context), logger=self._log)
        return BinlogStream.start(
            session, config.server_id, start, heartbeat=heartbeat, replica=self.replica, host=self.host,
            statements=config.include_query, gulp_events=max(1, config.max_batch_size))
