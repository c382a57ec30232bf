"""Restarts on request: a connector instance, a task, or both by a record in the config topic (KIP-745)."""

from __future__ import annotations

import logging
from collections.abc import Callable

from connect.herder.plan import RestartPlan, restart_plan
from connect.herder.requests import ConnectorStatus, RequestError, TaskStatus
from connect.herder.runner import ConnectorRunner
from connect.herder.status_view import connector_status
from connect.herder.worker import Worker
from connect.stores.state import ConnectorEntry

__all__ = ["Restarts"]

logger = logging.getLogger(__name__)


class Restarts:
    """Used in the worker's event loop."""

    def __init__(self, worker: Worker, runner: Callable[[str], ConnectorRunner | None]) -> None:
        self._worker = worker
        self._runner = runner

    def _known(self, name: str) -> ConnectorEntry:
        entry = self._worker.state.connectors.get(name)
        if entry is None:
            raise RequestError(404, f"Unknown connector: {name}")
        return entry

    def _here(self, name: str) -> ConnectorRunner:
        runner = self._runner(name)
        if runner is None:
            raise RequestError(409, f"Cannot complete request: connector {name} is not assigned to this worker. Try again")
        return runner

    def _plan(self, name: str, include_tasks: bool, only_failed: bool) -> RestartPlan:
        table = self._worker.statuses.table
        connector = table.connector(name)
        tasks = {n: s.state for n, s in table.tasks(name).items()}
        return restart_plan(connector.state if connector else None, tasks, include_tasks, only_failed)

    async def connector(self, name: str) -> None:
        """Restart the instance only; returns when it has planned. RequestError 404, 409, 500 (planning failed)."""
        await self._worker.configs.refresh()
        self._known(name)
        runner = self._here(name)
        runner.restart(True, ())
        error = await runner.settled()
        if error is not None:
            raise RequestError(500, f"Failed to start connector {name}: {error}")

    async def task(self, name: str, task: int) -> None:
        """Restart one task; returns when its new process exists. RequestError 404, 409 (stopped), 500."""
        await self._worker.configs.refresh()
        entry = self._known(name)
        if entry.target == "STOPPED":
            raise RequestError(409, f"Connector {name} is stopped and has no tasks to restart; resume it first")
        if not 0 <= task < len(entry.tasks):
            raise RequestError(404, f"Unknown task: {name}-{task}")
        runner = self._here(name)
        runner.restart(False, [task])
        await runner.settled()

    async def request(self, name: str, include_tasks: bool, only_failed: bool) -> ConnectorStatus:
        """Ask for a restart; the status with RESTARTING where one will happen. RequestError 404."""
        await self._worker.configs.refresh()
        self._known(name)
        status = connector_status(self._worker.statuses.table, name, self._worker.id)
        plan = self._plan(name, include_tasks, only_failed)
        await self._worker.configs.put_restart(name, include_tasks, only_failed)
        tasks = [TaskStatus(t.id, "RESTARTING", t.worker_id) if t.id in plan.tasks else t for t in status.tasks]
        if plan.connector:
            return ConnectorStatus(name, "RESTARTING", status.worker_id, tasks, status.type)
        return ConnectorStatus(name, status.state, status.worker_id, tasks, status.type, status.trace, status.version)

    def on_request(self, name: str, include_tasks: bool, only_failed: bool) -> None:
        """A restart record was read live: restart what of it is here. Several before the runner gets to it add up."""
        runner = self._runner(name)
        if runner is None or name not in self._worker.state.connectors:
            return
        plan = self._plan(name, include_tasks, only_failed)
        if not plan.connector and not plan.tasks:
            return
        logger.info("restarting %sconnector %s%s", "" if plan.connector else "tasks of ", name,
                    f", tasks {sorted(plan.tasks)}" if plan.tasks else "")
        if plan.connector:
            self._worker.report(name, None, "RESTARTING")
        for n in plan.tasks:
            self._worker.report(name, n, "RESTARTING")
        runner.restart(plan.connector, sorted(plan.tasks))
