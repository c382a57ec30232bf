"""What our producer writes is what librdkafka reads, where librdkafka would have put it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import KafkaError
from confluent_kafka.admin import NewPartitions

from connect.api.records import Serialized
from connect.kafka import clients
from tests.integration.kafka.producing import Topics, numbers, rows, sending

pytestmark = pytest.mark.integration


@pytest.fixture
def topics(kafka: Any) -> Iterator[Topics]:
    made = Topics(kafka.bootstrap)
    yield made
    made.close()


def test_a_hundred_thousand_records_come_once_in_order_where_librdkafka_puts_them(kafka: Any, topics: Topics) -> None:
    names = [topics.make(n) for n in (1, 7, 12)]
    keys = [b"%x" % (i * 7919 % 4000) for i in range(100_000)]
    records = [Serialized(names[i % 3], -1, keys[i], b"%d" % i, (), 0) for i in range(100_000)]
    with sending(kafka.bootstrap, batch_size=60_000) as mine:
        mine.send(records)
        mine.end()
        assert mine.told.count == 100_000
        assert not mine.told.refusals
    theirs = clients.producer({"bootstrap.servers": kafka.bootstrap}, "tests", on_error=lambda e: None)
    other = topics.make(12)
    for key in sorted(set(keys)):
        theirs.produce(other, b"", key)
    assert theirs.flush(30) == 0
    homes = {m.key(): p for p, found in topics.read(other).items() for m in found}
    for place, name in enumerate(names):
        found = topics.read(name)
        assert sorted(n for messages in found.values() for n in numbers(messages)) == list(range(place, 100_000, 3))
        for partition, messages in found.items():
            values = numbers(messages)
            assert values == sorted(values)
            assert all(m.key() == keys[n] for m, n in zip(messages, values, strict=True))
            if name == names[2]:
                assert {homes[m.key()] for m in messages} == {partition}


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_bytes_headers_times_and_nulls_come_as_they_were(kafka: Any, topics: Topics, compression: str) -> None:
    topic, chance = topics.make(4), random.Random(7)
    records = [Serialized(
        topic, chance.choice([0, 1, 2, 3, -1]), chance.choice([None, b"", b"%d" % i, chance.randbytes(300)]),
        chance.choice([None, b"", b"text " * 100, chance.randbytes(2000)]),
        chance.choice([(), (("n", b"%d" % i),), [("a", None), ("a", b""), ("ä", chance.randbytes(9))]]),
        1_700_000_000_000 + chance.randint(-10**9, 10**9)) for i in range(3000)]
    with sending(kafka.bootstrap, batch_size=50_000, compression_type=compression) as mine:
        mine.send(records)
        mine.end()
        assert mine.told.count == 3000

    def plain(key: Any, value: Any, headers: Any, stamp: int) -> str:
        return repr((key, value, list(headers or []), stamp))

    found = topics.read(topic)
    assert sorted(plain(m.key(), m.value(), m.headers(), m.timestamp()[1]) for ms in found.values() for m in ms) == sorted(
        plain(r.key, r.value, r.headers, r.timestamp) for r in records)
    for partition in range(4):
        explicit = [(r.key, r.value, r.timestamp) for r in records if r.partition == partition]
        there = iter([(m.key(), m.value(), m.timestamp()[1]) for m in found[partition]])
        assert all(r in there for r in explicit), "order"


def test_only_the_record_that_is_too_large_for_the_topic_is_refused(kafka: Any, topics: Topics) -> None:
    topic = topics.make(max_message_bytes="10000")
    records = rows(topic, 1, 3000)
    records[1500] = Serialized(topic, 0, b"k", b"1501" + b"." * 12_000, (), 0)
    with sending(kafka.bootstrap, batch_size=50_000) as mine:
        mine.send(records)
        mine.end()
        assert [(code, value[:5]) for code, value in mine.told.refusals if value] == [(KafkaError.MSG_SIZE_TOO_LARGE, b"1501.")]
        assert mine.told.count == 2999
    assert numbers(topics.read(topic)[0]) == [n for n in range(1, 3001) if n != 1501]


def test_a_compacted_topic_refuses_only_records_without_a_key(kafka: Any, topics: Topics) -> None:
    topic = topics.make(cleanup_policy="compact")
    records = rows(topic, 1, 2000)
    for i in (0, 700, 701, 1999):
        records[i] = records[i]._replace(key=None)
    with sending(kafka.bootstrap, batch_size=5_000) as mine:
        mine.send(records)
        mine.end()
        assert sorted(mine.told.refusals) == sorted(
            (KafkaError.INVALID_RECORD, v) for v in (b"1", b"701", b"702", b"2000"))
        assert mine.told.count == 1996
    assert numbers(topics.read(topic)[0]) == [n for n in range(1, 2001) if n not in (1, 701, 702, 2000)]


def test_a_time_that_kafka_does_not_take_refuses_that_record(kafka: Any, topics: Topics) -> None:
    topic = topics.make(message_timestamp_after_max_ms="3600000")
    records = rows(topic, 1, 100)
    records[50] = records[50]._replace(timestamp=1 << 45)
    with sending(kafka.bootstrap) as mine:
        mine.send(records)
        mine.end()
        assert mine.told.refusals == [(KafkaError.INVALID_TIMESTAMP, b"51")]
    assert numbers(topics.read(topic)[0]) == [n for n in range(1, 101) if n != 51]


def test_partitions_that_are_added_are_used(kafka: Any, topics: Topics) -> None:
    topic = topics.make(2)
    with sending(kafka.bootstrap, topic_metadata_refresh_interval_ms=100) as mine:
        mine.send(rows(topic, 1, 100))
        mine.send(rows(topic, 101, 101, partition=3))
        assert mine.told.refusals == [(KafkaError._UNKNOWN_PARTITION, b"101")]
        topics.admin.create_partitions([NewPartitions(topic, 4)])[topic].result(30)
        for number in range(1000):
            if len(mine.told.refusals) == number:
                break
            mine.producer.poll(0.03)
            mine.send(rows(topic, 200, 200, partition=3))
        mine.send(rows(topic, 201, 300, partition=3))
        mine.send([r._replace(key=b"%d" % i, partition=-1) for i, r in enumerate(rows(topic, 301, 400))])
        mine.end()
    found = topics.read(topic)
    assert numbers(found[3])[:101] == list(range(200, 301))
    assert sorted(n for ms in found.values() for n in numbers(ms)) == [*range(1, 101), *range(200, 401)]
    assert found[2]
