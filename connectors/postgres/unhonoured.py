"""Debezium's properties that this connector does not honour, each with the reason. Reported by validation."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.unhonoured import JDBC, LATER
from connectors.unhonoured import NOT_HONOURED as OF_ALL

__all__ = ["NOT_HONOURED"]

NOT_HONOURED: Mapping[str, str] = dict(sorted({
    **OF_ALL,
    "snapshot.isolation.mode": "rows are always read in one repeatable-read transaction at the snapshot that the slot exports",
    "database.connection.factory.class": JDBC,
    "database.sslfactory": JDBC,
    "event.processing.failure.handling.mode": "an event that cannot be processed fails the task",
    "flush.lsn.source": "replaced by lsn.flush.mode",
    "internal.create.slot.command.timeout": "database.query.timeout.ms rules",
    "lsn.flush.timeout.action": "telling the position to the server does not wait for an answer",
    "lsn.flush.timeout.ms": "telling the position to the server does not wait for an answer",
    "schema.refresh.mode": "the schema is that of the stream's relation messages; nothing has to be refreshed",
    "slot.stream.params": LATER,
    "snapshot.query.mode": "rows are read by COPY; snapshot.select.statement.overrides gives a SELECT of one's own",
    "xmin.fetch.interval.ms": LATER,
}.items()))
"""Name → why."""
