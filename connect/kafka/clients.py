"""Makes Kafka clients from librdkafka properties.

Three things are always so, whatever the properties say: keys are partitioned as Java does (murmur2), or a key would live
in two partitions after a migration; log lines go to the ``kafka.client`` logger and repeat at most every half minute; and
consumers never commit offsets to a group.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from connect.api.errors import ConnectError, HeadgateError, RetriableError

__all__ = ["Admin", "ClientError", "KafkaUnavailableError", "admin", "cluster_id", "consumer", "failure", "producer"]

log = logging.getLogger("kafka.client")
_REPEAT_SECONDS = 30.0

Admin = AdminClient
"""An admin client."""

_UNREACHABLE = frozenset({
    KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT, KafkaError._MSG_TIMED_OUT,
    KafkaError._TIMED_OUT_QUEUE, KafkaError._RESOLVE,
})
_PASSING = frozenset({
    KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.REQUEST_TIMED_OUT,
    KafkaError.NETWORK_EXCEPTION, KafkaError.BROKER_NOT_AVAILABLE, KafkaError.REPLICA_NOT_AVAILABLE,
    KafkaError.NOT_ENOUGH_REPLICAS, KafkaError.NOT_CONTROLLER,
    KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND, KafkaError.KAFKA_STORAGE_ERROR, KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.NOT_COORDINATOR, KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH, KafkaError._NOENT,
})

ClientError = KafkaError
"""What an error callback is given."""


class KafkaUnavailableError(RetriableError):
    """No broker answered in time."""


class _Repeats(logging.Filter):
    """Lets a line through again only after a while: a client without a broker says the same many times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage().split(" (after ")[0][-160:]
        now = time.monotonic()
        with self._lock:
            if now - self._last.get(text, -_REPEAT_SECONDS) < _REPEAT_SECONDS:
                return False
            if len(self._last) > 500:
                self._last.clear()
            self._last[text] = now
        return True


log.addFilter(_Repeats())


def _quiet(_error: KafkaError) -> None:
    """The log line of librdkafka says the same; without a callback it would go to stderr."""


def _settings(properties: Mapping[str, Any], client_id: str, on_error: Callable[[KafkaError], None] | None) -> dict[str, Any]:
    mine: dict[str, Any] = {"client.id": client_id, "error_cb": on_error or _quiet, "log.connection.close": False}
    # A client that got an empty list of brokers (one broker, shutting down) has none left to ask; it starts anew from
    # bootstrap.servers only after this time, which is five minutes by default.
    return {"metadata.recovery.rebootstrap.trigger.ms": 10_000, **properties, **mine}


def producer(
    properties: Mapping[str, Any],
    client_id: str,
    *,
    on_error: Callable[[KafkaError], None] | None = None,
    on_stats: Callable[[str], None] | None = None,
) -> Producer:
    """A producer. Callbacks run in the thread that polls it. Raises ConnectError for a property librdkafka refuses."""
    conf = _settings(properties, client_id, on_error) | {"partitioner": "murmur2_random"}
    if on_stats:
        conf["stats_cb"] = on_stats
    try:
        return Producer(conf, logger=log)
    except KafkaException as e:
        raise failure(e, f"making the producer {client_id}") from e


def consumer(
    properties: Mapping[str, Any], client_id: str, group: str, *, on_error: Callable[[KafkaError], None] | None = None
) -> Consumer:
    """A consumer for assigned partitions, from the beginning, that reports the end of each partition.

    ``group`` is only named because the client wants a name; it is never joined and nothing is committed to it.
    """
    conf = {
        "auto.offset.reset": "earliest", "fetch.error.backoff.ms": 200, **_settings(properties, client_id, on_error),
        "group.id": group, "enable.auto.commit": False, "enable.auto.offset.store": False, "enable.partition.eof": True,
    }
    try:
        return Consumer(conf, logger=log)
    except KafkaException as e:
        raise failure(e, f"making the consumer {client_id}") from e


def admin(properties: Mapping[str, Any], client_id: str) -> AdminClient:
    """An admin client. Raises ConnectError for a property librdkafka refuses."""
    # With the leaders of a quarter of an hour ago every question about offsets is refused after a broker was restarted.
    fresh = {**_settings(properties, client_id, None), "metadata.max.age.ms": 1000}
    try:
        return AdminClient(fresh, logger=log)
    except KafkaException as e:
        raise failure(e, f"making the admin client {client_id}") from e


def failure(error: KafkaException | KafkaError, doing: str) -> HeadgateError:
    """Our error for one of Kafka's: retriable when it is a passing fault. ``doing`` completes "Kafka failed while …"."""
    cause = error.args[0] if isinstance(error, KafkaException) and error.args else error
    if not isinstance(cause, KafkaError):
        return ConnectError(f"Kafka failed while {doing}: {cause}")
    text = f"Kafka failed while {doing}: {cause.str()} ({cause.name()})"
    if cause.code() in _UNREACHABLE:
        return KafkaUnavailableError(f"{text}. Check bootstrap.servers and that the brokers run.")
    return RetriableError(text) if cause.retriable() or cause.code() in _PASSING else ConnectError(text)


async def cluster_id(client: AdminClient, timeout: float = 10.0) -> str:
    """The id of the Kafka cluster. Raises RetriableError when no broker answers within ``timeout`` seconds."""
    try:
        found = await asyncio.wrap_future(client.describe_cluster(request_timeout=timeout))
    except KafkaException as e:
        raise failure(e, "asking for the cluster's id") from e
    return str(found.cluster_id or "")
