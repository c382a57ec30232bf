"""A journal: an ordered, compacted list of keys and values, in Kafka or in memory; what all three stores stand on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from connect.kafka.clients import Admin
from connect.kafka.log import LogRecord, TopicLog
from connect.kafka.writer import TopicWriter

__all__ = ["Journal", "KafkaJournal", "MemoryJournal", "OnRecord"]

OnRecord = Callable[[bytes | None, bytes | None], None]
"""Takes key and value of one record, in the event loop."""


class Journal(Protocol):
    """Coroutines of the worker's event loop."""

    async def start(self, on_record: OnRecord) -> None:
        """Give every record that is there to ``on_record``, then return; later ones are given as they come. Raises
        RetriableError or ConnectError."""
        ...

    async def write(self, records: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Store these records in this order; returns when all are acknowledged. A crash in between leaves the first ones.
        Raises RetriableError when Kafka does not acknowledge in time, ConnectError when it refuses."""
        ...

    async def refresh(self, timeout: float = 30.0) -> None:
        """Return when all that was stored before the call has been given to ``on_record``. Raises RetriableError."""
        ...

    async def stop(self) -> None:
        """End; nothing is given any more."""
        ...

    @property
    def trouble(self) -> str | None:
        """What keeps it from reading at the moment, or None."""
        ...


class KafkaJournal:
    """A journal that is a topic."""

    def __init__(
        self, topic: str, properties: Mapping[str, Any], admin: Admin, writer: TopicWriter, *, client_id: str, group: str,
        read_committed: bool = False, owns_writer: bool = False,
    ) -> None:
        """``writer`` may be shared with other journals; with ``owns_writer`` it is closed with this one."""
        self.topic = topic
        self._writer = writer
        self._owns_writer = owns_writer
        self._on_record: OnRecord | None = None
        self._log = TopicLog(
            topic, properties, admin, self._take, client_id=client_id, group=group, read_committed=read_committed
        )

    def _take(self, record: LogRecord) -> None:
        if self._on_record:
            self._on_record(record.key, record.value)

    async def start(self, on_record: OnRecord) -> None:
        """See Journal."""
        self._on_record = on_record
        await self._log.start()

    async def write(self, records: Sequence[tuple[bytes, bytes | None]]) -> None:
        """See Journal."""
        for key, value in records:
            await self._writer.send(self.topic, key, value)

    async def refresh(self, timeout: float = 30.0) -> None:
        """See Journal."""
        await self._log.read_to_end(timeout)

    async def stop(self) -> None:
        """See Journal."""
        await self._log.stop()
        if self._owns_writer:
            await self._writer.close()

    @property
    def trouble(self) -> str | None:
        """See Journal."""
        return self._log.trouble


class MemoryJournal:
    """A journal that is forgotten with the process: a standalone worker's, and a test's."""

    def __init__(self, records: Sequence[tuple[bytes, bytes | None]] = ()) -> None:
        self.records: list[tuple[bytes, bytes | None]] = list(records)
        """Everything ever written, in order."""
        self._on_record: OnRecord | None = None
        self.trouble: str | None = None
        """See Journal."""

    async def start(self, on_record: OnRecord) -> None:
        """See Journal."""
        self._on_record = on_record
        for key, value in self.records:
            on_record(key, value)

    async def write(self, records: Sequence[tuple[bytes, bytes | None]]) -> None:
        """See Journal."""
        for key, value in records:
            self.records.append((key, value))
            if self._on_record:
                self._on_record(key, value)
        await asyncio.sleep(0)

    async def refresh(self, timeout: float = 30.0) -> None:
        """See Journal."""
        await asyncio.sleep(0)

    async def stop(self) -> None:
        """See Journal."""
        self._on_record = None
