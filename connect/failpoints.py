"""Named places where a test can make the process die, fail or wait.

A failpoint is a no-op unless the environment asks: ``HEADGATE_FAILPOINTS="name=action[:n];…"``. The action happens at the
n-th time the line is reached in this process (n is 1 when left out): ``kill`` is SIGKILL to this process, ``raise`` an error,
``pause`` a wait that ends when the file named by ``HEADGATE_FAILPOINT_RELEASE`` exists (without one: never).
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ENVIRONMENT", "FAILPOINTS", "RELEASE", "Failpoint", "FailpointError", "arm", "failpoint", "parse_failpoints"]

ENVIRONMENT = "HEADGATE_FAILPOINTS"
RELEASE = "HEADGATE_FAILPOINT_RELEASE"

FAILPOINTS: Mapping[str, str] = {
    "task.before_start": "the task's process is up, the source task is not started",
    "task.before_stop": "the task was asked to stop, nothing is given back yet",
    "pipeline.before_produce": "a batch was polled, none of it is produced",
    "pipeline.after_produce": "a batch was handed to the producer, it may be acknowledged or not",
    "ledger.before_offset_flush": "records are acknowledged, their offsets are not stored",
    "commit.after_offset_write": "offsets are stored, the ledger does not know it yet",
    "commit.before_task_commit": "offsets are stored, the source is not told",
    "snapshot.before_chunk": "a part of a snapshot is about to be read",
    "snapshot.before_last_batch": "all rows of a snapshot were read, the end is not told",
    "slot.after_create": "the replication slot exists, the snapshot has not begun",
    "stream.before_confirm": "an offset is stored, the position is not confirmed to the database",
    "herder.before_task_configs": "the connector's configuration is written, its tasks' are not",
    "herder.before_commit_record": "task configurations are written, the record that makes them valid is not",
}
"""Every name there is, with what is so at that line."""

_ACTIONS = ("kill", "raise", "pause")


class FailpointError(RuntimeError):
    """What the action ``raise`` raises."""


@dataclass(frozen=True, slots=True)
class Failpoint:
    """What to do at a name, and at which time it is reached (from 1)."""

    name: str
    action: str
    hit: int = 1


def parse_failpoints(text: str) -> dict[str, Failpoint]:
    """Read ``name=action[:n];…``. Raises ValueError naming what is wrong and what there is."""
    found: dict[str, Failpoint] = {}
    for part in (p.strip() for p in text.split(";")):
        if not part:
            continue
        name, equals, what = part.partition("=")
        action, colon, count = what.partition(":")
        name, action = name.strip(), action.strip()
        if not equals or action not in _ACTIONS or (colon and not count.strip().isdigit()):
            raise ValueError(f"{ENVIRONMENT}: {part!r} is not name=action[:n] with an action of {', '.join(_ACTIONS)}")
        if name not in FAILPOINTS:
            raise ValueError(f"{ENVIRONMENT}: there is no failpoint {name!r}; there are {', '.join(FAILPOINTS)}")
        found[name] = Failpoint(name, action, int(count) if colon else 1)
    return found


_armed: dict[str, Failpoint] = {}
_hits: dict[str, int] = {}
_lock = threading.Lock()


def arm(text: str | None) -> None:
    """Use these failpoints from now on (None or empty: none), with counts from 0."""
    with _lock:
        _armed.clear()
        _hits.clear()
        _armed.update(parse_failpoints(text or ""))


def failpoint(name: str) -> None:
    """The line where it may happen. Costs one look into an empty dict when nothing is armed."""
    if not _armed:
        return
    point = _armed.get(name)
    if point is None:
        return
    with _lock:
        _hits[name] = _hits.get(name, 0) + 1
        due = _hits[name] == point.hit
    if due:
        _act(point)


def _act(point: Failpoint) -> None:
    if point.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if point.action == "raise":
        raise FailpointError(f"failpoint {point.name}")
    release = os.environ.get(RELEASE)
    while release is None or not Path(release).exists():
        time.sleep(0.02)


arm(os.environ.get(ENVIRONMENT))
