"""The cases of speed and memory: backlogs and tables of ten columns, huge transactions, huge rows."""

from __future__ import annotations

from collections.abc import Callable

from bench import producer
from bench.connector import Connector, Measured, Worker
from bench.figures import Drained, Result
from bench.lab import Lab
from bench.mysql import MySqlSource
from bench.source import TABLE, Source

__all__ = ["huge_rows", "snapshot", "stream"]

_MIB = 1 << 20
_PLAIN_SECONDS = 1.0


def stream(lab: Lab, source: Source, changes: int, per_transaction: int) -> Result:
    """A stopped connector finds a backlog; the plain reader drains it first."""
    source.prepare()
    with Worker(lab) as worker:
        connector = Connector(worker, "stream", source.config("no_data"))
        idle = connector.stream()
        connector.stop()
        source.mark()
        source.write(changes, per_transaction)
        plain = _repeated(source.drain_stream, changes)
        measured = connector.drain(TABLE, changes, connector.resume)
        connector.delete()
    return _result(measured, idle, plain, source.row_bytes(), producer.limits(lab.bootstrap, connector.topic(TABLE), changes))


def snapshot(lab: Lab, source: Source, rows: int) -> Result:
    """A new connector finds a full table; the plain reader reads it first."""
    source.prepare()
    source.write(rows, 10_000)
    with Worker(lab) as worker:
        connector = Connector(worker, "snapshot", source.config("initial"))
        plain = _repeated(source.drain_snapshot, rows)
        measured = connector.drain(TABLE, rows, connector.register)
        connector.delete()
    return _result(measured, None, plain, source.row_bytes(), producer.limits(lab.bootstrap, connector.topic(TABLE), rows))


def huge_rows(lab: Lab, source: MySqlSource, count: int, size: int) -> Result:
    """Huge rows: what the limits of producer and topic must be is part of the configuration. What is told is the memory."""
    source.prepare()
    limit = str(size + 16 * _MIB)
    config = {
        **source.config("no_data"), "producer.override.max.request.size": limit,
        "topic.creation.default.replication.factor": "1", "topic.creation.default.partitions": "1",
        "topic.creation.default.max.message.bytes": limit,
    }
    with Worker(lab) as worker:
        connector = Connector(worker, "huge", config)
        idle = connector.stream()
        connector.stop()
        source.write_documents(count, size)
        measured = connector.drain("bench.documents", count, connector.resume)
        connector.delete()
    return _result(measured, idle, None, float(size), ())


def _repeated(read: Callable[[int], Drained], rows: int) -> Drained:
    """A plain reader over and over for a second: some take a tenth of it for the whole backlog."""
    total = Drained(0, 0.0, 0.0)
    while total.seconds < _PLAIN_SECONDS:
        one = read(rows)
        total = Drained(total.rows + one.rows, total.seconds + one.seconds, total.cpu_seconds + one.cpu_seconds)
    return total


def _result(
    measured: Measured, idle: int | None, plain: Drained | None, row_bytes: float, produced: tuple[Drained, ...],
) -> Result:
    return Result(measured.changes, measured.seconds, measured.cpu_seconds, idle, measured.peak_kib, plain, row_bytes, produced)
