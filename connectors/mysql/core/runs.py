# cython: annotation_typing=False
"""Runs of a rows event's rows: which rows one run takes."""

from collections.abc import Sequence

from connectors.core.run import Rows
from connectors.core.spans import Spans

__all__ = ["gather"]


def gather(kind: int, body: bytes, at: int, end: int, row: int, first: int, limit: int, stop: int, new: Spans, old: Spans,
           keys: Sequence[int], rows: Rows) -> tuple[int, int]:
    """Take rows from ``body[at:end]`` into a run: those numbered from ``first`` on, at most ``limit``, none that begins at or
    behind ``stop``. ``kind`` is CREATE, UPDATE or DELETE (see connectors.core.run), ``row`` the number of the row at ``at``; the
    spans are set up for the event's images. Returns where it stopped and that row's number: a row that cannot be read, or an
    update that changes one of the columns ``keys``, is left to the caller.
    """
    taken = 0
    middle = at
    while at < end and at < stop and taken < limit:
        try:
            if kind == 0:
                after = new.read(body, at)
            else:
                after = old.read(body, at)
                middle = after
                if kind == 1:
                    after = new.read(body, middle)
        except ValueError:
            break
        if after <= at or after > end:
            break
        if kind == 1 and not same(new, old, keys):
            break
        if row >= first:
            if kind == 0:
                rows.add(0, body, at, -1, 0, row)
            elif kind == 1:
                rows.add(1, body, middle, at, 0, row)
            else:
                rows.add(2, body, -1, at, 0, row)
            taken += 1
        row += 1
        at = after
    return at, row


def same(new: Spans, old: Spans, keys: Sequence[int]) -> bool:
    """Whether these columns have the same bytes in both rows."""
    for place in keys:  # noqa: SIM110 - a generator would be an object for every row
        if not new.same(old, place):
            return False
    return True
