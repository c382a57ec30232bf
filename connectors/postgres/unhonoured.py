"""Debezium's properties that this connector does not honour, each with the reason. Reported by validation."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["NOT_HONOURED"]

_LATER = "not supported yet"
_INCREMENTAL = "incremental snapshots are not supported yet"
_SIGNALS = "signals are not supported yet"
_NOTIFICATIONS = "notifications are not supported yet"
_QUEUE = "there is no queue: batches are bounded by max.batch.size and by the producer's bytes in flight"
_JDBC = "it is a setting of the JDBC driver, which is not used"
_JAVA = "it names Java code"

NOT_HONOURED: Mapping[str, str] = {
    "retriable.restart.connector.wait.ms": "a retry comes after a back-off that grows from 0.3 to 10 seconds",
    "snapshot.isolation.mode": "rows are always read in one repeatable-read transaction at the snapshot that the slot exports",
    "connection.validation.timeout.ms": "validation has one time limit, the worker's",
    "converters": "custom value converters are Java code; not supported yet",
    "custom.metric.tags": _LATER,
    "custom.sanitize.pattern": "it belongs to the Java metrics",
    "database.connection.factory.class": _JDBC,
    "database.sslfactory": _JDBC,
    "event.processing.failure.handling.mode": "an event that cannot be processed fails the task",
    "executor.shutdown.timeout.ms": "there is no executor to shut down; the worker's task.shutdown.graceful.timeout.ms rules",
    "flush.lsn.source": "replaced by lsn.flush.mode",
    "guardrail.collections.limit.action": _LATER,
    "guardrail.collections.max": _LATER,
    "incremental.snapshot.allow.schema.changes": _INCREMENTAL,
    "incremental.snapshot.chunk.size": _INCREMENTAL,
    "incremental.snapshot.watermarking.strategy": _INCREMENTAL,
    "internal.create.slot.command.timeout": "database.query.timeout.ms rules",
    "legacy.snapshot.max.threads": _LATER,
    "lsn.flush.timeout.action": "telling the position to the server does not wait for an answer",
    "lsn.flush.timeout.ms": "telling the position to the server does not wait for an answer",
    "max.queue.size": _QUEUE,
    "max.queue.size.in.bytes": _QUEUE,
    "notification.enabled.channels": _NOTIFICATIONS,
    "notification.sink.topic.name": _NOTIFICATIONS,
    "openlineage.integration.enabled": _LATER,
    "poll.dispatch.interval.ms": _LATER,
    "post.processors": _LATER,
    "query.fetch.size": _JDBC,
    "queue.provider.type": _QUEUE,
    "read.only": _INCREMENTAL,
    "schema.refresh.mode": "the schema is that of the stream's relation messages; nothing has to be refreshed",
    "signal.data.collection": _SIGNALS,
    "signal.enabled.channels": _SIGNALS,
    "signal.kafka.bootstrap.servers": _SIGNALS,
    "signal.kafka.groupId": _SIGNALS,
    "signal.kafka.topic": _SIGNALS,
    "signal.poll.interval.ms": _SIGNALS,
    "slot.stream.params": _LATER,
    "snapshot.locking.mode.custom.name": _JAVA,
    "snapshot.max.threads": "tables are read one after the other; parallel reading is not supported yet",
    "snapshot.max.threads.multiplier": "tables are read one after the other; parallel reading is not supported yet",
    "snapshot.mode.configuration.based.snapshot.data": _LATER,
    "snapshot.mode.configuration.based.snapshot.on.data.error": _LATER,
    "snapshot.mode.configuration.based.snapshot.on.schema.error": _LATER,
    "snapshot.mode.configuration.based.snapshot.schema": _LATER,
    "snapshot.mode.configuration.based.start.stream": _LATER,
    "snapshot.mode.custom.name": _JAVA,
    "snapshot.query.mode": "rows are read by COPY; snapshot.select.statement.overrides gives a SELECT of one's own",
    "snapshot.query.mode.custom.name": _JAVA,
    "snapshot.tables.order.by.row.count": _LATER,
    "sourceinfo.struct.maker": _JAVA,
    "statistics.metrics.enabled": "metrics are always there",
    "topic.cache.size": "names are not evicted",
    "transaction.metadata.factory": _JAVA,
    "xmin.fetch.interval.ms": _LATER,
}
"""Name → why."""
