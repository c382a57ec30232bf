from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from connect.api.errors import ConnectError, RetriableError
from connect.tasks.commit import PlainCommit
from connect.tasks.ledger import Ledger

A: dict[str, Any] = {"server": "a"}


class Writer:
    """Acknowledges when told to."""

    def __init__(self) -> None:
        self.began: list[int] = []
        self.answer: bool | ConnectError = True

    def begin(self, offsets: Sequence[tuple[Any, Any]]) -> None:
        self.began.append(offsets[0][1]["n"])

    def poll(self, seconds: float = 0.0) -> bool:
        if isinstance(self.answer, ConnectError):
            raise self.answer
        return self.answer

    def close(self) -> None: ...


class Scene:
    def __init__(self) -> None:
        self.ledger = Ledger(lambda *_: False)
        self.writer = Writer()
        self.confirmed: list[int] = []
        self.refuse: Exception | None = None
        self.commit = PlainCommit(self.ledger, self.writer, self._confirm, interval=10.0, timeout=5.0)

    def _confirm(self, offsets: Sequence[tuple[Any, Any]]) -> None:
        if self.refuse:
            raise self.refuse
        self.confirmed += [o["n"] for _, o in offsets]

    def done(self, n: int) -> None:
        self.ledger.enter(None, [(A, {"n": n})]).seal()


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_offsets_are_written_then_the_source_is_told(scene: Scene) -> None:
    scene.done(1)
    scene.writer.answer = False
    scene.commit.tick(now=0.0)
    assert (scene.writer.began, scene.confirmed) == ([1], [])
    scene.writer.answer = True
    scene.commit.tick(now=0.1)
    assert scene.confirmed == [1]


def test_nothing_new_is_not_written(scene: Scene) -> None:
    scene.done(1)
    scene.commit.tick(now=0.0)
    scene.done(1)
    scene.commit.tick(now=20.0)
    assert scene.writer.began == [1]


def test_between_two_intervals_nothing_is_written(scene: Scene) -> None:
    scene.done(1)
    scene.commit.tick(now=0.0)
    scene.done(2)
    scene.commit.tick(now=9.9)
    assert scene.writer.began == [1]
    scene.commit.tick(now=10.0)
    assert scene.writer.began == [1, 2]


def test_what_comes_after_a_quiet_time_is_stored_at_once(scene: Scene) -> None:
    scene.commit.tick(now=0.0)
    scene.done(1)
    scene.commit.tick(now=0.1)
    scene.commit.tick(now=50.0)
    scene.done(2)
    scene.commit.tick(now=50.1)
    assert scene.confirmed == [1, 2]


def test_while_a_write_is_under_way_no_other_begins(scene: Scene) -> None:
    scene.done(1)
    scene.writer.answer = False
    scene.commit.tick(now=0.0)
    scene.done(2)
    scene.commit.tick(now=11.0)
    assert scene.writer.began == [1]
    scene.writer.answer = True
    scene.commit.tick(now=12.0)
    assert scene.confirmed == [1], "what was written, not what is committable by now"
    scene.commit.tick(now=12.1)
    assert scene.confirmed == [1, 2]


def test_a_late_write_is_reported_once_and_waited_for(scene: Scene) -> None:
    scene.done(1)
    scene.writer.answer = False
    for now in (0.0, 5.1, 6.0):
        scene.commit.tick(now=now)
    assert scene.commit.counts.failures == 1
    assert "offset.flush.timeout.ms" in scene.commit.problem
    scene.writer.answer = True
    scene.commit.tick(now=7.0)
    assert (scene.confirmed, scene.commit.problem) == ([1], "")


def test_a_refused_write_is_tried_again_and_the_source_not_told(scene: Scene) -> None:
    scene.done(1)
    scene.writer.answer = ConnectError("no rights on the offsets topic")
    scene.commit.tick(now=0.0)
    assert scene.confirmed == []
    assert scene.commit.problem == "no rights on the offsets topic"
    scene.writer.answer = True
    scene.commit.tick(now=10.0)
    assert (scene.writer.began, scene.confirmed) == ([1, 1], [1])


def test_inside_a_call_of_the_task_nothing_is_begun(scene: Scene) -> None:
    scene.done(1)
    scene.commit.tick(now=0.0, may_call_task=False)
    assert scene.writer.began == []


def test_a_source_that_cannot_be_told_now_is_told_with_the_next_offset(scene: Scene) -> None:
    scene.done(1)
    scene.refuse = RetriableError("connection lost")
    scene.commit.tick(now=0.0)
    scene.refuse = None
    scene.done(2)
    scene.commit.tick(now=10.0)
    assert scene.confirmed == [2]


def test_an_error_of_the_source_at_commit_is_not_swallowed(scene: Scene) -> None:
    scene.done(1)
    scene.refuse = ConnectError("the slot is gone")
    with pytest.raises(ConnectError, match="slot"):
        scene.commit.tick(now=0.0)


def test_finish_writes_at_once_whatever_the_interval(scene: Scene) -> None:
    scene.done(1)
    scene.commit.tick(now=0.0)
    scene.done(2)
    assert scene.commit.finish(until=1e12)
    assert scene.confirmed == [1, 2]


def test_finish_gives_up_when_the_time_is_over(scene: Scene) -> None:
    scene.done(1)
    scene.writer.answer = False
    assert not scene.commit.finish(until=0.0)
    assert scene.confirmed == []


def test_finish_gives_up_on_a_refused_write(scene: Scene) -> None:
    scene.done(1)
    scene.writer.answer = ConnectError("no")
    assert not scene.commit.finish(until=1e12)


def test_finish_with_nothing_to_store_is_done(scene: Scene) -> None:
    assert scene.commit.finish(until=0.0)
    assert scene.writer.began == []
