"""The worker's ``/metrics``: what tasks send, and the states of connectors and tasks at the moment of asking."""

from __future__ import annotations

import logging
from collections import Counter

from connect.api.errors import HeadgateError
from connect.herder.requests import ConnectorStatus, Herder, ServerInfo
from connect.metrics import Metrics
from connect.tasks.spec import TaskEvent

__all__ = ["WorkerMetrics"]

logger = logging.getLogger(__name__)
_STATES = ("RUNNING", "PAUSED", "FAILED", "UNASSIGNED", "DESTROYED", "RESTARTING")


class WorkerMetrics:
    """Feeds the registry; lives in the worker's event loop."""

    def __init__(self, info: ServerInfo, *, process: bool = True) -> None:
        """``process``: this process's CPU and memory as well."""
        self._metrics = Metrics(process=process)
        self._metrics.info("headgate_build_info", info.extra.get("headgate_version", ""), "version")
        self._metrics.info("headgate_core_info", info.extra.get("core", ""), "core")
        self._known: set[tuple[str, int | None]] = set()

    def on_event(self, event: TaskEvent) -> None:
        """Take a task's numbers."""
        try:
            self._metrics.update(event.metrics)
        except ValueError as e:
            logger.warning("task %s sent a metric that Prometheus would refuse: %s", event.key, e)
        self._known.add((event.key.connector, event.key.task))

    async def render(self, herder: Herder) -> bytes:
        """The Prometheus text. Series of connectors and tasks that are gone are left out; those of FAILED ones stay."""
        try:
            names = await herder.connectors()
        except HeadgateError:
            return self._metrics.render()
        present: set[tuple[str, int | None]] = set()
        tasks = 0
        for name in names:
            present.add((name, None))
            try:
                status = await herder.connector_status(name)
            except HeadgateError:
                continue
            tasks += len(status.tasks)
            present |= {(name, t.id) for t in status.tasks}
            self._states(status)
        for name, task in self._known - present:
            self._metrics.forget(name, task)
        self._known = present
        self._metrics.set("kafka_connect_worker_connector_count", len(names))
        self._metrics.set("kafka_connect_worker_task_count", tasks)
        return self._metrics.render()

    def _states(self, status: ConnectorStatus) -> None:
        self._metrics.info("kafka_connect_connector_status", status.state, "status", connector=status.name)
        counts = Counter(t.state for t in status.tasks)
        for state in _STATES:
            self._metrics.set(f"kafka_connect_worker_connector_{state.lower()}_task_count", counts[state], connector=status.name)
        self._metrics.set("kafka_connect_worker_connector_total_task_count", len(status.tasks), connector=status.name)
        for task in status.tasks:
            labels = {"connector": status.name, "task": str(task.id)}
            self._metrics.info("kafka_connect_connector_task_status", task.state, "status", **labels)
