"""The batches of one partition between producer and acknowledgement: order, sequence numbers, retries. Pure.

An idempotent producer numbers the records of each partition. The broker takes batches in the order of their numbers only, and
knows the last five, so that one that is sent twice is taken once. Here up to so many are in flight together. When one of them
comes back, nothing is sent before all others have come back too; then they are sent again in order, one after the other, with
the numbers that they had. Only behind a batch that the broker has certainly not taken (it was refused, or its halves are sent
instead) are numbers given anew; no batch behind it can have been taken either, since its number did not follow.

That holds only where the broker knows the producer: from one of which it knows nothing it takes whatever number comes first.
So there is one batch in flight until the broker has acknowledged one, and again after anything that may have made it forget.
"""

from __future__ import annotations

from collections import deque

from connect.kafka.core.accumulator import Sealed
from connect.kafka.produce.batches import split
from connect.kafka.produce.outcomes import Outcome, outcome_of

__all__ = ["MOST_IN_FLIGHT", "Batch", "PartitionQueue", "settle"]

MOST_IN_FLIGHT = 5
"""Batches whose numbers a broker remembers."""

_NUMBERS = 1 << 31


class Batch:
    """A sealed batch on its way. ``sequence`` -1: it has no number yet. ``body`` is what is sent: its records, compressed where
    that is asked for."""

    __slots__ = ("body", "compression", "sealed", "sequence", "tries")

    def __init__(self, sealed: Sealed) -> None:
        self.sealed = sealed
        self.sequence = -1
        self.body: bytes | None = None
        self.compression = 0
        self.tries = 0


class PartitionQueue:
    """One partition's batches. Used by one thread."""

    def __init__(self, topic: str, partition: int) -> None:
        self.topic = topic
        self.partition = partition
        self.waiting: deque[Batch] = deque()
        """Not sent yet, in order."""
        self.back: list[Batch] = []
        """Came back and are to be sent again."""
        self.flying: list[Batch] = []
        """Sent and not answered, in order."""
        self.not_before = 0.0
        """When something may be sent again."""
        self._next = 0
        self.used = 0.0
        """When it was last answered, as the caller counts time."""
        self._known = False
        self._gap = -1
        """The number of the oldest batch that was certainly not taken; while there is one, nothing new is sent."""

    def __len__(self) -> int:
        return len(self.waiting) + len(self.back) + len(self.flying)

    def add(self, sealed: Sealed) -> None:
        """A new batch, behind all others."""
        self.waiting.append(Batch(sealed))

    def sendable(self) -> Batch | None:
        """What may be sent now, None for nothing. It stays here until :meth:`sent`."""
        if self.back:
            return None if self.flying else self.back[0]
        if self.waiting and self._gap < 0 and len(self.flying) < (MOST_IN_FLIGHT if self._known else 1):
            return self.waiting[0]
        return None

    def sent(self, batch: Batch) -> None:
        """What ``sendable`` gave is on its way; it has a number from now on."""
        if self.back and self.back[0] is batch:
            del self.back[0]
        else:
            self.waiting.popleft()
            batch.sequence = self._next
            self._next = (self._next + batch.sealed.count) % _NUMBERS
        self.flying.append(batch)

    def done(self, batch: Batch) -> None:
        """The broker has it."""
        self.flying.remove(batch)
        self._known = True
        self._settle()

    def forgotten(self) -> None:
        """The broker may know nothing of this producer any more."""
        self._known = False

    def returned(self, batch: Batch) -> None:
        """It may or may not have been taken: it is to be sent again."""
        self.flying.remove(batch)
        # The topic may be another of the same name now.
        self._known = False
        batch.tries += 1
        self.back.append(batch)
        self._settle()

    def first(self, batch: Batch) -> bool:
        """Whether every batch before it has been acknowledged: nothing that is missing in front of it can still come."""
        age = self._age(batch.sequence)
        return self._gap < 0 and self.flying[0] is batch and all(self._age(b.sequence) > age for b in self.back)

    def refused(self, batch: Batch) -> None:
        """It was not taken and never will be."""
        self.flying.remove(batch)
        self._missing(batch.sequence)
        self._settle()

    def halved(self, batch: Batch) -> None:
        """It was not taken; its halves are to be sent instead. It must have two records at least."""
        self.flying.remove(batch)
        for half in split(batch.sealed):
            new = Batch(half)
            # Where they stand among those that come back; they get their own numbers when all have.
            new.sequence = batch.sequence
            self.back.append(new)
        self._missing(batch.sequence)
        self._settle()

    def give_up(self) -> list[Batch]:
        """Nothing that is not in flight will be sent any more: what that was, in order."""
        gone = [*self.back, *self.waiting]
        if self.back:
            self._missing(self.back[0].sequence)
        self.back.clear()
        self.waiting.clear()
        self._settle()
        return gone

    def _age(self, sequence: int) -> int:
        """Greater for newer ones; numbers wrap around, so the distance to the next one counts."""
        return (sequence - self._next) % _NUMBERS

    def _missing(self, sequence: int) -> None:
        if self._gap < 0 or self._age(sequence) < self._age(self._gap):
            self._gap = sequence

    def _settle(self) -> None:
        if self.flying:
            return
        self.back.sort(key=lambda b: self._age(b.sequence))
        if self._gap < 0:
            return
        gap, number = self._age(self._gap), self._gap
        for batch in self.back:
            if self._age(batch.sequence) >= gap:
                batch.sequence, number = number, (number + batch.sealed.count) % _NUMBERS
        self._next = number
        self._gap = -1


def settle(queue: PartitionQueue, batch: Batch, error: int) -> Outcome:
    """Do with a batch what the broker's answer to it means; what that was. ORDER never is: it means RETRY or FATAL."""
    outcome = outcome_of(error)
    if outcome is Outcome.ORDER:
        outcome = Outcome.FATAL if queue.first(batch) else Outcome.RETRY
    elif outcome is Outcome.SPLIT and batch.sealed.count == 1:
        outcome = Outcome.REFUSED
    if outcome is Outcome.DONE:
        queue.done(batch)
    elif outcome is Outcome.SPLIT:
        queue.halved(batch)
    elif outcome is Outcome.REFUSED:
        queue.refused(batch)
    else:
        queue.returned(batch)
    return outcome
