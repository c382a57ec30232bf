"""Where a connector's offsets are: read at the start of its task, and the writer for later."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from connect.api.errors import ConfigError
from connect.api.records import Offset, Partition
from connect.config.clients import connector_admin, connector_consumer, connector_producer, internal_client
from connect.kafka import clients
from connect.kafka.topics import InternalTopic, ensure
from connect.stores.offsets import read_offsets
from connect.tasks.offset_writer import CopyingOffsetWriter, FileOffsetWriter, OffsetWriter, TopicOffsetWriter, read_offsets_file
from connect.tasks.settings import TaskSettings, worker_value
from connect.tasks.spec import TaskKey

__all__ = ["OffsetStorage"]

_READ = 30.0


class OffsetStorage:
    """The worker's offsets topic, with the connector's own in front of it where one is named; or a standalone worker's file."""

    def __init__(self, key: TaskKey, settings: TaskSettings) -> None:
        """Raises ConfigError when the worker names neither topic nor file."""
        if settings.offsets_topic is None and settings.offsets_file is None:
            text = 'Missing required configuration "offset.storage.topic" (standalone: "offset.storage.file.filename").'
            raise ConfigError({"offset.storage.topic": [text]})
        self._key = key
        self._settings = settings

    def read(self) -> Sequence[tuple[Partition, Offset]]:
        """The stored offsets of the connector. Blocks. Raises RetriableError when Kafka does not answer, ConnectError."""
        settings, name = self._settings, self._key.connector
        if settings.offsets_topic is None:
            return read_offsets_file(Path(str(settings.offsets_file)), name)
        group = settings.worker.get("group.id", "connect")
        shared = internal_client(settings.worker, "consumer").settings
        found = read_offsets(shared, settings.offsets_topic, name, group=group, timeout=_READ)
        own = settings.own_offsets_topic
        if own is None:
            return found
        self._make(own)
        config = connector_consumer(settings.worker, settings.connector).settings
        newest = {json.dumps(p): (p, o) for p, o in found}
        newest |= {json.dumps(p): (p, o) for p, o in read_offsets(config, own, name, group=group, timeout=_READ)}
        return list(newest.values())

    def _make(self, topic: str) -> None:
        settings = self._settings
        admin = clients.admin(
            connector_admin(settings.worker, settings.connector).settings, f"connector-adminclient-{self._key}")
        partitions = int(worker_value(settings.worker, "offset.storage.partitions"))
        replicas = int(worker_value(settings.worker, "offset.storage.replication.factor"))
        asyncio.run(ensure(admin, InternalTopic("offset", topic, partitions, replicas)))

    def writer(self) -> OffsetWriter:
        """A writer."""
        settings, name = self._settings, self._key.connector
        if settings.offsets_topic is None:
            return FileOffsetWriter(Path(str(settings.offsets_file)), name)
        client = f"connector-offsets-{self._key}"
        shared = TopicOffsetWriter(internal_client(settings.worker, "producer").settings, settings.offsets_topic, name, client)
        own = settings.own_offsets_topic
        if own is None:
            return shared
        config = connector_producer(settings.worker, settings.connector).settings
        return CopyingOffsetWriter(TopicOffsetWriter(config, own, name, f"{client}-own"), shared)
