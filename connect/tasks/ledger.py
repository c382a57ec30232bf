"""The delivery ledger: which offsets may be stored. Pure: no client, no clock, no thread of its own.

Batches are entered in the order in which their records are produced. A batch is done when it is sealed (all its records
were handed over) and **every** record of it is acknowledged; a batch without records is done when it is sealed.
:meth:`Ledger.committable` is, for each source partition, the newest offset behind which everything is done. There is one
order over all source partitions of a task, so an unfinished batch also holds back the other partitions' offsets.

An idempotent producer is not gapless: a record can be refused for good while later ones succeed. A refused record
therefore poisons the ledger: nothing at or after its batch is ever committable.

Cost: one object for each batch, nothing for each record. Measured on a 2-core machine against librdkafka: one bound
callback per batch costs 0.9 µs a record over no callback, a callback object per record with its index 1.3 to 1.5 µs; so
which record of the batch was refused is found out only when that happens (see :mod:`connect.tasks.delivery`).
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from connect.api.records import Offset, Partition

__all__ = ["InFlight", "Indexed", "Ledger", "Refused", "partition_key"]

Refused = Callable[["InFlight", Any, Any, int | None], bool]
"""Told of a refused record as (batch, error, message, its index where known); True: tolerated, it counts as done."""


def partition_key(partition: Partition) -> str:
    """A source partition as a dictionary key: compact JSON in the order of its keys."""
    return json.dumps(partition, separators=(",", ":"), ensure_ascii=False)


class InFlight:
    """One batch in flight. ``sent`` and ``size`` are counted by the deliverer, ``acked`` by :attr:`on_delivery`."""

    __slots__ = ("_refused", "acked", "batch", "offsets", "poisoned", "sealed", "sent", "size")

    def __init__(self, batch: Any, offsets: Sequence[tuple[Partition, Offset]], refused: Refused) -> None:
        self.batch = batch
        """What the records came from, for error texts; given up when the batch is done."""
        self.offsets = offsets
        self.sent = 0
        """Records handed to the producer."""
        self.size = 0
        """Bytes handed to the producer."""
        self.acked = 0
        """Records acknowledged, or refused and tolerated."""
        self.sealed = False
        self.poisoned = False
        self._refused = refused

    def on_delivery(self, error: Any, message: Any) -> None:
        """The delivery callback of every record of this batch: ``(error or None, message)``."""
        # A method: kept as an attribute it would be a circle, and with it the batch would live until somebody collects garbage.
        if error is None:
            self.acked += 1
        else:
            self.deliver_one(None, error, message)

    def acknowledged(self, count: int) -> None:
        """So many more of its records are with the broker."""
        self.acked += count

    def refused(self, error: Any, message: Any) -> None:
        """One of its records, which has no index, was refused."""
        self.deliver_one(None, error, message)

    def deliver_one(self, index: int | None, error: Any, message: Any) -> None:
        """The delivery callback for a record whose index is bound to it (``functools.partial``), where speed is no matter."""
        if error is None or self._refused(self, error, message, index):
            self.acked += 1
        else:
            self.poisoned = True

    def seal(self) -> None:
        """Every record was handed over; none will follow."""
        self.sealed = True

    def poison(self) -> None:
        """A record of it will never be delivered (it could not be encoded or handed over)."""
        self.poisoned = True

    @property
    def done(self) -> bool:
        """Whether everything of it is delivered."""
        return self.sealed and not self.poisoned and self.acked == self.sent


class Indexed:
    """One record of a batch whose place in it is known: stands for the batch where speed is no matter."""

    __slots__ = ("_entry", "_index", "on_delivery")

    def __init__(self, entry: InFlight, index: int) -> None:
        self._entry = entry
        self._index = index
        self.on_delivery: Callable[[Any, Any], None] = partial(entry.deliver_one, index)

    def acknowledged(self, count: int) -> None:
        """It is with the broker."""
        self._entry.acknowledged(count)

    def refused(self, error: Any, message: Any) -> None:
        """It was refused."""
        self._entry.deliver_one(self._index, error, message)


class Ledger:
    """Batches in flight in order, and the offsets behind them. Used by one thread."""

    def __init__(self, refused: Refused) -> None:
        self._refused = refused
        self._open: deque[InFlight] = deque()
        self._newest: dict[str, tuple[Partition, Offset]] = {}
        self._last: tuple[Partition, str] | None = None

    def enter(self, batch: Any, offsets: Sequence[tuple[Partition, Offset]]) -> InFlight:
        """A batch that is about to be handed over, after all batches entered before. ``offsets`` are right after it."""
        entry = InFlight(batch, offsets, self._refused)
        self._open.append(entry)
        return entry

    def settle(self) -> bool:
        """Take finished batches from the front; True when the committable offsets moved. Cheap when there is nothing."""
        queue, moved = self._open, False
        while queue and queue[0].done:
            for partition, offset in queue.popleft().offsets:
                self._newest[self._key(partition)] = (partition, offset)
                moved = True
        return moved

    def _key(self, partition: Partition) -> str:
        """Most tasks have one partition, of which only a copy tells whether it is the same as before."""
        last = self._last
        if last is None or last[0] != partition or list(last[0]) != list(partition):
            last = self._last = dict(partition), partition_key(partition)
        return last[1]

    def committable(self) -> Mapping[str, tuple[Partition, Offset]]:
        """By :func:`partition_key`: each source partition's newest offset behind which everything is done."""
        self.settle()
        return dict(self._newest)

    @property
    def outstanding(self) -> int:
        """Records handed over and not acknowledged."""
        return sum(max(0, e.sent - e.acked) for e in self._open)

    @property
    def outstanding_bytes(self) -> int:
        """Their bytes, near enough: a batch's bytes in proportion to its unacknowledged records."""
        return sum(e.size * max(0, e.sent - e.acked) // e.sent for e in self._open if e.sent)

    @property
    def batches(self) -> int:
        """Batches entered and not done."""
        return len(self._open)

    @property
    def poisoned(self) -> bool:
        """Whether a batch in flight can never be done."""
        return any(e.poisoned for e in self._open)
