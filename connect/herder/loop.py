"""The herder's loop: what the stores and the supervisor tell becomes work of the connectors' runners.

There is no queue that one slow thing could block: events only wake the runner of the connector they concern.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from connect.api.errors import ConnectError
from connect.herder.logger_levels import LoggerLevels
from connect.herder.restarts import Restarts
from connect.herder.runner import ConnectorRunner
from connect.herder.worker import Worker
from connect.stores.state import (
    ConnectorChanged,
    ConnectorRemoved,
    Event,
    LoggerChanged,
    RestartRequested,
    SessionKeyChanged,
    TargetChanged,
    TasksChanged,
    Unreadable,
)
from connect.stores.status import topic_key
from connect.tasks.spec import EventKind, TaskEvent

__all__ = ["HerderLoop"]

logger = logging.getLogger(__name__)


class HerderLoop:
    """Owns the runners. ``on_metrics`` takes the numbers that task processes send."""

    def __init__(self, worker: Worker, levels: LoggerLevels, on_metrics: Callable[[TaskEvent], None] | None = None) -> None:
        self._worker = worker
        self._levels = levels
        self._on_metrics = on_metrics
        self._runners: dict[str, ConnectorRunner] = {}
        self._ready = False
        self.restarts = Restarts(worker, self.runner)
        """Restart requests."""
        self.stage = "not started"
        """What it does at the moment, for time-outs and health."""

    async def start(self) -> None:
        """Read the stores, take the assignment and start what is assigned. Raises RetriableError and ConnectError."""
        self.stage = "reading the status topic"
        await self._worker.statuses.start()
        self.stage = "reading the config topic"
        await self._worker.configs.start(self._on_event)
        self.stage = "reading the offsets topic"
        await self._worker.offsets.start()
        self.stage = "starting the process that tasks are forked from"
        await self._worker.supervision.open(self._on_task_event)
        self.stage = "listing plugins"
        try:
            await self._worker.calls.plugins()
        except (TimeoutError, ConnectError) as e:
            logger.warning("plugins could not be listed: %s", e)
        self.stage = "joining the group"
        await self._worker.membership.start(self._on_assignment)
        self._correct_statuses()
        self._ready = True
        for name in self._worker.state.connectors:
            self._look_after(name)
        self.stage = "running"
        logger.info("%d connectors are configured", len(self._worker.state.connectors))

    def runner(self, name: str) -> ConnectorRunner | None:
        """The runner of a connector that is here, or None."""
        return self._runners.get(name)

    def conditions(self, name: str) -> Mapping[int, str]:
        """What a connector's tasks on this worker wait for."""
        runner = self._runners.get(name)
        return runner.tasks.conditions if runner else {}

    def _correct_statuses(self) -> None:
        """What statuses say of this worker's work is of a life before; of connectors that are gone nobody will tell."""
        state, table, report = self._worker.state, self._worker.statuses.table, self._worker.report
        leads, member = self._worker.membership.is_leader, self._worker.membership
        for name, status in table.connectors().items():
            entry = state.connectors.get(name)
            if entry is None and leads:
                report(name, None, None)
            elif entry is not None and member.owns_connector(name) and status.state not in ("UNASSIGNED", entry.target):
                report(name, None, "UNASSIGNED")
        for name in table.connectors_with_tasks():
            entry = state.connectors.get(name)
            for n, status in table.tasks(name).items():
                if leads and (entry is None or n >= len(entry.tasks)):
                    report(name, n, None)
                elif status.state != "UNASSIGNED":
                    report(name, n, "UNASSIGNED")
        for name in table.connectors_with_topics():
            if leads and name not in state.connectors:
                for topic in table.topics(name):
                    self._worker.statuses.put(topic_key(name, topic), None)

    def _look_after(self, name: str) -> ConnectorRunner:
        runner = self._runners.get(name)
        if runner is None:
            runner = self._runners[name] = ConnectorRunner(name, self._worker, self._ended)
        return runner

    def _ended(self, name: str) -> None:
        self._runners.pop(name, None)
        if name in self._worker.state.connectors:
            self._look_after(name)

    def _on_assignment(self) -> None:
        for name in self._worker.state.connectors:
            self._look_after(name).poke()

    def _on_event(self, event: Event, live: bool) -> None:
        if not self._ready:
            return
        match event:
            case ConnectorChanged(name):
                self._look_after(name).reconfigured()
            case TargetChanged(name) | TasksChanged(name):
                self._look_after(name).poke()
            case ConnectorRemoved(name):
                self._look_after(name).removed()
            case RestartRequested(name, include_tasks, only_failed) if live:
                self.restarts.on_request(name, include_tasks, only_failed)
            case LoggerChanged(name, level) if live:
                self._levels.set_from_cluster(name, level)
            case RestartRequested() | LoggerChanged() | SessionKeyChanged() | Unreadable():
                pass

    def _on_task_event(self, event: TaskEvent) -> None:
        if event.kind is EventKind.METRICS:
            if self._on_metrics:
                self._on_metrics(event)
            return
        runner = self._runners.get(event.key.connector)
        if runner:
            runner.on_task_event(event)

    async def stop(self) -> None:
        """Stop every task (offsets are flushed by them), tell the states, leave the group. Never raises."""
        self.stage = "stopping"
        self._ready = False
        runners = list(self._runners.values())
        await asyncio.gather(*(r.close() for r in runners), return_exceptions=True)
        try:
            await self._worker.supervision.close()
        except Exception:
            logger.exception("stopping the tasks failed")
        for runner in runners:
            runner.farewell()
        await self.close_stores()
        self.stage = "stopped"

    async def close_stores(self) -> None:
        """Stop reading and writing, and leave the group. Never raises."""
        for part in (self._worker.statuses, self._worker.configs, self._worker.offsets, self._worker.membership):
            try:
                await part.stop()
            except Exception:
                logger.exception("stopping failed")

