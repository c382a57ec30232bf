"""Reads a topic once, from the beginning to its end, in the calling thread."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from connect.api.errors import ConnectError, HeadgateError
from connect.kafka import clients

__all__ = ["partitions_of", "partitions_of_all", "read_to_end", "take"]


def take(reader: Consumer, seconds: float) -> list[Message]:
    """What is there, up to a thousand; waits only for the first. (``consume`` alone would wait until it has so many.)"""
    first = reader.poll(seconds)
    return [] if first is None else [first, *reader.consume(999, 0)]


def partitions_of(admin: AdminClient, topic: str, timeout: float) -> list[int]:
    """The partitions of a topic, empty when there is none. Blocks up to ``timeout`` seconds. Never makes the topic.

    (A producer's or admin client's ``list_topics`` would make it, on brokers that create topics on first use.)
    """
    found = partitions_of_all(admin, [topic], timeout)[topic]
    if isinstance(found, HeadgateError):
        raise found
    return found


def partitions_of_all(admin: AdminClient, topics: Iterable[str], timeout: float) -> dict[str, list[int] | HeadgateError]:
    """The same for each of several topics, or its error; one request for all."""
    answers: dict[str, list[int] | HeadgateError] = {}
    for topic, answer in admin.describe_topics(TopicCollection(list(topics)), request_timeout=timeout).items():
        try:
            answers[topic] = sorted(p.id for p in answer.result(timeout + 5).partitions)
        except KafkaException as e:
            missing = e.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART
            answers[topic] = [] if missing else clients.failure(e, f"looking up topic {topic}")
    return answers


def _assigned(reader: Consumer, topic: str, timeout: float) -> list[int]:
    try:
        found = reader.list_topics(topic, timeout).topics.get(topic)
    except KafkaException as e:
        raise clients.failure(e, f"looking up topic {topic}") from e
    if found is None or not found.partitions:
        error = found.error if found else None
        if error is not None and error.code() not in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.LEADER_NOT_AVAILABLE):
            raise clients.failure(error, f"looking up topic {topic}")
        raise ConnectError(f"topic {topic} does not exist")
    return sorted(found.partitions)


def _end(reader: Consumer, topic: str, partition: int) -> int:
    """Where the partition ended as the last answer to a fetch said; negative: not known."""
    found = reader.get_watermark_offsets(TopicPartition(topic, partition), cached=True)
    return -1 if found is None else int(found[1])


def read_to_end(
    properties: Mapping[str, Any], topic: str, client_id: str, group: str, read_committed: bool, timeout: float
) -> Iterator[tuple[bytes | None, bytes | None]]:
    """Keys and values of every record up to the end of the topic at the time of reading, in order within a partition.

    The end of a partition is where it ended when its first record was fetched, or when it was exhausted: at or after the end at
    the call, and reached also where somebody writes all the time. Raises KafkaUnavailableError after ``timeout`` seconds,
    ConnectError when there is no such topic.
    """
    isolation = "read_committed" if read_committed else "read_uncommitted"
    reader = clients.consumer({**properties, "isolation.level": isolation, "fetch.wait.max.ms": 20}, client_id, group)
    until = time.monotonic() + timeout
    try:
        partitions = _assigned(reader, topic, min(timeout, 10.0))
        reader.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
        open_ = set(partitions)
        ends: dict[int, int] = {}
        while open_:
            left = until - time.monotonic()
            if left <= 0:
                raise clients.KafkaUnavailableError(f"reading topic {topic} to its end took longer than {timeout:g} s")
            for message in take(reader, min(left, 1.0)):
                error = message.error()
                if error is None:
                    partition, offset = message.partition(), message.offset()
                    assert partition is not None and offset is not None, "a record that was read has a place"
                    if partition not in ends:
                        ends[partition] = _end(reader, topic, partition)
                    if offset + 1 >= ends[partition] >= 0:
                        open_.discard(partition)
                    yield message.key(), message.value()
                elif error.code() == KafkaError._PARTITION_EOF:
                    open_.discard(message.partition())
                elif not error.retriable() and error.code() not in (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN):
                    raise clients.failure(error, f"reading topic {topic}")
    finally:
        reader.close()
