"""The cases: each a function of a lab that gives rows of figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.figures import Result, Row
from bench.growth import COLUMNS, TRANSACTIONS, VALUES, Point, grow
from bench.lab import Lab
from bench.latency import idle, latency
from bench.many import connectors, tables
from bench.mysql import MySqlSource
from bench.postgres import PostgresSource
from bench.sizes import Sizes
from bench.source import Source
from bench.streams import huge_rows, snapshot, stream

__all__ = ["CASES", "Case"]

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Case:
    """``title`` and ``plain`` (the reader it is compared with, None without) are for the person who reads the table; ``quick``
    says whether ``make bench-quick`` has it."""

    title: Callable[[Sizes], str]
    server: str
    run: Callable[[str, Lab], list[Row]]
    plain: str | None = None
    quick: bool = False


def _source(lab: Lab, server: str) -> Source:
    return PostgresSource(lab.stack.postgres) if server == "postgres" else MySqlSource(lab.stack.mysql)


def _one(title: Callable[[Sizes], str], server: str, run: Callable[[Lab], Result | dict[str, float]],
         plain: str | None = None, quick: bool = False) -> Case:
    def row(name: str, lab: Lab) -> list[Row]:
        made = run(lab)
        return [Row(name, title(lab.sizes), made.figures() if isinstance(made, Result) else made)]

    return Case(title, server, row, plain, quick)


def _stream(server: str, plain: str, changes: Callable[[Sizes], int], transaction: Callable[[Sizes], int], quick: bool) -> Case:
    return _one(
        lambda s: f"{_NAMES[server]} stream, {changes(s):,} changes, {transaction(s):,} row(s) a transaction", server,
        lambda lab: stream(lab, _source(lab, server), changes(lab.sizes), transaction(lab.sizes)), plain, quick)


def _snapshot(server: str, plain: str) -> Case:
    return _one(lambda s: f"{_NAMES[server]} snapshot, {s.changes:,} rows", server,
                lambda lab: snapshot(lab, _source(lab, server), lab.sizes.changes), plain, quick=True)


def _huge_rows(count: Callable[[Sizes], int]) -> Case:
    return _one(lambda s: f"MySQL memory: a transaction of {count(s)} row(s) of {s.document // _MIB} MiB", "mysql",
                lambda lab: huge_rows(lab, MySqlSource(lab.stack.mysql), count(lab.sizes), lab.sizes.document))


def _latency(server: str) -> Case:
    return _one(lambda s: f"{_NAMES[server]} latency at {s.rate:,} rows/s for {s.seconds} s", server,
                lambda lab: latency(lab, _source(lab, server)), quick=True)


def _idle(server: str) -> Case:
    return _one(lambda s: f"{_NAMES[server]} idle connector for {s.seconds} s", server,
                lambda lab: idle(lab, _source(lab, server)), quick=server == "postgres")


def _grow(server: str, what: str, points: tuple[Point, ...]) -> Case:
    return Case(lambda s: f"{_NAMES[server]} growth with {what}", server,
                lambda name, lab: grow(lab, name, _source(lab, server), points))


def _tables(server: str, numbers: Callable[[Sizes], tuple[int, ...]]) -> Case:
    return Case(lambda s: f"{_NAMES[server]}: {', '.join(f'{n:,}' for n in numbers(s))} captured tables", server,
                lambda name, lab: tables(lab, name, _source(lab, server), numbers(lab.sizes)))


_NAMES = {"postgres": "PostgreSQL", "mysql": "MySQL"}
_POSTGRES, _MYSQL = PostgresSource, MySqlSource

CASES: Mapping[str, Case] = {
    "postgres-stream": _stream("postgres", _POSTGRES.plain_stream, lambda s: s.changes, lambda s: s.transaction, quick=True),
    "postgres-snapshot": _snapshot("postgres", _POSTGRES.plain_snapshot),
    "mysql-stream": _stream("mysql", _MYSQL.plain_stream, lambda s: s.changes, lambda s: s.transaction, quick=True),
    "mysql-stream-single": _stream("mysql", _MYSQL.plain_stream, lambda s: s.single, lambda s: 1, quick=True),
    "mysql-snapshot": _snapshot("mysql", _MYSQL.plain_snapshot),
    "postgres-latency": _latency("postgres"),
    "mysql-latency": _latency("mysql"),
    "postgres-idle": _idle("postgres"),
    "mysql-idle": _idle("mysql"),
    "hundred-connectors": _one(
        lambda s: f"{s.connectors} PostgreSQL connectors on one worker", "postgres",
        lambda lab: connectors(lab, PostgresSource(lab.stack.postgres), lab.sizes.connectors)),
    "postgres-tables": _tables("postgres", lambda s: (*(n for n in (1, 100) if n < s.tables), s.tables)),
    "mysql-tables": _tables("mysql", lambda s: (*(n for n in (1, 100) if n < s.tables), s.tables)),
    "postgres-columns": _grow("postgres", "columns", COLUMNS),
    "mysql-columns": _grow("mysql", "columns", COLUMNS),
    "postgres-values": _grow("postgres", "the size of values", VALUES),
    "mysql-values": _grow("mysql", "the size of values", VALUES),
    "postgres-transactions": _grow("postgres", "the rows of a transaction", TRANSACTIONS),
    "mysql-transactions": _grow("mysql", "the rows of a transaction", TRANSACTIONS),
    "mysql-huge-transaction": _stream("mysql", _MYSQL.plain_stream, lambda s: s.huge, lambda s: s.huge, quick=False),
    "mysql-huge-row": _huge_rows(lambda s: 1),
    "mysql-huge-rows": _huge_rows(lambda s: s.documents),
}
"""All cases by name, in the order in which they run: the broker's buffers are large after huge rows."""
