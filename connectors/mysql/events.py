"""Binary log events: bytes → typed values. Pure, one parser per stream or file.

Errors: everything raises EventError (a ValueError) and nothing else, whatever the bytes; UnknownEvent for a type that may not be
skipped. The parser keeps what the format description event says (post-header lengths, checksums) and the table maps' shapes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from zlib import crc32

from connectors.mysql.eventbytes import EventError, UnknownEvent
from connectors.mysql.eventtypes import (
    IGNORABLE,
    Annotate,
    BinlogCheckpoint,
    EventHeader,
    EventType,
    FormatDescription,
    Gtid,
    Heartbeat,
    Ignorable,
    Incident,
    MariaGtid,
    MariaGtidList,
    PreviousGtids,
    Rotate,
    RowsQuery,
    StatementPart,
    Stop,
    XaPrepare,
    Xid,
    xid_text,
)
from connectors.mysql.gtidevents import parse_gtid, parse_maria_gtid, parse_maria_gtid_list, parse_tagged_gtid
from connectors.mysql.payload import TransactionPayload, parse_payload
from connectors.mysql.querystatus import Query, QueryStatus, parse_query
from connectors.mysql.rowsevent import Rows, TableMap, inflate, parse_rows, partial_columns
from connectors.mysql.smallevents import (
    parse_checkpoint,
    parse_format,
    parse_heartbeat,
    parse_heartbeat_v2,
    parse_incident,
    parse_rotate,
    parse_text,
    parse_xa_prepare,
)
from connectors.mysql.tablemap import TableMetadata, TableShape, parse_shape

__all__ = [
    "Annotate",
    "BinlogCheckpoint",
    "Event",
    "EventError",
    "EventHeader",
    "EventParser",
    "EventType",
    "FormatDescription",
    "Gtid",
    "Heartbeat",
    "Ignorable",
    "Incident",
    "MariaGtid",
    "MariaGtidList",
    "PreviousGtids",
    "Query",
    "QueryStatus",
    "Rotate",
    "Rows",
    "RowsQuery",
    "StatementPart",
    "Stop",
    "TableMap",
    "TableMetadata",
    "TableShape",
    "TransactionPayload",
    "UnknownEvent",
    "XaPrepare",
    "Xid",
    "partial_columns",
    "xid_text",
]

Event = (FormatDescription | Rotate | Gtid | PreviousGtids | Query | TableMap | Rows | Xid | XaPrepare | RowsQuery | Heartbeat
         | Stop | Incident | TransactionPayload | MariaGtid | MariaGtidList | Annotate | BinlogCheckpoint | StatementPart
         | Ignorable)
"""What :meth:`EventParser.parse` gives."""

_HEADER = struct.Struct("<IBIIIH")
_HEAD_SIZE = 19
_CRC = 4
_IN_USE = 1
_FORMAT, _ROTATE = int(EventType.FORMAT_DESCRIPTION), int(EventType.ROTATE)  # plain numbers compare faster
_CHECKSUM = struct.Struct("<I").unpack_from
_new_header = tuple.__new__
_SHAPES_KEPT, _LARGEST_SHAPE = 2000, 1 << 16
_SMALL = 1 << 14

_Reader = Callable[[EventHeader, bytes, int, int], Event]

_PARTS = {
    EventType.INTVAR: "INSERT_ID or LAST_INSERT_ID of a statement", EventType.RAND: "random seeds of a statement",
    EventType.USER_VAR: "a user variable of a statement", EventType.LOAD: "LOAD DATA", EventType.NEW_LOAD: "LOAD DATA",
    EventType.CREATE_FILE: "a LOAD DATA file's begin", EventType.APPEND_BLOCK: "a LOAD DATA file's piece",
    EventType.EXEC_LOAD: "LOAD DATA", EventType.DELETE_FILE: "a LOAD DATA file's removal",
    EventType.BEGIN_LOAD_QUERY: "a LOAD DATA file's begin", EventType.EXECUTE_LOAD_QUERY: "LOAD DATA",
}
_ROWS = {
    EventType.WRITE_ROWS_V1: "c", EventType.UPDATE_ROWS_V1: "u", EventType.DELETE_ROWS_V1: "d",
    EventType.WRITE_ROWS: "c", EventType.UPDATE_ROWS: "u", EventType.DELETE_ROWS: "d", EventType.PARTIAL_UPDATE_ROWS: "u",
    EventType.WRITE_ROWS_COMPRESSED_V1: "c", EventType.UPDATE_ROWS_COMPRESSED_V1: "u", EventType.DELETE_ROWS_COMPRESSED_V1: "d",
    EventType.WRITE_ROWS_COMPRESSED: "c", EventType.UPDATE_ROWS_COMPRESSED: "u", EventType.DELETE_ROWS_COMPRESSED: "d",
}
_DEFAULT_LENGTHS: dict[int, int] = {
    EventType.QUERY: 13, EventType.QUERY_COMPRESSED: 13, EventType.TABLE_MAP: 8, EventType.WRITE_ROWS_V1: 8,
    EventType.UPDATE_ROWS_V1: 8, EventType.DELETE_ROWS_V1: 8, EventType.WRITE_ROWS: 10, EventType.UPDATE_ROWS: 10,
    EventType.DELETE_ROWS: 10, EventType.PARTIAL_UPDATE_ROWS: 10, EventType.WRITE_ROWS_COMPRESSED_V1: 8,
    EventType.UPDATE_ROWS_COMPRESSED_V1: 8, EventType.DELETE_ROWS_COMPRESSED_V1: 8, EventType.WRITE_ROWS_COMPRESSED: 10,
    EventType.UPDATE_ROWS_COMPRESSED: 10, EventType.DELETE_ROWS_COMPRESSED: 10,
}
"""Post-header lengths while no format description was seen. Only these matter: the other events have one form."""

_MARIADB_ROWS = (EventType.WRITE_ROWS_V1, EventType.UPDATE_ROWS_V1, EventType.DELETE_ROWS_V1)
_MYSQL_ROWS = (EventType.WRITE_ROWS, EventType.UPDATE_ROWS, EventType.DELETE_ROWS)

_KNOWN_REFUSED = {
    172: ("is a fragment of a rows event (MariaDB 12.3 and later), which is not supported: the server's "
          "binlog_row_event_fragment_threshold must be larger than its largest rows event",),
}


class EventParser:
    """Parses one server's events in the order of the log. Not thread-safe.

    ``checksum``: whether events end in a CRC32 before the first format description says so (what ``@source_binlog_checksum`` was
    set to). It is stripped, and verified unless ``verify`` is off.
    """

    def __init__(self, *, checksum: bool = False, verify: bool = True) -> None:
        self.checksum = checksum
        self.verify = verify
        self.format: FormatDescription | None = None
        self._lengths = dict(_DEFAULT_LENGTHS)
        self._shapes: dict[bytes, TableShape] = {}
        self._inner: EventParser | None = None
        self._readers: list[_Reader | None] = [None] * 256
        for number, reader in self._table().items():
            self._readers[number] = reader

    def parse(self, packet: bytes, offset: int = 0) -> Event:
        """The event that begins at ``offset``, with its header. Bytes after the event are not looked at.

        Raises EventError, UnknownEvent among them.
        """
        length = len(packet)
        if length - offset < _HEAD_SIZE:
            raise EventError("an event is shorter than its header")
        header = _new_header(EventHeader, _HEADER.unpack_from(packet, offset))
        _, kind, _, size, _, flags = header
        end = offset + size
        if size < _HEAD_SIZE or end > length:
            raise EventError(f"an event of type {kind} is cut off, or says a size that is impossible")
        if kind == _FORMAT:
            return self._format(header, packet, offset, end)
        if self.checksum:
            end -= _CRC
            if self.verify or kind == _ROTATE:
                small = size < _SMALL
                if end - offset < _HEAD_SIZE or \
                        crc32(packet[offset:end] if small else memoryview(packet)[offset:end]) != _CHECKSUM(packet, end)[0]:
                    # The rotate event before the first format description follows rules of its own.
                    if kind != _ROTATE or not _made_up(header):
                        raise EventError(f"an event of type {kind} has a wrong checksum: the log or the connection is damaged")
                    end += _CRC
        elif kind == _ROTATE and _made_up(header) and size > _HEAD_SIZE + 8 + _CRC \
                and crc32(packet[offset:end - _CRC]) == _CHECKSUM(packet, end - _CRC)[0]:
            end -= _CRC
        reader = self._readers[kind]
        if reader is None:
            if flags & IGNORABLE:
                return Ignorable(header)
            raise UnknownEvent(kind, *_KNOWN_REFUSED.get(kind, ()))
        try:
            return reader(header, packet, offset + _HEAD_SIZE, end)
        except EventError:
            raise
        except ValueError as broken:  # a name that is no UTF-8, a GTID set that is none
            raise EventError(f"an event of type {kind}: {type(broken).__name__}") from None

    def ordinary(self, *, mariadb: bool) -> bool:
        """Whether the format is known, and the events of row changes that such a server writes have their usual post-headers."""
        return self.format is not None and all(self._lengths[number] == _DEFAULT_LENGTHS[number] for number in (
            EventType.QUERY, EventType.TABLE_MAP, *(_MARIADB_ROWS if mariadb else _MYSQL_ROWS)))

    def shape(self, body: bytes) -> TableShape | None:
        """The shape of a table map that was parsed before, by its bytes behind table id and flags."""
        return self._shapes.get(body)

    def _format(self, header: EventHeader, packet: bytes, offset: int, end: int) -> FormatDescription:
        found = parse_format(header, packet, offset + _HEAD_SIZE, end)
        if found.checksum and self.verify:
            # The flag "file in use" is set while the file is written and is not part of the checksum.
            raw = bytearray(packet[offset:end - _CRC])
            raw[17] &= ~_IN_USE & 0xFF
            if crc32(raw) != _CHECKSUM(packet, end - _CRC)[0]:
                raise EventError("the format description event has a wrong checksum: the log or the connection is damaged")
        self.format = found
        self.checksum = found.checksum
        for number in _DEFAULT_LENGTHS:
            if number <= len(found.lengths):
                self._lengths[number] = found.lengths[number - 1]
        self._shapes.clear()
        self._inner = None
        return found

    def _table(self) -> dict[int, _Reader]:
        readers: dict[int, _Reader] = {
            EventType.QUERY: self._query,
            EventType.QUERY_COMPRESSED: self._compressed_query,
            EventType.STOP: lambda h, p, a, e: Stop(h),
            EventType.ROTATE: parse_rotate,
            EventType.XID: _xid,
            EventType.TABLE_MAP: self._table_map,
            EventType.INCIDENT: parse_incident,
            EventType.HEARTBEAT: parse_heartbeat,
            EventType.HEARTBEAT_V2: parse_heartbeat_v2,
            EventType.IGNORABLE: lambda h, p, a, e: Ignorable(h),
            EventType.TRANSACTION_CONTEXT: lambda h, p, a, e: Ignorable(h),
            EventType.VIEW_CHANGE: lambda h, p, a, e: Ignorable(h),
            # The first byte is the length modulo 256: of no use.
            EventType.ROWS_QUERY: lambda h, p, a, e: RowsQuery(h, parse_text(p, a + 1, e)),
            EventType.ANNOTATE_ROWS: lambda h, p, a, e: Annotate(h, parse_text(p, a, e)),
            EventType.GTID: parse_gtid,
            EventType.ANONYMOUS_GTID: parse_gtid,
            EventType.GTID_TAGGED: parse_tagged_gtid,
            EventType.PREVIOUS_GTIDS: lambda h, p, a, e: PreviousGtids(h, p[a:e]),
            EventType.XA_PREPARE: parse_xa_prepare,
            EventType.TRANSACTION_PAYLOAD: self._payload,
            EventType.MARIA_GTID: parse_maria_gtid,
            EventType.MARIA_GTID_LIST: parse_maria_gtid_list,
            EventType.BINLOG_CHECKPOINT: parse_checkpoint,
            EventType.START_ENCRYPTION: _encryption,
        }
        for number, what in _PARTS.items():
            readers[number] = _part(what)
        for number, kind in _ROWS.items():
            readers[number] = self._rows(number, kind)
        return readers

    def _query(self, header: EventHeader, packet: bytes, at: int, end: int) -> Query:
        return parse_query(header, packet, at, end, self._lengths[header.type])

    def _compressed_query(self, header: EventHeader, packet: bytes, at: int, end: int) -> Query:
        query = parse_query(header, packet, at, end, self._lengths[header.type])
        query.statement = inflate(query.statement, 0, len(query.statement))
        return query

    def _rows(self, number: int, kind: str) -> _Reader:
        partial = number == EventType.PARTIAL_UPDATE_ROWS
        compressed = number >= EventType.WRITE_ROWS_COMPRESSED_V1
        lengths = self._lengths

        def read(header: EventHeader, packet: bytes, at: int, end: int) -> Rows:
            return parse_rows(header, packet, at, end, lengths[number], kind, partial=partial, compressed=compressed)
        return read

    def _table_map(self, header: EventHeader, packet: bytes, at: int, end: int) -> TableMap:
        length = self._lengths[EventType.TABLE_MAP]
        width = 4 if length == 6 else 6
        if end - at < width + 2:
            raise EventError("a table map is too short")
        table_id = int.from_bytes(packet[at:at + width], "little")
        body = packet[at + width + 2:end]
        shape = self._shapes.get(body)
        if shape is None:
            shape = parse_shape(body, mariadb=self.format is not None and self.format.mariadb)
            if len(body) <= _LARGEST_SHAPE:
                if len(self._shapes) >= _SHAPES_KEPT:
                    self._shapes.clear()
                self._shapes[body] = shape
        return TableMap(header, table_id, packet[at + width] | packet[at + width + 1] << 8, shape)

    def _payload(self, header: EventHeader, packet: bytes, at: int, end: int) -> TransactionPayload:
        inner = self._inner
        if inner is None:
            inner = self._inner = EventParser()
            inner.format = self.format
            inner._lengths.update(self._lengths)
            inner._shapes = self._shapes
            # What ends or describes a file cannot be inside a transaction, and no transaction inside another.
            for number in (_ROTATE, EventType.STOP, EventType.TRANSACTION_PAYLOAD, EventType.HEARTBEAT, EventType.HEARTBEAT_V2,
                           EventType.PREVIOUS_GTIDS):
                inner._readers[number] = _misplaced
        return parse_payload(header, packet, at, end, inner._parse_inner)

    def _parse_inner(self, raw: bytes) -> Event:
        if raw[4] == _FORMAT:
            raise EventError("a compressed transaction holds a format description")
        return self.parse(raw)


def _made_up(header: EventHeader) -> bool:
    return not header.end_pos or not header.ts


def _xid(header: EventHeader, packet: bytes, at: int, end: int) -> Xid:
    if end - at < 8:
        raise EventError("an Xid event is too short")
    return Xid(header, int.from_bytes(packet[at:at + 8], "little"))


def _part(what: str) -> _Reader:
    return lambda header, packet, at, end: StatementPart(header, what)


def _misplaced(header: EventHeader, packet: bytes, at: int, end: int) -> Event:
    raise EventError(f"a compressed transaction holds an event of type {header.type}")


def _encryption(header: EventHeader, packet: bytes, at: int, end: int) -> Event:
    # A server decrypts what it sends, and lets the event be skipped. Without that leave it is a file read as it is.
    if header.flags & IGNORABLE:
        return Ignorable(header)
    raise UnknownEvent(header.type, "begins an encrypted binary log, which can be read only through its server")
