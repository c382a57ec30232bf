"""Hands the records of a batch to the producer, in order, without losing its place.

The **straight** way serializes the whole batch (`RecordBatch.serialize`); it is taken when there are no transforms. The
**single** way takes one record after the other through transforms and converters; it is also where a batch goes when a
record of it cannot be serialized and errors are tolerated.

A retriable error in the middle (the registry is out of reach) leaves the position at the record that met it; after a
back-off the batch is serialized again and the records before the position are skipped. So a batch must give the same
records each time.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar, cast

from connect.api.errors import ConnectError, HeadgateError, RecordError, RetriableError
from connect.api.plugins import Converters
from connect.api.records import PouringBatch, RecordBatch, Serialized, SourceRecord
from connect.failpoints import failpoint
from connect.tasks.backoff import Backoff
from connect.tasks.ledger import Indexed, InFlight
from connect.tasks.limits import TopicLimits
from connect.tasks.producer import LibrdkafkaProducer, Owner, ProduceError, placed, refusal
from connect.tasks.service import Failure, Service
from connect.tasks.trace import headline

__all__ = ["Delivery", "RecordTransform", "Topics", "locate"]

_log = logging.getLogger(__name__)

_RUN = 500
_TOPICS = 100
"""New topics that are made at once: the task shows no sign of life meanwhile."""
_T = TypeVar("_T")
_SKIPPED: Any = object()


class RecordTransform(Protocol):
    """All transforms of a task as one."""

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """The changed record, None to drop it."""
        ...


class Topics(Protocol):
    """Makes topics before their first record."""

    def ensure(self, topics: Sequence[str]) -> Mapping[str, HeadgateError]:
        """Create the topics that are missing, when the connector is to; why, for each that could not be made."""
        ...


def locate(failure: Failure, converters: Converters) -> str:
    """Which record a delivery failure is about, as ``describe`` says. Without an index the batch is serialized once more and
    compared with the refused message."""
    batch: RecordBatch = failure.entry.batch
    index = failure.index
    if index is None:
        message = failure.message
        wanted = (message.topic(), message.key(), message.value())
        try:
            for i, record in enumerate(batch.serialize(converters)):
                if (record.topic, _plain(record.key), _plain(record.value)) == wanted:
                    index = i
                    break
        except Exception:  # noqa: BLE001 - the refusal is the news, not what happens while it is looked into
            _log.debug("the refused record could not be found in its batch", exc_info=True)
    return _describe(batch, index)


def _plain(data: Any) -> bytes | None:
    return None if data is None else bytes(data)


def _describe(batch: RecordBatch, index: int | None) -> str:
    if index is None:
        return ""
    try:
        return batch.describe(index)
    except Exception:  # noqa: BLE001 - see above
        _log.debug("record %d cannot be described", index, exc_info=True)
        return f"record {index} of its batch"


class Delivery:
    """Delivers batches for one task."""

    def __init__(
        self, service: Service, converters: Converters, transform: RecordTransform | None, topics: Topics, limits: TopicLimits
    ) -> None:
        self._service = service
        self._converters = converters
        self._transform = transform
        self._topics = topics
        self._limits = limits
        self._known: set[str] = set()
        self._position = 0
        policy = service.tolerance.policy
        self._backoff = Backoff(cap=min(policy.retry_cap, 10.0) if policy.retry_timeout is None else policy.retry_cap)

    def deliver(self, batch: RecordBatch) -> None:
        """Hand over every record of the batch. Raises StoppedError in the middle when the task is to stop, ConnectError when
        a record fails; the batch then stays unfinished in the ledger."""
        service = self._service
        service.commit.before_batch()
        entry = service.ledger.enter(batch, batch.offsets())
        failpoint("pipeline.before_produce")
        self._position = 0
        single = self._transform is not None
        since: float | None = None
        before = -1
        while True:
            try:
                if single:
                    self._single(batch, entry)
                else:
                    self._straight(batch, entry)
                break
            except RetriableError as e:
                service.tolerance.failed_try()
                now = time.monotonic()
                if since is None or self._position != before:
                    since, before = now, self._position
                if not self._may_retry(since, now):
                    single = self._give_up(batch, entry, e, single)
                    continue
                service.tolerance.retried()
                service.back_off(self._backoff, f"record {self._position + 1} of a batch", e)
            except Exception as e:
                if isinstance(e, _Unconvertible):
                    service.tolerance.failed_try()
                    single = self._give_up(batch, entry, e.error, single)
                    continue
                entry.poison()
                raise
        entry.seal()
        service.recovered(self._backoff)
        failpoint("pipeline.after_produce")

    def _may_retry(self, since: float, now: float) -> bool:
        limit = self._service.tolerance.policy.retry_timeout
        return limit is None or now - since < limit

    def _give_up(self, batch: RecordBatch, entry: InFlight, error: Exception, single: bool) -> bool:
        """The record at the position cannot be serialized: raise, or go on the single way (True) where it may be skipped."""
        if self._service.tolerance.policy.tolerate_all and not single:
            return True
        entry.poison()
        where = _describe(batch, self._position)
        failure = _unconvertible(error, where)
        self._service.tolerance.fails("conversion", failure)
        raise failure from error

    # -- the straight way

    def _straight(self, batch: RecordBatch, entry: InFlight) -> None:
        service = self._service
        sink = service.producer.sink
        pour = None if sink is None else getattr(batch, "pour", None)  # of a PouringBatch; looking at all it has takes longer
        if pour is not None:
            steps = pour(self._converters, sink)
            if steps is not None:
                self._pour(_guarded(steps), cast(PouringBatch, batch), entry, sink)
                return
        stream = self._serialized(batch)
        records: list[Serialized] = []
        error: Exception | None = None
        while error is None:
            records.clear()
            try:
                records.extend(itertools.islice(stream, _RUN))
            except (RetriableError, _Unconvertible) as e:
                error = e  # the records before it are sent first
            if not records:
                break
            at = 0
            while at < len(records):
                taken = self._send(records, at, batch, entry, entry)
                self._position += taken
                at += taken
            if self._position >= len(batch):
                break  # were the task stopped with all of it sent, it would be read again
            service.breathe()
        if error is not None:
            raise error

    def _pour(self, steps: Iterator[None], batch: PouringBatch, entry: InFlight, sink: Any) -> None:
        """Let the batch write its records into the producer's own."""
        service = self._service
        sink.begin(entry, self._position)
        error: Exception | None = None
        more = True
        while more:
            sent, size = sink.sent, sink.size
            try:
                more = next(steps, _SKIPPED) is not _SKIPPED
            except (RetriableError, _Unconvertible) as e:
                error, more = e, False  # the records before it are sent
            self._position = max(self._position, sink.position)
            entry.sent += sink.sent - sent
            entry.size += sink.size - size
            service.meters.written += sink.sent - sent
            if error is None:
                self._poured(batch, entry, sink)
        if error is not None:
            raise error

    def _poured(self, batch: PouringBatch, entry: InFlight, sink: Any) -> None:
        """Do what the next record needs."""
        service = self._service
        try:
            topic = service.producer.poured()
        except ProduceError as e:
            self._refused_at_once(e, sink.topic, batch, self._position)
            entry.acked += 1
            entry.sent += 1
            service.meters.written += 1
            sink.skip_to = sink.position + 1
            topic = ""
        sink.clear()
        if not topic:
            if self._position < len(batch):  # were the task stopped with all of it sent, it would be read again
                service.breathe()
        elif topic not in self._known:
            self._first(topic, batch.topics())
        else:
            self._make_room(topic, batch, self._position)

    def _send(self, records: list[Serialized], at: int, batch: RecordBatch, entry: InFlight, owner: Owner) -> int:
        """Hand over records from ``at`` on, the first of which is the one at the position; how many were."""
        service = self._service
        try:
            taken, size = service.producer.send(records, at, owner)
        except ProduceError as e:
            self._refused_at_once(e, records[at].topic, batch, self._position)
            entry.acked += 1
            taken, size = 1, 0
        entry.sent += taken
        entry.size += size
        service.meters.written += taken
        if not taken:
            topic = records[at].topic
            if topic not in self._known:
                self._first(topic, (r.topic for r in itertools.islice(records, at, None)))
            else:
                self._make_room(topic, batch, self._position)
        return taken

    def _serialized(self, batch: RecordBatch) -> Any:
        """The serialized records from the position on; errors of the batch's own are told apart from the producer's."""
        stream = _guarded(batch.serialize(self._converters))
        if self._position:
            deque(itertools.islice(stream, self._position), maxlen=0)
        return stream

    def _first(self, topic: str, ahead: Iterable[str]) -> None:
        """The producer hears of the next record's topic, and of those of the records behind it: what must be asked is asked for
        all at once."""
        service, backoff = self._service, Backoff()
        new = list(dict.fromkeys([topic, *(t for t in ahead if t not in self._known)]))[:_TOPICS]
        while True:
            refused = self._topics.ensure(new)
            error = refused.get(topic)
            if error is None:
                break
            if not isinstance(error, RetriableError):
                raise error
            service.back_off(backoff, f"topic {topic}", error)
        service.recovered(backoff)
        # The others that were refused are asked for again when it is their turn.
        ready = [t for t in new if t not in refused]
        if isinstance(service.producer, LibrdkafkaProducer):
            for name, limit in self._limits.of(ready).items():
                service.fit(name, limit)
        for name in ready:
            self._known.add(name)
            service.producer.topic(name)
            service.reporter.topic(name)

    def _make_room(self, topic: str, batch: RecordBatch, index: int) -> None:
        service = self._service
        if service.producer.hopeless:
            raise RecordError(
                "The record does not fit into the producer's queue. Raise producer.override.buffer.memory",
                placed(topic, _describe(batch, index)))
        service.breathe(wait=0.1)

    def _refused_at_once(self, error: ProduceError, topic: str, batch: RecordBatch, index: int) -> None:
        """The client refused a record: raise, or return when it is to be skipped."""
        failure = refusal(error.args[0], topic, _describe(batch, index))
        self._service.tolerance.failed_try()
        if error.args[0].fatal() or not self._service.tolerance.skips("the producer", failure, ""):
            raise failure from error

    # -- the single way

    def _single(self, batch: RecordBatch, entry: InFlight) -> None:
        records = iter(batch.records())
        unread: ConnectError | None = None
        for index in range(len(batch)):
            try:
                record = next(records, None)
            except RetriableError:
                raise
            except Exception as e:  # noqa: BLE001 - whatever a plugin raises is about this record
                unread = self._unreadable(e, batch, index)
                record = None
            else:
                if record is None and unread is not None:
                    raise unread  # what comes after the record that was skipped would be missing
            if index < self._position:
                continue
            serialized = None if record is None else self._convert(batch, record)
            if serialized is not None:
                owner = Indexed(entry, self._position)
                while not self._send([serialized], 0, batch, entry, owner):
                    pass
            self._position += 1
            if not self._position % _RUN:
                self._service.breathe()
        if next(records, None) is not None:
            raise ConnectError(f"A batch says that it has {len(batch)} records, but gives more: its connector is at fault")

    def _unreadable(self, error: Exception, batch: RecordBatch, index: int) -> ConnectError:
        """The batch cannot give this record: raise, or the error when it is skipped (or was, the last time)."""
        failure = _unconvertible(error, _describe(batch, index))
        if index >= self._position:
            self._service.tolerance.failed_try()
            if not self._service.tolerance.skips("conversion", failure, ""):
                raise failure from error
        return failure

    def _convert(self, batch: RecordBatch, record: SourceRecord) -> Serialized | None:
        changed: SourceRecord | None = record
        if self._transform is not None:
            changed = self._attempt("a transform", batch, self._transform.apply, record)
        if changed is None or changed is _SKIPPED:
            return None
        converted = self._attempt("conversion", batch, self._converters.serialize, changed)
        return None if converted is _SKIPPED else converted

    def _attempt(self, stage: str, batch: RecordBatch, call: Callable[[SourceRecord], _T], record: SourceRecord) -> _T:
        """The call's result, after retries; ``_SKIPPED`` when the error is tolerated."""
        service, since = self._service, time.monotonic()
        while True:
            try:
                result = call(record)
            except RetriableError as e:
                service.tolerance.failed_try()
                error: Exception = e
                if self._may_retry(since, time.monotonic()):
                    service.tolerance.retried()
                    service.back_off(self._backoff, f"{stage} for topic {record.topic}", e)
                    continue
            except Exception as e:  # noqa: BLE001 - whatever a plugin raises is about this record
                service.tolerance.failed_try()
                error = e
            else:
                service.recovered(self._backoff)
                return result
            where = placed(record.topic, _describe(batch, self._position))
            failure = _unconvertible(error, where)
            if service.tolerance.skips(stage, failure, ""):
                return _SKIPPED  # type: ignore[no-any-return]
            raise failure from error


class _Unconvertible(Exception):
    """The batch could not serialize its next record; ``error`` is what it raised."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        super().__init__(str(error))


def _guarded(steps: Iterable[_T]) -> Iterator[_T]:
    try:
        yield from steps
    except (RetriableError, GeneratorExit):
        raise
    except Exception as e:
        raise _Unconvertible(e) from e


def _unconvertible(error: Exception, where: str) -> ConnectError:
    """The error that fails the task for this record."""
    if isinstance(error, RecordError) and error.where:
        return error
    first, newline, more = headline(error, rows=True).partition("\n")
    return RecordError(
        f"A record cannot be converted: {first.rstrip('.:')}. Correct the cause, or set errors.tolerance=all to skip "
        f"such records, and restart the task; it goes on with this record{newline}{more}", where)
