"""One test's own database, slot, publication, topics and connectors on the shared worker, and how to look at them."""

from __future__ import annotations

import itertools
import os
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from tests.integration.loop.consumer import Event, IndependentConsumer

PATIENCE = 60.0
SECRET = "s3cr3t-Pa55"
CONNECTOR = "io.debezium.connector.postgresql.PostgresConnector"
_numbers = itertools.count(1)


class Scene:
    """Everything is named after ``name``. ``close`` takes all of it away again."""

    def __init__(self, worker: Any, kafka: Any, registry: Any, postgres: Any) -> None:
        self.worker, self.server = worker, postgres
        self.bootstrap, self.registry = kafka.bootstrap, registry.url
        self.name = f"bad_{os.getpid()}_{next(_numbers)}"
        self.http = httpx.Client(base_url=worker.url, timeout=60)
        self.subjects = httpx.Client(base_url=registry.url, timeout=30)
        self.log_start = worker.log.stat().st_size
        self._connectors: set[str] = set()
        self._consumers: dict[str, IndependentConsumer] = {}
        self._roles: list[str] = []
        self._open: list[psycopg.Connection[Any]] = []
        with psycopg.connect(postgres.dsn, autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {self.name}")
        self.connection = self.connect()

    # The database.

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        made = psycopg.connect(self.server.dsn, **{"dbname": self.name, "autocommit": True, **options})
        self._open.append(made)
        return made

    def sql(self, text: str, *args: Any) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(text, args or None)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []

    def role(self, suffix: str, attributes: str = "REPLICATION") -> str:
        """A role that can log in with SECRET, and may make publications here."""
        role = f"{self.name}_{suffix}"
        self._roles.append(role)
        self.sql(f"CREATE ROLE {role} LOGIN {attributes} PASSWORD '{SECRET}'")
        self.sql(f"GRANT CREATE ON DATABASE {self.name} TO {role}")
        return role

    def confirmed(self) -> int:
        return int(self.sql("SELECT confirmed_flush_lsn - '0/0'::pg_lsn FROM pg_replication_slots WHERE slot_name = %s",
                            self.name)[0][0])

    def slot_is_free(self) -> None:
        self.until(lambda: not self.sql("SELECT 1 FROM pg_replication_slots WHERE slot_name = %s AND active", self.name),
                   "the slot to be free")

    # The connector.

    def config(self, **more: Any) -> dict[str, Any]:
        """A good configuration; ``__`` in the names of ``more`` is a dot, None takes a property away."""
        base: dict[str, Any] = {
            "connector.class": CONNECTOR, "topic.prefix": self.name, "plugin.name": "pgoutput",
            "database.hostname": self.server.host, "database.port": str(self.server.port), "database.user": self.server.user,
            "database.password": self.server.password, "database.dbname": self.name, "slot.name": self.name,
            "publication.name": self.name, "publication.autocreate.mode": "filtered", "poll.interval.ms": "100",
            "slot.max.retries": "2", "slot.retry.delay.ms": "200",
        }
        base.update({k.replace("__", "."): v for k, v in more.items()})
        return {k: v for k, v in base.items() if v is not None}

    def put(self, config: dict[str, Any], name: str = "") -> httpx.Response:
        name = name or self.name
        self._connectors.add(name)
        return self.http.put(f"/connectors/{name}/config", json=config)

    def create(self, name: str = "", **more: Any) -> None:
        answer = self.put(self.config(**more), name)
        assert answer.status_code in (200, 201), answer.text

    def refused(self, **more: Any) -> str:
        """The message of the 400 that this configuration gets; nothing is created."""
        answer = self.put(self.config(**more))
        assert answer.status_code == 400, answer.text
        body = answer.json()
        assert body["error_code"] == 400
        assert self.http.get(f"/connectors/{self.name}").status_code == 404
        return str(body["message"])

    def call(self, method: str, path: str = "", **more: Any) -> httpx.Response:
        return self.http.request(method, f"/connectors/{self.name}{path}", **more)

    def status(self, name: str = "") -> dict[str, Any]:
        answer = self.http.get(f"/connectors/{name or self.name}/status")
        return dict(answer.json()) if answer.status_code == 200 else {"connector": {"state": ""}, "tasks": []}

    def task(self, name: str = "") -> dict[str, Any]:
        return next(iter(self.status(name)["tasks"]), {"state": ""})

    def until(self, ready: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
        stop = time.monotonic() + seconds
        while not (found := ready()):
            assert time.monotonic() < stop, f"waited {seconds:g} s for {what}; {self.status()}\n{self.told()}"
            time.sleep(0.05)
        return found

    def reaches(self, state: str, name: str = "") -> dict[str, Any]:
        def there() -> dict[str, Any] | None:
            task = self.task(name)
            if state != "FAILED":
                assert task["state"] != "FAILED", task["trace"]
            return task if task["state"] == state else None

        return dict(self.until(there, f"the task to be {state}"))

    def trace(self) -> str:
        """The first line of the failed task's trace."""
        lines = self.reaches("FAILED")["trace"].splitlines()
        assert self.metric("kafka_connect_worker_connector_failed_task_count") == 1
        return str(lines[0])

    def condition(self, pattern: str) -> str:
        """What the running task says it waits for, once it matches; the metric says that it waits."""
        def told() -> str | None:
            task = self.task()
            assert task["state"] != "FAILED", task["trace"]
            found = str(task.get("condition") or "")
            return found if re.search(pattern, found) else None

        text = str(self.until(told, f"the condition {pattern!r}"))
        self.until(lambda: self.metric("headgate_task_waiting") == 1, "headgate_task_waiting")
        return text

    def streams(self) -> None:
        """Until the slot is read and has a position: what is written from now on comes by the stream."""
        def reading() -> bool:
            task = self.task()
            assert task["state"] != "FAILED", task["trace"]
            slot = "pg_replication_slots WHERE slot_name = %s AND active AND confirmed_flush_lsn IS NOT NULL"
            return bool(task["state"] == "RUNNING" and self.sql(f"SELECT 1 FROM {slot}", self.name))

        self.until(reading, "the connector to stream")

    def restart(self) -> None:
        """Restart the connector and its tasks; returns when the task is no longer FAILED, or has failed again."""
        assert self.call("POST", "/restart?includeTasks=true").status_code in (202, 204)
        self._left_failed()

    def reconfigure(self, **more: Any) -> None:
        """Change the configuration of what is there; returns as :meth:`restart`."""
        answer = self.put(self.config(**more))
        assert answer.status_code == 200, answer.text
        self._left_failed()

    def _left_failed(self) -> None:
        stop = time.monotonic() + 10
        while self.task()["state"] == "FAILED" and time.monotonic() < stop:
            time.sleep(0.02)

    def stop(self) -> None:
        assert self.call("PUT", "/stop").status_code == 204
        self.until(lambda: self.status()["connector"]["state"] == "STOPPED" and not self.status()["tasks"], "STOPPED")
        self.slot_is_free()

    def resume(self) -> None:
        assert self.call("PUT", "/resume").status_code == 202

    def offset(self) -> dict[str, Any]:
        found = self.call("GET", "/offsets").json()["offsets"]
        return dict(found[0]["offset"]) if found else {}

    def position(self) -> int:
        """Up to where the stored offset says that everything is done."""
        offset = self.offset()
        return int(offset.get("lsn_commit") or offset["lsn"])

    # What came of it.

    def topic(self, table: str, schema: str = "public") -> str:
        return f"{self.name}.{schema}.{table}"

    def events(self, table: str, count: int = 0) -> list[Event]:
        """All records of a table's topic once there are that many."""
        topic = self.topic(table)
        if topic not in self._consumers:
            self._consumers[topic] = IndependentConsumer(self.bootstrap, self.registry, topic)
        consumer = self._consumers[topic]

        def enough() -> bool:
            task = self.task()
            return len(consumer.poll()) >= count or (task["state"] == "FAILED" and self.fail(task["trace"]))

        self.until(enough, f"{count} records of {topic}")
        return consumer.events

    def fail(self, trace: str) -> bool:
        raise AssertionError(f"the task failed: {trace}")

    def ids(self, table: str, count: int = 0) -> list[int]:
        """The ids of all rows created or read, once there are ``count`` records."""
        return [e.key["id"] for e in self.events(table, count) if e.value is not None and e.value["op"] in "cr"]

    def arrive(self, table: str, *ids: int) -> list[int]:
        """Wait for these ids, whatever else comes (some twice); all ids in order."""
        self.until(lambda: set(ids) <= set(self.ids(table)), f"ids {ids} of {table}")
        return self.ids(table)

    def metric(self, name: str) -> float | None:
        """The value of a metric of this connector."""
        wanted = re.compile(rf'^{name}\{{[^}}]*connector="{self.name}"[^}}]*\}} (\S+)$', re.MULTILINE)
        found = wanted.search(self.http.get("/metrics").text)
        return float(found.group(1)) if found else None

    def log(self) -> str:
        """What the worker has logged since the test began."""
        with self.worker.log.open("rb") as file:
            file.seek(self.log_start)
            return str(file.read().decode(errors="replace"))

    def told(self) -> str:
        """The end of that log without the requests of the test itself."""
        return "\n".join([x for x in self.log().splitlines() if " rest.access: " not in x][-20:])

    def topic_setting(self, topic: str, **settings: str) -> None:
        changes = [ConfigEntry(k.replace("_", "."), v, incremental_operation=AlterConfigOpType.SET) for k, v in settings.items()]
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        for future in admin.incremental_alter_configs(
                [ConfigResource(ResourceType.TOPIC, topic, incremental_configs=changes)]).values():
            future.result(30)

    def close(self) -> None:
        try:
            self._take_away()
        finally:
            self.http.close()
            self.subjects.close()

    def _take_away(self) -> None:
        for name in self._connectors:
            self.http.delete(f"/connectors/{name}")
        for consumer in self._consumers.values():
            consumer.close()
        for connection in self._open:
            connection.close()
        with psycopg.connect(self.server.dsn, autocommit=True) as admin:
            slots = "pg_replication_slots WHERE database = %s"
            stop = time.monotonic() + 30
            while admin.execute(f"SELECT 1 FROM {slots} AND active", (self.name,)).fetchall():
                assert time.monotonic() < stop, f"a slot of {self.name} is still being read"
                time.sleep(0.05)
            admin.execute(f"SELECT pg_drop_replication_slot(slot_name) FROM {slots}", (self.name,))
            admin.execute(f"DROP DATABASE {self.name} WITH (FORCE)")
            for role in self._roles:
                admin.execute(f"DROP ROLE {role}")
        client = AdminClient({"bootstrap.servers": self.bootstrap})
        mine = [t for t in client.list_topics(timeout=30).topics if t.startswith(f"{self.name}.")]
        for future in client.delete_topics(mine).values() if mine else ():
            future.exception(30)
        for subject in self.subjects.get("/subjects").json():
            if subject.startswith(f"{self.name}."):
                self.subjects.delete(f"/subjects/{subject}")
