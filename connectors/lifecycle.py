"""What the tasks of all connectors do alike: count passing faults, pace batches without records, run heartbeats' statements."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from connect.api.errors import ConnectError, RetriableError

__all__ = ["EMPTY_BATCH_SECONDS", "EmptyBatches", "Faults", "HeartbeatAction"]

EMPTY_BATCH_SECONDS: Final = 0.25
"""Batches without records only move the offset: at most one in this time."""
_ACTION_SECONDS: Final = 30.0

T = TypeVar("T")
B = TypeVar("B")


class Faults:
    """Runs the steps of a task and counts the passing faults in a row. ``limit`` is errors.max.retries, -1 without a limit;
    ``close`` gives everything back after one, so that the next step opens it again."""

    def __init__(self, limit: int, close: Callable[[], None]) -> None:
        self.total = 0
        """All passing faults so far."""
        self._limit = limit
        self._close = close
        self._row = 0

    def run(self, step: Callable[[], T]) -> T:
        """One step. Raises its RetriableError, or ConnectError when there were too many."""
        try:
            result = step()
        except RetriableError as e:
            self._close()
            self.total += 1
            self._row += 1
            if 0 <= self._limit < self._row:
                raise ConnectError(f"{e} (tried {self._limit} times again, errors.max.retries)") from e
            raise
        self._row = 0
        return result


class EmptyBatches(Generic[B]):
    """Holds the newest batch without records until it is its time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: B | None = None
        self._at = 0.0

    def hold(self, batch: B) -> None:
        """This one instead of an older one."""
        self._held = batch

    def drop(self) -> None:
        """A batch with records, or with a newer offset, makes it needless."""
        self._held = None

    def due(self) -> B | None:
        """The batch that is held, once its time has come."""
        if self._held is None or self._clock() - self._at < EMPTY_BATCH_SECONDS:
            return None
        batch, self._held = self._held, None
        self._at = self._clock()
        return batch


class ActionSession(Protocol):
    """A connection to the database."""

    @property
    def closed(self) -> bool: ...

    def execute(self, sql: str, /, *, doing: str, timeout: float | None) -> object: ...

    def close(self) -> None: ...


class HeartbeatAction:
    """heartbeat.action.query, on a connection of its own that ``connect`` makes. A passing fault is only told."""

    def __init__(self, query: str | None, connect: Callable[[], ActionSession], logger: logging.Logger) -> None:
        self._query = query
        self._connect = connect
        self._log = logger
        self._session: ActionSession | None = None

    def run(self) -> None:
        """Run it, if there is one. Raises ConnectError when the database refuses it for good."""
        if not self._query:
            return
        try:
            if self._session is None or self._session.closed:
                self._session = self._connect()
            self._session.execute(self._query, doing="running heartbeat.action.query", timeout=_ACTION_SECONDS)
        except RetriableError as e:
            self._log.warning("heartbeat.action.query: %s", e)
            self.close()

    def close(self) -> None:
        """Close the connection."""
        if self._session is not None:
            self._session.close()
            self._session = None
