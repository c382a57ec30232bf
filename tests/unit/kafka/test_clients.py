"""Errors and log lines of Kafka clients."""

import logging

import pytest
from confluent_kafka import KafkaError, KafkaException

from connect.api.errors import ConnectError, RetriableError
from connect.kafka import clients


@pytest.mark.parametrize(
    ("code", "retriable"),
    [
        (KafkaError._ALL_BROKERS_DOWN, True), (KafkaError._MSG_TIMED_OUT, True), (KafkaError._TRANSPORT, True),
        (KafkaError.NOT_LEADER_FOR_PARTITION, True), (KafkaError.NOT_ENOUGH_REPLICAS, True),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, False), (KafkaError.MSG_SIZE_TOO_LARGE, False),
    ],
)
def test_passing_faults_are_retriable_and_others_are_not(code: int, retriable: bool) -> None:
    error = clients.failure(KafkaException(KafkaError(code)), "writing")
    assert isinstance(error, RetriableError if retriable else ConnectError)
    assert error.retriable == retriable
    assert "while writing" in str(error)


def test_brokers_out_of_reach_come_with_what_to_check() -> None:
    error = clients.failure(KafkaError(KafkaError._ALL_BROKERS_DOWN), "reading")
    assert isinstance(error, clients.KafkaUnavailableError)
    assert "bootstrap.servers" in str(error)


@pytest.mark.parametrize("make", [lambda c: clients.producer(c, "x"), lambda c: clients.consumer(c, "x", "g"),
                                  lambda c: clients.admin(c, "x")])
def test_a_property_that_the_client_refuses_is_named(make: object) -> None:
    with pytest.raises(ConnectError, match=r"no\.such\.property"):
        make({"no.such.property": "1"})  # type: ignore[operator]


def test_the_same_line_of_a_client_is_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "kafka.client"):
        for _ in range(3):
            clients.log.info("%s: connection refused (after 3ms in state CONNECT)", "broker-test-1")
        clients.log.info("broker-test-2: connection refused")
    assert [r.getMessage().split(":")[0] for r in caplog.records] == ["broker-test-1", "broker-test-2"]
