"""The schema history: a Kafka topic with every statement that changed a structure, in Debezium's format.

It is needed where the log does not tell structures itself (binlog_row_metadata is not FULL): rows read again after a restart
must be read with the structures of their time. Whoever follows statements records each before its offset can be stored; a start
recovers the structures as of the stored offset. One topic, one partition, kept for ever; one connector each.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType  # type: ignore[attr-defined]

from connect.api.errors import ConnectError, HeadgateError, RetriableError
from connectors.mysql.config import MySqlConfig
from connectors.mysql.historyrecords import HistoryRecord, at_or_before, replay, write_record
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.schemachanges import may_capture
from connectors.mysql.structures import DdlContext, StructureChange, Structures

__all__ = ["ClientSettings", "SchemaHistory"]

ClientSettings = Callable[[str, Mapping[str, str]], Mapping[str, Any]]
"""librdkafka's settings for a client ("producer", "consumer", "admin") from a Java client's properties; see TaskContext."""

_Client = TypeVar("_Client")
_FOREVER: Final = 2**63 - 1
_SETTINGS: Final = {"cleanup.policy": "delete", "retention.ms": str(_FOREVER), "retention.bytes": "-1"}
_DELIVERY: Final = 60.0
"""Seconds that a record may take to be acknowledged before the task is restarted."""
_CURE = ("set snapshot.mode=recovery for one start if no structure was changed since the stored offset; otherwise "
         "snapshot.mode=when_needed, "
         "or delete the connector's offsets, so that a new snapshot is made")
_client_log = logging.getLogger("kafka.client")


class SchemaHistory:
    """One connector's history. One thread. ``settings`` translates client properties; ``stopping`` ends waiting.

    Raises ConnectError when no topic is configured. Every method raises RetriableError while Kafka is out of reach, ConnectError
    for what trying again does not cure.
    """

    def __init__(self, config: MySqlConfig, settings: ClientSettings, *, stopping: Callable[[], bool] = lambda: False,
                 logger: logging.Logger | None = None) -> None:
        if not config.history_topic or not config.history_bootstrap:
            raise ConnectError(
                "the server's binlog_row_metadata is not FULL, so structures must be kept in a schema history. To do: set "
                "binlog_row_metadata=FULL on the server; or name a topic with schema.history.internal.kafka.topic and its "
                "brokers with schema.history.internal.kafka.bootstrap.servers")
        self._config = config
        self._topic: str = config.history_topic
        self._settings = settings
        self._stopping = stopping
        self._log = logger or logging.getLogger(__name__)
        self._producer: Producer | None = None
        self._failed: KafkaError | None = None

    # The topic.

    def prepare(self) -> bool:
        """Make the topic if it is not there; whether it holds anything. Tells in the log when it is not kept for ever."""
        admin = self._admin()
        partitions = self._partitions(admin)
        if partitions == 0:
            self._create(admin)
            return False
        if partitions > 1:
            raise ConnectError(
                f"the schema history's topic {self._topic} has {partitions} partitions, and must have one, because the order of "
                "its records counts. To do: name another topic")
        self._check(admin)
        low, high = self._ends()
        return high > low

    def _partitions(self, admin: AdminClient) -> int:
        # Asking for metadata would make the topic, with the broker's settings.
        try:
            found = admin.describe_topics(TopicCollection([self._topic]),
                                          request_timeout=self._query_seconds)[self._topic].result(
                self._query_seconds + 5)
        except KafkaException as e:
            if e.args and isinstance(e.args[0], KafkaError) and e.args[0].code() in _NOT_THERE:
                return 0
            raise self._failure(e, "asking for it") from None
        except TimeoutError:
            raise RetriableError(f"the brokers did not tell of the schema history's topic {self._topic} in time") from None
        return len(found.partitions)

    def _create(self, admin: AdminClient) -> None:
        new = NewTopic(self._topic, num_partitions=1, replication_factor=-1, config=dict(_SETTINGS))
        try:
            admin.create_topics([new], operation_timeout=self._config.history_create_timeout_ms / 1000)[self._topic].result(
                self._config.history_create_timeout_ms / 1000 + 5)
        except KafkaException as e:
            error = e.args[0] if e.args else e
            if not (isinstance(error, KafkaError) and error.code() == KafkaError.TOPIC_ALREADY_EXISTS):
                raise self._failure(e, "making it") from None
        except TimeoutError:
            raise RetriableError(f"the schema history's topic {self._topic} could not be made in time") from None
        self._log.info("made the topic %s for the schema history", self._topic)

    def _check(self, admin: AdminClient) -> None:
        resource = ConfigResource(ResourceType.TOPIC, self._topic)
        try:
            found = admin.describe_configs([resource],
                                           request_timeout=self._query_seconds)[resource].result(self._query_seconds + 5)
        except (KafkaException, TimeoutError) as e:
            self._log.warning("whether the schema history's topic %s is kept for ever cannot be told: %s", self._topic, e)
            return
        values = {name: entry.value for name, entry in found.items()}
        if values.get("cleanup.policy", "delete") != "delete":
            raise ConnectError(
                f"the schema history's topic {self._topic} has cleanup.policy={values['cleanup.policy']}, which loses "
                "structures. To do: set it to delete, with retention.ms=-1 and retention.bytes=-1")
        short = [name for name in ("retention.ms", "retention.bytes")
                 if str(values.get(name, "-1")) not in ("-1", str(_FOREVER))]
        if short:
            self._log.warning(
                "the schema history's topic %s is not kept for ever (%s): structures will be lost. To do: set retention.ms and "
                "retention.bytes of the topic to -1", self._topic, ", ".join(f"{name}={values[name]}" for name in short))

    # Writing.

    def record(self, changes: Sequence[StructureChange], sql: str, database: str, offset: BinlogOffset, ts_ms: int) -> None:
        """Keep what one statement changed; it is in Kafka when this returns. ``offset`` is the one after the statement."""
        self.record_all(changes, offset, ts_ms)

    def record_all(self, changes: Iterable[StructureChange], offset: BinlogOffset, ts_ms: int) -> None:
        """Keep many changes of one place: a snapshot's, or those of snapshot.mode=recovery with the stored offset."""
        producer = self._open_producer()
        sent = False
        for change in changes:
            if not self._kept(change):
                continue
            value = write_record(change, self._config.topic_prefix, offset, ts_ms)
            while True:
                try:
                    producer.produce(self._topic, value=value, partition=0, on_delivery=self._delivered)
                    break
                except BufferError:
                    producer.poll(0.1)
                except KafkaException as e:
                    raise self._failure(e, "writing to it") from None
            sent = True
            producer.poll(0)
        if sent:
            self._flush(producer)

    def _flush(self, producer: Producer) -> None:
        limit = time.monotonic() + _DELIVERY
        while producer.flush(0.2) > 0:
            if self._failed is not None:
                break
            if self._stopping() or time.monotonic() > limit:
                self._abandon()
                raise RetriableError(
                    f"a record of the schema history was not acknowledged by topic {self._topic} in time; check the brokers of "
                    "schema.history.internal.kafka.bootstrap.servers")
        if self._failed is not None:
            error, self._failed = self._failed, None
            self._abandon()
            raise self._failure(error, "writing to it")

    def _abandon(self) -> None:
        """What is on its way must not arrive after what a new start writes."""
        if self._producer is not None:
            self._producer.purge()
            self._producer.flush(1)
            self._producer = None

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._failed = error

    def _kept(self, change: StructureChange) -> bool:
        config, selection = self._config, self._config.selection
        if change.kind == "TRUNCATE":
            return False
        if change.kind == "DATABASE":
            everywhere = not (config.history_store_only_captured_databases or config.history_store_only_captured_tables)
            return not change.database or everywhere or may_capture(selection, change.database)
        ids = [id for id in (change.id, change.previous) if id is not None]
        if config.history_store_only_captured_tables:
            return any(selection.table(id.database, id.name) for id in ids)
        return not config.history_store_only_captured_databases or any(may_capture(selection, id.database) for id in ids)

    # Reading.

    def recover(self, structures: Structures, upto: BinlogOffset, context: DdlContext) -> int:
        """Bring ``structures`` to how they were at the offset; the number of records that were applied. Reads the whole topic."""
        config, desired = self._config, upto.write()
        applied = seen = 0
        began = time.monotonic()
        for message in self._messages():
            raw = message.value()
            if raw is None:
                continue
            seen += 1
            try:
                record = HistoryRecord.read(raw)
            except ValueError as e:
                self._unreadable(f"record {message.offset()} of the schema history's topic {self._topic} is no such record: {e}")
                continue
            if record.server != config.topic_prefix:
                continue
            try:
                if not at_or_before(record.position, desired, config.flavor):
                    continue
                replay(record, structures, context)
            except ValueError as e:
                self._unreadable(f"record {message.offset()} of the schema history's topic {self._topic} cannot be followed: {e}")
                continue
            applied += 1
        self._log.info("schema history: %d of %d records of topic %s applied, %d tables known, in %.1f s", applied, seen,
                       self._topic,
                       structures.count, time.monotonic() - began)
        if applied == 0:
            raise ConnectError(
                f"the schema history's topic {self._topic} has nothing of this connector ({config.topic_prefix}) up to the "
                f"stored offset. To do: correct schema.history.internal.kafka.topic or topic.prefix; or {_CURE}")
        return applied

    def _unreadable(self, text: str) -> None:
        if not self._config.history_skip_unparseable:
            raise ConnectError(
                f"{text}. To do: {_CURE}; or set schema.history.internal.skip.unparseable.ddl=true to go on without it")
        self._log.warning("%s. It is passed over", text)

    def _messages(self) -> Iterable[Message]:
        """Everything that is in the topic now."""
        consumer = self._consumer()
        try:
            low, high = self._offsets(consumer)
            if low >= high:
                return
            consumer.assign([TopicPartition(self._topic, 0, OFFSET_BEGINNING)])
            silent = 0
            while True:
                if self._stopping():
                    raise RetriableError("stopped while the schema history was read")
                message = consumer.poll(self._config.history_recovery_poll_ms / 1000)
                if message is None:
                    silent += 1
                    if silent > self._config.history_recovery_attempts:
                        raise RetriableError(
                            f"the schema history's topic {self._topic} gave nothing in {silent} reads, and its end was not "
                            "reached; check the brokers")
                    continue
                silent = 0
                error = message.error()
                if error is None:
                    yield message
                    if (message.offset() or 0) + 1 >= high:
                        return
                elif error.code() == KafkaError._PARTITION_EOF:
                    return
                elif not error.retriable():
                    raise self._failure(error, "reading it")
        finally:
            consumer.close()

    def _ends(self) -> tuple[int, int]:
        consumer = self._consumer()
        try:
            return self._offsets(consumer)
        finally:
            consumer.close()

    def _offsets(self, consumer: Consumer) -> tuple[int, int]:
        try:
            found = consumer.get_watermark_offsets(TopicPartition(self._topic, 0), timeout=max(10.0, self._query_seconds))
        except KafkaException as e:
            raise self._failure(e, "asking for its end") from None
        if found is None:
            raise RetriableError(f"the brokers did not tell the end of the schema history's topic {self._topic}")
        return found

    # Clients.

    def close(self) -> None:
        """Give back what is open."""
        if self._producer is not None:
            self._producer.flush(5)
            self._producer = None

    @property
    def _query_seconds(self) -> float:
        return self._config.history_query_timeout_ms / 1000

    def _client(self, kind: str, given: Mapping[str, str]) -> dict[str, Any]:
        config = self._config
        properties = {**given, "bootstrap.servers": config.history_bootstrap or ""}
        mine = {"client.id": f"{config.topic_prefix}-schemahistory", "error_cb": lambda _e: None, "log.connection.close": False}
        return {**self._settings(kind, properties), **mine}

    def _open_producer(self) -> Producer:
        if self._producer is None:
            settings = {**self._client("producer", self._config.history_producer), "acks": "all", "enable.idempotence": True}
            self._producer = self._made(lambda: Producer(settings, logger=_client_log))
        return self._producer

    def _consumer(self) -> Consumer:
        settings = {
            "auto.offset.reset": "earliest", **self._client("consumer", self._config.history_consumer),
            "group.id": f"{self._config.topic_prefix}-schemahistory", "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": True}
        return self._made(lambda: Consumer(settings, logger=_client_log))

    def _admin(self) -> AdminClient:
        # Debezium's admin client takes the producer's properties.
        settings = self._client("admin", self._config.history_producer)
        return self._made(lambda: AdminClient(settings, logger=_client_log))

    def _made(self, make: Callable[[], _Client]) -> _Client:
        try:
            return make()
        except KafkaException as e:
            raise self._failure(e, "making a client for it") from None

    def _failure(self, error: KafkaException | KafkaError, doing: str) -> HeadgateError:
        cause = error.args[0] if isinstance(error, KafkaException) and error.args else error
        text = f"Kafka failed with the schema history's topic {self._topic}, while {doing}: "
        if not isinstance(cause, KafkaError):
            return ConnectError(f"{text}{cause}")
        text = f"{text}{cause.str()} ({cause.name()})"
        if cause.code() in _PASSING or cause.retriable():
            return RetriableError(f"{text}. Check schema.history.internal.kafka.bootstrap.servers and that the brokers run")
        if cause.code() == KafkaError.MSG_SIZE_TOO_LARGE:
            return ConnectError(f"{text}. To do: raise max.message.bytes of the topic and "
                                "schema.history.internal.producer.max.request.size")
        return ConnectError(text)


_NOT_THERE: Final = frozenset((KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC))
_PASSING: Final = frozenset((
    KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT, KafkaError._MSG_TIMED_OUT,
    KafkaError._TIMED_OUT_QUEUE,
    KafkaError._RESOLVE, KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT, KafkaError.REQUEST_TIMED_OUT,
    KafkaError.LEADER_NOT_AVAILABLE, KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.NOT_ENOUGH_REPLICAS,
    KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND, KafkaError.BROKER_NOT_AVAILABLE, KafkaError.KAFKA_STORAGE_ERROR,
    KafkaError.NOT_CONTROLLER))  # fmt: skip
