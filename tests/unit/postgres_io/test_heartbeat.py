"""Heartbeats."""

from connectors.heartbeat import Heartbeat
from tests.clock import Clock


def test_a_heartbeat_is_due_once_per_interval() -> None:
    clock = Clock()
    beat = Heartbeat("t", "srv", 10.0, clock)
    assert not beat.due()
    clock.now = 10.0
    assert beat.due()
    assert not beat.due()
    clock.now = 20.0
    assert beat.due()


def test_an_interval_of_zero_is_never() -> None:
    clock = Clock()
    beat = Heartbeat("t", "srv", 0.0, clock)
    clock.now = 1e9
    assert not beat.due()
    assert not beat.wanted


def test_a_forced_one_is_due_at_once_and_begins_the_interval_anew() -> None:
    clock = Clock()
    beat = Heartbeat("t", "srv", 10.0, clock)
    clock.now = 5.0
    beat.force()
    assert [beat.due(), beat.due()] == [True, False]
    clock.now = 14.0
    assert not beat.due()
    clock.now = 15.0
    assert beat.due()


def test_an_interval_of_zero_cannot_be_forced() -> None:
    beat = Heartbeat("t", "srv", 0.0, Clock())
    beat.force()
    assert not beat.due()


def test_a_heartbeat_has_debeziums_schemas_and_partition_zero() -> None:
    record = Heartbeat("hb", "srv", 1.0).record({"server": "srv"}, {"lsn": 1}, 123)
    assert (record.topic, record.kafka_partition) == ("hb", 0)
    assert record.key == {"serverName": "srv"}
    assert record.value == {"ts_ms": 123}
    assert record.key_schema is not None
    assert record.value_schema is not None
    assert (record.key_schema.name, record.key_schema.version) == ("io.debezium.connector.common.ServerNameKey", 1)
    assert (record.value_schema.name, record.value_schema.version) == ("io.debezium.connector.common.Heartbeat", 1)
