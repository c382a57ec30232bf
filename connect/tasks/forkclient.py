"""The worker's side of the fork server: starts it, asks it for processes, hears of their ends. Asyncio, one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from connect.api.errors import ConnectError
from connect.tasks.early import ForkedServer

__all__ = ["ForkServer"]

_log = logging.getLogger(__name__)

_START = 60.0
_SPAWN = 15.0
_END = 15.0


def _environment() -> dict[str, str]:
    """The worker's, with its module search path: tasks find the same modules, whatever the working directory holds."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(p or str(Path.cwd()) for p in sys.path))}


class ForkServer:
    """One fork server process; a dead one is replaced at the next request.

    ``on_exit`` is called in the loop with (pid, exit code or minus the signal). Children outlive a fork server that dies;
    their exit codes are not known then, only that their pipe ended.
    """

    def __init__(self, on_exit: Callable[[int, int], None], grace: float, first: ForkedServer | None = None) -> None:
        """``grace``: seconds children get to end by themselves when the worker is gone. ``first`` runs already, and is used
        until it dies."""
        self._on_exit = on_exit
        self._grace = grace
        self._first = first
        self._process: subprocess.Popen[bytes] | ForkedServer | None = None
        self._control: socket.socket | None = None
        self._buffer = b""
        self._next = 0
        self._waiting: dict[int, asyncio.Future[int]] = {}
        self._ready: asyncio.Future[None] | None = None
        self._lock = asyncio.Lock()
        self._children: set[int] = set()
        self._orphans: set[int] = set()

    @property
    def pid(self) -> int | None:
        """The server's process, or None."""
        return self._process.pid if self._process else None

    async def open(self) -> None:
        """Start the server and wait until it has imported everything. Raises ConnectError."""
        async with self._lock:
            await self._ensure()

    async def _ensure(self) -> None:
        if self._control is not None:
            return
        self._reap()
        ours = self._begin()
        self._control, self._buffer = ours, b""
        loop = asyncio.get_running_loop()
        self._ready = loop.create_future()
        loop.add_reader(ours, self._readable)
        try:
            await asyncio.wait_for(asyncio.shield(self._ready), _START)
        except TimeoutError:
            self._lost()
            raise ConnectError(f"the fork server was not ready after {_START:g} s") from None

    def _begin(self) -> socket.socket:
        """A server, and our end of its socket."""
        first, self._first = self._first, None
        if first is not None:
            self._process = first
            return first.control
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        ours.setblocking(False)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "connect.tasks.forkserver", str(theirs.fileno()), f"{self._grace:g}"],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=_environment())
        return ours

    def _readable(self) -> None:
        assert self._control is not None
        try:
            data = self._control.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            _log.error("The fork server died; the next task starts a new one")
            self._lost()
            return
        self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            self._heard(json.loads(line))

    def _heard(self, message: dict[str, object]) -> None:
        if "exited" in message:
            pid = int(str(message["exited"]))
            self._children.discard(pid)
            self._on_exit(pid, int(str(message["status"])))
        elif "spawned" in message:
            pid, future = int(str(message["pid"])), self._waiting.pop(int(str(message["spawned"])), None)
            if pid:
                self._children.add(pid)
            if future is None or future.done():
                if pid:
                    self.kill(pid)
            elif pid:
                future.set_result(pid)
            else:
                future.set_exception(ConnectError(f"the system gives no new process: {message.get('error')}"))
        elif "ready" in message:
            failed = message.get("failed")
            for name, why in failed.items() if isinstance(failed, dict) else ():
                _log.warning("Module %s could not be imported before the tasks start: %s", name, why)
            if message.get("threads") != 1:
                _log.warning("A module imported for the tasks has started a thread; plugins must not do so on import")
            if self._ready is not None and not self._ready.done():
                self._ready.set_result(None)

    def _lost(self) -> None:
        control, self._control = self._control, None
        if control is not None:
            asyncio.get_running_loop().remove_reader(control)
            control.close()
        error = ConnectError("the fork server ended")
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(error)
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(error)
        self._waiting.clear()
        self._orphans |= self._children
        self._children.clear()

    def _reap(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()
            self._process = None

    async def spawn(self) -> tuple[int, socket.socket]:
        """A new child and our end of its pipe. Raises ConnectError."""
        async with self._lock:
            try:
                return await self._spawn()
            except ConnectError:
                if self._control is not None:
                    raise
                _log.warning("The fork server is started again")
                return await self._spawn()

    async def _spawn(self) -> tuple[int, socket.socket]:
        await self._ensure()
        assert self._control is not None
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._next += 1
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting[self._next] = future
        try:
            with theirs:
                socket.send_fds(self._control, [json.dumps({"spawn": self._next}).encode() + b"\n"], [theirs.fileno()])
            return await asyncio.wait_for(future, _SPAWN), ours
        except OSError as e:
            ours.close()
            if isinstance(e, TimeoutError):
                raise ConnectError(f"the fork server gave no process within {_SPAWN:g} s") from None
            if self._control is not None:
                self._lost()
            raise ConnectError(f"the fork server is gone: {e}") from e
        except BaseException:
            ours.close()
            raise

    def kill(self, pid: int) -> None:
        """SIGKILL to a child that lives. Through the server, its parent, so that the number cannot be another process's by now;
        directly when its server died."""
        if self._control is not None and pid in self._children:
            with contextlib.suppress(OSError):
                self._control.send(json.dumps({"kill": pid}).encode() + b"\n")
        elif pid in self._orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def forget(self, pid: int) -> None:
        """The child's pipe has ended and its status was awaited."""
        self._orphans.discard(pid)

    async def close(self) -> None:
        """End the server; it ends its children first."""
        if self._first is not None:
            self._first.control.close()
            self._process, self._first = self._first, None
        if self._control is not None:
            self._lost()
        process, self._process = self._process, None
        if process is None:
            return
        try:
            await asyncio.wait_for(asyncio.to_thread(process.wait), self._grace + _END)
        except TimeoutError:
            process.kill()
            await asyncio.to_thread(process.wait)
