"""An independent consumer: confluent-kafka's AvroDeserializer against the registry, nothing of ours."""

from __future__ import annotations

import time
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.serialization import MessageField, SerializationContext

from tests.oracle import avro_deserializer, registry_client


class Event:
    """One record: key and value decoded, or None; headers as a dict."""

    def __init__(self, message: Any, key: Any, value: Any) -> None:
        self.topic, self.offset, self.key, self.value = message.topic(), message.offset(), key, value
        self.headers = dict(message.headers() or [])


class IndependentConsumer:
    """Reads one topic's partition 0 from the beginning."""

    def __init__(self, bootstrap: str, registry: str, topic: str) -> None:
        self.topic = topic
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "independent", "enable.auto.commit": False})
        self._consumer.assign([TopicPartition(topic, 0, 0)])
        self._registry = registry_client(registry)
        self._key, self._value = avro_deserializer(self._registry), avro_deserializer(self._registry)
        self.events: list[Event] = []

    def read(self, count: int, seconds: float = 60) -> list[Event]:
        """All events once there are that many (tombstones count)."""
        stop = time.monotonic() + seconds
        while len(self.events) < count:
            assert time.monotonic() < stop, f"{len(self.events)} of {count} records of {self.topic} in {seconds} s"
            self.poll()
        return self.events

    def poll(self, seconds: float = 0.2) -> list[Event]:
        """All events so far, with what comes within so many seconds."""
        for message in self._consumer.consume(500, seconds):
            if message.error() is None:
                self.events.append(Event(
                    message,
                    self._key(message.key(), SerializationContext(self.topic, MessageField.KEY)),
                    self._value(message.value(), SerializationContext(self.topic, MessageField.VALUE)),
                ))
        return self.events

    def close(self) -> None:
        """Close the consumer and the registry's client."""
        self._consumer.close()
        self._registry.close()
