"""The table of Java client settings: what librdkafka calls them, or why they have no meaning there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

__all__ = ["CLIENT_KEYS", "IGNORED_PREFIXES", "NATIVE_KEYS", "SECURITY_PREFIXES", "Rule", "Settings"]

Settings = MutableMapping[str, Any]

SECURITY_PREFIXES = ("security.protocol", "security.providers", "ssl.", "sasl.")
"""Settings that :mod:`connect.config.tls` translates together."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One Java setting: librdkafka's name, or None and why; ``kinds`` are the clients that have it (empty: all)."""

    target: str | None
    convert: Callable[[str], Any] | None = None
    kinds: tuple[str, ...] = ()
    why: str = ""


def _integer(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise ValueError("a whole number is expected") from None


def _number(low: int, high: int) -> Callable[[str], int]:
    """A number forced into librdkafka's range: Java's defaults and "no limit" values lie outside of it."""
    return lambda value: max(low, min(_integer(value), high))


def _message_timeout(value: str) -> int:
    # Java's "for ever" is the largest number; librdkafka's is 0.
    n = _integer(value)
    return 0 if n <= 0 or n >= 2**31 - 1 else n


def _kilobytes(value: str) -> int:
    return max(1, min(_integer(value) // 1024, 2147483647))


def _acks(value: str) -> str:
    if value not in ("all", "-1", "0", "1"):
        raise ValueError("expected all, -1, 0 or 1")
    return value


def _size(value: str) -> int:
    return max(0, min(_integer(value), 100_000_000))


def _boolean(value: str) -> str:
    if value.lower() not in ("true", "false"):
        raise ValueError("Expected value to be either true or false")
    return value.lower()


_P, _C = ("producer",), ("consumer",)
_RUNTIME = "the runtime decides it"
_NO = "librdkafka has no such setting"

CLIENT_KEYS: Mapping[str, Rule] = {
    "bootstrap.servers": Rule("bootstrap.servers"),
    "client.id": Rule("client.id"),
    "client.rack": Rule("client.rack"),
    "client.dns.lookup": Rule("client.dns.lookup", lambda v: "use_all_dns_ips" if v == "default" else v),
    "request.timeout.ms": Rule("socket.timeout.ms", _number(10, 300_000)),
    "retry.backoff.ms": Rule("retry.backoff.ms", _number(1, 300_000)),
    "retry.backoff.max.ms": Rule("retry.backoff.max.ms", _number(1, 300_000)),
    "reconnect.backoff.ms": Rule("reconnect.backoff.ms", _number(0, 3_600_000)),
    "reconnect.backoff.max.ms": Rule("reconnect.backoff.max.ms", _number(0, 3_600_000)),
    "metadata.max.age.ms": Rule("topic.metadata.refresh.interval.ms", _number(-1, 3_600_000)),
    "connections.max.idle.ms": Rule("connections.max.idle.ms", _number(0, 2147483647)),
    "send.buffer.bytes": Rule("socket.send.buffer.bytes", _size),
    "receive.buffer.bytes": Rule("socket.receive.buffer.bytes", _size),
    "socket.connection.setup.timeout.ms": Rule("socket.connection.setup.timeout.ms", _number(1000, 2147483647)),
    "socket.connection.setup.timeout.max.ms": Rule(None, why=_NO),
    "metadata.recovery.strategy": Rule("metadata.recovery.strategy"),
    "metadata.recovery.rebootstrap.trigger.ms": Rule("metadata.recovery.rebootstrap.trigger.ms", _number(0, 2147483647)),
    "enable.metrics.push": Rule("enable.metrics.push", _boolean),
    "acks": Rule("acks", _acks, _P),
    "linger.ms": Rule("linger.ms", _number(0, 900_000), _P),
    "batch.size": Rule("batch.size", _number(1, 2147483647), _P),
    "compression.type": Rule("compression.type", str.lower, _P),
    "compression.gzip.level": Rule("compression.level", _integer, _P),
    "compression.lz4.level": Rule("compression.level", _integer, _P),
    "compression.zstd.level": Rule("compression.level", _integer, _P),
    "max.request.size": Rule("message.max.bytes", _number(1000, 1_000_000_000), _P),
    "buffer.memory": Rule("queue.buffering.max.kbytes", _kilobytes, _P),
    "delivery.timeout.ms": Rule("message.timeout.ms", _message_timeout, _P),
    "retries": Rule("retries", _number(0, 2147483647), _P),
    "max.in.flight.requests.per.connection": Rule("max.in.flight.requests.per.connection", _number(1, 1_000_000), _P),
    "enable.idempotence": Rule("enable.idempotence", _boolean, _P),
    "transactional.id": Rule(None, kinds=_P, why="the runtime names transactions"),
    "transaction.timeout.ms": Rule("transaction.timeout.ms", _number(1000, 2147483647), _P),
    "max.block.ms": Rule(None, kinds=_P, why="a full producer holds the task back instead"),
    "partitioner.class": Rule(None, kinds=_P, why="keys are partitioned as Java's default does (murmur2)"),
    "partitioner.ignore.keys": Rule(None, kinds=_P, why="keys are partitioned as Java's default does (murmur2)"),
    "partitioner.adaptive.partitioning.enable": Rule(None, kinds=_P, why=_NO),
    "partitioner.availability.timeout.ms": Rule(None, kinds=_P, why=_NO),
    "metadata.max.idle.ms": Rule(None, kinds=_P, why=_NO),
    "key.serializer": Rule(None, kinds=_P, why="converters make the bytes"),
    "value.serializer": Rule(None, kinds=_P, why="converters make the bytes"),
    "key.deserializer": Rule(None, kinds=_C, why="converters read the bytes"),
    "value.deserializer": Rule(None, kinds=_C, why="converters read the bytes"),
    "interceptor.classes": Rule(None, why="it names Java code"),
    "group.id": Rule(None, why=_RUNTIME),
    "group.instance.id": Rule("group.instance.id", kinds=_C),
    "group.protocol": Rule(None, kinds=_C, why=_RUNTIME),
    "isolation.level": Rule("isolation.level", kinds=_C),
    "session.timeout.ms": Rule("session.timeout.ms", _number(1, 3_600_000), _C),
    "heartbeat.interval.ms": Rule("heartbeat.interval.ms", _number(1, 3_600_000), _C),
    "max.poll.interval.ms": Rule("max.poll.interval.ms", _number(1, 86_400_000), _C),
    "max.poll.records": Rule(None, kinds=_C, why=_NO),
    "fetch.min.bytes": Rule("fetch.min.bytes", _number(1, 100_000_000), _C),
    "fetch.max.bytes": Rule("fetch.max.bytes", _number(0, 2147483135), _C),
    "fetch.max.wait.ms": Rule("fetch.wait.max.ms", _number(0, 300_000), _C),
    "max.partition.fetch.bytes": Rule("max.partition.fetch.bytes", _number(1, 1_000_000_000), _C),
    "check.crcs": Rule("check.crcs", _boolean, _C),
    "auto.offset.reset": Rule(None, kinds=_C, why=_RUNTIME),
    "enable.auto.commit": Rule(None, kinds=_C, why=_RUNTIME),
    "auto.commit.interval.ms": Rule(None, kinds=_C, why=_RUNTIME),
    "allow.auto.create.topics": Rule("allow.auto.create.topics", _boolean, _C),
    "exclude.internal.topics": Rule(None, kinds=_C, why=_NO),
    "partition.assignment.strategy": Rule(None, kinds=_C, why=_RUNTIME),
    "default.api.timeout.ms": Rule(None, why=_NO),
}
"""By Java name."""

IGNORED_PREFIXES: tuple[tuple[str, str], ...] = (
    ("metric.", "metrics are served at /metrics"),
    ("metrics.", "metrics are served at /metrics"),
    ("auto.include.jmx", "it belongs to the Java client"),
    ("confluent.", "it belongs to a Java client"),
)

NATIVE_KEYS = frozenset({
    "api.version.request", "api.version.request.timeout.ms", "broker.address.family", "broker.address.ttl", "debug",
    "enable.gapless.guarantee", "enable.sasl.oauthbearer.unsecure.jwt", "log_level", "message.copy.max.bytes",
    "message.max.bytes",
    "message.send.max.retries", "message.timeout.ms", "metadata.broker.list", "queue.buffering.backpressure.threshold",
    "queue.buffering.max.kbytes", "queue.buffering.max.messages", "queue.buffering.max.ms", "queued.max.messages.kbytes",
    "queued.min.messages", "receive.message.max.bytes", "socket.keepalive.enable", "socket.max.fails", "socket.nagle.disable",
    "socket.timeout.ms", "statistics.interval.ms", "sticky.partitioning.linger.ms", "topic.metadata.propagation.max.ms",
    "topic.metadata.refresh.interval.ms", "topic.metadata.refresh.sparse", "batch.num.messages", "compression.level",
    "compression.codec", "max.in.flight", "request.required.acks",
})
"""librdkafka's own names that may be used beside Java's."""
