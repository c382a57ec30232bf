"""The task's producer: idempotent, with bounds; and the meaning of its errors.

There are two that do the same: ours, from native code to the socket, and librdkafka's for connections that ours does not have
(TLS, SASL). What is in flight is bounded in records and bytes: ``send`` takes fewer when a bound is reached.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException

from connect.api.errors import ConnectError, RecordError
from connect.api.records import Serialized
from connect.kafka import clients
from connect.kafka.produce import client as produce
from connect.kafka.produce.settings import unsupported

__all__ = [
    "ClientError", "DataProducer", "LibrdkafkaProducer", "NativeProducer", "Owner", "ProduceError", "data_config", "is_purged",
    "is_too_large", "make_producer", "placed", "refusal", "request_refusal",
]

ClientError = KafkaError
"""What a delivery callback is given."""

ProduceError = KafkaException
"""What ``send`` raises at once; its first argument is a ClientError."""

_log = logging.getLogger(__name__)

DEFAULTS: Mapping[str, Any] = {
    "linger.ms": 1,
    "batch.size": 1_000_000,
    "message.max.bytes": 1048576,
    "queue.buffering.max.messages": 200_000,
    "queue.buffering.max.kbytes": 16 * 1024,
    "topic.metadata.refresh.interval.ms": 60_000,
    "topic.metadata.propagation.max.ms": 60_000,
    "reconnect.backoff.max.ms": 2_000,
    "socket.keepalive.enable": True,
}
"""May be overridden by ``producer.*`` and ``producer.override.*``."""

FIXED: Mapping[str, Any] = {
    "enable.idempotence": True,
    "acks": "all",
    "max.in.flight.requests.per.connection": 5,
    # Never given up: a record that times out is a hole. What waits too long is shown as a condition instead.
    "message.timeout.ms": 0,
    "delivery.report.only.error": False,
}
"""What the delivery promises rest on: overrides of these are not taken."""


def data_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a data producer from librdkafka properties. Logs overrides that are not taken."""
    for name in FIXED.keys() & config.keys():
        if str(config[name]).lower() not in (str(FIXED[name]).lower(), "-1" if name == "acks" else ""):
            _log.warning("producer property %s=%s is not taken: delivery guarantees need %s", name, config[name], FIXED[name])
    merged = {**DEFAULTS, **config, **FIXED}
    # A queue smaller than one record would refuse it for ever.
    least = int(merged["message.max.bytes"]) * 2 // 1024 + 1
    merged["queue.buffering.max.kbytes"] = max(int(merged["queue.buffering.max.kbytes"]), least)
    return merged


def is_purged(error: KafkaError) -> bool:
    """Whether the record was dropped by ourselves, when the task ended."""
    return error.code() in (KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT)


def is_too_large(error: KafkaError) -> bool:
    """Whether a record, or the request it was in, was too large for the broker or the client."""
    return error.code() in (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE)


def placed(topic: str, where: str) -> str:
    """Topic and where a record came from, the topic once unless a transform has changed it."""
    named = f"topic {topic}"
    return where if where == named or where.startswith(f"{named},") else f"{named}, {where}" if where else named


def refusal(error: KafkaError, topic: str, where: str) -> ConnectError:
    """The error for a record that will not be delivered, with its cure. ``where``: which record, as ``describe`` says."""
    code, text = error.code(), error.str()
    at = placed(topic, where)
    if is_too_large(error):
        return RecordError(
            f"The record is too large for Kafka ({text}). Raise max.message.bytes of the topic (broker: message.max.bytes) and "
            "producer.override.max.request.size of the connector, then restart the task; it goes on with this record", at)
    if code in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED):
        return RecordError(f"Kafka does not let this connector write ({text}). Grant its user WRITE on the topic (and "
                           "IDEMPOTENT_WRITE on clusters before 3.0), then restart the task", at)
    if code in (KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART):
        return RecordError(f"The topic does not exist ({text}). Create it, or let the connector create it with topic.creation.* "
                           "or the broker with auto.create.topics.enable, then restart the task", at)
    if code == KafkaError._UNKNOWN_PARTITION:
        return RecordError(f"The topic has no such partition ({text}). Add partitions or correct what sets the partition", at)
    if error.fatal() or code == KafkaError._FATAL:
        return ConnectError(f"The Kafka producer cannot go on ({text}); restart the task ({at})")
    return RecordError(f"Kafka refused the record ({error.name()}: {text})", at)


def request_refusal(topic: str, size: int, where: str) -> ConnectError:
    """The error for a request that was too large though its largest record, of so many bytes, need not be."""
    return RecordError(
        f"Kafka refused a request as too large; its largest record has {size} bytes. Restart the task: it reads "
        "max.message.bytes of the topic anew and keeps requests below it. If it may not read that (DESCRIBE_CONFIGS on the "
        "topic), set producer.override.batch.size below it; if the record itself is too large, raise it",
        placed(topic, where))


class DataProducer(Protocol):
    """What a task's records are handed to. Used by one thread."""

    fatal: KafkaError | None
    """The error after which it delivers nothing more."""
    hopeless: bool
    """Whether the record that was not taken will not be, however long one waits: there is no room for it."""

    sink: Any
    """Where a PouringBatch may put its records (``begin`` and what else PourSink has); None: there is no such thing."""
    held: bool
    """Whether a record was not taken because its topic's partitions are not known yet."""

    def topic(self, name: str) -> None:
        """Records of this topic will be sent; none is taken before."""
        ...

    def send(self, records: list[Serialized], begin: int, owner: Owner) -> tuple[int, int]:
        """Take records from ``begin`` on, in order; how many, and the bytes of their keys and values.

        When fewer than all were taken, the next one's topic was not named yet, or it must wait: :meth:`poll` and try again.
        Raises ProduceError for the first record when it can never be sent.
        """
        ...

    def eager(self, now: bool) -> None:
        """Whether what is taken next is to be sent at once because no more is at hand. A ``linger.ms`` above the default is
        kept to all the same."""
        ...

    def poured(self) -> str:
        """Records were put into ``sink``. The topic of the next one when it must wait, or was not named yet; else an empty text.
        Raises ProduceError when the next one can never be sent."""
        ...

    def poll(self, seconds: float = 0.0) -> int:
        """Tell owners of their records and serve callbacks, waiting at most so long for the first; how many were served."""
        ...

    def __len__(self) -> int:
        """Records that wait for an acknowledgement, or for their owner to be told."""
        ...

    def drop(self) -> None:
        """Give up what is in flight, so that the process can end."""
        ...


class Owner(produce.Owner, Protocol):
    """Whose records they are, for either producer."""

    @property
    def on_delivery(self) -> Callable[[Any, Any], None]:
        """The delivery callback for one record: ``(error or None, message)``."""
        ...


def make_producer(config: Mapping[str, Any], client_id: str, on_error: Callable[[str], None],
                  which: str = "auto") -> DataProducer:
    """The producer for these properties: ours, or librdkafka's where ours cannot honour one. ``which`` (``native``,
    ``librdkafka``) forces one. Raises ConnectError for a property that cannot be read."""
    reason = unsupported(config)
    if which == "librdkafka" or (reason is not None and which != "native"):
        _log.info("Records are sent by librdkafka (%s)", reason or "as asked for")
        return LibrdkafkaProducer(config, client_id, on_error)
    try:
        return NativeProducer(config, client_id, on_error)
    except ValueError as e:
        raise ConnectError(f"A producer property cannot be read: {e}. Correct producer.* of the worker or producer.override.* of "
                           "the connector") from e


def _told(error: KafkaError) -> str:
    return f"{error.name()}: {error.str()}"


class NativeProducer(produce.Producer):
    """Ours (:mod:`connect.kafka.produce`)."""

    hopeless = False

    def __init__(self, config: Mapping[str, Any], client_id: str, on_error: Callable[[str], None]) -> None:
        super().__init__(config, client_id, lambda e: on_error(_told(e)))


class LibrdkafkaProducer:
    """librdkafka's. What is in flight is bounded by its own queue limits (records and bytes, counted until the delivery report
    is served). It does not split a request that a topic finds too large, as ours does: see :mod:`connect.tasks.limits`."""

    def __init__(self, config: Mapping[str, Any], client_id: str, on_error: Callable[[str], None]) -> None:
        self.fatal: KafkaError | None = None
        self.hopeless = self.held = False
        self.sink: Any = None
        self.batch_size = int(config.get("batch.size", DEFAULTS["batch.size"]))
        """Largest request for one partition, bytes (a single larger record is still sent)."""
        self._on_error = on_error
        self._config = config
        self._client_id = client_id
        self._known: set[str] = set()
        self._producer = clients.producer(config, client_id, on_error=self._error)

    def _error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._FATAL or error.fatal():
            self.fatal = error
        self._on_error(_told(error))

    def topic(self, name: str) -> None:
        """See DataProducer."""
        self._known.add(name)

    def send(self, records: list[Serialized], begin: int, owner: Owner) -> tuple[int, int]:
        """See DataProducer."""
        produce, known, callback = self._producer.produce, self._known, owner.on_delivery
        taken = size = 0
        for topic, partition, key, value, headers, timestamp in itertools.islice(records, begin, None):
            if topic not in known:
                break
            try:
                produce(topic, value, key, partition, callback, None, timestamp, list(headers) if headers else None)
            except BufferError:
                self.hopeless = not taken and not len(self._producer)
                break
            except ProduceError:
                if not taken:
                    raise
                break
            taken += 1
            size += (len(key) if key else 0) + (len(value) if value else 0)
        return taken, size

    def eager(self, now: bool) -> None:
        """See DataProducer; librdkafka always waits."""

    def poured(self) -> str:
        """See DataProducer."""
        return ""

    def poll(self, seconds: float = 0.0) -> int:
        """See DataProducer."""
        return self._producer.poll(seconds)

    def __len__(self) -> int:
        return len(self._producer)

    def smaller(self, batch_size: int) -> LibrdkafkaProducer:
        """A new producer whose requests are at most so large. This one must have nothing in flight, or order is lost."""
        assert not len(self)
        new = LibrdkafkaProducer({**self._config, "batch.size": batch_size}, self._client_id, self._on_error)
        for name in self._known:
            new.topic(name)
        return new

    def drop(self) -> None:
        """See DataProducer."""
        self._producer.purge(in_queue=True, in_flight=True, blocking=False)
        self._producer.poll(0)
