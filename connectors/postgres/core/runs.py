# cython: annotation_typing=False
"""Runs of pgoutput's row messages: which messages one run takes, and the source blocks of its rows."""

from collections.abc import Sequence
from typing import Any

from connectors.core.numbers import count_digits, write_digits
from connectors.core.run import Rows, RowSource
from connectors.postgres.core.rows import TupleSpans
from schemas.core.writer import Writer

__all__ = ["TupleSource", "gather", "pass_over"]

_MOST, _ALL = 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF


class TupleSource(RowSource):
    """Source blocks that differ in their LSN only: ``before``, the sequence (its text up to the LSN is ``sequence``),
    ``middle``, the
    LSN, ``after``."""

    def __init__(self, before: bytes, sequence: bytes, middle: bytes, after: bytes) -> None:
        self.before = before
        self.sequence = sequence
        self.middle = middle
        self.after = after

    def write(self, writer: Writer, at: int, number: int) -> None:
        """See RowSource."""
        writer.write_raw(self.before)
        writer.write_long(len(self.sequence) + count_digits(at) + 2)
        writer.write_raw(self.sequence)
        write_digits(at, writer)
        writer.write_raw(b'"]')
        writer.write_raw(self.middle)
        signed = at
        if at > _MOST:
            signed = -1 - (_ALL - at)
        writer.write_long(signed)
        writer.write_raw(self.after)


def gather(scanned: Sequence[tuple[int, int, int, int, bytes]], begin: int, rows: Rows, number: int, spans: TupleSpans,
           old: TupleSpans, keys: Sequence[int], by_key: bool) -> int:
    """Take messages from ``scanned[begin]`` on into a run, as long as they are rows of the same relation that need no closer
    look: no update that may change the key. ``number`` is that of the row before; ``keys`` are the key columns' places,
    ``by_key``: whether the key-only form of an old row has them all. Returns where it stopped; a message that it cannot read
    is
    left to the caller.
    """
    i = begin
    size = len(scanned)
    oid = scanned[begin][3]
    while i < size:
        entry = scanned[i]
        kind = entry[0]
        if entry[3] != oid:
            break
        frame = entry[4]
        if len(frame) < 32:
            break
        tag = frame[30]
        if kind == 73:
            if tag != 78:
                break
            number += 1
            rows.add(0, frame, 31, -1, entry[1], number)
        elif kind == 85:
            if tag == 78:
                number += 1
                rows.add(1, frame, 31, -1, entry[1], number)
            elif tag == 79:
                new = same_key(frame, spans, old, keys)
                if new < 0:
                    break
                number += 1
                rows.add(1, frame, new, 31, entry[1], number)
            else:
                break
        elif kind == 68:
            if tag == 79:
                number += 1
                rows.add(2, frame, -1, 31, entry[1], number)
            elif tag == 75 and by_key:
                number += 1
                rows.add(4, frame, -1, 31, entry[1], number)
            else:
                break
        else:
            break
        i += 1
    return i


def same_key(frame: bytes, spans: TupleSpans, old: TupleSpans, keys: Sequence[int]) -> int:
    """Where the new row of an update with a whole old row begins; -1 when the key differs, or when the rows cannot be read."""
    try:
        new = old.read(frame, 31)
        if new >= len(frame) or frame[new] != 78:
            return -1
        new += 1
        spans.read(frame, new)
    except ValueError:
        return -1
    for place in keys:
        if not spans.same(old, place):
            return -1
    return new


def pass_over(scanned: Sequence[tuple[int, int, int, int, bytes]], begin: int) -> int:
    """Where the row messages of the relation of ``scanned[begin]`` end."""
    i = begin
    size = len(scanned)
    oid = scanned[begin][3]
    while i < size:
        entry: Any = scanned[i]
        kind = entry[0]
        if entry[3] != oid or (kind != 73 and kind != 85 and kind != 68):
            break
        i += 1
    return i
