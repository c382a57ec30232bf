# cython: annotation_typing=False
"""A walk over binary log events that takes whole transactions of ordinary row changes, without an object for an event.

It takes what it knows by every byte and leaves all else: at an event that is damaged, unusual or of an unknown table it stops
at the last place where the log can be gone on with event by event, as if it had not looked at what came behind.
"""

from collections.abc import Callable, Iterable
from typing import Any

from connectors.core.run import Rows
from connectors.mysql.core.announced import Announced
from connectors.mysql.core.heads import EventHead
from connectors.mysql.core.places import MOST, Places
from connectors.mysql.core.rows import ImageSpans, RowLayout

__all__ = ["Target", "Walk"]

_MOST = MOST
_WHOLE = 16384
"""Most bytes of a transaction that is taken as a whole; a longer one is begun elsewhere, and then taken event by event."""


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
        self.mariadb = mariadb
        self.head = EventHead()
        self.gtids = Announced(admits, mariadb)
        self.skip_creates, self.skip_updates, self.skip_deletes = skipped
        self.tombstones = tombstones
        self.new = ImageSpans()
        self.old = ImageSpans()
        self.maps: dict[bytes, Target] = {}
        self.tables: dict[int, Target] = {}
        # What its user sets, and finds changed.
        self.pos = 0
        self.inside = False
        self.events = 0
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
        self.pieces: list[tuple[Target, Rows]] = []
        # What is on trial: not kept if the walk stops before the next mark.
        self.try_records = 0
        self.first_row = -1

    def forget(self) -> None:
        """Table maps are found anew."""
        self.maps.clear()

    def walk(self, packets: Iterable[bytes], places: Places, limit: int, limit_bytes: int, checked: bool) -> None:
        """Take from the packets what can be taken: at most ``limit`` rows and ``limit_bytes`` bytes.
        ``checked``: events end in a CRC32."""
        self.taken = self.walked = self.records = self.row_events = 0
        self.last_row = -1
        self.begun_time = self.commit_time = -1
        head, gtids = self.head, self.gtids
        gtids.begin()
        self.pieces = []
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
        gtid_time = gtids.time
        row_events = 0
        if not self.inside:
            self.tables.clear()
        for packet in packets:
            length = len(packet)
            if self.walked + size + length > limit_bytes or not head.read(packet, checked):
                break
            end = (pos & ~0xFFFFFFFF) | head.number(9 + 4, 4)
            if end < pos:
                end += 0x100000000
            start = end - length
            kind = head.kind
            marks = False
            if state == 0:
                if len(places.gtids) >= _MOST or not gtids.announced(head):
                    break
                gtid_time = gtids.time
                whole = True
                whole_bytes = 0
                state = 1
                events = 0
                if self.mariadb:
                    begun = gtid_time if gtid_time else head.time
                    places.begin(start, -1, begun, gtids.gtid)
                    events = 1
                    state = 2
            elif state == 1:
                if kind != 2 or not head.statement(b"BEGIN"):
                    break
                begun = gtid_time if gtid_time else head.time
                places.begin(start, head.number(19, 4), begun, gtids.gtid)
                events = 1
                state = 2
            elif kind == 19:
                if not self.table_map():
                    break
                events += 1
            elif 23 <= kind <= 25 if self.mariadb else 30 <= kind <= 32:
                if places.count >= _MOST:
                    break
                number = places.add(start, head.server, gtid_time if gtid_time else head.time, events)
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
            elif kind == 16 or (kind == 2 and head.statement(b"COMMIT")):
                if kind == 16 and head.end < 27:
                    break
                self.commit_time = gtid_time if gtid_time else head.time
                gtids.execute(whole)
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
            self.server = head.server
            self.inside = state == 2
            self.events = events
            if marks:
                gtids.gtid = None
                gtids.time = 0
            mark_pieces = len(self.pieces)
            mark_rows = len(self.pieces[mark_pieces - 1][1]) if mark_pieces else 0
            mark_places = places.count
            mark_gtids = len(places.gtids)
        self.undo(mark_pieces, mark_rows)
        places.truncate(mark_places, mark_gtids)
        if whole:
            self.tables.clear()
        head.release()

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

    def table_map(self) -> bool:
        """Whether the event maps a table that is known; its id then stands for it."""
        head = self.head
        if head.end < 27 + 2:
            return False
        body = head.packet[27:head.end]
        target = self.maps.get(body)
        if target is None:
            target = self.find(body)
            if target is None:
                return False
            if len(self.maps) >= 20000:
                self.maps.clear()
            self.maps[body] = target
        self.tables[head.number(19, 6)] = target
        return True

    def rows(self, packet: bytes, place: int, limit: int) -> int:
        """Take the rows of the event at hand; returns how many, -1 when it is not for the walk."""
        head = self.head
        end = head.end
        at = 27
        op = head.kind - 23
        if head.kind >= 30:
            op = head.kind - 30
            at = 29
            if end < 29:
                return -1
            extra = head.number(27, 2)
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
            width = head.number(at, 2)
            at += 2
        target = self.tables.get(head.number(19, 6))
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
