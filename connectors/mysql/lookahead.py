"""Looks through a transaction that is about to begin for what of it was rolled back.

The log holds a transaction only once it is decided, but one that also changed a non-transactional table (mixed engines, a trigger
into MyISAM) is written with its ROLLBACK, or with the savepoint it was rolled back to: the rows in front of that never
came to be. They are found before the first row is handed on, as long as the transaction's events lie in what was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

from connectors.mysql.eventtypes import EventType
from connectors.mysql.statements import Statement, StatementKind

__all__ = ["LOOK_BYTES", "LookAhead"]

LOOK_BYTES: Final = 16 * 1024 * 1024
"""A transaction longer than this is read without knowing whether something of it was rolled back."""
_QUERIES = frozenset({EventType.QUERY, EventType.QUERY_COMPRESSED})
_ENDS = frozenset({EventType.XID, EventType.XA_PREPARE, EventType.GTID, EventType.GTID_TAGGED, EventType.ANONYMOUS_GTID,
                   EventType.MARIA_GTID, EventType.ROTATE, EventType.STOP, EventType.FORMAT_DESCRIPTION})
_TYPE_AT: Final = 4


class LookAhead:
    """One transaction's look. ``statement_of`` tells what a query event's packet says.

    ``undone`` are ranges of events, counted from the BEGIN (0), whose rows do not count; ``whole``: none of it does.
    """

    def __init__(self, statement_of: Callable[[bytes], Statement]) -> None:
        self._statement_of = statement_of
        self._seen = 0
        self._bytes = 0
        self._savepoints: dict[str, int] = {}
        self.undone: list[tuple[int, int]] = []
        self.decided = False

    def look(self, packets: Iterable[bytes]) -> bool:
        """``packets`` are those that wait, from the BEGIN on; more at each call. Whether the end was found, or it is too far to
        look any further (then ``decided`` stays False)."""
        for packet in islice(packets, self._seen, None):
            index = self._seen
            self._seen += 1
            self._bytes += len(packet)
            kind = packet[_TYPE_AT] if len(packet) > _TYPE_AT else 0
            if index and (kind in _ENDS or (kind in _QUERIES and self._query(packet, index))):
                self.decided = True
                return True
        return self._bytes > LOOK_BYTES

    def _query(self, packet: bytes, index: int) -> bool:
        statement = self._statement_of(packet)
        match statement.kind:
            case StatementKind.COMMIT:
                return True
            case StatementKind.ROLLBACK:
                self.undone = [(0, index)]
                return True
            case StatementKind.SAVEPOINT:
                self._savepoints[statement.argument] = index
            case StatementKind.ROLLBACK_TO:
                # A savepoint that the log does not have was set before anything of the transaction was written.
                self.undone.append((self._savepoints.get(statement.argument, 0), index))
            case _:
                pass
        return False

    def undoes(self, index: int) -> bool:
        """Whether the event at that place of the transaction was rolled back."""
        return any(low <= index < high for low, high in self.undone)
