"""The fork server that is forked from the worker, and the allocator it sets for its tasks."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from typing import Any

import pytest

FORKED = """
import asyncio, json, os, signal, sys
from connect.tasks.early import fork_server
from connect.tasks.forkclient import ForkServer

async def main(first):
    ended = asyncio.Queue()
    server = ForkServer(lambda pid, status: ended.put_nowait((pid, status)), 1.0, first)
    await server.open()
    told = {"first": server.pid == first.pid}
    pid, pipe = await server.spawn()
    server.kill(pid)
    told["killed"] = await ended.get() == (pid, -signal.SIGKILL)
    pipe.close()
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    pid, pipe = await server.spawn()
    told["another"] = server.pid not in (None, first.pid)
    pipe.close()
    await ended.get()
    await server.close()
    return told

first = fork_server(1.0)
print(json.dumps(asyncio.run(main(first))))
"""

ENDS = """
import json, os
from connect.tasks.early import fork_server
first = fork_server(1.0)
os.kill(first.pid, 15)
os.kill(first.pid, 2)
first.control.close()
status = first.wait()
try:
    first.kill()
    told = "killed what was waited for"
except ProcessLookupError:
    told = "gone"
print(json.dumps({"status": status, "again": first.wait(), "kill": told}))
"""

UNOPENED = """
import asyncio, json
from connect.tasks.early import fork_server
from connect.tasks.forkclient import ForkServer
first = fork_server(1.0)
asyncio.run(ForkServer(lambda *_: None, 1.0, first).close())
print(json.dumps({"status": first.wait()}))
"""

THREADED = """
import json, threading
from connect.tasks.early import fork_server
halt = threading.Event()
threading.Thread(target=halt.wait).start()
print(json.dumps({"forked": fork_server(1.0) is not None}))
halt.set()
"""

ARENAS = """
import ctypes, json, sys, threading
from connect.tasks.memory import one_arena
if sys.argv[1] == "one":
    one_arena()
kept = []
go = threading.Barrier(4)
def allocate():
    go.wait()
    kept.append([bytes(5000) for _ in range(100)])
    go.wait()
threads = [threading.Thread(target=allocate) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
c = ctypes.CDLL(None)
c.fdopen.restype, c.fdopen.argtypes = ctypes.c_void_p, [ctypes.c_int, ctypes.c_char_p]
c.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
c.fflush.argtypes = [ctypes.c_void_p]
out = c.fdopen(1, b"w")
c.malloc_info(0, out)
c.fflush(out)
"""


def _told(script: str) -> Any:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


def test_a_forked_server_gives_processes_and_is_replaced_when_it_dies() -> None:
    assert _told(FORKED) == {"first": True, "killed": True, "another": True}


def test_it_ends_with_its_socket_and_by_no_signal_of_the_group() -> None:
    assert _told(ENDS) == {"status": 0, "again": 0, "kill": "gone"}


def test_one_that_was_never_used_is_ended_too() -> None:
    assert _told(UNOPENED) == {"status": 0}


def test_nothing_is_forked_beside_a_thread() -> None:
    assert _told(THREADED) == {"forked": False}


def _arenas(which: str, **environment: str) -> int:
    done = subprocess.run([sys.executable, "-c", ARENAS, which], capture_output=True, text=True, check=True, timeout=120,
                          env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path), **environment})
    return done.stdout.count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="arenas are glibc's")
def test_threads_share_an_arena_unless_the_environment_says_otherwise() -> None:
    assert _arenas("one") == 1
    assert _arenas("as it is") > 1
    assert _arenas("one", MALLOC_ARENA_MAX="3") > 1


KEPT = """
import gc, json
from connect.tasks.memory import keep_all
def one():
    class Cycle: pass
    made = Cycle()
    made.itself = made
kept = [[] for _ in range(1000)]
one()
before = gc.get_freeze_count()
keep_all()
frozen = gc.get_freeze_count() - before
print(json.dumps({"kept": frozen > 1000, "looked at": len(gc.get_objects()) < 1000, "cycles": gc.collect()}))
"""


def test_what_stays_is_not_looked_at_again_and_garbage_does_not_stay() -> None:
    assert _told(KEPT) == {"kept": True, "looked at": True, "cycles": 0}
