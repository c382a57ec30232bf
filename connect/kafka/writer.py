"""Writes records one by one and tells when each is acknowledged; for the worker's internal topics.

Every record waits for all in-sync replicas, one request at a time, so records of one partition are stored in the order of
the calls. Time-outs are total: what is not acknowledged within them is reported as failed (it may still be there later,
as with any Kafka client; internal topics are compacted, so writing again is harmless).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message

from connect.api.errors import HeadgateError, RetriableError
from connect.kafka import clients

__all__ = ["TopicWriter"]

logger = logging.getLogger(__name__)


class TopicWriter:
    """One producer and the thread that serves it. Made and used in the event loop."""

    def __init__(self, properties: Mapping[str, Any], client_id: str, *, timeout: float = 30.0) -> None:
        """``timeout`` seconds in all for one record."""
        self.timeout = timeout
        self._client_id = client_id
        self._properties = {
            "linger.ms": 0, **properties, "acks": "all", "max.in.flight.requests.per.connection": 1,
            "enable.idempotence": False, "message.timeout.ms": int(timeout * 1000),
        }
        self._loop = asyncio.get_running_loop()
        self._stopping = threading.Event()
        self._producer = clients.producer(self._properties, client_id)
        self._thread = threading.Thread(target=self._serve, name=client_id, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            self._producer.poll(0.5)

    async def send(self, topic: str, key: bytes, value: bytes | None) -> None:
        """Store one record; returns when it is acknowledged.

        Raises RetriableError (a time-out, no broker) or ConnectError (refused for good).
        """
        acknowledged: asyncio.Future[None] = self._loop.create_future()

        def finish(error: HeadgateError | None) -> None:
            if acknowledged.done():
                return
            if error is None:
                acknowledged.set_result(None)
            else:
                acknowledged.set_exception(error)

        def delivered(error: KafkaError | None, _message: Message) -> None:
            ours = clients.failure(error, f"writing to topic {topic} (within {self.timeout:g} s)") if error else None
            try:
                self._loop.call_soon_threadsafe(finish, ours)
            except RuntimeError:  # the loop is closed: nobody waits any more
                logger.debug("a record of topic %s was acknowledged after the loop had ended", topic)

        try:
            self._producer.produce(topic, key=key, value=value, on_delivery=delivered)
        except BufferError:
            raise RetriableError(f"too many records are waiting to be written to topic {topic}") from None
        except KafkaException as e:
            raise clients.failure(e, f"writing to topic {topic}") from e
        try:
            async with asyncio.timeout(self.timeout + 5):
                await acknowledged
        except TimeoutError:
            raise clients.KafkaUnavailableError(
                f"a record for topic {topic} was not acknowledged within {self.timeout:g} s"
            ) from None

    async def close(self, seconds: float = 5.0) -> None:
        """Wait for what is under way, at most so long, and end the thread."""
        await asyncio.to_thread(self._producer.flush, seconds)
        self._stopping.set()
        await asyncio.to_thread(self._thread.join, 2.0)
