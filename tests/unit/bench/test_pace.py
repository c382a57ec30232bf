"""How often a drain is looked at."""

from __future__ import annotations

from bench.connector import Pace
from tests.clock import Clock


def test_the_look_before_the_end_is_never_far_behind_it() -> None:
    clock = Clock()
    pace = Pace(1000, clock)
    rate, looks = 500.0, 0
    while not pace.reached(min(1000, int(rate * clock.now))):
        looks += 1
        clock.now += pace.pause()
    assert 2.0 <= clock.now <= 2.011
    assert looks < 25


def test_what_does_not_move_is_looked_at_often() -> None:
    clock = Clock()
    pace = Pace(10, clock)
    assert not pace.reached(3)
    assert pace.pause() == 0.01
    clock.now = 5.0
    assert not pace.reached(3)
    assert pace.pause() == 0.01
    assert pace.reached(10)
