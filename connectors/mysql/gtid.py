"""Sets of global transaction ids, MySQL's (with tags) and MariaDB's (with domains), behind one interface: :class:`GtidSet`.

A set is changed only by ``add``; everything else gives a new one. ``str()`` is the text that offsets and servers use, without
white space, in a fixed order. Not thread-safe, not hashable.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Protocol, Self

from connectors.mysql.gtidmaria import GtidError, MariaDbGtidSet
from connectors.mysql.structure import Flavor

__all__ = ["GtidError", "GtidSet", "MariaDbGtidSet", "MySqlGtidSet", "gtid_set_of", "source_of"]

_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_TAG = re.compile(r"[a-z_][a-z0-9_]{0,31}")
_NUMBER = re.compile(r"[0-9]{1,19}")
_LAST = (1 << 63) - 2
"""The highest transaction number of MySQL (GNO_END - 1)."""

Source = tuple[str, str]
"""A server's UUID and a tag, "" without one."""


class GtidSet(Protocol):
    """What both families can do."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """From the servers' text form, in any order, case and white space. Raises GtidError."""
        ...

    def add(self, gtid: str) -> None:
        """Put one transaction in. Raises GtidError."""
        ...

    def copy(self) -> Self:
        """An equal set of its own."""
        ...

    def has(self, gtid: str) -> bool:
        """Whether that one transaction is in. Raises GtidError."""
        ...

    def contains(self, other: Self) -> bool:
        """Whether everything of ``other`` is in here."""
        ...

    def union(self, other: Self) -> Self:
        """What is in one of the two."""
        ...

    def minus(self, other: Self) -> Self:
        """What is in here and not in ``other``."""
        ...

    def keep(self, accept: Callable[[str], bool]) -> Self:
        """Only the transactions whose source (see :func:`source_of`) is accepted."""
        ...

    def sources(self) -> frozenset[str]:
        """The sources of its transactions, see :func:`source_of`."""
        ...

    def __bool__(self) -> bool: ...


def gtid_set_of(flavor: Flavor, text: str = "") -> MySqlGtidSet | MariaDbGtidSet:
    """The set of that family from its text. Raises GtidError."""
    return MariaDbGtidSet.parse(text) if flavor is Flavor.MARIADB else MySqlGtidSet.parse(text)


def source_of(gtid: str) -> str:
    """Where a transaction came from, as ``gtid.source.includes`` and ``.excludes`` match it: MySQL's server UUID, MariaDB's
    "domain-server"."""
    head, colon, _ = gtid.partition(":")
    return head.strip().lower() if colon else head.strip().rpartition("-")[0]


class MySqlGtidSet:
    """A set like ``3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:8:backup:1-3``: per server and tag, ranges of numbers."""

    __slots__ = ("_ranges", "_texts")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self) -> None:
        self._ranges: dict[Source, list[int]] = {}
        # Per source: flat [start, end, start, end, …], ends exclusive, ascending, with gaps between the ranges.
        self._texts: dict[Source, str] = {}

    @classmethod
    def parse(cls, text: str) -> Self:
        """From the servers' text form. Raises GtidError; a range that ends before it starts is one, too."""
        new = cls()
        for part in text.split(","):
            items = [item.strip().lower() for item in part.split(":")]
            if items == [""]:
                continue
            uuid, tag = _uuid(items[0]), ""
            if len(items) < 2:
                raise GtidError("a GTID set's entry is a server UUID without transaction numbers")
            for item in items[1:]:
                if item[:1].isdigit():
                    first, dash, last = item.partition("-")
                    start = _gno(first)
                    new._put((uuid, tag), start, (_gno(last) if dash else start) + 1)
                elif _TAG.fullmatch(item):
                    tag = item
                elif item:
                    raise GtidError("a GTID set's entry is neither a range of numbers nor a tag")
        return new

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """From the binary form (a previous-GTIDs event's body), with or without tags. Raises GtidError."""
        new = cls()
        if len(raw) < 8:
            raise GtidError("a binary GTID set is shorter than its header")
        (head,) = _U64.unpack_from(raw)
        form = head >> 56
        if form > 1:
            raise GtidError(f"a binary GTID set has the unknown format {form}")
        count = (head >> 8) & 0xFFFFFFFFFFFF if form else head
        at = 8
        for _ in range(count):
            if len(raw) < at + 24:
                raise GtidError("a binary GTID set ends inside an entry")
            uuid, at = _dashed(raw[at:at + 16]), at + 16
            tag = ""
            if form:
                length = raw[at] >> 1
                if raw[at] & 1 or length > 32:
                    raise GtidError("a binary GTID set has a tag of more than 32 letters")
                tag, at = raw[at + 1:at + 1 + length].decode("ascii"), at + 1 + length
                if length and not _TAG.fullmatch(tag):
                    raise GtidError("a binary GTID set has a tag that is none")
                if len(raw) < at + 8:
                    raise GtidError("a binary GTID set ends inside an entry")
            (ranges,) = _U64.unpack_from(raw, at)
            at += 8
            if ranges > (len(raw) - at) // 16:
                raise GtidError("a binary GTID set ends inside its ranges")
            for start, end in struct.iter_unpack("<qq", raw[at:at + 16 * ranges]):
                if not 0 < start < end <= _LAST + 1:
                    raise GtidError("a binary GTID set has a range out of bounds")
                new._put((uuid, tag), start, end)
            at += 16 * ranges
        if at != len(raw):
            raise GtidError("a binary GTID set has bytes after its end")
        return new

    def encode(self) -> bytes:
        """The binary form, as COM_BINLOG_DUMP_GTID takes it. Without tags it is the one that all versions know."""
        tagged = any(tag for _, tag in self._ranges)
        out = [_U64.pack(1 << 56 | len(self._ranges) << 8 | 1 if tagged else len(self._ranges))]
        for (uuid, tag), flat in sorted(self._ranges.items()):
            out.append(bytes.fromhex(uuid.replace("-", "")))
            if tagged:
                out.append(bytes((len(tag) << 1,)) + tag.encode("ascii"))
            out.append(_U64.pack(len(flat) // 2) + struct.pack(f"<{len(flat)}q", *flat))
        return b"".join(out)

    def add(self, gtid: str) -> None:
        """Put one transaction in. Raises GtidError. Cheap for the number that follows the last one."""
        source, gno = _split(gtid)
        flat = self._ranges.get(source)
        if flat is not None and flat[-1] == gno:
            flat[-1] = gno + 1
            self._texts.pop(source, None)
        else:
            self._put(source, gno, gno + 1)

    def add_range(self, uuid: str, first: int, behind: int) -> None:
        """Put a server's transactions in, from ``first`` up to the one before ``behind``; ``uuid`` in its usual form. Raises
        GtidError."""
        self._put((uuid, ""), first, behind)

    def after(self, gtid: str) -> int:
        """The number from which on no transaction of that one's source is in. Raises GtidError."""
        flat = self._ranges.get(_split(gtid)[0])
        return flat[-1] if flat else 0

    def copy(self) -> Self:
        """An equal set of its own."""
        new = type(self)()
        new._ranges = {source: flat.copy() for source, flat in self._ranges.items()}
        new._texts = self._texts.copy()
        return new

    def has(self, gtid: str) -> bool:
        """Whether that one transaction is in. Raises GtidError."""
        source, gno = _split(gtid)
        return bisect_right(self._ranges.get(source, ()), gno) % 2 == 1

    def contains(self, other: Self) -> bool:
        """Whether everything of ``other`` is in here."""
        for source, flat in other._ranges.items():
            mine = self._ranges.get(source, [])
            for start, end in _pairs(flat):
                at = bisect_right(mine, start)
                if at % 2 == 0 or mine[at] < end:
                    return False
        return True

    def union(self, other: Self) -> Self:
        """What is in one of the two."""
        new = self.copy()
        for source, flat in other._ranges.items():
            for start, end in _pairs(flat):
                new._put(source, start, end)
        return new

    def minus(self, other: Self) -> Self:
        """What is in here and not in ``other``."""
        new = type(self)()
        for source, flat in self._ranges.items():
            left = _without(flat, other._ranges.get(source, []))
            if left:
                new._ranges[source] = left
        return new

    def keep(self, accept: Callable[[str], bool]) -> Self:
        """Only the transactions of servers whose UUID is accepted, whatever their tags."""
        new = type(self)()
        new._ranges = {source: flat.copy() for source, flat in self._ranges.items() if accept(source[0])}
        return new

    def sources(self) -> frozenset[str]:
        """The UUIDs of the servers whose transactions are in."""
        return frozenset(uuid for uuid, _ in self._ranges)

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MySqlGtidSet) and self._ranges == other._ranges

    def __str__(self) -> str:
        out: list[str] = []
        last = None
        for source in sorted(self._ranges):
            uuid, tag = source
            text = self._texts.get(source)
            if text is None:
                text = self._texts[source] = "".join(
                    f":{start}" if end == start + 1 else f":{start}-{end - 1}" for start, end in _pairs(self._ranges[source]))
            if uuid != last:
                out.append(("," if out else "") + uuid)
                last = uuid
            out.append(f":{tag}{text}" if tag else text)
        return "".join(out)

    def __repr__(self) -> str:
        return f"MySqlGtidSet({str(self)!r})"

    def _put(self, source: Source, start: int, end: int) -> None:
        if start >= end:
            raise GtidError("a GTID set's range ends before it starts")
        self._texts.pop(source, None)
        flat = self._ranges.setdefault(source, [])
        # Ranges that overlap or touch [start, end) melt into one; the parity of an index says whether it is inside a range.
        low, high = bisect_left(flat, start), bisect_right(flat, end)
        flat[low:high] = ([] if low % 2 else [start]) + ([] if high % 2 else [end])


_U64 = struct.Struct("<Q")


def _pairs(flat: list[int]) -> Iterator[tuple[int, int]]:
    return zip(flat[::2], flat[1::2], strict=True)


def _without(flat: list[int], holes: list[int]) -> list[int]:
    out: list[int] = []
    for first, last in _pairs(flat):
        start, end = first, last
        at = bisect_right(holes, start)
        if at % 2:
            start, at = holes[at], at + 1
        while start < end:
            hole = holes[at] if at < len(holes) else end
            if hole >= end:
                out += (start, end)
                break
            out += (start, hole)
            start, at = holes[at + 1], at + 2
    return out


@lru_cache(1024)
def _uuid(text: str) -> str:
    if not _UUID.fullmatch(text):
        raise GtidError("a GTID's server UUID is not one")
    return text if len(text) == 36 and text.count("-") == 4 else _dashed(bytes.fromhex(text.replace("-", "")))


def _dashed(raw: bytes) -> str:
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _gno(text: str) -> int:
    text = text.strip()
    number = int(text) if _NUMBER.fullmatch(text) else 0
    if not 0 < number <= _LAST:
        raise GtidError("a GTID's transaction number is not one")
    return number


def _split(gtid: str) -> tuple[Source, int]:
    items = gtid.lower().split(":")
    tag = items[1].strip() if len(items) == 3 else ""
    if len(items) not in (2, 3) or (len(items) == 3 and not _TAG.fullmatch(tag)):
        raise GtidError("a GTID is not of the form UUID:NUMBER or UUID:TAG:NUMBER")
    return (_uuid(items[0].strip()), tag), _gno(items[-1])
