"""One test's own database, topics and connectors on the shared worker, and how to look at them."""

from __future__ import annotations

import itertools
import os
import random
import re
from typing import Any

import httpx
import pymysql
from confluent_kafka.admin import AdminClient

from tests.integration.loop.consumer import Event, IndependentConsumer
from tests.waiting import until

CLASSES = {"mysql": "io.debezium.connector.mysql.MySqlConnector", "mariadb": "io.debezium.connector.mariadb.MariaDbConnector"}
_numbers = itertools.count(1)


class Scene:
    """Everything is named after ``name``, which is also the database. ``close`` takes all of it away again."""

    def __init__(self, worker: Any, kafka: Any, registry: Any, server: Any, flavor: str = "mysql", database: str = "") -> None:
        self.worker, self.server, self.flavor = worker, server, flavor
        self.bootstrap, self.registry = kafka.bootstrap, registry.url
        self.name = f"my_{os.getpid()}_{next(_numbers)}"
        self.database = database or self.name
        self.server_id = random.randint(10_000, 2_000_000_000)
        self.http = httpx.Client(base_url=worker.url, timeout=60)
        self._connectors: set[str] = set()
        self._consumers: dict[str, IndependentConsumer] = {}
        self._open: list[Any] = []
        self.connection = self.connect()
        self.sql(f"DROP DATABASE IF EXISTS {self.database}")
        self.sql(f"CREATE DATABASE {self.database} CHARACTER SET utf8mb4")
        self.sql(f"USE {self.database}")

    # The database.

    def connect(self, **options: Any) -> Any:
        """A session in UTC, with no SQL mode."""
        made = pymysql.connect(
            host=self.server.host, port=self.server.port, user=self.server.user, password=self.server.password, autocommit=True,
            charset="utf8mb4", init_command="SET time_zone = '+00:00', sql_mode = ''", **options)
        self._open.append(made)
        return made

    def sql(self, *statements: str, on: Any = None) -> list[Any]:
        """Run them one after the other; the rows of the last."""
        rows: list[Any] = []
        with (on or self.connection).cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                rows = list(cursor.fetchall())
        return rows

    def readers(self) -> set[int]:
        """The numbers (``database.server.id``) of those who read the server's log."""
        return {int(row[0]) for row in self.sql("SHOW REPLICAS" if self.flavor == "mysql" else "SHOW SLAVE HOSTS")}

    # The connector.

    def config(self, **more: Any) -> dict[str, Any]:
        """A good configuration; ``__`` in the names of ``more`` is a dot, None takes a property away."""
        base: dict[str, Any] = {
            "connector.class": CLASSES[self.flavor], "topic.prefix": self.name, "database.hostname": self.server.host,
            "database.port": str(self.server.port), "database.user": self.server.user, "database.password": self.server.password,
            "database.server.id": str(self.server_id), "database.include.list": self.database, "include.schema.changes": "false",
            "poll.interval.ms": "100", "schema.history.internal.kafka.topic": f"{self.name}.history",
            "schema.history.internal.kafka.bootstrap.servers": self.bootstrap,
            "schema.history.internal.store.only.captured.tables.ddl": "true",
        }
        base.update({k.replace("__", "."): v for k, v in more.items()})
        return {k: v for k, v in base.items() if v is not None}

    def create(self, name: str = "", **more: Any) -> None:
        """Register it, or change it."""
        name = name or self.name
        self._connectors.add(name)
        answer = self.http.put(f"/connectors/{name}/config", json=self.config(**more))
        assert answer.status_code in (200, 201), answer.text

    def task(self, name: str = "") -> dict[str, Any]:
        """Its task's status."""
        answer = self.http.get(f"/connectors/{name or self.name}/status")
        tasks = answer.json()["tasks"] if answer.status_code == 200 else []
        return dict(next(iter(tasks), {"state": ""}))

    def streams(self, name: str = "", **more: Any) -> None:
        """Register it and wait until it reads the log: what is written from now on comes by the stream."""
        self.create(name, **more)

        def reading() -> bool:
            task = self.task(name)
            assert task["state"] != "FAILED", task["trace"]
            return task["state"] == "RUNNING" and self.server_id in self.readers()

        until(reading, 60, "the connector to stream")

    def trace(self, name: str = "") -> str:
        """The trace of the task, once it is FAILED."""
        return str(until(lambda: self.task(name).get("trace"), 60, "the task to fail"))

    def restart(self, name: str = "") -> None:
        """Restart connector and tasks."""
        answer = self.http.post(f"/connectors/{name or self.name}/restart?includeTasks=true")
        assert answer.status_code in (202, 204), answer.text

    def offset(self, name: str = "") -> dict[str, Any]:
        """What is stored."""
        found = self.http.get(f"/connectors/{name or self.name}/offsets").json()["offsets"]
        return dict(found[0]["offset"]) if found else {}

    # What came of it.

    def events(self, table: str, count: int = 0, name: str = "", *, failed: bool = False) -> list[Event]:
        """All records of a table's topic once there are that many. A failed task is an error unless ``failed``."""
        topic = f"{name or self.name}.{self.database}.{table}"
        if topic not in self._consumers:
            self._consumers[topic] = IndependentConsumer(self.bootstrap, self.registry, topic)
        consumer = self._consumers[topic]

        def enough() -> bool:
            assert failed or self.task(name)["state"] != "FAILED", self.task(name)["trace"]
            return len(consumer.poll()) >= count

        until(enough, 60, f"{count} records of {topic}")
        return consumer.events

    def metric(self, name: str) -> float | None:
        """The value of a metric of this connector."""
        wanted = re.compile(rf'^{name}\{{[^}}]*connector="{self.name}"[^}}]*\}} (\S+)$', re.MULTILINE)
        found = wanted.search(self.http.get("/metrics").text)
        return float(found.group(1)) if found else None

    def close(self) -> None:
        """Connectors, database, topics."""
        for name in self._connectors:
            self.http.delete(f"/connectors/{name}")
        for consumer in self._consumers.values():
            consumer.close()
        self.sql(f"DROP DATABASE IF EXISTS {self.database}")
        for connection in self._open:
            connection.close()
        client = AdminClient({"bootstrap.servers": self.bootstrap})
        mine = [t for t in client.list_topics(timeout=30).topics if t.startswith(self.name)]
        for future in client.delete_topics(mine).values() if mine else ():
            future.exception(30)
        self.http.close()
