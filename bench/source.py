"""The database side of the benchmark: a table of ten columns and a backlog of changes in it."""

from __future__ import annotations

import psycopg

__all__ = ["COLUMNS", "backlog", "prepare", "row_bytes"]

TABLE = "bench.events"
COLUMNS = 10
_CREATE = """
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
CREATE TABLE bench.events (
    id bigint PRIMARY KEY, account integer NOT NULL, kind text NOT NULL, note text, amount numeric(12,2) NOT NULL,
    ratio double precision, active boolean NOT NULL, trace uuid NOT NULL, created timestamptz NOT NULL, day date NOT NULL);
"""
_INSERT = """
INSERT INTO bench.events
SELECT n, n %% 1000, 'kind-' || n %% 7, CASE WHEN n %% 3 = 0 THEN NULL ELSE 'a note of ordinary length, number ' || n END,
       (n %% 100000)::numeric / 100, n / 7.0, n %% 2 = 0, md5(n::text)::uuid,
       timestamptz '2026-01-01 00:00:00.123456Z' + n * interval '1 second', date '2026-01-01' + (n %% 365)::int
FROM generate_series(%s::bigint, %s::bigint) AS n
"""


def prepare(dsn: str) -> None:
    """Make the table afresh."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_CREATE)


def backlog(dsn: str, changes: int, per_transaction: int) -> None:
    """Commit that many inserts, in transactions of that size."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for first in range(1, changes + 1, per_transaction):
            connection.execute(_INSERT, [first, min(first + per_transaction, changes + 1) - 1])


def row_bytes(dsn: str) -> float:
    """Mean size of a row as text, for the report."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT avg(length(e::text)) FROM (SELECT * FROM bench.events LIMIT 1000) e").fetchone()
    return float(row[0]) if row and row[0] is not None else 0.0
