"""PostgreSQL's rows: TupleData, lines of COPY, and the values in them.

The compiled core on one side; on the other its own sources interpreted, the general codecs, and for times and lines of COPY a
reader that shares nothing with them. All sides give the same, or all refuse.
"""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.codec import Codec
from connectors.core.spans import NULL, SENT
from connectors.postgres.core import rows as compiled
from connectors.postgres.core import texts
from connectors.postgres.types import TypeOptions, numbers, temporal
from connectors.postgres.types.text import character
from schemas.core.writer import Writer
from tests.fuzz.interpreted import Refused, agreed, interpreted, outcome
from tests.fuzz.mutate import mutate, mutate_cell
from tests.fuzz.recorded import rows
from tests.fuzz.targets import Target

__all__ = ["TARGETS"]

_TWIN = interpreted("connectors.postgres.core.rows")
_TEXTS = (texts, interpreted("connectors.postgres.core.texts"))
_SIDES: tuple[tuple[Any, Any], ...] = ((compiled, Writer()), (_TWIN, interpreted("schemas.core.writer").Writer()))
_TUPLES = [(side.TupleSpans(), side.TupleSpans()) for side, _ in _SIDES]
_LINES = [side.CopySpans() for side, _ in _SIDES]
_CODES = 13
_BOUNDS = (0, 1 << 15, 1 << 31, 1 << 62)


def _general(raw: bytes, writer: Any) -> None:
    writer.write_bytes(raw)


def _columns(count: int, seed: int) -> list[tuple[Any, ...]]:
    """Columns some of whose codecs have nothing to do with their values, and some that the row does not have."""
    made = []
    for i in range(count):
        code = compiled.TEXT if seed % 3 and (seed + i) % 4 else (seed + i * (1 + seed % 5)) % _CODES
        bound = _BOUNDS[(seed + i) % 4] if code == compiled.INT else (seed * 3 + i) % 22 - 1
        place = i if seed % 11 else count - i
        made.append((place, code, bound, b"\x02", b"\0" if seed % 7 else None, b"\x02\x02?" if seed % 5 else None, _general))
    return made


def _cells(spans: Any, data: bytes, at: int) -> tuple[int, list[tuple[int, bytes | None]]]:
    """Where the row ends, and what is in it."""
    end = spans.read(data, at)
    assert at <= end <= len(data)
    for i in range(spans.count):
        if spans.kind(i) == SENT:
            assert 0 <= spans.start(i) <= spans.end(i) <= len(spans.buffer)
    return end, [(spans.kind(i), spans.raw(i)) for i in range(spans.count)]


def _written(side: Any, writer: Any, columns: list[tuple[Any, ...]], spans: Any, old: Any) -> bytes:
    writer.truncate(0)
    side.TuplePlan(columns).write(spans, writer, old)
    made: bytes = writer.take()
    return made


def _row_after_row(side: Any, writer: Any, pair: tuple[Any, Any], data: bytes) -> list[Any]:
    """What one side makes of an old row and a new one behind it."""
    spans, old = pair
    spans.width = old.width = data[1] % 8 if data[1] & 64 else 0
    found = [outcome(_cells, old, data, 2)]
    if not isinstance(found[0], Refused):
        end, cells = found[0]
        found.append(outcome(_written, side, writer, _columns(len(cells), data[0]), old, None))
        found.append(outcome(_cells, spans, data, end))
    if len(found) == 3 and not isinstance(found[2], Refused):
        width = spans.count
        found.append(outcome(_written, side, writer, _columns(width, data[0]), spans, old))
        found.append([spans.same(old, i) for i in range(min(width, old.count))])
    return found


def run_tuples(data: bytes) -> None:
    """The first bytes choose the codecs and the width that is due. Raises ValueError."""
    if len(data) < 2:
        raise ValueError("too short to choose a plan")
    sides = [_row_after_row(side, writer, pair, data) for (side, writer), pair in zip(_SIDES, _TUPLES, strict=True)]
    assert sides[0] == sides[1]
    for found in sides[0]:
        if isinstance(found, Refused):
            raise ValueError(found.text)
        assert not isinstance(found, bytes) or len(found) <= 64 * len(data) + 4096


def _mutate_tuples(rng: random.Random, data: bytes, corpus: list[bytes]) -> bytes:
    head = bytes(rng.choice((b, rng.randrange(256))) for b in data[:2])
    return head + (mutate_cell(rng, data, corpus, 2) if rng.random() < 0.6 else mutate(rng, data, corpus))[2:]


_ESCAPED = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_CELL = re.compile(rb"(?:[^\\\t\n]|\\[^\n])*")


def _line(data: bytes, at: int) -> tuple[int, list[tuple[int, bytes | None]]]:
    """A line of COPY as PostgreSQL's documentation of COPY says ("Text Format")."""
    cells: list[tuple[int, bytes | None]] = []
    while True:
        found = _CELL.match(data, at)
        assert found is not None
        raw, at = found.group(), found.end()
        null = raw == b"\\N"
        cells.append((NULL, None) if null else (SENT, _ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]), raw)))
        if at == len(data) or data[at:at + 1] == b"\n":
            return min(at + 1, len(data)), cells
        if data[at:at + 1] != b"\t":
            raise ValueError("a backslash at the end")
        at += 1


def run_lines(data: bytes) -> int:
    """All lines, one after the other. The first bytes choose the codecs and the width that is due. Raises ValueError."""
    if len(data) < 2:
        raise ValueError("too short to choose a plan")
    at, count = 2, 0
    for spans in _LINES:
        spans.width = data[1] % 8 if data[1] & 64 else 0
    while True:
        end, cells = agreed([outcome(_cells, spans, data, at) for spans in _LINES])
        assert (end, cells) == _line(data, at)
        made = agreed([
            outcome(_written, side, writer, _columns(len(cells), data[0]), spans, None)
            for (side, writer), spans in zip(_SIDES, _LINES, strict=True)])
        assert len(made) <= 64 * len(data) + 4096
        if end == len(data):
            return count
        at, count = end, count + 1


def _mutate_lines(rng: random.Random, data: bytes, corpus: list[bytes]) -> bytes:
    return bytes(rng.choice((b, rng.randrange(256))) for b in data[:2]) + mutate(rng, data, corpus)[2:]


def _typmod(precision: int, scale: int) -> int:
    return (precision << 16 | scale) + 4


_ADAPTIVE, _CONNECT = TypeOptions(), TypeOptions(time="connect", decimal="double")
_CODECS: list[Codec] = [
    numbers.boolean(), numbers.whole(2), numbers.whole(4), numbers.whole(8), numbers.float4(), numbers.float8(),
    *(numbers.numeric(_typmod(*size), _ADAPTIVE) for size in ((10, 2), (38, 18), (18, 0))), numbers.numeric(-1, _CONNECT),
    temporal.date(_ADAPTIVE), temporal.date(_CONNECT), temporal.time(-1, _ADAPTIVE), temporal.time(3, _ADAPTIVE),
    temporal.timestamp(-1, _ADAPTIVE), temporal.timestamp(3, _ADAPTIVE), temporal.timestamp(-1, _CONNECT),
    temporal.timestamptz(0), temporal.timestamptz(3), temporal.timestamptz(6), character(_ADAPTIVE),
]
_VALUES = (
    "t", "f", "0", "-1", "7", "32767", "-32768", "2147483648", "9223372036854775807", "-9223372036854775808",
    "1234567890123456789", "0.00", "-0.01", "99999999.99", "123456789012345678.123456789012345678", "1e-7", "1.5",
    "-2.5e+300", "3.4028235e+38", "1e+39", "NaN", "Infinity", "-Infinity", "2026-02-28", "0001-01-01", "5874897-12-31",
    "4713-11-24 BC", "infinity", "-infinity", "00:00:00", "24:00:00", "23:59:59.999999", "10:11:12.5",
    "2026-02-28 10:11:12", "2024-02-29 23:59:59.123456", "294276-12-31 23:59:59.999999", "4714-11-24 00:00:00 BC",
    "2026-02-28 10:11:12+00", "2026-02-28 10:11:12.123+00", "9999-12-31 23:59:59.999999+00", "10000-01-01 00:00:00+00",
    "0044-03-15 00:00:00+00 BC", "2026-02-28 10:11:12+05:30", "2026-02-28 10:11:12-00:00:12", "ž", "",
)
_PIECES = (b"+00", b" BC", b".5", b".123456", b"-", b"+", b":", b" ", b"_", b"e5", b"99", b"60", b"31", b"30", b"00", b"\0", b"T")
_INSTANT = re.compile(rb"(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:([+-])(\d\d)(?::([0-5]\d)(?::([0-5]\d))?)?)?)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _mutate_value(rng: random.Random, data: bytes, corpus: list[bytes]) -> bytes:
    """Half of them are whole pieces put in, taken out or changed, so that what comes is near to a value."""
    if rng.random() < 0.5 or len(data) < 2:
        return mutate(rng, data, corpus)
    raw = bytearray(rng.choice(corpus) if rng.random() < 0.3 else data)
    raw[0] = data[0]
    at = rng.randrange(1, len(raw) + 1)
    width = rng.choice((0, 0, 1, 2, 3))
    raw[at:at + width] = rng.choice(_PIECES)
    digits = [i for i in range(1, len(raw)) if 48 <= raw[i] <= 57]
    if digits and rng.random() < 0.5:
        raw[rng.choice(digits)] = rng.randrange(48, 58)
    return bytes(raw)


def _instant(raw: bytes) -> int | None:
    """Microseconds since 1970 of a date or timestamp of the years 1 to 9999, by the standard library; None for other texts.
    Raises ValueError for what no calendar has."""
    found = _INSTANT.fullmatch(raw)
    if found is None:
        return None
    day, clock, fraction, sign, *zone = (part.decode() if part else "" for part in found.groups())
    if clock.startswith("24"):
        raise ValueError("the hour 24 is one of a time only")
    whole = datetime.fromisoformat(f"{day}T{clock or '00:00:00'}+00:00") - _EPOCH
    east = timedelta(hours=int(zone[0] or 0), minutes=int(zone[1] or 0), seconds=int(zone[2] or 0))
    return (whole + (east if sign == "-" else -east)) // timedelta(microseconds=1) + int(fraction.ljust(6, "0"))


def _fast(side: Any, writer: Any, codec: Codec, pair: tuple[Any, Any], row: bytes) -> bytes:
    pair[0].width = 0
    pair[0].read(row, 0)
    return _written(side, writer, [(0, codec.fast, codec.bound, b"", None, None, codec.encode)], pair[0], None)


def _slow(codec: Codec, raw: bytes) -> bytes:
    writer = Writer()
    codec.encode(raw, writer)
    return writer.take()


def run_values(data: bytes) -> None:
    """The first byte chooses the type, the rest is the server's text. Raises ValueError."""
    if not data:
        raise ValueError("no type")
    codec, raw = _CODECS[data[0] % len(_CODECS)], data[1:]
    for name in ("date_days", "time_micros", "timetz_micros", "timestamp_micros", "whole_number"):
        found = [outcome(getattr(side, name), raw, 0, len(raw)) for side in _TEXTS]
        assert found[0] == found[1], name
        if name == "timestamp_micros" and b" " in raw:
            _judge(found[0], raw, 1)
        elif name == "date_days" and len(raw) == 10:
            _judge(found[0], raw, 86_400_000_000)
    row = b"\0\1t" + len(raw).to_bytes(4, "big") + raw
    fast = [outcome(_fast, side, writer, codec, pair, row) for (side, writer), pair in zip(_SIDES, _TUPLES, strict=True)]
    assert fast[0] == fast[1]
    try:
        slow: Any = _slow(codec, raw)
    except ValueError as e:
        slow = Refused("CellError", str(e))
    if _both_may_differ(codec, raw):
        return
    assert isinstance(fast[0], Refused) is isinstance(slow, Refused), (fast[0], slow)
    if isinstance(slow, Refused):
        raise ValueError(slow.text)
    assert fast[0] == slow


def _judge(found: Any, raw: bytes, unit: int) -> None:
    try:
        micros = _instant(raw)
    except ValueError:
        assert isinstance(found, Refused), f"{raw!r} is in no calendar"
        return
    assert micros is None or (not isinstance(found, Refused) and found * unit == micros), raw


def _both_may_differ(codec: Codec, raw: bytes) -> bool:
    """The general codecs also read defaults of columns, and make texts of what the server has checked to be UTF-8."""
    if codec.fast == compiled.BOOL:
        return raw in (b"true", b"false")
    return codec.fast == compiled.TEXT and not _is_text(raw)


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _tuple_seeds() -> list[bytes]:
    found = rows()
    return [bytes((i * 7 % 256, 0)) + one + found[i - 1] for i, one in enumerate(found)]


def _line_seeds() -> list[bytes]:
    lines = [b"1\ta\n2\t\\N\n", b"\n", b"a\\tb\\nc\\\\d\\r\\b\\f\\v\n", b"\\\\N\t\\N\t\\.\n\\N",
             b"\t\t\t", "ž\t日\n".encode(), b"\\\t\\\\\tN\\N\n"]
    lines += ["\t".join(_VALUES[i:i + 6]).encode() + b"\n" for i in range(0, len(_VALUES), 6)]
    return [bytes((i * 7 % 256, 0)) + one for i, one in enumerate(lines)]


def _value_seeds() -> list[bytes]:
    return [bytes((kind,)) + value.encode() for kind in range(len(_CODECS)) for value in _VALUES]


TARGETS = [
    Target("pg_tuples", run_tuples, _mutate_tuples, accepts=False, seeds=_tuple_seeds),
    Target("pg_lines", run_lines, _mutate_lines, accepts=False, seeds=_line_seeds),
    Target("pg_values", run_values, _mutate_value, accepts=False, seeds=_value_seeds),
]
