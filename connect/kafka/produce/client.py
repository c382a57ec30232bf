"""What a task sees of the producer: batches of records in, acknowledgements out; all callbacks in the task's own thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException

from connect.api.records import Serialized
from connect.kafka.core.accumulator import PARTITION, SIZE, TAKEN, TOPIC, Accumulator
from connect.kafka.core.pour import PourSink
from connect.kafka.produce.batches import messages
from connect.kafka.produce.news import Delivered, Fatal, Gone, News, Refused, Trouble
from connect.kafka.produce.sender import Sender
from connect.kafka.produce.settings import ProducerSettings

__all__ = ["Owner", "Producer"]

class Owner(Protocol):
    """Whose records they are. Its methods are called by :meth:`Producer.poll`, in the order in which batches are answered."""

    def acknowledged(self, count: int) -> None:
        """So many more of its records are with the broker."""
        ...

    def refused(self, error: KafkaError, message: Any) -> None:
        """One of its records never will be."""
        ...


class Producer:
    """An idempotent producer with a thread of its own for the network. ``on_error`` is told of passing troubles, by ``poll``.

    Every method is called by one thread. Raises ValueError for properties that cannot be read.
    """

    def __init__(self, config: Mapping[str, Any], client_id: str, on_error: Callable[[KafkaError], None]) -> None:
        settings = ProducerSettings.of(config)
        self.fatal: KafkaError | None = None
        """The error after which it delivers nothing more."""
        self._on_error = on_error
        self._lock = threading.Lock()
        self._accumulator = Accumulator(settings.batch_size, settings.largest, settings.most_bytes, settings.most_records)
        self._sender = Sender(settings, client_id, self._accumulator, self._lock)
        self.held = False
        self._gone: dict[str, KafkaError] = {}
        self.sink = PourSink(self._accumulator, self._lock)
        """Records that are written straight into batches; :meth:`poured` is to be called after some."""
        self._sender.start()

    def __len__(self) -> int:
        """Records that were taken and are neither acknowledged nor refused, as far as ``poll`` has told."""
        return int(self._accumulator.records)

    def send(self, records: list[Serialized], begin: int, owner: Owner) -> tuple[int, int]:
        """Take records from ``begin`` on, in order; how many, and their bytes.

        Fewer than all: name the next one's topic with :meth:`topic`, or call ``poll`` with a time to wait, and send the rest.
        Raises KafkaException for the first record when it can never be sent.
        """
        accumulator = self._accumulator
        with self._lock:
            taken = accumulator.extend(records, begin, owner, int(time.time() * 1000), time.monotonic())
            why, size = accumulator.why, accumulator.taken_bytes
        self._sender.stir()
        self.held = why == TOPIC and not taken
        if why != TAKEN and not taken:
            self._obstacle(why, records[begin].topic)
        return taken, size

    def poured(self) -> str:
        """Records were put into ``sink``. When it cannot take the next one: its topic, else an empty text; what is to be done is
        as for ``send``. Raises KafkaException when the next one can never be sent."""
        self._sender.stir()
        sink = self.sink
        self.held = sink.why == TOPIC
        if sink.why == TAKEN:
            return ""
        self._obstacle(sink.why, sink.topic)
        return str(sink.topic)

    def _obstacle(self, why: int, topic: str) -> None:
        if why == SIZE:
            raise KafkaException(KafkaError(
                KafkaError.MSG_SIZE_TOO_LARGE, f"it is larger than max.request.size={self._accumulator.largest}"))
        if why == PARTITION:
            raise KafkaException(KafkaError(KafkaError._UNKNOWN_PARTITION, f"topic {topic}"))
        if why == TOPIC:
            gone = self._gone.pop(topic, None)
            if gone is not None:
                self._sender.want(topic)
                raise KafkaException(gone)

    def topic(self, name: str) -> None:
        """Records of this topic will be sent; they are taken as soon as its partitions are known."""
        self._sender.want(name)

    def eager(self, now: bool) -> None:
        """Whether what is taken next is to be sent at once, and not when ``linger.ms`` have passed: no more is at hand. Ignored
        where more than a millisecond is asked for, which is somebody's wish."""
        self._sender.eager = now

    def poll(self, seconds: float = 0.0) -> int:
        """Tell owners what became of their records, waiting at most so long for something to tell; how many batches."""
        sender = self._sender
        sender.look()
        if not sender.news and seconds:
            sender.attend()
            sender.told.wait(seconds)
        sender.told.clear()
        served = 0
        while sender.news:
            served += self._tell(sender.news.popleft())
        return served

    def _tell(self, news: News) -> int:
        if isinstance(news, Delivered):
            sealed = news.sealed
            for owner, count in zip(sealed.owners, sealed.counts, strict=True):
                owner.acknowledged(count)
        elif isinstance(news, Refused):
            sealed = news.sealed
            error = KafkaError(news.code, news.text) if news.text else KafkaError(news.code)
            whose = (o for o, n in zip(sealed.owners, sealed.counts, strict=True) for _ in range(n))
            for owner, message in zip(whose, messages(sealed), strict=True):
                owner.refused(error, message)
        elif isinstance(news, Gone):
            self._gone[news.topic] = KafkaError(news.code)
            return 0
        elif isinstance(news, Trouble):
            self._on_error(KafkaError(news.code, news.text))
            return 0
        else:
            assert isinstance(news, Fatal)
            self.fatal = KafkaError(news.code, news.text, fatal=True) if news.text else KafkaError(news.code, fatal=True)
            self._on_error(self.fatal)
            return 0
        with self._lock:
            self._accumulator.give_back(sealed.count, sealed.charge)
        return 1

    def drop(self) -> None:
        """Give up what is in flight and end."""
        self._sender.close()
