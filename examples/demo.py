"""`make demo`: real Kafka, schema registry, PostgreSQL and MySQL, a worker, two connectors, and live changes on the screen.

DEMO_SECONDS=n ends by itself: it then waits until every row that was written has been read as an event, prints a
summary, and exits 0 only if the numbers of both databases are equal. Without it the demo runs until Ctrl-C. Where MySQL
cannot be had it goes on with PostgreSQL alone.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from devstack.errors import DevstackError
from devstack.progress import Progress
from devstack.stack import Stack
from devstack.worker import WorkerProcess
from examples.reader import EventReader, Tally
from examples.shops import Shop, mysql_shop, postgres_shop
from examples.workload import Workload


def say(text: str = "") -> None:
    """A line for the person watching."""
    print(text, flush=True)


def register(url: str, shop: Shop) -> None:
    """POST the connector and show the request as curl would send it."""
    body = {"name": shop.name, "config": dict(shop.config)}
    shown = json.dumps({"name": shop.name, "config": {**shop.config, "database.password": "********"}}, indent=2)
    say(f"\n== registering the connector of {shop.title}:\n"
        f"curl -X POST {url}/connectors -H 'Content-Type: application/json' -d '{shown}'")
    answer = httpx.post(f"{url}/connectors", json=body, timeout=90)
    if answer.status_code != 201:
        raise DevstackError(f"the worker refused the connector {shop.name}: {answer.status_code} {answer.text}")
    say(f"-> {answer.status_code} Created")


def wait_running(url: str, name: str, halt: threading.Event, seconds: float = 60) -> None:
    """Until connector and task are RUNNING; a FAILED one ends the demo with its trace."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not halt.wait(0.2):
        answer = httpx.get(f"{url}/connectors/{name}/status", timeout=10)
        if answer.status_code != 200:
            continue
        status: dict[str, Any] = answer.json()
        for part in [status["connector"], *status["tasks"]]:
            if part["state"] == "FAILED":
                raise DevstackError(f"the connector {name} failed: {part.get('trace', '')}")
        if [t["state"] for t in status["tasks"]] == ["RUNNING"]:
            return
    if not halt.is_set():
        raise DevstackError(f"the task of the connector {name} did not start in time")


def main() -> int:
    """Run the demo; the exit code says whether every row written was read."""
    seconds = float(os.environ.get("DEMO_SECONDS") or 0)
    halt = threading.Event()
    say("== starting Kafka, Apicurio Registry, PostgreSQL and MySQL (downloaded once, then cached)")
    try:
        with Stack(["kafka", "registry", "postgres", "mysql"], optional=["mysql"], progress=Progress()) as stack:
            # Up to here Ctrl-C ends at once; from here on it ends with a summary.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: halt.set())
            if "mysql" in stack.missing:
                say(f"\n== MySQL cannot be had here, the demo goes on with PostgreSQL alone:\n   {stack.missing['mysql']}")
            return run(stack, shops_of(stack), seconds, halt)
    except DevstackError as e:
        say(f"\ndemo: {e}")
        return 1
    except KeyboardInterrupt:
        say("\ndemo: interrupted")
        return 130


def shops_of(stack: Stack) -> list[Shop]:
    """A shop in each database that runs."""
    shops = [postgres_shop(stack.postgres.dsn, stack.postgres.port)]
    if "mysql" not in stack.missing:
        shops.append(mysql_shop(stack.mysql.url, stack.mysql.port))
    return shops


def run(stack: Stack, shops: Sequence[Shop], seconds: float, halt: threading.Event) -> int:
    """The demo on running servers."""
    for shop in shops:
        shop.set_up()
    say("\n== starting the worker")
    worker = WorkerProcess(stack.kafka.bootstrap, stack.registry.url, stack.directory / "worker", group="headgate-demo")
    with worker:
        say(f"worker      ready on {worker.url}")
        for shop in shops:
            register(worker.url, shop)
        for shop in shops:
            wait_running(worker.url, shop.name, halt)
        reader = EventReader(stack.kafka.bootstrap, stack.registry.url, [shop.name for shop in shops], say)
        reader.start()
        say("\n== the snapshots' rows, then live changes, decoded from Avro by the schema id in each record:")
        reader.wait_for({shop.name: shop.snapshot_rows for shop in shops}, 30, halt)
        workloads = {shop.name: Workload(shop, seed=number) for number, shop in enumerate(shops, 11)}
        say_addresses(stack, shops, worker.url, seconds)
        for workload in workloads.values():
            workload.start()
        halt.wait(seconds or None)
        for workload in workloads.values():
            workload.stop()
        expected = {shop.name: shop.snapshot_rows + workloads[shop.name].written for shop in shops}
        reader.wait_for(expected, 30, halt if not seconds else threading.Event())
        reader.stop()
        good = summary(shops, workloads, reader.tallies)
        for error in (reader.error, *(workload.error for workload in workloads.values())):
            if error:
                say(f"demo: {error}")
                good = False
        if not good:
            say(f"demo: rows and events differ; the worker's last words:\n{worker.log.read_text()[-2000:]}")
        return 0 if good else 1


def say_addresses(stack: Stack, shops: Sequence[Shop], url: str, seconds: float) -> None:
    """Where to look and what to try."""
    databases = "  ·  ".join(f"{shop.title} {shop.address}" for shop in shops)
    say(
        f"\n== REST {url}  ·  operator page {url}/ui  ·  API {url}/docs  ·  metrics {url}/metrics\n"
        f"   Kafka {stack.kafka.bootstrap}  ·  registry {stack.registry.url}\n"
        f"   {databases}\n"
        f"   try:  curl -s {url}/connectors?expand=status\n"
        f"         curl -s -X PUT {url}/connectors/{shops[-1].name}/pause     (and …/resume)\n"
        f"         curl -s -X POST '{url}/connectors/{shops[0].name}/restart?includeTasks=true'\n"
        f"   {f'ends by itself after {seconds:.0f} s' if seconds else 'Ctrl-C stops everything'}\n"
    )


def summary(shops: Sequence[Shop], workloads: Mapping[str, Workload], tallies: Mapping[str, Tally]) -> bool:
    """Compare what was written with what was read, for each database; whether all is equal."""
    equal = True
    say()
    for shop in shops:
        written, tally = workloads[shop.name].written, tallies[shop.name]
        expected = shop.snapshot_rows + written
        operations = ", ".join(f"{op} {n}" for op, n in sorted(tally.by_op.items()))
        say(f"== {shop.title:<11} rows in the snapshot {shop.snapshot_rows} + rows written {written} = {expected};"
            f" events read {tally.events} ({operations}); tombstones {tally.tombstones}")
        equal &= tally.events == expected
    if equal:
        say("== every row written was read as an event")
    return equal


if __name__ == "__main__":
    sys.exit(main())
