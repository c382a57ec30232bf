"""XA transactions: their events are kept until the transaction is decided, in memory when small, else in a temporary file.

What an earlier run had kept is kept again: a stream whose offset remembers undecided transactions begins in front of them.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from connectors.mysql.events import EventParser
from connectors.mysql.offsets import PreparedXa
from connectors.mysql.payload import TransactionPayload

__all__ = ["MEMORY_BYTES", "Pending", "Spool", "XaBook", "spooled_events"]

MEMORY_BYTES: Final = 4 * 1024 * 1024
"""A transaction's events beyond this are in a file."""
_LENGTH: Final = struct.Struct("<I")


class Spool:
    """Event packets in the order they came. Not to be appended to once it is read. ``format`` is the format description
    event's packet that they are to be read by."""

    def __init__(self, format: bytes | None, memory: int = MEMORY_BYTES) -> None:
        self.format = format
        self._file = tempfile.SpooledTemporaryFile(max_size=memory, prefix="headgate-xa-")  # noqa: SIM115 (closed by close)
        self._count = 0

    def append(self, packet: bytes) -> None:
        """Keep one more. Raises OSError when the disk is full."""
        self._file.write(_LENGTH.pack(len(packet)))
        self._file.write(packet)
        self._count += 1

    def __iter__(self) -> Iterator[bytes]:
        """The packets, from the first; one reader at a time."""
        self._file.seek(0)
        for _ in range(self._count):
            (length,) = _LENGTH.unpack(self._file.read(_LENGTH.size))
            yield self._file.read(length)

    def close(self) -> None:
        """Give memory and file back."""
        self._file.close()


@dataclass(slots=True)
class Pending:
    """A prepared transaction. ``spool`` is None while its events, which an earlier run had, were not read again."""

    prepared: PreparedXa
    spool: Spool | None = None

    def close(self) -> None:
        """Give back what is kept."""
        if self.spool is not None:
            self.spool.close()


class XaBook:
    """The XA transactions that are prepared and not decided. ``prepared`` is what the offset remembers, in the order of
    their PREPARE."""

    def __init__(self, prepared: tuple[PreparedXa, ...] = ()) -> None:
        self._pending = {p.xid: Pending(p) for p in prepared}
        self.prepared = tuple(prepared)

    def add(self, pending: Pending) -> None:
        """One more is prepared. One of the same id, whose decision the log does not tell, is forgotten."""
        self.remove(pending.prepared.xid)
        self._pending[pending.prepared.xid] = pending
        self._changed()

    def again(self, pending: Pending) -> None:
        """An earlier run's transaction was read again; one that the offset does not remember was decided by then."""
        known = self._pending.get(pending.prepared.xid)
        if known is not None and known.spool is None and known.prepared == pending.prepared:
            known.spool = pending.spool
        else:
            pending.close()

    def get(self, xid: str) -> Pending | None:
        """The prepared transaction of that id."""
        return self._pending.get(xid)

    def remove(self, xid: str) -> None:
        """It is decided and dealt with."""
        pending = self._pending.pop(xid, None)
        if pending is not None:
            pending.close()
            self._changed()

    def close(self) -> None:
        """Give everything back."""
        for pending in self._pending.values():
            pending.close()
        self._pending.clear()

    def _changed(self) -> None:
        self.prepared = tuple(p.prepared for p in self._pending.values())


def _flat(parser: EventParser, packets: Iterable[bytes]) -> Iterator[Any]:
    """The events of these packets, those inside a compressed transaction one by one. Raises EventError."""
    for packet in packets:
        event = parser.parse(packet)
        if isinstance(event, TransactionPayload):
            yield from event.events()
        else:
            yield event


def spooled_events(spool: Spool, parser: EventParser | None) -> Iterator[Any]:
    """The events kept; ``parser`` None when the stream's has met another format since."""
    if parser is None:
        parser = EventParser()
        if spool.format is not None:
            parser.parse(spool.format)
    return _flat(parser, spool)

