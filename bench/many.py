"""Many tables in one connector, many connectors on one worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench import usage
from bench.connector import STARTING, Connector, Worker
from bench.figures import Row
from bench.lab import Lab
from bench.postgres import PUBLICATION, SLOT, PostgresSource
from bench.source import Source
from devstack.process import wait_until

__all__ = ["connectors", "tables"]

_WRITTEN = 100
"""How many of the captured tables get rows: each first row makes a topic and two subjects, which are not what is measured."""
_TRANSACTIONS = 200
_ALL_STARTED = 240.0


def tables(lab: Lab, case: str, source: Source, numbers: tuple[int, ...]) -> list[Row]:
    """One connector after the other that captures so many of the database's tables (which has them all, each time): how long it
    takes to start, and what a row costs."""
    per_transaction = max(1, 10 * lab.sizes.growth)
    source.prepare_many(max(numbers))
    found: list[Row] = []
    costs: dict[int, float] = {}  # of the first point with rows in so many tables
    with Worker(lab) as worker:
        for number in numbers:
            source.prepare_many(0)
            written = min(number, _WRITTEN)
            topics = [source.many_topic(n) for n in range(written)]
            connector = Connector(worker, f"x{number}", source.config_many(number))
            start = _until_it_streams(source, connector, connector.register)
            connector.wait("the connector's offset", lambda c=connector: bool(c.stored()), STARTING)  # type: ignore[misc]
            connector.stop()
            wait_until(lambda: source.streams() == 0, STARTING)
            restart = _until_it_streams(source, connector, connector.resume)
            source.write_many(written, written, 1)
            connector.arrived([connector.topic(topic) for topic in topics], written)

            def write(written: int = written) -> None:
                source.write_many(written, _TRANSACTIONS, per_transaction)

            measured = connector.drain_held(topics, _TRANSACTIONS * per_transaction, write)
            connector.delete()
            wait_until(lambda: source.streams() == 0, STARTING)
            cost = measured.cpu_seconds / measured.changes * 1e6
            one, alike = costs.setdefault(1, cost), costs.setdefault(written, cost)
            found.append(Row(f"{case}-{number}", f"{source.title}, {number:,} captured table(s), rows in {written}", {
                "events_per_second": measured.changes / measured.seconds, "task_cpu_seconds_per_million": cost,
                "cpu_ratio_to_one_table": cost / one, "cpu_ratio_to_fewer_captured": cost / alike,
                "start_seconds": start, "restart_seconds": restart,
                "peak_memory_mib": measured.peak_kib / 1024, "x": float(number),
            }))
    return found


def _until_it_streams(source: Source, connector: Connector, start: Callable[[], None]) -> float:
    began = time.monotonic()
    start()
    connector.wait("the stream", lambda: source.streams() > 0, STARTING * 4)
    return time.monotonic() - began


def connectors(lab: Lab, source: PostgresSource, number: int) -> dict[str, float]:
    """So many PostgreSQL connectors, each with its slot, registered at once on a worker that has none."""
    source.prepare()
    config = source.config("no_data")
    with Worker(lab) as worker:
        made = [Connector(worker, f"c{n}", {**config, "slot.name": f"{SLOT}_{n}", "publication.name": PUBLICATION})
                for n in range(number)]
        began = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(Connector.register, made))
        made[0].wait("all connectors to be RUNNING", lambda: _running(worker) == number, _ALL_STARTED)
        running = time.monotonic() - began
        made[0].wait("all connectors to stream", lambda: source.streams() >= number, _ALL_STARTED)
        streaming = time.monotonic() - began
        source.write(10, 10)
        made[0].arrived([connector.topic("bench.events") for connector in made], 10 * number)
        memory = usage.family_kib(worker.process) / 1024
    return {"running_seconds": running, "streaming_seconds": streaming, "memory_mib_each": memory / number}


def _running(worker: Worker) -> int:
    """How many connectors are RUNNING with their task. Raises RuntimeError with the trace of one that failed."""
    answer = worker.http.get("/connectors", params={"expand": "status"}).raise_for_status().json()
    states = {name: [one["status"]["connector"], *one["status"]["tasks"]] for name, one in answer.items()}
    for name, parts in states.items():
        if failed := [part for part in parts if part["state"] == "FAILED"]:
            raise RuntimeError(f"{name} failed: {failed[0].get('trace')}")
    return sum(len(parts) == 2 and all(part["state"] == "RUNNING" for part in parts) for parts in states.values())
