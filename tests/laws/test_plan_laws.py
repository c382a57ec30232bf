"""Task actions: applying them makes what runs what is desired, and nothing else is touched."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from connect.herder.plan import Desired, Running, restart_plan, task_actions
from connect.tasks.spec import TargetState

configs = st.sampled_from([{"a": "1"}, {"a": "2"}])
desireds = st.builds(Desired, configs, configs, st.sampled_from(TargetState))
wanted = st.dictionaries(st.integers(0, 4), desireds)
runs = st.dictionaries(st.integers(0, 4), st.builds(Running, desireds, st.booleans()))
restarts = st.frozensets(st.integers(0, 4))


def applied(desired: Mapping[int, Desired], running: Mapping[int, Running], restart: frozenset[int]) -> dict[int, Running]:
    actions = task_actions(desired, running, restart)
    after = dict(running)
    for n in (*actions.stop, *actions.forget):
        del after[n]
    for n in actions.start:
        assert n not in after
        after[n] = Running(desired[n])
    for n in actions.retarget:
        after[n] = Running(desired[n], after[n].failed)
    return after


@given(wanted, runs, restarts)
def test_afterwards_exactly_the_desired_tasks_are_there(
    desired: dict[int, Desired], running: dict[int, Running], restart: frozenset[int]
) -> None:
    after = applied(desired, running, restart)
    assert set(after) == set(desired)
    for n, task in after.items():
        assert (task.desired.task_config, task.desired.connector_config) == (desired[n].task_config, desired[n].connector_config)
        assert task.failed or task.desired == desired[n]


@given(wanted, runs, restarts)
def test_doing_it_again_does_nothing(desired: dict[int, Desired], running: dict[int, Running], restart: frozenset[int]) -> None:
    actions = task_actions(desired, applied(desired, running, restart))
    assert (actions.stop, actions.start, actions.retarget, actions.forget) == ((), (), (), ())


@given(wanted, runs)
def test_a_failed_task_is_never_started_again_by_itself(desired: dict[int, Desired], running: dict[int, Running]) -> None:
    for n, task in running.items():
        same = n in desired and (desired[n].task_config, desired[n].connector_config) == (
            task.desired.task_config, task.desired.connector_config)
        if task.failed and same:
            assert n not in task_actions(desired, running).start


@given(wanted, runs, restarts)
def test_a_requested_restart_happens_for_every_desired_task(
    desired: dict[int, Desired], running: dict[int, Running], restart: frozenset[int]
) -> None:
    assert restart & set(desired) <= set(task_actions(desired, running, restart).start)


@given(wanted, runs)
def test_only_living_tasks_are_stopped_and_only_dead_ones_forgotten(
        desired: dict[int, Desired], running: dict[int, Running]) -> None:
    actions = task_actions(desired, running)
    assert all(not running[n].failed for n in actions.stop)
    assert all(running[n].failed for n in actions.forget)


states = st.sampled_from(["RUNNING", "FAILED", "PAUSED", "UNASSIGNED", "RESTARTING"])


@given(st.one_of(st.none(), states), st.dictionaries(st.integers(0, 4), states), st.booleans(), st.booleans())
def test_a_restart_with_only_failed_touches_nothing_that_is_not_failed(
    connector: str | None, tasks: dict[int, str], include: bool, only_failed: bool
) -> None:
    plan = restart_plan(connector, tasks, include, only_failed)
    assert plan.tasks <= set(tasks)
    assert include or not plan.tasks
    if only_failed:
        assert all(tasks[n] == "FAILED" for n in plan.tasks)
        assert not plan.connector or connector == "FAILED"
    elif include:
        assert plan.tasks == set(tasks)
