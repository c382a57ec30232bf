"""PostgreSQL's side: the table, its changes, the connector that captures it, and plain readers of slot and table."""

from __future__ import annotations

import select
import struct
import time

import psycopg
from psycopg import pq

from bench.figures import Drained
from bench.source import MANY, Column, Shape, many_table, values
from devstack.postgres import Postgres

__all__ = ["PostgresSource"]

SLOT = PUBLICATION = "headgate_bench"
PLAIN = "headgate_bench_plain"
_CREATE = """
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
CREATE TABLE bench.events (
    id bigint PRIMARY KEY, account integer NOT NULL, kind text NOT NULL, note text, amount numeric(12,2) NOT NULL,
    ratio double precision, active boolean NOT NULL, trace uuid NOT NULL, created timestamptz NOT NULL, day date NOT NULL);
CREATE TABLE bench.elsewhere (id bigint);
"""
_INSERT = """
INSERT INTO bench.events
SELECT n, n %% 1000, 'kind-' || n %% 7, CASE WHEN n %% 3 = 0 THEN NULL ELSE 'a note of ordinary length, number ' || n END,
       (n %% 100000)::numeric / 100, n / 7.0, n %% 2 = 0, md5(n::text)::uuid,
       timestamptz '2026-01-01 00:00:00.123456Z' + n * interval '1 second', date '2026-01-01' + (n %% 365)::int
FROM generate_series(%s::bigint, %s::bigint) AS n
"""

_KINDS = (
    Column("integer", "n % 1000"), Column("text", "'kind-' || n % 7"), Column("numeric(12,2)", "(n % 100000)::numeric / 100"),
    Column("double precision", "n / 7.0"), Column("boolean", "n % 2 = 0"), Column("uuid", "md5(n::text)::uuid"),
    Column("timestamptz", "timestamptz '2026-01-01 00:00:00.123456Z' + n * interval '1 second'"),
    Column("date", "date '2026-01-01' + (n % 365)::int"), Column("bigint", "n::bigint * 1000003"),
    Column("text", "'a note of ordinary length, number ' || n"),
)


def _text(size: int) -> Column:
    return Column("text", f"left(repeat(md5(n::text), {size // 32 + 1}), {size})")


class PostgresSource:
    """A table of ten columns in a PostgreSQL of the devstack. See :class:`bench.source.Source`."""

    title = "PostgreSQL"
    plain_stream = "a slot of its own drained by libpq, a message a call"
    plain_snapshot = "COPY bench.events TO STDOUT, a row a call"

    def __init__(self, server: Postgres) -> None:
        self._port = server.port
        self._dsn = server.dsn
        self._many = server.dsn_for(MANY)
        self._grown: list[Column] = []
        self._rows = 0

    def config(self, snapshot: str) -> dict[str, str]:
        """See Source."""
        return {
            "connector.class": "io.debezium.connector.postgresql.PostgresConnector", "plugin.name": "pgoutput",
            "database.hostname": "127.0.0.1", "database.port": str(self._port), "database.user": "cdc",
            "database.password": "cdc", "database.dbname": "lab", "slot.name": SLOT, "publication.name": PUBLICATION,
            "publication.autocreate.mode": "filtered", "table.include.list": "bench.events", "snapshot.mode": snapshot,
        }

    def prepare(self) -> None:
        """See Source."""
        self._forget()
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            for name in (PUBLICATION, PLAIN):
                connection.execute(f"DROP PUBLICATION IF EXISTS {name}")
            connection.execute(_CREATE)

    def _forget(self) -> None:
        """Drop the slots of earlier cases; a sender whose reader has just ended may still hold its."""
        deadline = time.monotonic() + 30
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            while True:
                ours = f"FROM pg_replication_slots WHERE slot_name LIKE '{SLOT}%'"
                connection.execute(f"SELECT pg_drop_replication_slot(slot_name) {ours} AND NOT active")
                if connection.execute(f"SELECT {ours}").fetchone() is None:
                    return
                if time.monotonic() > deadline:
                    raise TimeoutError("an earlier case's replication slot is still in use")
                time.sleep(0.1)

    def mark(self) -> None:
        """See Source: a slot for the plain reader."""
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute(f"CREATE PUBLICATION {PLAIN} FOR TABLE bench.events")
            connection.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [PLAIN])

    def write(self, changes: int, per_transaction: int) -> None:
        """See Source."""
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            for first in range(1, changes + 1, per_transaction):
                connection.execute(_INSERT, [first, min(first + per_transaction, changes + 1) - 1])

    def row_bytes(self) -> float:
        """See Source."""
        with psycopg.connect(self._dsn) as connection:
            query = "SELECT avg(length(e::text)) FROM (SELECT * FROM bench.events LIMIT 1000) e"
            row = connection.execute(query).fetchone()
        return float(row[0]) if row and row[0] is not None else 0.0

    def drain_stream(self, rows: int) -> Drained:
        """See Source. Nothing is confirmed."""
        conninfo = f"host=127.0.0.1 port={self._port} user=cdc password=cdc dbname=lab replication=database"
        connection = pq.PGconn.connect(conninfo.encode())
        if connection.status != pq.ConnStatus.OK:
            raise RuntimeError(connection.error_message.decode())
        command = f"START_REPLICATION SLOT {PLAIN} LOGICAL 0/0 (proto_version '1', publication_names '{PLAIN}')"
        result = connection.exec_(command.encode())
        if result.status != pq.ExecStatus.COPY_BOTH:
            raise RuntimeError((result.error_message or b"").decode())
        seen = 0
        began, cpu = time.monotonic(), time.process_time()
        while seen < rows:
            size, data = connection.get_copy_data(1)
            if size == 0:
                select.select([connection.socket], [], [], 5)
                connection.consume_input()
            elif size < 0:
                raise RuntimeError(connection.error_message.decode())
            elif data[0] == 0x77 and data[25] in b"IUD":
                seen += 1
            elif data[0] == 0x6B and data[17]:
                connection.put_copy_data(b"r" + struct.pack(">QQQQB", 0, 0, 0, 0, 0))
                connection.flush()
        done = Drained(seen, time.monotonic() - began, time.process_time() - cpu)
        connection.finish()
        return done

    def drain_snapshot(self, rows: int) -> Drained:
        """See Source."""
        with psycopg.connect(self._dsn) as connection:
            began, cpu = time.monotonic(), time.process_time()
            with connection.cursor().copy("COPY bench.events TO STDOUT") as copy:
                seen = sum(1 for _ in copy)
            done = Drained(seen, time.monotonic() - began, time.process_time() - cpu)
        if seen != rows:
            raise RuntimeError(f"the plain reader saw {seen} rows of {rows}")
        return done

    def streams(self) -> int:
        """See Source."""
        with psycopg.connect(self._dsn) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' OR state = 'catchup'").fetchone()
        return int(row[0]) if row else 0

    def prepare_grown(self, shape: Shape) -> None:
        """See Source. Long texts are stored as they are: compressing them would measure the server."""
        self._grown, self._rows = values(_KINDS, _text, shape), 0
        columns = ", ".join(f"c{n} {column.type}" for n, column in enumerate(self._grown))
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute(f"CREATE TABLE bench.grown (id bigint PRIMARY KEY, {columns})".encode())
            if shape.size:
                connection.execute("ALTER TABLE bench.grown ALTER c0 SET STORAGE EXTERNAL")

    def write_grown(self, rows: int, per_transaction: int) -> None:
        """See Source."""
        chosen = ", ".join(column.value for column in self._grown)
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            for first in range(self._rows, self._rows + rows, per_transaction):
                last = min(first + per_transaction, self._rows + rows) - 1
                connection.execute(f"INSERT INTO bench.grown SELECT n, {chosen} FROM generate_series({first}, {last}) n".encode())
        self._rows += rows

    def write_elsewhere(self) -> None:
        """See Source."""
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute("INSERT INTO bench.elsewhere VALUES (1)")

    def prepare_many(self, tables: int) -> None:
        """See Source. They stay for the next run: making them takes longer than the case."""
        self._forget()
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", [MANY]).fetchone() is None:
                connection.execute(f"CREATE DATABASE {MANY}")
        with psycopg.connect(self._many, autocommit=True) as connection:
            connection.execute(f"DROP PUBLICATION IF EXISTS {PUBLICATION}")
            columns = ", ".join(f"c{n} {column.type}" for n, column in enumerate(_KINDS[:9]))
            for first in range(0, tables, 100):  # each batch is one transaction
                connection.execute("; ".join(
                    f"CREATE TABLE IF NOT EXISTS {many_table(n)} (id bigserial PRIMARY KEY, {columns})"
                    for n in range(first, min(first + 100, tables))).encode())

    def config_many(self, captured: int) -> dict[str, str]:
        """See Source."""
        return {**self.config("no_data"), "database.dbname": MANY, "table.include.list": ",".join(
            f"public.{many_table(n)}" for n in range(captured))}

    def write_many(self, tables: int, transactions: int, per_transaction: int) -> None:
        """See Source."""
        chosen = ", ".join(column.value for column in _KINDS[:9])
        names = ", ".join(f"c{n}" for n in range(9))
        with psycopg.connect(self._many, autocommit=True) as connection:
            for number in range(transactions):
                connection.execute((f"INSERT INTO {many_table(number % tables)} ({names}) SELECT {chosen} "
                                    f"FROM generate_series(1, {per_transaction}) n").encode())

    def many_topic(self, number: int) -> str:
        """See Source."""
        return f"public.{many_table(number)}"

    def commit_rows(self, seconds: float, rate: int) -> list[str]:
        """See Source."""
        statement = _INSERT.replace("generate_series(%s::bigint, %s::bigint)", "(SELECT %s::bigint)").replace("AS n", "AS t(n)")
        return ["postgres", self._dsn, statement, str(rate), str(seconds)]
