"""The decoders of events with a simple body: each takes (header, buffer, begin of the post-header, end) and raises EventError."""

from __future__ import annotations

import struct

from connectors.mysql.eventbytes import EventError, packed
from connectors.mysql.eventtypes import (
    ARTIFICIAL,
    BinlogCheckpoint,
    EventHeader,
    FormatDescription,
    Heartbeat,
    Incident,
    Rotate,
    XaPrepare,
    xid_text,
)

__all__ = ["parse_checkpoint", "parse_format", "parse_heartbeat", "parse_heartbeat_v2", "parse_incident", "parse_rotate",
           "parse_text", "parse_xa_prepare"]

_FORMAT = struct.Struct("<H50sIB")
_XA = struct.Struct("<BIII")
_COMMON_HEADER = 19
_LONGEST_NAME = 511
_FARTHEST = 1 << 61
CRC_SIZE = 4


def parse_format(header: EventHeader, body: bytes, at: int, end: int) -> FormatDescription:
    """A format description; ``end`` is the end of the whole event: this event has room for a checksum whether it is used or not.

    Servers before MySQL 5.6.1 and MariaDB 5.3, which know no checksums, are refused.
    """
    if end - at < _FORMAT.size + 1 + CRC_SIZE:
        raise EventError("a format description event is too short")
    version, raw, created, header_length = _FORMAT.unpack_from(body, at)
    server = raw.split(b"\0", 1)[0].decode("utf-8")
    if version != 4 or header_length != _COMMON_HEADER:
        raise EventError(f"the binary log has the format {version} with {header_length} byte headers; only 4 with 19 is known")
    if _numbers(server) < ((5, 3) if "mariadb" in server.lower() else (5, 6, 1)):
        raise EventError(f"the binary log was written by the server version {server!r}, which is too old")
    algorithm = body[end - CRC_SIZE - 1]
    if algorithm not in (0, 1, 255):
        raise EventError(f"the binary log uses checksum algorithm {algorithm}, which is not known to this version")
    return FormatDescription(header, version, server, created, body[at + _FORMAT.size:end - CRC_SIZE - 1], algorithm == 1)


def _numbers(version: str) -> tuple[int, ...]:
    digits = []
    for piece in version.split("-")[0].split("."):
        if not (piece.isascii() and piece.isdigit()):
            break
        digits.append(int(piece[:9]))
    return tuple(digits)


def parse_rotate(header: EventHeader, body: bytes, at: int, end: int) -> Rotate:
    """A rotate event, real or fake."""
    if end - at <= 8:
        raise EventError("a rotate event is too short")
    fake = bool(header.flags & ARTIFICIAL) or not header.end_pos
    return Rotate(header, _name(body, at + 8, end), _place(int.from_bytes(body[at:at + 8], "little")), fake)


def parse_heartbeat(header: EventHeader, body: bytes, at: int, end: int) -> Heartbeat:
    """The older heartbeat: the position is the header's; MariaDB puts one from 2^32 in front of the name."""
    pos = header.end_pos
    if not pos and end - at > 8:
        pos, at = int.from_bytes(body[at:at + 8], "little"), at + 8
    return Heartbeat(header, _name(body, at, end), _place(pos))


def parse_heartbeat_v2(header: EventHeader, body: bytes, at: int, end: int) -> Heartbeat:
    """The newer heartbeat: fields as type, length, value."""
    file, pos = "", None
    while at < end:
        kind, at = packed(body, at, end)
        if not kind:
            break
        length, at = packed(body, at, end)
        if length > end - at:
            raise EventError("a heartbeat ends inside a field")
        if kind == 1:
            file = _name(body, at, at + length)
        elif kind == 2:
            pos, _ = packed(body, at, at + length)
        at += length
    if not file or pos is None:
        raise EventError("a heartbeat names no position")
    return Heartbeat(header, file, _place(pos))


def _place(pos: int) -> int:
    if pos > _FARTHEST:
        raise EventError("an event has a position that no file reaches")
    return pos


def _name(body: bytes, at: int, end: int) -> str:
    if not 0 < end - at <= _LONGEST_NAME:
        raise EventError("an event has an impossible file name")
    name = body[at:end].decode("utf-8")
    if "\0" in name:
        raise EventError("an event has a file name with a zero byte")
    return name


def parse_incident(header: EventHeader, body: bytes, at: int, end: int) -> Incident:
    """An incident: a number and a text."""
    if end - at < 3 or body[at + 2] > end - at - 3:
        raise EventError("an incident event is too short")
    return Incident(header, body[at] | body[at + 1] << 8, body[at + 3:at + 3 + body[at + 2]].decode("utf-8", "backslashreplace"))


def parse_xa_prepare(header: EventHeader, body: bytes, at: int, end: int) -> XaPrepare:
    """An XA prepare event."""
    if end - at < _XA.size:
        raise EventError("an XA prepare event is too short")
    one_phase, format_id, gtrid, bqual = _XA.unpack_from(body, at)
    at += _XA.size
    if gtrid > 64 or bqual > 64 or gtrid + bqual > end - at:
        raise EventError("an XA prepare event has an impossible id")
    return XaPrepare(header, xid_text(format_id, body[at:at + gtrid], body[at + gtrid:at + gtrid + bqual]), bool(one_phase))


def parse_text(body: bytes, at: int, end: int) -> str:
    """A statement whose charset the event does not tell: what is no UTF-8 is shown as escapes."""
    return body[at:end].decode("utf-8", "backslashreplace")


def parse_checkpoint(header: EventHeader, body: bytes, at: int, end: int) -> BinlogCheckpoint:
    """MariaDB's binlog checkpoint."""
    length = int.from_bytes(body[at:at + 4], "little")
    if end - at < 4 or length > end - at - 4:
        raise EventError("a binlog checkpoint event is too short")
    return BinlogCheckpoint(header, _name(body, at + 4, at + 4 + length))
