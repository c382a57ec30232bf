"""What every connector says of itself and of its snapshot's rows, as pure values."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass

from connect.api.records import Header
from schemas.model import STRING

__all__ = ["SnapshotMarks", "context_headers", "version"]


@dataclass(frozen=True, slots=True)
class SnapshotMarks:
    """What the first and the last row of a snapshot batch are: the first two are said of the first row, the other two of
    the last. The driver holds one row back until it knows."""

    first: bool = False
    first_of_table: bool = False
    last_of_table: bool = False
    last: bool = False

    def word(self, first: bool, last: bool) -> str:
        """What ``source.snapshot`` says of a row that is the batch's first or last, in Debezium's order: the very last wins,
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


def context_headers(connector: str, prefix: str, task_id: int, run_id: str) -> tuple[Header, ...]:
    """The headers of every record (left out with extended.headers.enabled=false). ``connector`` is what
    ``source.connector`` says."""
    return tuple(Header(f"__debezium.context.{name}", value, STRING) for name, value in (
        ("connectorLogicalName", prefix), ("taskId", str(task_id)), ("connectorName", connector), ("runId", run_id)))


def version() -> str:
    """The version of Headgate that is installed."""
    try:
        return importlib.metadata.version("headgate")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
