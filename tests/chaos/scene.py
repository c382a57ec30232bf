"""One chaos test's worker, connector, writer and witnesses, on servers that may be stopped and killed."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from devstack.process import ProcessId, is_running, kill
from devstack.stack import Stack
from devstack.worker import WorkerProcess
from tests.chaos.witness import Witness, stored_offset
from tests.chaos.workload import Workload
from tests.waiting import until

NUMBERS = itertools.count(1)


class Scene:
    """Everything of one chaos test. ``source`` makes the database's side of it; ``worker`` is started when it is needed, and
    runs nothing else."""

    def __init__(self, stack: Stack, worker: WorkerProcess, source: Callable[[Stack, str], Any]) -> None:
        self.name = f"chaos{next(NUMBERS)}"
        self.worker = worker
        self.stack = stack
        self.source = source(stack, self.name)
        self.witnesses: list[Witness] = []
        self.workload: Workload | None = None
        self.more: dict[str, str] = {}
        """Properties of the connector over those of the source."""
        self._registered = False

    def open(self) -> None:
        """Table, worker, connector, writer; returns once it streams."""
        self.start_writing()
        self.start_reading()

    def start_writing(self) -> None:
        """Make the table afresh and start the writer; returns once there are rows."""
        self.source.setup()
        self.workload = writer = Workload(self.source)
        writer.start()
        until(lambda: len(writer.committed) > 20 or not writer.is_alive(), 30, "the first transactions")

    def start_reading(self) -> None:
        """Worker and connector; returns once it streams."""
        if self.worker.process is None:
            self.worker.start()
        self.register()
        self.await_reading()

    def register(self, more: Mapping[str, str] | None = None) -> None:
        """Put the connector."""
        self._registered = True
        config = {"topic.prefix": self.name, **self.source.config(), **self.more, **(more or {})}
        answer = httpx.put(f"{self.worker.url}/connectors/{self.name}/config", json=config, timeout=90)
        assert answer.status_code in (200, 201), answer.text

    def ask(self, method: str, path: str) -> None:
        """A request about the connector that must succeed."""
        answer = httpx.request(method, f"{self.worker.url}/connectors/{self.name}/{path}", timeout=60)
        assert answer.status_code in (200, 202, 204), answer.text

    def await_reading(self, seconds: float = 60) -> None:
        """Until the connector reads the log."""
        until(self.source.reads, seconds, "the connector to read")

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
        self.source.killing()
        kill([self.task()])

    def kill_worker(self) -> None:
        """kill -9 the worker; waits until its tasks have ended by themselves."""
        self.source.killing()
        family = self.worker.family()
        self.worker.kill()
        until(lambda: not any(is_running(p) for p in family), 30, "the tasks of a killed worker to end")

    def restart_task(self) -> None:
        """What an operator does."""
        until(lambda: self.task_state() == "FAILED", 30, "the status of the killed task")
        self.ask("POST", "tasks/0/restart")

    def status(self) -> dict[str, Any]:
        """The task's status as REST tells it."""
        tasks = httpx.get(f"{self.worker.url}/connectors/{self.name}/status", timeout=60).json().get("tasks", [])
        return dict(tasks[0]) if tasks else {"state": ""}

    def task_state(self) -> str:
        """As REST tells it."""
        return str(self.status()["state"])

    def topic(self, table: str = "accounts") -> str:
        """Where a table's records are."""
        return f"{self.name}.{self.source.schema}.{table}"

    def witness(self, table: str = "accounts") -> Witness:
        """A consumer that has read everything so far."""
        seen = Witness(self.stack.kafka.bootstrap, self.stack.registry.url, self.topic(table))
        self.witnesses.append(seen)
        seen.catch_up()
        return seen

    def offset(self) -> dict[str, Any] | None:
        """What is stored in Kafka."""
        return stored_offset(self.stack.kafka.bootstrap, f"{self.worker.group}-offsets", self.name)

    def stored(self) -> Any:
        """The position stored in Kafka; None when there is none, or of a snapshot that runs."""
        offset = self.offset()
        return None if offset is None else self.source.position_of(offset)

    def await_stored(self) -> None:
        """Until an offset behind the snapshot is stored: from then on nothing is read anew."""
        until(lambda: self.stored() is not None, 60, "an offset behind the snapshot")

    def assert_stored_is_not_ahead(self, seen: Witness) -> None:
        """While nothing runs: what is stored has been delivered."""
        seen.catch_up()
        position = self.stored()
        if position is not None and self.workload is not None:
            ahead = seen.missing(list(self.workload.committed), up_to=position)
            assert not ahead, f"the stored offset {position} is ahead of: {ahead[:5]}"

    def assert_goes_on(self, seen: Witness, seconds: float = 60) -> None:
        """What is committed by now arrives."""
        assert self.workload is not None
        so_far = list(self.workload.committed)

        def arrived() -> bool:
            seen.catch_up()
            return not seen.missing(so_far)

        until(arrived, seconds, "the changes so far to arrive")

    def assert_all_arrived(self, seen: Witness, seconds: float = 60) -> None:
        """The writer stops; every change it committed arrives, per key in order; what the topic shows at last is the table."""
        assert self.workload is not None
        self.workload.stop()
        self.assert_goes_on(seen, seconds)
        assert not seen.faults, seen.faults[:5]
        with self.source.session() as session:
            assert seen.state == dict(session.execute("SELECT id, version FROM accounts"))

    def close(self) -> None:
        """Stop everything."""
        for seen in self.witnesses:
            seen.close()
        if self.workload is not None and self.workload.is_alive():
            self.workload.stop()
        if self._registered:
            self.source.killing()
            if not self.worker.is_healthy():
                self.worker.stop()
                self.worker.start()
            httpx.delete(f"{self.worker.url}/connectors/{self.name}", timeout=60)
        self.source.close()


def _parent(process: ProcessId) -> int:
    try:
        return int(Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return -1


def kills(scene: Scene, seen: Witness, count: int) -> None:
    """Kill task and worker in turn at random moments; each time what is stored is looked at before it goes on."""
    assert scene.workload is not None
    writer, chance = scene.workload, random.Random(2)
    scene.await_stored()
    for number in range(count):
        before = len(writer.committed)
        moment = time.monotonic() + chance.uniform(0.2, 1.5)
        until(lambda: time.monotonic() > moment and len(writer.committed) > before + 5, 60, "the writer to go on")  # noqa: B023
        if number % 2:
            scene.kill_worker()
            scene.assert_stored_is_not_ahead(seen)
            scene.worker.start()
        else:
            scene.kill_task()
            scene.assert_stored_is_not_ahead(seen)
            scene.restart_task()
        scene.await_reading()


def runs(default: int) -> int:
    """How many kills: CHAOS_RUNS, or the short number of `make test`."""
    return int(os.environ.get("CHAOS_RUNS") or default)
