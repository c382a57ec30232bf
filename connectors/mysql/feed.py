"""The events of the log one by one, out of packets, of compressed transactions and of XA transactions that were kept."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from connectors.mysql.events import EventParser
from connectors.mysql.eventtypes import ARTIFICIAL, EventHeader, EventType, MariaGtid
from connectors.mysql.lookahead import LookAhead
from connectors.mysql.progress import Progress
from connectors.mysql.querystatus import Query
from connectors.mysql.statements import Statement, classify
from connectors.mysql.xa import Spool, spooled_events

__all__ = ["EventFeed", "first_words"]

_HEADER: Final = struct.Struct("<IBIIIH")
_FIRST_EVENT: Final = 4
_NOT_IN_FILE: Final = (EventType.HEARTBEAT, EventType.HEARTBEAT_V2)


def first_words(event: Query) -> str:
    """The statement, good enough to tell its kind: keywords are ASCII in every charset that a client may have."""
    return event.statement.decode("latin-1")


class EventFeed:
    """Gives events in order and moves the position along. One thread.

    A transaction's BEGIN is held back until it is known what of the transaction was rolled back, or it proves too long for that.
    """

    def __init__(self, progress: Progress) -> None:
        self.packet = b""
        """What the event at hand was read from."""
        self.bytes = 0
        """Bytes of the events given so far; whoever counts sets it back."""
        self.checked = True
        """Whether it is known what of the transaction at hand was rolled back."""
        self.spool: Spool | None = None
        """While it is set, packets go there, up to the XA_PREPARE event, which is given."""
        self.format: bytes | None = None
        """The packet of the newest format description event."""
        self._progress = progress
        self._parser = EventParser()
        self._queue: deque[bytes] = deque()
        self._head: Any = None
        self._look: LookAhead | None = None
        self._undone: LookAhead | None = None
        self._index = 0
        self._inner: Iterator[Any] | None = None
        self._inner_ends: Callable[[], None] | None = None

    def add(self, packets: Iterable[bytes]) -> None:
        """More of the log."""
        self._queue.extend(packets)

    @property
    def waiting(self) -> bool:
        """Whether there is more to give without more packets."""
        return self._inner is not None or (bool(self._queue) and self._look is None)

    @property
    def undone(self) -> bool:
        """Whether the event at hand was rolled back."""
        return self._undone is not None and self._inner is None and self._undone.undoes(self._index)

    def next(self) -> Any:
        """The next event, None when there is none to be had. Raises ValueError for one that is damaged (the next is then the one
        behind it), OSError when an XA transaction does not fit on the disk."""
        while self._inner is not None:
            event = next(self._inner, None)
            if event is not None:
                self.bytes += event.header.size
                return event
            self._inner = None
            ends, self._inner_ends = self._inner_ends, None
            if ends is not None:
                ends()
        while self._queue:
            packet = self._queue[0]
            if len(packet) < _HEADER.size:
                self._queue.popleft()
                raise ValueError("an event is shorter than its header")
            header = EventHeader._make(_HEADER.unpack_from(packet))
            if self.spool is not None and header.type != EventType.XA_PREPARE:
                self._took(packet, header)
                self.spool.append(packet)
                continue
            event, self._head = self._head, None
            if event is None:
                event = self._parsed(packet, header)
            if not self._may_begin(event):
                self._head = event
                return None
            self._took(packet, header)
            self._index += 1
            if header.type == EventType.FORMAT_DESCRIPTION:
                self.format = packet
            return event
        return None

    def _parsed(self, packet: bytes, header: EventHeader) -> Any:
        try:
            return self._parser.parse(packet)
        except ValueError:
            self._took(packet, header)
            raise

    def _took(self, packet: bytes, header: EventHeader) -> None:
        """The first packet that waited is the one at hand."""
        self._queue.popleft()
        self.packet = packet
        self.bytes += len(packet)
        in_file = bool(header.end_pos) and not header.flags & ARTIFICIAL and header.type not in _NOT_IN_FILE
        if header.type == EventType.FORMAT_DESCRIPTION and self._progress.pos > _FIRST_EVENT:
            in_file = False  # the file's first event, sent in front of a later place
        self._progress.at(header.size, header.end_pos if in_file else 0)
        if in_file:
            self._progress.server_id = header.server_id

    def _may_begin(self, event: Any) -> bool:
        kind = type(event)
        begins = (event.statement == b"BEGIN" if kind is Query else
                  kind is MariaGtid and not event.standalone and not event.prepared_xa)
        if not begins or self._progress.tx is not None:
            return True
        look = self._look or LookAhead(self._statement_of)
        if not look.look(self._queue):
            self._look = look
            return False
        self._look = None
        self._undone = look if look.undone else None
        self.checked = look.decided
        self._index = -1
        return True

    def _statement_of(self, packet: bytes) -> Statement:
        try:
            event = self._parser.parse(packet)
        except ValueError:
            event = None  # the error is told when it is that event's turn
        return classify(first_words(event) if isinstance(event, Query) else "")

    # Packets that are walked over, see connectors.mysql.walking.

    @property
    def packets(self) -> Sequence[bytes] | None:
        """The packets that come next, when they are those of the log itself and nothing is held back or left out of them."""
        if not self._queue or self._inner is not None or self.spool is not None or self._head is not None \
                or self._look is not None or self._undone is not None:
            return None
        return self._queue

    @property
    def parser(self) -> EventParser:
        """What parses the log's events."""
        return self._parser

    def walked(self, count: int, size: int) -> None:
        """So many packets were dealt with; they count as so many bytes."""
        pop = self._queue.popleft
        for _ in range(count):
            pop()
        self.packet = b""
        self.bytes += size
        self._index += count

    # Events inside others.

    def inside(self, events: Iterator[Any]) -> None:
        """These events come next: those of a compressed transaction."""
        self._inner, self._inner_ends = events, None

    def again(self, spool: Spool, ends: Callable[[], None]) -> None:
        """The events that were kept come next; ``ends`` is called behind them."""
        # After another format description the stream's parser may read them wrongly.
        self._inner = spooled_events(spool, self._parser if spool.format is self.format else None)
        self._inner_ends = ends

    def rest(self) -> Iterator[Any]:
        """What is left of the compressed transaction at hand; it is not given any more."""
        inner, self._inner = self._inner, None
        return inner or iter(())

    def open_spool(self) -> Spool:
        """From here on packets are kept; a compressed transaction is kept as a whole."""
        self.spool = Spool(self.format)
        return self.spool

