"""The producer's thread: takes batches from the accumulator, sends them, learns what became of them.

Where records come singly, waking this thread for each batch, and again for its answer, costs more than the batch. So while no
more is at hand than what was just taken, whoever brought it sends it (:meth:`Sender.stir`) and reads the answers that have come
by the time it asks for news (:meth:`Sender.look`). The thread then only looks once a second, and goes on by itself as soon as
anything must wait.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from functools import partial

from connect.kafka.core.accumulator import Accumulator, Open
from connect.kafka.produce.batches import COMPRESSIONS, pieces
from connect.kafka.produce.cluster import Cluster
from connect.kafka.produce.inquiry import Inquiry
from connect.kafka.produce.links import Link
from connect.kafka.produce.news import Delivered, Fatal, Gone, News, Refused, Trouble
from connect.kafka.produce.outcomes import UNKNOWN_SERVER_ERROR, Outcome
from connect.kafka.produce.protocol import PartitionAnswer, produce_parts, read_produce
from connect.kafka.produce.queues import Batch, PartitionQueue, settle
from connect.kafka.produce.settings import ProducerSettings
from connect.kafka.produce.traffic import Traffic

__all__ = ["Sender"]

_log = logging.getLogger(__name__)

_REQUEST_BYTES = 4 << 20
"""A request holds batches of several partitions up to this."""
_IDLE = 1.0
_ANSWER = 0.0005
"""Hardly a broker answers sooner; an answer that does is seen at the next look."""
_SHORT = 0.001
"""A linger time that need not be kept to."""
_FORGOTTEN = 600.0
"""Seconds after which a broker may have forgotten a producer (``producer.id.expiration.ms`` is a day, or less)."""
_TOO_LARGE = (10, 18)
_LEAST = 16 << 10
"""Batches are not made smaller than this because they were refused; they are still split."""
_NETWORK_EXCEPTION, _ORDER = 13, 45
_TRANSPORT = -195

Place = tuple[str, int]
Sending = list[tuple[PartitionQueue, Batch]]


class Sender(threading.Thread):
    """Sends until :meth:`close`. ``lock`` is held around every use of the accumulator, here and elsewhere. What happens is
    appended to ``news``, and ``told`` is set."""

    def __init__(self, settings: ProducerSettings, client_id: str, accumulator: Accumulator, lock: threading.Lock) -> None:
        super().__init__(name=f"kafka-sender-{client_id}", daemon=True)
        self.news: deque[News] = deque()
        self.told = threading.Event()
        self.eager = False
        """Whether batches go as soon as they have a record, unless more linger is asked for than :data:`_SHORT`."""
        self._settings = settings
        self._client_id = client_id
        self._accumulator = accumulator
        self._lock = lock
        self._sealed, self._touched = accumulator.queues()
        self._wanted: deque[str] = deque()
        self._cluster = Cluster(settings.refresh, settings.propagation, settings.backoff)
        self._traffic = Traffic(
            settings, client_id, lambda text: self._tell(Trouble(_TRANSPORT, text)), lambda now: self._cluster.doubt(now))
        self._links = self._traffic.links
        self._queues: dict[Place, PartitionQueue] = {}
        self._active: dict[Place, PartitionQueue] = {}
        self._opens: deque[tuple[float, Open]] = deque()
        self._held: dict[Place, Open] = {}
        self._inquiry = Inquiry(settings, client_id, self._cluster, self._links, self._traffic.request,
                                self._learned, self._heard)
        self._turn = itertools.count()
        self._fatal = False
        self._closing = False
        self._sleeping = False
        self._turn_lock = threading.Lock()
        """Held by the one who works; the accumulator's may be taken inside it."""
        self._attended = False
        self._worked = 0.0
        """When somebody last worked in the thread's place."""
        self._compression = COMPRESSIONS.get(settings.compression)

    # -- called by others

    def want(self, topic: str) -> None:
        """Find out about a topic; the accumulator knows it some time later."""
        self._wanted.append(topic)
        self._traffic.wake()

    def stir(self) -> None:
        """The accumulator has something new: send it, or have it sent."""
        if not self._sleeping or not (self._touched or self._sealed):
            return  # the thread looks once more before it sleeps
        if self._at_once() and self._turn_lock.acquire(blocking=False):
            self._attended = False
            self._work()
        else:
            self._traffic.wake()

    def look(self) -> None:
        """Read the answers that have come, where the thread does not listen to them. Not so soon after something was sent that
        there can be none."""
        if (not self._traffic.listening and time.monotonic() - self._worked >= _ANSWER
                and self._turn_lock.acquire(blocking=False)):
            self._work()

    def attend(self) -> None:
        """Somebody waits for news: the thread listens for it."""
        if not self._traffic.listening:
            self._attended = True
            self._traffic.wake()

    def close(self) -> None:
        """Give up what is in flight and end, within a moment."""
        self._closing = True
        self._traffic.wake()
        self.join(2.0)

    # -- the loop

    def run(self) -> None:
        """The thread."""
        try:
            while not self._closing:
                self._turn_once()
        except Exception as e:  # noqa: BLE001 - the task must hear of it, whatever it is
            self._broken(e)
        finally:
            with self._turn_lock:
                self._fatal = True
                self._traffic.close()

    def _broken(self, error: Exception) -> None:
        _log.error("The producer's thread failed", exc_info=error)
        self._fail(Fatal(UNKNOWN_SERVER_ERROR, f"the producer's thread failed: {type(error).__name__}"))

    def _turn_once(self) -> None:
        with self._turn_lock:
            now = time.monotonic()
            due = [now + _IDLE]
            self._traffic.look(idle=True)
            self._traffic.opened(now)
            self._traffic.overdue(now, due)
            while self._wanted:
                self._cluster.want(self._wanted.popleft(), now)
            if not self._fatal:
                self._inquiry.ask(now, due)
                self._collect(now, due)
                self._send(now, due)
                self._give_up_topics(now)
            self._traffic.listen(self._attended or not self._at_once() or self._inquiry.asking or self._waiting())
            self._sleeping = True
            # What came between the look and the sleep is seen at once.
            fresh = not self._fatal and (self._touched or self._sealed)
            seconds = 0.0 if fresh else max(0.0, min(due) - time.monotonic())
        ready = self._traffic.wait(seconds)
        with self._turn_lock:
            self._sleeping = False
            self._traffic.serve(ready)

    def _at_once(self) -> bool:
        """Whether batches go as soon as they have a record."""
        return self.eager and self._settings.linger <= _SHORT

    def _waiting(self) -> bool:
        """Whether something has still to be sent."""
        return bool(self._active or self._opens or self._held)

    def _work(self) -> None:
        """In the place of the thread, which sleeps, with its lock, which is given back: read, and send what is there."""
        try:
            if self._fatal or self._closing:
                return
            self._traffic.look()
            now = self._worked = time.monotonic()
            self._collect(now, [])
            self._send(now, [])
            if self._waiting():
                self._traffic.wake()
        except Exception as e:  # noqa: BLE001 - as in the thread
            self._broken(e)
        finally:
            self._turn_lock.release()

    def _learned(self, topics: Sequence[str]) -> None:
        with self._lock:
            for topic in topics:
                partitions = self._cluster.partitions(topic)
                if partitions:
                    self._accumulator.topic(topic, partitions, next(self._turn))
        self.told.set()

    # -- batches

    def _queue(self, place: Place) -> PartitionQueue:
        queue = self._queues.get(place)
        if queue is None:
            queue = self._queues[place] = PartitionQueue(*place)
        return queue

    def _collect(self, now: float, due: list[float]) -> None:
        """Batches that are full, and those whose time has come."""
        while self._touched:
            opened = self._touched.popleft()
            self._opens.append((opened.since, opened))
        linger = self._settings.linger
        if self._at_once():
            linger = 0.0
        ripe = []
        while self._opens and self._opens[0][0] + linger <= now:
            since, opened = self._opens.popleft()
            # One that was full meanwhile and took records again stands here a second time.
            if opened.since == since:
                ripe.append(opened)
        if self._opens:
            due.append(self._opens[0][0] + linger)
        self._take_sealed()
        with self._lock:
            for opened in ripe:
                place = (opened.topic, opened.partition)
                queue = self._queues.get(place)
                if queue is not None and queue.waiting:
                    # It grows until what is in front of it has gone.
                    self._held[place] = opened
                else:
                    self._accumulator.seal(opened)
        self._take_sealed()

    def _take_sealed(self) -> None:
        while self._sealed:
            sealed = self._sealed.popleft()
            place = (sealed.topic, sealed.partition)
            queue = self._queue(place)
            if not len(queue) and time.monotonic() - queue.used > _FORGOTTEN:
                queue.forgotten()
            queue.add(sealed)
            self._active[place] = queue

    def _send(self, now: float, due: list[float]) -> None:
        if self._inquiry.producer is None:
            return
        for _ in range(self._settings.in_flight):
            requests: dict[Link, Sending] = {}
            sizes: dict[Link, int] = {}
            for place, queue in list(self._active.items()):
                batch = queue.sendable()
                if batch is None:
                    if not queue.waiting and not queue.back:
                        del self._active[place]
                    continue
                if queue.not_before > now:
                    due.append(queue.not_before)
                    continue
                link = self._leading(place, now, due)
                size = len(batch.sealed.records)
                if link is None or sizes.get(link, 0) + size > max(_REQUEST_BYTES, size):
                    continue
                sizes[link] = sizes.get(link, 0) + size
                requests.setdefault(link, []).append((queue, batch))
            if not requests:
                return
            for link, sending in requests.items():
                self._produce(link, sending)

    def _leading(self, place: Place, now: float, due: list[float]) -> Link | None:
        """The open link to the partition's leader when it may take one request more."""
        leader = self._cluster.leader(*place)
        if leader is None:
            if not self._cluster.want(place[0], now):
                self._cluster.doubt(now)
            # When that has come the question is on its way, or waits for a connection: the answer or the connection wakes.
            if (at := self._cluster.due()) is not None and at > now:
                due.append(at)
            return None
        link = self._links.to(self._cluster.brokers[leader])
        if link.connection is None:
            self._links.open(link, now)
            if link.not_before > now:
                due.append(link.not_before)
            return None
        return link if link.connection.asked < self._settings.in_flight else None

    def _produce(self, link: Link, sending: Sending) -> None:
        connection, producer = link.connection, self._inquiry.producer
        if connection is None or producer is None:
            return
        parts = []
        for queue, batch in sending:
            queue.sent(batch)
            sealed = batch.sealed
            if batch.body is None:
                batch.body = sealed.records
                if self._compression is not None:
                    batch.body = self._compression.compress(sealed.records, self._settings.level)
                    batch.compression = self._compression.number
            parts.append((queue.topic, queue.partition, pieces(
                batch.body, sealed.count, sealed.first_ms, sealed.last_ms, batch.compression, producer, batch.sequence)))
            self._release(queue)
        number = connection.correlation()
        timeout = int(self._settings.request_timeout * 1000)
        message = produce_parts(connection.produce_version, number, self._client_id, timeout, parts)
        # The broker is to give up first.
        self._traffic.request(
            link, connection, number, message, partial(self._answered, connection.produce_version, sending), 1.0)

    def _release(self, queue: PartitionQueue) -> None:
        """An open batch that was held may go when nothing waits in front of it."""
        if not queue.waiting and self._held:
            opened = self._held.pop((queue.topic, queue.partition), None)
            if opened is not None:
                with self._lock:
                    self._accumulator.seal(opened)
                self._take_sealed()

    def _answered(self, version: int, sending: Sending, answer: bytes | None) -> None:
        found: dict[Place, PartitionAnswer] = {}
        if answer is not None:
            found = {(a.topic, a.partition): a for a in read_produce(version, answer)}
        now = time.monotonic()
        for queue, batch in sending:
            place = (queue.topic, queue.partition)
            queue.used = now
            told = found.get(place)
            if told is None:
                queue.returned(batch)
                self._again(queue, batch, now)
            else:
                self._settle(queue, batch, told, now)
            if queue.waiting or queue.back:
                self._active[place] = queue
        self.told.set()

    def _again(self, queue: PartitionQueue, batch: Batch, now: float) -> None:
        """Send again what came back, after a while."""
        queue.not_before = now + min(self._settings.backoff * 2.0 ** min(batch.tries - 1, 6), 1.0)

    def _settle(self, queue: PartitionQueue, batch: Batch, told: PartitionAnswer, now: float) -> None:
        outcome = settle(queue, batch, told.error)
        if outcome is Outcome.DONE:
            self.news.append(Delivered(batch.sealed))
        elif outcome is Outcome.REFUSED:
            self.news.append(Refused(batch.sealed, told.error, told.text))
        elif outcome is Outcome.FATAL:
            self._fail(Fatal(told.error, told.text))
        elif outcome is Outcome.SPLIT:
            if told.error in _TOO_LARGE:
                # What the topic takes is learned from its refusals: else every batch would be sent twice.
                half = max(_LEAST, len(batch.sealed.records) // 2)
                with self._lock:
                    self._accumulator.batch_size = min(self._accumulator.batch_size, half)
        else:
            if outcome is Outcome.MOVED:
                self._cluster.doubt(now)
            if told.error not in (_NETWORK_EXCEPTION, _ORDER):
                self._tell(Trouble(told.error, f"topic {queue.topic}, partition {queue.partition}; it is tried again"))
            self._again(queue, batch, now)

    def _give_up_topics(self, now: float) -> None:
        """Topics that do not come: their records are refused."""
        for topic, error in self._cluster.lost(now).items():
            for queue in [q for (name, _), q in self._queues.items() if name == topic]:
                for batch in queue.give_up():
                    self.news.append(Refused(batch.sealed, error, ""))
                self._release(queue)
            self._tell(Gone(topic, error))

    def _heard(self, news: Trouble | Fatal) -> None:
        if isinstance(news, Fatal):
            self._fail(news)
        else:
            self._tell(news)

    def _fail(self, news: Fatal) -> None:
        if not self._fatal:
            self._fatal = True
            self._tell(news)

    def _tell(self, news: News) -> None:
        self.news.append(news)
        self.told.set()
