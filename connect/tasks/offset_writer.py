"""Where a task's offsets go: the offsets topic, or a file for a standalone worker. Both write without blocking the loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from confluent_kafka import Producer

from connect.api.errors import ConnectError
from connect.api.records import Offset, Partition
from connect.kafka import clients
from connect.stores.offset_file import FileOffsets
from connect.stores.offsets import offset_key, offset_value
from connect.tasks.producer import ClientError, ProduceError

__all__ = ["CopyingOffsetWriter", "FileOffsetWriter", "OffsetWriter", "TopicOffsetWriter", "read_offsets_file"]

_log = logging.getLogger(__name__)

_TOPIC_PRODUCER: Mapping[str, Any] = {
    "enable.idempotence": True,
    "acks": "all",
    "message.timeout.ms": 0,
    "linger.ms": 0,
    "reconnect.backoff.max.ms": 2_000,
}


class OffsetWriter(Protocol):
    """One write at a time: ``begin``, then ``poll`` until it is True."""

    def begin(self, offsets: Sequence[tuple[Partition, Offset]]) -> None:
        """Start to write. Raises ConnectError when that cannot be."""
        ...

    def poll(self, seconds: float = 0.0) -> bool:
        """Serve, waiting at most so long; True when everything is stored for good. Raises ConnectError when it was refused:
        nothing may be taken as stored then, and ``begin`` may be called again."""
        ...

    def close(self) -> None:
        """Give up what is not written."""
        ...


class TopicOffsetWriter:
    """Writes to the offsets topic with a small producer of its own, made at the first write.

    Of its own because data and offsets may live in different clusters (``producer.override.bootstrap.servers``), and so that
    an offset never waits behind a full data queue.
    """

    def __init__(self, config: Mapping[str, Any], topic: str, connector: str, client_id: str) -> None:
        """``config``: the worker's librdkafka properties."""
        self._client_id = client_id
        self._config = {**config, **_TOPIC_PRODUCER}
        self._topic = topic
        self._connector = connector
        self._producer: Producer | None = None
        self._waiting = 0
        self._error: ClientError | None = None

    def begin(self, offsets: Sequence[tuple[Partition, Offset]]) -> None:
        """See OffsetWriter."""
        if self._producer is None:
            self._producer = clients.producer(self._config, self._client_id)
        self._error = None
        for partition, offset in offsets:
            key, value = offset_key(self._connector, partition), offset_value(offset)
            try:
                self._producer.produce(self._topic, value=value, key=key, on_delivery=self._delivered)
            except (ProduceError, BufferError) as e:
                raise ConnectError(f"Offsets cannot be written to topic {self._topic}: {e}") from e
            self._waiting += 1

    def _delivered(self, error: ClientError | None, _message: Any) -> None:
        self._waiting -= 1
        if error is not None:
            self._error = error

    def poll(self, seconds: float = 0.0) -> bool:
        """See OffsetWriter."""
        if self._producer is None:
            return True
        self._producer.poll(seconds)
        if self._waiting:
            return False
        if self._error is not None:
            error, self._error = self._error, None
            raise ConnectError(f"Kafka refused an offset for topic {self._topic} ({error.name()}: {error.str()}). "
                               "Check that the topic exists and that the worker's user may write to it")
        return True

    def close(self) -> None:
        """See OffsetWriter."""
        if self._producer is not None:
            self._producer.purge(in_queue=True, in_flight=True, blocking=False)
            self._producer.poll(0)


class CopyingOffsetWriter:
    """Writes to a connector's own offsets topic, and copies what is stored there to the worker's, which is not waited for."""

    def __init__(self, own: OffsetWriter, copy: OffsetWriter) -> None:
        self._own = own
        self._copy = copy
        self._offsets: Sequence[tuple[Partition, Offset]] = ()

    def begin(self, offsets: Sequence[tuple[Partition, Offset]]) -> None:
        """See OffsetWriter."""
        self._offsets = offsets
        self._own.begin(offsets)

    def poll(self, seconds: float = 0.0) -> bool:
        """See OffsetWriter."""
        if not self._own.poll(seconds):
            return False
        offsets, self._offsets = self._offsets, ()
        try:
            if offsets:
                self._copy.begin(offsets)
            self._copy.poll()
        except ConnectError as e:
            _log.warning("The copy of the offsets in the worker's topic is not up to date: %s", e)
        return True

    def close(self) -> None:
        """See OffsetWriter."""
        self._own.close()
        self._copy.close()


class FileOffsetWriter:
    """Writes to the file of a standalone worker (see :mod:`connect.stores.offset_file`), which it shares with other tasks."""

    def __init__(self, file: Path, connector: str) -> None:
        self._store = FileOffsets(file)
        self._connector = connector

    def begin(self, offsets: Sequence[tuple[Partition, Offset]]) -> None:
        """See OffsetWriter. Writes at once."""
        asyncio.run(self._store.change(self._connector, {}, offsets))

    def poll(self, seconds: float = 0.0) -> bool:
        """See OffsetWriter."""
        return True

    def close(self) -> None:
        """See OffsetWriter."""


def read_offsets_file(file: Path, connector: str) -> list[tuple[Partition, Offset]]:
    """The offsets of a connector in that file; empty when there is none. Raises ConnectError when it cannot be read."""
    return list(asyncio.run(FileOffsets(file).of(connector, {})))
