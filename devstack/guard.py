"""Ends a stack whose owner has died: run as ``python -m devstack.guard PID STARTED BOOT DIRECTORY keep|delete``.

A test run that is killed cannot stop its servers. The `with` of a `Stack` therefore starts this small program, which
sleeps until the owner's process is gone and then stops what still runs. An owner that ends well ends the guard too.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

from devstack import process as processes
from devstack.errors import DevstackError
from devstack.process import Launch, ProcessId

__all__ = ["start_guard", "watch"]


def start_guard(directory: Path, *, delete: bool) -> tuple[ProcessId, subprocess.Popen[bytes]]:
    """Starts a guard for this process and the stack in `directory`; `delete` lets it delete the folder in the end."""
    owner = processes.identify(os.getpid())
    if owner is None:
        raise DevstackError("this system has no usable /proc, which the devstack needs")
    about = [str(owner.pid), str(owner.started), owner.boot, str(directory), "delete" if delete else "keep"]
    root = Path(__file__).resolve().parent.parent
    directory.mkdir(parents=True, exist_ok=True)
    return processes.launch(Launch([sys.executable, "-m", "devstack.guard", *about], root), directory / "guard.log")


def watch(owner: ProcessId, directory: Path, *, delete: bool) -> None:
    """Waits for the end of `owner`, then stops every server of the stack in `directory`."""
    from devstack.stack import Stack  # imports this module

    _wait_for_end(owner)
    stack = Stack(None, directory)
    stack.stop()
    if delete:
        stack.wipe()
        shutil.rmtree(directory, ignore_errors=True)


def _wait_for_end(owner: ProcessId) -> None:
    try:
        descriptor = os.pidfd_open(owner.pid)
    except ProcessLookupError:
        return
    except OSError:  # a kernel without this call
        while processes.is_running(owner):
            time.sleep(0.5)
        return
    # If the number belongs to somebody else by now, the owner is gone already.
    if processes.is_running(owner):
        waiter = select.poll()
        waiter.register(descriptor, select.POLLIN)
        waiter.poll()
    os.close(descriptor)


if __name__ == "__main__":
    pid, started, boot, folder, end = sys.argv[1:]
    watch(ProcessId(int(pid), int(started), boot), Path(folder), delete=end == "delete")
