"""Which known property a misspelt one was probably meant to be."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["distance", "nearest"]


def distance(a: str, b: str, limit: int) -> int:
    """Edits (insert, delete, replace, swap of neighbours) from one text to the other; ``limit + 1`` when there are more."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        current = [i]
        for j, y in enumerate(b, 1):
            cost = min(row[j] + 1, current[j - 1] + 1, row[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, row = row, current
    return min(row[-1], limit + 1)


def _plain(name: str) -> str:
    return name.lower().replace("_", ".").replace("-", ".")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is nearest: alike but for case and separators, or at most two edits away (one for a short name)."""
    limit = 2 if len(name) > 6 else 1
    best: tuple[int, str] | None = None
    for candidate in known:
        d = 0 if _plain(candidate) == _plain(name) else distance(name.lower(), candidate.lower(), limit)
        if d <= limit and (best is None or (d, candidate) < best):
            best = (d, candidate)
    return best[1] if best else None
