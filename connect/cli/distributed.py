"""Puts a distributed worker together: Kafka clients, internal topics, stores, supervisor, herder."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from connect.api.errors import RetriableError
from connect.config.clients import connector_consumer, connector_producer, internal_client
from connect.config.worker import WorkerConfig
from connect.herder.herder import WorkerHerder
from connect.herder.loop import HerderLoop
from connect.herder.membership import SoloMembership
from connect.herder.plugin_calls import PluginCalls
from connect.herder.worker import Worker
from connect.kafka import clients
from connect.kafka.topics import InternalTopic, ensure
from connect.kafka.writer import TopicWriter
from connect.stores.config import ConfigStore
from connect.stores.journal import KafkaJournal
from connect.stores.offset_store import JournalOffsets, LayeredOffsets, OffsetStore
from connect.stores.status import StatusStore
from connect.tasks.spec import Supervision

__all__ = ["DistributedStart", "internal_topics"]

logger = logging.getLogger(__name__)
_FIRST_RETRY, _LAST_RETRY = 1.0, 10.0


def internal_topics(config: WorkerConfig) -> list[InternalTopic]:
    """The three topics as the worker's configuration wants them made."""
    return [
        InternalTopic("config", config.config_storage_topic, 1, config.config_storage_replication_factor,
                      config.topic_settings("config")),
        InternalTopic("offset", config.offset_storage_topic, config.offset_storage_partitions,
                      config.offset_storage_replication_factor, config.topic_settings("offset")),
        InternalTopic("status", config.status_storage_topic, config.status_storage_partitions,
                      config.status_storage_replication_factor, config.topic_settings("status")),
    ]


class DistributedStart:
    """Starts the herder of a distributed worker once Kafka is there."""

    def __init__(
        self, config: WorkerConfig, raw: Mapping[str, str], url: str, supervision: Supervision, herder: WorkerHerder,
        on_metrics: Any = None,
    ) -> None:
        """``url``: the advertised one. Raises ConfigError for client properties that cannot be used."""
        self._config = config
        self._raw = raw
        self._url = url
        self._supervision = supervision
        self._herder = herder
        self._on_metrics = on_metrics
        prefix = f"{config.group_id}-{config.client_id}-" if config.client_id else f"{config.group_id}-"
        self._prefix = prefix
        self._committed = config.exactly_once_source_support == "enabled"
        producer, consumer, admin = (internal_client(config.props, k) for k in ("producer", "consumer", "admin"))
        self._producer, self._consumer = producer.settings, consumer.settings
        self._admin = clients.admin(admin.settings, f"{prefix}shared-admin")
        self._writer: TopicWriter | None = None
        self.loop: HerderLoop | None = None
        """The herder's loop once it was made."""

    async def run(self) -> None:
        """Wait for Kafka, then start. Raises ConnectError when trying again would not help."""
        while True:
            cluster = await self._wait_for_kafka()
            try:
                await self._start(cluster)
                return
            except RetriableError as e:
                logger.warning("the internal topics could not be read: %s Trying again", e)
                if self.loop is not None:
                    await self.loop.close_stores()

    async def _start(self, cluster: str) -> None:
        if self._writer is None:
            self._writer = TopicWriter(self._producer, f"{self._prefix}writer")
        worker = Worker(
            self._url.split("://", 1)[1], self._config, self._raw, self._supervision,
            PluginCalls(self._supervision.call, self._raw, self._config.plugin_call_timeout_ms / 1000),
            SoloMembership(self._url), ConfigStore(self._journal(self._config.config_storage_topic, "configs")),
            StatusStore(self._journal(self._config.status_storage_topic, "statuses")), self._offsets(),
        )
        self.loop = HerderLoop(worker, self._herder.levels, self._on_metrics)
        self._herder.starting("reading the internal topics")
        await self._herder.start(worker, self.loop, cluster)

    def _journal(self, topic: str, name: str) -> KafkaJournal:
        assert self._writer is not None
        return KafkaJournal(
            topic, self._consumer, self._admin, self._writer, client_id=f"{self._prefix}{name}", group=self._config.group_id,
            read_committed=self._committed,
        )

    def _offsets(self) -> OffsetStore:
        shared = JournalOffsets(self._journal(self._config.offset_storage_topic, "offsets"))
        return LayeredOffsets(shared, self._own_offsets, self._config.offset_storage_topic)

    def _own_offsets(self, topic: str, connector: Mapping[str, str]) -> OffsetStore:
        """The store of a connector's own topic, which may be in another cluster."""
        props = self._config.props
        writer = TopicWriter(connector_producer(props, connector).settings, f"{self._prefix}own-offsets-writer")
        journal = KafkaJournal(
            topic, connector_consumer(props, connector).settings,
            clients.admin(connector_consumer(props, connector).settings, f"{self._prefix}own-offsets-admin"), writer,
            client_id=f"{self._prefix}own-offsets", group=self._config.group_id, read_committed=self._committed, owns_writer=True,
        )
        return JournalOffsets(journal)

    async def _wait_for_kafka(self) -> str:
        where = ",".join(self._config.bootstrap_servers)
        delay = _FIRST_RETRY
        while True:
            self._herder.starting(f"waiting for Kafka at {where}")
            try:
                cluster = await clients.cluster_id(self._admin)
                for topic in internal_topics(self._config):
                    made = await ensure(self._admin, topic)
                    logger.info("%s topic %s: %s", topic.purpose, topic.name, "created" if made else "found")
                return cluster
            except RetriableError as e:
                logger.warning("waiting for Kafka at %s: %s Trying again in %g s", where, e, delay)
                self._herder.starting(f"waiting for Kafka at {where}: {e}")
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LAST_RETRY)


    async def stop(self) -> None:
        """Stop everything that was started."""
        self._herder.stopping()
        if self.loop is not None:
            await self.loop.stop()
        else:
            await self._supervision.close()
        if self._writer is not None:
            await self._writer.close()
