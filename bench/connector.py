"""Workers and connectors of a case, driven by REST, and what they take to bring changes to Kafka.

The way measured is the whole: bytes of the database's wire to Avro that the broker has acknowledged.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from bench import usage
from bench.lab import Lab
from devstack.process import ProcessId, is_running, wait_until
from devstack.worker import WorkerProcess

__all__ = ["STARTING", "Connector", "Measured", "Pace", "Worker"]

STARTING, _DRAINING = 90.0, 1800.0
_LOOK, _LONGEST_LOOK = 0.01, 0.25


@dataclass(frozen=True, slots=True)
class Measured:
    """From the first record that was seen in Kafka to the last: how many came, in how long, and the task's CPU seconds. Where all
    came at once, from the start."""

    changes: int
    seconds: float
    cpu_seconds: float
    peak_kib: int


class Pace:
    """How long not to look while records arrive: half of the time that the rest will take as it goes. Looking every hundredth
    of a second took a seventh of a core from what is measured."""

    def __init__(self, goal: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._goal, self._clock = goal, clock
        self._first: tuple[float, int] | None = None
        self._left = math.inf

    def reached(self, records: int) -> bool:
        """There are so many now; whether that is all."""
        now = self._clock()
        began, had = self._first = self._first or (now, records)
        came = records - had
        self._left = (self._goal - records) * (now - began) / came if came > 0 else math.inf
        return records >= self._goal

    def pause(self) -> float:
        """Seconds."""
        return _LOOK if math.isinf(self._left) else min(_LONGEST_LOOK, max(_LOOK, self._left / 2))


class Worker:
    """A worker of the case's own: open with ``with``. ``name`` tells several of one case apart."""

    def __init__(self, lab: Lab, name: str = "worker") -> None:
        self.lab = lab
        group = f"{lab.name}-{name}"
        self.process = WorkerProcess(lab.bootstrap, lab.registry, lab.folder / name, group=group)
        self.http = httpx.Client(base_url=self.process.url, timeout=90)
        self._admin = AdminClient({"bootstrap.servers": lab.bootstrap, "log_level": 0})
        self._there: set[str] = set()

    def __enter__(self) -> Self:
        self.process.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.http.close()
        self.process.stop()

    def records(self, topics: Sequence[str]) -> int:
        """How many records the topics have together; one that is not there yet has none."""
        # A client that asked for a topic's offset before it was there remembers for minutes that it is not.
        if not self._there.issuperset(topics):
            self._there.update(self._admin.list_topics(timeout=30).topics)
        asked = {
            TopicPartition(topic, 0): OffsetSpec.latest()  # type: ignore[no-untyped-call]
            for topic in topics if topic in self._there}
        total = 0
        for partition, future in (self._admin.list_offsets(asked, request_timeout=5) if asked else {}).items():
            try:
                total += int(future.result().offset)
            except KafkaException:  # it has no leader yet
                self._there.discard(partition.topic)
        return total


class Connector:
    """One connector on a worker. What waits raises RuntimeError with the trace when the task fails, TimeoutError when what is
    waited for does not come."""

    def __init__(self, worker: Worker, name: str, config: Mapping[str, str]) -> None:
        """``name`` may have dashes; with the lab's name it is the topic prefix."""
        self.name = name
        self.prefix = f"{worker.lab.name}_{name}".replace("-", "_")  # a prefix becomes an Avro namespace
        self._config = {**config, "topic.prefix": self.prefix}
        self._worker = worker
        self._http = worker.http

    def topic(self, table: str) -> str:
        """The topic of a table's changes."""
        return f"{self.prefix}.{table}"

    def task(self) -> ProcessId:
        """Its task's process, where it is the only connector."""
        (task,) = usage.task_processes(self._worker.process)
        return task

    def register(self) -> None:
        """Create it; it starts."""
        answer = self._http.put(f"/connectors/{self.name}/config", json=self._config)
        if answer.is_error:
            raise RuntimeError(f"the worker refused the connector {self.name}: {answer.text}")

    def delete(self) -> None:
        """Delete it, where it is the only connector, and wait until its task is gone."""
        running = usage.task_processes(self._worker.process)
        self._http.delete(f"/connectors/{self.name}").raise_for_status()
        if not wait_until(lambda: not any(is_running(one) for one in running), STARTING):
            raise TimeoutError(f"{self.name}: its task does not end")

    def stored(self) -> list[Any]:
        """The offsets that are stored."""
        answer = self._http.get(f"/connectors/{self.name}/offsets")
        return list(answer.json().get("offsets") or ()) if answer.status_code == 200 else []

    def stream(self) -> int:
        """Register it, wait until its place is stored; the memory (KiB) worker and task have while it waits."""
        self.register()
        self.wait("the connector's offset", lambda: bool(self.stored()), STARTING)
        return usage.family_kib(self._worker.process)

    def stop(self) -> None:
        """Stop it and wait until its task is gone."""
        self._put("stop")
        self.wait("the connector to stop", lambda: not self._status()["tasks"], STARTING)

    def resume(self) -> None:
        """Go on after :meth:`stop`."""
        self._put("resume")

    def drain(self, table: str, changes: int, start: Callable[[], None]) -> Measured:
        """Call ``start``, which lets it begin, and wait until its topic of the table has that many records."""
        topic = [self.topic(table)]
        memory = usage.MemoryWatch(self._worker.process)
        try:
            seen, began, cpu = 0, time.monotonic(), 0.0
            start()
            self.wait("the first record", lambda: self._worker.records(topic) > 0, STARTING)
            first = self._worker.records(topic)
            task = self.task()
            if first < changes:
                seen, began, cpu = first, time.monotonic(), usage.cpu_seconds(task)
            self.arrived(topic, changes)
            seconds, cpu = time.monotonic() - began, usage.cpu_seconds(task) - cpu
        finally:
            memory.close()
        return Measured(changes - seen, seconds, cpu, memory.peak_kib)

    def drain_held(self, tables: Sequence[str], changes: int, write: Callable[[], None]) -> Measured:
        """While the running task is held, ``write`` that many changes of these tables; let it go on and wait until they are all
        in Kafka, from its first byte to the last record."""
        topics = [self.topic(table) for table in tables]
        before, task = self._worker.records(topics), self.task()
        with usage.held(task):
            write()
            memory = usage.MemoryWatch(self._worker.process)
            began, cpu = time.monotonic(), usage.cpu_seconds(task)
        try:
            self.arrived(topics, before + changes)
            seconds, cpu = time.monotonic() - began, usage.cpu_seconds(task) - cpu
        finally:
            memory.close()
        return Measured(changes, seconds, cpu, memory.peak_kib)

    def arrived(self, topics: Sequence[str], records: int) -> None:
        """Wait until the topics have that many records together."""
        pace = Pace(records)
        self.wait(f"{records} records", lambda: pace.reached(self._worker.records(topics)), _DRAINING, pace.pause)

    def wait(self, what: str, ready: Callable[[], bool], seconds: float, pause: Callable[[], float] = lambda: _LOOK) -> None:
        """Until it is so. ``pause`` tells how long not to look after a look in vain."""
        deadline = time.monotonic() + seconds
        look = 0.0
        while not ready():
            now = time.monotonic()
            if now >= look:
                look = now + 1
                for part in (status := self._status())["tasks"] + [status["connector"]]:
                    if part["state"] == "FAILED":
                        raise RuntimeError(f"the connector {self.name} failed: {part.get('trace')}")
            if now > deadline:
                raise TimeoutError(f"{self.name}: waited {seconds:.0f} s for {what}")
            time.sleep(pause())

    def _status(self) -> dict[str, Any]:
        answer = self._http.get(f"/connectors/{self.name}/status")
        return dict(answer.json()) if answer.status_code == 200 else {"tasks": [], "connector": {"state": "UNASSIGNED"}}

    def _put(self, what: str) -> None:
        self._http.put(f"/connectors/{self.name}/{what}").raise_for_status()
