"""How tests wait: for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def until(ready: Callable[[], Any], seconds: float = 60.0, what: str = "a condition") -> Any:
    """Ask until it is true and give its answer; AssertionError says what was waited for."""
    stop = time.monotonic() + seconds
    while not (result := ready()):
        assert time.monotonic() < stop, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.03)
    return result
