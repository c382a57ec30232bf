"""Exponential back-off."""

from __future__ import annotations

import random

__all__ = ["Backoff"]


class Backoff:
    """Delays that double from ``first`` up to ``cap`` seconds, each up to a fifth shorter by chance."""

    def __init__(self, first: float = 0.3, cap: float = 10.0) -> None:
        self._first = first
        self._cap = cap
        self.attempts = 0
        """Delays given since the last reset."""

    def next(self) -> float:
        """The next delay, seconds."""
        delay: float = min(self._cap, self._first * 2 ** min(self.attempts, 30))
        self.attempts += 1
        return delay * random.uniform(0.8, 1.0)

    def reset(self) -> None:
        """All is well again."""
        self.attempts = 0
