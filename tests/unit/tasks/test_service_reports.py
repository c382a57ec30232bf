"""How often a task's numbers are sent."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from connect.tasks import service
from connect.tasks.commit import CommitCounts
from connect.tasks.meters import Meters
from connect.tasks.reporter import Reporter
from connect.tasks.spec import EventKind, TaskKey
from connect.tasks.tolerance import ErrorPolicy, Tolerance

KEY = TaskKey("inventory", 0)


class Producer:
    """Has nothing to do."""

    held = 0
    fatal = None

    def poll(self, _wait: float) -> int:
        return 0

    def __len__(self) -> int:
        return 0


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A service that is ticked ten times a second of a clock of the test's own; ``sent`` are the seconds of its reports."""
    found = SimpleNamespace(now=100.0, sent=[])
    monkeypatch.setattr(service, "time", SimpleNamespace(monotonic=lambda: found.now))

    def send(event: Any, _may_be_lost: bool) -> None:
        if event.kind is EventKind.METRICS:
            found.sent.append(round(found.now - 100.0, 1))

    made: Any = service.Service(
        task=SimpleNamespace(), control=SimpleNamespace(stopping=False), reporter=Reporter(KEY, 1, send), meters=Meters(KEY),  # type: ignore[arg-type]
        tolerance=Tolerance(ErrorPolicy()), locate=lambda _: "")
    made.producer = Producer()
    made.commit = SimpleNamespace(tick=lambda **_: None, problem="", counts=CommitCounts(), writing_since=None)
    found.service = made

    def run(seconds: float) -> list[float]:
        found.sent.clear()
        end = found.now + seconds
        while found.now < end - 0.05:
            found.now = round(found.now + 0.1, 1)
            made.tick()
        return list(found.sent)

    found.run = run
    return found


def test_numbers_of_a_quiet_task_are_sent_seldom(rig: Any) -> None:
    assert rig.run(0.1) == [0.1]
    assert len(rig.run(60)) == 12


def test_news_are_sent_within_a_second(rig: Any) -> None:
    rig.run(7)
    rig.service.meters.polled += 1
    sent = rig.run(1.1)
    assert len(sent) == 1
    assert rig.run(3) == []


def test_numbers_that_move_all_the_time_are_sent_every_second(rig: Any) -> None:
    sent = []
    for _ in range(100):
        rig.service.meters.polled += 1
        sent += rig.run(0.1)
    assert 9 <= len(sent) <= 10


@pytest.mark.parametrize("what", ["waiting", "refused"])
def test_trouble_is_news(rig: Any, what: str) -> None:
    rig.run(7)
    if what == "waiting":
        rig.service.reporter.condition("pipeline", "retrying", "start: gone")
    else:
        rig.service.tolerance.counts.failures += 1
    assert len(rig.run(1.1)) == 1
