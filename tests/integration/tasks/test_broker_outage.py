"""A broker that goes away under a running pipeline and comes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devstack.stack import Stack
from tests.integration.tasks.rig import Numbers, Rig, Script
from tests.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(["kafka"]) as started:
        yield started


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_while_kafka_is_away_the_task_waits_in_the_open_and_loses_doubles_and_reorders_nothing(stack: Stack, how: str) -> None:
    rig = Rig(stack.kafka.bootstrap)
    task = Script([Numbers(rig.topic, 1 + 500 * i, 500 + 500 * i) for i in range(4)])
    with rig.running(task, producer={"queue.buffering.max.messages": 1500}):
        until(lambda: task.confirmed[-1:] == [2000], what="the first offset")
        getattr(stack.kafka, how)()
        task.steps += [Numbers(rig.topic, 2001 + 500 * i, 2500 + 500 * i) for i in range(8)]
        until(lambda: any("acknowledged nothing" in c for c in rig.conditions()), what="the condition")
        kept = task.kept_alive
        until(lambda: task.kept_alive >= kept + 2, what="keepalive")
        assert max(task.confirmed) == 2000
        stack.kafka.start()
        until(lambda: task.confirmed[-1:] == [6000], 60, "the last offset")
        until(lambda: rig.conditions()[-1:] == [""], what="the condition to end")
    assert rig.numbers() == list(range(1, 6001))
    assert rig.stored() == 6000
    assert rig.states() == ["RUNNING"]
