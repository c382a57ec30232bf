"""kill -9 at random moments and at every failpoint: every committed change arrives, in order; nothing is stored early."""

from __future__ import annotations

import random
import time

import pytest

from tests.chaos.conftest import Scene, runs
from tests.waiting import until

pytestmark = [pytest.mark.chaos, pytest.mark.integration]


@pytest.mark.timeout(1800)
def test_kills_of_task_and_worker_lose_nothing_and_store_nothing_early(scene: Scene) -> None:
    chance = random.Random(2)
    seen = scene.witness()
    for number in range(runs(6)):
        before = len(scene.workload.committed)
        moment = time.monotonic() + chance.uniform(0.2, 1.5)
        until(lambda: time.monotonic() > moment and len(scene.workload.committed) > before + 5, 60, "the writer to go on")  # noqa: B023
        if number % 2:
            scene.kill_worker()
            scene.assert_stored_is_not_ahead(seen)
            scene.worker.start()
        else:
            scene.kill_task()
            scene.assert_stored_is_not_ahead(seen)
            scene.restart_task()
        until(scene.slot_active, 60, "the connector to read again")
    scene.assert_all_arrived(seen)
