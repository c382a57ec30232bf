"""kill -9 at each named line where a crash would matter: afterwards every committed change arrives, nothing was stored early."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable

import httpx
from confluent_kafka.admin import AdminClient

from connect.failpoints import ENVIRONMENT, FAILPOINTS
from devstack.process import is_running
from tests.chaos.scene import Scene
from tests.waiting import until

# The hit at which the process dies; a line that is reached for each batch is passed a few times first.
HITS = {
    "pipeline.before_produce": 5, "pipeline.after_produce": 5, "ledger.before_offset_flush": 2, "commit.after_offset_write": 2,
    "commit.before_task_commit": 2, "stream.before_confirm": 2,
}
STOPPING = {"task.before_stop"}


def chosen(short: Iterable[str], without: Iterable[str] = ()) -> list[str]:
    """The failpoints to try: ``short`` in `make test`, in the long run (CHAOS_RUNS) all that the connector has."""
    return sorted(set(FAILPOINTS) - set(without)) if os.environ.get("CHAOS_RUNS") else sorted(short)


def died(scene: Scene) -> bool:
    """Whether the task was killed, or the worker itself."""
    process = scene.worker.process
    if process is None or not is_running(process):
        return True
    with contextlib.suppress(httpx.HTTPError):  # it may die while it is asked
        return scene.task_state() == "FAILED"
    return False


def assert_a_kill_there_loses_nothing(scene: Scene, name: str) -> None:
    """In a scene in which nothing runs yet."""
    scene.worker.environment[ENVIRONMENT] = f"{name}=kill:{(HITS | scene.source.hits).get(name, 1)}"
    scene.start_writing()
    scene.worker.start()
    with contextlib.suppress(httpx.HTTPError):  # some lines kill the worker while it answers
        scene.register()
    if name in STOPPING:
        scene.await_reading()
    else:
        until(lambda: died(scene), 60, f"a process to die at {name}")
    scene.source.killing()
    scene.worker.stop()
    assert not scene.worker.family()
    if exists(scene):
        scene.assert_stored_is_not_ahead(scene.witness())
    else:
        assert scene.stored() is None
    del scene.worker.environment[ENVIRONMENT]
    scene.worker.start()
    scene.await_reading()
    until(lambda: exists(scene), 60, "the topic")
    scene.assert_all_arrived(scene.witness())


def exists(scene: Scene) -> bool:
    """Whether there is a topic."""
    return scene.topic() in AdminClient({"bootstrap.servers": scene.stack.kafka.bootstrap}).list_topics(timeout=30).topics
