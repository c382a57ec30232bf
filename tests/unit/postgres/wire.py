"""Builds pgoutput frames and a catalogue, as a server would send and answer."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from connect.api.errors import ConnectError
from connectors.postgres.config import PostgresConfig
from connectors.postgres.decoder import Decoder
from connectors.postgres.facts import ConnectorFacts
from connectors.postgres.offsets import PgOffset
from connectors.postgres.relations import CatalogColumn, CatalogTable, PgType
from tests.batches import both_ways, native_converters

__all__ = [
    "KINDS", "UNCHANGED", "FakeCatalog", "begin", "both_ways", "commit", "config", "decoder", "delete", "insert", "keepalive",
    "message", "native_converters", "relation", "row", "table", "text", "truncate", "update", "xlog",
]

UNCHANGED = object()
TYPES = {
    16: "bool", 17: "bytea", 18: "char", 19: "name", 20: "int8", 21: "int2", 23: "int4", 25: "text", 26: "oid", 114: "json",
    142: "xml",
    600: "point", 603: "box", 700: "float4", 701: "float8", 790: "money", 869: "inet", 1042: "bpchar", 1043: "varchar",
    1082: "date",
    1083: "time", 1114: "timestamp", 1184: "timestamptz", 1186: "interval", 1266: "timetz", 1560: "bit", 1562: "varbit",
    1700: "numeric", 2950: "uuid", 3614: "tsvector", 3802: "jsonb",
}
ARRAYS = {1000: 16, 1007: 23, 1009: 25, 1016: 20, 791: 790, 2951: 2950, 1231: 1700, 1182: 1082, 1001: 17}
KINDS = {name: oid for oid, name in TYPES.items()}


@dataclass
class FakeCatalog:
    """Answers from what it was given."""

    tables: dict[int, CatalogTable] = field(default_factory=dict)
    types: dict[int, PgType] = field(default_factory=dict)
    refreshed: int = 0

    def type(self, oid: int) -> PgType:
        if oid in self.types:
            return self.types[oid]
        if oid in ARRAYS:
            return PgType(oid, "_" + TYPES[ARRAYS[oid]], element=ARRAYS[oid])
        if oid not in TYPES:
            raise ConnectError(f"no type with OID {oid}")
        return PgType(oid, TYPES[oid])

    def table(self, oid: int) -> CatalogTable | None:
        return self.tables.get(oid)

    def refresh(self) -> None:
        self.refreshed += 1


def config(**props: str) -> PostgresConfig:
    given = {k.replace("__", "."): v for k, v in props.items()}
    base = {"topic.prefix": "p", "database.hostname": "h", "database.user": "u", "database.dbname": "db"}
    return PostgresConfig.from_props({**base, **given})


def decoder(catalog: FakeCatalog, resume: dict[str, Any] | None = None, props: dict[str, str] | None = None) -> Decoder:
    base = {"topic.prefix": "p", "database.hostname": "h", "database.user": "u", "database.dbname": "db"}
    facts = ConnectorFacts("c", 0, "run-1", "db", "7000", 1)
    return Decoder(PostgresConfig.from_props({**base, **(props or {})}), catalog, facts, PgOffset.read(resume),
        clock=lambda: 1_700_000_000_123_456_789)


def xlog(kind: str, body: bytes, lsn: int = 100, end: int = 0) -> bytes:
    return b"w" + struct.pack(">QQq", lsn, end or lsn, 0) + kind.encode() + body


def keepalive(end: int, reply: bool = False) -> bytes:
    return b"k" + struct.pack(">QqB", end, 0, reply)


def begin(final: int, xid: int = 7, lsn: int = 0, ts: int = 0) -> bytes:
    return xlog("B", struct.pack(">QqI", final, ts, xid), lsn or final)


def commit(final: int, end: int, ts: int = 0) -> bytes:
    return xlog("C", struct.pack(">BQQq", 0, final, end, ts), end)


def text(s: str) -> bytes:
    return s.encode() + b"\0"


def relation(oid: int, name: str, columns: Sequence[tuple[Any, ...]], identity: str = "d", schema: str = "public") -> bytes:
    """Columns are (name, type name or OID, part of the identity, typmod=-1)."""
    body = struct.pack(">I", oid) + text(schema) + text(name) + identity.encode() + struct.pack(">H", len(columns))
    for column, kind, key, *more in columns:
        number = kind if isinstance(kind, int) else KINDS[kind]
        body += bytes([1 if key else 0]) + text(column) + struct.pack(">Ii", number, more[0] if more else -1)
    return xlog("R", body, 0)


def row(values: Iterable[Any]) -> bytes:
    cells = list(values)
    out = struct.pack(">H", len(cells))
    for v in cells:
        if v is None:
            out += b"n"
        elif v is UNCHANGED:
            out += b"u"
        else:
            data = v if isinstance(v, bytes) else str(v).encode()
            out += b"t" + struct.pack(">I", len(data)) + data
    return out


def insert(oid: int, *values: Any, lsn: int = 100) -> bytes:
    return xlog("I", struct.pack(">I", oid) + b"N" + row(values), lsn)


def update(oid: int, *values: Any, old: Sequence[Any] | None = None, kind: str = "K", lsn: int = 100) -> bytes:
    before = b"" if old is None else kind.encode() + row(old)
    return xlog("U", struct.pack(">I", oid) + before + b"N" + row(values), lsn)


def delete(oid: int, *values: Any, kind: str = "K", lsn: int = 100) -> bytes:
    return xlog("D", struct.pack(">I", oid) + kind.encode() + row(values), lsn)


def truncate(*oids: int, lsn: int = 100) -> bytes:
    return xlog("T", struct.pack(">IB", len(oids), 0) + b"".join(struct.pack(">I", o) for o in oids), lsn)


def message(prefix: str, content: bytes, transactional: bool = True, lsn: int = 100) -> bytes:
    return xlog("M", struct.pack(">BQ", transactional, lsn) + text(prefix) + struct.pack(">I", len(content)) + content, lsn)


def table(oid: int, name: str, columns: Sequence[tuple[Any, ...]], key: Sequence[str] = ("id",), identity: str = "d",
          **more: Any) -> CatalogTable:
    """Columns are (name, type name or OID, not null, default=None, typmod=-1)."""
    made = tuple(
        CatalogColumn(c[0], c[1] if isinstance(c[1], int) else KINDS[c[1]], c[4] if len(c) > 4 else -1, c[2],
                      c[3] if len(c) > 3 else None)
        for c in columns)
    return CatalogTable(oid, "public", name, made, tuple(key), replica_identity=identity, **more)
