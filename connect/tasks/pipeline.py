"""The loop of one task: poll, serialize, produce, ledger, offsets, commit. One thread, one straight path.

What a crash replays: everything after the newest stored offset. An offset is stored after every record before it is
acknowledged, and the source hears of it after it is stored.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connect.api.context import TaskContext
from connect.api.errors import HeadgateError, RetriableError
from connect.api.records import ListBatch, RecordBatch, SourceRecord
from connect.api.source import SourceTask
from connect.failpoints import failpoint
from connect.tasks.backoff import Backoff
from connect.tasks.delivery import Delivery
from connect.tasks.service import Service, StoppedError, StuckClientError
from connect.tasks.trace import trace_of

__all__ = ["Pipeline", "Times", "as_batch"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Times:
    """Bounds, in seconds."""

    stop: float = 4.0
    """For outstanding acknowledgements and the last commit at a clean stop."""
    failure: float = 4.0
    """The same after a failure."""


_batches: set[type] = set()
"""Classes whose objects are batches."""


def as_batch(polled: RecordBatch | Sequence[SourceRecord] | None) -> RecordBatch | None:
    """What ``poll`` returned as a batch; an empty list is nothing."""
    if polled is None or type(polled) in _batches:
        return polled  # type: ignore[return-value]  # and no cast(), which is a call for each batch
    if isinstance(polled, list | tuple):
        return ListBatch(polled) if polled else None
    # Once for each class: of a protocol it takes longer than a small batch.
    assert isinstance(polled, RecordBatch)
    _batches.add(type(polled))
    return polled


class Pipeline:
    """Runs one task until it is asked to stop or fails."""

    def __init__(
        self, task: SourceTask, context: TaskContext, service: Service, delivery: Delivery, *, version: str | None, times: Times,
        settled: Callable[[], None] = lambda: None,
    ) -> None:
        """``settled`` is called once, when the task has been polled for the first time: it is open, and knows its tables."""
        self._task = task
        self._context = context
        self._service = service
        self._delivery = delivery
        self._version = version
        self._times = times
        self._settled: Callable[[], None] | None = settled
        self._backoff = Backoff()
        self._shown = ""
        self.again = False
        """Whether the run ended because the process should be replaced by a new one."""

    def run(self) -> bool:
        """Until the end; False when the task failed (reported with its trace). ``stop`` of the task was called."""
        failure: Exception | None = None
        entered = False
        rows = False
        try:
            if self._wait_while_paused():
                entered = True
                self._start()
                rows = True
                self._loop()
        except StoppedError:
            pass
        except StuckClientError as e:
            _log.warning("%s; the task goes on in a new process from its stored offset", e)
            self.again = True
        except Exception as e:  # noqa: BLE001 - whatever a connector raises fails its task, with a trace
            failure = e
        failure = self._finish(failure)
        if failure is not None:
            trace = trace_of(failure, rows=rows)
            _log.error("Task failed: %s", trace)
            self._service.reporter.state("FAILED", trace=trace, version=self._version)
        if entered:
            self._stop_task()
        self._service.producer.drop()
        return failure is None

    def _show(self, state: str) -> None:
        if state != self._shown:
            self._shown = state
            self._service.reporter.state(state, version=self._version)

    def _wait_while_paused(self) -> bool:
        """Whether to start; a task created paused is not started before it is resumed."""
        control = self._service.control
        while control.paused and not control.stopping:
            self._show("PAUSED")
            self._service.tick()
            control.wait(0.1)
        return not control.stopping

    def _start(self) -> None:
        failpoint("task.before_start")
        while True:
            try:
                self._task.start(self._context)
                break
            except RetriableError as e:
                # It runs, and waits for its source: shown as such rather than as not started.
                self._show("RUNNING")
                self._service.back_off(self._backoff, "start", e)
        self._service.started()
        self._service.recovered(self._backoff)
        self._show("RUNNING")

    def _loop(self) -> None:
        service, control = self._service, self._service.control
        while not control.stopping:
            service.tick()
            if control.paused:
                self._show("PAUSED")
                began = time.monotonic()
                service.pause(0.1)
                service.meters.paused_seconds += time.monotonic() - began
                continue
            self._show("RUNNING")
            batch = self._poll()
            if batch is not None:
                service.producer.eager(getattr(self._task, "caught_up", False))
                self._delivery.deliver(batch)

    def _poll(self) -> RecordBatch | None:
        began = time.monotonic()
        try:
            batch = as_batch(self._task.poll())
        except RetriableError as e:
            self._service.back_off(self._backoff, "reading the source", e)
            return None
        self._service.called()
        self._service.recovered(self._backoff)
        if self._settled is not None:
            self._settled()
            self._settled = None
        if batch is not None:
            self._service.meters.polled_batch(len(batch), time.monotonic() - began)
        return batch

    def _finish(self, failure: Exception | None) -> Exception | None:
        """Outstanding acknowledgements and the last commit, bounded; the first failure."""
        bound = self._times.stop if failure is None else self._times.failure
        bound = min(bound, 1.0) if self.again else bound
        until = time.monotonic() + bound
        try:
            self._service.drain(until)
            if not self._service.commit.finish(until):
                _log.warning("Not everything acknowledged was stored within %g s; it will be read and sent again", bound)
            if failure is None:
                self._service.check()
        except HeadgateError as e:
            return failure or e
        except Exception as e:  # noqa: BLE001 - see run
            return failure or e
        finally:
            self._service.report()
        return failure

    def _stop_task(self) -> None:
        failpoint("task.before_stop")
        try:
            self._task.stop()
        except Exception:  # noqa: BLE001 - its state is told already
            _log.exception("The task's stop() raised; its process ends anyway")
