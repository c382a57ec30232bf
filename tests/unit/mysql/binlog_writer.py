"""Writes binary log events as a server would: a log in memory, with positions, table maps, rows, transactions of all kinds."""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.mysql.eventtypes import EventType as E

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

UUID = "4d915379-e8d1-11f1-9771-02fc00000001"
INT, VARCHAR, JSON = 3, 15, 245
TS = 1_700_000_000
COMMIT_US = 1_700_000_000_123_456


def packed(n: int) -> bytes:
    return bytes([n]) if n < 251 else b"\xfc" + struct.pack("<H", n) if n < 65536 else b"\xfd" + struct.pack("<I", n)[:3]


def counted(data: bytes) -> bytes:
    return packed(len(data)) + data


def bitmap(bits: Sequence[bool]) -> bytes:
    return bytes(sum(1 << j for j, bit in enumerate(bits[i:i + 8]) if bit) for i in range(0, len(bits), 8))


@dataclass(frozen=True)
class Shape:
    """A table: columns are (name, type); varchars are utf8mb4 with at most 63 characters. ``key`` are indexes."""

    database: str
    name: str
    columns: tuple[tuple[str, int], ...]
    key: tuple[int, ...] = (0,)
    full: bool = True

    def body(self) -> bytes:
        types = bytes(t for _, t in self.columns)
        metas = b"".join(struct.pack("<H", 252) if t == VARCHAR else b"\x04" if t == JSON else b"" for _, t in self.columns)
        nullable = [i not in self.key for i in range(len(self.columns))]
        bits = bitmap(nullable)
        out = counted(self.database.encode()) + b"\0" + counted(self.name.encode()) + b"\0" + packed(len(types)) + types
        out += counted(metas) + bits
        numeric = sum(t == INT for _, t in self.columns)
        if numeric:
            out += b"\x01" + counted(bytes((numeric + 7) // 8))
        if any(t == VARCHAR for _, t in self.columns):
            out += b"\x02" + counted(packed(255))
        if self.full:
            out += b"\x04" + counted(b"".join(counted(n.encode()) for n, _ in self.columns))
            if self.key:
                out += b"\x08" + counted(b"".join(map(packed, self.key)))
        return out


def image(shape: Shape, values: Sequence[Any]) -> bytes:
    """A row image. Integers, texts, bytes (of JSON: the binary form), None."""
    out = bitmap([v is None for v in values])
    for (_, kind), value in zip(shape.columns, values, strict=True):
        if value is None:
            continue
        if kind == INT:
            out += struct.pack("<i", value)
        elif kind == VARCHAR:
            raw = value.encode()
            out += bytes([len(raw)]) + raw
        else:
            out += struct.pack("<I", len(value)) + value
    return out


@dataclass
class Log:
    """Collects packets. ``pos`` is where the next event begins."""

    mariadb: bool = False
    checksum: bool = True
    file: str = "binlog.000001"
    server_id: int = 1
    gtids: bool = True
    pos: int = 4
    seq: int = 0
    packets: list[bytes] = field(default_factory=list)
    _inner: list[bytes] | None = None
    _tables: dict[Shape, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.begin_file()

    def event(self, kind: int, body: bytes, *, artificial: bool = False, flags: int = 0, ts: int = TS) -> bytes:
        crc = 4 if self.checksum and self._inner is None else 0
        size = 19 + len(body) + crc
        end = 0 if artificial else (self.pos + size) & 0xFFFFFFFF
        if self._inner is not None:
            end = 0
        head = struct.pack("<IBIIIH", ts, kind, self.server_id, size, end, flags | (0x20 if artificial else 0))
        packet = head + body
        if crc:
            packet += struct.pack("<I", zlib.crc32(packet))
        if self._inner is not None:
            self._inner.append(packet)
            return packet
        if not artificial:
            self.pos += size
        self.packets.append(packet)
        return packet

    def begin_file(self) -> None:
        self.event(E.ROTATE, struct.pack("<Q", self.pos) + self.file.encode(), artificial=True)
        lengths = bytearray(42 if not self.mariadb else 171)
        for kind, length in {E.QUERY: 13, E.TABLE_MAP: 8, E.WRITE_ROWS_V1: 8, E.UPDATE_ROWS_V1: 8, E.DELETE_ROWS_V1: 8,
                             E.WRITE_ROWS: 10, E.UPDATE_ROWS: 10, E.DELETE_ROWS: 10, E.PARTIAL_UPDATE_ROWS: 10}.items():
            if kind <= len(lengths):
                lengths[kind - 1] = length
        version = b"10.11.18-MariaDB" if self.mariadb else b"9.7.4"
        body = struct.pack("<H50sIB", 4, version, 0, 19) + bytes(lengths) + bytes([1 if self.checksum else 0])
        was, self.checksum = self.checksum, True
        if self.checksum and not was:
            body += b""
        self.event(E.FORMAT_DESCRIPTION, body)
        self.checksum = was

    def rotate(self, file: str) -> None:
        self.event(E.ROTATE, struct.pack("<Q", 4) + file.encode())
        self.file, self.pos = file, 4
        self._tables.clear()
        self.begin_file()

    def gtid(self, *, standalone: bool = False, us: int = COMMIT_US, flags: int = 0, xid: str | None = None,
             more: int = 0) -> str:
        self.seq += 1
        if self.mariadb:
            body = struct.pack("<QIB", self.seq, 0, (1 if standalone else 0) | flags)
            if xid is not None:
                body += struct.pack("<IBB", 1, len(xid), 0) + xid.encode()
            self.event(E.MARIA_GTID, (body + bytes([more])).ljust(19, b"\0"))
            return f"0-{self.server_id}-{self.seq}"
        raw = bytes.fromhex(UUID.replace("-", ""))
        body = struct.pack("<B16sq", 1, raw, self.seq if self.gtids else 0) + struct.pack("<Bqq", 2, 0, 1)
        body += us.to_bytes(7, "little") + packed(200)
        self.event(E.GTID if self.gtids else E.ANONYMOUS_GTID, body)
        return f"{UUID}:{self.seq}"

    def query(self, sql: str, database: str = "", *, thread: int = 7, status: bytes = b"") -> None:
        db = database.encode()
        head = struct.pack("<IIBHH", thread, 0, len(db), 0, len(status))
        self.event(E.QUERY, head + status + db + b"\0" + sql.encode())

    def table_map(self, shape: Shape) -> int:
        number = self._tables.setdefault(shape, 100 + len(self._tables))
        self.event(E.TABLE_MAP, struct.pack("<IHH", number, 0, 1) + shape.body())
        return number

    def rows(self, kind: str, shape: Shape, rows: Sequence[Sequence[Any]], *, last: bool = True, table_id: int | None = None,
             present: bytes | None = None) -> None:
        """``rows`` of an update are pairs (before, after) one after the other."""
        number = self._tables[shape] if table_id is None else table_id
        width = len(shape.columns)
        full = present or (bytes([(1 << min(8, width - i)) - 1 for i in range(0, width, 8)]))
        body = struct.pack("<IHH", number, 0, 1 if last else 0)
        v1 = self.mariadb
        body += (b"" if v1 else b"\x02\0") + packed(width) + full * (2 if kind == "u" else 1)
        body += b"".join(image(shape, r) for r in rows)
        numbers = {"c": E.WRITE_ROWS_V1, "u": E.UPDATE_ROWS_V1, "d": E.DELETE_ROWS_V1} if v1 else \
            {"c": E.WRITE_ROWS, "u": E.UPDATE_ROWS, "d": E.DELETE_ROWS}
        self.event(numbers[kind], body)

    def xid(self) -> None:
        self.event(E.XID, struct.pack("<Q", self.seq))

    def begin(self, **how: Any) -> str:
        """GTID event and, of MySQL, BEGIN."""
        gtid = self.gtid(**how)
        if not self.mariadb:
            self.query("BEGIN")
        return gtid

    def change(self, kind: str, shape: Shape, *rows: Sequence[Any]) -> None:
        """A statement: table map and one rows event."""
        self.table_map(shape)
        self.rows(kind, shape, rows)

    def insert(self, shape: Shape, *rows: Sequence[Any]) -> str:
        """A whole transaction."""
        gtid = self.begin()
        self.change("c", shape, *rows)
        self.xid()
        return gtid

    def ddl(self, sql: str, database: str = "db") -> str:
        gtid = self.gtid(standalone=True)
        self.query(sql, database)
        return gtid

    def compressed(self, fill: Any) -> str:
        """A transaction in one payload event; ``fill`` is called to write its events from BEGIN on."""
        gtid = self.gtid()
        self._inner = []
        fill(self)
        inner, self._inner = b"".join(self._inner), None
        data = zstd.compress(inner)
        body = b"\x02" + counted(packed(0)) + b"\x03" + counted(packed(len(inner))) + b"\x01" + counted(packed(len(data))) + b"\0"
        self.event(E.TRANSACTION_PAYLOAD, body + data)
        return gtid

    def xa_prepare(self, xid: str, fill: Any, *, one_phase: bool = False) -> str:
        text = f"X'{xid.encode().hex()}',X'',1"
        if self.mariadb:
            gtid = self.gtid(flags=64, xid=xid)
        else:
            gtid = self.gtid()
            self.query(f"XA START {text}")
        fill(self)
        self.query(f"XA END {text}")
        self.event(E.XA_PREPARE, struct.pack("<BIII", one_phase, 1, len(xid), 0) + xid.encode())
        return gtid

    def xa_end(self, what: str, xid: str) -> str:
        gtid = self.gtid(standalone=True, **({"flags": 128, "xid": xid} if self.mariadb else {}))
        self.query(f"XA {what} X'{xid.encode().hex()}',X'',1")
        return gtid

    def heartbeat(self) -> None:
        size = 19 + len(self.file) + (4 if self.checksum else 0)
        head = struct.pack("<IBIIIH", 0, E.HEARTBEAT, self.server_id, size, self.pos, 0)
        packet = head + self.file.encode()
        if self.checksum:
            packet += struct.pack("<I", zlib.crc32(packet))
        self.packets.append(packet)
