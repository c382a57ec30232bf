"""MySQL and MariaDB in a chaos test."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import pymysql

from devstack.stack import Stack
from tests.chaos.workload import Session

SMALL = {"innodb_buffer_pool_size": "32M", "max_connections": "40"}
"""Settings of a server that shares its machine with many."""


class MySqlSession:
    """See Session; UTC and no SQL mode."""

    def __init__(self, port: int, database: str | None) -> None:
        self._connection = pymysql.connect(
            host="127.0.0.1", port=port, user="cdc", password="cdc", database=database, autocommit=True, charset="utf8mb4",
            connect_timeout=5, read_timeout=60, init_command="SET time_zone = '+00:00', sql_mode = ''")

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return list(cursor.fetchall())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        if self._connection.open:
            self._connection._force_close()


class MySqlSource:
    """A database of the scene's own, and the connector's configuration. ``port`` is where the connector connects."""

    lost: tuple[type[Exception], ...] = (pymysql.OperationalError, pymysql.InterfaceError)
    flavor = "mysql"
    status = "SHOW BINARY LOG STATUS"
    hits: ClassVar[Mapping[str, int]] = {"pipeline.before_produce": 150, "pipeline.after_produce": 150}
    """When a failpoint kills: once the end of the snapshot is stored. Before that the snapshot is made again, and the server
    keeps no place for the connector: of a row that came with the first and is deleted before the second nothing more is told."""

    def __init__(self, stack: Stack, name: str) -> None:
        self.server: Any = stack.servers[self.flavor]
        self.schema = name
        self.server_id = random.randint(10_000, 2_000_000_000)
        self.port = self.server.port
        self._before: set[int] = set()

    def session(self) -> MySqlSession:
        return MySqlSession(self.server.port, self.schema)

    def root(self) -> MySqlSession:
        """A connection without a database."""
        return MySqlSession(self.server.port, None)

    def setup(self) -> None:
        with self.root() as session:
            session.execute(f"CREATE DATABASE {self.schema}")
        with self.session() as session:
            for table in ("accounts", "bulk"):
                session.execute(f"CREATE TABLE {table} (id INT PRIMARY KEY, version INT NOT NULL, note TEXT NOT NULL)")

    def place(self, session: Session) -> tuple[str, int]:
        """Name of the newest file, and where it ends."""
        file, position = session.execute(self.status)[0][:2]
        return str(file), int(position)

    def position(self, session: Session) -> tuple[int, int]:
        return _comparable(*self.place(session))

    def interlude(self, session: Session, chance: random.Random) -> None:
        """A column more or less, a new file, the other form of logging."""
        match chance.randrange(3):
            case 0:
                session.execute("FLUSH BINARY LOGS")
            case 1:
                self.other_columns(session)
            case _:
                self.other_form(session, chance.random() < 0.5)

    def other_columns(self, session: Session) -> None:
        """A column comes or goes."""
        there = session.execute("SELECT 1 FROM information_schema.columns WHERE table_schema = %s AND table_name = 'accounts' "
                                "AND column_name = 'extra'", [self.schema])
        session.execute(f"ALTER TABLE accounts {'DROP COLUMN extra' if there else 'ADD COLUMN extra INT NULL DEFAULT 7'}")

    def other_form(self, session: Session, compressed: bool) -> None:
        """The session's transactions are logged compressed from here on, or not."""
        session.execute(f"SET SESSION binlog_transaction_compression = {'ON' if compressed else 'OFF'}")

    def position_of(self, offset: Mapping[str, Any]) -> tuple[int, int] | None:
        """The place up to which everything is done by a stored offset; None while a snapshot runs."""
        return None if offset.get("snapshot") else _comparable(offset["file"], offset["pos"])

    def config(self) -> dict[str, str]:
        return {
            "connector.class": "io.debezium.connector.mysql.MySqlConnector", "database.hostname": "127.0.0.1",
            "database.port": str(self.port), "database.user": "cdc", "database.password": "cdc",
            "database.server.id": str(self.server_id), "database.include.list": self.schema,
            "include.schema.changes": "false", "poll.interval.ms": "100",
        }

    def _dumps(self) -> set[int]:
        with self.root() as session:
            return {int(row[0]) for row in session.execute("SHOW PROCESSLIST") if str(row[4]).startswith("Binlog Dump")}

    def killing(self) -> None:
        """The reader is about to be killed: the server may take its time to notice."""
        self._before = self._dumps()

    def reads(self) -> bool:
        """Whether the connector reads."""
        return bool(self._dumps() - self._before)

    def close(self) -> None:
        with self.root() as session:
            session.execute(f"DROP DATABASE IF EXISTS {self.schema}")


class MySqlFileSource(MySqlSource):
    """Without GTIDs: the position is file and offset only."""

    steps = ("ON", "ON_PERMISSIVE", "OFF_PERMISSIVE", "OFF")

    def setup(self) -> None:
        with self.root() as session:
            for mode in self.steps[1:]:
                session.execute(f"SET GLOBAL gtid_mode = {mode}")
        super().setup()

    def close(self) -> None:
        super().close()
        with self.root() as session:
            for mode in self.steps[-2::-1]:
                session.execute(f"SET GLOBAL gtid_mode = {mode}")


class MariaDbSource(MySqlSource):
    """MariaDB."""

    flavor = "mariadb"
    status = "SHOW MASTER STATUS"

    def other_form(self, session: Session, compressed: bool) -> None:
        # There is no form of a session's; these change with the whole server.
        session.execute(f"SET GLOBAL log_bin_compress = {'ON' if compressed else 'OFF'}")

    def config(self) -> dict[str, str]:
        return {**super().config(), "connector.class": "io.debezium.connector.mariadb.MariaDbConnector"}


def _comparable(file: str, position: int) -> tuple[int, int]:
    return int(file.rpartition(".")[2]), position
