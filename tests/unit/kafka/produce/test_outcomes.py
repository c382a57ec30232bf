"""Error codes as Kafka's own producer takes them."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError

from connect.kafka.produce.outcomes import Outcome, outcome_of


@pytest.mark.parametrize(("codes", "outcome"), [
    ([KafkaError.NO_ERROR, KafkaError.DUPLICATE_SEQUENCE_NUMBER], Outcome.DONE),
    ([KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER], Outcome.ORDER),
    ([KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.NOT_LEADER_FOR_PARTITION,
      KafkaError.NETWORK_EXCEPTION, KafkaError.KAFKA_STORAGE_ERROR, KafkaError.FENCED_LEADER_EPOCH], Outcome.MOVED),
    ([KafkaError.REQUEST_TIMED_OUT, KafkaError.NOT_ENOUGH_REPLICAS, KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
      KafkaError.THROTTLING_QUOTA_EXCEEDED, KafkaError.COORDINATOR_LOAD_IN_PROGRESS], Outcome.RETRY),
    ([KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE, KafkaError.INVALID_RECORD,
      KafkaError.INVALID_TIMESTAMP], Outcome.SPLIT),
    ([KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.TOPIC_EXCEPTION, KafkaError.POLICY_VIOLATION,
      # Tried again, it would be refused again.
      KafkaError.UNSUPPORTED_COMPRESSION_TYPE, KafkaError.UNKNOWN, 12345], Outcome.REFUSED),
    ([KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.CLUSTER_AUTHORIZATION_FAILED, KafkaError.UNKNOWN_PRODUCER_ID],
     Outcome.FATAL),
])
def test_meaning(codes: list[int], outcome: Outcome) -> None:
    assert {outcome_of(c) for c in codes} == {outcome}


def test_every_code_has_one_and_no_code_of_success_is_tried_again() -> None:
    assert all(isinstance(outcome_of(code), Outcome) for code in range(-1, 200))
