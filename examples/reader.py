"""Reads change events as any consumer would: confluent-kafka for the records, the schema registry for the schemas."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaException

from schemas.decode import Decoder
from schemas.registry import RegistryClient

__all__ = ["EventReader", "line_of"]


def line_of(topic: str, key: Any, value: Mapping[str, Any]) -> str:
    """One change event on one line: operation, table, key, and the row or what changed in it."""
    names = {"r": "snapshot", "c": "insert", "u": "update", "d": "delete"}
    row = value.get("after") or value.get("before") or {}
    shown = ", ".join(f"{k}={v}" for k, v in row.items())
    return f"{names.get(value.get('op', ''), value.get('op', '?')):<9}{topic:<22}{key!s:<12}{shown}"


class EventReader(threading.Thread):
    """Subscribes to every topic with the prefix and counts events by operation; ``events`` excludes tombstones."""

    def __init__(self, bootstrap: str, registry: str, prefix: str, show: Callable[[str], None]) -> None:
        super().__init__(name="reader", daemon=True)
        self._prefix = prefix
        self._show = show
        self._halt = threading.Event()
        self._decoder = Decoder(RegistryClient(registry))
        self._consumer = Consumer({
            "bootstrap.servers": bootstrap, "group.id": "headgate-demo-reader", "auto.offset.reset": "earliest",
            "topic.metadata.refresh.interval.ms": 1000, "enable.auto.commit": False,
        })
        self.by_op: Counter[str] = Counter()
        self.events = 0
        self.tombstones = 0
        self.error: Exception | None = None

    def run(self) -> None:
        """Consume until stopped."""
        self._consumer.subscribe([f"^{self._prefix.replace('.', '[.]')}.*"])
        try:
            while not self._halt.is_set():
                for message in self._consumer.consume(100, 0.2):
                    if message.error() is None:
                        self._one(message)
        except (KafkaException, ValueError) as e:
            self.error = e
        finally:
            self._consumer.close()

    def _one(self, message: Any) -> None:
        if message.value() is None:
            self.tombstones += 1
            return
        key = self._decoder.decode(message.key()) if message.key() is not None else None
        value = self._decoder.decode(message.value())
        self.by_op[value["op"]] += 1
        self._show(line_of(message.topic(), key, value))
        self.events += 1

    def wait_for(self, count: int, seconds: float, halt: threading.Event) -> bool:
        """Until that many events were read, or the time is over, or halt."""
        deadline = time.monotonic() + seconds
        while self.events < count and self.error is None and time.monotonic() < deadline:
            if halt.wait(0.05):
                return False
        return self.events >= count

    def stop(self) -> None:
        """End and close the consumer."""
        self._halt.set()
        self.join()
