"""What to do so that what runs is what should run: pure functions of two states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connect.tasks.spec import TargetState

__all__ = ["Actions", "Desired", "RestartPlan", "Running", "restart_plan", "task_actions"]

Config = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Desired:
    """A task that should run here: its configuration, the connector's from which it was made, and whether paused."""

    task_config: Config
    connector_config: Config
    target: TargetState


@dataclass(frozen=True, slots=True)
class Running:
    """A task that was started here. ``failed``: its process has ended with an error; it is not started again by itself."""

    desired: Desired
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Actions:
    """Task numbers, sorted. First everything in ``stop``, then ``start`` (with what is desired), ``retarget`` any time."""

    stop: tuple[int, ...] = ()
    start: tuple[int, ...] = ()
    retarget: tuple[int, ...] = ()
    forget: tuple[int, ...] = ()
    """Failed ones that should not be there any more or must be made anew: nothing to stop."""


def task_actions(
    desired: Mapping[int, Desired], running: Mapping[int, Running], restart: frozenset[int] = frozenset()
) -> Actions:
    """The difference. A task runs on while its configuration and its connector's are the same; ``restart`` names tasks that
    are to be started anew all the same. A failed task is left alone until its configuration changes or it is in ``restart``."""
    stop: list[int] = []
    forget: list[int] = []
    retarget: list[int] = []
    for n, task in sorted(running.items()):
        want = desired.get(n)
        same = want is not None and (want.task_config, want.connector_config) == (
            task.desired.task_config, task.desired.connector_config
        )
        if not same or n in restart:
            (forget if task.failed else stop).append(n)
        elif want is not None and want.target is not task.desired.target and not task.failed:
            retarget.append(n)
    gone = {*stop, *forget}
    start = [n for n in sorted(desired) if n in gone or n not in running]
    return Actions(tuple(stop), tuple(start), tuple(retarget), tuple(forget))


@dataclass(frozen=True, slots=True)
class RestartPlan:
    """What a restart request concerns."""

    connector: bool
    tasks: frozenset[int]


def restart_plan(connector: str | None, tasks: Mapping[int, str], include_tasks: bool, only_failed: bool) -> RestartPlan:
    """What to restart (KIP-745), given the states of the connector (None: unknown) and its tasks."""
    chosen = frozenset(n for n, state in tasks.items() if not only_failed or state == "FAILED") if include_tasks else frozenset()
    return RestartPlan(connector is not None and (not only_failed or connector == "FAILED"), chosen)
