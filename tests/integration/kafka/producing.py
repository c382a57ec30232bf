"""The producer under test, and what came of its records as librdkafka reads it."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from connect.api.records import Serialized
from connect.kafka.produce.client import Producer
from connect.tasks.producer import data_config
from tests.waiting import until


class Told:
    """An owner that remembers."""

    def __init__(self) -> None:
        self.count = 0
        self.refusals: list[tuple[int, bytes | None]] = []

    def acknowledged(self, count: int) -> None:
        self.count += count

    def refused(self, error: KafkaError, message: Any) -> None:
        self.refusals.append((error.code(), message.value()))


class Sending:
    """A producer with an owner."""

    def __init__(self, bootstrap: str, **config: Any) -> None:
        properties = {"bootstrap.servers": bootstrap, "reconnect.backoff.ms": 10, "retry.backoff.ms": 20,
                      **{k.replace("_", "."): v for k, v in config.items()}}
        self.told = Told()
        self.troubles: list[str] = []
        self.producer = Producer(data_config(properties), "tests", lambda e: self.troubles.append(e.str()))

    def send(self, records: list[Serialized], seconds: float = 60.0) -> None:
        """Hand over all; those that are refused at once are told as others are."""
        at, stop = 0, time.monotonic() + seconds
        while at < len(records):
            try:
                taken, _ = self.producer.send(records, at, self.told)
            except KafkaException as e:
                self.told.refusals.append((e.args[0].code(), records[at].value))
                taken = 1
            at += taken
            if not taken:
                assert time.monotonic() < stop, "the records are not taken"
                self.producer.topic(records[at].topic)
                self.producer.poll(0.05)

    def end(self, seconds: float = 60.0) -> None:
        """Wait until every record is told of."""
        def done() -> bool:
            self.producer.poll(0.05)
            return not len(self.producer) or self.producer.fatal

        until(done, seconds, "the last acknowledgement")
        assert self.producer.fatal is None


@contextlib.contextmanager
def sending(bootstrap: str, **config: Any) -> Iterator[Sending]:
    made = Sending(bootstrap, **config)
    try:
        yield made
    finally:
        made.producer.drop()


class Topics:
    """Topics of a test."""

    def __init__(self, bootstrap: str) -> None:
        self.conf = {"bootstrap.servers": bootstrap}
        self.admin = AdminClient(self.conf)
        self._made: set[str] = set()

    def make(self, partitions: int = 1, name: str | None = None, **config: str) -> str:
        name = name or f"produce-{uuid.uuid4().hex[:10]}"
        new = NewTopic(name, partitions, 1, config={k.replace("_", "."): v for k, v in config.items()})
        self.admin.create_topics([new])[name].result(30)
        until(lambda: len(self.partitions(name)) == partitions, what="the topic")
        self._made.add(name)
        return name

    def partitions(self, name: str) -> list[int]:
        found = self.admin.list_topics(timeout=10).topics
        return list(found[name].partitions) if name in found else []

    def delete(self, name: str) -> None:
        self.admin.delete_topics([name])[name].result(30)
        until(lambda: not self.partitions(name), what="the topic to go")

    def close(self) -> None:
        for future in self.admin.delete_topics(list(self._made)).values() if self._made else ():
            with contextlib.suppress(Exception):
                future.result(30)

    def read(self, name: str) -> dict[int, list[Message]]:
        """Everything in the topic, by partition."""
        reader = Consumer({**self.conf, "group.id": "tests", "enable.auto.commit": False})
        try:
            partitions = self.partitions(name)
            ends = {p: reader.get_watermark_offsets(TopicPartition(name, p), 10)[1] for p in partitions}
            reader.assign([TopicPartition(name, p, OFFSET_BEGINNING) for p in partitions])
            found: dict[int, list[Message]] = defaultdict(list)

            def whole() -> bool:
                for m in reader.consume(20_000, 0.1):
                    if m.error() is None:
                        found[m.partition() or 0].append(m)
                return sum(map(len, found.values())) >= sum(ends.values())

            until(whole, what="the topic to be read")
            return found
        finally:
            reader.close()


def rows(topic: str, first: int, last: int, partition: int = 0, padding: int = 0) -> list[Serialized]:
    """Records whose values are the numbers."""
    return [Serialized(topic, partition, b"k%d" % (i % 5), b"%d" % i + b"." * padding, (), 0) for i in range(first, last + 1)]


def numbers(messages: list[Message]) -> list[int]:
    """And back."""
    return [int((m.value() or b"").rstrip(b".")) for m in messages]
