"""pgoutput's messages other than rows, version 1 of the protocol, as pure values.

Facts: PostgreSQL documentation, "Logical Replication Message Formats". Every function takes a whole XLogData frame and reads
the message that begins at :data:`BODY`. Raises ValueError on a message that ends too early.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import connectors.postgres.core  # noqa: F401  (chooses the core's implementation)
from connectors.postgres.core.walk import u32, u64
from connectors.postgres.lsn import LSN

__all__ = [
    "BODY", "POSTGRES_EPOCH_US", "Begin", "Commit", "Message", "Origin", "Relation", "RelationColumn", "Truncate", "TypeName",
    "row_tuples",
]

BODY = 26
"""Where a message's fields begin in an XLogData frame: after 'w', three numbers, and the message's letter."""
POSTGRES_EPOCH_US = 946_684_800_000_000
"""2000-01-01 in microseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Begin:
    """A transaction begins. ``final_lsn`` is its commit record; ``ts_us`` the commit time since 1970."""

    final_lsn: LSN
    ts_us: int
    xid: int

    @classmethod
    def parse(cls, frame: bytes) -> Begin:
        """From a frame of kind B."""
        return cls(LSN(u64(frame, BODY)), _time(frame, BODY + 8), u32(frame, BODY + 16))


@dataclass(frozen=True, slots=True)
class Commit:
    """A transaction ends. ``end_lsn`` is the log position after its commit record."""

    lsn: LSN
    end_lsn: LSN
    ts_us: int

    @classmethod
    def parse(cls, frame: bytes) -> Commit:
        """From a frame of kind C."""
        return cls(LSN(u64(frame, BODY + 1)), LSN(u64(frame, BODY + 9)), _time(frame, BODY + 17))


@dataclass(frozen=True, slots=True)
class Origin:
    """The transaction came from elsewhere by replication."""

    lsn: LSN
    name: str

    @classmethod
    def parse(cls, frame: bytes) -> Origin:
        """From a frame of kind O."""
        return cls(LSN(u64(frame, BODY)), _text(frame, BODY + 8)[0])


@dataclass(frozen=True, slots=True)
class RelationColumn:
    """A column as the stream describes it. ``identity``: part of the replica identity."""

    name: str
    type_oid: int
    typmod: int
    identity: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """A table as it is from here on in the stream. ``replica_identity`` is d, n, f or i."""

    oid: int
    schema: str
    name: str
    replica_identity: str
    columns: tuple[RelationColumn, ...]

    @classmethod
    def parse(cls, frame: bytes) -> Relation:
        """From a frame of kind R."""
        oid = u32(frame, BODY)
        schema, at = _text(frame, BODY + 4)
        name, at = _text(frame, at)
        if at + 3 > len(frame):
            raise ValueError(f"a relation message ends too early, at byte {at}")
        identity, count = chr(frame[at]), int.from_bytes(frame[at + 1:at + 3], "big")
        at += 3
        columns = []
        for _ in range(count):
            if at >= len(frame):
                raise ValueError(f"a relation message ends too early, at byte {at}")
            flags = frame[at]
            column, at = _text(frame, at + 1)
            typmod = u32(frame, at + 4)
            signed = typmod - (1 << 32) if typmod >> 31 else typmod
            columns.append(RelationColumn(column, u32(frame, at), signed, bool(flags & 1)))
            at += 8
        return cls(oid, schema or "pg_catalog", name, identity, tuple(columns))


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type that is not built in, told before the relation that uses it."""

    oid: int
    schema: str
    name: str

    @classmethod
    def parse(cls, frame: bytes) -> TypeName:
        """From a frame of kind Y."""
        schema, at = _text(frame, BODY + 4)
        return cls(u32(frame, BODY), schema or "pg_catalog", _text(frame, at)[0])


@dataclass(frozen=True, slots=True)
class Truncate:
    """Tables were emptied by one statement."""

    relations: tuple[int, ...]
    cascade: bool
    restart_identity: bool

    @classmethod
    def parse(cls, frame: bytes) -> Truncate:
        """From a frame of kind T."""
        count = u32(frame, BODY)
        if BODY + 5 + 4 * count > len(frame):
            raise ValueError(f"a truncate message of {count} relations in {len(frame)} bytes")
        options = frame[BODY + 4]
        return cls(tuple(u32(frame, BODY + 5 + 4 * i) for i in range(count)), bool(options & 1), bool(options & 2))


@dataclass(frozen=True, slots=True)
class Message:
    """A logical decoding message. ``lsn`` is its own place in the log."""

    transactional: bool
    lsn: LSN
    prefix: str
    content: bytes

    @classmethod
    def parse(cls, frame: bytes) -> Message:
        """From a frame of kind M."""
        lsn = LSN(u64(frame, BODY + 1))
        prefix, at = _text(frame, BODY + 9)
        size = u32(frame, at)
        if at + 4 + size > len(frame):
            raise ValueError(f"a message of {size} bytes at byte {at}, but {len(frame) - at - 4} are left")
        return cls(bool(frame[BODY] & 1), lsn, prefix, frame[at + 4:at + 4 + size])


def row_tuples(frame: bytes) -> tuple[str, int]:
    """Of an I, U or D frame: what its first tuple is ('N' new, 'K' key of the old row, 'O' old row) and where it begins."""
    if len(frame) < BODY + 5:
        raise ValueError(f"a row message ends too early, at byte {len(frame)}")
    return chr(frame[BODY + 4]), BODY + 5


_I64 = struct.Struct(">q")
_MOST_MICROS = 0x7FFFFFFFFFFFFFFF // 1000


def _time(frame: bytes, at: int) -> int:
    if at + 8 > len(frame):
        raise ValueError(f"a replication message ends too early: at byte {at}")
    micros: int = _I64.unpack_from(frame, at)[0] + POSTGRES_EPOCH_US
    if abs(micros) > _MOST_MICROS:
        raise ValueError(f"a commit time out of range, at byte {at}")
    return micros


def _text(frame: bytes, at: int) -> tuple[str, int]:
    end = frame.find(b"\0", at)
    if end < 0:
        raise ValueError(f"a text without end at byte {at}")
    return frame[at:end].decode("utf-8"), end + 1
