"""What the reader of the stream is told about its surroundings, as pure values."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.postgres.lsn import LSN

__all__ = ["ConnectorFacts", "SnapshotPosition"]


@dataclass(frozen=True, slots=True)
class ConnectorFacts:
    """Who reads, and from which server. ``system_id`` and ``timeline`` are those of ``IDENTIFY_SYSTEM``."""

    name: str
    task_id: int
    run_id: str
    database: str
    system_id: str | None = None
    timeline: int | None = None


@dataclass(frozen=True, slots=True)
class SnapshotPosition:
    """Where in the log a snapshot stands: the slot's consistent point, the reading transaction's id, and the time of
    reading in microseconds since 1970. Every row of a snapshot has the same ``lsn``."""

    lsn: LSN
    tx_id: int | None
    ts_us: int
    mode: str = "INITIAL"
