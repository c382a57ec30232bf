from __future__ import annotations

import logging
from typing import Any

import pytest
from confluent_kafka import KafkaError

from connect.api.errors import ConnectError, RecordError
from connect.tasks.producer import data_config, is_purged, is_too_large, refusal


def test_a_data_producer_is_idempotent_and_never_gives_a_record_up() -> None:
    config = data_config({"bootstrap.servers": "b:9092"})
    assert config["enable.idempotence"] is True
    assert config["acks"] == "all"
    assert config["message.timeout.ms"] == 0
    assert config["delivery.report.only.error"] is False
    assert config["bootstrap.servers"] == "b:9092"


@pytest.mark.parametrize(("name", "value"), [
    ("acks", "1"), ("enable.idempotence", "false"), ("message.timeout.ms", "1000"), ("delivery.report.only.error", "true"),
    ("max.in.flight.requests.per.connection", "20"),
])
def test_an_override_that_would_break_delivery_is_not_taken_and_told(
        caplog: pytest.LogCaptureFixture, name: str, value: str) -> None:
    with caplog.at_level(logging.WARNING):
        assert str(data_config({name: value})[name]) != value
    assert name in caplog.text


@pytest.mark.parametrize(("name", "value"), [
    ("acks", "all"), ("acks", "-1"), ("enable.idempotence", "true"), ("message.timeout.ms", "0")])
def test_an_override_that_says_the_same_is_no_news(caplog: pytest.LogCaptureFixture, name: str, value: str) -> None:
    data_config({name: value})
    assert caplog.text == ""


@pytest.mark.parametrize(("name", "value"), [("linger.ms", 50), ("compression.type", "zstd"), ("batch.size", 16384)])
def test_other_overrides_are_taken(name: str, value: Any) -> None:
    assert data_config({name: value})[name] == value


def test_the_queue_holds_at_least_two_of_the_largest_records() -> None:
    config = data_config({"message.max.bytes": 200 * 1024 * 1024})
    assert config["queue.buffering.max.kbytes"] * 1024 >= 2 * config["message.max.bytes"]


@pytest.mark.parametrize(("code", "cure"), [
    (KafkaError.MSG_SIZE_TOO_LARGE, "max.message.bytes"),
    (KafkaError.RECORD_LIST_TOO_LARGE, "max.message.bytes"),
    (KafkaError.TOPIC_AUTHORIZATION_FAILED, "Grant"),
    (KafkaError._UNKNOWN_TOPIC, "topic.creation"),
    (KafkaError._UNKNOWN_PARTITION, "partition"),
    (KafkaError.INVALID_RECORD, "INVALID_RECORD"),
])
def test_a_refused_record_is_named_with_the_cure(code: int, cure: str) -> None:
    error = refusal(KafkaError(code), "inv.public.t", "table public.t, key columns (id), position 0/16")
    assert isinstance(error, RecordError)
    assert cure in str(error)
    assert "topic inv.public.t, table public.t, key columns (id), position 0/16" in str(error)


def test_a_producer_that_cannot_go_on_is_not_the_records_fault() -> None:
    error = refusal(KafkaError(KafkaError._FATAL), "t", "")
    assert type(error) is ConnectError


@pytest.mark.parametrize(("code", "purged", "large"), [
    (KafkaError._PURGE_QUEUE, True, False), (KafkaError._PURGE_INFLIGHT, True, False), (KafkaError._MSG_TIMED_OUT, False, False),
    (KafkaError.MSG_SIZE_TOO_LARGE, False, True), (KafkaError.RECORD_LIST_TOO_LARGE, False, True),
])
def test_kinds_of_refusals(code: int, purged: bool, large: bool) -> None:
    assert (is_purged(KafkaError(code)), is_too_large(KafkaError(code))) == (purged, large)
