"""One connector on this worker: compares what the snapshot wants with what runs here, and acts on the difference.

Level-triggered: whatever happened, :meth:`ConnectorRunner.poke` makes it look again. Each connector has a runner with a
coroutine of its own, so a connector that hangs in planning or does not stop keeps nobody else waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from connect.api.errors import HeadgateError
from connect.herder.planning import Outcome, Planning, trace_of
from connect.herder.task_set import TaskSet
from connect.herder.worker import Worker
from connect.stores.state import ConnectorEntry
from connect.stores.status import topic_key
from connect.tasks.spec import TaskEvent

__all__ = ["ConnectorRunner"]

logger = logging.getLogger(__name__)
_RETRY_SECONDS = 2.0


class ConnectorRunner:
    """Made when a connector is there and assigned to this worker (itself or one of its tasks); ends by itself when not."""

    def __init__(self, name: str, worker: Worker, on_end: Callable[[str], None]) -> None:
        self._name = name
        self._worker = worker
        self._on_end = on_end
        self._woken = asyncio.Event()
        self._plan_wanted = True
        self._removed = False
        self._bounce = False
        self._published: Outcome | None = None
        self._reported: tuple[str, str | None] | None = None
        self._settled: list[asyncio.Future[Exception | None]] = []
        self._planning = Planning(name, worker.calls, self.poke)
        self.tasks = TaskSet(name, worker, self.poke)
        """Its tasks here."""
        self._main = asyncio.create_task(self._run(), name=f"connector-{name}")
        self.poke()

    def poke(self) -> None:
        """Look again."""
        self._woken.set()

    def reconfigured(self) -> None:
        """Its configuration was written (perhaps the same): ask for task configurations again and tell the state anew."""
        self._plan_wanted = True
        self._reported = None
        self.poke()

    def removed(self) -> None:
        """It was deleted (perhaps created again since): nothing of the old one stays."""
        self._removed = True
        self.poke()

    def restart(self, connector: bool, tasks: Sequence[int]) -> None:
        """Begin a restart of the connector instance, of tasks, or both."""
        if connector:
            self._bounce = True
        self.tasks.restart(tasks)
        self.poke()

    async def settled(self) -> Exception | None:
        """Look again and return when that is done, planning included; the error when planning failed."""
        future: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self._settled.append(future)
        self.poke()
        return await future

    def on_task_event(self, event: TaskEvent) -> None:
        """Take what the supervisor tells of one of its tasks."""
        unknown = self.tasks.version is None
        self.tasks.on_event(event)
        if unknown and self.tasks.version is not None:
            # A connector named by a Python path has no version before one of its tasks tells it.
            self._reported = None
            self.poke()

    async def _run(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            waiting, self._settled = self._settled, []
            try:
                ended = await self._reconcile()
            except HeadgateError as e:
                logger.warning("connector %s: %s; trying again in %g s", self._name, e, _RETRY_SECONDS)
                self._later(waiting)
                continue
            except Exception:
                logger.exception("connector %s: looking after it failed; trying again in %g s", self._name, _RETRY_SECONDS)
                self._later(waiting)
                continue
            if not ended and self._planning.busy:
                self._settled += waiting
                continue
            outcome = self._planning.outcome
            for future in waiting:
                if not future.done():
                    future.set_result(outcome.error if outcome else None)
            if ended:
                self._on_end(self._name)
                return

    def _later(self, waiting: list[asyncio.Future[Exception | None]]) -> None:
        self._settled += waiting
        asyncio.get_running_loop().call_later(_RETRY_SECONDS, self.poke)

    async def _reconcile(self) -> bool:
        """Whether there is nothing left to look after."""
        if self._removed:
            self._removed = False
            await self._clear()
            self._plan_wanted = True
        entry = self._worker.state.connectors.get(self._name)
        if entry is None:
            await self._clear()
            return True
        if self._bounce:
            self._bounce, self._plan_wanted, self._reported = False, True, None
        entry = await self._plan(entry)
        if entry.target != "STARTED":
            self._report_instance(entry)
        await self.tasks.settle(entry, hold=self._planning.busy)
        if entry.target == "STARTED":
            self._report_instance(entry)
        return False

    async def _plan(self, entry: ConnectorEntry) -> ConnectorEntry:
        """Plan when wanted; publish what was planned. The entry as it is then."""
        if entry.target != "STARTED" or not self._worker.membership.owns_connector(self._name):
            self._planning.cancel()
            self._plan_wanted = True  # when it is started again
            return entry
        outcome = self._planning.outcome
        if self._plan_wanted or (outcome is not None and outcome.config != entry.config):
            self._plan_wanted = False
            self._planning.begin(entry.config)
            return entry
        if outcome is None or outcome.planned is None:
            return entry
        if outcome is not self._published:
            await self._publish(outcome)
        return self._worker.state.connectors.get(self._name, replace(entry, tasks=()))

    async def _publish(self, outcome: Outcome) -> None:
        """Write the task set, once for each outcome, unless it is there already or the connector has changed meanwhile."""
        assert outcome.planned is not None
        async with self._worker.locks.of(self._name):
            entry = self._worker.state.connectors.get(self._name)
            if entry is None or entry.target != "STARTED" or entry.config != outcome.config:
                return
            tasks = outcome.planned
            if entry.inconsistent or entry.task_generation < 0 or entry.applied != entry.config or entry.tasks != tasks:
                await self._worker.configs.put_tasks(self._name, tasks)
                logger.info("connector %s has %d tasks", self._name, len(tasks))
            self._published = outcome

    def _report_instance(self, entry: ConnectorEntry) -> None:
        if not self._worker.membership.owns_connector(self._name):
            return
        outcome = self._planning.outcome
        trace: str | None = None
        if entry.target == "STOPPED":
            state = "STOPPED"
        elif entry.target == "PAUSED":
            if self._reported is not None and self._reported[0] == "FAILED":
                return
            state = "PAUSED"
        elif outcome is None:
            return
        elif outcome.error is not None:
            state, trace = "FAILED", trace_of(outcome.error)
        else:
            state = "RUNNING"
        if self._reported != (state, trace):
            self._reported = (state, trace)
            version = None if state == "FAILED" else self._worker.calls.version(entry.config) or self.tasks.version
            self._worker.report(self._name, None, state, trace=trace, version=version)

    async def _clear(self) -> None:
        """Nothing of it runs here any more, and if it was deleted nobody remembers it."""
        self._planning.cancel()
        self._reported = None
        numbers = self.tasks.numbers() | set(self._worker.statuses.table.tasks(self._name))
        await self.tasks.stop_all()
        if not self._worker.membership.is_leader:
            return
        for n in sorted(numbers):
            self._worker.report(self._name, n, None)
        self._worker.report(self._name, None, None)
        for topic in self._worker.statuses.table.topics(self._name):
            self._worker.statuses.put(topic_key(self._name, topic), None)

    async def close(self) -> None:
        """The worker ends: stop looking. The supervisor stops the tasks; their last states are still taken."""
        self._planning.cancel()
        self.tasks.close()
        self._main.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._main
        for future in self._settled:
            future.cancel()

    def farewell(self) -> None:
        """The worker has stopped everything: say that the connector is nobody's."""
        if self._reported is not None:
            self._worker.report(self._name, None, "UNASSIGNED")
