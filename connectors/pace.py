"""How often a stream is read that brings little at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

__all__ = ["FEW", "Pace"]

FEW: Final = 64
"""Fewer messages than this are a small gulp."""
_GATHER: Final = 0.003


class Pace:
    """Small gulps are so many seconds apart at least: a batch of one row costs as much as one of many. What comes after a longer
    silence is not kept waiting. One thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0

    def keep(self) -> None:
        """Wait, if need be, before the next gulp."""
        left = self._next - self._clock()
        if left > 0:
            self._sleep(left)

    def took(self, messages: int) -> None:
        """The gulp that was just taken had so many."""
        self._next = self._clock() + _GATHER if messages < FEW else 0.0
