"""librdkafka alone: what the broker takes and what a record costs when nothing has to be read or encoded."""

from __future__ import annotations

import time
from dataclasses import dataclass

from confluent_kafka import Consumer, Producer, TopicPartition

from bench.figures import Drained
from connect.tasks.producer import data_config

__all__ = ["Sample", "connected", "limits", "singly"]

_BATCH, _LOOK = 10_000, 1000
_QUEUE_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Sample:
    """A record that is produced over and over."""

    key: bytes
    value: bytes
    headers: list[tuple[str, str | bytes | None]]


def limits(bootstrap: str, topic: str, records: int) -> tuple[Drained, Drained]:
    """Produce that many copies of the topic's last record under the task's own settings, without and with its headers, to topics
    beside it. Python hands them over: in whole batches without headers, one by one with them (batches cannot have any)."""
    sample = _last(bootstrap, topic)
    return _batches(bootstrap, f"{topic}.limit", sample, records), singly(bootstrap, f"{topic}.limit.headers", sample, records)


def _last(bootstrap: str, topic: str) -> Sample:
    consumer = Consumer({"bootstrap.servers": bootstrap, "log_level": 0, "group.id": "bench", "enable.auto.commit": False})
    try:
        end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=30)[1]
        consumer.assign([TopicPartition(topic, 0, end - 1)])
        message = consumer.poll(30)
        if message is None or message.error():
            raise RuntimeError(f"the last record of {topic} could not be read")
        return Sample(bytes(message.key() or b""), bytes(message.value() or b""), [*dict(message.headers() or ()).items()])
    finally:
        consumer.close()


def connected(bootstrap: str, topic: str) -> Producer:
    """librdkafka with a task's settings; the topic is there."""
    # Its queue is larger than a task's by default: what is measured is what it can do.
    kilobytes = {"queue.buffering.max.kbytes": 2 * _QUEUE_BYTES // 1024}
    producer = Producer(data_config({"bootstrap.servers": bootstrap, "log_level": 0, **kilobytes}))
    producer.produce(topic, b"")  # makes the topic
    producer.flush()
    return producer


def _batches(bootstrap: str, topic: str, sample: Sample, records: int) -> Drained:
    producer, room = connected(bootstrap, topic), _room(sample)
    batch = min(_BATCH, room)
    began, cpu = time.monotonic(), time.process_time()
    for first in range(0, records, batch):
        _drain_to(producer, room - batch)
        wanted = min(batch, records - first)
        if producer.produce_batch(topic, [{"key": sample.key, "value": sample.value} for _ in range(wanted)]) != wanted:
            raise RuntimeError("librdkafka took only a part of a batch")
    producer.flush()
    return Drained(records, time.monotonic() - began, time.process_time() - cpu)


def singly(bootstrap: str, topic: str, sample: Sample, records: int) -> Drained:
    """Produce it so many times, handed over one by one with its headers."""
    producer, room = connected(bootstrap, topic), _room(sample)
    began, cpu = time.monotonic(), time.process_time()
    for number in range(records):
        if number % _LOOK == 0:
            _drain_to(producer, max(0, room - _LOOK))
        producer.produce(topic, sample.value, sample.key, headers=sample.headers)
    producer.flush()
    return Drained(records, time.monotonic() - began, time.process_time() - cpu)


def _room(sample: Sample) -> int:
    """How many records the queue surely holds: librdkafka bounds their number and bytes."""
    headers = sum(len(name) + len(value or b"") for name, value in sample.headers)
    return min(100_000, _QUEUE_BYTES // (len(sample.key) + len(sample.value) + headers + 1))


def _drain_to(producer: Producer, waiting: int) -> None:
    while len(producer) > waiting:
        producer.poll(0.01)
