"""The worker's view of source offsets, for the REST API: reading to the end, and changing while a connector is stopped.

Tasks write their own offsets; the worker only writes on request, when no task of the connector runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from connect.api.records import Offset, Partition
from connect.stores.journal import Journal
from connect.stores.offsets import OffsetTable, offset_key, offset_value

__all__ = ["Changes", "JournalOffsets", "LayeredOffsets", "OffsetStore", "Pairs"]

Pairs = list[tuple[dict[str, Any], dict[str, Any]]]
"""Source partitions and offsets."""

Changes = Sequence[tuple[Partition, Offset | None]]
"""New offsets by source partition; None forgets."""


class OffsetStore(Protocol):
    """Coroutines of the worker's event loop. Raise RetriableError when Kafka does not answer in time."""

    async def start(self) -> None:
        """Begin to read."""
        ...

    async def of(self, connector: str, config: Mapping[str, str]) -> Pairs:
        """Everything stored for a connector up to now. ``config`` is the connector's (it may name a topic of its own)."""
        ...

    async def change(self, connector: str, config: Mapping[str, str], changes: Changes) -> None:
        """Store; returns when it is acknowledged. Raises DataError for nested values."""
        ...

    async def stop(self) -> None:
        """End."""
        ...


class JournalOffsets:
    """Offsets in the worker's offsets topic."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._table = OffsetTable()

    async def start(self) -> None:
        """See OffsetStore. Returns when everything is read."""
        await self._journal.start(self._table.apply)

    async def of(self, connector: str, config: Mapping[str, str]) -> Pairs:
        """See OffsetStore."""
        await self._journal.refresh()
        return self._table.of(connector)

    async def change(self, connector: str, config: Mapping[str, str], changes: Changes) -> None:
        """See OffsetStore. A partition that is known keeps the order of its members, which is part of the key."""
        records = [(self._table.key_of(connector, p) or offset_key(connector, p), offset_value(o)) for p, o in changes]
        await self._journal.write(records)
        await self._journal.refresh()

    async def stop(self) -> None:
        """See OffsetStore."""
        await self._journal.stop()


class LayeredOffsets:
    """The worker's store with the topic of its own that a connector may name by ``offsets.storage.topic``.

    Reads merge both and the connector's own wins. Writes go to both; forgetting is written to the worker's topic first, or
    an old offset would show through after a crash in between (KAFKA-15018).
    """

    def __init__(self, worker: OffsetStore, open_own: Callable[[str, Mapping[str, str]], OffsetStore], worker_topic: str) -> None:
        """``open_own`` makes the store of a topic for a connector's configuration; it is started and stopped for each request."""
        self._worker = worker
        self._open_own = open_own
        self._worker_topic = worker_topic

    def _own(self, config: Mapping[str, str]) -> OffsetStore | None:
        topic = config.get("offsets.storage.topic")
        return self._open_own(topic, config) if topic and topic != self._worker_topic else None

    async def start(self) -> None:
        """See OffsetStore."""
        await self._worker.start()

    async def of(self, connector: str, config: Mapping[str, str]) -> Pairs:
        """See OffsetStore."""
        found = await self._worker.of(connector, config)
        own = self._own(config)
        if own is None:
            return found
        await own.start()
        try:
            mine = await own.of(connector, config)
        finally:
            await own.stop()
        partitions = [p for p, _ in mine]
        return [*mine, *((p, o) for p, o in found if p not in partitions)]

    async def change(self, connector: str, config: Mapping[str, str], changes: Changes) -> None:
        """See OffsetStore."""
        forget = [(p, o) for p, o in changes if o is None]
        keep = [(p, o) for p, o in changes if o is not None]
        own = self._own(config)
        if own is None:
            await self._worker.change(connector, config, changes)
            return
        await own.start()
        try:
            await self._worker.change(connector, config, forget)
            await own.change(connector, config, [*keep, *forget])
            await self._worker.change(connector, config, keep)
        finally:
            await own.stop()

    async def stop(self) -> None:
        """See OffsetStore."""
        await self._worker.stop()

