"""What the herder tells the supervisor, and what the supervisor tells back: plain values, JSON-ready."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

__all__ = ["EventKind", "Supervision", "TargetState", "TaskEvent", "TaskKey", "TaskSpec"]


class TargetState(StrEnum):
    """What a task should do."""

    STARTED = "STARTED"
    PAUSED = "PAUSED"


@dataclass(frozen=True, slots=True, order=True)
class TaskKey:
    """Connector name and task number."""

    connector: str
    task: int

    def __str__(self) -> str:
        return f"{self.connector}-{self.task}"


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """Everything a task process needs. Configurations are raw: variables are resolved in the process, by the providers of
    ``worker``."""

    key: TaskKey
    generation: int
    """Of the assignment; goes into status records."""
    worker: Mapping[str, str]
    """The worker's properties."""
    connector_config: Mapping[str, str]
    task_config: Mapping[str, str]
    """Includes ``task.class``."""
    target: TargetState = TargetState.STARTED


class EventKind(StrEnum):
    """What happened to a task."""

    STATE = "state"
    """``state`` is RUNNING, PAUSED, FAILED (with ``trace``) or UNASSIGNED (ended as asked)."""
    CONDITION = "condition"
    """``detail`` says what a RUNNING task waits for; empty when all is well."""
    TOPIC = "topic"
    """``detail`` is a topic this task has produced to for the first time."""
    METRICS = "metrics"
    """``metrics`` are current numbers of this task."""


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """One event of one task, in order."""

    key: TaskKey
    generation: int
    kind: EventKind
    state: str = ""
    trace: str | None = None
    detail: str = ""
    version: str | None = None
    metrics: Sequence[tuple[str, Mapping[str, str], float]] = field(default=())
    """(name, labels, value)"""


class Supervision(Protocol):
    """The worker's supervisor of task processes. Every method is a coroutine of the worker's event loop.

    ``on_event`` is called in the loop, in order per task, also for a process that died by itself (FAILED, the trace says
    how: signal, exit code, last log lines).
    """

    async def open(self, on_event: Callable[[TaskEvent], None]) -> None:
        """Start the warm fork server."""
        ...

    async def close(self) -> None:
        """Stop every task (all at once, within the grace), then the fork server. Leaves no process behind."""
        ...

    async def start(self, spec: TaskSpec) -> None:
        """Start a task; a running one of the same key is stopped first. Returns when the process exists; what becomes of it
        is told by events."""
        ...

    async def stop(self, keys: Sequence[TaskKey]) -> None:
        """Stop tasks: ask, wait ``task.shutdown.graceful.timeout.ms`` in all, then kill. Returns when they are gone."""
        ...

    async def set_target(self, key: TaskKey, target: TargetState) -> None:
        """Pause or resume; no-op when the task is not running."""
        ...

    def running(self) -> Sequence[TaskKey]:
        """Tasks with a live process."""
        ...

    async def call(self, function: str, argument: Any, timeout: float) -> Any:
        """Run ``package.module:function(argument)`` in a child process with this time limit (seconds) and give its result;
        both are JSON values. For plugin code: validation, task planning, offset checks.

        Raises TimeoutError (the child is killed); ConfigError and RequestError raised there arrive as themselves,
        anything else as ConnectError with its trace.
        """
        ...


Call = Callable[[str, Any, float], Awaitable[Any]]
"""The type of :meth:`Supervision.call`."""
