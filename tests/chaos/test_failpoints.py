"""kill -9 at each named line where a crash would matter."""

from __future__ import annotations

import pytest

from tests.chaos.failing import assert_a_kill_there_loses_nothing, chosen
from tests.chaos.scene import Scene

pytestmark = [pytest.mark.chaos, pytest.mark.integration]

# Those where the order of things matters most.
SHORT = ("commit.after_offset_write", "herder.before_commit_record", "ledger.before_offset_flush", "pipeline.after_produce",
         "snapshot.before_last_batch")


@pytest.mark.parametrize("name", chosen(SHORT))
def test_a_process_killed_at_a_failpoint_loses_nothing(name: str, apart: Scene) -> None:
    assert_a_kill_there_loses_nothing(apart, name)
