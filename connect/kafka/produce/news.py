"""What the producer's thread tells the thread that gave it the records."""

from __future__ import annotations

from dataclasses import dataclass

from connect.kafka.core.accumulator import Sealed

__all__ = ["Delivered", "Fatal", "Gone", "News", "Refused", "Trouble"]


@dataclass(frozen=True, slots=True)
class Delivered:
    """A batch was acknowledged."""

    sealed: Sealed


@dataclass(frozen=True, slots=True)
class Refused:
    """The records of a batch will not be delivered: the broker's error code and text."""

    sealed: Sealed
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something failed that is tried again."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Fatal:
    """Nothing more will be delivered."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A topic is not there, and has been waited for long enough: the broker's error code."""

    topic: str
    code: int


News = Delivered | Refused | Trouble | Fatal | Gone
"""What happened, in the order in which it did."""
