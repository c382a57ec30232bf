"""Heartbeat records: a sign of life with the current offset, while changes come and while none do. Debezium's topic and
schemas, and its one after each snapshot."""

from __future__ import annotations

import time
from collections.abc import Callable

from connect.api.records import Offset, Partition, SourceRecord
from schemas.envelope import HEARTBEAT, HEARTBEAT_KEY

__all__ = ["Heartbeat"]


class Heartbeat:
    """Says when a heartbeat is due and makes it. ``interval`` is in seconds; 0 is never."""

    def __init__(self, topic: str, server: str, interval: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._topic = topic
        self._server = server
        self._interval = interval
        self._clock = clock
        self._last = clock()
        self._forced = False

    @property
    def wanted(self) -> bool:
        """Whether there are heartbeats at all."""
        return self._interval > 0

    def force(self) -> None:
        """The next one is due at once, as at the end of a snapshot: its offset says that the snapshot is complete."""
        self._forced = True

    def due(self) -> bool:
        """Whether the interval has passed since the last one, or one is forced; says so once."""
        if not self.wanted or not (self._forced or self._clock() - self._last >= self._interval):
            return False
        self._forced = False
        self._last = self._clock()
        return True

    def record(self, partition: Partition, offset: Offset, now_ms: int) -> SourceRecord:
        """One heartbeat with that offset."""
        return SourceRecord(
            partition, offset, self._topic, HEARTBEAT_KEY, {"serverName": self._server}, HEARTBEAT, {"ts_ms": now_ms},
            kafka_partition=0)
