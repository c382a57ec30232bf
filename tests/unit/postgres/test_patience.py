"""How often a reader that is given little at a time wakes up."""

from __future__ import annotations

import logging
from typing import Any

from connectors.postgres.notices import Notices
from connectors.postgres.stream import ReplicationStream


class Slow:
    """A session that has one message at a time, or ``much`` once; and the clock that is read by who reads it."""

    notices = Notices(logging.getLogger(__name__))
    address = "nowhere"

    def __init__(self) -> None:
        self.now = 100.0
        self.much: list[bytes] = []
        self.slept: list[float] = []

    def read_copy(self, _max_bytes: int, _max_frames: int, _wait: float, _doing: str) -> list[bytes]:
        frames, self.much = self.much, []
        return frames or [b"one"]

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def stream(session: Any) -> ReplicationStream:
    return ReplicationStream(session, confirmed=None, status_interval=10.0, clock=lambda: session.now,  # type: ignore[arg-type]
                             sleep=session.sleep)


def test_small_gulps_are_apart_and_what_comes_after_a_silence_is_not_kept_waiting() -> None:
    session = Slow()
    reader = stream(session)
    assert reader.read(0.5) == [b"one"]
    assert not session.slept
    session.now += 0.001
    assert reader.read(0.5) == [b"one"]
    (slept,) = session.slept
    assert 0.0005 < slept < 0.005
    session.now += 1.0
    assert reader.read(0.5) == [b"one"]
    assert len(session.slept) == 1
    assert reader.caught_up


def test_a_reader_that_is_given_much_has_not_caught_up_and_reads_on() -> None:
    session = Slow()
    reader = stream(session)
    session.much = [b"more"] * 500
    assert (len(reader.read(0.5)), reader.caught_up) == (500, False)
    assert (len(reader.read(0.5)), reader.caught_up) == (1, True)
    assert not session.slept
