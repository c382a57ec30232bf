"""The runtime's side of a task, for tests that drive one themselves."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from connect.api.records import Offset, Partition


class Context:
    """A TaskContext that remembers what it was told."""

    def __init__(self, config: Mapping[str, str], stored: Offset | None, name: str = "it") -> None:
        self.connector = name
        self.task = 0
        self.config = config
        self.logger = logging.getLogger(f"test.{name}")
        self.stored = stored
        self.asked_to_stop = False
        self.stop_when: Callable[[], bool] = lambda: False
        self.conditions: list[tuple[str | None, str]] = []
        self.metrics: dict[str, float] = {}

    def offset(self, partition: Partition) -> Offset | None:
        return self.stored

    def stopping(self) -> bool:
        return self.asked_to_stop or self.stop_when()

    def stop_fileno(self) -> int:
        return -1

    def wait(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while not self.stopping() and time.monotonic() < until:
            time.sleep(0.02)
        return self.stopping()

    def condition(self, name: str | None, detail: str = "") -> None:
        self.conditions.append((name, detail))

    def metric(self, name: str, value: float, **labels: str) -> None:
        self.metrics[name] = value

    def client_settings(self, kind: str, properties: Mapping[str, str]) -> Mapping[str, Any]:
        return {"bootstrap.servers": properties["bootstrap.servers"]}
