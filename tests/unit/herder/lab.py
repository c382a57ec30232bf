"""A herder on stores in memory and a supervisor whose tasks are values: for what needs no process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from connect.config.worker import WorkerConfig
from connect.herder.herder import WorkerHerder
from connect.herder.loop import HerderLoop
from connect.herder.membership import SoloMembership
from connect.herder.plugin_calls import KEYS, OFFSETS, PLANNING, PLUGINS, VALIDATION, PluginCalls
from connect.herder.requests import ConnectorStatus, RequestError, ServerInfo
from connect.herder.worker import Worker
from connect.stores.config import ConfigStore
from connect.stores.journal import MemoryJournal
from connect.stores.offset_store import JournalOffsets
from connect.stores.status import StatusStore
from connect.tasks.spec import EventKind, TargetState, TaskEvent, TaskKey, TaskSpec

CONNECTOR = "io.debezium.connector.postgresql.PostgresConnector"


def planned(props: Mapping[str, str]) -> list[dict[str, str]]:
    """As many tasks as are allowed."""
    return [{**props, "task.class": "T", "n": str(n)} for n in range(int(props.get("tasks.max", 1)))]


class MemorySupervision:
    """Implements Supervision. Plugin calls are answered by :attr:`answers`; every started task reports RUNNING or PAUSED."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[Any], Any]] = {
            PLUGINS: lambda _a: [{"class": CONNECTOR, "type": "source", "version": "9"}],
            VALIDATION: lambda _a: {"name": CONNECTOR, "error_count": 0, "groups": [], "configs": []},
            PLANNING: lambda a: planned(a["props"]),
            OFFSETS: lambda _a: True,
            KEYS: lambda _a: [],
        }
        self.calls: list[tuple[str, Any]] = []
        self.started: list[TaskSpec] = []
        self.stopped: list[TaskKey] = []
        self.specs: dict[TaskKey, TaskSpec] = {}
        self.fail_at_start: set[TaskKey] = set()
        self._on_event: Callable[[TaskEvent], None] = lambda _e: None

    async def open(self, on_event: Callable[[TaskEvent], None]) -> None:
        self._on_event = on_event

    async def close(self) -> None:
        await self.stop(list(self.specs))

    async def start(self, spec: TaskSpec) -> None:
        self.started.append(spec)
        if spec.key in self.fail_at_start:
            self.fail(spec)
            return
        self.specs[spec.key] = spec
        self.tell(spec, "PAUSED" if spec.target is TargetState.PAUSED else "RUNNING")

    async def stop(self, keys: Sequence[TaskKey]) -> None:
        for key in keys:
            spec = self.specs.pop(key, None)
            if spec:
                self.stopped.append(key)
                self.tell(spec, "UNASSIGNED")

    async def set_target(self, key: TaskKey, target: TargetState) -> None:
        if key in self.specs:
            self.tell(self.specs[key], "PAUSED" if target is TargetState.PAUSED else "RUNNING")

    def running(self) -> Sequence[TaskKey]:
        return sorted(self.specs)

    async def call(self, function: str, argument: Any, timeout: float) -> Any:
        self.calls.append((function, argument))
        answer = self.answers[function](argument)
        return await answer if isinstance(answer, Awaitable) else answer

    def tell(self, spec: TaskSpec, state: str, trace: str | None = None) -> None:
        self._on_event(TaskEvent(spec.key, spec.generation, EventKind.STATE, state, trace, version="9"))

    def fail(self, spec: TaskSpec, trace: str = "boom") -> None:
        self.specs.pop(spec.key, None)
        self.tell(spec, "FAILED", trace)

    def wrote_to(self, spec: TaskSpec, topic: str) -> None:
        self._on_event(TaskEvent(spec.key, spec.generation, EventKind.TOPIC, detail=topic))

    def waits_for(self, spec: TaskSpec, detail: str) -> None:
        self._on_event(TaskEvent(spec.key, spec.generation, EventKind.CONDITION, detail=detail))


@dataclass
class Lab:
    """One worker's life. A second one on the same journals is a restarted worker."""

    configs: MemoryJournal = field(default_factory=MemoryJournal)
    statuses: MemoryJournal = field(default_factory=MemoryJournal)
    offsets: MemoryJournal = field(default_factory=MemoryJournal)
    properties: Mapping[str, str] = field(default_factory=dict)
    supervision: MemorySupervision = field(default_factory=MemorySupervision)
    herder: WorkerHerder = field(default_factory=lambda: WorkerHerder(ServerInfo("4.1.0", "c", "")))

    @asynccontextmanager
    async def run(self) -> Any:
        props = {
            "group.id": "g", "config.storage.topic": "c", "offset.storage.topic": "o", "status.storage.topic": "s",
            "key.converter": "json", "value.converter": "json", **self.properties,
        }
        config = WorkerConfig.from_props(props)
        worker = Worker(
            "me:1", config, props, self.supervision, PluginCalls(self.supervision.call, props, 5.0), SoloMembership("http://me:1"),
            ConfigStore(self.configs), StatusStore(self.statuses), JournalOffsets(self.offsets),
        )
        loop = HerderLoop(worker, self.herder.levels)
        await self.herder.start(worker, loop, "cluster")
        self.worker = worker
        try:
            yield self
        finally:
            self.herder.stopping()
            await loop.stop()

    async def create(self, name: str = "a", initial: Any = None, **config: str) -> None:
        await self.herder.create_connector(name, {"connector.class": CONNECTOR, **dotted(config)}, initial)

    async def status(self, name: str = "a") -> ConnectorStatus:
        return await self.herder.connector_status(name)

    async def until(self, name: str = "a", connector: str | None = None, tasks: Sequence[str] | None = None) -> ConnectorStatus:
        """Wait until the states are these (the test's own time limit bounds it)."""
        while True:
            try:
                status = await self.status(name)
            except RequestError:
                status = None
            if status and connector in (None, status.state) and tasks in (None, [t.state for t in status.tasks]):
                return status
            await asyncio.sleep(0)

    async def until_true(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await asyncio.sleep(0)

    def config_keys(self) -> list[str]:
        return [key.decode() for key, _ in self.configs.records]


def dotted(config: Mapping[str, str]) -> dict[str, str]:
    return {k.replace("_", "."): v for k, v in config.items()}


def living(test: Callable[[Lab], Awaitable[None]], **made: Any) -> Lab:
    """Run a test inside the life of one worker, half a minute at most."""
    lab = Lab(**made)

    async def main() -> None:
        async with asyncio.timeout(30), lab.run():
            await test(lab)

    asyncio.run(main())
    return lab
