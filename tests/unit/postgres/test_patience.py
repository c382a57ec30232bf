"""How often a reader that is given little at a time wakes up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.postgres.stream import ReplicationStream


class Slow:
    """A session that has one message at a time, and whatever came meanwhile for who looks without waiting."""

    warning = ""
    address = "nowhere"

    def __init__(self, meanwhile: list[list[bytes]]) -> None:
        self.waits: list[float] = []
        self._meanwhile = iter(meanwhile)

    def read_copy(self, _max_bytes: int, _max_frames: int, wait: float, _doing: str) -> list[bytes]:
        self.waits.append(wait)
        return [b"first"] if wait else next(self._meanwhile)


def ticking() -> Iterator[float]:
    now = 100.0
    while True:
        now += 0.001
        yield now


def stream(session: Any, slept: list[float]) -> ReplicationStream:
    clock = ticking()
    return ReplicationStream(session, confirmed=None, status_interval=10.0, clock=lambda: next(clock),  # type: ignore[arg-type]
                             sleep=slept.append)


def test_what_comes_in_a_moment_of_patience_is_one_wake_up() -> None:
    session, slept = Slow([[b"second", b"third"], []]), list[float]()
    reader = stream(session, slept)
    assert reader.read(0.5) == [b"first"]
    assert not slept  # the first after a quiet time is not kept waiting
    assert reader.read(0.5) == [b"first", b"second", b"third"]
    assert reader.read(0.5) == [b"first"]
    assert len(slept) == 2
    assert session.waits == [0.5, 0.5, 0.0, 0.5, 0.0]
    assert reader.caught_up


def test_a_reader_that_is_given_much_has_not_caught_up() -> None:
    session = Slow([[b"more"] * 500])
    reader = stream(session, [])
    assert (len(reader.read(0.5)), reader.caught_up) == (1, True)
    assert (len(reader.read(0.5)), reader.caught_up) == (501, False)
