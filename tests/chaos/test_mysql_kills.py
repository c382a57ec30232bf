"""kill -9 of what reads MySQL's and MariaDB's log, at random moments: every committed change arrives, in order."""

from __future__ import annotations

import os

import pytest

from tests.chaos.failing import assert_a_kill_there_loses_nothing, chosen
from tests.chaos.scene import Scene, kills, runs

pytestmark = [pytest.mark.chaos, pytest.mark.integration]
SERVERS = ["mysql", "mariadb"]
# Without GTIDs in the long run only.
SOURCES = ["mysql", "mysql-file", "mariadb"] if os.environ.get("CHAOS_RUNS") else ["mysql", "mariadb"]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("source", SOURCES, indirect=True)
def test_kills_of_task_and_worker_lose_nothing_and_store_nothing_early(scene: Scene) -> None:
    """Among transactions of several rows, deletes, changed keys, new structures, new log files and compressed transactions."""
    seen = scene.witness()
    kills(scene, seen, runs(4))
    scene.assert_all_arrived(seen)


@pytest.mark.parametrize("source", ["mysql"], indirect=True)
@pytest.mark.parametrize("name", chosen(("commit.after_offset_write", "pipeline.after_produce", "snapshot.before_last_batch"),
                                        without=("slot.after_create",)))
def test_a_process_killed_at_a_failpoint_loses_nothing(name: str, unopened: Scene) -> None:
    assert_a_kill_there_loses_nothing(unopened, name)
