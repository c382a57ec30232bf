"""Builds binary log events as servers write them."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from tests.fuzz.targets import CORPUS

__all__ = ["LENGTHS", "event", "format_description", "packed", "recorded", "rotate", "table_map"]

LENGTHS = bytes.fromhex("000d0008000000000400040000006200041a08000000080808020000000a0a0a2a2a001234000a28000000")
"""Post-header lengths of MySQL 9 for types 1 to 43."""


def event(kind: int, body: bytes, *, ts: int = 1, server_id: int = 7, end_pos: int = 1000, flags: int = 0, crc: bool = False,
          size: int | None = None) -> bytes:
    raw = struct.pack("<IBIIIH", ts, kind, server_id, 19 + len(body) + 4 * crc if size is None else size, end_pos, flags) + body
    return raw + zlib.crc32(raw).to_bytes(4, "little") if crc else raw


def packed(number: int) -> bytes:
    for limit, head, width in ((251, b"", 1), (1 << 16, b"\xfc", 2), (1 << 24, b"\xfd", 3)):
        if number < limit:
            return head + number.to_bytes(width, "little")
    return b"\xfe" + number.to_bytes(8, "little")


def format_description(*, algorithm: int = 1, server: bytes = b"9.7.4", lengths: bytes = LENGTHS, version: int = 4,
                       header: int = 19, flags: int = 0) -> bytes:
    body = struct.pack("<H50sIB", version, server, 0, header) + lengths + bytes((algorithm,))
    good = event(15, body, crc=True)
    return good[:17] + flags.to_bytes(2, "little") + good[19:]


def rotate(file: bytes = b"binlog.000001", pos: int = 4, *, crc: bool = False, flags: int = 0x20, end_pos: int = 0,
           ts: int = 0) -> bytes:
    return event(4, struct.pack("<Q", pos) + file, crc=crc, flags=flags, end_pos=end_pos, ts=ts)


def table_map(types: bytes, metas: bytes = b"", nulls: bytes | None = None, optional: bytes = b"", database: bytes = b"db",
              table: bytes = b"t") -> bytes:
    """A table map's body after id and flags."""
    null_bits = bytes((len(types) + 7) // 8) if nulls is None else nulls
    return (packed(len(database)) + database + b"\0" + packed(len(table)) + table + b"\0" + packed(len(types)) + types
            + packed(len(metas)) + metas + null_bits + optional)


def recorded(name: str) -> list[bytes]:
    """The events of a recorded group (tests/fuzz/corpus/events), without checksums."""
    data = Path(CORPUS / "events" / name).read_bytes()
    at, events = 1, []
    while at < len(data):
        size = int.from_bytes(data[at + 9:at + 13], "little")
        events.append(data[at:at + size])
        at += size
    return events
