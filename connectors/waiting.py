"""Waiting for a database's socket, so that a task that is asked to stop does not wait on."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from typing import Final

from connect.api.errors import HeadgateError

__all__ = ["Stopped", "ready"]

_SLICE: Final = 0.2


class Stopped(HeadgateError):
    """The task was asked to stop while it waited for the database. Never leaves the connector."""


def ready(poll: select.poll, seconds: float, stopping: Callable[[], bool]) -> bool:
    """Whether something of what ``poll`` watches is ready within so many seconds. Waits in slices, between which a stop is
    noticed. Raises Stopped."""
    deadline = time.monotonic() + seconds
    while True:
        if stopping():
            raise Stopped("asked to stop")
        left = deadline - time.monotonic()
        if poll.poll(max(0.0, min(_SLICE, left)) * 1000):
            return True
        if left <= 0:
            return False
