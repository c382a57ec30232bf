"""Many events at once: the walk of :mod:`connectors.mysql.core.walk` goes ahead of the decoder wherever the log is ordinary.

What it does not take is left to the decoder event by event, which leaves the same behind: the walk is a matter of speed only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from weakref import ref

from connectors.changes import Change, Kind, RowRun
from connectors.core.run import DELETE_BY_KEY
from connectors.mysql.config import MySqlConfig
from connectors.mysql.core.places import Places
from connectors.mysql.core.rows import ImageSpans, RowLayout
from connectors.mysql.core.walk import Target, Walk
from connectors.mysql.feed import EventFeed
from connectors.mysql.gtid import GtidSet, gtid_set_of
from connectors.mysql.offsets import BinlogOffset, PreparedXa
from connectors.mysql.progress import Begun, Progress
from connectors.mysql.rowchanges import Entries
from connectors.mysql.rowintake import RowIntake
from connectors.mysql.structure import Flavor, TableId
from connectors.mysql.tracking import Mapped, TableTracker
from connectors.mysql.where import RowsWhere

__all__ = ["EventWalk", "Walked", "WalkedFrom", "WalkedRun"]

_LENT = 8
"""Batches in flight whose places are remembered."""
_NO_LAYOUT = RowLayout((), ())


@dataclass(slots=True, weakref_slot=True, eq=False)
class Walked:
    """What the events of one walk share. ``executed`` are the GTIDs that were executed before the first transaction of
    ``places``, which begin in the file ``file``."""

    places: Places
    file: str
    flavor: Flavor
    executed: str | None
    server_uuid: str | None
    xa: tuple[PreparedXa, ...]
    _reached: tuple[int, GtidSet] | None = None

    def where(self, at: int, table: TableId) -> RowsWhere:
        """Where the rows of that event come from."""
        places = self.places
        pos, server, ts_us, number, before, total = places.event(at)
        begin, thread, commit_us = places.transaction(number)
        name = places.gtids[number]
        gtid = None if name is None else name.decode()
        base = BinlogOffset(
            file=self.file, pos=begin, event=before, gtids=self._before(number), ts_sec=commit_us // 1_000_000, server_id=server,
            server_uuid=self.server_uuid, xa=self.xa, tx_gtid=gtid)
        return RowsWhere(table, self.file, pos, server, None if thread < 0 else thread, gtid, None, ts_us, base, total)

    def _before(self, number: int) -> str | None:
        """What was executed before that transaction."""
        if self.executed is None:
            return None
        done, gtids = self._reached or (0, gtid_set_of(self.flavor, self.executed))
        if done > number:
            done, gtids = 0, gtid_set_of(self.flavor, self.executed)
        if done < number:
            gtids = gtids.copy()
            for name in self.places.gtids[done:number]:
                if name is not None:
                    gtids.add(name.decode())
        self._reached = number, gtids
        return str(gtids)


@dataclass(frozen=True, slots=True)
class WalkedFrom:
    """The ``where`` of a run whose rows come from many events: of a row, :attr:`connectors.changes.Change.at` is the number of
    its event."""

    walked: Walked
    table: TableId


@dataclass(slots=True)
class WalkedRun(RowRun):
    """A run over many events and transactions. ``where`` is a :class:`WalkedFrom`; that of each row is made when asked for."""

    _last: tuple[int, RowsWhere] | None = field(default=None, repr=False)

    def change(self, i: int) -> Change:
        """See RowRun."""
        rows, at = self.rows, self.rows.ats[i]
        last = self._last
        if last is None or last[0] != at:
            last = self._last = at, self.where.walked.where(at, self.where.table)
        return Change(self.state, rows.frames[i], rows.news[i], rows.olds[i], rows.kinds[i] == DELETE_BY_KEY, last[1],
                      rows.numbers[i], 0, self.marker, offset=self.offset, images=self.images)


class EventWalk:
    """Takes ordinary events off a feed and moves its progress along. One thread. ``wanted`` tells of a GTID whether the changes
    of its source are."""

    def __init__(self, config: MySqlConfig, progress: Progress, feed: EventFeed, tables: TableTracker, rows: RowIntake,
                 wanted: Callable[[str], bool]) -> None:
        self.begun_us = -1
        """When the transaction was committed that was taken last, in microseconds since 1970; -1: the one at hand goes on."""
        self._progress = progress
        self._feed = feed
        self._tables = tables
        self._rows = rows
        self._wanted = wanted
        self._flavor = config.flavor
        self._tombstones = config.tombstones_on_delete
        # What has to be decided of each event or row is not for the walk.
        self._off = config.provide_transaction_metadata or config.include_query or config.skip_messages_without_change
        skipped = config.skipped
        self._walk = Walk(self._find, self._admits, config.flavor is Flavor.MARIADB,
                          ("c" in skipped, "u" in skipped, "d" in skipped), config.tombstones_on_delete)
        self._version = -1
        self._format: Any = None
        self._ordinary = False
        self._spans = ImageSpans()
        self._places: Places | None = None
        # They are large, and those of a batch that is done serve the next one.
        self._lent: deque[tuple[ref[Walked], Places]] = deque(maxlen=_LENT)

    def take(self, entries: Entries, limit: int, limit_bytes: int) -> bool:
        """Append what comes of the events that come next, at most ``limit`` records; whether there were such events."""
        progress, feed, walk = self._progress, self._feed, self._walk
        if self._off or not progress.walkable:
            return False
        packets = feed.packets
        if packets is None or not self._known():
            return False
        tx = progress.tx
        places, executed = self._room(), progress.executed
        walk.pos, walk.inside = progress.pos, tx is not None
        if tx is not None:
            self._enter(tx, places)
        # Rows count as bytes of their event and by themselves, as they do one by one.
        walk.walk(packets, places, limit, limit_bytes // 2, feed.parser.checksum)
        if not walk.taken:
            return False
        feed.walked(walk.taken, 2 * walk.walked)
        self._leave(tx)
        if not walk.pieces:
            return True
        self._places = None
        walked = Walked(places, progress.file, self._flavor, executed, progress.server_uuid, progress.xa.prepared)
        self._lent.append((ref(walked), places))
        for target, rows in walk.pieces:
            mapped = target.table
            run = WalkedRun(mapped.state, rows, WalkedFrom(walked, mapped.id), self._tombstones)
            entries.append((Kind.RUN, run))
            self._rows.more += run.records() - 1
        return True

    def release(self) -> None:
        """Between two batches: let go of the events that were read last."""
        for spans in (self._walk.new, self._walk.old):
            spans.parse(b"", 0, _NO_LAYOUT, b"")

    def _room(self) -> Places:
        """Places of the file at hand that nobody else has."""
        file, places = self._progress.file.encode(), self._places
        if places is None or places.file != file:
            places = self._places = self._returned(file) or Places(file)
        places.truncate(0, 0)
        return places

    def _returned(self, file: bytes) -> Places | None:
        """Places whose batch is gone."""
        lent = self._lent
        for _ in range(len(lent)):
            user, places = lent.popleft()
            if user() is not None:
                lent.append((user, places))
            elif places.file == file:
                return places
        return None

    def _known(self) -> bool:
        """Whether the events' form is one that the walk knows."""
        parser, version = self._feed.parser, self._tables.version
        if parser.format is not self._format:
            self._format = parser.format
            self._ordinary = parser.ordinary(mariadb=self._flavor is Flavor.MARIADB)
            self._walk.forget()
        if version != self._version:
            self._version = version
            self._walk.forget()
        return self._ordinary

    def _enter(self, tx: Begun, places: Places) -> None:
        walk, gtid = self._walk, None if tx.gtid is None else tx.gtid.encode()
        walk.events, walk.gtids.gtid, walk.gtids.time = tx.events, gtid, self._progress.gtid_ts_us
        places.begin(tx.pos, -1 if tx.thread is None else tx.thread, tx.ts_us, gtid)
        tables = {}
        for table_id, mapped in self._tables.ids.items():
            target = self._target(mapped)
            if target is not None:
                tables[table_id] = target
        walk.tables = tables

    def _leave(self, tx: Begun | None) -> None:
        walk, progress, rows, tables = self._walk, self._progress, self._rows, self._tables
        progress.walked(walk.start, walk.pos, walk.server)
        if walk.commit_time >= 0:
            progress.walked_commits(walk.commit_time, walk.gtids.executed)
            tables.forget_ids()
        else:
            assert tx is not None
            tx.events = walk.events
            rows.emitted += walk.row_events
            for table_id, target in walk.tables.items():
                tables.know(table_id, target.table)
        if walk.last_row >= 0:
            rows.last_row = walk.last_row
        self.begun_us = walk.begun_time

    def _find(self, body: bytes) -> Target | None:
        mapped = self._tables.made(self._feed.parser.shape(body))
        return None if mapped is None else self._target(mapped)

    def _target(self, mapped: Mapped) -> Target | None:
        state = mapped.state
        if state is None:
            return None if mapped.problem else Target(mapped, mapped.width, _NO_LAYOUT, [], False)
        table = state.table
        table.form.prepare(self._spans, None)
        layout = self._spans.layout
        if layout.count != mapped.width:
            return None
        return Target(mapped, mapped.width, layout, [c.place for c in table.key], True)

    def _admits(self, gtid: bytes) -> int:
        text = gtid.decode()
        return self._progress.floor(text) if self._wanted(text) else -1
