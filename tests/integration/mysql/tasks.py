"""A database of its own for each test, and a task that runs against it under the test's control."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Callable
from typing import Any

import pymysql

from connect.api.errors import RetriableError
from connect.api.records import ListBatch, Offset, RecordBatch, SourceRecord
from connectors.mysql.task import MariaDbTask, MySqlTask
from tests.taskcontext import Context

_numbers = itertools.count(1)
PATIENCE = 40.0


class Runner:
    """One task: polls it, keeps its records and its newest offset."""

    def __init__(self, flavor: str, config: dict[str, str], stored: Offset | None = None) -> None:
        self.context = Context(config, stored)
        self.task = MySqlTask() if flavor == "mysql" else MariaDbTask()
        self.records: list[SourceRecord] = []
        self.offset: Offset | None = stored
        self.batches = 0
        self.faults: list[str] = []
        self._stopped = False

    def start(self) -> Runner:
        self.task.start(self.context)
        return self

    def poll(self) -> RecordBatch | None:
        batch = self.task.poll()
        if batch is None:
            return None
        if isinstance(batch, list | tuple):
            batch = ListBatch(batch)
        assert isinstance(batch, RecordBatch)
        self.batches += 1
        self.records += list(batch.records())
        for _, offset in batch.offsets():
            self.offset = offset
        return batch

    def until(self, done: Callable[[Runner], Any], patience: float = PATIENCE) -> Runner:
        limit = time.monotonic() + patience
        while not done(self):
            assert time.monotonic() < limit, f"not within {patience} s; got {self.briefs}"
            self.poll()
        return self

    def recovering(self) -> Runner:
        """Poll until a passing fault has come and the stream runs again."""
        limit = time.monotonic() + PATIENCE
        while not (self.faults and self.task._stream is not None):
            assert time.monotonic() < limit
            try:
                self.poll()
            except RetriableError as e:
                self.faults.append(str(e))
                time.sleep(0.05)
        return self

    def rows_of(self, count: int) -> Runner:
        """Poll until there are so many row records (tombstones not counted)."""
        return self.until(lambda r: len(r.rows) >= count)

    def streaming(self) -> Runner:
        """Poll until the snapshot is over and the stream runs."""
        return self.until(lambda r: r.task._stream is not None)

    def past(self, lab: Lab) -> Runner:
        """Poll until the offset has everything that the server has logged up to now."""
        file, pos = lab.position()
        return self.until(lambda r: r.offset is not None and (r.offset["file"], r.offset["pos"]) >= (file, pos))

    @property
    def rows(self) -> list[SourceRecord]:
        return [r for r in self.records if r.value is not None and "op" in r.value]

    @property
    def briefs(self) -> list[tuple[Any, ...]]:
        return [brief(r) for r in self.rows]

    def ids(self, op: str = "c") -> list[Any]:
        return [b[2] for b in self.briefs if b[1] == op]

    def stop(self) -> Offset | None:
        if not self._stopped:
            self._stopped = True
            self.task.stop()
        return self.offset


def brief(record: SourceRecord) -> tuple[Any, ...]:
    """(table, op, id, snapshot mark)"""
    value = record.value
    row = value.get("after") or value.get("before") or {}
    return value["source"]["table"], value["op"], row.get("id"), value["source"]["snapshot"] or "false"


class Lab:
    """One test's own database on one server."""

    def __init__(self, flavor: str, server: Any) -> None:
        self.flavor, self.server = flavor, server
        self.name = f"h5_{os.getpid()}_{next(_numbers)}"
        self.server_id = random.randint(10_000, 2_000_000_000)
        self._runners: list[Runner] = []
        self._connections: list[Any] = []
        self.connection = self.connect(database=None)
        self.sql(f"DROP DATABASE IF EXISTS {self.name}", f"CREATE DATABASE {self.name} CHARACTER SET utf8mb4", f"USE {self.name}")

    def connect(self, **options: Any) -> Any:
        given = {"database": self.name, "autocommit": True, "charset": "utf8mb4", **options}
        made = pymysql.connect(host=self.server.host, port=self.server.port, user=self.server.user,
                               password=self.server.password, **given)
        self._connections.append(made)
        return made

    def sql(self, *statements: str, on: Any = None) -> list[Any]:
        """Run them one after the other; the rows of the last."""
        rows: list[Any] = []
        with (on or self.connection).cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                rows = list(cursor.fetchall())
        return rows

    def position(self) -> tuple[str, int]:
        row = self.sql("SHOW BINARY LOG STATUS" if self.flavor == "mysql" else "SHOW MASTER STATUS")[0]
        return str(row[0]), int(row[1])

    def config(self, **more: str | None) -> dict[str, str]:
        base: dict[str, str | None] = {
            "topic.prefix": "p", "database.hostname": self.server.host, "database.port": str(self.server.port),
            "database.user": self.server.user, "database.password": self.server.password, "database.include.list": self.name,
            "database.server.id": str(self.server_id), "include.schema.changes": "false", "poll.interval.ms": "100",
            **{k.replace("__", "."): v for k, v in more.items()}}
        return {k: v for k, v in base.items() if v is not None}

    def task(self, stored: Offset | None = None, **more: str | None) -> Runner:
        made = Runner(self.flavor, self.config(**more), stored)
        self._runners.append(made)
        return made.start()

    def end_dump(self) -> None:
        """End the server's side of the running dump, as an administrator would."""
        for row in self.sql("SHOW PROCESSLIST"):
            if str(row[4]).startswith("Binlog Dump") and any(
                    r.task._stream is not None and r.task._stream.thread_id == row[0] for r in self._runners):
                self.sql(f"KILL {row[0]}")

    def close(self) -> None:
        for runner in self._runners:
            runner.stop()
        for connection in self._connections:
            connection.close()
        last = self.connect(database=None)
        self.sql(f"DROP DATABASE {self.name}", on=last)
        last.close()
