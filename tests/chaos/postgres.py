"""PostgreSQL in a chaos test."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import psycopg

from devstack.stack import Stack
from tests.chaos.workload import Session
from tests.waiting import until

SETUP = (
    "DROP TABLE IF EXISTS accounts",
    "CREATE TABLE accounts (id int PRIMARY KEY, version int NOT NULL, note text NOT NULL)",
    "ALTER TABLE accounts REPLICA IDENTITY FULL",
)


class PostgresSession:
    """See Session."""

    def __init__(self, dsn: str) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True, connect_timeout=5)

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        cursor = self._connection.execute(statement.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()


class PostgresSource:
    """The database, the connector's configuration and its slot."""

    lost: tuple[type[Exception], ...] = (psycopg.OperationalError,)
    schema = "public"
    hits: ClassVar[Mapping[str, int]] = {}

    def __init__(self, stack: Stack, name: str) -> None:
        self.server = stack.postgres
        self.slot = f"headgate_{name}"

    def session(self) -> Session:
        return PostgresSession(self.server.dsn)

    def setup(self) -> None:
        with self.session() as session:
            for statement in SETUP:
                session.execute(statement)

    def position(self, session: Session) -> int:
        return int(session.execute("SELECT pg_current_wal_insert_lsn() - '0/0'")[0][0])

    def interlude(self, session: Session, chance: random.Random) -> None:
        return

    def position_of(self, offset: Mapping[str, Any]) -> int | None:
        """The place up to which everything is done by a stored offset; None while a snapshot runs."""
        found: int | None = offset.get("lsn_commit")
        return found

    def config(self) -> dict[str, str]:
        return {
            "connector.class": "io.debezium.connector.postgresql.PostgresConnector", "plugin.name": "pgoutput",
            "database.hostname": "127.0.0.1", "database.port": str(self.server.port),
            "database.user": "cdc", "database.password": "cdc", "database.dbname": "lab", "slot.name": self.slot,
            "publication.name": self.slot, "publication.autocreate.mode": "filtered", "table.include.list": "public.accounts",
        }

    def killing(self) -> None:
        """The reader is about to be killed."""

    def reads(self) -> bool:
        """Whether the connector reads."""
        with self.session() as session:
            query = "SELECT 1 FROM pg_replication_slots WHERE slot_name = %s AND active AND confirmed_flush_lsn IS NOT NULL"
            return bool(session.execute(query, [self.slot]))

    def close(self) -> None:
        until(lambda: not self.reads(), 30, "the slot to be released")
        with self.session() as session:
            query = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s AND NOT active"
            session.execute(query, [self.slot])
