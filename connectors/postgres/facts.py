"""What the reader of the stream is told about its surroundings, as pure values."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.postgres.lsn import LSN

__all__ = ["ConnectorFacts", "SnapshotMarks", "SnapshotPosition"]


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


@dataclass(frozen=True, slots=True)
class SnapshotMarks:
    """What the first and the last line of a snapshot batch are: the first two are said of the first line, the other two of
    the last. The driver holds one line back until it knows."""

    first: bool = False
    first_of_table: bool = False
    last_of_table: bool = False
    last: bool = False
