"""XA transactions as they are read: kept when they are prepared, read once they are decided."""

from __future__ import annotations

from collections.abc import Callable

from connectors.mysql import eventtypes as types
from connectors.mysql.feed import EventFeed
from connectors.mysql.offsets import PreparedXa
from connectors.mysql.progress import Progress
from connectors.mysql.statements import canonical_xid
from connectors.mysql.tracking import TableTracker
from connectors.mysql.unprocessable import xa_gone, xa_not_read
from connectors.mysql.xa import Pending

__all__ = ["XaReader"]

Place = tuple[str, int]


class XaReader:
    """The XA transactions of one dump. One thread.

    ``set_aside`` is called when the transaction at hand was kept, with the event that prepared it. ``decided`` is called when one
    is to be read, with the event that says so and the place where it begins (None: with that event), before its events come out
    of the feed.
    """

    def __init__(self, progress: Progress, feed: EventFeed, tables: TableTracker, set_aside: Callable[[types.EventHeader], None],
                 decided: Callable[[types.EventHeader, Place | None], None]) -> None:
        self._progress = progress
        self._feed = feed
        self._tables = tables
        self._set_aside = set_aside
        self._decided = decided
        self._replaying: Pending | None = None
        self._begins: Place = ("", 0)

    def close(self) -> None:
        """Give back what is kept of the transaction that is being read."""
        if self._replaying is not None:
            self._replaying.close()

    def open(self) -> None:
        """The events that follow are those of a transaction that will be prepared."""
        self._begins = self._progress.open_group()
        self._feed.open_spool()

    def start(self) -> None:
        """The same, with the event at hand."""
        self._begins = self._progress.open_group()
        rest = self._feed.rest()
        self._feed.open_spool().append(self._feed.packet)
        for event in rest:  # the whole transaction is in that one packet
            if isinstance(event, types.XaPrepare):
                self._prepared(event)

    def prepare(self, event: types.XaPrepare) -> None:
        """The transaction that is being kept is whole."""
        assert self._feed.spool is not None
        self._feed.spool.append(self._feed.packet)
        self._prepared(event)

    def _prepared(self, event: types.XaPrepare) -> None:
        spool, self._feed.spool = self._feed.spool, None
        progress = self._progress
        file, pos = progress.open_group()
        pending = Pending(PreparedXa(canonical_xid(event.xid), file, pos, progress.gtid), spool)
        if progress.repeated:
            progress.xa.again(pending)
        elif event.one_phase:
            self._replay(pending, event.header, self._begins)
        else:
            progress.xa.add(pending)
            self._set_aside(event.header)

    def commit(self, header: types.EventHeader, xid: str) -> None:
        """It is decided, by the event at hand. Raises Unprocessable when its events are not known."""
        pending = self._progress.xa.get(xid)
        if pending is None:
            raise xa_not_read(xid, self._progress.place())
        if pending.spool is None:
            raise xa_gone(pending.prepared, self._progress.place())
        self._replay(pending, header, None)

    def _replay(self, pending: Pending, header: types.EventHeader, place: Place | None) -> None:
        self._decided(header, place)
        self._feed.checked = True
        self._replaying = pending
        assert pending.spool is not None
        self._feed.again(pending.spool, self._replayed)

    def _replayed(self) -> None:
        pending, self._replaying = self._replaying, None
        assert pending is not None
        pending.close()
        self._progress.xa.remove(pending.prepared.xid)
        self._tables.forget_ids()
        self._progress.commit()
