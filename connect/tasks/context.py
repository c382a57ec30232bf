"""The context of a running task."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from connect.api.records import Offset, Partition
from connect.config.clients import translate
from connect.tasks.ledger import partition_key
from connect.tasks.service import Service
from connect.tasks.spec import TaskKey

__all__ = ["RunningContext"]


class RunningContext:
    """Implements :class:`connect.api.context.TaskContext`."""

    def __init__(
        self, key: TaskKey, config: Mapping[str, str], offsets: Iterable[tuple[Partition, Offset]], service: Service
    ) -> None:
        self.connector: str = key.connector
        self.task: int = key.task
        self.config: Mapping[str, str] = config
        self.logger = logging.getLogger(f"task.{key.connector}")
        self._offsets = {_key(p): o for p, o in offsets}
        self._service = service

    def offset(self, partition: Partition) -> Offset | None:
        """See TaskContext. The order of the partition's keys does not matter here."""
        return self._offsets.get(_key(partition))

    def stopping(self) -> bool:
        """See TaskContext."""
        return self._service.control.stopping

    def stop_fileno(self) -> int:
        """See TaskContext."""
        return self._service.control.stop_fileno

    def wait(self, seconds: float) -> bool:
        """See TaskContext. Deliveries are served meanwhile."""
        return self._service.pause(seconds, inside_task=True)

    def condition(self, name: str | None, detail: str = "") -> None:
        """See TaskContext."""
        self._service.reporter.condition("task", name, detail)

    def metric(self, name: str, value: float, **labels: str) -> None:
        """See TaskContext."""
        self._service.meters.gauge(name, value, labels)

    def client_settings(self, kind: str, properties: Mapping[str, str]) -> Mapping[str, Any]:
        """See TaskContext."""
        found = translate(properties, kind)
        for ignored in found.ignored:
            self.logger.warning("%s", ignored.message)
        return found.settings


def _key(partition: Partition) -> str:
    return partition_key(dict(sorted(partition.items())))
