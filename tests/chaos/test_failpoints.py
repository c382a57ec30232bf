"""kill -9 at each named line where a crash would matter: afterwards every committed change arrives, nothing was stored early."""

from __future__ import annotations

import contextlib
import os

import httpx
import pytest
from confluent_kafka.admin import AdminClient

from connect.failpoints import ENVIRONMENT, FAILPOINTS
from devstack.process import is_running
from tests.chaos.conftest import Scene
from tests.waiting import until

pytestmark = [pytest.mark.chaos, pytest.mark.integration]

# The hit at which the process dies; a line that is reached for each batch is passed a few times first.
HITS = {
    "pipeline.before_produce": 5, "pipeline.after_produce": 5, "ledger.before_offset_flush": 2, "commit.after_offset_write": 2,
    "commit.before_task_commit": 2, "stream.before_confirm": 2,
}
STOPPING = {"task.before_stop"}
# `make test` tries those where the order of things matters most, `make chaos` (CHAOS_RUNS) all of them.
SHORT = ("commit.after_offset_write", "herder.before_commit_record", "ledger.before_offset_flush", "pipeline.after_produce",
         "snapshot.before_last_batch")


def died(scene: Scene) -> bool:
    """Whether the task was killed, or the worker itself."""
    process = scene.worker.process
    if process is None or not is_running(process):
        return True
    with contextlib.suppress(httpx.HTTPError):  # it may die while it is asked
        return scene.task_state() == "FAILED"
    return False


@pytest.mark.parametrize("name", sorted(FAILPOINTS) if os.environ.get("CHAOS_RUNS") else SHORT)
def test_a_process_killed_at_a_failpoint_loses_nothing(name: str, unopened: Scene) -> None:
    scene = unopened
    scene.worker.environment[ENVIRONMENT] = f"{name}=kill:{HITS.get(name, 1)}"
    scene.start_writing()
    scene.worker.start()
    with contextlib.suppress(httpx.HTTPError):  # some lines kill the worker while it answers
        scene.register()
    if name in STOPPING:
        until(scene.slot_active, 60, "the connector to stream")
    else:
        until(lambda: died(scene), 60, f"a process to die at {name}")
    scene.worker.stop()
    assert not scene.worker.family()
    topics = AdminClient({"bootstrap.servers": scene.stack.kafka.bootstrap}).list_topics(timeout=30).topics
    if f"{scene.name}.public.accounts" in topics:
        scene.assert_stored_is_not_ahead(scene.witness())
    else:
        assert scene.stored() is None
    del scene.worker.environment[ENVIRONMENT]
    scene.worker.start()
    until(scene.slot_active, 60, "the connector to read again")
    until(lambda: f"{scene.name}.public.accounts" in AdminClient(
        {"bootstrap.servers": scene.stack.kafka.bootstrap}).list_topics(timeout=30).topics, 60, "the topic")
    scene.assert_all_arrived(scene.witness())
