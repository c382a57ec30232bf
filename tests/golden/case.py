"""Runs one recorded case on a worker: SQL before, the connector, SQL while it streams, and every record that came out."""

from __future__ import annotations

import contextlib
import json
import random
import re
import string
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from tests.golden import normalise, script
from tests.golden.databases import SENTINEL, Database
from tests.waiting import until

HISTORY = "golden-history-"
"""Topics that begin so are never part of a case's records."""


class Topics:
    """Every record of every topic whose name contains the prefix."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.prefix = prefix
        self.records: dict[tuple[str, int, int], Any] = {}
        self.known: list[tuple[str, int]] = []
        self.ends: dict[tuple[str, int], int] = {}
        self.consumer = Consumer({
            "bootstrap.servers": bootstrap, "group.id": "golden-" + prefix, "enable.auto.commit": False,
            "auto.offset.reset": "earliest", "enable.partition.eof": True, "allow.auto.create.topics": False,
            "fetch.wait.max.ms": 20,
        })
        self.admin = AdminClient({"bootstrap.servers": bootstrap})

    def poll(self, seconds: float = 0.1) -> int:
        """Read what is there; the number of new records."""
        for topic in self.consumer.list_topics(timeout=10).topics.values():
            if self.prefix in topic.topic and not topic.topic.startswith(HISTORY):
                new = [TopicPartition(topic.topic, p, 0) for p in topic.partitions if (topic.topic, p) not in self.known]
                if new:
                    self.consumer.incremental_assign(new)
                    self.known += [(x.topic, x.partition) for x in new]
        stop, count = time.monotonic() + seconds, 0
        while self.known and (left := stop - time.monotonic()) > 0:
            for message in self.consumer.consume(500, min(left, 0.05)):
                if message.error():
                    if message.error().code() == KafkaError._PARTITION_EOF:
                        self.ends[message.topic(), message.partition()] = message.offset()
                    continue
                self.records[message.topic(), message.partition(), message.offset()] = message
                count += 1
            if count:
                break
        if not self.known:
            time.sleep(seconds)
        return count

    def drain(self) -> list[Any]:
        """Every record up to the present ends."""
        self.poll()
        asked = self.admin.list_offsets({TopicPartition(*k): OffsetSpec.latest() for k in self.known})
        ends = {(at.topic, at.partition): found.result(10).offset for at, found in asked.items()}

        def at_end() -> bool:
            self.poll()
            return all(
                max(self.ends.get(k, 0), max((o + 1 for t, p, o in self.records if (t, p) == k), default=0)) >= end
                for k, end in ends.items()
            )

        until(at_end, 60, "the end of the topics")
        return [self.records[k] for k in sorted(self.records)]

    def close(self) -> None:
        """Close and delete the topics."""
        self.consumer.close()
        topics = [t for t in self.admin.list_topics(timeout=10).topics if self.prefix in t]
        if topics:
            for future in self.admin.delete_topics(topics).values():
                future.exception()


class Connector:
    """The case's connector over REST."""

    def __init__(self, url: str, name: str) -> None:
        self.http, self.name = httpx.Client(base_url=url, timeout=60), name

    def call(self, method: str, path: str = "", ok: tuple[int, ...] = (200, 201, 202, 204), **more: Any) -> httpx.Response:
        """One request; AssertionError with the body on another status."""
        answer = self.http.request(method, f"/connectors/{self.name}{path}", **more)
        assert answer.status_code in ok, f"{method} {path or '/'}: {answer.status_code} {answer.text[:2000]}"
        return answer

    def status(self) -> tuple[str, list[str]]:
        """Connector state and task states; a FAILED one ends the case with its trace."""
        answer = self.call("GET", "/status", ok=(200, 404))
        if answer.status_code == 404:
            return "NONE", []
        status = answer.json()
        for part in [status["connector"], *status["tasks"]]:
            assert part["state"] != "FAILED", "the connector failed: " + part.get("trace", "")
        return status["connector"]["state"], [t["state"] for t in status["tasks"]]

    def stop(self) -> None:
        """STOPPED, and no task left."""
        self.call("PUT", "/stop")
        until(lambda: self.status() == ("STOPPED", []), 60, "the connector to stop")

    def delete(self) -> None:
        """Gone from the list."""
        self.call("DELETE", ok=(204, 404))
        until(lambda: self.call("GET", ok=(200, 404)).status_code == 404, 60, "the connector to be deleted")
        self.http.close()


class Case:
    """One folder of a recorded case."""

    def __init__(self, path: Path, more: dict[str, str] | None = None) -> None:
        """``more`` are properties beyond the recorded ones."""
        self.path, self.more = path, more or {}
        self.spec = json.loads((path / "case.json").read_text())
        self.prefix = "g" + "".join(random.choices(string.ascii_lowercase, k=11))
        self.sentinels = 0

    def expected(self) -> tuple[normalise.Events, normalise.Schemas]:
        """What was recorded."""
        events = [json.loads(x) for x in (self.path / "events.jsonl").read_text().split("\n") if x]
        for event in events:
            normalise.scrub(event["value"])
        return events, json.loads((self.path / "schemas.json").read_text())

    def steps(self, name: str) -> list[tuple[str, str]]:
        """The steps of one of its scripts."""
        file = self.path / name
        return list(script.steps(file.read_text(), self.path.parent.name != "postgres")) if file.exists() else []

    def config(self, database: Database, bootstrap: str) -> dict[str, str]:
        """base.json and the case's properties, placeholders filled in; null removes one of base.json."""
        base: dict[str, Any] = json.loads((self.path.parent / "base.json").read_text())
        config = base | self.spec.get("config", {}) | self.more
        for side in ("key", "value"):
            if f"{side}.converter" not in config:
                config |= {f"{side}.converter": "org.apache.kafka.connect.json.JsonConverter",
                           f"{side}.converter.schemas.enable": "true"}
        slot = "golden_" + self.prefix
        fill = {"prefix": self.prefix, "slot": slot, "publication": slot, "sentinel": SENTINEL, "database": "golden",
                "sentinel_db": normalise.SENTINEL_SCHEMA, "bootstrap": bootstrap, "history_topic": HISTORY + self.prefix,
                "server_id": str(random.randint(10_000, 2_000_000_000))} | {k: str(v) for k, v in database.at.items()}
        pattern = re.compile(r"\{(" + "|".join(fill) + r")\}")

        def filled(text: str) -> str:
            return pattern.sub(lambda m: fill[m[1]], text)

        return {filled(k): filled(str(v)) for k, v in config.items() if v is not None}

    def run(self, database: Database, bootstrap: str, url: str) -> tuple[normalise.Events, normalise.Schemas]:
        """Run it; the events and schemas, normalised."""
        database.reset()
        for _, sql in self.steps("setup.sql"):
            database.run(sql)
        database.make_sentinel()
        config = self.config(database, bootstrap)
        with self._connector(database, bootstrap, url, config) as (connector, topics):
            self._play(database, connector, topics, config)
            self._beat(config, topics)
            # The sentinel's record may be acknowledged before those of other topics; a stopped connector's all are.
            connector.stop()
            return normalise.normalise(topics.drain(), self.prefix)

    def _beat(self, config: dict[str, str], topics: Topics) -> None:
        """A heartbeat, and what its query writes, comes by itself some time; a case may have ended before."""
        if config.get("heartbeat.interval.ms", "0") != "0":
            wanted = {e["topic"] for e in self.expected()[0]}

            def there() -> bool:
                topics.poll()
                names = {t.replace(self.prefix, "P", 1) for t, _, _ in topics.records}
                return wanted <= names

            until(there, 60, f"a record in each of {sorted(wanted)}")

    @contextlib.contextmanager
    def _connector(
        self, database: Database, bootstrap: str, url: str, config: dict[str, str]
    ) -> Iterator[tuple[Connector, Topics]]:
        topics, connector = Topics(bootstrap, self.prefix), Connector(url, self.prefix)
        try:
            database.watch(config)
            connector.call("PUT", "/config", json=config)
            yield connector, topics
        finally:
            database.close_sessions()
            connector.delete()
            database.release()
            topics.close()

    def _play(self, database: Database, connector: Connector, topics: Topics, config: dict[str, str]) -> None:
        quiet = self.spec.get("wait") == "quiet"

        def settle() -> None:
            if quiet:
                self._quiet(connector, topics)
            else:
                self._sentinel(database, connector, topics)

        def begin() -> None:
            if not quiet:
                until(lambda: connector.status()[0] != "NONE" and database.streams(), 60, "the connector to stream")
            settle()

        begin()
        self._steps(database, connector, topics, self.steps("stream.sql"))
        settle()
        if "restart" in self.spec["phases"]:
            connector.stop()
            database.run(f"DELETE FROM {SENTINEL}", "sentinel")
            database.watch(config)
            after = self.steps("after.sql")
            cut = after.index(("resume", "")) if ("resume", "") in after else len(after)
            self._steps(database, connector, topics, after[:cut])
            connector.call("PUT", "/resume")
            begin()
            self._steps(database, connector, topics, after[cut + 1:])
            settle()

    def _steps(self, database: Database, connector: Connector, topics: Topics, steps: list[tuple[str, str]]) -> None:
        session = "main"
        for what, argument in steps:
            if what == "sql":
                database.run(argument, session)
            elif what == "session":
                session = argument or "main"
            elif what == "wait":
                self._sentinel(database, connector, topics)

    def _sentinel(self, database: Database, connector: Connector, topics: Topics) -> None:
        self.sentinels += 1
        token = f"{normalise.SENTINEL_SCHEMA}-{self.prefix}-{self.sentinels}-"
        database.run(f"INSERT INTO {SENTINEL} VALUES ('{token}')", "sentinel")

        def seen() -> bool:
            topics.poll()
            arrived = any(token.encode() in (m.value() or b"") for m in reversed(list(topics.records.values())))
            return bool(connector.status()) and arrived

        until(seen, 60, "the sentinel's record")

    def _quiet(self, connector: Connector, topics: Topics, seconds: float = 3) -> None:
        """For a connector that does not stream: no new record for some seconds, while its task runs."""
        until(lambda: connector.status()[1] == ["RUNNING"], 60, "the task to run")
        since = time.monotonic()
        while time.monotonic() - since < seconds:
            if topics.poll():
                since = time.monotonic()
            connector.status()
