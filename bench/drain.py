"""One drain: a connector that was stopped reads a backlog through the whole path, wire bytes to acknowledged Avro."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
from confluent_kafka import Consumer, TopicPartition

from bench import plain, source, usage
from devstack.stack import Stack
from devstack.worker import WorkerProcess

__all__ = ["Result", "run"]

NAME, SLOT, PUBLICATION, TOPIC = "bench", "headgate_bench", "headgate_bench", "bench.bench.events"
PLAIN_SLOT = "headgate_bench_plain"


@dataclass(frozen=True, slots=True)
class Result:
    """One run. CPU is of the task process; memory is worker, fork server and task together."""

    changes: int
    seconds: float
    task_cpu_seconds: float
    peak_kib: int
    plain: plain.Drained
    row_bytes: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.changes / self.seconds

    @property
    def plain_rate(self) -> float:
        """What the plain reader drains a second."""
        return self.plain.rows / self.plain.seconds

    def as_json(self) -> dict[str, Any]:
        """For the results file."""
        return {
            "changes": self.changes, "seconds": self.seconds, "events_per_second": self.rate,
            "task_cpu_seconds_per_million": self.task_cpu_seconds / self.changes * 1e6,
            "peak_memory_mib": self.peak_kib / 1024, "plain_events_per_second": self.plain_rate,
            "plain_cpu_seconds_per_million": self.plain.cpu_seconds / self.plain.rows * 1e6,
            "ratio_to_plain": self.rate / self.plain_rate, "row_bytes": self.row_bytes,
        }


def wait(what: str, ready: Callable[[], bool], seconds: float = 300) -> None:
    """Until it holds; says what was waited for when it does not."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.01)


def run(stack: Stack, changes: int, per_transaction: int, say: Callable[[str], None]) -> Result:
    """Make the backlog, drain it by the plain reader, then by Headgate."""
    pg = stack.postgres
    conninfo = f"host=127.0.0.1 port={pg.port} user=cdc password=cdc dbname=lab"
    source.prepare(pg.dsn)
    with WorkerProcess(stack.kafka.bootstrap, stack.registry.url, stack.directory / "worker", group="bench") as worker:
        http = httpx.Client(base_url=worker.url, timeout=90)
        config = {
            "connector.class": "io.debezium.connector.postgresql.PostgresConnector", "plugin.name": "pgoutput",
            "topic.prefix": "bench", "database.hostname": "127.0.0.1", "database.port": str(pg.port),
            "database.user": "cdc", "database.password": "cdc", "database.dbname": "lab", "slot.name": SLOT,
            "publication.name": PUBLICATION, "publication.autocreate.mode": "filtered",
            "table.include.list": source.TABLE, "snapshot.mode": "no_data",
        }
        http.put(f"/connectors/{NAME}/config", json=config).raise_for_status()
        wait("the slot", lambda: _streams(http, pg.dsn))
        http.put(f"/connectors/{NAME}/stop").raise_for_status()
        wait("the connector to stop", lambda: not http.get(f"/connectors/{NAME}/status").json()["tasks"])
        plain.make_slot(pg.dsn, PLAIN_SLOT, "headgate_bench_plain", source.TABLE)
        say(f"writing {changes:,} changes in transactions of {per_transaction:,} rows")
        source.backlog(pg.dsn, changes, per_transaction)
        say("plain reader")
        baseline = plain.drain(conninfo, PLAIN_SLOT, "headgate_bench_plain", changes)
        say("Headgate")
        consumer = Consumer({"bootstrap.servers": stack.kafka.bootstrap, "group.id": "bench"})
        memory = usage.MemoryWatch(worker)
        began = time.monotonic()
        http.put(f"/connectors/{NAME}/resume").raise_for_status()
        wait("the first event", lambda: _end(consumer) > 0)
        first = time.monotonic()
        (task,) = usage.task_processes(worker)
        wait("the backlog to be drained", lambda: _end(consumer) >= changes)
        ended = time.monotonic()
        cpu = usage.cpu_seconds(task)
        memory.close()
        consumer.close()
        say(f"drained; {first - began:.1f} s from resume to the first event")
        http.delete(f"/connectors/{NAME}").raise_for_status()
        return Result(changes, ended - first, cpu, memory.peak_kib, baseline, source.row_bytes(pg.dsn))


def _end(consumer: Consumer) -> int:
    try:
        return int(consumer.get_watermark_offsets(TopicPartition(TOPIC, 0), timeout=5)[1])
    except Exception:  # noqa: BLE001 - the topic is made with its first record
        return 0


def _streams(http: httpx.Client, dsn: str) -> bool:
    status = http.get(f"/connectors/{NAME}/status").json()
    for task in status.get("tasks", []):
        if task["state"] == "FAILED":
            raise RuntimeError(task.get("trace"))
    with psycopg.connect(dsn) as connection:
        query = "SELECT 1 FROM pg_replication_slots WHERE slot_name = %s AND active"
        return connection.execute(query, [SLOT]).fetchone() is not None
