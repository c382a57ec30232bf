"""What the reader of the stream is told about its surroundings, as pure values."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass

from connect.api.records import Header
from connectors.postgres.config import PostgresConfig
from connectors.postgres.lsn import LSN
from schemas.model import STRING

__all__ = ["ConnectorFacts", "SnapshotMarks", "SnapshotPosition", "context_headers", "version"]


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

    def word(self, first: bool, last: bool) -> str:
        """What ``source.snapshot`` says of a line that is the batch's first or last, in Debezium's order: the very last wins,
        then the very first, then the last and the first of a table."""
        if last and self.last:
            return "last"
        if first and self.first:
            return "first"
        if last and self.last_of_table:
            return "last_in_data_collection"
        if first and self.first_of_table:
            return "first_in_data_collection"
        return "true"


def context_headers(config: PostgresConfig, connector: ConnectorFacts) -> tuple[Header, ...]:
    """The headers of every record, none with extended.headers.enabled=false."""
    if not config.extended_headers:
        return ()
    return tuple(Header(f"__debezium.context.{name}", value, STRING) for name, value in (
        ("connectorLogicalName", config.topic_prefix), ("taskId", str(connector.task_id)), ("connectorName", "postgresql"),
        ("runId", connector.run_id)))


def version() -> str:
    """The version of Headgate that is installed."""
    try:
        return importlib.metadata.version("headgate")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
