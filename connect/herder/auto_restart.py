"""When a failed task is started again by itself (``headgate.task.restart.*``); Kafka Connect never does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from connect.config.worker import WorkerConfig

__all__ = ["AutoRestart", "RestartPolicy"]


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """Delays in seconds; ``limit`` restarts in a row at most, -1 without end."""

    enabled: bool
    delay: float
    delay_max: float
    limit: int

    @classmethod
    def of(cls, config: WorkerConfig) -> RestartPolicy:
        """The policy of a worker."""
        return cls(
            config.task_restart_enable, config.task_restart_delay_ms / 1000, config.task_restart_delay_max_ms / 1000,
            config.task_restart_max,
        )

    def wait_before(self, restarts: int) -> float | None:
        """Seconds to wait before the next restart after so many in a row; None: no more."""
        if not self.enabled or (0 <= self.limit <= restarts):
            return None
        return float(min(self.delay * 2 ** min(restarts, 60), self.delay_max))


class AutoRestart:
    """Counts restarts of each task; one that ran for the longest delay begins at none again."""

    def __init__(self, policy: RestartPolicy, clock: Callable[[], float]) -> None:
        """``clock`` gives seconds, never going back."""
        self._policy = policy
        self._clock = clock
        self._started: dict[int, float] = {}
        self._restarts: dict[int, int] = {}

    def started(self, task: int) -> None:
        """The task is started."""
        self._started[task] = self._clock()

    def failed(self, task: int) -> float | None:
        """The task failed: in how many seconds it is to be restarted, or None."""
        if self._clock() - self._started.get(task, self._clock()) >= self._policy.delay_max:
            self._restarts.pop(task, None)
        restarts = self._restarts.get(task, 0)
        delay = self._policy.wait_before(restarts)
        if delay is not None:
            self._restarts[task] = restarts + 1
        return delay
