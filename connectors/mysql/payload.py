"""Transaction payload events: a whole compressed transaction in one event (``binlog_transaction_compression=ON``).

The events inside are unpacked one by one: neither the compressed nor the uncompressed transaction is copied, only as much as the
largest event inside is held beside the packet itself.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from connectors.mysql.eventbytes import EventError, packed
from connectors.mysql.eventtypes import EventHeader

if sys.version_info >= (3, 14):
    import compression.zstd as zstd
else:
    import backports.zstd as zstd

__all__ = ["TransactionPayload", "parse_payload"]

_END, _SIZE, _COMPRESSION, _UNCOMPRESSED = range(4)
ZSTD, NONE = 0, 255
_CHUNK = 1 << 18
_HEADER = 19
LARGEST_EVENT = 1 << 30
"""What MySQL allows an event to be (max_log_event_size)."""
_GAP = 1 << 16


@dataclass(slots=True)
class TransactionPayload:
    """A transaction's events, compressed: BEGIN to Xid without the GTID event, which stands before it.

    ``uncompressed_size`` is the server's word, None if it does not tell. The events inside have no checksum; their positions mean
    nothing: all of them lie where this event lies.
    """

    header: EventHeader
    compression: int
    uncompressed_size: int | None
    body: bytes = field(repr=False)
    start: int
    end: int
    parse_inner: Callable[[bytes], Any] = field(repr=False, compare=False)

    def raw_events(self) -> Iterator[bytes]:
        """The bytes of each event inside, in order. Raises EventError when the payload is broken, cut off or has a rest."""
        buffer = bytearray()
        at = 0
        for chunk in self._chunks():
            buffer += chunk
            while len(buffer) - at >= _HEADER:
                size = int.from_bytes(buffer[at + 9:at + 13], "little")
                if not _HEADER <= size <= LARGEST_EVENT:
                    raise EventError("a compressed transaction has an event of an impossible size")
                if len(buffer) - at < size:
                    break
                yield bytes(memoryview(buffer)[at:at + size])
                at += size
            if at > _GAP or at == len(buffer):
                del buffer[:at]
                at = 0
        if at != len(buffer):
            raise EventError("a compressed transaction ends inside an event")

    def events(self) -> Iterator[Any]:
        """The events inside, parsed, in order. Raises EventError."""
        for raw in self.raw_events():
            yield self.parse_inner(raw)

    def _chunks(self) -> Iterator[bytes]:
        view = memoryview(self.body)
        if self.compression == NONE:
            for at in range(self.start, self.end, _CHUNK):
                yield bytes(view[at:min(at + _CHUNK, self.end)])
            return
        at = self.start
        stream = zstd.ZstdDecompressor()
        fed = False
        while True:
            piece = b""
            if stream.needs_input:
                piece = bytes(view[at:min(at + _CHUNK, self.end)])
                at += len(piece)
                fed = fed or bool(piece)
            try:
                data = stream.decompress(piece, _CHUNK)
            except zstd.ZstdError:
                raise EventError("a compressed transaction is broken") from None
            if data:
                yield data
            if stream.eof:
                at -= len(stream.unused_data)
                if at >= self.end:
                    return
                stream = zstd.ZstdDecompressor()  # further frames may follow
            elif not data and not piece and at >= self.end:
                if fed:
                    raise EventError("a compressed transaction is cut off")
                return


def parse_payload(header: EventHeader, body: bytes, at: int, end: int, parse_inner: Callable[[bytes], Any]) -> TransactionPayload:
    """A transaction payload event: fields as type, length, value, then the payload. Raises EventError."""
    size = compression = uncompressed = None
    while True:
        kind, at = packed(body, at, end)
        if kind == _END:
            break
        length, at = packed(body, at, end)
        if length > end - at:
            raise EventError("a transaction payload event ends inside a field")
        if kind in (_SIZE, _COMPRESSION, _UNCOMPRESSED):
            value, _ = packed(body, at, at + length)
            if kind == _SIZE:
                size = value
            elif kind == _COMPRESSION:
                compression = value
            else:
                uncompressed = value
        at += length
    if compression is None or size is None or size != end - at:
        raise EventError("a transaction payload event does not hold the payload that it announces")
    if compression not in (ZSTD, NONE):
        raise EventError(f"a transaction is compressed with algorithm {compression}, which is not known to this version")
    return TransactionPayload(header, compression, uncompressed, body, at, end, parse_inner)
