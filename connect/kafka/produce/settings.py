"""The producer's settings, from librdkafka's names; and which of them only librdkafka can honour. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connect.kafka.produce.batches import COMPRESSIONS

__all__ = ["ProducerSettings", "unsupported"]

_READ = frozenset({
    "bootstrap.servers", "linger.ms", "batch.size", "message.max.bytes", "queue.buffering.max.messages",
    "queue.buffering.max.kbytes", "compression.type", "compression.codec", "compression.level", "request.timeout.ms",
    "socket.timeout.ms", "retry.backoff.ms", "reconnect.backoff.ms", "reconnect.backoff.max.ms",
    "topic.metadata.refresh.interval.ms", "topic.metadata.propagation.max.ms", "socket.connection.setup.timeout.ms",
    "max.in.flight.requests.per.connection", "security.protocol", "client.id",
})
_NO_MATTER = frozenset({
    # Always so here, or without meaning without librdkafka's queues and threads.
    "enable.idempotence", "acks", "message.timeout.ms", "delivery.report.only.error", "retries", "retry.backoff.max.ms",
    "socket.keepalive.enable", "socket.nagle.disable", "client.dns.lookup", "log.connection.close", "batch.num.messages",
    "queue.buffering.backpressure.threshold", "message.copy.max.bytes", "enable.metrics.push", "metadata.recovery.strategy",
    "metadata.recovery.rebootstrap.trigger.ms", "connections.max.idle.ms", "transaction.timeout.ms", "client.rack",
})


@dataclass(frozen=True, slots=True)
class ProducerSettings:
    """Times in seconds, sizes in bytes."""

    bootstrap: tuple[tuple[str, int], ...]
    linger: float
    batch_size: int
    largest: int
    most_bytes: int
    most_records: int
    compression: str
    level: int | None
    in_flight: int
    request_timeout: float
    connect_timeout: float
    backoff: float
    reconnect: float
    reconnect_most: float
    refresh: float
    propagation: float

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> ProducerSettings:
        """From complete librdkafka properties. Raises ValueError for one that cannot be read."""
        def ms(name: str, default: float) -> float:
            return float(config.get(name, default)) / 1000

        compression = _compression(config)
        level = int(config.get("compression.level", -1))
        refresh = ms("topic.metadata.refresh.interval.ms", 300_000)
        return cls(
            bootstrap=_addresses(str(config.get("bootstrap.servers", ""))),
            linger=ms("linger.ms", 5), batch_size=int(config.get("batch.size", 1_000_000)),
            largest=int(config.get("message.max.bytes", 1_048_576)),
            most_bytes=int(config.get("queue.buffering.max.kbytes", 65_536)) * 1024,
            most_records=int(config.get("queue.buffering.max.messages", 200_000)) or 1 << 60,
            compression=compression, level=None if level < 0 else level,
            in_flight=min(5, int(config.get("max.in.flight.requests.per.connection", 5))),
            request_timeout=ms("socket.timeout.ms", 30_000),
            connect_timeout=ms("socket.connection.setup.timeout.ms", 30_000),
            backoff=ms("retry.backoff.ms", 100), reconnect=ms("reconnect.backoff.ms", 100),
            reconnect_most=ms("reconnect.backoff.max.ms", 2_000), refresh=refresh if refresh > 0 else 300.0,
            propagation=ms("topic.metadata.propagation.max.ms", 30_000))


def _compression(config: Mapping[str, Any]) -> str:
    return str(config.get("compression.type", config.get("compression.codec", "none"))).lower()


def _protocol(config: Mapping[str, Any]) -> str:
    return str(config.get("security.protocol", "plaintext")).lower()


def _addresses(text: str) -> tuple[tuple[str, int], ...]:
    found = []
    for piece in filter(None, (p.strip() for p in text.split(","))):
        host, colon, port = piece.rpartition("://")[2].rpartition(":")
        if not colon or not port.isdigit():
            host, port = (host + colon + port).rstrip(":"), "9092"
        found.append((host.strip("[]"), int(port)))
    return tuple(found)


def unsupported(config: Mapping[str, Any]) -> str | None:
    """What of these properties our producer cannot honour, as a reason that can be told; None when it can be used."""
    if _protocol(config) != "plaintext":
        return f"security.protocol={config['security.protocol']}"
    if _compression(config) not in ("none", *COMPRESSIONS):
        return f"compression.type={_compression(config)}"
    unknown = sorted(config.keys() - _READ - _NO_MATTER)
    return unknown[0] if unknown else None
