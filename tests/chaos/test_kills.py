"""kill -9 at random moments and at every failpoint: every committed change arrives, in order; nothing is stored early."""

from __future__ import annotations

import pytest

from tests.chaos.scene import Scene, kills, runs

pytestmark = [pytest.mark.chaos, pytest.mark.integration]


@pytest.mark.timeout(1800)
def test_kills_of_task_and_worker_lose_nothing_and_store_nothing_early(scene: Scene) -> None:
    seen = scene.witness()
    kills(scene, seen, runs(6))
    scene.assert_all_arrived(seen)
