"""A supervisor under watch, and specs of tasks that count."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from connect.tasks.spec import EventKind, TargetState, TaskEvent, TaskKey, TaskSpec
from connect.tasks.supervisor import Supervisor
from tests.integration.tasks.rig import Rig

HERE = "tests.integration.tasks.plugins_for_tests"
STRING = "org.apache.kafka.connect.storage.StringConverter"


class Watch:
    """Supervisor, its events, and specs for counting tasks."""

    def __init__(self, supervisor: Supervisor, rig: Rig, worker: dict[str, str]) -> None:
        self.supervisor, self.rig, self.worker = supervisor, rig, worker
        self.events: list[TaskEvent] = []

    def spec(self, connector: str = "count", target: TargetState = TargetState.STARTED, **config: str) -> TaskSpec:
        task = {"task.class": f"{HERE}:CountTask", "topic": self.rig.topic, **{k.replace("_", "."): v for k, v in config.items()}}
        return TaskSpec(TaskKey(connector, 0), 5, self.worker, {"name": connector, "connector.class": "count"}, task, target)

    def states(self, connector: str = "count") -> list[str]:
        return [e.state for e in self.events if e.kind is EventKind.STATE and e.key.connector == connector]

    def last(self, kind: EventKind) -> TaskEvent | None:
        return next((e for e in reversed(self.events) if e.kind is kind), None)

    async def until(self, ready: Callable[[], Any], seconds: float = 60.0, what: str = "a condition") -> Any:
        async with asyncio.timeout(seconds):
            while not (result := ready()):
                await asyncio.sleep(0.02)
            return result

    async def until_state(self, state: str, connector: str = "count") -> TaskEvent:
        await self.until(lambda: self.states(connector)[-1:] == [state], what=state)
        return next(e for e in reversed(self.events) if e.state == state and e.key.connector == connector)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def worker_of(rig: Rig, **more: str) -> dict[str, str]:
    return {
        "bootstrap.servers": rig.conf["bootstrap.servers"], "group.id": "tasks-tests", "offset.storage.topic": rig.offsets_topic,
        "key.converter": STRING, "value.converter": STRING, "offset.flush.interval.ms": "100",
        "task.shutdown.graceful.timeout.ms": "3000", **{k.replace("_", "."): v for k, v in more.items()}}


class Shared:
    """One loop and one supervisor for most tests of a file: starting a fork server takes a second."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.supervisor: Supervisor | None = None
        self.listener: Callable[[TaskEvent], None] = lambda event: None

    async def open(self, worker: dict[str, str]) -> Supervisor:
        if self.supervisor is None:
            self.supervisor = Supervisor(worker)
            await self.supervisor.open(lambda event: self.listener(event))
        return self.supervisor

    def close(self) -> None:
        if self.supervisor is not None:
            server = self.supervisor.fork_server_pid
            self.runner.run(self.supervisor.close())
            assert server is not None and not alive(server)
        self.runner.close()


_shared = Shared()


def close_shared() -> None:
    """The module's tests are over; the next module's begin anew."""
    global _shared
    _shared.close()
    _shared = Shared()


def run(scene: Any) -> Any:
    return _shared.runner.run(scene)


@asynccontextmanager
async def supervising(rig: Rig) -> AsyncIterator[Watch]:
    """The shared supervisor; its tasks are stopped at the end."""
    worker = worker_of(rig)
    watch = Watch(await _shared.open(dict(worker)), rig, worker)
    _shared.listener = watch.events.append
    try:
        yield watch
    finally:
        await watch.supervisor.stop(watch.supervisor.running())
        assert watch.supervisor.running() == []


@asynccontextmanager
async def supervising_alone(rig: Rig, stalled_after: float = 15.0, **more: str) -> AsyncIterator[Watch]:
    worker = worker_of(rig, **more)
    watch = Watch(Supervisor(worker, stalled_after=stalled_after), rig, worker)
    await watch.supervisor.open(watch.events.append)
    server = watch.supervisor.fork_server_pid
    try:
        yield watch
    finally:
        await watch.supervisor.close()
        assert server is not None and not alive(server)
        assert watch.supervisor.running() == []
