"""What a start does before the first row: connect, check, publication, slot, and the beginning of a snapshot.

Everything here may be done again after a failure at any line; a slot that was made stays and is found the next time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connect.api.context import TaskContext
from connect.api.errors import ConnectError
from connect.failpoints import failpoint
from connectors.postgres.address import Address, pinned
from connectors.postgres.catalog import SqlCatalog
from connectors.postgres.config import PostgresConfig
from connectors.postgres.identities import parse_identity_rules, set_identities
from connectors.postgres.lsn import LSN
from connectors.postgres.offsets import PgOffset
from connectors.postgres.positions import Plan, plan_start
from connectors.postgres.publications import PublicationWish, ensure_publication, find_publication, published_tables
from connectors.postgres.relations import CatalogTable
from connectors.postgres.session import Session
from connectors.postgres.slots import (
    CreatedSlot,
    Identity,
    Slot,
    blockers,
    create_slot,
    drop_slot,
    find_slot,
    identify,
    identify_by_sql,
    refuse_unusable,
    wait_until_free,
)
from connectors.postgres.snapshot import SnapshotTarget, begin_at, captured_tables, check_readable, choose_targets, would_publish
from connectors.postgres.texts import quote_table
from connectors.selection import Patterns, Selection
from connectors.waiting import Stop, Stopped

__all__ = ["Opened", "Opener", "SnapshotStart", "address_of", "run_initial_statements"]

_MARGIN = 5.0
"""Seconds after which a statement that the server should have ended by itself is given up."""
_TERMINATION_SECONDS = 10.0
_OPERATIONS = {"c": "insert", "u": "update", "d": "delete", "t": "truncate"}


@dataclass(frozen=True, slots=True)
class SnapshotStart:
    """A reading transaction that has begun on ``session``, at ``lsn`` of the log, and the tables to read in it."""

    session: Session
    lsn: LSN
    targets: Sequence[SnapshotTarget]


@dataclass(slots=True)
class Opened:
    """The connections of a start. ``resume`` is where the stream begins: with a snapshot the snapshot's own position."""

    sql: Session
    catalog: SqlCatalog
    server: Identity
    plan: Plan
    resume: LSN
    snapshot: SnapshotStart | None = None
    sessions: list[Session] = field(default_factory=list)

    def close(self) -> None:
        """Close every connection."""
        for session in self.sessions:
            session.close()


def address_of(config: PostgresConfig) -> Address:
    """Where and as whom the configuration says to connect."""
    ssl = {"sslmode": config.sslmode, "sslcert": config.sslcert, "sslkey": config.sslkey, "sslpassword": config.sslpassword,
           "sslrootcert": config.sslrootcert}
    return Address(
        config.hostname, config.port, config.user, config.password, config.dbname,
        {k: v for k, v in ssl.items() if v}, config.tcp_keepalive)


def run_initial_statements(session: Session, text: str | None, settings: Mapping[str, str]) -> None:
    """``database.initial.statements`` on a new ordinary connection; what it has pinned is pinned again afterwards."""
    parts = [p.replace("\0", ";").strip() for p in (text or "").replace(";;", "\0").split(";")]
    wanted = [p for p in parts if p]
    for number, statement in enumerate(wanted, 1):
        session.execute(statement, doing=f"running statement {number} of database.initial.statements")
    if wanted:
        again = "; ".join(f"SET {k} = '{v}'" for k, v in settings.items())
        session.execute(again, doing="pinning settings")


class Opener:
    """Opens for one task. ``name`` is the application name of its connections."""

    def __init__(self, config: PostgresConfig, context: TaskContext) -> None:
        self._config = config
        self._context = context
        self._log = context.logger
        self._name = f"headgate {context.connector}-{context.task}"
        self._address = address_of(config)

    def ordinary(self, *, settings: Mapping[str, str] | None = None) -> Session:
        """A new ordinary connection."""
        limit = self._config.query_timeout_ms
        wanted = {"statement_timeout": str(limit), **(settings or {})}
        session = Session.open(
            self._address, self._name, settings=wanted, stop=Stop.of(self._context), logger=self._log, copies=True)
        if limit:
            session.timeout = limit / 1000 + _MARGIN
        try:
            run_initial_statements(session, self._config.initial_statements, pinned(wanted))
        except BaseException:
            session.close()
            raise
        return session

    def replication(self) -> Session:
        """A new replication connection."""
        return Session.open(
            self._address, self._name, replication=True, stop=Stop.of(self._context), logger=self._log, copies=True)

    def open(self, mode: str, offset: PgOffset | None, own: int | None = None) -> Opened:
        """Do it. ``mode`` is the snapshot mode to go by, ``own`` as in :meth:`wait_until_free`.

        Raises ConnectError, RetriableError, Stopped; nothing stays open then.
        """
        config = self._config
        sessions: list[Session] = []
        try:
            sql = self.ordinary()
            sessions.append(sql)
            self._check_server(sql)
            if mode == "initial_only":  # nothing is streamed, so no right to replicate is needed
                return self._open_snapshot_only(sql, sessions, offset)
            replication = self.replication()
            sessions.append(replication)
            server = identify(replication)
            catalog = SqlCatalog(sql)
            slot = find_slot(sql, config.slot_name)
            plan = plan_start(mode, offset, slot, config.slot_name, config.offset_mismatch_strategy, server)
            captured = captured_tables(sql, catalog, config.selection)
            rules = parse_identity_rules(config.replica_identity_autoset)
            if rules:
                set_identities(sql, captured, rules, self._log)
            opened = Opened(sql, catalog, server, plan, plan.resume or LSN(0), sessions=sessions)
            self._publication(sql, captured, slot, plan)
            slot = self._usable(sql, slot, plan, own)
            created = self._slot(sql, replication, slot, plan)
            failpoint("slot.after_create")
            if created is not None:
                opened.resume = _joint(offset, slot, created)
                if plan.snapshot:
                    opened.snapshot = self._snapshot(opened.resume, created.snapshot, sessions)
            replication.close()  # with it goes a temporary slot; the stream gets a connection of its own
            return opened
        except BaseException:
            for session in sessions:
                session.close()
            raise

    def _open_snapshot_only(self, sql: Session, sessions: list[Session], offset: PgOffset | None) -> Opened:
        server = identify_by_sql(sql)
        plan = plan_start("initial_only", offset, None, self._config.slot_name, "no_validation", server)
        opened = Opened(sql, SqlCatalog(sql), server, plan, LSN(0), sessions=sessions)
        if plan.snapshot:
            opened.snapshot = self._snapshot(None, None, sessions)
            opened.resume = opened.snapshot.lsn
        return opened

    def _check_server(self, sql: Session) -> None:
        if self._config.snapshot_mode == "initial_only":
            return
        level = sql.value("SHOW wal_level", doing="reading wal_level")
        if level != "logical":
            raise ConnectError(
                f"wal_level of {sql.address} is {level}, logical is needed. To do: set wal_level = logical in postgresql.conf "
                "and restart the server")

    def _publication(self, sql: Session, captured: Sequence[CatalogTable], slot: Slot | None, plan: Plan) -> None:
        config = self._config
        name = config.publication_name
        if slot is not None and plan.resume is not None and find_publication(sql, name) is None:
            raise ConnectError(
                f'publication "{name}" is missing in database {config.dbname}, although slot "{slot.name}" and a stored offset '
                "are there: it was dropped. Changes written while it is missing cannot be read. To do: create it again and "
                "restart the task; if the server then says that it does not exist, changes were written meanwhile: delete the "
                "connector's offsets, drop the slot and start again with a snapshot")
        tables = list(captured)
        signal = self._context.config.get("signal.data.collection")
        if signal and all(t.qualified != signal for t in tables):
            tables += [t for t in captured_tables(sql, SqlCatalog(sql), _only(signal)) if t.qualified == signal]
        operations = None
        if self._context.config.get("skipped.operations") is not None:
            operations = ", ".join(word for letter, word in _OPERATIONS.items() if letter not in config.skipped)
        wish = PublicationWish(
            name, config.publication_autocreate_mode, tables, config.publish_via_partition_root, operations)
        ensure_publication(sql, wish, config.dbname, self._log)

    def _usable(self, sql: Session, slot: Slot | None, plan: Plan, own: int | None) -> Slot | None:
        if slot is None:
            return None
        dead = bool(slot.invalid) or slot.wal_status == "lost"
        if dead and plan.snapshot and self._config.snapshot_mode == "when_needed":
            self._log.warning('slot "%s" was invalidated by the server; it is made again, with a new snapshot', slot.name)
            drop_slot(sql, slot.name)
            return None
        refuse_unusable(slot, self._config.dbname)
        self.wait_until_free(sql, own)
        return slot

    def wait_until_free(self, sql: Session, own: int | None = None) -> None:
        """Wait for another reader of the slot to go; see slots.wait_until_free. ``own`` is the server's process of a
        connection of ours that broke: the server may not have noticed, so it is told."""
        config = self._config
        patience = config.slot_max_retries * config.slot_retry_delay_ms / 1000
        slot = find_slot(sql, config.slot_name)
        if own is not None and slot is not None and slot.active_pid == own:
            sql.execute("SELECT pg_terminate_backend($1::int)", (str(own),), doing="ending the connection that broke")
            patience = max(patience, _TERMINATION_SECONDS)
        wait_until_free(sql, config.slot_name, self._context, patience)

    def _slot(self, sql: Session, replication: Session, slot: Slot | None, plan: Plan) -> CreatedSlot | None:
        """Make the slot, or one beside it only to join a new snapshot to the stream; None when neither is needed."""
        config = self._config
        if slot is not None and not plan.snapshot:
            return None
        shown = False

        def waiting() -> None:
            nonlocal shown
            who = blockers(sql)
            shown = True
            self._context.condition(
                "waiting", f'creating slot "{config.slot_name}": the server waits for running transactions to end'
                + (f": {who}" if who else ""))

        if slot is None:
            self._log.info('creating slot "%s"', config.slot_name)
            created = create_slot(replication, config.slot_name, failover=config.slot_failover, waiting=waiting)
        else:
            name = f"{config.slot_name[:40]}_snapshot_{replication.backend_pid}"
            created = create_slot(replication, name, temporary=True, waiting=waiting)
        if shown:
            self._context.condition(None)
        return created

    def _snapshot(self, lsn: LSN | None, exported: str | None, sessions: list[Session]) -> SnapshotStart:
        config = self._config
        if config.snapshot_delay_ms and self._context.wait(config.snapshot_delay_ms / 1000):
            raise Stopped("asked to stop")
        session = self.ordinary(settings={"statement_timeout": "0"})
        sessions.append(session)
        begin_at(session, exported)
        if lsn is None:
            lsn = LSN.parse(session.value(
                "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END",
                doing="reading the log position") or "0/0")
        captured = captured_tables(session, SqlCatalog(session), config.selection)
        if find_publication(session, config.publication_name) is not None:
            published = published_tables(session, config.publication_name)
        else:
            published = would_publish(session, captured, config.publish_via_partition_root)
        targets = choose_targets(
            session, captured, published, Patterns.parse(config.snapshot_include), config.overrides, self._log)
        check_readable(session, targets)
        if config.snapshot_locking_mode == "shared" and targets:
            self._lock(session, targets)
        self._log.info("snapshot of %d tables at LSN %s", len(targets), lsn)
        return SnapshotStart(session, lsn, targets)

    def _lock(self, session: Session, targets: Sequence[SnapshotTarget]) -> None:
        session.execute(f"SET LOCAL lock_timeout = {self._config.snapshot_lock_timeout_ms}", doing="locking tables")
        names = ", ".join(quote_table(t.table.schema, t.table.name) for t in targets)
        session.execute(f"LOCK TABLE {names} IN ACCESS SHARE MODE", doing="locking tables")


def _joint(offset: PgOffset | None, slot: Slot | None, created: CreatedSlot) -> LSN:
    """Where the stream goes on after a snapshot: exactly at the snapshot, with a slot made for it or a complete one before.

    A slot that is there without a complete snapshot may be left from an interrupted one, whose rows were perhaps handed on and
    deleted since. Their deletes must come, so the stream then begins where that slot stands and repeats what led to the snapshot.
    """
    complete = offset is not None and not offset.snapshot_running
    if slot is None or slot.confirmed is None or complete:
        return created.consistent_point
    return min(slot.confirmed, created.consistent_point)


def _only(qualified: str) -> Selection:
    return Selection(table_include=Patterns((re.escape(qualified),)))
