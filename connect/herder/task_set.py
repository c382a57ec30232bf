"""The tasks of one connector on this worker: started, stopped, paused and told of."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from connect.api.errors import HeadgateError
from connect.herder.auto_restart import AutoRestart, RestartPolicy
from connect.herder.plan import Desired, Running, task_actions
from connect.herder.planning import trace_of
from connect.herder.worker import Worker
from connect.stores.state import ConnectorEntry
from connect.tasks.spec import EventKind, TargetState, TaskEvent, TaskKey, TaskSpec

__all__ = ["TaskSet"]

logger = logging.getLogger(__name__)


class TaskSet:
    """Used by the connector's runner only, in the event loop. ``on_change`` asks the runner to settle again."""

    def __init__(self, name: str, worker: Worker, on_change: Callable[[], None]) -> None:
        self._name = name
        self._worker = worker
        self._on_change = on_change
        self._tasks: dict[int, Running] = {}
        self._restart: set[int] = set()
        self._conditions: dict[int, str] = {}
        self.version: str | None = None
        """The version of the connector as a task of it told."""
        self._auto = AutoRestart(RestartPolicy.of(worker.config), asyncio.get_running_loop().time)
        self._timers: dict[int, asyncio.TimerHandle] = {}

    @property
    def conditions(self) -> Mapping[int, str]:
        """What RUNNING tasks wait for, by number."""
        return self._conditions

    def numbers(self) -> set[int]:
        """The tasks that were started here, failed ones included."""
        return set(self._tasks)

    def restart(self, numbers: Iterable[int]) -> None:
        """Start these anew at the next settling."""
        self._restart.update(numbers)

    async def settle(self, entry: ConnectorEntry, *, hold: bool) -> None:
        """Make what runs here what should. ``hold``: a new plan is awaited, so nothing is started that was planned from
        another configuration."""
        desired = self._desired(entry)
        if hold and entry.applied != entry.config:
            desired = {n: d for n, d in desired.items() if n in self._tasks}
        actions = task_actions(desired, self._tasks, frozenset(self._restart))
        self._restart.clear()
        if actions.stop:
            await self._worker.supervision.stop([TaskKey(self._name, n) for n in actions.stop])
        for n in (*actions.stop, *actions.forget):
            self._forget(n)
        for n in actions.start:
            await self._start(n, desired[n])
        for n in actions.retarget:
            self._tasks[n] = replace(self._tasks[n], desired=desired[n])
            await self._worker.supervision.set_target(TaskKey(self._name, n), desired[n].target)
        if self._worker.membership.is_leader:
            for n in self._worker.statuses.table.tasks(self._name):
                if n >= len(entry.tasks):
                    self._worker.report(self._name, n, None)
            for n in (*actions.stop, *actions.forget):
                if n >= len(entry.tasks):
                    self._worker.report(self._name, n, None)

    def _desired(self, entry: ConnectorEntry) -> dict[int, Desired]:
        if entry.target == "STOPPED" or entry.applied is None:
            return {}
        target = TargetState.PAUSED if entry.target == "PAUSED" else TargetState.STARTED
        owns = self._worker.membership.owns_task
        return {
            n: Desired(config, entry.applied, target) for n, config in enumerate(entry.tasks) if owns(TaskKey(self._name, n))
        }

    async def _start(self, n: int, desired: Desired) -> None:
        self._tasks[n] = Running(desired)
        self._auto.started(n)
        spec = TaskSpec(
            TaskKey(self._name, n), self._worker.membership.generation, self._worker.raw, desired.connector_config,
            desired.task_config, desired.target,
        )
        try:
            await self._worker.supervision.start(spec)
        except HeadgateError as e:
            logger.error("task %s-%d could not be started: %s", self._name, n, e)
            self._failed(n, trace_of(e), None)

    def _forget(self, n: int) -> None:
        self._tasks.pop(n, None)
        self._conditions.pop(n, None)
        timer = self._timers.pop(n, None)
        if timer:
            timer.cancel()

    def on_event(self, event: TaskEvent) -> None:
        """Take what the supervisor tells of a task."""
        n = event.key.task
        self.version = event.version or self.version
        if n not in self._tasks:
            return
        match event.kind:
            case EventKind.STATE if event.state == "FAILED":
                self._failed(n, event.trace, event.version)
            case EventKind.STATE:
                if event.state == "UNASSIGNED":
                    self._conditions.pop(n, None)
                self._worker.report(self._name, n, event.state, trace=event.trace, version=event.version)
            case EventKind.CONDITION:
                if event.detail:
                    self._conditions[n] = event.detail
                else:
                    self._conditions.pop(n, None)
            case EventKind.TOPIC if self._worker.config.topic_tracking_enable:
                self._worker.statuses.put_topic(self._name, event.detail, n)

    def _failed(self, n: int, trace: str | None, version: str | None) -> None:
        self._tasks[n] = replace(self._tasks[n], failed=True)
        self._conditions.pop(n, None)
        self._worker.report(self._name, n, "FAILED", trace=trace, version=version)
        delay = self._auto.failed(n)
        if delay is None:
            return
        logger.warning("task %s-%d failed and is restarted in %g s (headgate.task.restart.enable)", self._name, n, delay)
        self._conditions[n] = f"restarting in {delay:g} s after the failure"
        old = self._timers.pop(n, None)
        if old:
            old.cancel()
        self._timers[n] = asyncio.get_running_loop().call_later(delay, self._restart_failed, n)

    def _restart_failed(self, n: int) -> None:
        self._timers.pop(n, None)
        task = self._tasks.get(n)
        if task is None or not task.failed:
            return
        if task.desired.target is TargetState.STARTED:
            self._worker.report(self._name, n, "RESTARTING")
            self._restart.add(n)
            self._on_change()

    async def stop_all(self) -> None:
        """Stop every task of the connector that is here."""
        keys = [k for k in self._worker.supervision.running() if k.connector == self._name]
        if keys:
            await self._worker.supervision.stop(keys)
        for n in list(self._tasks):
            self._forget(n)
        self._restart.clear()

    def close(self) -> None:
        """No more restarts."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
