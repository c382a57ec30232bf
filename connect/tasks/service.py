"""What has to be served while a task's one thread waits for something: callbacks, commits, signs of life."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from connect.api.errors import ConnectError, HeadgateError, RetriableError
from connect.api.source import SourceTask
from connect.tasks.backoff import Backoff
from connect.tasks.commit import Commit
from connect.tasks.control import Control
from connect.tasks.ledger import InFlight, Ledger
from connect.tasks.meters import Meters
from connect.tasks.producer import (
    ClientError,
    DataProducer,
    LibrdkafkaProducer,
    is_purged,
    is_too_large,
    refusal,
    request_refusal,
)
from connect.tasks.reporter import Reporter
from connect.tasks.tolerance import Tolerance
from connect.tasks.trace import headline

__all__ = ["Failure", "Service", "StoppedError", "StuckClientError"]

_log = logging.getLogger(__name__)

_KEEPALIVE = 0.5
_REPORT, _QUIET_REPORT = 1.0, 5.0
"""How often the numbers are sent: while there is news, and while nothing happens. A worker may have a hundred tasks that have
nothing to tell. It is also their sign of life, which the supervisor misses after fifteen."""
_SLICE = 0.1
_SILENCE = 5.0
_FRAMING = 512
_LOOKUPS = 100


class StoppedError(Exception):
    """The task was asked to stop in the middle of something."""


class StuckClientError(Exception):
    """A Kafka client of the task does nothing though Kafka answers: only a new process helps.

    librdkafka forgets its last broker when a broker that shuts down answers a metadata request with no brokers at all (seen with
    2.16 and one broker), and then never connects again.
    """


def _size(message: Any) -> int:
    return len(message.key() or b"") + len(message.value() or b"")


class Failure:
    """The first refused record: its batch, the error, and the message as librdkafka reports it."""

    __slots__ = ("entry", "error", "index", "message")

    def __init__(self, entry: InFlight, error: ClientError, message: Any, index: int | None) -> None:
        self.entry = entry
        self.error = error
        self.message = message
        self.index = index


class Service:
    """Serves producer, ledger, commits and reports. ``locate`` tells which record a failure is about, as text."""

    def __init__(
        self,
        *,
        task: SourceTask,
        control: Control,
        reporter: Reporter,
        meters: Meters,
        tolerance: Tolerance,
        locate: Callable[[Failure], str],
        kafka_answers: Callable[[], bool] = lambda: False,
        stuck_after: float = 30.0,
    ) -> None:
        """``kafka_answers`` asks with a new client, briefly; it is asked when nothing was acknowledged for ``stuck_after``
        seconds, and again each time so much later."""
        self.control = control
        self.reporter = reporter
        self.meters = meters
        self.tolerance = tolerance
        self.ledger = Ledger(self._refused)
        self.producer: DataProducer
        self.commit: Commit
        self.limits: dict[str, int] = {}
        """``max.message.bytes`` by topic, where known."""
        self._task = task
        self._locate = locate
        self._started = False
        self._failures: list[Failure] = []
        self._lookups = 0
        self._called = 0.0
        self._looked = self._reported = 0.0
        self._told: tuple[float, ...] = ()
        self._progress = 0.0
        self._progress_mark = (0, 0)
        self._client_error = ""
        self._kafka_answers = kafka_answers
        self._stuck_after = stuck_after
        self._asked = 0.0

    # -- what librdkafka tells

    def client_error(self, text: str) -> None:
        """A client error: remembered for the condition shown while nothing is acknowledged."""
        self._client_error = text
        _log.info("Kafka client: %s", text)

    def _refused(self, entry: InFlight, error: ClientError, message: Any, index: int | None) -> bool:
        if is_purged(error):
            return False
        failure = Failure(entry, error, message, index)
        self.tolerance.failed_try()
        if self.tolerance.policy.tolerate_all and not error.fatal() and not self._innocent(error, message):
            self._lookups += 1
            # Finding a record means serializing its batch again; not for thousands refused for one reason.
            where = self._locate(failure) if index is not None or self._lookups <= _LOOKUPS else ""
            self.tolerance.skips("the producer", refusal(error, message.topic(), ""), where)
            return True
        if len(self._failures) < 10_000:
            self._failures.append(failure)
        return False

    def _innocent(self, error: ClientError, message: Any) -> bool:
        """Whether the record was refused only because of others in its request (see :mod:`connect.tasks.limits`)."""
        producer = self.producer
        if not isinstance(producer, LibrdkafkaProducer) or not is_too_large(error):
            return False
        return _size(message) + _FRAMING < self.limits.get(message.topic(), producer.batch_size)

    def fit(self, topic: str, limit: int) -> None:
        """librdkafka's requests to this topic may be at most so large: make them smaller, after what is in flight. Raises
        StoppedError."""
        self.limits[topic] = limit
        producer = self.producer
        assert isinstance(producer, LibrdkafkaProducer)
        if limit >= producer.batch_size:
            return
        _log.info("Topic %s takes at most %d bytes (max.message.bytes): requests are kept below that", topic, limit)
        while len(producer):
            self.breathe(wait=0.1)
        self.producer = producer.smaller(limit)

    def check(self) -> None:
        """Raises the error of a record that was refused, or of a producer that cannot go on."""
        if self._failures:
            # Refused together as one request: the largest is the one that was too large.
            worst = self._failures[0]
            if is_too_large(worst.error):
                alike = [f for f in self._failures if is_too_large(f.error) and f.message.topic() == worst.message.topic()]
                worst = max(alike, key=lambda f: _size(f.message))
            topic = worst.message.topic()
            if self._innocent(worst.error, worst.message):
                error: ConnectError = request_refusal(topic, _size(worst.message), self._locate(worst))
            else:
                error = refusal(worst.error, topic, self._locate(worst))
            self.tolerance.fails("the producer", error)
            raise error
        if self.producer.fatal is not None:
            raise ConnectError(f"The Kafka producer cannot go on: {self.producer.fatal.str()}. Restart the task")

    # -- the clock's work

    def started(self) -> None:
        """The task's ``start`` returned: it may be called from now on."""
        self._started = True
        self._called = time.monotonic()

    def called(self) -> None:
        """The task was just called."""
        self._called = time.monotonic()

    def tick(self, *, inside_task: bool = False) -> None:
        """Serve what is due, without waiting. ``inside_task``: called from within a call of the task. Raises ConnectError
        for a refused record."""
        now = time.monotonic()
        served = self.producer.poll(0)
        self.commit.tick(now=now, may_call_task=self._started and not inside_task)
        self._watch_delivery(now, served)
        if now - self._looked >= _REPORT:
            self._looked = now
            self.reporter.condition("offsets", "retrying" if self.commit.problem else None, self.commit.problem)
            self.meters.waiting = self.reporter.waiting
            if now - self._reported >= _QUIET_REPORT or self._news() != self._told:
                self.report()
        if not inside_task:
            self.check()
            self._check_stuck(now)

    def _news(self) -> tuple[float, ...]:
        """What somebody who looks at the numbers waits to see move; not the time, nor the offsets of a quiet source."""
        meters, errors = self.meters, self.tolerance.counts
        return (meters.polled, meters.written, meters.retries, meters.waiting, self.commit.counts.failures, errors.failures,
                errors.errors, errors.skipped)

    def report(self) -> None:
        """Send the numbers."""
        self._reported = time.monotonic()
        self._told = self._news()
        self.reporter.metrics(self.meters.samples(self.ledger, self.commit.counts, self.tolerance.counts))

    def _watch_delivery(self, now: float, served: int) -> None:
        waiting = len(self.producer) + self.producer.held
        if served or not waiting:
            self._progress = now
            if self._client_error or self.reporter.waiting:
                self._client_error = ""
                self.reporter.condition("delivery", None)
        elif now - self._progress > _SILENCE:
            why = f" ({self._client_error})" if self._client_error else ""
            text = f"Kafka has acknowledged nothing for a while, {waiting} records wait{why}; check the brokers"
            self.reporter.condition("delivery", "retrying", text)

    def _check_stuck(self, now: float) -> None:
        since = min(self._progress if len(self.producer) or self.producer.held else now, self.commit.writing_since or now)
        if now - max(since, self._asked) < self._stuck_after:
            return
        self._asked = time.monotonic()
        if self._kafka_answers():
            raise StuckClientError(
                f"Kafka answers, but this task's client has had no acknowledgement for {now - since:.0f} s; it is made anew")

    def breathe(self, *, wait: float = 0.0) -> None:
        """Like :meth:`tick`, and keep the task's connection alive; then wait so long for callbacks. Raises StoppedError."""
        self.tick()
        now = time.monotonic()
        if self._started and now - self._called >= _KEEPALIVE:
            self._called = now
            try:
                self._task.keepalive()
            except RetriableError as e:
                # poll() will meet the same fault and is retried there.
                _log.debug("keepalive: %s", e)
        if self.control.stopping:
            raise StoppedError
        if wait:
            self.producer.poll(wait)

    def pause(self, seconds: float, *, inside_task: bool = False) -> bool:
        """Wait so long while everything is served; True when asked to stop."""
        until = time.monotonic() + seconds
        while not self.control.stopping:
            if inside_task:
                self.tick(inside_task=True)
            else:
                self.breathe()
            left = until - time.monotonic()
            if left <= 0:
                return False
            self.control.wait(min(_SLICE, left))
        return True

    def back_off(self, backoff: Backoff, what: str, error: HeadgateError) -> None:
        """A passing fault: show it and wait. Raises StoppedError."""
        delay = backoff.next()
        self.meters.retries += 1
        text = f"{what}: {headline(error)} (try {backoff.attempts}, next in {delay:.1f} s)"
        self.reporter.condition("pipeline", "retrying", text)
        if self.pause(delay):
            raise StoppedError

    def recovered(self, backoff: Backoff) -> None:
        """The fault has passed."""
        if backoff.attempts:
            backoff.reset()
            self.reporter.condition("pipeline", None)

    def drain(self, until: float) -> None:
        """Wait for acknowledgements of what is in flight, until then at most. Signs of life go on."""
        while len(self.producer) and time.monotonic() < until:
            self.producer.poll(_SLICE)
            self.ledger.settle()
            if time.monotonic() - self._reported >= _REPORT:
                self.report()
        self.ledger.settle()
