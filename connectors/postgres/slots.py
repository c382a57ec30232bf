"""Replication slots: look at one, make one, wait for one that is in use.

Facts: PostgreSQL documentation, "Streaming Replication Protocol" (commands) and "pg_replication_slots" (columns by version).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from connect.api.context import TaskContext
from connect.api.errors import ConnectError
from connectors.postgres.failures import DUPLICATE_OBJECT, DatabaseError
from connectors.postgres.lsn import LSN
from connectors.postgres.session import Session
from connectors.waiting import Stopped

__all__ = [
    "PLUGIN", "CreatedSlot", "Identity", "Slot", "blockers", "create_slot", "describe", "drop_slot", "find_slot", "identify",
    "identify_by_sql",    "refuse_unusable", "wait_until_free",
]

PLUGIN: Final = "pgoutput"
_LOST: Final = "drop the slot, delete the connector's offsets and start again with a snapshot"


@dataclass(frozen=True, slots=True)
class Identity:
    """Which server answers: IDENTIFY_SYSTEM. ``position`` is how far its log is flushed."""

    system: str
    timeline: int
    position: LSN
    database: str


@dataclass(frozen=True, slots=True)
class Slot:
    """One row of pg_replication_slots; None where the server has none."""

    name: str
    plugin: str | None
    kind: str
    database: str | None
    temporary: bool
    active_pid: int | None
    restart: LSN | None
    confirmed: LSN | None
    wal_status: str | None
    invalid: str | None
    """Why the server has invalidated it (PostgreSQL 16 and newer)."""


@dataclass(frozen=True, slots=True)
class CreatedSlot:
    """A slot just made: changes of transactions that committed after ``consistent_point`` come by it, and ``snapshot``
    (importable until the next command on the connection that made it) sees exactly those before."""

    name: str
    consistent_point: LSN
    snapshot: str


def identify(replication: Session) -> Identity:
    """Ask a replication connection who the server is."""
    ((system, timeline, position, database),) = replication.execute("IDENTIFY_SYSTEM", doing="identifying the server")
    return Identity(system or "", int(timeline or 0), LSN.parse(position or "0/0"), database or "")


def identify_by_sql(session: Session) -> Identity:
    """The same through an ordinary connection, for a role that may not replicate."""
    ((system, timeline, position, database),) = session.execute(
        "SELECT (SELECT system_identifier FROM pg_control_system()), (SELECT timeline_id FROM pg_control_checkpoint()), "
        "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END, current_database()",
        doing="identifying the server")
    return Identity(system or "", int(timeline or 0), LSN.parse(position or "0/0"), database or "")


def find_slot(session: Session, name: str) -> Slot | None:
    """The slot of that name, None when there is none."""
    version = session.server_version
    invalid = (
        "invalidation_reason" if version >= 170000
        else "CASE WHEN conflicting THEN 'conflict with recovery' END" if version >= 160000 else "NULL"
    )
    rows = session.execute(
        "SELECT plugin, slot_type, database, temporary, active_pid, restart_lsn, confirmed_flush_lsn, wal_status, "
        f"{invalid} FROM pg_replication_slots WHERE slot_name = $1",
        (name,), doing=f"looking for slot {name}",
    )
    if not rows:
        return None
    plugin, kind, database, temporary, pid, restart, confirmed, status, reason = rows[0]
    return Slot(
        name, plugin, kind or "", database, temporary == "t", int(pid) if pid else None,
        LSN.parse(restart) if restart else None, LSN.parse(confirmed) if confirmed else None, status, reason,
    )


def refuse_unusable(slot: Slot, database: str) -> None:
    """Raise ConnectError when this slot is not one of ours or can never be read again."""
    if slot.kind != "logical":
        raise ConnectError(
            f'slot "{slot.name}" is a physical slot; a logical one with plugin {PLUGIN} is needed. '
            f"To do: choose another slot.name, or drop it: SELECT pg_drop_replication_slot('{slot.name}')")
    if slot.plugin != PLUGIN:
        raise ConnectError(
            f'slot "{slot.name}" was made for plugin {slot.plugin}; this connector reads {PLUGIN}. '
            f"To do: choose another slot.name, or drop it: SELECT pg_drop_replication_slot('{slot.name}')")
    if slot.database != database:
        raise ConnectError(
            f'slot "{slot.name}" belongs to database {slot.database}, this connector reads {database}. '
            "To do: choose another slot.name, or correct database.dbname")
    if slot.wal_status == "lost" or slot.invalid:
        why = slot.invalid or "its log was removed (max_slot_wal_keep_size)"
        raise ConnectError(f'slot "{slot.name}" was invalidated by the server: {why}; changes are lost. To do: {_LOST}')


def create_slot(
    replication: Session,
    name: str,
    *,
    temporary: bool = False,
    failover: bool = False,
    waiting: Callable[[], None] | None = None,
) -> CreatedSlot:
    """Make a slot and export its snapshot. The server first waits for every transaction that runs now to end; meanwhile
    ``waiting`` is called, and a stop cancels the command, which leaves no slot behind.

    ``failover`` needs PostgreSQL 17 and is refused before.
    """
    version = replication.server_version
    if failover and version < 170000:
        raise ConnectError(
            f'slot.failover=true needs PostgreSQL 17 or newer, this is {version // 10000}. To do: set slot.failover=false')
    kind = "TEMPORARY " if temporary else ""
    if version >= 150000:
        options = "SNAPSHOT 'export'" + (", FAILOVER true" if failover and not temporary else "")
        tail = f"({options})"
    else:
        tail = "EXPORT_SNAPSHOT"
    try:
        ((_, point, snapshot, _),) = replication.execute(
            f'CREATE_REPLICATION_SLOT "{name}" {kind}LOGICAL {PLUGIN} {tail}', doing=f"creating slot {name}", waiting=waiting)
    except DatabaseError as e:
        if e.sqlstate == DUPLICATE_OBJECT:
            raise ConnectError(f'slot "{name}" was made by somebody else a moment ago. To do: restart the task') from None
        raise
    return CreatedSlot(name, LSN.parse(point or "0/0"), snapshot or "")


def drop_slot(session: Session, name: str) -> None:
    """Drop it, if it is there."""
    session.execute(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1", (name,),
        doing=f"dropping slot {name}")


def blockers(session: Session) -> str:
    """The oldest transactions that a new slot waits for, as text for an operator; "" when none is to be seen."""
    rows = session.execute(
        "SELECT pid, coalesce(usename, '?'), coalesce(nullif(application_name, ''), '?'), "
        "extract(epoch FROM now() - xact_start)::int "
        "FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() ORDER BY xact_start LIMIT 3",
        doing="looking for running transactions")
    return ", ".join(f"pid {pid} of {user} ({app}, since {age} s)" for pid, user, app, age in rows)


def wait_until_free(session: Session, name: str, context: TaskContext, patience: float) -> None:
    """Wait until nobody reads the slot: at most ``patience`` seconds, shown as a condition.

    Raises ConnectError naming the reader when it is still there afterwards, Stopped when asked to stop.
    """
    left = patience
    shown = False
    while True:
        slot = find_slot(session, name)
        if slot is None or slot.active_pid is None:
            if shown:
                context.condition(None)
            return
        reader = _reader(session, slot.active_pid)
        if left <= 0:
            raise ConnectError(
                f'slot "{name}" is in use by {reader}; waited {patience:g} s (slot.max.retries × '
                "slot.retry.delay.ms). To do: stop the other reader, or give this connector a slot.name of its own")
        context.condition("waiting", f'slot "{name}" is in use by {reader}; trying again for {left:.0f} s')
        shown = True
        step = min(0.5, left)
        if context.wait(step):
            raise Stopped("asked to stop")
        left -= step


def _reader(session: Session, pid: int) -> str:
    rows = session.execute(
        "SELECT coalesce(nullif(application_name, ''), '?'), coalesce(host(client_addr), 'local') FROM pg_stat_activity "
        "WHERE pid = $1::int", (str(pid),), doing="looking at the slot's reader")
    return f"pid {pid}" + (f" (application {rows[0][0]} from {rows[0][1]})" if rows else "")


def describe(slot: Slot) -> str:
    """Its name and positions, for error texts."""
    return f'slot "{slot.name}" (restart_lsn {slot.restart or "none"}, confirmed_flush_lsn {slot.confirmed or "none"})'
