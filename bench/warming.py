"""Warms the broker before the first case: a JVM that has just started runs interpreted code, compiles it beside the work, and
costs twice the CPU for its first million records. On two cores that would be told as the connector's slowness."""

from __future__ import annotations

import threading

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from connect.tasks.producer import data_config

__all__ = ["warm"]

_TOPIC = "headgate-bench-warming"
_VALUE = b"v" * 350
_HEADERS: dict[str, str | bytes | None] = {f"__header.{n}": b"h" * 20 for n in range(4)}
_LOOK = 1000


def warm(bootstrap: str, records: int, single: int) -> None:
    """Produce ``records`` in large batches and then ``single`` ones a request each, all with four headers as a task's have them,
    while a consumer reads them. The topic is deleted afterwards."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    producer = Producer(data_config({"bootstrap.servers": bootstrap, "log_level": 0}))
    producer.produce(_TOPIC, b"")
    producer.flush()
    halt = threading.Event()
    reader = threading.Thread(target=_read, args=(bootstrap, halt), daemon=True)
    reader.start()
    try:
        for number in range(records):
            while number % _LOOK == 0 and len(producer) > 10 * _LOOK:
                producer.poll(0.01)
            producer.produce(_TOPIC, _VALUE, number.to_bytes(8), headers=_HEADERS)
        for number in range(single):
            producer.produce(_TOPIC, _VALUE, number.to_bytes(8), headers=_HEADERS)
            producer.flush()
    finally:
        halt.set()
        reader.join()
    admin.delete_topics([_TOPIC])[_TOPIC].result(60)


def _read(bootstrap: str, halt: threading.Event) -> None:
    consumer = Consumer({"bootstrap.servers": bootstrap, "log_level": 0, "group.id": "bench", "enable.auto.commit": False})
    consumer.assign([TopicPartition(_TOPIC, 0, 0)])
    while not halt.is_set():
        consumer.consume(1000, 0.1)
    consumer.close()
