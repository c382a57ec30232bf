"""When offsets are stored, and when the source hears of it.

A commit strategy is given to the pipeline and ticked by its loop. :class:`PlainCommit` (at least once) writes what the
ledger calls committable every interval, and tells the task only after the write is acknowledged. A transactional
strategy (exactly once) will put records and offsets into one transaction behind the same protocol.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from connect.api.errors import ConnectError, RetriableError
from connect.api.records import Offset, Partition
from connect.failpoints import failpoint
from connect.tasks.ledger import Ledger
from connect.tasks.offset_writer import OffsetWriter

__all__ = ["Commit", "CommitCounts", "PlainCommit"]

_log = logging.getLogger(__name__)


class CommitCounts:
    """Numbers of a strategy; times in milliseconds."""

    __slots__ = ("attempts", "failures", "ms_last", "ms_max", "ms_total", "successes")

    def __init__(self) -> None:
        self.attempts = self.successes = self.failures = 0
        self.ms_total = self.ms_max = self.ms_last = 0.0


class Commit(Protocol):
    """A commit strategy. Called by the task's thread only."""

    counts: CommitCounts

    def before_batch(self) -> None:
        """A batch is about to be produced."""
        ...

    def tick(self, *, now: float, may_call_task: bool = True) -> None:
        """Go on: start a commit that is due, finish one under way. ``now`` is a monotonic clock. With ``may_call_task``
        False (inside a call of the task) nothing is begun or finished."""
        ...

    def finish(self, until: float) -> bool:
        """Store what is committable now, waiting until then at most; whether everything committable is stored."""
        ...

    @property
    def problem(self) -> str:
        """Why offsets cannot be stored at present; empty when all is well."""
        ...

    @property
    def writing_since(self) -> float | None:
        """Since when a write waits for its acknowledgement (monotonic clock); None when none does."""
        ...


class PlainCommit:
    """At least once: offsets after acknowledgements, the source after the offsets."""

    def __init__(
        self,
        ledger: Ledger,
        writer: OffsetWriter,
        confirm: Callable[[Sequence[tuple[Partition, Offset]]], None],
        *,
        interval: float,
        timeout: float,
    ) -> None:
        """``confirm`` is the task's ``commit``. Seconds: ``interval`` is the least time from one write to the next; a write that
        takes longer than ``timeout`` is reported and waited for (idempotent and in order, it cannot do harm)."""
        self._ledger = ledger
        self._writer = writer
        self._confirm = confirm
        self._interval = interval
        self._timeout = timeout
        self._due = 0.0
        self._stored: dict[str, tuple[Partition, Offset]] = {}
        self._writing: dict[str, tuple[Partition, Offset]] | None = None
        self._began = 0.0
        self._late = False
        self._moved = False
        self.counts = CommitCounts()
        self.problem = ""

    @property
    def writing_since(self) -> float | None:
        """See Commit."""
        return None if self._writing is None else self._began

    def before_batch(self) -> None:
        """See Commit."""

    def tick(self, *, now: float, may_call_task: bool = True) -> None:
        """See Commit."""
        if self._ledger.settle():
            self._moved = True
        if not may_call_task:
            return
        if self._writing is not None:
            self._go_on(now, 0.0)
        elif self._moved and now >= self._due:
            # The interval counts from the last write: what comes first, or after a quiet time, is stored at once.
            self._due = now + self._interval
            self._begin(now)

    def _begin(self, now: float) -> None:
        self._moved = False
        newest = self._ledger.committable()
        fresh = {key: pair for key, pair in newest.items() if self._stored.get(key) != pair}
        if not fresh:
            return
        failpoint("ledger.before_offset_flush")
        self.counts.attempts += 1
        self._began, self._late = now, False
        try:
            self._writer.begin(list(fresh.values()))
        except ConnectError as e:
            self._moved = True
            self._failed(str(e))
            return
        self._writing = fresh
        self._go_on(now, 0.0)

    def _go_on(self, now: float, wait: float) -> None:
        assert self._writing is not None
        try:
            stored = self._writer.poll(wait)
        except ConnectError as e:
            self._writing = None
            self._moved = True
            self._failed(str(e))
            return
        if not stored:
            if not self._late and now - self._began > self._timeout:
                self._late = True
                self._failed(f"no acknowledgement within {self._timeout:g} s (offset.flush.timeout.ms); waiting on")
            return
        failpoint("commit.after_offset_write")
        written, self._writing = self._writing, None
        self._stored.update(written)
        self._succeeded(time.monotonic())
        failpoint("commit.before_task_commit")
        try:
            self._confirm(list(written.values()))
        except RetriableError as e:
            _log.warning("The source could not take the stored offset now, it will with the next one: %s", e)

    def _succeeded(self, now: float) -> None:
        took = (now - self._began) * 1000
        counts = self.counts
        counts.successes += 1
        counts.ms_last = took
        counts.ms_total += took
        counts.ms_max = max(counts.ms_max, took)
        self.problem = ""

    def _failed(self, text: str) -> None:
        self.counts.failures += 1
        if text != self.problem:
            _log.warning("Offsets are not stored: %s", text)
        self.problem = text

    def finish(self, until: float) -> bool:
        """See Commit."""
        for _ in range(3):
            while self._writing is not None:
                now = time.monotonic()
                if now >= until:
                    return False
                self._go_on(now, min(0.1, until - now))
            if self._ledger.committable() == self._stored:
                return True
            self._begin(time.monotonic())
            if self._writing is None and self.problem:
                return False
        return self._writing is None and self._ledger.committable() == self._stored
