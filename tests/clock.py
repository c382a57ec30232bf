"""A clock that stands still until a test moves it."""

from __future__ import annotations


class Clock:
    """``now`` is in seconds; for what takes a clock like ``time.monotonic``."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now
