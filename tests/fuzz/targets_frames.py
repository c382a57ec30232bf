"""What comes off the wire before rows: CopyData messages and MySQL's packets taken out of a stream that is cut anywhere, and
PostgreSQL's replication frames scanned, gathered and walked, by the compiled core and by its sources interpreted.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connectors.core import run
from connectors.mysql.core.split import split as split_packets
from connectors.mysql.packets import PacketBuffer, join_packets
from connectors.postgres.core import rows as pg_rows
from connectors.postgres.core import runs, walk
from connectors.postgres.core.split import split as split_copy
from connectors.postgres.rawcopy import CopyProblem, RawCopy
from schemas.core import writer
from tests.fuzz.interpreted import Refused, agreed, interpreted, outcome
from tests.fuzz.mutate import mutate, mutate_cell
from tests.fuzz.recorded import cases, frames, message, messages, people
from tests.fuzz.targets import Target

__all__ = ["TARGETS", "mutate_messages"]

_ENOUGH = 1 << 20
_SPLITS = (split_copy, interpreted("connectors.postgres.core.split").split)
_PACKETS = (split_packets, interpreted("connectors.mysql.core.split").split)
_END = b"c\0\0\0\4C\0\0\0\6C\0Z\0\0\0\5I"


def _cuts(seed: int, size: int) -> list[tuple[int, int]]:
    """The parts of a stream that come at once."""
    rng = random.Random(seed)
    at = sorted(rng.randrange(size + 1) for _ in range(rng.choice((0, 1, 3, 9))))
    return list(zip([0, *at], [*at, size], strict=True))


class _Parts:
    """A socket that gives its parts one by one, however much room there is."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._left = b""

    def send(self, data: bytes) -> int:
        return len(data)

    def recv_into(self, room: memoryview) -> int:
        self._left = self._left or next(self._parts, b"")
        part, self._left = self._left[:len(room)], self._left[len(room):]
        room[:len(part)] = part
        return len(part)


def _answer(stream: bytes) -> bytes:
    """The stream up to the server's first ReadyForQuery: what comes behind it belongs to no copy, and whether it is seen then is
    a matter of time."""
    at = 0
    while at + 5 <= len(stream):
        kind, size = stream[at], int.from_bytes(stream[at + 1:at + 5], "big")
        at += 1 + max(4, size)
        if kind == ord("Z"):
            return stream[:at]
    return stream


def _copied(parts: list[bytes], most: int, most_bytes: int) -> tuple[list[bytes], str, bool]:
    """What comes of a COPY's answer: its rows, the problem that ended it, and whether the connection was given back."""
    copy = RawCopy.__new__(RawCopy)
    notices: list[Mapping[str, str]] = []
    copy._socket = _Parts(filter(None, parts))  # type: ignore[assignment]
    copy._space, copy._at, copy._end, copy._unsent = bytearray(64), 0, 0, b""
    copy._wait, copy._noticed = lambda *_: True, lambda told: notices.append(told) is not None
    found: list[bytes] = []
    try:
        copy.begin("")
        more = not copy.ready
        while more:
            taken: list[bytes] = []
            try:
                more = copy.read(taken, most, most_bytes, 0.0)
            finally:
                found += taken
            more = more or not (copy.ready or copy.done)
    except CopyProblem as problem:
        return found, str(problem), copy.ready
    return found, f"{copy.error} {notices}", copy.ready


def run_copy(data: bytes) -> int:
    """The first bytes choose the cuts and how much is taken at once; then the server's answer. Raises ValueError."""
    if len(data) < 4:
        raise ValueError("too short to choose cuts")
    stream = data[4:]
    room, most = data[2] % 40, data[3] * 8
    outs: list[list[bytes]] = [[], []]
    ends = [outcome(split, bytearray(stream), data[0] % 9, len(stream) - data[1] % 3, room, most, out)
            for split, out in zip(_SPLITS, outs, strict=True)]
    assert outs[0] == outs[1]
    if not isinstance(end := ends[0], Refused) and outs[0]:
        assert b"".join(map(message, outs[0])) == stream[data[0] % 9:end]
        assert len(outs[0]) <= room
    stream = _answer(stream)
    parts = [stream[a:b] for a, b in _cuts(data[0] << 8 | data[1], len(stream))]
    at_once = _copied([stream], 1 << 30, _ENOUGH)
    assert _copied(parts, room + 1, most + 1) == at_once
    agreed(ends)
    if "PostgreSQL" in at_once[1]:
        raise ValueError(at_once[1])
    return len(at_once[0])


def _packets(parts: list[bytes], sequence: int, marked: bool, most: int, count: int) -> tuple[list[bytes], Any, str]:
    """The payloads of packets, the server's last word, and the refusal."""
    buffer = PacketBuffer(base=64)
    buffer.expect(sequence)
    found: list[bytes] = []
    try:
        for part in parts:
            at = 0
            while at < len(part):
                with buffer.room() as room:
                    size = min(len(room), len(part) - at)
                    room[:size] = part[at:at + size]
                buffer.filled(size)
                at += size
                had = -1
                while had != len(found) and buffer.special is None:
                    had = len(found)
                    buffer.take(found, most, had + count, marked)
                if buffer.special is not None:
                    return found, buffer.special, ""
    except ValueError as refused:
        return found, None, str(refused)
    return found, None, ""


def run_packets(data: bytes) -> None:
    """The first bytes choose the cuts, the first number, and how much is taken at once. Raises ValueError."""
    if len(data) < 4:
        raise ValueError("too short to choose cuts")
    stream, sequence, marked = data[4:], data[3], bool(data[0] & 1)
    room, most = data[2] % 40, data[1] * 8
    outs: list[list[bytes]] = [[], []]
    ends = [outcome(split, bytearray(stream), data[1] % 5, len(stream) - data[2] % 3, sequence, marked, room, most, out)
            for split, out in zip(_PACKETS, outs, strict=True)]
    assert outs[0] == outs[1]
    if not isinstance(ends[0], Refused):
        end, due, taken = ends[0]
        assert len(outs[0]) <= room and due == sequence + len(outs[0]) & 255
        head = b"\0" if marked else b""
        again = b"".join(join_packets(head + payload, sequence + i & 255) for i, payload in enumerate(outs[0]))
        assert not outs[0] or again == stream[data[1] % 5:end]
        assert taken == len(again) - 4 * len(outs[0])
    parts = [stream[a:b] for a, b in _cuts(data[0] << 8 | data[1], len(stream))]
    at_once = _packets([stream], sequence, marked, _ENOUGH, _ENOUGH)
    assert _packets(parts, sequence, marked, most + 1, room + 1) == at_once
    agreed(ends)
    if at_once[2]:
        raise ValueError(at_once[2])


_TWINS = {name: interpreted(name) for name in (
    "connectors.core.run", "connectors.postgres.core.rows", "connectors.postgres.core.runs", "connectors.postgres.core.walk",
    "schemas.core.writer")}
_COMPILED = dict(zip(_TWINS, (run, pg_rows, runs, walk, writer), strict=True))


class _Side:
    """One implementation."""

    def __init__(self, modules: Mapping[str, Any]) -> None:
        self.run, self.rows, self.runs, self.walk, self.writer = modules.values()
        self.spans, self.old = self.rows.TupleSpans(), self.rows.TupleSpans()
        self.scanned = self.walk.Scanned()

    def scan(self, given: list[bytes]) -> tuple[list[Any], Any]:
        """What was found in each frame, and the newest end."""
        found = self.scanned
        newest = outcome(found.scan, given)
        each = [(found.kind(i), found.lsn(i), found.end(i), found.oid(i), found.frame(i)) for i in range(len(found))]
        assert isinstance(newest, int) or not each
        return each, newest

    def taken(self, flags: int, threshold: int) -> list[Any]:
        """What is taken from each message on that was scanned, and the source blocks and records of it."""
        scanned = self.scanned
        self.spans.width = self.old.width = 2 if flags & 2 else 0
        keys, by_key = ([], [0], [0, 1], [1])[flags >> 2 & 3], bool(flags & 1)
        found: list[Any] = []
        i = 0
        while i < len(scanned):
            after = self.runs.pass_over(scanned, i)
            found.append(after)
            each, many = self.run.Rows(), self.run.Rows()
            transactions: list[Any] = []
            last = threshold if flags & 16 else None
            if scanned.kind(i) == 66 and i + 1 < len(scanned):
                end = outcome(self.runs.walk, scanned, i, many, scanned.oid(i + 1), threshold, last, transactions, self.spans,
                              self.old, keys, by_key)
                source = self.runs.SpanSource(b"h", b"d", b"n", b"a", transactions)
                found += [end, transactions, self._written(many, source)]
                i = end if isinstance(end, int) and end > i else i + 1
                continue
            if after > i:
                end = outcome(self.runs.gather, scanned, i, each, flags, self.spans, self.old, keys, by_key)
                found += [end, self._written(each, self.runs.TupleSource(b"b", b'[null,"', b"m", b"a"))]
                i = end if isinstance(end, int) and end > i else i + 1
                continue
            i += 1
        return found

    def _written(self, rows: Any, source: Any) -> list[Any]:
        """The rows' lists, and their records, as text and as the server's numbers."""
        def plan(code: int) -> Any:
            return self.rows.TuplePlan([(0, code, 1 << 31, b"", None, None, _general), (1, 3, 0, b"\2", b"\0", b"\2?", _general)])

        made = [rows.kinds, rows.frames, rows.news, rows.olds, rows.ats, rows.numbers]
        for code in (1, 3):
            sink, out = self.run.ListSink(list), self.writer.Writer()
            sink.enter("t", ())
            one = self.run.RowWriter(self.spans, self.old, [plan(code)] * 3, b"k", b"v")
            one.begin([b"0", b"1", b"2", b"3", b"4"], True)
            made += [outcome(one.write, rows, 0, len(rows), source, out, sink), one.at, one.which, sink.taken()]
        return made


def _general(raw: bytes, out: Any) -> None:
    out.write_bytes(raw)


_SIDES = (_Side(_COMPILED), _Side(_TWINS))


def run_frames(data: bytes) -> int:
    """The first bytes choose the key and what was done before; then CopyData messages. Raises ValueError."""
    if len(data) < 3:
        raise ValueError("too short to choose a key")
    scans = [side.scan([*messages(data[3:])]) for side in _SIDES]
    assert scans[0] == scans[1]
    threshold = int.from_bytes(data[1:3], "big")
    taken = [side.taken(data[0], threshold) for side in _SIDES]
    assert taken[0] == taken[1]
    newest = agreed([end for _, end in scans])
    assert newest == max((wal_end for _, _, wal_end, _, _ in scans[0][0]), default=0)
    return len(scans[0][0])


def _cell(rng: random.Random, frame: bytes, corpus: list[bytes]) -> bytes:
    return mutate_cell(rng, frame, corpus, 26)


def _numbers(rng: random.Random, frame: bytes, _: list[bytes]) -> bytes:
    """The frame with one of its numbers of eight bytes changed: its place, the server's end, a begin's or a commit's."""
    at = rng.choice((1, 9, 26, 27, 34, 35, 43))
    old = int.from_bytes(frame[at:at + 8], "big")
    number = rng.choice((0, 1, old + rng.randrange(-200, 201), 1 << 63, (1 << 63) - 1, (1 << 64) - 1, rng.getrandbits(64)))
    return frame[:at] + struct.pack(">Q", number & (1 << 64) - 1) + frame[at + 8:] if len(frame) > at + 8 else frame


_FRAME_CHANGES: tuple[Callable[[random.Random, bytes, list[bytes]], bytes], ...] = (_cell, _cell, _numbers, mutate)


def mutate_messages(rng: random.Random, head: bytes, stream: bytes, corpus: list[bytes]) -> bytes:
    """Mostly changes, drops, doubles or moves some of a stream's frames, so that what follows is reached."""
    if rng.random() < 0.05:
        return head + mutate(rng, stream, corpus)
    found = messages(stream)
    for _ in range(rng.choice((1, 1, 2, 4))):
        if not found:
            break
        at = rng.randrange(len(found))
        kind = rng.randrange(8)
        if kind < 5:
            found[at] = rng.choice(_FRAME_CHANGES)(rng, found[at], corpus)
        elif kind == 5:
            found[at:at] = found[rng.randrange(len(found)):][:rng.choice((1, 1, 3))]
        elif kind == 6:
            del found[at]
        else:
            other = rng.randrange(len(found))
            found[at], found[other] = found[other], found[at]
    return head + b"".join(map(message, found[:200]))


def _mutate_frames(rng: random.Random, data: bytes, corpus: list[bytes]) -> bytes:
    head = bytes(b if rng.random() < 0.7 else rng.randrange(256) for b in data[:3])
    return mutate_messages(rng, head, data[3:], corpus)


def _mutate_stream(rng: random.Random, data: bytes, corpus: list[bytes]) -> bytes:
    """The head by chance, the stream in half of them as it is."""
    stream = mutate(rng, data[4:], corpus) if rng.random() < 0.5 else data[4:]
    return bytes(rng.choice((b, rng.randrange(256))) for b in data[:4]) + stream


def _streams() -> list[bytes]:
    return [b"".join(map(message, one)) for one in [*map(frames, cases()), *people()]]


def _copy_seeds() -> list[bytes]:
    begun = b"H\0\0\0\7\0\0\0"
    notice = b"N\0\0\0\x0fMhello\0C0\0\0"
    error = b"E\0\0\0\x0eMgone\0C1\0\0"
    found = [begun + stream + end for stream in _streams() for end in (_END, notice + _END, error + b"Z\0\0\0\5E", b"")]
    found += [b"W" + begun[1:] + stream[:400] + notice + stream[:90] + b"c\0\0\0\4" for stream in _streams()]
    return [b"\0\0\x27\xff" + one for one in [*found, error + b"Z\0\0\0\5I", b"S\0\0\0\x08a\0c\0" + begun + _END]]


def _packet_seeds() -> list[bytes]:
    found = []
    for number, one in enumerate([*map(frames, cases()), *people()]):
        marked = number & 1
        payloads = [b"\0" * marked + frame for frame in one] + [b"\xfe\0\0\2\0", b"\xff\x48\4#HY000gone"][:number % 3]
        stream = b"".join(join_packets(payload, number + i & 255) for i, payload in enumerate(payloads))
        found.append(bytes((marked, 255, 39, number)) + stream)
    return found


TARGETS = [
    Target("pg_copy", run_copy, _mutate_stream, accepts=False, seeds=_copy_seeds),
    Target("my_packets", run_packets, _mutate_stream, seeds=_packet_seeds),
    Target("pg_frames", run_frames, _mutate_frames, seeds=lambda: [b"\0\0\0" + stream for stream in _streams()]),
]
