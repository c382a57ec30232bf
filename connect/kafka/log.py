"""A compacted topic as a log: everything from the beginning, then whatever comes, as calls in the event loop.

What Kafka Connect calls a Kafka-based log: all partitions, no group, nothing committed. A thread of its own reads; the
loop never waits for Kafka. Broker restarts are survived by waiting; what the reader meets meanwhile is told by
:attr:`TopicLog.trouble`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, IsolationLevel, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from connect.api.errors import ConnectError, RetriableError
from connect.kafka import clients
from connect.kafka.reader import partitions_of, take

__all__ = ["LogRecord", "TopicLog"]

logger = logging.getLogger(__name__)
_BATCHES_AHEAD = 8
_PASSING = {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT, KafkaError._RESOLVE}


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record as read."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    """Milliseconds, -1 when there is none."""


class TopicLog:
    """Reads one topic. Made and used in the event loop; ``on_record`` is called there, in order within a partition.

    An exception from ``on_record`` is logged with the record's place and the record is passed over.
    """

    def __init__(
        self,
        topic: str,
        properties: Mapping[str, Any],
        admin: AdminClient,
        on_record: Callable[[LogRecord], None],
        *,
        client_id: str,
        group: str,
        read_committed: bool = False,
    ) -> None:
        self.topic = topic
        self.trouble: str | None = None
        """What keeps the reader from reading at the moment, or None."""
        self._properties = {**properties, "isolation.level": "read_committed" if read_committed else "read_uncommitted"}
        self._admin = admin
        self._on_record = on_record
        self._client_id = client_id
        self._group = group
        self._loop = asyncio.get_running_loop()
        self._stopping = threading.Event()
        self._room = threading.Semaphore(_BATCHES_AHEAD)
        self._thread: threading.Thread | None = None
        self._positions: dict[int, int] = {}
        self._moved = asyncio.Event()

    async def start(self, timeout: float = 60.0) -> None:
        """Start reading and return when everything that is there has been given to ``on_record``.

        Raises ConnectError when there is no such topic, RetriableError when Kafka does not answer within ``timeout`` seconds.
        """
        partitions = await asyncio.to_thread(partitions_of, self._admin, self.topic, min(timeout, 10.0))
        if not partitions:
            raise ConnectError(f"topic {self.topic} does not exist")
        reader = clients.consumer(self._properties, self._client_id, self._group)
        reader.assign([TopicPartition(self.topic, p, OFFSET_BEGINNING) for p in partitions])
        self._positions = dict.fromkeys(partitions, 0)
        self._thread = threading.Thread(target=self._read, args=(reader,), name=self._client_id, daemon=True)
        self._thread.start()
        await self.read_to_end(timeout)

    async def read_to_end(self, timeout: float = 30.0) -> None:
        """Return when every record that was in the topic at the call has been given to ``on_record``.

        Raises RetriableError when that takes longer than ``timeout`` seconds.
        """
        try:
            async with asyncio.timeout(timeout):
                ends = await self._ends_once_there(timeout)
                while any(self._positions.get(p, 0) < end for p, end in ends.items()):
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            why = f": {self.trouble}" if self.trouble else ""
            raise clients.KafkaUnavailableError(
                f"reading topic {self.topic} to its end took longer than {timeout:g} s{why}. Check that the brokers run."
            ) from None

    async def _ends_once_there(self, timeout: float) -> dict[int, int]:
        while True:
            try:
                return await self._ends(timeout)
            except RetriableError as e:
                self.trouble = str(e)  # a new topic has no leader for a moment, a broker restarts
                await asyncio.sleep(0.2)

    async def _ends(self, timeout: float) -> dict[int, int]:
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        asked = {TopicPartition(self.topic, p): latest for p in self._positions}
        try:
            answers = self._admin.list_offsets(
                asked, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=max(1.0, timeout)
            )
            return {tp.partition: (await asyncio.wrap_future(f)).offset for tp, f in answers.items()}
        except KafkaException as e:
            raise clients.failure(e, f"looking up the end of topic {self.topic}") from e

    def _read(self, reader: Consumer) -> None:
        try:
            while not self._stopping.is_set():
                try:
                    messages = take(reader, 0.5)
                except KafkaException as e:
                    messages = []
                    self._tell(str(e))
                if messages:
                    self._hand_over(messages)
        finally:
            reader.close()

    def _hand_over(self, messages: Sequence[Message]) -> None:
        records: list[LogRecord] = []
        positions: dict[int, int] = {}
        trouble: str | None = None
        for m in messages:
            error, partition, offset = m.error(), m.partition(), m.offset()
            if error is None and partition is not None and offset is not None:
                records.append(LogRecord(partition, offset, m.key(), m.value(), m.timestamp()[1]))
                positions[partition] = offset + 1
            elif error is not None and error.code() == KafkaError._PARTITION_EOF and partition is not None and offset is not None:
                # Also past transaction markers, which are no records.
                positions[partition] = max(offset, positions.get(partition, 0))
            elif error is not None:
                trouble = f"{error.str()} ({error.name()})"
        if trouble:
            self._tell(trouble)
            if not records and not positions:
                self._stopping.wait(0.2)
                return
        while not self._room.acquire(timeout=0.5):
            if self._stopping.is_set():
                return
        self._call(self._deliver, records, positions)

    def _call(self, function: Callable[..., None], *args: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *args)
        except RuntimeError:  # the loop is closed
            self._stopping.set()

    def _tell(self, trouble: str) -> None:
        def tell() -> None:
            if self.trouble != trouble:
                logger.warning("reading topic %s: %s; trying again", self.topic, trouble)
            self.trouble = trouble

        self._call(tell)

    def _deliver(self, records: Sequence[LogRecord], positions: Mapping[int, int]) -> None:
        self._room.release()
        self.trouble = None
        for record in records:
            try:
                self._on_record(record)
            except Exception:
                logger.exception("passed over: topic %s, partition %d, offset %d", self.topic, record.partition, record.offset)
        for p, position in positions.items():
            self._positions[p] = max(self._positions.get(p, 0), position)
        self._moved.set()

    async def stop(self) -> None:
        """End the reading thread; ``on_record`` is not called any more."""
        self._stopping.set()
        self._on_record = _ignore
        if self._thread:
            await asyncio.to_thread(self._thread.join, 5.0)


def _ignore(_record: LogRecord) -> None:
    """After the end."""
