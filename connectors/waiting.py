"""Waiting for a database's socket, so that a task that is asked to stop does not wait on.

An idle task's cost is its wake-ups. So it does not look every moment whether it should stop: it waits for that, too.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from connect.api.context import TaskContext
from connect.api.errors import HeadgateError

__all__ = ["NEVER", "Stop", "Stopped", "poller", "ready"]

_SLICE: Final = 0.2


class Stopped(HeadgateError):
    """The task was asked to stop while it waited for the database. Never leaves the connector."""


@dataclass(frozen=True, slots=True)
class Stop:
    """How one who waits learns that the task is to stop."""

    asked: Callable[[], bool]
    fileno: int = -1
    """Can be read from then on. Without it (-1) whoever waits looks again every moment."""

    @classmethod
    def of(cls, context: TaskContext) -> Stop:
        """The task's own."""
        return cls(context.stopping, context.stop_fileno())


NEVER: Final = Stop(lambda: False)
"""Nobody asks to stop."""


def poller(fileno: int, events: int, stop: Stop) -> select.poll:
    """What watches a socket, for :func:`ready`."""
    poll = select.poll()
    poll.register(fileno, events)
    if stop.fileno >= 0:
        poll.register(stop.fileno, select.POLLIN)
    return poll


def ready(poll: select.poll, seconds: float, stop: Stop) -> bool:
    """Whether the socket that ``poll`` (of :func:`poller`, with the same ``stop``) watches is ready within so many seconds.
    Raises Stopped as soon as the task is to stop."""
    deadline = time.monotonic() + seconds
    while True:
        if stop.asked():
            raise Stopped("asked to stop")
        left = max(0.0, deadline - time.monotonic())
        found = poll.poll((left if stop.fileno >= 0 else min(_SLICE, left)) * 1000)
        if any(fileno != stop.fileno for fileno, _ in found):
            return True
        if not found and left <= 0:
            return False
