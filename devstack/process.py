"""Operating-system processes that outlive the command that started them.

A process is recorded by its number *and* its start time, so that a number that the kernel has given to somebody else
meanwhile is never mistaken for ours, and never killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from devstack.errors import DevstackError

__all__ = ["Launch", "ProcessId", "identify", "is_running", "kill", "launch", "stop", "tail", "wait_until", "with_descendants"]

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_POLL_SECONDS = 0.03


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process for good: its number, when it began (clock ticks after boot), and which boot."""

    pid: int
    started: int
    boot: str


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a program. `user` is the numeric user it runs as, the present one when None."""

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: int | None = None


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the program's name, which may itself hold spaces and brackets."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def identify(pid: int) -> ProcessId | None:
    """The identity of the process that has this number now; None when there is none or it is only a zombie."""
    fields = _stat(pid)
    if fields is None or fields[0] in "ZX":
        return None
    return ProcessId(pid=pid, started=int(fields[19]), boot=_BOOT_ID.read_text().strip())


def is_running(process: ProcessId) -> bool:
    """Whether exactly this process still runs."""
    return identify(process.pid) == process


def with_descendants(process: ProcessId) -> list[ProcessId]:
    """The process, if it runs, and everything it has started that still hangs below it."""
    if not is_running(process):
        return []
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        fields = _stat(int(entry.name)) if entry.name.isdigit() else None
        if fields is not None:
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[ProcessId] = []
    pending = deque([process.pid])
    while pending:
        pid = pending.popleft()
        pending.extend(children.get(pid, ()))
        identity = identify(pid)
        if identity is not None:
            found.append(identity)
    return found


def launch(plan: Launch, log: Path) -> tuple[ProcessId, subprocess.Popen[bytes]]:
    """Starts a program in a session of its own (no terminal signal reaches it), its output appended to `log`."""
    with log.open("ab") as output:
        try:
            child = subprocess.Popen(
                list(plan.command),
                cwd=plan.folder,
                env={**os.environ, **plan.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=plan.user,
                group=plan.user,
                extra_groups=None if plan.user is None else [],
            )
        except OSError as error:
            raise DevstackError(f"{plan.command[0]} cannot be started: {error}") from error
    identity = identify(child.pid)
    if identity is None:
        child.wait()
        raise DevstackError(f"{plan.command[0]} ended at once with exit code {child.returncode}\n{tail(log)}")
    return identity, child


def stop(process: ProcessId, signals: Iterable[tuple[signal.Signals, float]]) -> bool:
    """Sends one signal after another, each with the seconds it is given, until the process and its children are gone.

    The last resort is always SIGKILL. True when the first signal was enough.
    """
    family = with_descendants(process)
    first = True
    for number, seconds in signals:
        _send(process, number)
        if wait_until(lambda: not any(is_running(one) for one in family), seconds):
            return first
        first = False
    kill(family)
    return False


def kill(family: Iterable[ProcessId]) -> None:
    """SIGKILL to all of them, and waits until they are gone."""
    victims = list(family)
    for victim in victims:
        _send(victim, signal.SIGKILL)
    if not wait_until(lambda: not any(is_running(one) for one in victims), 20):
        left = ", ".join(str(one.pid) for one in victims if is_running(one))
        raise DevstackError(f"processes {left} do not end, not even by SIGKILL; look at them with: ps -fp {left}")


def _send(process: ProcessId, number: signal.Signals) -> None:
    if is_running(process):
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            pass
        except PermissionError as error:
            raise DevstackError(f"process {process.pid} belongs to another user and cannot be stopped") from error


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Asks again and again until `condition` holds; False when it did not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log file."""
    try:
        with log.open(errors="replace") as file:
            return "".join(deque(file, maxlen=lines)).rstrip("\n")
    except OSError:
        return ""
