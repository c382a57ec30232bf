"""The cases: each a function of a stack and sizes that gives one Result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.drain import Connector, Measured
from bench.figures import Drained, Result
from bench.mysql import MySqlSource
from bench.postgres import PostgresSource
from bench.source import TABLE, Source
from devstack.stack import Stack

__all__ = ["CASES", "Case", "Sizes"]

_MIB = 1 << 20
_PLAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is written. ``single`` is the changes in transactions of one row, ``huge`` the rows of the one huge transaction,
    ``document`` the bytes of a huge row, ``documents`` how many of them the case of several writes: more bytes in all than the
    task may take, since few only show how its buffers fill."""

    changes: int = 300_000
    transaction: int = 1000
    single: int = 100_000
    huge: int = 1_000_000
    document: int = 64 * _MIB
    documents: int = 24


@dataclass(frozen=True, slots=True)
class Case:
    """``title`` and ``plain`` (the reader it is compared with, None without) are for the person who reads the table."""

    title: Callable[[Sizes], str]
    plain: str | None
    servers: tuple[str, ...]
    run: Callable[[str, Stack, Sizes], Result]


def _stream(name: str, stack: Stack, source: Source, changes: int, per_transaction: int) -> Result:
    """A stopped connector finds a backlog; the plain reader drains it first."""
    source.prepare()
    with Connector(stack, name, source.config("no_data")) as connector:
        idle = connector.idle_then_stop()
        source.mark()
        source.write(changes, per_transaction)
        plain = _repeated(source.drain_stream, changes)
        return _result(connector.drain(TABLE, changes), idle, plain, source.row_bytes())


def _snapshot(name: str, stack: Stack, source: Source, rows: int) -> Result:
    """A new connector finds a full table; the plain reader reads it first."""
    source.prepare()
    source.write(rows, 10_000)
    with Connector(stack, name, source.config("initial")) as connector:
        plain = _repeated(source.drain_snapshot, rows)
        return _result(connector.drain(TABLE, rows), None, plain, source.row_bytes())


def _documents(name: str, stack: Stack, source: MySqlSource, count: int, size: int) -> Result:
    """Huge rows: what the limits of producer and topic must be is part of the configuration. What is told is the memory."""
    source.prepare()
    limit = str(size + 16 * _MIB)
    config = {
        **source.config("no_data"), "producer.override.max.request.size": limit,
        "topic.creation.default.replication.factor": "1", "topic.creation.default.partitions": "1",
        "topic.creation.default.max.message.bytes": limit,
    }
    with Connector(stack, name, config) as connector:
        idle = connector.idle_then_stop()
        source.write_documents(count, size)
        return _result(connector.drain("bench.documents", count), idle, None, float(size))


def _repeated(read: Callable[[int], Drained], rows: int) -> Drained:
    """A plain reader over and over for a second: some take a tenth of it for the whole backlog."""
    total = Drained(0, 0.0, 0.0)
    while total.seconds < _PLAIN_SECONDS:
        one = read(rows)
        total = Drained(total.rows + one.rows, total.seconds + one.seconds, total.cpu_seconds + one.cpu_seconds)
    return total


def _result(measured: Measured, idle: int | None, plain: Drained | None, row_bytes: float) -> Result:
    return Result(
        measured.changes, measured.seconds, measured.cpu_seconds, idle, measured.peak_kib, plain, row_bytes)


def _postgres(stack: Stack) -> PostgresSource:
    return PostgresSource(stack.postgres)


def _mysql(stack: Stack) -> MySqlSource:
    return MySqlSource(stack.mysql)


_STREAM = "stream, {:,} changes, {:,} row(s) a transaction"

CASES: Mapping[str, Case] = {
    "postgres-stream": Case(
        lambda s: "PostgreSQL " + _STREAM.format(s.changes, s.transaction), PostgresSource.plain_stream, ("postgres",),
        lambda name, stack, s: _stream(name, stack, _postgres(stack), s.changes, s.transaction)),
    "postgres-snapshot": Case(
        lambda s: f"PostgreSQL snapshot, {s.changes:,} rows", PostgresSource.plain_snapshot, ("postgres",),
        lambda name, stack, s: _snapshot(name, stack, _postgres(stack), s.changes)),
    "mysql-stream": Case(
        lambda s: "MySQL " + _STREAM.format(s.changes, s.transaction), MySqlSource.plain_stream, ("mysql",),
        lambda name, stack, s: _stream(name, stack, _mysql(stack), s.changes, s.transaction)),
    "mysql-stream-single": Case(
        lambda s: "MySQL " + _STREAM.format(s.single, 1), MySqlSource.plain_stream, ("mysql",),
        lambda name, stack, s: _stream(name, stack, _mysql(stack), s.single, 1)),
    "mysql-snapshot": Case(
        lambda s: f"MySQL snapshot, {s.changes:,} rows", MySqlSource.plain_snapshot, ("mysql",),
        lambda name, stack, s: _snapshot(name, stack, _mysql(stack), s.changes)),
    "mysql-huge-transaction": Case(
        lambda s: f"MySQL memory: one transaction of {s.huge:,} rows", MySqlSource.plain_stream, ("mysql",),
        lambda name, stack, s: _stream(name, stack, _mysql(stack), s.huge, s.huge)),
    "mysql-huge-row": Case(
        lambda s: f"MySQL memory: one row of {s.document // _MIB} MiB", None, ("mysql",),
        lambda name, stack, s: _documents(name, stack, _mysql(stack), 1, s.document)),
    "mysql-huge-rows": Case(
        lambda s: f"MySQL memory: one transaction of {s.documents} rows of {s.document // _MIB} MiB", None, ("mysql",),
        lambda name, stack, s: _documents(name, stack, _mysql(stack), s.documents, s.document)),
}
"""All cases by name, in the order in which they run."""
