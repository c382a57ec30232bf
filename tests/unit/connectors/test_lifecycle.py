"""What tasks do alike: faults counted, empty batches paced, heartbeats' statements."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from connect.api.errors import ConnectError, RetriableError
from connectors.lifecycle import EMPTY_BATCH_SECONDS, EmptyBatches, Faults, HeartbeatAction


def failing() -> None:
    raise RetriableError("gone")


def test_a_passing_fault_closes_everything_and_is_told() -> None:
    closed: list[int] = []
    faults = Faults(-1, lambda: closed.append(1))
    with pytest.raises(RetriableError):
        faults.run(failing)
    assert (closed, faults.total, faults.run(lambda: 7)) == ([1], 1, 7)


def test_too_many_in_a_row_are_final_and_a_good_step_begins_anew() -> None:
    faults = Faults(1, lambda: None)
    with pytest.raises(RetriableError):
        faults.run(failing)
    faults.run(lambda: None)
    with pytest.raises(RetriableError):
        faults.run(failing)
    with pytest.raises(ConnectError, match=r"gone \(tried 1 times again, errors\.max\.retries\)"):
        faults.run(failing)


def test_the_newest_empty_batch_is_given_when_its_time_has_come() -> None:
    now = 0.0
    empty: EmptyBatches[str] = EmptyBatches(lambda: now)
    now = 10.0
    empty.hold("a")
    empty.hold("b")
    assert (empty.due(), empty.due()) == ("b", None)
    empty.hold("c")
    assert empty.due() is None
    now += EMPTY_BATCH_SECONDS
    assert empty.due() == "c"
    empty.hold("d")
    empty.drop()
    now += EMPTY_BATCH_SECONDS
    assert empty.due() is None


class Session:
    def __init__(self, run: Callable[[], None]) -> None:
        self.closed = False
        self._run = run

    def execute(self, sql: str, /, *, doing: str, timeout: float | None) -> None:
        self._run()

    def close(self) -> None:
        self.closed = True


def test_a_heartbeats_statement_keeps_its_connection_until_it_fails(caplog: pytest.LogCaptureFixture) -> None:
    made: list[Session] = []
    steps: list[Any] = [lambda: None, failing, lambda: None]

    def connect() -> Session:
        made.append(Session(lambda: steps.pop(0)()))
        return made[-1]

    action = HeartbeatAction("INSERT …", connect, logging.getLogger("t"))
    action.run()
    action.run()
    assert (len(made), made[0].closed) == (1, True)
    assert "heartbeat.action.query: gone" in caplog.text
    action.run()
    assert len(made) == 2
    action.close()
    assert made[1].closed


def test_without_a_statement_nothing_is_opened() -> None:
    HeartbeatAction(None, failing, logging.getLogger("t")).run()  # type: ignore[arg-type]
