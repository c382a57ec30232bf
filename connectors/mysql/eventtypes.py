"""The binary log's small events as plain values, and the numbers of all event types.

The values are not frozen (a frozen dataclass takes three times as long to make, and there are five for each transaction), but
nothing changes them. Each has ``header``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from connectors.mysql.gtid import MySqlGtidSet

__all__ = [
    "ARTIFICIAL",
    "IGNORABLE",
    "Annotate",
    "BinlogCheckpoint",
    "EventHeader",
    "EventType",
    "FormatDescription",
    "Gtid",
    "Heartbeat",
    "Ignorable",
    "Incident",
    "MariaGtid",
    "MariaGtidList",
    "PreviousGtids",
    "Rotate",
    "RowsQuery",
    "StatementPart",
    "Stop",
    "XaPrepare",
    "Xid",
    "xid_text",
]

ARTIFICIAL = 0x20
"""Header flag: the server made this event for the stream, it is not in the file."""
IGNORABLE = 0x80
"""Header flag: who does not know the type may skip it."""


class EventType(IntEnum):
    """Numbers of event types."""

    QUERY = 2
    STOP = 3
    ROTATE = 4
    INTVAR = 5
    LOAD = 6
    CREATE_FILE = 8
    APPEND_BLOCK = 9
    EXEC_LOAD = 10
    DELETE_FILE = 11
    NEW_LOAD = 12
    RAND = 13
    USER_VAR = 14
    FORMAT_DESCRIPTION = 15
    XID = 16
    BEGIN_LOAD_QUERY = 17
    EXECUTE_LOAD_QUERY = 18
    TABLE_MAP = 19
    WRITE_ROWS_V1 = 23
    UPDATE_ROWS_V1 = 24
    DELETE_ROWS_V1 = 25
    INCIDENT = 26
    HEARTBEAT = 27
    IGNORABLE = 28
    ROWS_QUERY = 29
    WRITE_ROWS = 30
    UPDATE_ROWS = 31
    DELETE_ROWS = 32
    GTID = 33
    ANONYMOUS_GTID = 34
    PREVIOUS_GTIDS = 35
    TRANSACTION_CONTEXT = 36
    VIEW_CHANGE = 37
    XA_PREPARE = 38
    PARTIAL_UPDATE_ROWS = 39
    TRANSACTION_PAYLOAD = 40
    HEARTBEAT_V2 = 41
    GTID_TAGGED = 42
    ANNOTATE_ROWS = 160
    BINLOG_CHECKPOINT = 161
    MARIA_GTID = 162
    MARIA_GTID_LIST = 163
    START_ENCRYPTION = 164
    QUERY_COMPRESSED = 165
    WRITE_ROWS_COMPRESSED_V1 = 166
    UPDATE_ROWS_COMPRESSED_V1 = 167
    DELETE_ROWS_COMPRESSED_V1 = 168
    WRITE_ROWS_COMPRESSED = 169
    UPDATE_ROWS_COMPRESSED = 170
    DELETE_ROWS_COMPRESSED = 171


class EventHeader(NamedTuple):
    """The 19 bytes in front of every event.

    ``ts`` is in seconds since 1970, ``size`` the event's bytes with header and checksum. ``end_pos`` is the position behind the
    event in its file, modulo 2^32; 0 of events that are in no file; of events inside a compressed transaction it is meaningless.
    """

    ts: int
    type: int
    server_id: int
    size: int
    end_pos: int
    flags: int


@dataclass(slots=True)
class FormatDescription:
    """The first event of a file: who wrote it and how. ``lengths[type - 1]`` is the length of that type's post-header.
    ``checksum`` is whether the events that follow end in a CRC32; ``created`` (seconds) is not 0 when the server was started
    with this file."""

    header: EventHeader
    version: int
    server_version: str
    created: int
    lengths: bytes
    checksum: bool

    @property
    def mariadb(self) -> bool:
        """Whether a MariaDB server wrote the file."""
        return "mariadb" in self.server_version.lower()


@dataclass(slots=True)
class Rotate:
    """The log goes on in another file. ``fake``: sent by the server to tell where the stream begins, not in any file."""

    header: EventHeader
    file: str
    pos: int
    fake: bool


@dataclass(slots=True)
class Gtid:
    """A MySQL transaction begins. ``gtid`` is its text, None of an anonymous one; ``sid`` the server's UUID.

    Commit times are microseconds since 1970, None before MySQL 8.0. ``transaction_length`` is the bytes of the whole transaction
    in the log, this event included, None where the server does not tell. ``logical_clock`` is (last_committed, sequence_number).
    """

    header: EventHeader
    gtid: str | None
    sid: str
    tag: str
    gno: int
    original_commit_us: int | None = None
    immediate_commit_us: int | None = None
    transaction_length: int | None = None
    logical_clock: tuple[int, int] | None = None
    may_have_statements: bool = True


@dataclass(slots=True)
class PreviousGtids:
    """What was executed before this file."""

    header: EventHeader
    raw: bytes = field(repr=False)

    @property
    def gtids(self) -> MySqlGtidSet:
        """The set, parsed at each call. Raises GtidError."""
        return MySqlGtidSet.decode(self.raw)


@dataclass(slots=True)
class Xid:
    """The transaction is committed. ``xid`` is the server's internal number."""

    header: EventHeader
    xid: int


@dataclass(slots=True)
class XaPrepare:
    """An XA transaction is prepared (``one_phase``: committed at once). ``xid`` is its text as in XA statements."""

    header: EventHeader
    xid: str
    one_phase: bool


@dataclass(slots=True)
class RowsQuery:
    """The statement of the rows events that follow (``binlog_rows_query_log_events=ON``), as the server's session wrote it."""

    header: EventHeader
    text: str


@dataclass(slots=True)
class Annotate(RowsQuery):
    """MariaDB's rows query (``binlog_annotate_row_events=ON``)."""


@dataclass(slots=True)
class Heartbeat:
    """Nothing happened: the server's position is ``file``, ``pos``. Not in any file."""

    header: EventHeader
    file: str
    pos: int


@dataclass(slots=True)
class Stop:
    """The server stopped; the next file follows."""

    header: EventHeader


@dataclass(slots=True)
class Incident:
    """The source lost events: what follows is not complete. ``message`` is the server's."""

    header: EventHeader
    incident: int
    message: str


@dataclass(slots=True)
class StatementPart:
    """A helper of statement-format logging (a variable, a piece of a LOAD DATA file): ``what`` in words."""

    header: EventHeader
    what: str


@dataclass(slots=True)
class Ignorable:
    """Of no meaning to a reader of changes, or unknown with the writer's leave to skip it."""

    header: EventHeader


@dataclass(slots=True)
class MariaGtid:
    """A MariaDB event group begins; there is no BEGIN query. ``gtid`` is its text.

    ``standalone``: one event follows (DDL), else the group ends with Xid, XaPrepare or a COMMIT or ROLLBACK query.
    ``prepared_xa``/``completed_xa``: an XA transaction ``xid`` is prepared, or decided by the query that follows.
    ``thread`` is the session's id where the server tells (from 12.0). ``idle``: the ALTER TABLE of the group changes nothing,
    because it only begins (binlog_alter_two_phase=ON) or is given up.
    """

    header: EventHeader
    gtid: str
    domain: int
    server: int
    sequence: int
    flags: int
    commit_id: int | None = None
    xid: str | None = None
    thread: int | None = None
    idle: bool = False

    @property
    def standalone(self) -> bool:
        """One event follows."""
        return bool(self.flags & 1)

    @property
    def transactional(self) -> bool:
        """The group can be rolled back: all its tables are transactional."""
        return bool(self.flags & 4)

    @property
    def ddl(self) -> bool:
        """The group is a DDL statement."""
        return bool(self.flags & 32)

    @property
    def prepared_xa(self) -> bool:
        """The group prepares an XA transaction."""
        return bool(self.flags & 64)

    @property
    def completed_xa(self) -> bool:
        """The group commits or rolls back a prepared XA transaction."""
        return bool(self.flags & 128)


@dataclass(slots=True)
class MariaGtidList:
    """Where each domain and server was before this file: MariaDB's previous GTIDs, as texts in the log's order."""

    header: EventHeader
    gtids: tuple[str, ...]
    flags: int


@dataclass(slots=True)
class BinlogCheckpoint:
    """The oldest file that MariaDB's crash recovery needs. Of no meaning to a reader of changes."""

    header: EventHeader
    file: str


def xid_text(format_id: int, gtrid: bytes, bqual: bytes) -> str:
    """An XA transaction's id as servers write it in XA statements: ``X'6162',X'',1``."""
    return f"X'{gtrid.hex()}',X'{bqual.hex()}',{format_id}"
