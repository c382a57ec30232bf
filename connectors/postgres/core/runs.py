# cython: annotation_typing=False
"""Runs of pgoutput's row messages: which messages one run takes, and the source blocks of its rows."""

from collections.abc import Sequence
from typing import Any

from connectors.core.numbers import count_digits, write_digits
from connectors.core.run import Rows, RowSource
from connectors.postgres.core.rows import TupleSpans
from connectors.postgres.core.walk import Scanned, u32, u64
from schemas.core.writer import Writer

__all__ = ["SHIFT", "SpanSource", "TupleSource", "gather", "pass_over", "walk"]

_MOST, _ALL = 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF
SHIFT = 32
"""In a run over several transactions a row's number is that of its transaction, shifted by this, and its own within it."""
_EPOCH = 946_684_800_000_000
_MICROS = _MOST // 1000


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
        block(writer, at, self.before, self.sequence, self.middle, self.after)


def block(writer: Writer, at: int, before: bytes, sequence: bytes, middle: bytes, after: bytes) -> None:
    """Append a source block, as :class:`TupleSource` says."""
    writer.write_raw(before)
    writer.write_long(len(sequence) + count_digits(at) + 2)
    writer.write_raw(sequence)
    write_digits(at, writer)
    writer.write_raw(b'"]')
    writer.write_raw(middle)
    signed = at
    if at > _MOST:
        signed = -1 - (_ALL - at)
    writer.write_long(signed)
    writer.write_raw(after)


class SpanSource(RowSource):
    """Source blocks of rows of several transactions: ``head`` begins all of them, ``database`` follows the first time, ``names``
    the others. ``transactions`` are as :func:`walk` found them."""

    def __init__(self, head: bytes, database: bytes, names: bytes, after: bytes,
                 transactions: list[tuple[int, int, int, Any]]) -> None:
        self.before = self.sequence = self.middle = b""
        self.after = after
        self.head = head
        self.database = database
        self.names = names
        self.transactions = transactions
        self.number = -1
        self.scratch = Writer()

    def write(self, writer: Writer, at: int, number: int) -> None:
        """See RowSource."""
        if number >> 32 != self.number:
            self.enter(number >> 32)
        block(writer, at, self.before, self.sequence, self.middle, self.after)

    def enter(self, number: int) -> None:
        """The next rows are of that transaction."""
        entry = self.transactions[number]
        micros = entry[1]
        last = entry[3]
        writer = self.scratch
        self.number = number
        writer.write_raw(self.head)
        writer.write_long(micros // 1000)
        writer.write_raw(self.database)
        self.before = writer.take()
        self.sequence = b'[null,"' if last is None else b'["%d","' % last
        writer.write_byte(2)
        writer.write_long(micros)
        writer.write_byte(2)
        writer.write_long(micros * 1000)
        writer.write_raw(self.names)
        writer.write_byte(2)
        writer.write_long(entry[2])
        writer.write_byte(2)
        self.middle = writer.take()


def walk(scanned: Scanned, begin: int, rows: Rows, oid: int, threshold: int, last: Any,
         transactions: list[tuple[int, int, int, Any]], spans: TupleSpans, old: TupleSpans, keys: Sequence[int],
         by_key: bool) -> int:
    """Take whole transactions from number ``begin`` on whose messages are all rows of that relation as :func:`gather` takes
    them, and the keepalives between them that ask for no answer.

    None whose commit record lies before ``threshold`` is taken; ``last`` is the end of the one before (None: not known).
    ``transactions`` gets of each ``(commit record, commit time in microseconds since 1970, xid, last)``, and a row's number says
    which is its own, see SHIFT. Returns where it stopped.
    """
    i = begin
    done = begin
    size = len(scanned)
    mark = 0
    while i + 2 < size:
        if scanned.kinds[i] == 107 and scanned.oids[i] == 0:
            # It says that all before is sent. The last one is left to the caller.
            end = scanned.ends[i]
            if end > threshold:
                threshold = end
                last = end
            i += 1
            continue
        frame = scanned.frames[i]
        if scanned.kinds[i] != 66 or len(frame) < 46:
            break
        kind = scanned.kinds[i + 1]
        if scanned.oids[i + 1] != oid or (kind != 73 and kind != 85 and kind != 68):
            break
        final = u64(frame, 26)
        micros = signed_time(frame, 34)
        if final < threshold or micros > _MICROS or micros < -_MICROS:
            break
        j = gather(scanned, i + 1, rows, len(transactions) << 32, spans, old, keys, by_key)
        if j >= size or scanned.kinds[j] != 67:
            break
        commit = scanned.frames[j]
        if len(commit) < 51:
            break
        ended = signed_time(commit, 43)
        if ended > _MICROS or ended < -_MICROS:
            break
        end = u64(commit, 35)
        if u64(commit, 27) != final or end < final:
            break
        transactions.append((final, micros, u32(frame, 42), last))
        last = end
        if end > threshold:
            threshold = end
        mark = len(rows.kinds)
        i = j + 1
        done = i
    if len(rows.kinds) > mark:
        rows.truncate(mark)
    return done


def signed_time(frame: bytes, at: int) -> int:
    """Microseconds since 1970 of eight bytes that are there; what does not fit is out of any range."""
    high = u32(frame, at)
    if 0x00FFFFFF < high < 0xFF000000:
        return _MOST
    micros = (high << 32) | u32(frame, at + 4)
    if high > 0x7FFFFFFF:
        micros = -1 - (_ALL - micros)
    return micros + _EPOCH


def gather(scanned: Scanned, begin: int, rows: Rows, number: int, spans: TupleSpans,
           old: TupleSpans, keys: Sequence[int], by_key: bool) -> int:
    """Take messages from number ``begin`` on into a run, as long as they are rows of the same relation that need no closer
    look: no update that may change the key. ``number`` is that of the row before; ``keys`` are the key columns' places,
    ``by_key``: whether the key-only form of an old row has them all. Returns where it stopped; a message that it cannot read is
    left to the caller.
    """
    i = begin
    size = len(scanned)
    oid = scanned.oid(begin)
    while i < size:
        kind = scanned.kinds[i]
        if scanned.oids[i] != oid:
            break
        frame = scanned.frames[i]
        if len(frame) < 32:
            break
        tag = frame[30]
        if kind == 73:
            if tag != 78:
                break
            number += 1
            rows.add(0, frame, 31, -1, scanned.lsns[i], number)
        elif kind == 85:
            if tag == 78:
                number += 1
                rows.add(1, frame, 31, -1, scanned.lsns[i], number)
            elif tag == 79:
                new = same_key(frame, spans, old, keys)
                if new < 0:
                    break
                number += 1
                rows.add(1, frame, new, 31, scanned.lsns[i], number)
            else:
                break
        elif kind == 68:
            if tag == 79:
                number += 1
                rows.add(2, frame, -1, 31, scanned.lsns[i], number)
            elif tag == 75 and by_key:
                number += 1
                rows.add(4, frame, -1, 31, scanned.lsns[i], number)
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


def pass_over(scanned: Scanned, begin: int) -> int:
    """Where the row messages of the relation of number ``begin`` end."""
    i = begin
    size = len(scanned)
    oid = scanned.oid(begin)
    while i < size:
        kind = scanned.kinds[i]
        if scanned.oids[i] != oid or (kind != 73 and kind != 85 and kind != 68):
            break
        i += 1
    return i
