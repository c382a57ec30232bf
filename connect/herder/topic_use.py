"""Which topics a connector has produced to (KIP-558)."""

from __future__ import annotations

from connect.herder.requests import RequestError
from connect.herder.worker import Worker
from connect.stores.status import topic_key

__all__ = ["TopicUses"]


class TopicUses:
    """Used in the worker's event loop."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def of(self, name: str) -> list[str]:
        """See Herder."""
        if not self._worker.config.topic_tracking_enable:
            raise RequestError(403, "Topic tracking is disabled.")
        return sorted(self._worker.statuses.table.topics(name))

    async def reset(self, name: str) -> None:
        """See Herder."""
        if not self._worker.config.topic_tracking_enable:
            raise RequestError(403, "Topic tracking is disabled.")
        if not self._worker.config.topic_tracking_allow_reset:
            raise RequestError(403, "Topic tracking reset is disabled.")
        for topic in self._worker.statuses.table.topics(name):
            self._worker.statuses.put(topic_key(name, topic), None)
        await self._worker.statuses.flush()
