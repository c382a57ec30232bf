"""What a restart request answers and restarts: a connector, a task, or both (KIP-745)."""

from __future__ import annotations

import asyncio

import pytest

from connect.api.errors import ConnectError
from connect.herder.plugin_calls import PLANNING
from connect.herder.requests import InitialState
from tests.unit.herder.asking import A0, raising, refused
from tests.unit.herder.lab import Lab, living


def test_a_plain_restart_returns_when_the_connector_has_planned_again() -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        plans = [f for f, _ in lab.supervision.calls].count(PLANNING)
        await lab.herder.restart_connector("a")
        assert [f for f, _ in lab.supervision.calls].count(PLANNING) == plans + 1
        assert len(lab.supervision.started) == 1

    assert living(test).config_keys() == ["connector-a", "task-a-0", "commit-a"]


def test_a_plain_restart_that_fails_is_500_and_the_connector_failed() -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        lab.supervision.answers[PLANNING] = raising(ConnectError("slot is gone"))
        await refused(lab.herder.restart_connector("a"), 500, "slot is gone")
        await lab.until(connector="FAILED", tasks=["RUNNING"])

    living(test)


@pytest.mark.parametrize("initial", [InitialState.STOPPED, InitialState.PAUSED])
def test_a_plain_restart_of_what_is_not_started_leaves_its_state(initial: InitialState) -> None:
    async def test(lab: Lab) -> None:
        await lab.create(initial=initial)
        await lab.until(connector=str(initial))
        await lab.herder.restart_connector("a")
        await lab.until(connector=str(initial), tasks=[])

    living(test)


def test_a_task_restart_starts_that_task_only() -> None:
    async def test(lab: Lab) -> None:
        await lab.create(tasks_max="2")
        await lab.until(connector="RUNNING", tasks=["RUNNING", "RUNNING"])
        await lab.herder.restart_task("a", 1)
        assert [s.key.task for s in lab.supervision.started] == [0, 1, 1]
        await lab.until(tasks=["RUNNING", "RUNNING"])

    assert living(test).config_keys()[-1] == "commit-a"


@pytest.mark.parametrize("task", [-1, 1, 7])
def test_a_restart_of_a_task_that_is_not_there_is_404(task: int) -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        assert await refused(lab.herder.restart_task("a", task), 404) == f"Unknown task: a-{task}"

    living(test)


def test_a_restart_of_a_stopped_connectors_task_is_409() -> None:
    async def test(lab: Lab) -> None:
        await lab.create(initial=InitialState.STOPPED)
        await refused(lab.herder.restart_task("a", 0), 409, "stopped")

    living(test)


@pytest.mark.parametrize(
    ("include", "only_failed", "connector", "tasks", "started"),
    [
        (True, False, "RESTARTING", ["RESTARTING", "RESTARTING"], [0, 1]),
        (True, True, "RUNNING", ["RESTARTING", "RUNNING"], [0]),
        (False, True, "RUNNING", ["FAILED", "RUNNING"], []),
    ],
)
def test_a_restart_request_answers_and_does_what_it_says(
    include: bool, only_failed: bool, connector: str, tasks: list[str], started: list[int]
) -> None:
    async def test(lab: Lab) -> None:
        lab.supervision.fail_at_start.add(A0)
        await lab.create(tasks_max="2")
        await lab.until(connector="RUNNING", tasks=["FAILED", "RUNNING"])
        lab.supervision.fail_at_start.clear()
        answer = await lab.herder.restart_connector_and_tasks("a", include, only_failed)
        assert (answer.state, [t.state for t in answer.tasks]) == (connector, tasks)
        await lab.until(connector="RUNNING", tasks=["RUNNING" if started else "FAILED", "RUNNING"])
        assert [s.key.task for s in lab.supervision.started] == [0, 1, *started]

    assert living(test).config_keys()[-1] == "restart-connector-a"


def test_a_restart_request_of_the_past_is_not_carried_out_by_a_restarted_worker() -> None:
    async def first(lab: Lab) -> None:
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        await lab.herder.restart_connector_and_tasks("a", True, False)
        await lab.until(connector="RUNNING", tasks=["RUNNING"])

    before = living(first)

    async def second(lab: Lab) -> None:
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        assert len(lab.supervision.started) == 1

    living(second, configs=before.configs, statuses=before.statuses)


def test_a_restart_request_before_the_first_status_is_taken() -> None:
    """Kafka Connect answers 404 then."""
    async def test(lab: Lab) -> None:
        creating = asyncio.ensure_future(lab.create())
        while "a" not in await lab.herder.connectors():
            await asyncio.sleep(0)
        answer = await lab.herder.restart_connector_and_tasks("a", True, False)
        assert (answer.state, answer.worker_id, answer.tasks) == ("UNASSIGNED", "me:1", [])
        await creating
        await lab.until(connector="RUNNING", tasks=["RUNNING"])

    assert "restart-connector-a" in living(test).config_keys()
