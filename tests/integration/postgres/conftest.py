"""A database of its own for each test, and a task that runs against it under the test's control."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import psycopg
import psycopg.sql
import pytest

from connect.api.errors import RetriableError
from connect.api.records import ListBatch, Offset, RecordBatch, SourceRecord
from connectors.postgres.offsets import PgOffset
from connectors.postgres.task import PostgresTask
from tests.proxy import Proxy
from tests.taskcontext import Context

_pool: dict[str, list[str]] = {}
"""Databases that were made and are free, by server: making and dropping one costs checkpoints and syncs."""
_numbers = itertools.count(1)
PATIENCE = 30.0


class Runner:
    """One task: polls it, keeps its records and its newest offset."""

    def __init__(self, config: Mapping[str, str], stored: Offset | None = None) -> None:
        self.context = Context(config, stored)
        self.task = PostgresTask()
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
            assert time.monotonic() < limit, f"not within {patience} s; got {[brief(r) for r in self.records]}"
            self.poll()
        return self

    def recovering(self) -> Runner:
        """Poll until a passing fault has come and the stream runs again."""
        failed = False

        def done(_: Runner) -> bool:
            nonlocal failed
            try:
                self.poll()
            except RetriableError as e:
                failed = True
                self.faults.append(str(e))
                time.sleep(0.05)
            return failed and self.task._stream is not None

        limit = time.monotonic() + PATIENCE
        while not done(self):
            assert time.monotonic() < limit
        return self

    def records_of(self, count: int) -> Runner:
        """Poll until there are so many row records (tombstones not counted)."""
        return self.until(lambda r: len(r.rows) >= count)

    def streaming(self) -> Runner:
        """Poll until the snapshot is over and the stream runs."""
        return self.until(lambda r: r.task._stream is not None)

    @property
    def rows(self) -> list[SourceRecord]:
        return [r for r in self.records if r.value is not None]

    @property
    def briefs(self) -> list[tuple[Any, ...]]:
        return [brief(r) for r in self.rows]

    def store(self) -> None:
        """The newest offset is stored: tell the task."""
        assert self.offset is not None
        self.task.commit([({"server": self.context.config["topic.prefix"]}, self.offset)])

    def stop(self) -> Offset | None:
        if not self._stopped:
            self._stopped = True
            self.task.stop()
        return self.offset


def brief(record: SourceRecord) -> tuple[Any, ...]:
    """(table, op, id, snapshot mark)"""
    value = record.value
    if value is None:
        return (record.topic, None, None, None)
    row = value.get("after") or value.get("before") or {}
    source = value.get("source", {})
    return (source.get("table"), value.get("op"), row.get("id"), source.get("snapshot") or "false")


class Lab:
    """A database of its own, with a slot and a publication that nobody else uses."""

    def __init__(self, host: str, port: int, user: str, password: str) -> None:
        self.host, self.port, self.user, self.password = host, port, user, password
        self.dsn = psycopg.conninfo.make_conninfo(host=host, port=port, user=user, password=password)
        self._connections: list[psycopg.Connection[Any]] = []
        self._runners: list[Runner] = []
        self._roles: list[str] = []
        free = _pool.setdefault(self.dsn, [])
        if free:
            self.name = free.pop()
        else:
            self.name = f"hgio_{os.getpid()}_{next(_numbers)}"
            with psycopg.connect(self.dsn, dbname="postgres", autocommit=True) as c:
                c.execute(f"CREATE DATABASE {self.name}")
        self.connection = self.connect()

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        made = psycopg.connect(self.dsn, **{"dbname": self.name, "autocommit": True, **options})
        self._connections.append(made)
        return made

    def sql(self, text: str, *args: Any) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(text, args or None)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []

    def one(self, text: str, *args: Any) -> Any:
        rows = self.sql(text, *args)
        return rows[0][0] if rows else None

    def role(self, suffix: str, attributes: str = "REPLICATION") -> str:
        """A role that can log in, with its name as password; dropped at the end."""
        name = f"{self.name}_{suffix}"
        self._roles.append(name)
        self.sql(f"CREATE ROLE {name} LOGIN {attributes} PASSWORD '{name}'")
        return name

    def config(self, **more: str | None) -> dict[str, str]:
        base: dict[str, str | None] = {
            "topic.prefix": "p", "database.hostname": self.host, "database.port": str(self.port), "database.user": self.user,
            "database.password": self.password, "database.dbname": self.name, "plugin.name": "pgoutput",
            "slot.name": self.name, "publication.name": self.name, "publication.autocreate.mode": "filtered",
            "poll.interval.ms": "100", "slot.max.retries": "0", "slot.retry.delay.ms": "100",
        }
        base.update({k.replace("__", "."): v for k, v in more.items()})
        return {k: v for k, v in base.items() if v is not None}

    def runner(self, stored: Offset | None = None, **more: str | None) -> Runner:
        made = Runner(self.config(**more), stored)
        self._runners.append(made)
        return made

    def task(self, stored: Offset | None = None, **more: str | None) -> Runner:
        return self.runner(stored, **more).start()

    @property
    def confirmed(self) -> int:
        """The slot's confirmed_flush_lsn as a number."""
        return int(self.one("SELECT confirmed_flush_lsn - '0/0'::pg_lsn FROM pg_replication_slots WHERE slot_name = %s",
                            self.name))

    def slots(self) -> list[str]:
        return [r[0] for r in self.sql("SELECT slot_name FROM pg_replication_slots WHERE database = %s", self.name)]

    def wait(self, condition: Callable[[], Any], patience: float = PATIENCE) -> None:
        limit = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < limit, f"not within {patience} s"
            time.sleep(0.02)

    def close(self) -> None:
        for runner in self._runners:
            runner.stop()
        for connection in self._connections:
            connection.close()
        with psycopg.connect(self.dsn, dbname="postgres", autocommit=True) as c:
            c.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (self.name,))
            self.wait(lambda: not c.execute("SELECT FROM pg_stat_activity WHERE datname = %s", (self.name,)).fetchall())
            c.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = %s", (self.name,))
            c.execute(f"ALTER DATABASE {self.name} RESET ALL")
        with psycopg.connect(self.dsn, dbname=self.name) as c:
            for (name,) in c.execute("SELECT pubname FROM pg_publication").fetchall():
                c.execute(psycopg.sql.SQL("DROP PUBLICATION {}").format(psycopg.sql.Identifier(name)))
            for (name,) in c.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' "
                                     "AND nspname <> 'information_schema'").fetchall():
                c.execute(psycopg.sql.SQL("DROP SCHEMA {} CASCADE").format(psycopg.sql.Identifier(name)))
            c.execute("CREATE SCHEMA public")
            c.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
            for role in self._roles:
                c.execute(f"DROP OWNED BY {role}")
                c.execute(f"DROP ROLE {role}")
        _pool[self.dsn].append(self.name)


def resume_of(offset: Offset | None) -> int:
    """The position of the log that a stored offset lets the database forget."""
    read = PgOffset.read(offset)
    return 0 if read is None else int(read.resume_lsn)


def ids(records: Sequence[SourceRecord], op: str) -> list[Any]:
    return [b[2] for b in map(brief, records) if b[1] == op]


@pytest.fixture(scope="session", autouse=True)
def databases_dropped_at_the_end() -> Iterator[None]:
    yield
    for dsn, names in _pool.items():
        try:
            with psycopg.connect(dsn, dbname="postgres", autocommit=True) as c:
                for name in names:
                    c.execute(f"DROP DATABASE {name} WITH (FORCE)")
        except psycopg.OperationalError:
            pass  # a server that was made for the tests is gone, and its databases with it


@pytest.fixture
def lab(postgres: Any) -> Iterator[Lab]:
    """On the newest PostgreSQL."""
    made = Lab(postgres.host, postgres.port, postgres.user, postgres.password)
    yield made
    made.close()


@pytest.fixture(params=["postgres", "postgres15"])
def each_lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """On every major version."""
    server = request.getfixturevalue(request.param)
    made = Lab(server.host, server.port, server.user, server.password)
    yield made
    made.close()


@pytest.fixture
def proxy(lab: Lab) -> Iterator[Proxy]:
    """Between the task and the newest PostgreSQL."""
    with Proxy(lab.host, lab.port) as made:
        yield made
