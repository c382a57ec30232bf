"""Where to go on: the stored offset against the slot and the server, before anything is read. Pure.

The rule: never a silent gap. A slot that is missing, was made again or is ahead of what was stored, and another server,
are errors that say what to do, unless ``offset.mismatch.strategy`` says that the slot is to be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connect.api.errors import ConnectError
from connectors.postgres.lsn import LSN
from connectors.postgres.offsets import PgOffset
from connectors.postgres.slots import Identity, Slot, describe

__all__ = ["Plan", "SnapshotNeed", "check_identity", "plan_start", "resume_position", "snapshot_need"]

_ANEW = "delete the connector's offsets (and the slot, if it is there) and start again with a snapshot"


class SnapshotNeed(StrEnum):
    """What the mode asks for at this start."""

    NONE = "none"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a start does: a snapshot or not, streaming or not, and from where (None: from the slot's own position)."""

    snapshot: bool
    stream: bool
    resume: LSN | None = None


def snapshot_need(mode: str, offset: PgOffset | None, slot: Slot | None, server: Identity | None = None) -> SnapshotNeed:
    """Whether this ``snapshot.mode`` reads rows at this start. Raises ConnectError when an unfinished snapshot can never be
    finished in this mode."""
    unfinished = offset is not None and offset.snapshot_running
    if mode == "always":
        return SnapshotNeed.SNAPSHOT
    if mode in ("initial", "initial_only"):
        return SnapshotNeed.SNAPSHOT if offset is None or unfinished else SnapshotNeed.NONE
    if mode == "when_needed":
        gone = offset is not None and (_gap(offset, slot) is not None or _foreign(offset, server))
        return SnapshotNeed.SNAPSHOT if offset is None or unfinished or gone else SnapshotNeed.NONE
    if mode == "no_data":
        if unfinished:
            raise ConnectError(
                "the last snapshot was not finished, and snapshot.mode=no_data never reads rows. "
                "To do: set snapshot.mode=initial to read them again, or delete the connector's offsets to do without")
        return SnapshotNeed.NONE
    raise ConnectError(
        f"snapshot.mode={mode} is not there: expected one of initial, initial_only, no_data, always, when_needed")


def _foreign(offset: PgOffset, server: Identity | None) -> bool:
    if server is None:
        return False
    other = offset.system_id is not None and offset.system_id != server.system
    return other or (offset.timeline is not None and offset.timeline > server.timeline)


def check_identity(offset: PgOffset, server: Identity) -> None:
    """Raise ConnectError when the offset was stored for another server, or for an older past of this one."""
    if offset.system_id is not None and offset.system_id != server.system:
        raise ConnectError(
            f"the stored offset belongs to the server with system identifier {offset.system_id}, this one is {server.system}: "
            "its log positions mean something else here. "
            f"To do: correct database.hostname and database.port; if the server was replaced, {_ANEW}")
    if offset.timeline is not None and offset.timeline > server.timeline:
        raise ConnectError(
            f"the stored offset was written on timeline {offset.timeline}, the server is on timeline {server.timeline}: it is an "
            f"older copy or a standby that has not followed. To do: connect to the current primary; else {_ANEW}")


def _gap(offset: PgOffset, slot: Slot | None) -> str | None:
    """What is missing between the stored offset and the slot; None when the slot still has everything."""
    at = offset.resume_lsn
    if slot is None:
        return f"changes since LSN {at} cannot be read"
    if slot.invalid or slot.wal_status == "lost":
        return f"{describe(slot)} was invalidated; changes since LSN {at} are lost"
    if slot.confirmed is not None and slot.confirmed > at:
        return f"{describe(slot)} starts after the stored offset; changes from LSN {at} to {slot.confirmed} cannot be read"
    if slot.restart is not None and slot.restart > at:
        return f"{describe(slot)} starts after the stored offset; changes from LSN {at} cannot be read"
    return None


def resume_position(offset: PgOffset, slot: Slot | None, slot_name: str, strategy: str, server: Identity) -> LSN:
    """Where the stream starts with this stored offset. Raises ConnectError naming the gap that there would be.

    ``strategy`` is offset.mismatch.strategy: with ``trust_slot`` and ``trust_greater_lsn`` a slot that is ahead wins;
    otherwise that is an error, also with ``no_validation``, where Debezium would lose the changes between.
    """
    at = offset.resume_lsn
    if slot is None:
        raise ConnectError(
            f'slot "{slot_name}" is missing although an offset is stored: {_gap(offset, slot)}. '
            f"To do: if the slot was dropped, {_ANEW} (or set snapshot.mode=when_needed); if the server was replaced or the "
            "wrong one is configured, connect to the one that has the slot")
    gap = _gap(offset, slot)
    if gap is not None:
        if strategy in ("trust_slot", "trust_greater_lsn") and slot.confirmed is not None and not slot.invalid:
            return slot.confirmed
        raise ConnectError(
            f"{gap}: the slot was made again, or advanced by another reader. To do: {_ANEW}, or set snapshot.mode=when_needed; "
            "or, to accept the loss, set offset.mismatch.strategy=trust_slot")
    if at > server.position and server.position:
        raise ConnectError(
            f"the stored offset is at LSN {at}, the server's log ends at {server.position}: the server was reset, or restored "
            f"from an older backup. To do: connect to the right server; else {_ANEW}")
    return at


def plan_start(
    mode: str, offset: PgOffset | None, slot: Slot | None, slot_name: str, strategy: str, server: Identity
) -> Plan:
    """Everything together: what this start does. Raises ConnectError."""
    streams = mode != "initial_only"
    need = snapshot_need(mode, offset, slot, server)
    if need is SnapshotNeed.SNAPSHOT:
        return Plan(snapshot=True, stream=streams)
    if offset is None or not streams:
        return Plan(snapshot=False, stream=streams)
    check_identity(offset, server)
    return Plan(snapshot=False, stream=True, resume=resume_position(offset, slot, slot_name, strategy, server))
