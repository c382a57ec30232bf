"""A stack of its own, since these tests stop and kill its servers; a connector; a writer; a witness."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import pytest

from devstack.process import ProcessId, is_running, kill
from devstack.stack import Stack
from devstack.worker import WorkerProcess
from tests.chaos.witness import Witness, stored_position
from tests.chaos.workload import SETUP, Workload
from tests.waiting import until

NUMBERS = itertools.count(1)


@dataclass
class Scene:
    """Everything of one chaos test."""

    stack: Stack
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    witnesses: list[Witness] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.name = f"chaos{next(NUMBERS)}"
        self.slot = f"headgate_{self.name}"
        self.worker = WorkerProcess(self.stack.kafka.bootstrap, self.stack.registry.url, self.folder, group=self.name,
                                    environment=self.environment)

    def open(self) -> None:
        """Table, worker, connector, writer; returns once it streams."""
        self.start_writing()
        self.worker.start()
        self.register()
        until(self.slot_active, 60, "the connector to stream")

    def start_writing(self) -> None:
        """Make the table afresh and start the writer; returns once there are rows."""
        with psycopg.connect(self.stack.postgres.dsn, autocommit=True) as connection:
            connection.execute(SETUP.encode())
        self.workload = Workload(self.stack.postgres.dsn)
        self.workload.start()
        until(lambda: len(self.workload.committed) > 20, 30, "the first transactions")

    def register(self) -> None:
        """Put the connector."""
        config = {
            "connector.class": "io.debezium.connector.postgresql.PostgresConnector", "plugin.name": "pgoutput",
            "topic.prefix": self.name, "database.hostname": "127.0.0.1", "database.port": str(self.stack.postgres.port),
            "database.user": "cdc", "database.password": "cdc", "database.dbname": "lab", "slot.name": self.slot,
            "publication.name": self.slot, "publication.autocreate.mode": "filtered", "table.include.list": "public.accounts",
        }
        answer = httpx.put(f"{self.worker.url}/connectors/{self.name}/config", json=config, timeout=90)
        assert answer.status_code in (200, 201), answer.text

    def slot_active(self) -> bool:
        """Whether the connector reads."""
        with psycopg.connect(self.stack.postgres.dsn, autocommit=True) as connection:
            query = "SELECT 1 FROM pg_replication_slots WHERE slot_name = %s AND active AND confirmed_flush_lsn IS NOT NULL"
            return connection.execute(query, [self.slot]).fetchone() is not None

    def task(self) -> ProcessId:
        """The task's process: the newest leaf below the worker."""
        def leaf() -> ProcessId | None:
            family = self.worker.family()
            parents = {_parent(p) for p in family}
            leaves = [p for p in family if p.pid not in parents and p.pid != (self.worker.process and self.worker.process.pid)]
            depth2 = [p for p in leaves if _parent(p) != (self.worker.process and self.worker.process.pid)]
            return depth2[-1] if depth2 else None

        found: ProcessId = until(leaf, 30, "the task's process")
        return found

    def kill_task(self) -> None:
        """kill -9 the task."""
        kill([self.task()])

    def kill_worker(self) -> None:
        """kill -9 the worker; waits until its tasks have ended by themselves."""
        family = self.worker.family()
        self.worker.kill()
        until(lambda: not any(is_running(p) for p in family), 30, "the tasks of a killed worker to end")

    def restart_task(self) -> None:
        """What an operator does."""
        until(lambda: self.task_state() == "FAILED", 30, "the status of the killed task")
        answer = httpx.post(f"{self.worker.url}/connectors/{self.name}/tasks/0/restart", timeout=60)
        assert answer.status_code == 204, answer.text

    def task_state(self) -> str:
        """As REST tells it."""
        tasks = httpx.get(f"{self.worker.url}/connectors/{self.name}/status", timeout=60).json().get("tasks", [])
        return tasks[0]["state"] if tasks else ""

    def witness(self) -> Witness:
        """A consumer that has read everything so far."""
        seen = Witness(self.stack.kafka.bootstrap, self.stack.registry.url, f"{self.name}.public.accounts")
        self.witnesses.append(seen)
        seen.catch_up()
        return seen

    def stored(self) -> int | None:
        """The position stored in Kafka."""
        return stored_position(self.stack.kafka.bootstrap, f"{self.name}-offsets", self.name)

    def confirmed(self) -> int:
        """The position confirmed to the database."""
        with psycopg.connect(self.stack.postgres.dsn, autocommit=True) as connection:
            query = "SELECT confirmed_flush_lsn - '0/0' FROM pg_replication_slots WHERE slot_name = %s"
            row = connection.execute(query, [self.slot]).fetchone()
            assert row is not None
            return int(row[0])

    def assert_stored_is_not_ahead(self, seen: Witness) -> None:
        """While nothing runs: what is stored has been delivered, what is confirmed has been stored."""
        seen.catch_up()
        position = self.stored()
        if position is not None:
            ahead = seen.missing(list(self.workload.committed), up_to=position)
            assert not ahead, f"the stored offset {position} is ahead of: {ahead[:5]}"

    def assert_all_arrived(self, seen: Witness, seconds: float = 60) -> None:
        """The writer stops; every change it committed arrives, per key in order."""
        self.workload.stop()
        committed = self.workload.committed

        def arrived() -> bool:
            seen.catch_up()
            return not seen.missing(committed)

        until(arrived, seconds, "every committed change to arrive")
        assert not seen.faults, seen.faults[:5]

    def close(self) -> None:
        """Stop everything."""
        for seen in self.witnesses:
            seen.close()
        if hasattr(self, "workload") and self.workload.is_alive():
            self.workload.stop()
        self.worker.stop()
        with psycopg.connect(self.stack.postgres.dsn, autocommit=True) as connection:
            query = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s AND NOT active"
            until(lambda: not self.slot_active(), 30, "the slot to be released")
            connection.execute(query, [self.slot])


def _parent(process: ProcessId) -> int:
    try:
        return int(Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return -1


def runs(default: int) -> int:
    """How many kills: CHAOS_RUNS, or the short number of `make test`."""
    return int(os.environ.get("CHAOS_RUNS") or default)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(["kafka", "registry", "postgres"], settings={"postgres": {"wal_sender_timeout": "10s"}}) as running:
        yield running


@pytest.fixture
def unopened(stack: Stack, tmp_path: Path) -> Iterator[Scene]:
    """A scene in which nothing runs yet."""
    made = Scene(stack, tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def scene(unopened: Scene) -> Scene:
    """A scene whose connector streams what a writer commits."""
    unopened.open()
    return unopened
