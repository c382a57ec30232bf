"""GTID events: MySQL's fixed form, its tagged form (type 42, in the "mysql serialization" format), and MariaDB's."""

from __future__ import annotations

import struct

from connectors.mysql.eventbytes import EventError, packed, serialized
from connectors.mysql.eventtypes import EventHeader, EventType, Gtid, MariaGtid, MariaGtidList, xid_text

__all__ = ["parse_gtid", "parse_maria_gtid", "parse_maria_gtid_list", "parse_tagged_gtid"]

_FIXED = struct.Struct("<B16sq")
_CLOCK = struct.Struct("<Bqq")
_USUAL = struct.Struct("<B16sqBqqIHB")
"""The fixed fields, the logical clock and the commit time: what every server since MySQL 8.0 writes."""
_ANONYMOUS = int(EventType.ANONYMOUS_GTID)
_MARIA = struct.Struct("<QIB")
_MARIA_XID = struct.Struct("<IBB")
_LOGICAL_CLOCK = 2
_LAST_GNO = (1 << 63) - 2
_LATEST = 9_000_000_000_000_000
"""Microseconds, in the year 2255: a later time has no nanoseconds in 64 bits."""
_MAX_UUIDS = 10_000

_uuids: dict[bytes, str] = {}
"""UUIDs already written out: every transaction has one, nearly always the same."""


def _uuid(raw: bytes) -> str:
    if len(_uuids) >= _MAX_UUIDS:
        _uuids.clear()
    digits = raw.hex()
    text = _uuids[raw] = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    return text


def parse_gtid(header: EventHeader, body: bytes, at: int, end: int) -> Gtid:
    """A GTID or anonymous GTID event of MySQL 5.6 or later: each version added fields at the end. Raises EventError."""
    if end - at < _USUAL.size or body[at + 25] != _LOGICAL_CLOCK:
        return _older_gtid(header, body, at, end)
    flags, raw, gno, _, committed, sequence, low, middle, high = _USUAL.unpack_from(body, at)
    at += _USUAL.size
    sid, gtid = _named(header, raw, gno)
    immediate = original = low | middle << 32 | (high & 0x7F) << 48
    if high & 0x80:
        if end - at < 7:
            raise EventError("a GTID event ends inside its commit times")
        original, at = int.from_bytes(body[at:at + 7], "little"), at + 7
    length = packed(body, at, end)[0] if at < end else None
    if original > _LATEST:
        raise EventError("a GTID event has an impossible commit time")
    return Gtid(header, gtid, sid, "", gno, original, immediate, length, (committed, sequence), bool(flags & 1))


def _older_gtid(header: EventHeader, body: bytes, at: int, end: int) -> Gtid:
    if end - at < 25:
        raise EventError("a GTID event is too short")
    flags, raw, gno = _FIXED.unpack_from(body, at)
    sid, gtid = _named(header, raw, gno)
    clock = None
    if end - at >= 42 and body[at + 25] == _LOGICAL_CLOCK:
        _, committed, sequence = _CLOCK.unpack_from(body, at + 25)
        clock = committed, sequence
    return Gtid(header, gtid, sid, "", gno, logical_clock=clock, may_have_statements=bool(flags & 1))


def _named(header: EventHeader, raw: bytes, gno: int) -> tuple[str, str | None]:
    sid = _uuids.get(raw) or _uuid(raw)
    if header[1] == _ANONYMOUS:
        if gno:
            raise EventError("an anonymous GTID event has a transaction number")
        return sid, None
    if not 0 < gno <= _LAST_GNO:
        raise EventError("a GTID event has an impossible transaction number")
    return sid, f"{sid}:{gno}"


# The fields of the tagged event, by their number in the message. Each is an unsigned or signed variable-length integer, except
# the UUID (sixteen unsigned ones) and the tag (a length and letters).
_FLAGS, _UUID, _GNO, _TAG, _COMMITTED, _SEQUENCE, _IMMEDIATE, _ORIGINAL, _LENGTH = range(9)
_TICKET = 11
"""The last field that is known; 9 and 10 are server versions."""
_SIGNED = (_GNO, _COMMITTED, _SEQUENCE)


def parse_tagged_gtid(header: EventHeader, body: bytes, at: int, end: int) -> Gtid:
    """A tagged GTID event (MySQL 8.3 and later). Raises EventError; fields that are unknown but skippable are skipped."""
    start = at
    version, at = serialized(body, at, end)
    if version != 1:
        raise EventError(f"a tagged GTID event has the unknown serialization version {version}")
    size, at = serialized(body, at, end)
    needed, at = serialized(body, at, end)
    if size > end - start:
        raise EventError("a tagged GTID event is shorter than it says")
    end = start + size
    if needed > _TICKET + 1:
        raise EventError("a tagged GTID event has a field that is not known to this version and must not be skipped")
    numbers: dict[int, int] = {}
    raw, tag, last = b"", "", -1
    while at < end:
        number, at = serialized(body, at, end)
        if number > _TICKET:
            break
        if number <= last:
            raise EventError("a tagged GTID event has its fields out of order")
        last = number
        if number == _UUID:
            digits = []
            for _ in range(16):
                digit, at = serialized(body, at, end)
                if digit > 255:
                    raise EventError("a tagged GTID event has a server UUID that is none")
                digits.append(digit)
            raw = bytes(digits)
        elif number == _TAG:
            length, at = serialized(body, at, end)
            if length > min(32, end - at):
                raise EventError("a tagged GTID event has a tag that is too long")
            tag, at = body[at:at + length].decode("ascii"), at + length
        else:
            value, at = serialized(body, at, end)
            numbers[number] = (value >> 1) ^ -(value & 1) if number in _SIGNED else value
    gno = numbers.get(_GNO, 0)
    if not raw or not 0 < gno <= _LAST_GNO:
        raise EventError("a tagged GTID event lacks its UUID or its number")
    sid = _uuids.get(raw) or _uuid(raw)
    immediate = numbers.get(_IMMEDIATE)
    if numbers.get(_ORIGINAL, immediate or 0) > _LATEST:
        raise EventError("a tagged GTID event has an impossible commit time")
    clock = numbers.get(_COMMITTED, 0), numbers.get(_SEQUENCE, 0)
    return Gtid(header, f"{sid}:{tag}:{gno}" if tag else f"{sid}:{gno}", sid, tag, gno, numbers.get(_ORIGINAL, immediate),
                immediate, numbers.get(_LENGTH), clock, bool(numbers.get(_FLAGS, 1) & 1))


_GROUP_COMMIT, _PREPARED_XA, _COMPLETED_XA = 2, 64, 128
_MULTI_ENGINE, _START_ALTER, _COMMIT_ALTER, _ROLLBACK_ALTER, _THREAD_ID = 1, 2, 4, 8, 16


def parse_maria_gtid(header: EventHeader, body: bytes, at: int, end: int) -> MariaGtid:
    """MariaDB's GTID event. Raises EventError."""
    if end - at < 13:
        raise EventError("a GTID event is too short")
    sequence, domain, flags = _MARIA.unpack_from(body, at)
    at += 13
    server = header.server_id
    event = MariaGtid(header, f"{domain}-{server}-{sequence}", domain, server, sequence, flags)
    if flags & _GROUP_COMMIT:
        if end - at < 8:
            raise EventError("a GTID event ends inside its commit id")
        event.commit_id, at = int.from_bytes(body[at:at + 8], "little"), at + 8
    if flags & (_PREPARED_XA | _COMPLETED_XA):
        if end - at < 6:
            raise EventError("a GTID event ends inside its XA id")
        format_id, gtrid, bqual = _MARIA_XID.unpack_from(body, at)
        at += 6
        if gtrid > 64 or bqual > 64 or end - at < gtrid + bqual:
            raise EventError("a GTID event has an impossible XA id")
        event.xid = xid_text(format_id, body[at:at + gtrid], body[at + gtrid:at + gtrid + bqual])
        at += gtrid + bqual
    if at < end:
        # The event is padded with zeros to a fixed length, so the further flags may be padding: then they are 0.
        more, at = body[at], at + 1
        event.idle = bool(more & (_START_ALTER | _ROLLBACK_ALTER))
        at += bool(more & _MULTI_ENGINE) + (8 if more & (_COMMIT_ALTER | _ROLLBACK_ALTER) else 0)
        if more & _THREAD_ID and end - at >= 4:
            event.thread = int.from_bytes(body[at:at + 4], "little")
    return event


def parse_maria_gtid_list(header: EventHeader, body: bytes, at: int, end: int) -> MariaGtidList:
    """MariaDB's GTID list. Raises EventError."""
    if end - at < 4:
        raise EventError("a GTID list event is too short")
    head = int.from_bytes(body[at:at + 4], "little")
    count, flags = head & 0x0FFFFFFF, head >> 28
    at += 4
    if end - at < 16 * count:
        raise EventError("a GTID list event ends inside its list")
    entries = struct.iter_unpack("<IIQ", body[at:at + 16 * count])
    return MariaGtidList(header, tuple(f"{domain}-{server}-{sequence}" for domain, server, sequence in entries), flags)
