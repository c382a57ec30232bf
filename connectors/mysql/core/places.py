# cython: annotation_typing=False
"""Where the rows of many rows events come from, and the source blocks that say it: no object for an event."""

from connectors.core.run import RowSource
from schemas.core.writer import Writer

__all__ = ["MOST", "EventSource", "Places"]

MOST = 1024
"""Rows events, and transactions, that one :class:`Places` has room for."""
_ZEROS = [0] * MOST


class Places:
    """Rows events and their transactions, by number. ``file`` is the log file that all are in.

    Of an event: ``pos`` where it begins, ``servers`` the id in its header, ``times`` its transaction's time of commit in
    microseconds, ``transactions`` that one's number, ``befores`` how many of its events were dealt with before, ``totals`` the
    event's rows. Of a transaction: ``begins`` where it begins, ``threads`` the connection (-1: not told), ``commits`` the time,
    and ``gtids``: its GTID or None.
    """

    def __init__(self, file: bytes) -> None:
        self.file = file
        self.count = 0
        self.gtids: list[bytes | None] = []
        self.pos = list(_ZEROS)
        self.servers = list(_ZEROS)
        self.times = list(_ZEROS)
        self.transactions = list(_ZEROS)
        self.befores = list(_ZEROS)
        self.totals = list(_ZEROS)
        self.begins = list(_ZEROS)
        self.threads = list(_ZEROS)
        self.commits = list(_ZEROS)

    def begin(self, pos: int, thread: int, commit: int, gtid: bytes | None) -> int:
        """A transaction; returns its number. Raises IndexError when there is no room."""
        number = len(self.gtids)
        if number >= 1024:
            raise IndexError(number)
        self.begins[number] = pos
        self.threads[number] = thread
        self.commits[number] = commit
        self.gtids.append(gtid)
        return number

    def add(self, pos: int, server: int, time: int, before: int) -> int:
        """A rows event of the newest transaction; returns its number. Raises IndexError when there is no room."""
        number = self.count
        if number >= 1024 or len(self.gtids) == 0:
            raise IndexError(number)
        self.pos[number] = pos
        self.servers[number] = server
        self.times[number] = time
        self.transactions[number] = len(self.gtids) - 1
        self.befores[number] = before
        self.totals[number] = -1
        self.count = number + 1
        return number

    def end(self, number: int, total: int) -> None:
        """That event has so many rows."""
        if number < 0 or number >= self.count:
            raise IndexError(number)
        self.totals[number] = total

    def truncate(self, events: int, transactions: int) -> None:
        """Forget all but the first."""
        if events < 0 or events > self.count:
            raise IndexError(events)
        self.count = events
        del self.gtids[transactions:]

    def event(self, number: int) -> tuple[int, int, int, int, int, int]:
        """Of an event: position, server, time, transaction, events before it, rows. Raises IndexError."""
        if number < 0 or number >= self.count:
            raise IndexError(number)
        return (self.pos[number], self.servers[number], self.times[number], self.transactions[number], self.befores[number],
                self.totals[number])

    def transaction(self, number: int) -> tuple[int, int, int]:
        """Of a transaction: position, thread, time. Raises IndexError."""
        if number < 0 or number >= len(self.gtids):
            raise IndexError(number)
        return self.begins[number], self.threads[number], self.commits[number]


class EventSource(RowSource):
    """The source blocks of one table's rows, each at one of the places. ``head`` is the block up to the time in milliseconds,
    ``names`` from there to the time in microseconds, ``table`` the table's name."""

    def __init__(self, places: Places, head: bytes, names: bytes, table: bytes) -> None:
        self.places = places
        self.head = head
        self.names = names
        self.table = table
        self.at = -1
        self.thread = -2
        self.before = b""
        self.after = b""
        self.scratch = Writer()

    def write(self, writer: Writer, at: int, number: int) -> None:
        """See RowSource; ``at`` is the number of the place."""
        if at != self.at:
            self.go(at)
        writer.write_raw(self.before)
        writer.write_long(number)
        writer.write_raw(self.after)

    def go(self, at: int) -> None:
        """Write what all rows of that event share. Raises IndexError."""
        places = self.places
        if at < 0 or at >= places.count:
            raise IndexError(at)
        out = self.scratch
        time = places.times[at]
        out.write_raw(self.head)
        out.write_long(time // 1000)
        out.write_raw(self.names)
        out.write_byte(2)
        out.write_long(time)
        out.write_byte(2)
        out.write_long(time * 1000)
        out.write_raw(self.table)
        out.write_long(places.servers[at])
        transaction = places.transactions[at]
        gtid = places.gtids[transaction]
        if gtid is None:
            out.write_byte(0)
        else:
            out.write_byte(2)
            out.write_bytes(gtid)
        out.write_bytes(places.file)
        out.write_long(places.pos[at])
        self.before = out.take()
        thread = places.threads[transaction]
        if thread != self.thread:
            self.thread = thread
            if thread < 0:
                out.write_byte(0)
            else:
                out.write_byte(2)
                out.write_long(thread)
            out.write_byte(0)
            self.after = out.take()
        self.at = at
