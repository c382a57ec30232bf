"""When a batch is sent: after its time to linger, or at once when it is known that no more is at hand."""

from __future__ import annotations

import threading

import pytest

from connect.api.records import Serialized
from connect.kafka.core.accumulator import Accumulator
from connect.kafka.produce.sender import Sender
from connect.kafka.produce.settings import ProducerSettings


@pytest.mark.parametrize(("linger", "eager", "at_once"), [
    (1, False, False), (1, True, True), (0, False, True), (50, True, False)])
def test_a_batch_waits_unless_no_more_is_at_hand(linger: int, eager: bool, at_once: bool) -> None:
    accumulator = Accumulator(100_000, 100_000, 1_000_000, 1000)
    settings = ProducerSettings.of({"bootstrap.servers": "localhost:9092", "linger.ms": linger})
    sender = Sender(settings, "c", accumulator, threading.Lock())  # not started: its loop is looked at step by step
    accumulator.topic("t", 1, 0)
    accumulator.extend([Serialized("t", -1, b"k", b"v", (), 0)], 0, object(), 1, 10.0)
    sender.eager = eager
    due: list[float] = []
    sender._collect(10.0, due)
    assert bool(sender._active) is at_once
    assert due == ([] if at_once else [10.0 + linger / 1000])
    sender._collect(10.1, due)
    assert sender._active
    sender._traffic.close()
