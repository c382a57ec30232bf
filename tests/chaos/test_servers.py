"""Servers that go away and come back: the task waits in view of the operator and loses nothing."""

from __future__ import annotations

import time

import pytest

from tests.chaos.scene import Scene
from tests.waiting import until

pytestmark = [pytest.mark.chaos, pytest.mark.integration]


def test_postgresql_restarted(scene: Scene) -> None:
    seen = scene.witness()
    for _ in range(2):
        scene.stack.postgres.restart()
        scene.await_reading()
    assert scene.task_state() == "RUNNING"
    scene.assert_all_arrived(seen)


def test_postgresql_killed_like_a_power_cut(scene: Scene) -> None:
    seen = scene.witness()
    scene.stack.postgres.kill()
    scene.stack.postgres.start()
    scene.await_reading(90)
    assert scene.task_state() == "RUNNING"
    scene.assert_all_arrived(seen)


def test_kafka_restarted(scene: Scene) -> None:
    seen = scene.witness()
    scene.stack.kafka.restart()
    writer = scene.workload
    assert writer is not None
    before = len(writer.committed)
    until(lambda: len(writer.committed) > before + 20, 30, "the writer to go on")
    scene.assert_all_arrived(seen, 120)
    assert scene.task_state() == "RUNNING"


def test_registry_down_for_twenty_seconds_while_a_new_schema_is_needed(scene: Scene) -> None:
    seen = scene.witness()
    scene.stack.registry.stop()
    with scene.source.session() as session:
        session.execute("ALTER TABLE accounts ADD COLUMN colour text")
    down = time.monotonic()
    until(lambda: time.monotonic() - down > 20, 30, "twenty seconds to pass")
    assert scene.task_state() == "RUNNING"
    scene.stack.registry.start()
    scene.assert_all_arrived(seen, 90)
    assert scene.task_state() == "RUNNING"
