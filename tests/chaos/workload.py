"""A writer of multi-row transactions that remembers what it committed and up to which log position."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass

import psycopg

SETUP = """
DROP TABLE IF EXISTS accounts;
CREATE TABLE accounts (id int PRIMARY KEY, version int NOT NULL, note text NOT NULL);
ALTER TABLE accounts REPLICA IDENTITY FULL;
"""


@dataclass(frozen=True, slots=True)
class Committed:
    """One transaction: a log position at or after its commit, and the (key, version) it made. A delete is a version too."""

    lsn: int
    changes: tuple[tuple[int, int], ...]


class Workload(threading.Thread):
    """Inserts, updates and deletes over a few keys, several rows a commit, as fast as the pause allows.

    Every key's versions are 1, 2, 3 …: a consumer that sees each once and in order has lost nothing. Reconnects when the
    server goes away; a transaction whose commit was not answered is settled by asking the table.
    """

    def __init__(self, dsn: str, pause: float = 0.01, keys: int = 20) -> None:
        super().__init__(name="workload", daemon=True)
        self.dsn = dsn
        self._pause, self._keys = pause, keys
        self._halt = threading.Event()
        self._chance = random.Random(1)
        self.versions = dict.fromkeys(range(1, keys + 1), 0)
        self.alive: set[int] = set()
        self.committed: list[Committed] = []
        self.error: Exception | None = None

    def run(self) -> None:
        """Write until stopped."""
        try:
            while not self._halt.is_set():
                try:
                    with psycopg.connect(self.dsn, autocommit=True, connect_timeout=5) as connection:
                        self._settle(connection)
                        while not self._halt.wait(self._pause):
                            self._transaction(connection)
                except psycopg.OperationalError:
                    self._halt.wait(0.2)
        except Exception as e:
            self.error = e

    def stop(self) -> None:
        """Ends after the transaction under way. Raises what went wrong in the thread."""
        self._halt.set()
        self.join()
        if self.error:
            raise self.error

    def _transaction(self, connection: psycopg.Connection) -> None:
        keys = self._chance.sample(range(1, self._keys + 1), self._chance.randint(2, 6))
        with connection.transaction():
            changes = tuple((key, self._change(connection, key)) for key in sorted(keys))
        self._remember(connection, changes)

    def _change(self, connection: psycopg.Connection, key: int) -> int:
        version = self.versions[key] + 1
        if key not in self.alive:
            connection.execute("INSERT INTO accounts VALUES (%s, %s, %s)", [key, version, "n" * (version % 50)])
        elif self._chance.random() < 0.15:
            connection.execute("DELETE FROM accounts WHERE id = %s", [key])
        else:
            connection.execute("UPDATE accounts SET version = %s WHERE id = %s", [version, key])
        return version

    def _remember(self, connection: psycopg.Connection, changes: tuple[tuple[int, int], ...]) -> None:
        self._apply(connection, changes)
        row = connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'").fetchone()
        assert row is not None
        self.committed.append(Committed(int(row[0]), changes))

    def _apply(self, connection: psycopg.Connection, changes: tuple[tuple[int, int], ...]) -> None:
        there = {row[0] for row in connection.execute("SELECT id FROM accounts").fetchall()}
        for key, version in changes:
            self.versions[key] = version
        self.alive = there

    def _settle(self, connection: psycopg.Connection) -> None:
        """After a lost connection: take over what was committed without an answer (one transaction at most)."""
        rows = dict(connection.execute("SELECT id, version FROM accounts").fetchall())
        changed = []
        for key in self.versions:
            before, now = self.versions[key], rows.get(key)
            if now is not None and now > before:
                changed.append((key, now))
            elif now is None and key in self.alive:
                changed.append((key, before + 1))
        if changed:
            self._remember(connection, tuple(changed))
        self.alive = set(rows)
