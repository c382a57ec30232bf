"""The compacted-topic log, the writer and topics on a real broker."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from confluent_kafka import Producer

from connect.api.errors import ConnectError
from connect.kafka import clients
from connect.kafka.creation import TopicRules
from connect.kafka.log import LogRecord, TopicLog
from connect.kafka.murmur2 import partition_of
from connect.kafka.reader import partitions_of, read_to_end
from connect.kafka.topics import InternalTopic, TopicCreation, TopicError, ensure
from connect.kafka.writer import TopicWriter
from tests.waiting import until

pytestmark = pytest.mark.integration


class Place:
    """A broker, an admin client, and names nobody else uses."""

    def __init__(self, bootstrap: str) -> None:
        self.properties: dict[str, Any] = {"bootstrap.servers": bootstrap}
        self.admin = clients.admin(self.properties, "tests-admin")

    def name(self) -> str:
        return f"kafkatest-{uuid.uuid4().hex[:10]}"

    async def topic(self, partitions: int = 3, purpose: str = "offset") -> str:
        name = self.name()
        assert await ensure(self.admin, InternalTopic(purpose, name, partitions, 1))
        return name


@pytest.fixture(scope="module")
def place(kafka: Any) -> Place:
    return Place(kafka.bootstrap)


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(60):
            await test()

    asyncio.run(main())


def log_of(place: Place, topic: str, got: list[LogRecord], **more: Any) -> TopicLog:
    return TopicLog(topic, place.properties, place.admin, got.append, client_id="tests-log", group="tests", **more)


def test_a_log_begins_with_everything_and_then_follows(place: Place) -> None:
    async def test() -> None:
        topic = await place.topic()
        writer = TopicWriter(place.properties, "tests-writer")
        for i in range(20):
            await writer.send(topic, f"k{i % 7}".encode(), f"{i}".encode())
        got: list[LogRecord] = []
        log = log_of(place, topic, got)
        await log.start()
        assert sorted(int(r.value or b"-1") for r in got) == list(range(20))
        await writer.send(topic, b"k1", None)
        await log.read_to_end()
        assert (got[-1].key, got[-1].value) == (b"k1", None)
        for partition in range(3):
            values = [int(r.value) for r in got if r.partition == partition and r.value]
            assert values == sorted(values)
        await log.stop()
        await writer.close()

    run(test)


def test_reading_to_the_end_of_an_empty_topic_ends(place: Place) -> None:
    async def test() -> None:
        got: list[LogRecord] = []
        log = log_of(place, await place.topic(), got)
        await log.start()
        await log.read_to_end()
        assert got == []
        await log.stop()

    run(test)


def test_keys_go_to_the_partition_that_java_gives_them(place: Place) -> None:
    async def test() -> None:
        topic = await place.topic(25)
        writer = TopicWriter(place.properties, "tests-writer")
        keys = [f'["c{i}",{{"server":"s"}}]'.encode() for i in range(40)]
        for key in keys:
            await writer.send(topic, key, b"{}")
        got: list[LogRecord] = []
        log = log_of(place, topic, got)
        await log.start()
        assert {r.key: r.partition for r in got} == {k: partition_of(k, 25) for k in keys}
        await log.stop()
        await writer.close()

    run(test)


def test_a_committed_reader_reaches_the_end_behind_transaction_markers(place: Place) -> None:
    async def test() -> None:
        topic = await place.topic(1, "config")
        producer = clients.producer({**place.properties, "transactional.id": place.name()}, "tests-transactions")
        await asyncio.to_thread(producer.init_transactions, 30.0)
        for value, end in [(b"committed", producer.commit_transaction), (b"aborted", producer.abort_transaction)]:
            producer.begin_transaction()
            producer.produce(topic, key=b"k", value=value)
            # An abort purges what was not sent yet, and asking the broker to end a transaction that no record has
            # reached is an error: only a record that is in the log can be told as aborted.
            assert await asyncio.to_thread(producer.flush, 30.0) == 0
            await asyncio.to_thread(end, 30.0)
        got: list[LogRecord] = []
        log = log_of(place, topic, got, read_committed=True)
        await log.start()
        await log.read_to_end()
        assert [r.value for r in got] == [b"committed"]
        await log.stop()

    run(test)


def test_a_record_that_on_record_chokes_on_is_passed_over(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        topic = await place.topic(1, "config")
        writer = TopicWriter(place.properties, "tests-writer")
        for value in (b"1", b"bad", b"2"):
            await writer.send(topic, b"k", value)
        got: list[int] = []
        log = TopicLog(topic, place.properties, place.admin, lambda r: got.append(int(r.value or b"")),
                       client_id="l", group="tests")
        await log.start()
        assert got == [1, 2]
        await log.stop()
        await writer.close()

    run(test)
    assert "passed over" in caplog.text
    assert "bad" not in [r.getMessage() for r in caplog.records]


def test_a_log_of_a_topic_that_is_not_there_says_so_and_does_not_make_it(place: Place) -> None:
    async def test() -> None:
        name = place.name()
        with pytest.raises(ConnectError, match=f"topic {name} does not exist"):
            await log_of(place, name, []).start()
        assert partitions_of(place.admin, name, 10.0) == []

    run(test)


def test_a_write_that_nobody_acknowledges_fails_within_its_time_and_names_the_topic() -> None:
    async def test() -> None:
        writer = TopicWriter({"bootstrap.servers": "127.0.0.1:1"}, "tests-writer", timeout=1.0)
        with pytest.raises(clients.KafkaUnavailableError, match="writing to topic nowhere"):
            await writer.send("nowhere", b"k", b"v")
        await writer.close(0.1)

    run(test)


def test_a_record_that_is_too_large_is_refused_for_good(place: Place) -> None:
    async def test() -> None:
        topic = await place.topic()
        writer = TopicWriter({**place.properties, "message.max.bytes": 1000}, "tests-writer")
        with pytest.raises(ConnectError):
            await writer.send(topic, b"k", b"v" * 5000)
        await writer.close()

    run(test)


def test_internal_topics_are_made_once_compacted_and_then_found(place: Place) -> None:
    async def test() -> None:
        topic = InternalTopic("status", place.name(), 5, 1, {"segment.ms": "60000"})
        assert await ensure(place.admin, topic) is True
        assert await ensure(place.admin, topic) is False
        assert len(partitions_of(place.admin, topic.name, 10.0)) == 5

    run(test)


def test_more_replicas_than_brokers_is_refused_with_the_cure(place: Place) -> None:
    async def test() -> None:
        with pytest.raises(TopicError, match=r"config\.storage\.replication\.factor to at most the number of brokers"):
            await ensure(place.admin, InternalTopic("config", place.name(), 1, 3))

    run(test)


@pytest.mark.parametrize("policy", ["delete", "compact,delete"])
def test_an_internal_topic_that_is_not_only_compacted_is_refused_with_the_cure(place: Place, policy: str) -> None:
    async def test() -> None:
        name = place.name()
        creation = TopicCreation(TopicRules.from_config({
            "topic.creation.default.partitions": "1", "topic.creation.default.replication.factor": "1",
            "topic.creation.default.cleanup.policy": policy,
        }), lambda: place.admin)
        assert not await asyncio.to_thread(creation.ensure, [name])
        with pytest.raises(TopicError, match=r"status\.storage\.topic.*cleanup\.policy=compact.*kafka-configs"):
            await ensure(place.admin, InternalTopic("status", name, 5, 1))

    run(test)


def test_a_config_topic_with_two_partitions_is_refused(place: Place) -> None:
    async def test() -> None:
        name = await place.topic(2)
        with pytest.raises(TopicError, match="single partition"):
            await ensure(place.admin, InternalTopic("config", name, 1, 1))

    run(test)


class CountingAdmin:
    """An admin client that tells what it was asked."""

    def __init__(self, admin: Any) -> None:
        self._admin = admin
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return getattr(self._admin, name)


def test_data_topics_are_made_by_their_group_all_at_once_and_only_once(place: Place) -> None:
    names = [place.name() for _ in range(3)]
    admin = CountingAdmin(place.admin)
    creation = TopicCreation(TopicRules.from_config({
        "topic.creation.groups": "mine", "topic.creation.mine.include": names[0], "topic.creation.mine.partitions": "4",
        "topic.creation.default.partitions": "1", "topic.creation.default.replication.factor": "1",
    }), lambda: cast(Any, admin))
    assert [creation.ensure(names), creation.ensure(names), creation.ensure(names[1:])] == [{}, {}, {}]
    assert admin.asked == ["describe_topics", "create_topics"]
    # The broker that answers may hear of a topic a moment after the controller has made it.
    assert len(until(lambda: partitions_of(place.admin, names[0], 10.0))) == 4
    assert len(until(lambda: partitions_of(place.admin, names[2], 10.0))) == 1


def test_a_topic_that_cannot_be_made_does_not_hinder_the_others(place: Place) -> None:
    good, bad, other = place.name(), place.name(), place.name()
    creation = TopicCreation(TopicRules.from_config({
        "topic.creation.groups": "bad", "topic.creation.bad.include": bad, "topic.creation.bad.replication.factor": "9",
        "topic.creation.default.partitions": "1", "topic.creation.default.replication.factor": "1",
    }), lambda: place.admin)
    refused = creation.ensure([good, bad, other])
    assert list(refused) == [bad]
    assert "by group bad of topic.creation.groups" in str(refused[bad])
    for name in (good, other):
        assert len(until(lambda name=name: partitions_of(place.admin, name, 10.0))) == 1  # type: ignore[misc]
    assert creation.ensure([good, other]) == {}


def test_without_rules_no_data_topic_is_made(place: Place) -> None:
    name = place.name()
    assert TopicCreation(None, lambda: place.admin).ensure([name]) == {}
    assert partitions_of(place.admin, name, 10.0) == []


def test_reading_once_gives_every_record_and_ends(place: Place) -> None:
    async def write(topic: str) -> None:
        writer = TopicWriter(place.properties, "tests-writer")
        for i in range(10):
            await writer.send(topic, f"{i}".encode(), b"v")
        await writer.close()

    async def test() -> None:
        topic = await place.topic(4)
        await write(topic)
        found = await asyncio.to_thread(lambda: list(read_to_end(place.properties, topic, "tests", "tests", False, 30.0)))
        assert sorted(int(k or b"") for k, _ in found) == list(range(10))

    run(test)


def test_reading_ends_while_somebody_writes_without_a_pause(place: Place) -> None:
    async def test() -> None:
        topic = await place.topic(1)
        halt, begun, written = threading.Event(), threading.Event(), []

        def write() -> None:
            producer = Producer({**place.properties, "linger.ms": 0})
            while not halt.wait(0.01):
                producer.produce(topic, b"v", str(len(written)).encode())
                written.append(1)
                producer.poll(0)
                if len(written) == 50:
                    producer.flush()
                    begun.set()
            producer.flush()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            await asyncio.to_thread(begun.wait, 30)
            found = await asyncio.to_thread(
                lambda: [int(k or b"") for k, _ in read_to_end(place.properties, topic, "tests", "tests", False, 10.0)])
        finally:
            halt.set()
            writer.join()
        assert found == list(range(len(found)))
        assert 50 <= len(found) <= len(written)

    run(test)


def test_reading_a_topic_that_is_not_there_says_so(place: Place) -> None:
    with pytest.raises(ConnectError, match="does not exist"):
        list(read_to_end(place.properties, place.name(), "tests", "tests", False, 30.0))


def test_reading_without_a_broker_fails_within_its_time() -> None:
    with pytest.raises(clients.KafkaUnavailableError):
        list(read_to_end({"bootstrap.servers": "127.0.0.1:1"}, "t", "tests", "tests", False, 1.0))
