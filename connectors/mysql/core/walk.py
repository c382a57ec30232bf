# cython: annotation_typing=False
"""A walk over binary log events that takes whole transactions of ordinary row changes, without an object for an event.

It takes what it knows by every byte and leaves all else: at an event that is damaged, unusual or of an unknown table it stops
at the last place where the log can be gone on with event by event, as if it had not looked at what came behind.
"""

from collections.abc import Callable, Iterable
from typing import Any
from zlib import crc32

from connectors.core.run import Rows
from connectors.mysql.core.places import MOST, Places
from connectors.mysql.core.rows import ImageSpans, RowLayout

__all__ = ["Target", "Walk"]

_MOST = MOST
_WHOLE = 16384
"""Most bytes of a transaction that is taken as a whole; a longer one is begun elsewhere, and then taken event by event."""
_LATEST = 9_000_000_000_000_000
"""Microseconds: a later time has no nanoseconds in 64 bits."""
_LAST_GNO = (1 << 63) - 2


def _tables() -> list[int]:
    """The tables of CRC-32 (zlib's) for eight bytes at a time, one after the other."""
    first = []
    for n in range(256):
        c = n
        for _ in range(8):
            c = (c >> 1) ^ (0xEDB88320 if c & 1 else 0)
        first.append(c)
    out = list(first)
    for _ in range(7):
        last = out[len(out) - 256:]
        out += [first[c & 255] ^ (c >> 8) for c in last]
    return out


def _checksum(data: bytes, size: int) -> int:
    return crc32(memoryview(data)[:size])


TABLES = _tables()
# Compiled, this is the inline function of walk.pxd and the line has no effect on it.
globals().setdefault("checksum", _checksum)


class Target:
    """How rows of a table of ``width`` columns are taken: ``layout`` is that of its images, ``keys`` are the places of its key's
    columns, ``table`` is the owner's. Without ``captured`` its rows are passed over."""

    def __init__(self, table: Any, width: int, layout: RowLayout, keys: list[int], captured: bool) -> None:
        self.table = table
        self.width = width
        self.layout = layout
        self.keys = keys
        self.captured = captured


class Walk:
    """Walks over the events of one server. ``find(body)`` gives the Target of a table map without its table id, None when it is
    not known; ``admits(gtid)`` tells of the first GTID of a source whether that source's changes are wanted, and the first
    transaction number that may be taken of it, -1 for none.

    ``pos`` is where the next event begins. ``inside``: a transaction is open, ``events`` of it were dealt with. What a walk
    changes of it holds up to where it stopped.
    """

    def __init__(self, find: Callable[[bytes], Target | None], admits: Callable[[bytes], int], mariadb: bool,
                 skipped: tuple[bool, bool, bool], tombstones: bool) -> None:
        self.find = find
        self.admits = admits
        self.mariadb = mariadb
        self.skip_creates, self.skip_updates, self.skip_deletes = skipped
        self.tombstones = tombstones
        self.new = ImageSpans()
        self.old = ImageSpans()
        self.maps: dict[bytes, Target] = {}
        self.tables: dict[int, Target] = {}
        self.sources: dict[bytes, list[Any]] = {}
        # What its user sets, and finds changed.
        self.pos = 0
        self.inside = False
        self.events = 0
        self.gtid: bytes | None = None
        self.gtid_time = 0
        # What was taken.
        self.taken = 0
        self.walked = 0
        self.records = 0
        self.row_events = 0
        self.last_row = -1
        self.start = 0
        self.server = 0
        self.begun_time = -1
        self.commit_time = -1
        self.executed: list[bytes | tuple[bytes, int, int]] = []
        self.pieces: list[tuple[Target, Rows]] = []
        # The event at hand.
        self.packet = b""
        self.kind = 0
        self.end = 0
        self.header_time = 0
        self.header_server = 0
        # What is on trial: not kept if the walk stops before the next mark.
        self.try_records = 0
        self.first_row = -1
        self.last_source = b""
        self.last_entry: list[Any] | None = None
        self.gno = 0
        self.run_source = b""
        self.run_first = 0
        self.run_next = 0

    def forget(self) -> None:
        """Table maps are found anew."""
        self.maps.clear()

    def walk(self, packets: Iterable[bytes], places: Places, limit: int, limit_bytes: int, checked: bool) -> None:
        """Take from the packets what can be taken: at most ``limit`` rows and ``limit_bytes`` bytes.
        ``checked``: events end in a CRC32."""
        self.taken = self.walked = self.records = self.row_events = 0
        self.last_row = -1
        self.begun_time = self.commit_time = -1
        self.executed = []
        self.pieces = []
        self.sources.clear()
        self.last_source = self.run_source = b""
        self.last_entry = None
        self.try_records = 0
        self.start = self.pos
        self.first_row = -1
        state = 2 if self.inside else 0
        whole = False
        count = size = whole_bytes = 0
        pos = self.pos
        start = pos
        events = self.events
        mark_pieces = mark_rows = 0
        mark_places = places.count
        mark_gtids = len(places.gtids)
        begun = self.begun_time
        gtid_time = self.gtid_time
        row_events = 0
        if not self.inside:
            self.tables.clear()
        for packet in packets:
            length = len(packet)
            if self.walked + size + length > limit_bytes or not self.head(packet, checked):
                break
            end = (pos & ~0xFFFFFFFF) | self.number(9 + 4, 4)
            if end < pos:
                end += 0x100000000
            start = end - length
            kind = self.kind
            marks = False
            if state == 0:
                if len(places.gtids) >= _MOST or not self.announced():
                    break
                gtid_time = self.gtid_time
                whole = True
                whole_bytes = 0
                state = 1
                events = 0
                if self.mariadb:
                    begun = gtid_time if gtid_time else self.header_time
                    places.begin(start, -1, begun, self.gtid)
                    events = 1
                    state = 2
            elif state == 1:
                if kind != 2 or not self.statement(b"BEGIN"):
                    break
                begun = gtid_time if gtid_time else self.header_time
                places.begin(start, self.number(19, 4), begun, self.gtid)
                events = 1
                state = 2
            elif kind == 19:
                if not self.table_map():
                    break
                events += 1
            elif 23 <= kind <= 25 if self.mariadb else 30 <= kind <= 32:
                if places.count >= _MOST:
                    break
                number = places.add(start, self.header_server, gtid_time if gtid_time else self.header_time, events)
                found = self.rows(packet, number, limit - self.records - self.try_records)
                if found < 0:
                    break
                if found > 0:
                    places.end(number, found)
                    self.first_row = found - 1
                    row_events += 1
                else:
                    places.truncate(number, len(places.gtids))
                events += 1
            elif kind == 16 or (kind == 2 and self.statement(b"COMMIT")):
                if kind == 16 and self.end < 27:
                    break
                self.commit_time = gtid_time if gtid_time else self.header_time
                self.execute(whole)
                self.begun_time = begun
                self.tables.clear()
                state = 0
                events = 0
                whole = False
                marks = True
            elif kind == 29:
                events += 1
            elif kind != 160 or not self.mariadb:
                break
            count += 1
            size += length
            pos = end
            if whole:
                whole_bytes += length
                if whole_bytes > _WHOLE:
                    break
                continue
            # A place where it can be gone on with.
            self.taken = count
            self.walked += size
            size = 0
            self.records += self.try_records
            self.try_records = 0
            self.row_events += row_events
            row_events = 0
            if self.first_row >= 0:
                self.last_row = self.first_row
            self.pos = pos
            self.start = start
            self.server = self.header_server
            self.inside = state == 2
            self.events = events
            if marks:
                self.gtid = None
                self.gtid_time = 0
            mark_pieces = len(self.pieces)
            mark_rows = len(self.pieces[mark_pieces - 1][1]) if mark_pieces else 0
            mark_places = places.count
            mark_gtids = len(places.gtids)
        self.undo(mark_pieces, mark_rows)
        places.truncate(mark_places, mark_gtids)
        if whole:
            self.tables.clear()
        self.packet = b""

    def undo(self, pieces: int, rows: int) -> None:
        """Forget what was taken behind the last mark."""
        del self.pieces[pieces:]
        if pieces == 0:
            return
        target, had = self.pieces[pieces - 1]
        if len(had) == rows:
            return
        kept = Rows()
        i = 0
        while i < rows:
            kept.add(had.kinds[i], had.frames[i], had.news[i], had.olds[i], had.ats[i], had.numbers[i])
            i += 1
        self.pieces[pieces - 1] = (target, kept)

    def head(self, packet: bytes, checked: bool) -> bool:
        """Whether the packet is one event of the file, whole and undamaged."""
        size = len(packet)
        self.packet = packet
        if size < 23 or self.number(9, 4) != size or self.number(13, 4) == 0 or packet[17] & 0x20:
            return False
        self.kind = packet[4]
        self.header_time = self.number(0, 4) * 1000000
        self.header_server = self.number(5, 4)
        self.end = size
        if checked:
            self.end = size - 4
            if (crc32(memoryview(packet)[:size - 4]) if size > 4096 else
                    checksum(packet, size - 4)) != self.number(size - 4, 4):  # type: ignore[name-defined]  # noqa: F821
                return False
        return True

    def number(self, at: int, width: int) -> int:
        """The unsigned whole number of so many bytes, of at most seven."""
        value = 0
        packet = self.packet
        i = width - 1
        while i >= 0:
            value = (value << 8) | packet[at + i]
            i -= 1
        return value

    def announced(self) -> bool:
        """Whether the event is a GTID event of an ordinary transaction, which is then the one at hand."""
        return self.maria_announced() if self.mariadb else self.mysql_announced()

    def mysql_announced(self) -> bool:
        """See announced: MySQL's, without a tag, in the form of MySQL 8.0 and later."""
        packet = self.packet
        end = self.end
        if (self.kind != 33 and self.kind != 34) or end < 19 + 49 or packet[19 + 25] != 2 or packet[43] > 127:
            return False
        time = self.number(61, 7)
        if time >> 55:
            if end < 75:
                return False
            time = self.number(68, 7)
        if time > _LATEST:
            return False
        high = packet[43]
        gno = self.number(36, 7) | (high << 56)
        if self.kind == 34:
            if gno:
                return False
            self.gtid = None
        else:
            if gno == 0 or gno > _LAST_GNO:
                return False
            source = packet[20:36]
            if source != self.last_source:
                entry = self.sources.get(source)
                if entry is None:
                    digits = source.hex()
                    text = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}:".encode()
                    entry = self.sources[source] = [text, self.admits(text + b"1")]
                self.last_source = source
                self.last_entry = entry
            entry = self.last_entry
            floor = entry[1]  # type: ignore[index]
            if floor < 0 or gno < floor:
                return False
            self.gno = gno
            self.gtid = entry[0] + b"%d" % gno  # type: ignore[index]
        self.gtid_time = time
        return True

    def maria_announced(self) -> bool:
        """See announced: MariaDB's, which also begins the transaction."""
        packet = self.packet
        end = self.end
        if self.kind != 162 or end < 32:
            return False
        flags = packet[31]
        at = 32
        if flags & 225 or packet[26] > 127:
            return False
        if flags & 2:
            at += 8
            if at > end:
                return False
        if at < end and packet[at] & 15:
            return False
        high = packet[26]
        sequence = self.number(19, 7) | (high << 56)
        source = packet[27:31] + packet[5:9]
        if source != self.last_source:
            entry = self.sources.get(source)
            if entry is None:
                text = b"%d-%d-" % (self.number(27, 4), self.header_server)
                entry = self.sources[source] = [text, self.admits(text + b"1")]
            self.last_source = source
            self.last_entry = entry
        entry = self.last_entry
        if entry[1] < 0:  # type: ignore[index]
            return False
        self.gtid = entry[0] + b"%d" % sequence  # type: ignore[index]
        self.gtid_time = 0
        return True

    def execute(self, whole: bool) -> None:
        """The transaction at hand is committed."""
        gtid = self.gtid
        if gtid is None:
            return
        if not whole:
            self.executed.append(gtid)
            self.run_source = b""
            return
        same = self.run_source == self.last_source and len(self.executed) > 0
        self.run_source = self.last_source
        if self.mariadb:
            # Of a domain's transactions the last counts.
            if same:
                self.executed[len(self.executed) - 1] = gtid
            else:
                self.executed.append(gtid)
            return
        entry = self.last_entry
        entry[1] = self.gno + 1  # type: ignore[index]
        if same and self.run_next == self.gno:
            self.run_next += 1
            self.executed[len(self.executed) - 1] = (entry[0], self.run_first, self.run_next)  # type: ignore[index]
        else:
            self.run_first = self.gno
            self.run_next = self.gno + 1
            self.executed.append((entry[0], self.run_first, self.run_next))  # type: ignore[index]

    def statement(self, text: bytes) -> bool:
        """Whether the event is a query event of exactly this statement, in a database with an ordinary name."""
        packet = self.packet
        end = self.end
        if end < 32:
            return False
        at = 32 + self.number(30, 2)
        name_end = at + packet[27]
        if name_end >= end or packet[name_end] != 0 or end - name_end - 1 != len(text):
            return False
        while at < name_end:
            if packet[at] > 127:
                return False
            at += 1
        return packet[name_end + 1:end] == text

    def table_map(self) -> bool:
        """Whether the event maps a table that is known; its id then stands for it."""
        if self.end < 27 + 2:
            return False
        body = self.packet[27:self.end]
        target = self.maps.get(body)
        if target is None:
            target = self.find(body)
            if target is None:
                return False
            if len(self.maps) >= 20000:
                self.maps.clear()
            self.maps[body] = target
        self.tables[self.number(19, 6)] = target
        return True

    def rows(self, packet: bytes, place: int, limit: int) -> int:
        """Take the rows of the event at hand; returns how many, -1 when it is not for the walk."""
        end = self.end
        at = 27
        op = self.kind - 23
        if self.kind >= 30:
            op = self.kind - 30
            at = 29
            if end < 29:
                return -1
            extra = self.number(27, 2)
            if extra < 2:
                return -1
            at += extra - 2
        if at >= end:
            return -1
        width = packet[at]
        at += 1
        if width > 250:
            if width != 252 or end - at < 2:
                return -1
            width = self.number(at, 2)
            at += 2
        target = self.tables.get(self.number(19, 6))
        if target is None:
            return -1
        layout = target.layout
        if width == 0 or width != target.width:
            return -1
        size = (width + 7) // 8
        last = (1 << (width & 7)) - 1 if width & 7 else 255
        images = 2 if op == 1 else 1
        if size * images > end - at:
            return -1
        while images > 0:
            i = 1
            while i < size:
                if packet[at] != 255:
                    return -1
                at += 1
                i += 1
            if packet[at] & last != last:
                return -1
            at += 1
            images -= 1
        if not target.captured or (self.skip_creates if op == 0 else self.skip_updates if op == 1 else self.skip_deletes):
            return 0
        if at == end:
            return 0
        pieces = self.pieces
        into = None
        if len(pieces) > 0:
            piece = pieces[len(pieces) - 1]
            if piece[0] is target:
                into = piece[1]
        if into is None:
            into = Rows()
            pieces.append((target, into))
        new = self.new
        old = self.old
        count = 0
        cost = 2 if op == 2 and self.tombstones else 1
        try:
            while at < end:
                if (count + 1) * cost > limit:
                    return -1
                if op == 0:
                    after = new.parse(packet, at, layout, b"")
                    if after > end:
                        return -1
                    into.add(0, packet, at, -1, place, count)
                elif op == 1:
                    middle = old.parse(packet, at, layout, b"")
                    after = new.parse(packet, middle, layout, b"")
                    if after > end:
                        return -1
                    for key in target.keys:
                        if not new.same(old, key):
                            return -1
                    into.add(1, packet, middle, at, place, count)
                else:
                    after = old.parse(packet, at, layout, b"")
                    if after > end:
                        return -1
                    into.add(2, packet, -1, at, place, count)
                if after <= at:
                    return -1
                at = after
                count += 1
        except ValueError:
            return -1
        self.try_records += count * cost
        return count
