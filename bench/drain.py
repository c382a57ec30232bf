"""A connector on a worker of its own, driven by REST, and what it takes to bring a backlog to Kafka.

The way measured is the whole: bytes of the database's wire to Avro that the broker has acknowledged.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
from confluent_kafka import Consumer, KafkaException, TopicPartition

from bench import usage
from devstack.stack import Stack
from devstack.worker import WorkerProcess

__all__ = ["Connector", "Measured"]

_STARTING, _DRAINING = 90.0, 1800.0


@dataclass(frozen=True, slots=True)
class Measured:
    """From the first record that was seen in Kafka to the last: how many came, in how long, and the task's CPU seconds. Where all
    came at once, from the start."""

    changes: int
    seconds: float
    cpu_seconds: float
    peak_kib: int


class Connector:
    """One connector and its worker: open with ``with``. Raises RuntimeError with the trace when
    the task fails, TimeoutError when what is waited for does not come."""

    def __init__(self, stack: Stack, name: str, config: Mapping[str, str]) -> None:
        self.name = name
        self._prefix = name.replace("-", "_")  # a prefix becomes an Avro namespace
        self._config = {**config, "topic.prefix": self._prefix}
        self._bootstrap = stack.kafka.bootstrap
        self._worker = WorkerProcess(self._bootstrap, stack.registry.url, stack.directory / f"worker-{name}", group=name)
        self._http = httpx.Client(base_url=self._worker.url, timeout=90)

    def __enter__(self) -> Self:
        self._worker.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._http.close()
        self._worker.stop()

    def idle_then_stop(self) -> int:
        """Register it, wait until it streams and its place is stored, stop it; the memory (KiB) it had while it waited."""
        self._register()
        self._wait("the connector's offset", lambda: bool(self._get("offsets").get("offsets")), _STARTING)
        idle = usage.family_kib(self._worker)
        self._put("stop")
        self._wait("the connector to stop", lambda: not self._get("status")["tasks"], _STARTING)
        return idle

    def drain(self, table: str, changes: int) -> Measured:
        """Resume it, or register it when it is not there yet, and wait until its topic of the table has that many records."""
        topic = f"{self._prefix}.{table}"
        consumer = Consumer({"bootstrap.servers": self._bootstrap, "group.id": "bench"})
        memory = usage.MemoryWatch(self._worker)
        try:
            seen, began, cpu = 0, time.monotonic(), 0.0
            if self._http.get(f"/connectors/{self.name}").status_code == 404:
                self._register()
            else:
                self._put("resume")
            self._wait("the first record", lambda: _end(consumer, topic) > 0, _STARTING)
            first = _end(consumer, topic)
            (task,) = usage.task_processes(self._worker)
            if first < changes:
                seen, began, cpu = first, time.monotonic(), usage.cpu_seconds(task)
            self._wait("the backlog to be drained", lambda: _end(consumer, topic) >= changes, _DRAINING)
            seconds, cpu = time.monotonic() - began, usage.cpu_seconds(task) - cpu
        finally:
            memory.close()
            consumer.close()
        self._http.delete(f"/connectors/{self.name}").raise_for_status()
        return Measured(changes - seen, seconds, cpu, memory.peak_kib)

    def _register(self) -> None:
        answer = self._http.put(f"/connectors/{self.name}/config", json=self._config)
        if answer.is_error:
            raise RuntimeError(f"the worker refused the connector {self.name}: {answer.text}")

    def _get(self, what: str) -> dict[str, Any]:
        answer = self._http.get(f"/connectors/{self.name}/{what}")
        return dict(answer.json()) if answer.status_code == 200 else {"tasks": [], "connector": {"state": "UNASSIGNED"}}

    def _put(self, what: str) -> None:
        self._http.put(f"/connectors/{self.name}/{what}").raise_for_status()

    def _wait(self, what: str, ready: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        look = 0.0
        while not ready():
            now = time.monotonic()
            if now >= look:
                look = now + 1
                for part in (status := self._get("status"))["tasks"] + [status["connector"]]:
                    if part["state"] == "FAILED":
                        raise RuntimeError(f"the connector {self.name} failed: {part.get('trace')}")
            if now > deadline:
                raise TimeoutError(f"{self.name}: waited {seconds:.0f} s for {what}")
            time.sleep(0.01)


def _end(consumer: Consumer, topic: str) -> int:
    try:
        return int(consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=5)[1])
    except KafkaException:  # the topic is made with its first record
        return 0
