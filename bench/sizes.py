"""How much each case moves, and how long the timed ones look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

__all__ = ["QUICK", "Sizes", "sizes_of"]

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Sizes:
    """``changes`` is the rows of streams and snapshots, ``transaction`` the rows of a transaction in them, ``single`` the changes
    in transactions of one row, ``huge`` the rows of the one huge transaction, ``document`` the bytes of a huge row, ``documents``
    how many of them the case of several writes: more bytes in all than the task may take, since few only show how its buffers
    fill.

    ``rate`` is the rows a second of the latency cases, ``seconds`` how long they and the idle ones are looked at.
    ``connectors`` share a worker, ``tables`` are captured in one database. ``growth`` is the rows of the smallest point of a
    growth case, in percent of what its definition says. ``warming`` is the records that the broker has had before the first
    case, a five hundredth of them one by one."""

    changes: int = 300_000
    transaction: int = 1000
    single: int = 100_000
    huge: int = 1_000_000
    document: int = 64 * _MIB
    documents: int = 24
    rate: int = 1000
    seconds: int = 20
    connectors: int = 100
    tables: int = 5000
    growth: int = 100
    warming: int = 2_000_000


QUICK = Sizes(changes=150_000, single=30_000, huge=150_000, document=16 * _MIB, documents=4, seconds=8, connectors=20,
              tables=500, growth=10, warming=1_000_000)


def sizes_of(environment: Mapping[str, str], quick: bool) -> Sizes:
    """The sizes that the environment asks for. Raises ValueError for what is no positive number."""
    given = {f.name: environment.get(f"BENCH_{f.name.upper()}") for f in fields(Sizes)}
    numbers = {name: int(value) for name, value in given.items() if value}
    for name, number in numbers.items():
        if number < 1:
            raise ValueError(f"BENCH_{name.upper()} must be at least 1")
    return replace(QUICK if quick else Sizes(), **numbers)
