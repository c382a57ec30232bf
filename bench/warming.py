"""Warms the broker before the first case: a JVM that has just started runs interpreted code, compiles it beside the work, and
costs twice the CPU for its first million records. On two cores that would be told as the connector's slowness."""

from __future__ import annotations

import threading

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from bench.producer import Sample, connected, singly

__all__ = ["warm"]

_TOPIC = "headgate-bench-warming"
_SAMPLE = Sample(b"k" * 8, b"v" * 350, [(f"__header.{n}", b"h" * 20) for n in range(4)])


def warm(bootstrap: str, records: int, single: int) -> None:
    """Produce ``records`` in large batches and then ``single`` ones a request each, all with four headers as a task's have them,
    while a consumer reads them. The topic is deleted afterwards."""
    producer = connected(bootstrap, _TOPIC)
    halt = threading.Event()
    reader = threading.Thread(target=_read, args=(bootstrap, halt), daemon=True)
    reader.start()
    try:
        singly(bootstrap, _TOPIC, _SAMPLE, records)
        for _ in range(single):
            producer.produce(_TOPIC, _SAMPLE.value, _SAMPLE.key, headers=_SAMPLE.headers)
            producer.flush()
    finally:
        halt.set()
        reader.join()
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    admin.delete_topics([_TOPIC])[_TOPIC].result(60)


def _read(bootstrap: str, halt: threading.Event) -> None:
    consumer = Consumer({"bootstrap.servers": bootstrap, "log_level": 0, "group.id": "bench", "enable.auto.commit": False})
    consumer.assign([TopicPartition(_TOPIC, 0, 0)])
    while not halt.is_set():
        consumer.consume(1000, 0.1)
    consumer.close()
