"""The packets of MySQL's client/server protocol, without I/O: taken apart out of a buffer that a socket fills.

A packet is a 3-byte little-endian length, a sequence number and that many bytes; one of 2^24-1 bytes is continued by the next.
Facts: MySQL documentation, "MySQL Packets", "Text Resultset", "OK_Packet", "ERR_Packet", "EOF_Packet". Every length is checked:
what does not fit raises ValueError.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from connectors.mysql.core.split import split

__all__ = [
    "ColumnInfo", "PacketBuffer", "ServerError", "end_status", "is_end", "join_packets", "parse_column", "parse_error",
    "parse_ok", "read_lenenc", "split_row",
]

LONGEST: Final = 0xFFFFFF
"""A packet of this length is continued by the next one."""
LIMIT: Final = (1 << 30) + (1 << 24)
"""Longest payload taken: the largest max_allowed_packet there is, and some."""
MORE_RESULTS: Final = 8
"""Flag of a server status: another result follows."""

_BASE: Final = 256 * 1024
_LOW: Final = 16 * 1024
_HEADER: Final = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class ServerError:
    """An ERR packet."""

    number: int
    sqlstate: str
    text: str


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """One column of a result, as the server describes it. ``charset`` is a collation's id (63: binary), ``type`` a MYSQL_TYPE."""

    name: str
    charset: int
    length: int
    type: int
    flags: int
    decimals: int


class PacketBuffer:
    """Bytes as they came, and the complete payloads in them. Not for two threads.

    The buffer grows to the size of one packet (16 MB) and back; payloads of several packets are joined, up to ``limit`` bytes.
    """

    def __init__(self, limit: int = LIMIT, base: int = _BASE) -> None:
        self._limit = limit
        self._base = base
        self._buf = bytearray(base)
        self._start = 0
        self._end = 0
        self._need = 4
        self._seq = 0
        self._parts: list[bytes] = []
        self._joined = 0
        self.special: bytes | None = None
        """The payload that ended :meth:`take` with ``marked``: not one of an event, but the server's last word."""

    def expect(self, sequence: int) -> None:
        """The number that the next packet must have; a command begins at 0, so its answer at 1."""
        self._seq = sequence & 255

    @property
    def pending(self) -> int:
        """Bytes that came and are not taken yet."""
        return self._end - self._start

    def room(self) -> memoryview:
        """Where the next bytes go; release it before calling :meth:`filled`. Never empty."""
        buf, start, end = self._buf, self._start, self._end
        if start == end:
            self._start = self._end = start = end = 0
            if len(buf) > self._base and self._need <= self._base:
                self._buf = buf = bytearray(self._base)
        free = len(buf) - end
        if free < _LOW or len(buf) - start < self._need:
            held = end - start
            size = max(self._base, self._need, held + _LOW)
            if size > len(buf):
                larger = bytearray(size)
                larger[:held] = memoryview(buf)[start:end]
                self._buf = buf = larger
            else:
                buf[:held] = buf[start:end]
            self._start, self._end, end = 0, held, held
        return memoryview(buf)[end:]

    def filled(self, count: int) -> None:
        """So many bytes were put where :meth:`room` said."""
        self._end += count

    def take(self, out: list[bytes], max_bytes: int, max_count: int, marked: bool = False) -> int:
        """Append complete payloads to ``out`` until it has ``max_count``, or ``max_bytes`` more than before; gives their bytes.

        With ``marked`` each payload is an event behind a byte 0, which is left out; the first that is not ends the taking and
        is put into ``special``. Raises ValueError when the numbers are out of sequence or a payload is over the limit.
        """
        buf, pos, end, seq = self._buf, self._start, self._end, self._seq
        unpack = _HEADER.unpack_from
        append = out.append
        room = max_count - len(out)
        taken = 0
        self._need = 4
        if not self._parts:
            pos, seq, taken = split(buf, pos, end, seq, marked, room, max_bytes, out)
            room = max_count - len(out)
        with memoryview(buf) as view:
            while end - pos >= 4 and room > 0 and taken < max_bytes:
                (head,) = unpack(buf, pos)
                length = head & LONGEST
                body = pos + 4
                stop = body + length
                if stop > end:
                    self._need = 4 + length
                    break
                # A server that stops says so out of turn.
                if head >> 24 != seq and not (head >> 24 == 0 and length and buf[body] == 0xFF and not self._parts):
                    raise ValueError(f"packet number {head >> 24} came where {seq} was due")
                seq = (head >> 24) + 1 & 255
                if length == LONGEST or self._parts:
                    whole = self._join(bytes(view[body:stop]), length, marked)
                    pos = stop
                    if whole is None:
                        continue
                    if marked and self.special is not None:
                        break
                    append(whole)
                    taken += len(whole)
                elif marked:
                    pos = stop
                    if length == 0 or buf[body]:
                        self.special = bytes(view[body:stop])
                        break
                    append(bytes(view[body + 1:stop]))
                    taken += length
                else:
                    append(bytes(view[body:stop]))
                    pos = stop
                    taken += length
                room -= 1
        self._start, self._seq = pos, seq
        return taken

    def _join(self, part: bytes, length: int, marked: bool) -> bytes | None:
        """Keep a part; the whole payload once the last part is there."""
        self._joined += length
        if self._joined > self._limit:
            raise ValueError(f"a packet of more than {self._limit} bytes")
        self._parts.append(part)
        if length == LONGEST:
            return None
        parts, self._parts, self._joined = self._parts, [], 0
        if marked:
            if parts[0][0]:
                self.special = parts[0]
                return parts[0]
            parts[0] = parts[0][1:]
        return b"".join(parts)


def join_packets(payload: bytes, sequence: int = 0) -> bytes:
    """A payload as packets, the first with this number."""
    out = []
    at = 0
    while True:
        part = payload[at:at + LONGEST]
        out.append(_HEADER.pack(len(part) | sequence << 24) + part)
        sequence = sequence + 1 & 255
        at += len(part)
        if len(part) < LONGEST:
            return b"".join(out)


def read_lenenc(data: bytes, pos: int) -> tuple[int | None, int]:
    """A length-encoded number and where it ends; None is SQL's NULL (0xFB). Raises ValueError."""
    if pos >= len(data):
        raise ValueError("a packet ends where a length should be")
    first = data[pos]
    if first < 0xFB:
        return first, pos + 1
    if first == 0xFB:
        return None, pos + 1
    size = {0xFC: 2, 0xFD: 3, 0xFE: 8}.get(first)
    if size is None or pos + 1 + size > len(data):
        raise ValueError("a length that is none, or a packet that ends in one")
    return int.from_bytes(data[pos + 1:pos + 1 + size], "little"), pos + 1 + size


def _read_text(data: bytes, pos: int) -> tuple[bytes | None, int]:
    length, pos = read_lenenc(data, pos)
    if length is None:
        return None, pos
    if pos + length > len(data):
        raise ValueError(f"a text of {length} bytes in a packet that has {len(data) - pos} left")
    return data[pos:pos + length], pos + length


def split_row(data: bytes, count: int) -> tuple[bytes | None, ...]:
    """The values of a text-protocol row with ``count`` columns. Raises ValueError."""
    values: list[bytes | None] = []
    pos = 0
    for _ in range(count):
        value, pos = _read_text(data, pos)
        values.append(value)
    if pos != len(data):
        raise ValueError(f"{len(data) - pos} bytes are left behind the last column of a row")
    return tuple(values)


def parse_column(data: bytes) -> ColumnInfo:
    """A column definition (protocol 4.1). Raises ValueError."""
    pos = 0
    texts: list[bytes] = []
    for _ in range(6):  # catalog, schema, table, org_table, name, org_name
        text, pos = _read_text(data, pos)
        texts.append(text or b"")
    length, pos = read_lenenc(data, pos)
    if length is None or length < 10 or pos + length > len(data):
        raise ValueError("a column's definition is cut short")
    charset, display, kind, flags, decimals = struct.unpack_from("<HIBHB", data, pos)
    return ColumnInfo(texts[4].decode("utf-8", "surrogateescape"), charset, display, kind, flags, decimals)


def parse_error(data: bytes) -> ServerError:
    """An ERR packet. Raises ValueError."""
    if len(data) < 3 or data[0] != 0xFF:
        raise ValueError("not an error packet")
    number = int.from_bytes(data[1:3], "little")
    rest = data[3:]
    state = ""
    if rest[:1] == b"#" and len(rest) >= 6:
        state, rest = rest[1:6].decode("latin-1"), rest[6:]
    return ServerError(number, state, rest.decode("utf-8", "replace"))


def parse_ok(data: bytes) -> tuple[int, int]:
    """Rows affected and the server's status, of an OK packet. Raises ValueError."""
    if not data or data[0]:
        raise ValueError("not an OK packet")
    affected, pos = read_lenenc(data, 1)
    _, pos = read_lenenc(data, pos)
    if pos + 2 > len(data):
        raise ValueError("an OK packet is cut short")
    return affected or 0, int.from_bytes(data[pos:pos + 2], "little")


def is_end(data: bytes) -> bool:
    """Whether a packet among rows is the EOF that ends them; a row may begin with the same byte, but is then longer."""
    return len(data) < 9 and data[:1] == b"\xfe"


def end_status(data: bytes) -> int:
    """The server's status in an EOF packet."""
    return int.from_bytes(data[3:5], "little") if len(data) >= 5 else 0
