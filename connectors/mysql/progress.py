"""How far the log is read: positions, executed GTIDs, the transaction that is open, and the offset that says it. Pure.

Debezium's rule, kept exactly: between transactions ``file``/``pos`` is where the next event begins; inside one they say where
its BEGIN is, ``event`` how many of its events are done (the BEGIN is the first), ``row`` how many rows of the event that
follows, and ``gtids`` what was executed before it. A restart reads the transaction again from its BEGIN and passes over that
many.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from connect.api.errors import ConnectError
from connectors.mysql.gtid import GtidSet, MySqlGtidSet, gtid_set_of
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.stream import FilePosition
from connectors.mysql.structure import Flavor
from connectors.mysql.xa import XaBook
from connectors.transactions import TransactionCounts

__all__ = ["Begun", "Progress"]

_FAR: Final = 1 << 62  # the walk counts in 64 bits
_WRAP: Final = 1 << 32
"""The log writes positions in four bytes; a file with a transaction over 4 GB is longer."""


@dataclass(slots=True)
class Begun:
    """The transaction whose events are read.

    ``file``/``pos`` is where it begins, ``ts_us`` when it was committed, in microseconds since 1970. ``events`` are those done,
    BEGIN included; the first ``skip`` of them, and ``skip_rows`` of the rows of the one after, were handed on by an earlier
    run. ``wanted``: its source is one whose changes are wanted. ``metadata``: it has BEGIN and END records and blocks.
    """

    file: str
    pos: int
    gtid: str | None
    thread: int | None
    ts_us: int
    wanted: bool = True
    metadata: bool = False
    events: int = 0
    skip: int = 0
    skip_rows: int = 0
    told: bool = False
    """Its BEGIN record was handed on by an earlier run."""
    query: str | None = None
    counts: TransactionCounts = field(default_factory=TransactionCounts)

    @property
    def id(self) -> str:
        """As transaction metadata names it."""
        return self.gtid if self.gtid is not None else f"file={self.file},pos={self.pos}"

    @property
    def passing(self) -> bool:
        """Whether the event at hand was dealt with by an earlier run."""
        return self.events < self.skip


class Progress:
    """Follows the log. One thread.

    ``start`` and ``pos`` are where the event at hand begins and ends; events inside another (of a compressed transaction, of an
    XA transaction that is read at its commit) have the position of that one. ``gtid`` is that of the events at hand, None
    without one. ``begins`` is where the stream begins when that is in front of what the offset says, for XA transactions that are
    to be read again.
    """

    def __init__(self, flavor: Flavor, offset: BinlogOffset, server_uuid: str | None = None,
                 begins: FilePosition | None = None) -> None:
        self.file, self.pos = (offset.file, offset.pos) if begins is None else (begins.file, begins.pos)
        self.start = self.pos
        self.gtid: str | None = None
        self.gtid_ts_us = 0
        self.group: tuple[str, int] | None = None
        """Where the group of events at hand begins: its GTID event, when it has one."""
        self.server_id = offset.server_id
        self.ts_sec = offset.ts_sec
        self.tx: Begun | None = None
        self.xa = XaBook(offset.xa)
        self._flavor = flavor
        self._uuid = server_uuid if server_uuid is not None else offset.server_uuid
        self._gtids: GtidSet | None = None if offset.gtids is None else gtid_set_of(flavor, offset.gtids)
        self._text = None if self._gtids is None else str(self._gtids)
        self._pending: BinlogOffset | None = offset if offset.event else None
        self._mid_row = 0
        self._base: BinlogOffset | None = None
        self._resume = offset
        self._behind = (self.file, self.pos) != (offset.file, offset.pos)
        """The stream begins in front of the place where the offset is, and has not come to it."""
        self._repeated = False
        """The group of events at hand was executed before: the server sends it again."""
        self._announced_behind = False
        self._group_goes_on = -1

    # Positions.

    def at(self, size: int, end_pos: int) -> None:
        """An event of the log itself begins. ``end_pos`` is as its header says, 0 of one that is not in the file."""
        if not end_pos:
            self.start = self.pos
            return
        end = (self.pos & ~(_WRAP - 1)) | end_pos
        if end < self.pos:
            end += _WRAP
        self.start, self.pos = end - size, end
        if self._behind and self.file == self._resume.file and self.start >= self._resume.pos:
            self._caught_up(self._resume.pos)

    def _caught_up(self, pos: int) -> None:
        """What is read from here on was not dealt with. A GTID event directly before belongs to it."""
        self._behind = False
        if self._group_goes_on != pos:
            self.gtid, self.gtid_ts_us, self.group = None, 0, None

    @property
    def repeated(self) -> bool:
        """Whether the event at hand was dealt with before and is read again only for the XA transactions."""
        return self._behind or self._repeated

    def rotate(self, file: str, pos: int) -> None:
        """What follows is in that file, from that position."""
        if self._behind and self.file == self._resume.file != file:
            self._caught_up(-1)
        self.file = file
        self.start = self.pos = pos

    def place(self) -> str:
        """The event at hand, as an error tells it."""
        return f"{self.file}:{self.start}" + (f" (GTID {self.gtid})" if self.gtid else "")

    def time(self, seconds: int) -> int:
        """When the transaction of an event of that time was committed, in microseconds since 1970: as its GTID event says, else
        in whole seconds."""
        return self.gtid_ts_us or seconds * 1_000_000

    def heartbeat(self, file: str, pos: int) -> None:
        """The server has sent everything before that position."""
        if self.tx is None and self.gtid is None and file == self.file and pos > self.pos:
            self.start = self.pos = pos

    # Transactions.

    def announced(self, gtid: str | None, ts_us: int) -> None:
        """A GTID event: what follows belongs to that GTID (None: anonymous), committed at ``ts_us`` (0: not told)."""
        if self.tx is not None:
            raise ValueError("a transaction is announced inside another")
        if not self._announced_behind:
            self._executed()
        self._announced_behind = self._behind
        self._group_goes_on = self.pos
        self.gtid, self.gtid_ts_us, self.group = gtid, ts_us, (self.file, self.start)
        # Not with MariaDB, whose set says only how far each domain is.
        self._repeated = self._flavor is Flavor.MYSQL and gtid is not None and self._gtids is not None and self._gtids.has(gtid)

    def open_group(self) -> tuple[str, int]:
        """Where the group of events at hand begins; with the event at hand if no GTID event stands before it."""
        if self.group is None:
            self.group = self.file, self.start
        return self.group

    def begin(self, thread: int | None, ts_us: int, *, wanted: bool = True, metadata: bool = False,
              place: tuple[str, int] | None = None) -> Begun:
        """A transaction begins with the event at hand (or at ``place``). ``ts_us`` is used when no GTID event told the time."""
        if self.tx is not None:
            raise ValueError("a transaction begins inside another")
        file, pos = place or (self.file, self.start)
        pending, self._pending = self._pending, None
        if pending is not None:
            if self.gtid is None and (file, pos) == (pending.file, pending.pos):
                self.gtid = pending.tx_gtid  # the dump begins behind the GTID event
            self._expect(pending)
        tx = Begun(file, pos, self.gtid, thread, self.gtid_ts_us or ts_us, wanted, metadata)
        if pending is not None:
            _pass_over(tx, pending)
        self.tx = tx
        self.ts_sec = tx.ts_us // 1_000_000
        self._base = None
        return tx

    def _expect(self, pending: BinlogOffset) -> None:
        expected = pending.tx_gtid
        if expected is not None and self.gtid != expected:
            raise ConnectError(
                f"transaction {expected} was handed on in part ({pending.event} events), and the server sends "
                f"{self.gtid or 'another'} in its place, at {self.file}:{self.start}. Its other changes would be missing. To do: "
                "look whether gtid.source.includes or .excludes was changed; to read that transaction again from its beginning, "
                "take \"event\" and \"row\" out of the connector's offset (PATCH /connectors/NAME/offsets)")

    def event_done(self) -> None:
        """One more event of the transaction is dealt with."""
        if self.tx is not None:
            self.tx.events += 1
            self._mid_row = 0
            self._base = None

    def rows_done(self, rows: int) -> None:
        """So many rows of the event at hand are dealt with."""
        self._mid_row = rows

    def commit(self, ts_us: int | None = None) -> None:
        """The transaction, or the statement that stands for itself, is complete with the event at hand."""
        if ts_us is not None:
            self.ts_sec = ts_us // 1_000_000
        if self._pending is not None and not self.repeated:
            self._expect(self._pending)
        self.tx = None
        self._base = None
        self._mid_row = 0
        self._executed()

    def _executed(self) -> None:
        if self.gtid is not None and self._gtids is not None and not self._repeated:
            self._gtids.add(self.gtid)
            self._text = str(self._gtids)
        self.gtid, self.gtid_ts_us, self.group, self._repeated = None, 0, None, False

    # Events that were walked over many at a time, see connectors.mysql.walking.

    @property
    def walkable(self) -> bool:
        """Whether ordinary events may follow of which nothing was dealt with before: behind a transaction, or inside one that is
        read for its own sake."""
        if self._behind or self._repeated or self._pending is not None or self.pos >= _FAR:
            return False
        tx = self.tx
        if tx is None:
            return self.group is None and self.gtid is None
        return (tx.wanted and not tx.metadata and tx.query is None
                and (tx.events > tx.skip or (tx.events == tx.skip and not tx.skip_rows)))

    def floor(self, gtid: str) -> int:
        """The number from which on no transaction of that one's source was executed before."""
        return self._gtids.after(gtid) if isinstance(self._gtids, MySqlGtidSet) else 0

    @property
    def executed(self) -> str | None:
        """What was executed before the transaction at hand, None without GTIDs."""
        return self._text

    @property
    def server_uuid(self) -> str | None:
        """The server that the positions are of."""
        return self._uuid

    def walked(self, start: int, pos: int, server_id: int) -> None:
        """The last event that was walked over lies there."""
        self.start, self.pos, self.server_id = start, pos, server_id
        self._mid_row = 0
        self._base = None

    def walked_commits(self, ts_us: int, executed: Iterable[bytes | tuple[bytes, int, int]]) -> None:
        """Transactions were walked over up to their end, the last one committed at that time. ``executed``: their GTIDs, in the
        order of the log, or of MySQL's servers "uuid:", the first number and the one behind the last."""
        self.ts_sec = ts_us // 1_000_000
        self.tx = None
        gtids = self._gtids
        if gtids is not None:
            for entry in executed:
                if isinstance(entry, bytes):
                    gtids.add(entry.decode())
                else:
                    assert isinstance(gtids, MySqlGtidSet)
                    gtids.add_range(entry[0][:-1].decode(), entry[1], entry[2])
            self._text = str(gtids)
        self.gtid, self.gtid_ts_us, self.group = None, 0, None

    # Offsets.

    @property
    def base(self) -> BinlogOffset:
        """The offset at the beginning of the event at hand, without the counts of transaction metadata."""
        if self._base is None:
            tx = self.tx
            if tx is None:
                # Not kept: the position moves with every event.
                return BinlogOffset(file=self.file, pos=self.pos, gtids=self._text, ts_sec=self.ts_sec,
                                    server_id=self.server_id, server_uuid=self._uuid, xa=self.xa.prepared)
            self._base = BinlogOffset(
                file=tx.file, pos=tx.pos, event=max(tx.events, tx.skip), gtids=self._text, ts_sec=self.ts_sec,
                server_id=self.server_id, server_uuid=self._uuid, xa=self.xa.prepared, tx_gtid=tx.gtid)
        return self._base

    @property
    def offset(self) -> BinlogOffset:
        """The offset after everything dealt with."""
        tx = self.tx
        if tx is None:
            if self._pending is not None or self._behind:
                return self._resume.but(xa=self.xa.prepared)  # what it says of the transaction in progress still holds
            if self.group is not None:
                return self.base.but(file=self.group[0], pos=self.group[1])
            return self.base
        row = tx.skip_rows if tx.passing else max(self._mid_row, tx.skip_rows if tx.events == tx.skip else 0)
        offset = self.base.but(row=row)
        if tx.metadata:
            offset = offset.but(transaction_id=tx.id, tx_counts=dict(tx.counts.by_table))
        return offset


def _pass_over(tx: Begun, pending: BinlogOffset) -> None:
    tx.skip, tx.skip_rows = pending.event, pending.row
    if tx.metadata and pending.transaction_id is not None:
        tx.told = True
        tx.counts = TransactionCounts.resumed(pending.tx_counts)
