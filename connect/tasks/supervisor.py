"""The worker's supervisor of task processes: starts, watches, stops; kills what does not stop.

Everything runs in the worker's event loop. A process is known by its pipe: events and log lines come up, the end of the
pipe is the end of the process (a task that goes on without its worker does not exist: see :mod:`connect.tasks.control`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connect.api.errors import ConnectError
from connect.tasks.calls import decode_error
from connect.tasks.child import AGAIN, encode_spec
from connect.tasks.early import ForkedServer
from connect.tasks.forkclient import ForkServer
from connect.tasks.loglines import explicit_levels, replay
from connect.tasks.pipe import PipeError, read
from connect.tasks.process import Process
from connect.tasks.reporter import decode_event
from connect.tasks.settings import fork_grace, grace_of
from connect.tasks.spec import EventKind, TargetState, TaskEvent, TaskKey, TaskSpec

__all__ = ["Supervisor"]

_log = logging.getLogger(__name__)

_STALLED = 15.0
_WATCH = 1.0
_KILL = 10.0
_CALL_EXIT = 5.0


class _Task:
    """A task's process and what is known of it."""

    __slots__ = ("condition", "ended", "process", "reader", "said_at", "spec", "stalled", "stopping", "terminal_at")

    def __init__(self, spec: TaskSpec, process: Process) -> None:
        self.spec = spec
        self.process = process
        self.reader: asyncio.Task[None] | None = None
        self.said_at = time.monotonic()
        self.stalled = False
        self.stopping = False
        self.terminal_at: float | None = None
        """When it reported its last state, FAILED or UNASSIGNED."""
        self.condition = ""
        self.ended = asyncio.Event()


class Supervisor:
    """Implements :class:`connect.tasks.spec.Supervision`."""

    def __init__(
        self, worker: Mapping[str, str], *, stalled_after: float = _STALLED, forked: ForkedServer | None = None,
    ) -> None:
        """``worker``: the worker's properties. ``stalled_after``: seconds without a sign of life from a task's thread after
        which the task is shown as stalled. ``forked``: the fork server, where it runs already."""
        self._grace = grace_of(worker)
        self._stalled_after = stalled_after
        self._server = ForkServer(self._exited, fork_grace(worker), forked)
        self._tasks: dict[TaskKey, _Task] = {}
        self._processes: dict[int, Process] = {}
        self._locks: dict[TaskKey, asyncio.Lock] = {}
        self._on_event: Callable[[TaskEvent], None] = lambda _event: None
        self._watcher: asyncio.Task[None] | None = None
        self._levels: dict[str, str] = {}

    async def open(self, on_event: Callable[[TaskEvent], None]) -> None:
        """See Supervision. Raises ConnectError when the fork server does not start."""
        self._on_event = on_event
        await self._server.open()
        self._watcher = asyncio.create_task(self._watch(), name="task-watch")

    async def close(self) -> None:
        """See Supervision."""
        await self.stop(list(self._tasks))
        if self._watcher is not None:
            self._watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watcher
        for process in list(self._processes.values()):
            self._server.kill(process.pid)
        await self._server.close()
        for process in list(self._processes.values()):
            process.close()

    def running(self) -> Sequence[TaskKey]:
        """See Supervision."""
        return sorted(self._tasks)

    def pid(self, key: TaskKey) -> int | None:
        """The process of a task, or None."""
        task = self._tasks.get(key)
        return task.process.pid if task else None

    @property
    def fork_server_pid(self) -> int | None:
        """The process of the fork server, or None."""
        return self._server.pid

    # -- tasks

    async def start(self, spec: TaskSpec) -> None:
        """See Supervision. Raises ConnectError when the system gives no process."""
        async with self._locks.setdefault(spec.key, asyncio.Lock()):
            if spec.key in self._tasks:
                await self.stop([spec.key])
            process = await self._spawn({"do": "task", "spec": encode_spec(spec)})
            task = _Task(spec, process)
            self._tasks[spec.key] = task
            task.reader = asyncio.create_task(self._follow(task), name=f"pipe {spec.key}")
            _log.info("Started task %s as process %d", spec.key, process.pid)

    async def _spawn(self, first: dict[str, Any]) -> Process:
        pid, sock = await self._server.spawn()
        process = Process(pid, *await asyncio.open_unix_connection(sock=sock))
        self._processes[pid] = process
        process.send({**first, "levels": explicit_levels()})
        return process

    async def set_target(self, key: TaskKey, target: TargetState) -> None:
        """See Supervision."""
        task = self._tasks.get(key)
        if task is not None:
            task.spec = replace(task.spec, target=target)
            task.process.send({"do": "pause" if target is TargetState.PAUSED else "resume"})

    async def stop(self, keys: Sequence[TaskKey]) -> None:
        """See Supervision."""
        tasks = [self._tasks[k] for k in keys if k in self._tasks]
        if not tasks:
            return
        for task in tasks:
            task.stopping = True
            task.process.send({"do": "stop"})
        if not await _all(tasks, self._grace):
            for task in tasks:
                if not task.ended.is_set():
                    _log.warning("Task %s did not stop within %g s (task.shutdown.graceful.timeout.ms); it is killed",
                                 task.spec.key, self._grace)
                    self._server.kill(task.process.pid)
            if not await _all(tasks, _KILL):
                left = ", ".join(str(t.spec.key) for t in tasks if not t.ended.is_set())
                raise ConnectError(f"tasks {left} cannot be killed; look at their processes")

    # -- what comes up

    async def _follow(self, task: _Task) -> None:
        status = await self._read_to_the_end(task)
        while status == AGAIN and not task.stopping and task.terminal_at is None:
            try:
                task.process = await self._spawn({"do": "task", "spec": encode_spec(task.spec)})
            except ConnectError as e:
                _log.error("Task %s cannot be started again: %s", task.spec.key, e)
                break
            _log.info("Task %s goes on as process %d", task.spec.key, task.process.pid)
            task.said_at = time.monotonic()
            task.condition = ""
            self._condition(task, "")
            if task.stopping:
                task.process.send({"do": "stop"})
            status = await self._read_to_the_end(task)
        if self._tasks.get(task.spec.key) is task:
            del self._tasks[task.spec.key]
        self._tell_end(task, status)
        task.ended.set()

    async def _read_to_the_end(self, task: _Task) -> int | None:
        """Take what the process sends until its pipe ends; its exit status."""
        key, process = task.spec.key, task.process
        try:
            while (message := await read(process.reader)) is not None:
                if "event" in message:
                    self._heard(task, decode_event(message["event"]))
                elif "log" in message:
                    process.remember(message["log"]["text"])
                    replay(message["log"], key.connector, key.task, process.pid)
                elif "where" in message:
                    _log.warning("Task %s hangs here:\n%s", key, message["where"])
        except (PipeError, KeyError, TypeError, ValueError) as e:
            _log.error("Task %s says something that cannot be understood (%s); it is killed", key, e)
            self._server.kill(process.pid)
        status = await process.ended(self._server.kill)
        self._processes.pop(process.pid, None)
        self._server.forget(process.pid)
        process.close()
        return status

    def _heard(self, task: _Task, event: TaskEvent) -> None:
        task.said_at = time.monotonic()
        if event.kind is EventKind.CONDITION:
            task.condition = event.detail
        if task.stalled:
            task.stalled = False
            self._condition(task, task.condition)
        if event.kind is EventKind.STATE and event.state in ("FAILED", "UNASSIGNED"):
            task.terminal_at = time.monotonic()
        self._emit(event)

    def _tell_end(self, task: _Task, status: int | None) -> None:
        key = task.spec.key
        if task.terminal_at is not None:
            _log.info("Task %s has ended", key)
            return
        spec = task.spec
        if task.stopping:
            self._emit(TaskEvent(key, spec.generation, EventKind.STATE, state="UNASSIGNED"))
            return
        how = task.process.how(status)
        trace = f"The process of task {key} ended by itself: {how}. Restart the task; it goes on from its stored offset"
        if task.process.last_lines:
            trace += "\nIts last log lines:\n" + "\n".join(f"\t{line}" for line in task.process.last_lines)
        _log.error("%s", trace)
        self._emit(TaskEvent(key, spec.generation, EventKind.STATE, state="FAILED", trace=trace))

    def _emit(self, event: TaskEvent) -> None:
        try:
            self._on_event(event)
        except Exception:  # noqa: BLE001 - a reader must go on with the next event
            _log.exception("An event of task %s could not be handled", event.key)

    def _condition(self, task: _Task, detail: str) -> None:
        self._emit(TaskEvent(task.spec.key, task.spec.generation, EventKind.CONDITION, detail=detail))

    def _exited(self, pid: int, status: int) -> None:
        process = self._processes.get(pid)
        if process is not None:
            process.exited(status)

    # -- the watch

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(min(_WATCH, self._stalled_after / 3))
            now = time.monotonic()
            levels = explicit_levels()
            changed, self._levels = levels != self._levels, levels
            for task in list(self._tasks.values()):
                if changed:
                    task.process.send({"do": "levels", "levels": levels})
                if task.terminal_at is not None:
                    if now - task.terminal_at > self._grace + 2.0:
                        _log.warning("Task %s reported its end and is still there; it is killed", task.spec.key)
                        self._server.kill(task.process.pid)
                elif not task.stalled and now - task.said_at > self._stalled_after:
                    task.stalled = True
                    quiet = f"no sign of life for {now - task.said_at:.0f} s; the log says where"
                    self._condition(task, f"stalled: {quiet}. Restart the task to kill it")
                    task.process.send({"do": "where"})

    # -- calls

    async def call(self, function: str, argument: Any, timeout: float) -> Any:
        """See Supervision."""
        process = await self._spawn({"do": "call", "function": function, "argument": argument})
        try:
            return await asyncio.wait_for(self._answer(process, function), timeout)
        except TimeoutError:
            raise TimeoutError(f"{function} gave no answer within {timeout:g} s; its process was ended") from None
        finally:
            self._server.kill(process.pid)
            self._server.forget(process.pid)
            self._processes.pop(process.pid, None)
            process.close()

    async def _answer(self, process: Process, function: str) -> Any:
        while True:
            try:
                message = await read(process.reader)
            except PipeError as e:
                raise ConnectError(f"{function} gave an answer that cannot be read: {e}") from e
            if message is None:
                status = await process.ended(self._server.kill)
                raise ConnectError(f"the process of {function} ended without an answer: {process.how(status)}")
            if "log" in message:
                process.remember(message["log"]["text"])
                replay(message["log"], None, None, process.pid)
            elif "error" in message:
                raise decode_error(message["error"])
            elif "result" in message:
                return message["result"]


async def _all(tasks: Sequence[_Task], seconds: float) -> bool:
    """Whether all ended within so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            for task in tasks:
                await task.ended.wait()
    except TimeoutError:
        return False
    return True
