"""Waiting for a socket and for a stop at once."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from connect.tasks.control import Control
from connectors.waiting import Stop, Stopped, poller, ready
from tests.clock import Clock

LONG = 60.0
"""Longer than a test may take: who waits so long has not heard of the stop."""


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


class Counted:
    """A poll object that counts how often it was waited at, and waits for nothing."""

    def __init__(self, found: Callable[[], list[tuple[int, int]]]) -> None:
        self.waits: list[float] = []
        self._found = found

    def poll(self, milliseconds: float) -> list[tuple[int, int]]:
        self.waits.append(milliseconds)
        return self._found()


def stop_of(control: Control) -> Stop:
    return Stop(lambda: control.stopping, control.stop_fileno)


@pytest.mark.timeout(20)
def test_a_stop_ends_the_wait(pair: tuple[socket.socket, socket.socket]) -> None:
    control = Control()
    stop = stop_of(control)
    poll = poller(pair[0].fileno(), select.POLLIN, stop)
    threading.Timer(0.05, control.stop).start()
    with pytest.raises(Stopped):
        ready(poll, LONG, stop)


@pytest.mark.timeout(20)
def test_without_a_file_of_its_own_a_stop_is_looked_for_every_moment(pair: tuple[socket.socket, socket.socket]) -> None:
    asked = threading.Event()
    stop = Stop(asked.is_set)
    threading.Timer(0.05, asked.set).start()
    with pytest.raises(Stopped):
        ready(poller(pair[0].fileno(), select.POLLIN, stop), LONG, stop)


def test_nothing_comes(pair: tuple[socket.socket, socket.socket]) -> None:
    stop = stop_of(Control())
    assert ready(poller(pair[0].fileno(), select.POLLIN, stop), 0.0, stop) is False
    assert ready(poller(pair[0].fileno(), select.POLLIN, stop), 0.01, stop) is False


def test_something_comes(pair: tuple[socket.socket, socket.socket]) -> None:
    stop = stop_of(Control())
    pair[1].send(b"x")
    assert ready(poller(pair[0].fileno(), select.POLLIN, stop), LONG, stop) is True


def test_what_has_come_is_not_waited_for_when_the_time_is_over(pair: tuple[socket.socket, socket.socket]) -> None:
    stop = stop_of(Control())
    pair[1].send(b"x")
    assert ready(poller(pair[0].fileno(), select.POLLIN, stop), -1.0, stop) is True


def test_a_stop_comes_before_what_can_be_read(pair: tuple[socket.socket, socket.socket]) -> None:
    control = Control()
    stop = stop_of(control)
    pair[1].send(b"x")
    control.stop()
    with pytest.raises(Stopped):
        ready(poller(pair[0].fileno(), select.POLLIN, stop), LONG, stop)


def test_an_idle_wait_wakes_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("connectors.waiting.time", SimpleNamespace(monotonic=clock))

    def passing() -> list[tuple[int, int]]:
        clock.now += 0.5
        return []

    poll = Counted(passing)
    assert ready(poll, 0.5, Stop(lambda: False, 7)) is False  # type: ignore[arg-type]
    assert poll.waits == [500.0, 0.0], "the second does not wait: what came with the end of the time is still seen"


def test_the_socket_and_the_stop_at_once_is_the_socket() -> None:
    """Who asked for the bytes gets them; the next wait tells of the stop."""
    asked = [False]

    def both() -> list[tuple[int, int]]:
        asked[0] = True
        return [(7, select.POLLIN), (3, select.POLLIN)]

    stop = Stop(lambda: asked[0], 7)
    assert ready(Counted(both), LONG, stop) is True  # type: ignore[arg-type]
    with pytest.raises(Stopped):
        ready(Counted(both), LONG, stop)  # type: ignore[arg-type]


def test_a_task_may_be_asked_to_stop_more_often_than_a_pipe_has_room() -> None:
    control = Control()
    for _ in range(70_000):
        control.stop()
    assert control.stopping
