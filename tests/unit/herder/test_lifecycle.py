"""What runs after which request, and what statuses say."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from connect.api.errors import ConnectError, RetriableError
from connect.herder.plugin_calls import PLANNING
from connect.herder.requests import InitialState
from connect.tasks.spec import TargetState, TaskKey
from tests.unit.herder.lab import Lab, living

A0, A1 = TaskKey("a", 0), TaskKey("a", 1)


def test_a_created_connector_runs_with_its_tasks() -> None:
    async def test(lab: Lab) -> None:
        await lab.create(tasks_max="2")
        status = await lab.until(connector="RUNNING", tasks=["RUNNING", "RUNNING"])
        assert (status.worker_id, status.version, status.type) == ("me:1", "9", "source")

    lab = living(test)
    assert lab.config_keys() == ["connector-a", "task-a-0", "task-a-1", "commit-a"]


@pytest.mark.parametrize("initial", [InitialState.PAUSED, InitialState.STOPPED])
def test_a_connector_created_paused_or_stopped_has_no_tasks_and_is_not_planned(initial: InitialState) -> None:
    async def test(lab: Lab) -> None:
        await lab.create(initial=initial)
        assert (await lab.until(connector=str(initial))).tasks == []
        assert PLANNING not in [f for f, _ in lab.supervision.calls]

    assert living(test).config_keys() == ["target-state-a", "connector-a"]


@pytest.mark.parametrize("initial", [InitialState.PAUSED, InitialState.STOPPED])
def test_resuming_it_plans_and_starts_the_tasks(initial: InitialState) -> None:
    async def test(lab: Lab) -> None:
        await lab.create(initial=initial)
        await lab.until(connector=str(initial))
        await lab.herder.set_target_state("a", "STARTED")
        await lab.until(connector="RUNNING", tasks=["RUNNING"])

    living(test)


def test_pause_and_resume_keep_the_process() -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        for target, state in [("PAUSED", "PAUSED"), ("PAUSED", "PAUSED"), ("STARTED", "RUNNING"), ("STARTED", "RUNNING")]:
            await lab.herder.set_target_state("a", target)
            await lab.until(connector=state, tasks=[state])
        assert len(lab.supervision.started) == 1
        assert lab.supervision.stopped == []

    living(test)


def test_stop_takes_tasks_and_their_statuses_away() -> None:
    async def test(lab: Lab) -> None:
        await lab.create(tasks_max="2")
        await lab.until(connector="RUNNING", tasks=["RUNNING", "RUNNING"])
        await lab.herder.set_target_state("a", "STOPPED")
        await lab.until(connector="STOPPED", tasks=[])
        assert lab.supervision.stopped == [A0, A1]
        assert await lab.herder.task_infos("a") == []

    living(test)


def test_a_stopped_connector_gets_no_tasks_from_a_plan_that_comes_late() -> None:
    async def test(lab: Lab) -> None:
        late: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        lab.supervision.answers[PLANNING] = lambda _a: late
        await lab.create()
        await lab.until_true(lambda: any(f == PLANNING for f, _ in lab.supervision.calls))
        await lab.herder.set_target_state("a", "STOPPED")
        late.cancelled() or late.set_result([{"n": "0"}])
        await lab.until(connector="STOPPED", tasks=[])
        assert await lab.herder.task_infos("a") == []
        assert lab.supervision.started == []

    living(test)


def test_a_stopped_connector_that_is_paused_has_no_tasks() -> None:
    async def test(lab: Lab) -> None:
        await lab.create(initial=InitialState.STOPPED)
        await lab.until(connector="STOPPED")
        await lab.herder.set_target_state("a", "PAUSED")
        assert (await lab.until(connector="PAUSED")).tasks == []

    living(test)


def test_the_same_configuration_again_does_not_touch_the_tasks() -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        plans = len(lab.supervision.calls)
        config = dict((await lab.herder.connector_info("a")).config)
        _, created = await lab.herder.put_config("a", config)
        await lab.until_true(lambda: len(lab.supervision.calls) >= plans + 2)
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        assert not created
        assert len(lab.supervision.started) == 1

    assert living(test).config_keys() == ["connector-a", "task-a-0", "commit-a", "connector-a"]


def test_a_changed_configuration_restarts_the_tasks_with_it() -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        await lab.herder.patch_config("a", {"poll": "7"})
        await lab.until_true(lambda: len(lab.supervision.started) == 2)
        spec = lab.supervision.started[1]
        assert (spec.connector_config["poll"], spec.task_config["poll"]) == ("7", "7")

    living(test)


def test_a_change_that_only_the_runtime_sees_restarts_the_tasks_too() -> None:
    """A converter is no part of task configurations, but the tasks run with it."""
    async def test(lab: Lab) -> None:
        lab.supervision.answers[PLANNING] = lambda _a: [{"task.class": "T"}]
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        await lab.herder.patch_config("a", {"value.converter": "string"})
        await lab.until_true(lambda: len(lab.supervision.started) == 2)
        assert lab.supervision.started[1].connector_config["value.converter"] == "string"

    living(test)


def test_fewer_tasks_leave_no_status_of_the_surplus() -> None:
    async def test(lab: Lab) -> None:
        await lab.create(tasks_max="3")
        await lab.until(connector="RUNNING", tasks=["RUNNING"] * 3)
        await lab.herder.patch_config("a", {"tasks.max": "1"})
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        assert lab.supervision.running() == [A0]

    living(test)


def test_a_deleted_connector_leaves_nothing_running_and_no_status() -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        lab.supervision.wrote_to(lab.supervision.started[0], "t")
        await lab.until_true(lambda: bool(lab.worker.statuses.table.topics("a")))
        await lab.herder.delete_connector("a")
        table = lab.worker.statuses.table
        await lab.until_true(lambda: not table.connector("a") and not table.tasks("a") and not table.topics("a"))
        assert lab.supervision.running() == []

    assert living(test).config_keys()[-2:] == ["connector-a", "target-state-a"]


def test_a_connector_deleted_and_created_again_at_once_runs_with_the_new_configuration() -> None:
    async def test(lab: Lab) -> None:
        await lab.create(x="old")
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        await lab.herder.delete_connector("a")
        await lab.create(x="new")
        await lab.until_true(lambda: bool(lab.supervision.specs) and lab.supervision.specs[A0].connector_config["x"] == "new")
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        assert len(lab.supervision.running()) == 1

    living(test)


def test_a_connector_that_cannot_plan_is_failed_with_the_trace() -> None:
    async def test(lab: Lab) -> None:
        def refuse(_a: Any) -> Any:
            raise ConnectError("no such publication")

        lab.supervision.answers[PLANNING] = refuse
        await lab.create()
        status = await lab.until(connector="FAILED")
        assert status.trace is not None
        assert "no such publication" in status.trace
        assert status.tasks == []

    living(test)


def test_a_passing_fault_of_planning_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connect.herder.planning._FIRST_RETRY", 0.0)

    async def test(lab: Lab) -> None:
        answers = iter([RetriableError("database is gone"), TimeoutError()])
        good = lab.supervision.answers[PLANNING]

        def flaky(a: Any) -> Any:
            if error := next(answers, None):
                raise error
            return good(a)

        lab.supervision.answers[PLANNING] = flaky
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])

    living(test)


def test_a_connector_that_hangs_in_planning_keeps_nobody_else_waiting() -> None:
    async def test(lab: Lab) -> None:
        good = lab.supervision.answers[PLANNING]
        never: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        lab.supervision.answers[PLANNING] = lambda a: never if a["props"]["name"] == "hung" else good(a)
        await lab.create("hung")
        await lab.create("b")
        await lab.until("b", "RUNNING", ["RUNNING"])
        await lab.herder.set_target_state("hung", "STOPPED")
        await lab.until("hung", "STOPPED", [])
        await lab.herder.delete_connector("hung")
        await lab.until_true(lambda: lab.worker.statuses.table.connector("hung") is None)

    living(test)


def test_a_failed_task_stays_failed_whatever_its_connector_does() -> None:
    async def test(lab: Lab) -> None:
        lab.supervision.fail_at_start.add(A0)
        await lab.create(tasks_max="2")
        await lab.until(connector="RUNNING", tasks=["FAILED", "RUNNING"])
        await lab.herder.set_target_state("a", "PAUSED")
        await lab.until(connector="PAUSED", tasks=["FAILED", "PAUSED"])
        await lab.herder.set_target_state("a", "STARTED")
        status = await lab.until(connector="RUNNING", tasks=["FAILED", "RUNNING"])
        assert status.tasks[0].trace == "boom"

    living(test)


def test_a_new_configuration_mends_a_failed_task() -> None:
    async def test(lab: Lab) -> None:
        lab.supervision.fail_at_start.add(A0)
        await lab.create()
        await lab.until(tasks=["FAILED"])
        lab.supervision.fail_at_start.clear()
        await lab.herder.patch_config("a", {"slot.name": "other"})
        status = await lab.until(connector="RUNNING", tasks=["RUNNING"])
        assert status.tasks[0].trace is None

    living(test)


def test_a_restarted_worker_carries_on_what_the_topics_say() -> None:
    async def first(lab: Lab) -> None:
        await lab.create("a", tasks_max="2")
        await lab.create("p", InitialState.PAUSED)
        await lab.create("s", InitialState.STOPPED)
        await lab.until("a", "RUNNING", ["RUNNING", "RUNNING"])
        await lab.until("s", "STOPPED")
        await lab.until("p", "PAUSED")

    before = living(first)
    written = len(before.configs.records)

    async def second(lab: Lab) -> None:
        await lab.until("a", "RUNNING", ["RUNNING", "RUNNING"])
        await lab.until("p", "PAUSED", [])
        await lab.until("s", "STOPPED", [])

    after = living(second, configs=before.configs, statuses=before.statuses, offsets=before.offsets)
    assert len(after.configs.records) == written


def test_a_paused_connector_of_a_restarted_worker_starts_its_tasks_paused() -> None:
    async def first(lab: Lab) -> None:
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        await lab.herder.set_target_state("a", "PAUSED")
        await lab.until(connector="PAUSED", tasks=["PAUSED"])

    before = living(first)

    async def second(lab: Lab) -> None:
        await lab.until(connector="PAUSED", tasks=["PAUSED"])
        assert [s.target for s in lab.supervision.started] == [TargetState.PAUSED]

    living(second, configs=before.configs, statuses=before.statuses)


def test_a_clean_stop_leaves_everything_unassigned() -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])

    table = living(test).worker.statuses.table
    assert table.connectors()["a"].state == "UNASSIGNED"
    assert table.tasks("a")[0].state == "UNASSIGNED"


def test_statuses_that_a_dead_worker_left_are_corrected_at_start() -> None:
    async def first(lab: Lab) -> None:
        await lab.create("a", tasks_max="2")
        await lab.create("gone")
        await lab.until("a", "RUNNING", ["RUNNING", "RUNNING"])
        await lab.until("gone", "RUNNING", ["RUNNING"])
        lab.supervision.wrote_to(lab.supervision.specs[TaskKey("gone", 0)], "t")
        await lab.until_true(lambda: bool(lab.worker.statuses.table.topics("gone")))
        lab.snapshot = list(lab.statuses.records)  # type: ignore[attr-defined]

    before = living(first)
    statuses = type(before.statuses)(before.snapshot)  # type: ignore[attr-defined]
    configs = type(before.configs)([*before.configs.records, (b"connector-gone", None)])

    async def second(lab: Lab) -> None:
        table = lab.worker.statuses.table
        await lab.until_true(lambda: not table.connector("gone") and not table.tasks("gone") and not table.topics("gone"))
        await lab.until("a", "RUNNING", ["RUNNING", "RUNNING"])

    living(second, configs=configs, statuses=statuses)


def test_what_a_task_waits_for_is_shown_while_it_does() -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        spec = lab.supervision.specs[A0]
        lab.supervision.waits_for(spec, "retrying: the database is gone")
        assert (await lab.status()).tasks[0].condition == "retrying: the database is gone"
        lab.supervision.waits_for(spec, "")
        assert (await lab.status()).tasks[0].condition is None

    living(test)

