"""Reads change events as any consumer would: confluent-kafka for the records, the schema registry for the schemas."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from schemas.decode import Decoder
from schemas.registry import RegistryClient

__all__ = ["EventReader", "Tally", "line_of"]

_LOOK_SECONDS = 0.5
"""How often new topics are looked for."""


def line_of(topic: str, key: Any, value: Mapping[str, Any]) -> str:
    """One change event on one line: operation, table, key, and the row or what changed in it."""
    names = {"r": "snapshot", "c": "insert", "u": "update", "d": "delete"}
    row = value.get("after") or value.get("before") or {}
    shown = ", ".join(f"{k}={v}" for k, v in row.items())
    return f"{names.get(value.get('op', ''), value.get('op', '?')):<9}{topic:<25}{key!s:<12}{shown}"


@dataclass
class Tally:
    """What was read from the topics of one connector; ``events`` excludes tombstones."""

    by_op: Counter[str] = field(default_factory=Counter)
    events: int = 0
    tombstones: int = 0


class EventReader(threading.Thread):
    """Reads every topic ``<prefix>.…`` of the prefixes, also those made later, from its beginning and each record once; counts
    events by prefix and operation."""

    def __init__(self, bootstrap: str, registry: str, prefixes: Iterable[str], show: Callable[[str], None]) -> None:
        super().__init__(name="reader", daemon=True)
        self._show = show
        self._halt = threading.Event()
        self._decoder = Decoder(RegistryClient(registry))
        self._consumer = Consumer({
            "bootstrap.servers": bootstrap, "group.id": "headgate-demo-reader", "enable.auto.commit": False,
        })
        self._taken: set[tuple[str, int]] = set()
        self.tallies = {prefix: Tally() for prefix in prefixes}
        self.error: Exception | None = None

    def run(self) -> None:
        """Consume until stopped."""
        looked = 0.0
        try:
            while not self._halt.is_set():
                if time.monotonic() - looked >= _LOOK_SECONDS:
                    self._take_new_topics()
                    looked = time.monotonic()
                for message in self._consumer.consume(100, 0.2):
                    if message.error() is None:
                        self._one(message)
        except (KafkaException, ValueError) as e:
            self.error = e
        finally:
            self._consumer.close()

    def _take_new_topics(self) -> None:
        # A subscription would begin again at the beginning of all topics whenever a new one appears.
        topics = self._consumer.list_topics(timeout=10).topics
        found = {(name, number) for name, topic in topics.items() if name.partition(".")[0] in self.tallies and "." in name
                 for number in topic.partitions}
        new = sorted(found - self._taken)
        self._taken |= found
        if new:
            self._consumer.incremental_assign([TopicPartition(*partition, OFFSET_BEGINNING) for partition in new])

    def _one(self, message: Any) -> None:
        tally = self.tallies[message.topic().partition(".")[0]]
        if message.value() is None:
            tally.tombstones += 1
            return
        key = self._decoder.decode(message.key()) if message.key() is not None else None
        value = self._decoder.decode(message.value())
        tally.by_op[value["op"]] += 1
        self._show(line_of(message.topic(), key, value))
        tally.events += 1

    def wait_for(self, counts: Mapping[str, int], seconds: float, halt: threading.Event) -> bool:
        """Until that many events were read of each prefix, or the time is over, or halt."""
        deadline = time.monotonic() + seconds
        while not self._has(counts) and self.error is None and time.monotonic() < deadline:
            if halt.wait(0.05):
                return False
        return self._has(counts)

    def _has(self, counts: Mapping[str, int]) -> bool:
        return all(self.tallies[prefix].events >= count for prefix, count in counts.items())

    def stop(self) -> None:
        """End and close the consumer."""
        self._halt.set()
        self.join()
