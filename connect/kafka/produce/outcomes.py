"""What a broker's error code means for a batch. Pure.

https://kafka.apache.org/protocol#protocol_error_codes and the handling in Kafka's own producer (``Sender``).
"""

from __future__ import annotations

from enum import Enum

__all__ = ["UNKNOWN_SERVER_ERROR", "Outcome", "outcome_of"]

UNKNOWN_SERVER_ERROR = -1
"""The broker met what it has no code for; also of ours."""


class Outcome(Enum):
    """What to do with the batch."""

    DONE = "done"
    RETRY = "retry"
    """Send it again, as it is."""
    MOVED = "moved"
    """Find the partition's leader, then send it again."""
    SPLIT = "split"
    """It was not taken because of one of its records, or its size: send its halves; a single record is refused."""
    REFUSED = "refused"
    """None of its records will ever be taken."""
    ORDER = "order"
    """A batch before it is missing: the same is sent again when there is one, else the producer is at its end."""
    FATAL = "fatal"
    """The producer is at its end."""


_MOVED = frozenset({3, 5, 6, 8, 9, 13, 56, 72, 74, 75, 100})
_RETRY = frozenset({2, 7, 14, 15, 16, 19, 20, 41, 51, 89})
_SPLIT = frozenset({10, 18, 32, 42, 43, 87})
_FATAL = frozenset({31, 47, 48, 53, 59, 90})
_DUPLICATE, _ORDER = 46, 45


def outcome_of(error: int) -> Outcome:
    """The meaning of an error code of a produce answer; codes that are not known refuse the batch."""
    if error in (0, _DUPLICATE):
        return Outcome.DONE
    if error == _ORDER:
        return Outcome.ORDER
    for codes, outcome in ((_MOVED, Outcome.MOVED), (_RETRY, Outcome.RETRY), (_SPLIT, Outcome.SPLIT), (_FATAL, Outcome.FATAL)):
        if error in codes:
            return outcome
    return Outcome.REFUSED
