# cython: annotation_typing=False
"""GTIDs of the transactions that the walk takes: which is announced, which are executed."""

from collections.abc import Callable
from typing import Any

from connectors.mysql.core.heads import EventHead

__all__ = ["Announced"]

_LATEST = 9_000_000_000_000_000
"""Microseconds: a later time has no nanoseconds in 64 bits."""
_LAST_GNO = (1 << 63) - 2


class Announced:
    """``admits(gtid)`` tells of the first GTID of a source whether that source's changes are wanted, and the first transaction
    number that may be taken of it, -1 for none.

    ``gtid`` and ``time`` (microseconds, 0: not told) are of the transaction at hand; ``executed`` are those that were
    committed, as :meth:`connectors.mysql.progress.Progress.walked_commits` takes them.
    """

    def __init__(self, admits: Callable[[bytes], int], mariadb: bool) -> None:
        self.admits = admits
        self.mariadb = mariadb
        self.gtid: bytes | None = None
        self.time = 0
        self.executed: list[bytes | tuple[bytes, int, int]] = []
        self.sources: dict[bytes, list[Any]] = {}
        self.last_source = b""
        self.last_entry: list[Any] | None = None
        self.gno = 0
        self.run_source = b""
        self.run_first = 0
        self.run_next = 0

    def begin(self) -> None:
        """A walk begins: nothing was executed yet."""
        self.executed = []
        self.sources.clear()
        self.last_source = self.run_source = b""
        self.last_entry = None

    def announced(self, head: EventHead) -> bool:
        """Whether the event is a GTID event of an ordinary transaction, which is then the one at hand."""
        return self.maria_announced(head) if self.mariadb else self.mysql_announced(head)

    def mysql_announced(self, head: EventHead) -> bool:
        """See announced: MySQL's, without a tag, in the form of MySQL 8.0 and later."""
        packet = head.packet
        end = head.end
        if (head.kind != 33 and head.kind != 34) or end < 19 + 49 or packet[19 + 25] != 2 or packet[43] > 127:
            return False
        time = head.number(61, 7)
        if time >> 55:
            if end < 75:
                return False
            time = head.number(68, 7)
        if time > _LATEST:
            return False
        high = packet[43]
        gno = head.number(36, 7) | (high << 56)
        if head.kind == 34:
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
        self.time = time
        return True

    def maria_announced(self, head: EventHead) -> bool:
        """See announced: MariaDB's, which also begins the transaction."""
        packet = head.packet
        end = head.end
        if head.kind != 162 or end < 32:
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
        sequence = head.number(19, 7) | (high << 56)
        source = packet[27:31] + packet[5:9]
        if source != self.last_source:
            entry = self.sources.get(source)
            if entry is None:
                text = b"%d-%d-" % (head.number(27, 4), head.server)
                entry = self.sources[source] = [text, self.admits(text + b"1")]
            self.last_source = source
            self.last_entry = entry
        entry = self.last_entry
        if entry[1] < 0:  # type: ignore[index]
            return False
        self.gtid = entry[0] + b"%d" % sequence  # type: ignore[index]
        self.time = 0
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
