"""``errors.tolerance``, ``errors.log.*`` and ``errors.retry.*``: what becomes of a record that cannot be converted or is refused.

As in Kafka Connect, with one difference: a retriable error (registry out of reach) is retried for ever when
``errors.retry.timeout`` is not given, since a passing fault should not fail a task; a value that is given, also 0, holds.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass

from connect.api.config import KeyType, parse_value
from connect.api.errors import ConfigError
from connect.tasks.trace import headline

__all__ = ["ErrorCounts", "ErrorPolicy", "Tolerance"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ErrorPolicy:
    """The properties. Times in seconds; ``retry_timeout`` None is for ever."""

    tolerate_all: bool = False
    log: bool = False
    include_messages: bool = False
    retry_timeout: float | None = None
    retry_cap: float = 10.0

    @classmethod
    def of(cls, config: Mapping[str, str]) -> ErrorPolicy:
        """From a connector's configuration. Raises ConfigError."""
        errors: dict[str, list[str]] = {}

        def read(name: str, kind: KeyType, default: object) -> object:
            text = config.get(name)
            if text is None:
                return default
            try:
                return parse_value(kind, text)
            except ValueError as e:
                errors[name] = [f"Invalid value {text} for configuration {name}: {e}"]
                return default

        tolerance = str(read("errors.tolerance", KeyType.STRING, "none")).lower()
        if tolerance not in ("none", "all"):
            errors["errors.tolerance"] = [
                f"Invalid value {tolerance} for configuration errors.tolerance: String must be one of: none, all"]
        timeout = read("errors.retry.timeout", KeyType.LONG, None)
        cap = read("errors.retry.delay.max.ms", KeyType.LONG, 10_000)
        log = read("errors.log.enable", KeyType.BOOLEAN, False)
        include = read("errors.log.include.messages", KeyType.BOOLEAN, False)
        if errors:
            raise ConfigError(errors)
        seconds = None if timeout is None or int(str(timeout)) < 0 else int(str(timeout)) / 1000
        return cls(tolerance == "all", bool(log), bool(include), seconds, max(0.001, int(str(cap)) / 1000))


@dataclass(slots=True)
class ErrorCounts:
    """Kafka Connect's ``task-error-metrics``."""

    failures: int = 0
    """Every failed try."""
    errors: int = 0
    """Records that failed for good."""
    skipped: int = 0
    retries: int = 0
    logged: int = 0
    last_error_ms: int = 0


class Tolerance:
    """Decides, counts and logs."""

    def __init__(self, policy: ErrorPolicy) -> None:
        self.policy = policy
        self.counts = ErrorCounts()

    def failed_try(self) -> None:
        """One try of an operation failed."""
        self.counts.failures += 1
        self.counts.last_error_ms = time.time_ns() // 1_000_000

    def retried(self) -> None:
        """It will be tried again."""
        self.counts.retries += 1

    def skips(self, stage: str, error: BaseException, where: str) -> bool:
        """A record failed for good in ``stage``; whether it is skipped. ``where`` says which record, without its values."""
        if not self.policy.tolerate_all:
            self.fails(stage, error, where)
            return False
        self.counts.errors += 1
        self.counts.skipped += 1
        self._tell(f"Error in {stage}, record skipped (errors.tolerance=all)", error, where)
        return True

    def fails(self, stage: str, error: BaseException, where: str = "") -> None:
        """A record failed for good and fails the task, whatever is tolerated."""
        self.counts.errors += 1
        if self.policy.log:
            self._tell(f"Error in {stage}, the task fails", error, where)

    def _tell(self, what: str, error: BaseException, where: str) -> None:
        self.counts.logged += 1
        _log.error("%s%s: %s", what, f", {where}" if where else "", headline(error, rows=True))
