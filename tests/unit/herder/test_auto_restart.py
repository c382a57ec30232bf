"""When a failed task starts again by itself."""

import pytest

from connect.herder.auto_restart import AutoRestart, RestartPolicy
from tests.unit.herder.lab import Lab, living


@pytest.mark.parametrize(
    ("restarts", "wait"), [(0, 1.0), (1, 2.0), (2, 4.0), (3, 8.0), (4, 10.0), (1000, 10.0)],
)
def test_the_wait_doubles_up_to_the_longest(restarts: int, wait: float) -> None:
    assert RestartPolicy(True, 1.0, 10.0, -1).wait_before(restarts) == wait


@pytest.mark.parametrize(("limit", "restarts", "more"), [(0, 0, False), (2, 1, True), (2, 2, False), (-1, 99, True)])
def test_there_are_no_more_restarts_in_a_row_than_allowed(limit: int, restarts: int, more: bool) -> None:
    assert (RestartPolicy(True, 1.0, 10.0, limit).wait_before(restarts) is not None) == more


def test_nothing_is_restarted_when_it_is_off() -> None:
    assert RestartPolicy(False, 1.0, 10.0, -1).wait_before(0) is None


def test_a_task_that_ran_long_enough_begins_at_the_first_wait_again() -> None:
    now = [0.0]
    auto = AutoRestart(RestartPolicy(True, 1.0, 10.0, 2), lambda: now[0])
    waits = []
    for ran in (0.0, 5.0, 5.0, 10.0):
        auto.started(0)
        now[0] += ran
        waits.append(auto.failed(0))
    assert waits == [1.0, 2.0, None, 1.0]


def test_tasks_are_counted_apart() -> None:
    auto = AutoRestart(RestartPolicy(True, 1.0, 10.0, -1), lambda: 0.0)
    assert [auto.failed(0), auto.failed(0), auto.failed(1)] == [1.0, 2.0, 1.0]


def test_a_failed_task_comes_back_when_asked_to() -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        lab.supervision.fail(lab.supervision.started[0])
        await lab.until(tasks=["FAILED"])
        await lab.until(tasks=["RUNNING"])
        assert len(lab.supervision.started) == 2

    living(test, properties={"headgate.task.restart.enable": "true", "headgate.task.restart.delay.ms": "1"})


def test_without_it_a_failed_task_stays_failed() -> None:
    async def test(lab: Lab) -> None:
        await lab.create()
        await lab.until(connector="RUNNING", tasks=["RUNNING"])
        lab.supervision.fail(lab.supervision.started[0], "boom")
        status = await lab.until(tasks=["FAILED"])
        assert (status.state, status.tasks[0].trace, status.tasks[0].condition) == ("RUNNING", "boom", None)

    living(test)
