"""The producer through faults: every record exactly once and in order; it never hangs, spins or leaves anything behind."""

from __future__ import annotations

import random
import select
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaError

from connect.kafka.produce.sender import Sender
from devstack.stack import Stack
from tests.integration.kafka.producing import Sending, Topics, numbers, rows, sending
from tests.proxy import Proxy
from tests.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.slow]


class Faulty(Proxy):
    """Cuts connections in the middle of a request or an answer, at positions by chance; or holds answers back."""

    def __init__(self) -> None:
        self.chance = random.Random(11)
        self.cutting = self.holding = False
        self.cuts = 0
        self._left = {True: 1000, False: 40}
        super().__init__("127.0.0.1", 1)

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        answer = any(source is far for _, far in self._pairs)
        if answer and self.holding:
            select.select([], [], [], 0.01)
            return
        if not self.cutting:
            super()._forward(source, target)
            return
        try:
            data = source.recv(65536)
            part = data[:self._left[not answer]]
            target.sendall(part)
            self._left[not answer] -= len(data)
        except OSError:
            part = data = b""
        if not data or self._left[not answer] <= 0:
            self.cuts += bool(data)
            self._left = {True: self.chance.randint(1, 200_000), False: self.chance.randint(1, 8_000)}
            with self._lock:
                self._pairs = [p for p in self._pairs if source not in p]
            source.close()
            target.close()


@pytest.fixture(scope="module")
def proxy() -> Iterator[Faulty]:
    with Faulty() as made:
        yield made


@pytest.fixture(scope="module")
def stack(proxy: Faulty) -> Iterator[Stack]:
    settings = {"advertised.listeners": f"PLAINTEXT://127.0.0.1:{proxy.port}", "auto.create.topics.enable": "false"}
    with Stack(["kafka"], settings={"kafka": settings}) as started:
        proxy.target = ("127.0.0.1", started.kafka.port)
        yield started


@pytest.fixture
def topics(stack: Stack, proxy: Faulty) -> Iterator[Topics]:
    made = Topics(f"127.0.0.1:{proxy.port}")
    yield made
    proxy.cutting = proxy.holding = False
    made.close()


def test_connections_that_are_cut_anywhere_lose_double_and_reorder_nothing(topics: Topics, proxy: Faulty) -> None:
    topic = topics.make(3)
    with sending(topics.conf["bootstrap.servers"], batch_size=8_000, retry_backoff_ms=1, reconnect_backoff_ms=1,
                 reconnect_backoff_max_ms=20) as mine:
        proxy.cutting = True
        for first in range(1, 50_000, 3_000):
            mine.send([r._replace(partition=i % 3) for i, r in enumerate(rows(topic, first, min(first + 2_999, 50_000)))])
            mine.producer.poll()
        mine.end()
        proxy.cutting = False
        assert mine.told.count == 50_000
        assert not mine.told.refusals
    assert proxy.cuts > 5
    found = topics.read(topic)
    assert sorted(n for ms in found.values() for n in numbers(ms)) == list(range(1, 50_001))
    assert all(numbers(ms) == sorted(numbers(ms)) for ms in found.values())


def test_answers_that_are_held_back_too_long_are_asked_for_anew(topics: Topics, proxy: Faulty) -> None:
    topic = topics.make()
    with sending(topics.conf["bootstrap.servers"], batch_size=5_000, socket_timeout_ms=300,
                 socket_connection_setup_timeout_ms=500) as mine:
        mine.send(rows(topic, 1, 100))
        mine.end()
        proxy.holding = True
        mine.send(rows(topic, 101, 5_000))
        until(lambda: mine.producer.poll(0.05) or any("no answer" in t for t in mine.troubles), what="the trouble")
        proxy.holding = False
        mine.end()
    assert numbers(topics.read(topic)[0]) == list(range(1, 5_001))


def test_a_broker_that_is_killed_and_comes_back_has_everything_once(stack: Stack, topics: Topics) -> None:
    topic = topics.make()
    with sending(topics.conf["bootstrap.servers"], batch_size=2_000) as mine:
        mine.send(rows(topic, 1, 10_000))
        until(lambda: mine.producer.poll(0.01) and mine.told.count, what="the first acknowledgement")
        stack.kafka.kill()
        mine.send(rows(topic, 10_001, 20_000))
        stack.kafka.start()
        mine.end()
    assert numbers(topics.read(topic)[0]) == list(range(1, 20_001))


def test_a_topic_that_does_not_come_is_given_up_and_one_that_comes_is_used(topics: Topics) -> None:
    name = "late-" + topics.make()
    with sending(topics.conf["bootstrap.servers"], topic_metadata_propagation_max_ms=200) as mine:
        mine.send(rows(name, 1, 1))
        assert mine.told.refusals == [(KafkaError.UNKNOWN_TOPIC_OR_PART, b"1")]
        topics.make(name=name)
        mine.send(rows(name, 2, 100))
        mine.end()
    assert numbers(topics.read(name)[0]) == list(range(2, 101))


def test_a_topic_that_is_deleted_and_made_again_gets_what_waited(topics: Topics) -> None:
    topic = topics.make()
    with sending(topics.conf["bootstrap.servers"], batch_size=2_000) as mine:
        mine.send(rows(topic, 1, 1_000))
        mine.end()
        topics.delete(topic)
        mine.send(rows(topic, 1_001, 3_000))
        until(lambda: mine.producer.poll(0.05) or mine.troubles, what="the trouble")
        assert mine.told.count == 1_000
        topics.make(name=topic)
        mine.send(rows(topic, 3_001, 4_000))
        mine.end()
        assert not mine.told.refusals
    assert numbers(topics.read(topic)[0]) == list(range(1_001, 4_001))


def test_a_topic_that_stays_deleted_refuses_all_that_waits(topics: Topics) -> None:
    topic = topics.make()
    with sending(topics.conf["bootstrap.servers"], batch_size=2_000, topic_metadata_propagation_max_ms=300) as mine:
        mine.send(rows(topic, 1, 10))
        mine.end()
        topics.delete(topic)
        mine.send(rows(topic, 11, 1_000))
        mine.end()
        assert [int(v or b"") for _, v in mine.told.refusals] == list(range(11, 1_001))


# -- without a broker


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


class Server:
    """Accepts everyone and says the same to everyone; None says nothing."""

    def __init__(self, answer: bytes | None) -> None:
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.bootstrap = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._kept: list[socket.socket] = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                one, _ = self._socket.accept()
            except OSError:
                return
            self._kept.append(one)
            if self._answer is not None:
                one.recv(100)
                one.sendall(self._answer)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for one in self._kept:
            one.close()


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x03\x00\x02\x02\x28"])
def test_a_server_that_does_not_speak_plain_kafka_is_named(answer: bytes) -> None:
    server = Server(answer)
    with sending(server.bootstrap) as mine:
        mine.producer.topic("t")
        until(lambda: mine.producer.poll(0.05) or mine.troubles, what="the trouble")
        assert mine.troubles[0].startswith(f"{server.bootstrap}: ")
        assert "does not speak Kafka's protocol without TLS" in mine.troubles[0]
    server.close()


def test_an_address_that_is_none_is_told_and_the_others_are_used(topics: Topics) -> None:
    topic = topics.make()
    with sending(f"a..b:9092,127.0.0.1:70000,{topics.conf['bootstrap.servers']}") as mine:
        mine.send(rows(topic, 1, 10))
        mine.end()


def _turns(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Gets an element for each turn that a sender's thread takes from now on."""
    turns: list[int] = []
    turn = Sender._turn_once

    def counted(self: Sender) -> None:
        turns.append(1)
        turn(self)

    monkeypatch.setattr(Sender, "_turn_once", counted)
    return turns


def test_without_a_broker_the_thread_sleeps(monkeypatch: pytest.MonkeyPatch, stack: Stack, topics: Topics) -> None:
    """Also while a partition that has records waits for a leader."""
    topic = topics.make()
    with sending(topics.conf["bootstrap.servers"], reconnect_backoff_ms=100, retry_backoff_ms=100) as mine:
        mine.send(rows(topic, 1, 10))
        mine.end()
        mine.producer._sender._cluster._leaders[topic] = (-1,)
        stack.kafka.kill()
        try:
            mine.send(rows(topic, 11, 20))
            until(lambda: mine.producer.poll(0.05) or mine.troubles, what="the trouble")
            turns = _turns(monkeypatch)
            failures = len(mine.troubles)
            until(lambda: mine.producer.poll(0.05) or len(mine.troubles) >= failures + 5, what="five tries")
            assert len(turns) < 15 * (len(mine.troubles) - failures)
        finally:
            monkeypatch.undo()
            stack.kafka.start()
        mine.end()
    assert numbers(topics.read(topic)[0]) == list(range(1, 21))


def _singly(mine: Sending, topic: str, first: int, last: int) -> None:
    """As a task brings them whose source has no more at hand."""
    for record in rows(topic, first, last):
        mine.producer.eager(True)
        mine.send([record])
        mine.producer.poll(0)
        time.sleep(0.003)  # the rate is what is tested: faster, and they would not come singly


def test_records_that_come_singly_do_not_wake_the_thread(monkeypatch: pytest.MonkeyPatch, topics: Topics) -> None:
    topic = topics.make()
    with sending(topics.conf["bootstrap.servers"]) as mine:
        _singly(mine, topic, 1, 10)
        mine.end()
        _singly(mine, topic, 11, 12)  # from here on nobody listens
        turns = _turns(monkeypatch)
        for n in range(13, 113):
            _singly(mine, topic, n, n)
            # By who looks and does not wait. A broker that does not keep up is the thread's work again.
            until(lambda: mine.producer.poll(0) >= 0 and not len(mine.producer), what="the acknowledgement")
        assert len(turns) < 50
    assert mine.told.count == 112
    assert numbers(topics.read(topic)[0]) == list(range(1, 113))


def test_records_that_come_singly_outlive_a_broker(stack: Stack, topics: Topics) -> None:
    topic = topics.make()
    with sending(topics.conf["bootstrap.servers"]) as mine:
        _singly(mine, topic, 1, 50)
        stack.kafka.kill()
        try:
            _singly(mine, topic, 51, 60)
        finally:
            stack.kafka.start()
        _singly(mine, topic, 61, 100)
        mine.end()
    assert mine.told.count == 100
    assert numbers(topics.read(topic)[0]) == list(range(1, 101))


def _held() -> tuple[set[str], int]:
    return {t.name for t in threading.enumerate() if t.name.startswith("kafka-")}, len(list(Path("/proc/self/fd").iterdir()))


def test_nothing_is_left_of_fifty_producers_in_any_state(topics: Topics) -> None:
    silent, topic = Server(None), topics.make()
    places = [topics.conf["bootstrap.servers"], silent.bootstrap, f"127.0.0.1:{_free_port()}"]
    before: tuple[set[str], int] | None = None
    for i in range(51):
        mine = Sending(places[i % 3])
        mine.producer.topic(topic)
        if i % 3 == 0 and i % 2:
            mine.send(rows(topic, 1, 100))
        mine.producer.drop()
        assert not mine.producer._sender.is_alive()
        if before is None:
            until(lambda: not _held()[0], what="the first one's threads to end")
            before = _held()
    del mine
    until(lambda: not _held()[0], 10, "all threads to end")
    silent.close()
    until(lambda: before is not None and _held()[1] <= before[1] + 3, 10, "all sockets to be closed")
