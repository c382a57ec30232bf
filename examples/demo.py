"""`make demo`: real Kafka, schema registry and PostgreSQL, a worker, a connector, and live changes on the screen.

DEMO_SECONDS=n ends by itself: it then waits until every row that was written has been read as an event, prints a
summary, and exits 0 only if the two numbers are equal. Without it the demo runs until Ctrl-C.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import psycopg

from devstack.errors import DevstackError
from devstack.progress import Progress
from devstack.stack import Stack
from devstack.worker import WorkerProcess
from examples.reader import EventReader
from examples.workload import SETUP, SNAPSHOT_ROWS, Workload

CONNECTOR = "shop"


def connector_config(host: str, port: int) -> dict[str, str]:
    """The connector of the demo: an ordinary Debezium configuration."""
    return {
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "plugin.name": "pgoutput",
        "topic.prefix": "demo",
        "database.hostname": host,
        "database.port": str(port),
        "database.user": "cdc",
        "database.password": "cdc",
        "database.dbname": "lab",
        "slot.name": "headgate_demo",
        "publication.name": "headgate_demo",
        "publication.autocreate.mode": "filtered",
        "table.include.list": r"shop\..*",
    }


def say(text: str = "") -> None:
    """A line for the person watching."""
    print(text, flush=True)


def register(url: str, config: dict[str, str]) -> None:
    """POST the connector and show the request as curl would send it."""
    body = {"name": CONNECTOR, "config": config}
    shown = json.dumps(body | {"config": config | {"database.password": "********"}}, indent=2)
    say(f"\n== registering the connector:\ncurl -X POST {url}/connectors -H 'Content-Type: application/json' -d '{shown}'")
    answer = httpx.post(f"{url}/connectors", json=body, timeout=90)
    if answer.status_code != 201:
        raise DevstackError(f"the worker refused the connector: {answer.status_code} {answer.text}")
    say(f"-> {answer.status_code} Created\n")


def wait_running(url: str, halt: threading.Event, seconds: float = 60) -> None:
    """Until connector and task are RUNNING; a FAILED one ends the demo with its trace."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not halt.wait(0.2):
        answer = httpx.get(f"{url}/connectors/{CONNECTOR}/status", timeout=10)
        if answer.status_code != 200:
            continue
        status: dict[str, Any] = answer.json()
        for part in [status["connector"], *status["tasks"]]:
            if part["state"] == "FAILED":
                raise DevstackError(f"the connector failed: {part.get('trace', '')}")
        if [t["state"] for t in status["tasks"]] == ["RUNNING"]:
            return
    if not halt.is_set():
        raise DevstackError("the connector's task did not start in time")


def main() -> int:
    """Run the demo; the exit code says whether every row written was read."""
    seconds = float(os.environ.get("DEMO_SECONDS") or 0)
    halt = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: halt.set())
    say("== starting Kafka, Apicurio Registry and PostgreSQL (downloaded once, then cached)")
    try:
        with Stack(["kafka", "registry", "postgres"], progress=Progress()) as stack:
            return run(stack, seconds, halt)
    except DevstackError as e:
        say(f"\ndemo: {e}")
        return 1


def run(stack: Stack, seconds: float, halt: threading.Event) -> int:
    """The demo on running servers."""
    pg = stack.postgres
    with psycopg.connect(pg.dsn, autocommit=True) as connection:
        connection.execute(SETUP.encode())
    say("\n== starting the worker")
    worker = WorkerProcess(stack.kafka.bootstrap, stack.registry.url, stack.directory / "worker", group="headgate-demo")
    with worker:
        say(f"worker      ready on {worker.url}")
        register(worker.url, connector_config("127.0.0.1", pg.port))
        wait_running(worker.url, halt)
        reader = EventReader(stack.kafka.bootstrap, stack.registry.url, "demo.", say)
        reader.start()
        say("== the snapshot's rows, then live changes, decoded from Avro by the schema id in each record:")
        reader.wait_for(SNAPSHOT_ROWS, 30, halt)
        workload = Workload(pg.dsn)
        workload.start()
        say_addresses(stack, worker, seconds)
        halt.wait(seconds or None)
        workload.stop()
        reader.wait_for(SNAPSHOT_ROWS + workload.written, 30, halt if not seconds else threading.Event())
        reader.stop()
        return summary(workload, reader, Path(worker.log))


def say_addresses(stack: Stack, worker: WorkerProcess, seconds: float) -> None:
    """Where to look and what to try."""
    say(
        f"\n== REST {worker.url}  ·  operator page {worker.url}/ui  ·  API {worker.url}/docs  ·  metrics {worker.url}/metrics\n"
        f"   Kafka {stack.kafka.bootstrap}  ·  registry {stack.registry.url}  ·  PostgreSQL {stack.postgres.dsn}\n"
        f"   try:  curl -s {worker.url}/connectors?expand=status\n"
        f"         curl -s -X PUT {worker.url}/connectors/{CONNECTOR}/pause     (and …/resume)\n"
        f"         curl -s -X POST '{worker.url}/connectors/{CONNECTOR}/restart?includeTasks=true'\n"
        f"   {f'ends by itself after {seconds:.0f} s' if seconds else 'Ctrl-C stops everything'}\n"
    )


def summary(workload: Workload, reader: EventReader, log: Path) -> int:
    """Compare what was written with what was read."""
    expected = SNAPSHOT_ROWS + workload.written
    say(f"\n== rows in the snapshot {SNAPSHOT_ROWS} + rows written {workload.written} = {expected}; events read {reader.events}"
        f" ({', '.join(f'{op} {n}' for op, n in sorted(reader.by_op.items()))}); tombstones {reader.tombstones}")
    for error in (workload.error, reader.error):
        if error:
            say(f"demo: {error}")
            return 1
    if reader.events != expected:
        say(f"demo: rows and events differ; the worker's log is {log}")
        return 1
    say("== every row written was read as an event")
    return 0


if __name__ == "__main__":
    sys.exit(main())
