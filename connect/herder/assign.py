"""Which worker gets what: a pure function, balanced by count and sticky."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import TypeVar

__all__ = ["assign"]

Unit = TypeVar("Unit", bound=Hashable)


def assign(previous: Mapping[str, Collection[Unit]], workers: Collection[str], units: Collection[Unit]) -> dict[str, list[Unit]]:
    """Give every unit (a connector, or a task) to exactly one worker.

    Counts of two workers differ by at most one, and a unit moves only if its worker is gone, if two workers claim it (the
    first in order keeps it), or if its worker has more than an even share. The same arguments, in whatever order, give the
    same answer. No worker: nobody gets anything.
    """
    names = sorted(set(workers))
    if not names:
        return {}
    wanted = sorted(set(units), key=repr)
    open_ = set(wanted)
    held: dict[str, list[Unit]] = {}
    for name in names:
        mine = [u for u in sorted(set(previous.get(name, ())), key=repr) if u in open_]
        open_.difference_update(mine)
        held[name] = mine
    low, surplus = divmod(len(wanted), len(names))
    # Those that hold most keep the one more that some have to have, so that the fewest move.
    order = sorted(names, key=lambda n: (-len(held[n]), n))
    share = {n: low + (i < surplus) for i, n in enumerate(order)}
    for name in names:
        open_.update(held[name][share[name] :])
        del held[name][share[name] :]
    free = iter(sorted(open_, key=repr))
    for name in names:
        for _ in range(share[name] - len(held[name])):
            held[name].append(next(free))
    return held
