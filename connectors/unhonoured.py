"""Debezium's properties that no connector here honours, each with the reason, and the reasons that several have."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["JAVA", "JDBC", "LATER", "NOT_HONOURED"]

LATER = "not supported yet"
JDBC = "it is a setting of the JDBC driver, which is not used"
JAVA = "it names Java code"
_INCREMENTAL = "incremental snapshots are not supported yet"
_SIGNALS = "signals are not supported yet"
_NOTIFICATIONS = "notifications are not supported yet"
_QUEUE = "there is no queue: batches are bounded by max.batch.size and by the producer's bytes in flight"

NOT_HONOURED: Mapping[str, str] = {
    "retriable.restart.connector.wait.ms": "a retry comes after a back-off that grows from 0.3 to 10 seconds",
    "connection.validation.timeout.ms": "validation has one time limit, the worker's",
    "converters": "custom value converters are Java code; not supported yet",
    "custom.metric.tags": LATER,
    "custom.sanitize.pattern": "it belongs to the Java metrics",
    "driver.*": JDBC,
    "executor.shutdown.timeout.ms": "there is no executor to shut down; the worker's task.shutdown.graceful.timeout.ms rules",
    "guardrail.collections.limit.action": LATER,
    "guardrail.collections.max": LATER,
    "incremental.snapshot.allow.schema.changes": _INCREMENTAL,
    "incremental.snapshot.chunk.size": _INCREMENTAL,
    "incremental.snapshot.watermarking.strategy": _INCREMENTAL,
    "legacy.snapshot.max.threads": LATER,
    "max.queue.size": _QUEUE,
    "max.queue.size.in.bytes": _QUEUE,
    "notification.enabled.channels": _NOTIFICATIONS,
    "notification.sink.topic.name": _NOTIFICATIONS,
    "openlineage.integration.enabled": LATER,
    "poll.dispatch.interval.ms": LATER,
    "post.processors": LATER,
    "query.fetch.size": JDBC,
    "queue.provider.type": _QUEUE,
    "read.only": _INCREMENTAL,
    "signal.data.collection": _SIGNALS,
    "signal.enabled.channels": _SIGNALS,
    "signal.kafka.bootstrap.servers": _SIGNALS,
    "signal.kafka.groupId": _SIGNALS,
    "signal.kafka.topic": _SIGNALS,
    "signal.poll.interval.ms": _SIGNALS,
    "snapshot.locking.mode.custom.name": JAVA,
    "snapshot.max.threads": "tables are read one after the other; parallel reading is not supported yet",
    "snapshot.max.threads.multiplier": "tables are read one after the other; parallel reading is not supported yet",
    "snapshot.mode.configuration.based.snapshot.data": LATER,
    "snapshot.mode.configuration.based.snapshot.on.data.error": LATER,
    "snapshot.mode.configuration.based.snapshot.on.schema.error": LATER,
    "snapshot.mode.configuration.based.snapshot.schema": LATER,
    "snapshot.mode.configuration.based.start.stream": LATER,
    "snapshot.mode.custom.name": JAVA,
    "snapshot.query.mode.custom.name": JAVA,
    "snapshot.tables.order.by.row.count": LATER,
    "sourceinfo.struct.maker": JAVA,
    "statistics.metrics.enabled": "metrics are always there",
    "topic.cache.size": "names are not evicted",
    "transaction.metadata.factory": JAVA,
}
"""Name → why."""
