"""What a consumer has seen: decoded by confluent-kafka's own Avro deserializer, judged key by key."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.serialization import MessageField, SerializationContext

from tests.chaos.workload import Committed
from tests.oracle import avro_deserializer, registry_client


class Witness:
    """Reads the topic's one partition from its beginning; repeats are allowed and counted, gaps and leaps are not."""

    def __init__(self, bootstrap: str, registry: str, topic: str) -> None:
        self.topic = topic
        self._bootstrap = bootstrap
        self._registry = registry_client(registry)
        self._decode = avro_deserializer(self._registry)
        self._next = 0
        self._consumer = self._connected()
        self.highest: dict[int, int] = {}
        self.state: dict[int, int] = {}
        """The rows that are there, by the topic: key and version."""
        self.records = 0
        self.repeats = 0
        """Records of the stream that told nothing new."""
        self.snapshots = 0
        """Records of a snapshot."""
        self.faults: list[str] = []
        self._unsure: set[int] = set()
        """Keys seen before a snapshot that was begun anew and not in it: what became of them meanwhile was never told."""

    def _connected(self) -> Consumer:
        consumer = Consumer({"bootstrap.servers": self._bootstrap, "group.id": "witness", "enable.auto.commit": False,
                             "auto.offset.reset": "earliest"})
        consumer.assign([TopicPartition(self.topic, 0, self._next)])
        return consumer

    def catch_up(self) -> None:
        """Read up to the present end of the topic."""
        deadline = time.monotonic() + 60
        end = self._end(deadline)
        while self._next < end:
            assert time.monotonic() < deadline, f"the topic could not be read to its end {end} (at {self._next})"
            for message in self._consumer.consume(1000, 0.5):
                if message.error() is None:
                    self._next = message.offset() + 1
                    self._see(message)

    def _end(self, deadline: float) -> int:
        while True:
            try:
                # Nothing was produced yet, so the topic may not be there.
                if not self._consumer.list_topics(self.topic, 5).topics[self.topic].partitions:
                    return 0
                return int(self._consumer.get_watermark_offsets(TopicPartition(self.topic, 0), timeout=5)[1])
            except KafkaException:
                # The broker has just come back. An idle client may not find it again for minutes; a new one does.
                if time.monotonic() > deadline:
                    raise
                self._consumer.close()
                self._consumer = self._connected()

    def _see(self, message: Any) -> None:
        if message.value() is None:
            return
        event = self._decode(message.value(), SerializationContext(self.topic, MessageField.VALUE))
        if event["op"] == "d":
            key, version = event["before"]["id"], event["before"]["version"] + 1
            self.state.pop(key, None)
        else:
            key, version = event["after"]["id"], event["after"]["version"]
            self.state[key] = version
        known = self.highest.get(key, 0)
        if event["op"] == "r":
            # A snapshot shows what is, not how it came about; a key that is not in it begins with whatever comes first.
            self.snapshots += 1
            if str(event["source"]["snapshot"]).startswith("first"):
                self._unsure = set(self.highest)
            self._unsure.discard(key)
        elif key in self._unsure:
            self._unsure.discard(key)
        elif known and version > known + 1:
            self.faults.append(f"offset {message.offset()}: key {key} leaps from version {known} to {version}")
        elif version <= known:
            self.repeats += 1
        self.highest[key] = max(known, version)
        self.records += 1

    def missing(self, committed: Iterable[Committed], up_to: Any = None) -> list[str]:
        """Changes of transactions at or before that log position (None: all) that were never seen."""
        return [
            f"key {key} version {version} committed before {one.position}"
            for one in committed if up_to is None or one.position <= up_to
            for key, version in one.changes if self.highest.get(key, 0) < version
        ]

    def close(self) -> None:
        """Close the consumer and the registry's client."""
        self._consumer.close()
        self._registry.close()


def stored_offset(bootstrap: str, topic: str, connector: str) -> dict[str, Any] | None:
    """The newest offset stored for the connector; None when there is none."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "witness-offsets", "enable.auto.commit": False,
                         "enable.partition.eof": True})
    try:
        # All at once: going from one to the next costs seconds. The end of each is told.
        left = set(consumer.list_topics(topic, timeout=30).topics[topic].partitions)
        consumer.assign([TopicPartition(topic, number, 0) for number in left])
        newest: dict[str, Any] | None = None
        deadline = time.monotonic() + 30
        while left:
            assert time.monotonic() < deadline, f"partitions {left} of {topic} could not be read to their ends"
            message = consumer.poll(1)
            if message is None:
                continue
            if message.error() is not None:
                if message.error().code() == KafkaError._PARTITION_EOF:
                    left.discard(message.partition())
            elif message.value() and json.loads(message.key())[0] == connector:
                newest = json.loads(message.value())
        return newest
    finally:
        consumer.close()
