"""The warm fork server: a small process that has every module imported and forks a task process on request.

Forked from the worker (:mod:`connect.tasks.early`) or started by it as ``python -m connect.tasks.forkserver FD``, with one end
of a Unix socket pair. It imports, freezes what it has into the permanent generation (so that the pages stay shared), and then
serves lines of JSON: ``{"spawn": id}``
with a socket as ancillary data forks a child that gets this socket as its pipe; ``{"kill": pid}`` ends one. It answers
``{"ready": …}``, ``{"spawned": id, "pid": …}`` and ``{"exited": pid, "status": …}`` (a code, or minus the signal).

It opens no client and starts no thread, so a fork copies nothing half done. When the worker is gone (end of file) it
waits a grace for its children to end by themselves, kills those that do not, and ends: no orphans, whatever a child does.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import NoReturn

from connect.plugins.discovery import registry
from connect.tasks.memory import one_arena
from connect.tasks.naming import name_process

__all__ = ["PRELOAD", "SIGNALS", "end_with", "main", "preload", "serve"]

PRELOAD = (
    "confluent_kafka", "confluent_kafka.admin", "fastavro", "httpx", "httpcore", "psycopg", "psycopg.pq",
    "schemas.model", "schemas.core", "connect.api", "connect.plugins", "connect.config.worker", "connect.config.providers",
    "connect.kafka.topics", "connect.stores.offsets", "connect.transforms.chain",
    "connect.tasks.child", "connect.tasks.assembly", "connect.tasks.pipeline", "connect.tasks.producer", "connect.tasks.calls",
)
"""Modules imported before the first fork, as far as they are there; the entry points of our groups come on top."""

_OURS = frozenset({"connect", "connectors", "schemas"})
"""The packages whose import is ours to answer for."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""What a terminal or a service manager sends to the worker's whole group."""
_GRACE = 10.0


def preload(foreign: bool = True) -> dict[str, str]:
    """Import what tasks will need; modules that could not be imported, with the reason (a task that needs one says so).
    ``foreign``: other people's plugins too."""
    failed: dict[str, str] = {}
    for name in PRELOAD:
        try:
            importlib.import_module(name)
        except Exception as e:  # noqa: BLE001 - what tasks need and what only some do is not known here
            failed[name] = f"{type(e).__name__}: {e}"
    # Found here once: the metadata of every installed package takes longer to read than all else a task or call starts with.
    for plugin in registry().plugins():
        if not foreign and plugin.target.partition(".")[0] not in _OURS:
            continue
        try:
            plugin.load()
        except Exception as e:  # noqa: BLE001 - a broken plugin must not take the others with it
            failed[plugin.target] = f"{type(e).__name__}: {e}"
    return failed


def end_with(run: Callable[[], int]) -> NoReturn:
    """All that is left to do in a forked process: ``run``, whose result is its exit code, and nothing of what the process it was
    forked from would do at its end."""
    code = 70
    try:
        code = run()
    except BaseException:  # noqa: BLE001 - the last line of defence before the process ends
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


class _Server:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: set[int] = set()
        self._buffer = b""
        self._sockets: list[int] = []
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)

    def say(self, **message: object) -> None:
        with contextlib.suppress(OSError):
            self._control.sendall(json.dumps(message).encode() + b"\n")

    def serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(self._wake_read, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select()}
                if self._wake_read in ready:
                    self._drain_wakeups()
                self._reap()
                if self._control in ready and not self._receive():
                    return

    def _drain_wakeups(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._wake_read, 512):
                pass

    def _reap(self) -> None:
        while self._children:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            self._children.discard(pid)
            self.say(exited=pid, status=os.waitstatus_to_exitcode(status))

    def _receive(self) -> bool:
        try:
            data, fds, _, _ = socket.recv_fds(self._control, 65536, 16)
        except OSError:
            return False
        self._sockets += fds
        if not data:
            return False
        self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            self._obey(json.loads(line))
        return True

    def _obey(self, message: dict[str, int]) -> None:
        if "kill" in message:
            if message["kill"] in self._children:
                os.kill(message["kill"], signal.SIGKILL)
            return
        fd = self._sockets.pop(0)
        try:
            pid = os.fork()
        except OSError as e:
            os.close(fd)
            self.say(spawned=message["spawn"], pid=0, error=str(e))
            return
        if pid == 0:
            self._become_child(fd)
        os.close(fd)
        self._children.add(pid)
        self.say(spawned=message["spawn"], pid=pid)

    def _become_child(self, fd: int) -> NoReturn:
        def run() -> int:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            for other in (self._wake_read, self._wake_write, *self._sockets):
                os.close(other)
            self._control.close()
            gc.enable()
            from connect.tasks.child import run as run_child

            return run_child(socket.socket(fileno=fd))

        end_with(run)

    def see_children_off(self, grace: float) -> None:
        """The worker is gone: children have the grace to end, then they are killed."""
        until = time.monotonic() + grace
        while self._children and time.monotonic() < until:
            self._reap()
            time.sleep(0.05)
        for pid in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while self._children:
            self._reap()
            time.sleep(0.01)


def serve(control: socket.socket, grace: float) -> int:
    """Import, say that it is ready, and serve until the other end of ``control`` is closed; 0. Children get ``grace`` seconds
    to end by themselves then."""
    # Ctrl-C and a service manager's TERM reach the whole group: the worker decides, the server ends after it.
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # who forked it has blocked them up to here
    control.set_inheritable(False)
    name_process("headgate-forks")
    failed = preload()
    one_arena()
    server = _Server(control)
    gc.collect()
    gc.freeze()
    server.say(ready=os.getpid(), failed=failed, threads=threading.active_count())
    server.serve()
    server.see_children_off(grace)
    return 0


def main(argv: list[str]) -> int:
    """``FD [GRACE SECONDS]``: the server as a process of its own."""
    return serve(socket.socket(fileno=int(argv[0])), float(argv[1]) if len(argv) > 1 else _GRACE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
