"""The database of a recorded case, made afresh for each; sessions by name, in UTC."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import psycopg
import pymysql

from tests.golden.normalise import SENTINEL_SCHEMA
from tests.waiting import until

SENTINEL = f"{SENTINEL_SCHEMA}.sentinel"


class Database(ABC):
    """Where a case's SQL runs, and what the server tells of the connector's reading.

    For a case: ``reset``, ``run`` of its setup, ``make_sentinel``; ``watch`` right before the connector starts or resumes, then
    ``streams``; ``release`` when it is gone.
    """

    kind: str

    def __init__(self, host: str, port: int, user: str, password: str) -> None:
        self.at: dict[str, Any] = {"host": host, "port": port, "user": user, "password": password}
        self.sessions: dict[str, Any] = {}
        self.slot = ""

    @abstractmethod
    def reset(self) -> None:
        """Drop what an earlier case made, make the database `golden`."""

    @abstractmethod
    def make_sentinel(self) -> None:
        """The table whose rows mark a place in the log; the last in order of names."""

    @abstractmethod
    def run(self, sql: str, session: str = "main") -> None:
        """One statement in a session."""

    @abstractmethod
    def watch(self, config: Mapping[str, str]) -> None:
        """Remember what is, so that `streams` tells of the connector with this configuration."""

    @abstractmethod
    def streams(self) -> bool:
        """Whether the watched connector reads the log."""

    @abstractmethod
    def release(self) -> None:
        """After the connector is gone: remove what it made."""

    def close_sessions(self) -> None:
        """Close the case's sessions."""
        for session in self.sessions.values():
            session.close()
        self.sessions = {}

    @abstractmethod
    def close(self) -> None:
        """Close everything."""


class Postgres(Database):
    """One database, dropped and created; slots of broken runs go too."""

    kind = "postgres"

    def __init__(self, host: str, port: int, user: str, password: str) -> None:
        super().__init__(host, port, user, password)
        self.admin = psycopg.connect(**self.at, dbname="postgres", autocommit=True)

    def reset(self) -> None:
        self.close_sessions()
        slots = self.admin.execute("SELECT slot_name FROM pg_replication_slots WHERE slot_name LIKE 'golden%' AND NOT active")
        for (slot,) in slots.fetchall():
            self.admin.execute("SELECT pg_drop_replication_slot(%s)", [slot])
        self.admin.execute("DROP DATABASE IF EXISTS golden WITH (FORCE)")
        self.admin.execute("CREATE DATABASE golden TEMPLATE template0 ENCODING 'UTF8'")

    def make_sentinel(self) -> None:
        self.run(f"CREATE SCHEMA {SENTINEL_SCHEMA}")
        self.run(f"CREATE TABLE {SENTINEL} (token text PRIMARY KEY)")

    def run(self, sql: str, session: str = "main") -> None:
        if session not in self.sessions:
            self.sessions[session] = psycopg.connect(**self.at, dbname="golden", autocommit=True)
            self.sessions[session].execute("SET TIME ZONE 'UTC'")
        self.sessions[session].execute(sql.encode())

    def watch(self, config: Mapping[str, str]) -> None:
        self.slot = config["slot.name"]

    def streams(self) -> bool:
        query = "SELECT 1 FROM pg_replication_slots WHERE slot_name = %s AND active AND confirmed_flush_lsn IS NOT NULL"
        return self.admin.execute(query, [self.slot]).fetchone() is not None

    def release(self) -> None:
        until(lambda: not self.streams(), 20, "the slot to be released")
        self.admin.execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s", [self.slot])

    def close(self) -> None:
        self.close_sessions()
        self.admin.close()


class MySql(Database):
    """Every database named golden… is dropped before a case; one connector at a time reads the server's log."""

    kind = "mysql"

    def __init__(self, host: str, port: int, user: str, password: str) -> None:
        super().__init__(host, port, user, password)
        self.admin = self._connect()
        self.before: set[int] = set()

    def _connect(self, **more: Any) -> Any:
        return pymysql.connect(**self.at, autocommit=True, charset="utf8mb4", init_command="SET time_zone = '+00:00'", **more)

    def _query(self, sql: str) -> list[Any]:
        with self.admin.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def reset(self) -> None:
        self.close_sessions()
        for (name,) in self._query("SHOW DATABASES"):
            if name.startswith("golden") or name == SENTINEL_SCHEMA:
                self._query(f"DROP DATABASE `{name}`")
        self._query("CREATE DATABASE golden CHARACTER SET utf8mb4")

    def make_sentinel(self) -> None:
        self._query(f"CREATE DATABASE {SENTINEL_SCHEMA} CHARACTER SET utf8mb4")
        self._query(f"CREATE TABLE {SENTINEL} (token varchar(64) PRIMARY KEY)")

    def run(self, sql: str, session: str = "main") -> None:
        if session not in self.sessions:
            self.sessions[session] = self._connect(database="golden")
        with self.sessions[session].cursor() as cursor:
            cursor.execute(sql)

    def _readers(self) -> set[int]:
        return {row[0] for row in self._query("SHOW PROCESSLIST") if re.search("Binlog Dump", str(row[4]))}

    def watch(self, config: Mapping[str, str]) -> None:
        self.before = self._readers()

    def streams(self) -> bool:
        return bool(self._readers() - self.before)

    def release(self) -> None:
        """Nothing is left in the server."""

    def close(self) -> None:
        self.close_sessions()
        self.admin.close()


class MariaDb(MySql):
    """MySQL's sibling: the same here."""

    kind = "mariadb"
