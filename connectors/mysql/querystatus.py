"""Query events and the status variables they carry: what the session was set to when the statement ran."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from connect.api.errors import ConnectError
from connectors.mysql.eventbytes import EventError
from connectors.mysql.eventtypes import EventHeader
from connectors.mysql.types.charsets import Charsets, charset_of

__all__ = ["Query", "QueryStatus", "parse_query", "parse_status"]

_HEAD = struct.Struct("<IIBHH")
_CHARSETS = Charsets()


@dataclass(frozen=True, slots=True)
class QueryStatus:
    """The session's settings, None where the event does not tell.

    Charsets are collation ids. ``flags`` are the session's option bits, ``microseconds`` the fraction of the header's time,
    ``invoker`` is user and host, ``ddl_xid`` is set on DDL that commits by itself (atomic DDL; MariaDB: its xid), ``databases``
    are those the statement touches (None when there are too many). ``unknown`` is the first variable's number that this version
    does not know; what follows it could not be read.
    """

    flags: int | None = None
    sql_mode: int | None = None
    auto_increment: tuple[int, int] | None = None
    charset_client: int | None = None
    collation_connection: int | None = None
    collation_server: int | None = None
    charset_database: int | None = None
    default_collation_utf8mb4: int | None = None
    time_zone: str | None = None
    catalog: str | None = None
    table_map_for_update: int | None = None
    invoker: tuple[str, str] | None = None
    databases: tuple[str, ...] | None = None
    microseconds: int | None = None
    explicit_defaults_ts: bool | None = None
    ddl_xid: int | None = None
    require_primary_key: bool | None = None
    table_encryption: bool | None = None
    charset_collations: tuple[tuple[int, int], ...] | None = None
    unknown: int | None = None


@dataclass(slots=True)
class Query:
    """A statement: BEGIN, COMMIT, DDL, XA, or DML in statement format. ``statement`` are its bytes in the client's charset.

    ``thread`` is the session's id, ``error_code`` not 0 when the statement failed half-way on the source.
    """

    header: EventHeader
    thread: int
    database: str
    error_code: int
    statement: bytes
    status_bytes: bytes = field(repr=False)
    exec_seconds: int = 0

    @property
    def status(self) -> QueryStatus:
        """The session's settings, parsed at each call. Raises EventError."""
        return parse_status(self.status_bytes)

    @property
    def sql(self) -> str:
        """The statement as text, decoded at each call; bytes that are no text in the client's charset are shown as escapes."""
        if self.statement.isascii():
            return self.statement.decode("ascii")
        try:
            return _CHARSETS.decoder(charset_of(self.charset))(self.statement)
        except (ValueError, ConnectError):
            return self.statement.decode("utf-8", "backslashreplace")

    @property
    def charset(self) -> int:
        """The collation id of the statement's charset; 33 (utf8mb3) when the event does not tell."""
        found = self.status.charset_client
        return 33 if found is None else found


def parse_query(header: EventHeader, body: bytes, at: int, end: int, head_length: int) -> Query:
    """A query event whose post-header begins at ``at`` and is ``head_length`` long. Raises EventError."""
    if head_length < 13 or end - at < head_length:
        raise EventError("a query event is shorter than its header")
    thread, seconds, db_length, error_code, status_length = _HEAD.unpack_from(body, at)
    at += head_length
    status_end = at + status_length
    db_end = status_end + db_length
    if db_end >= end or body[db_end]:
        raise EventError("a query event ends inside its database's name")
    return Query(header, thread, body[status_end:db_end].decode("utf-8"), error_code, body[db_end + 1:end], body[at:status_end],
                 seconds)


_FIXED = {
    0: ("flags", "<I"), 1: ("sql_mode", "<Q"), 3: ("auto_increment", "<HH"), 7: ("", "<H"), 8: ("charset_database", "<H"),
    9: ("table_map_for_update", "<Q"), 10: ("", "<I"), 13: ("microseconds", "<3s"), 16: ("explicit_defaults_ts", "<?"),
    17: ("ddl_xid", "<Q"), 18: ("default_collation_utf8mb4", "<H"), 19: ("require_primary_key", "<?"),
    20: ("table_encryption", "<?"), 21: ("", "<B"), 128: ("microseconds", "<3s"), 129: ("ddl_xid", "<Q"),
}
"""Variables of a fixed length: by number the attribute ("" = not kept) and the form. From 128 they are MariaDB's."""
_STRUCTS = {code: (name, struct.Struct(form)) for code, (name, form) in _FIXED.items()}
_MANY_DATABASES = 16
_ALTER_FLAGS = 4 | 8
"""MariaDB's COMMIT ALTER and ROLLBACK ALTER: the sequence number of the START ALTER follows."""


def parse_status(raw: bytes) -> QueryStatus:
    """A query event's status variables. Raises EventError when they are cut off."""
    found: dict[str, object] = {}
    at, end = 0, len(raw)
    while at < end:
        code, at = raw[at], at + 1
        known = _STRUCTS.get(code)
        if known is not None:
            name, form = known
            if end - at < form.size:
                raise _cut()
            values = form.unpack_from(raw, at)
            at += form.size
            if name == "microseconds":
                found[name] = int.from_bytes(values[0], "little")
            elif name:
                found[name] = values if len(values) > 1 else values[0]
        elif code == 4:
            if end - at < 6:
                raise _cut()
            names = ("charset_client", "collation_connection", "collation_server")
            found.update(zip(names, struct.unpack_from("<HHH", raw, at), strict=True))
            at += 6
        elif code in (2, 5, 6):
            text, at = _short(raw, at, end)
            found["time_zone" if code == 5 else "catalog"] = text
            at += code == 2  # the oldest form of the catalog ends in a zero byte
        elif code == 11:
            user, at = _short(raw, at, end)
            host, at = _short(raw, at, end)
            found["invoker"] = (user, host)
        elif code == 12:
            found["databases"], at = _databases(raw, at, end)
        elif code == 130:
            flags = int.from_bytes(raw[at:at + 2], "little")
            at += 10 if flags & _ALTER_FLAGS else 2
        elif code == 131:
            count = raw[at] if at < end else 0
            at += 1
            if end - at < 4 * count:
                raise _cut()
            found["charset_collations"] = tuple(struct.iter_unpack("<HH", raw[at:at + 4 * count]))
            at += 4 * count
        else:
            found["unknown"] = code
            break
    if at > end:
        raise _cut()
    return QueryStatus(**found)  # type: ignore[arg-type]


def _cut() -> EventError:
    return EventError("a query event's status variables are cut off")


def _short(raw: bytes, at: int, end: int) -> tuple[str, int]:
    if at >= end or raw[at] > end - at - 1:
        raise _cut()
    stop = at + 1 + raw[at]
    return raw[at + 1:stop].decode("utf-8"), stop


def _databases(raw: bytes, at: int, end: int) -> tuple[tuple[str, ...] | None, int]:
    if at >= end:
        raise _cut()
    count, at = raw[at], at + 1
    if count > _MANY_DATABASES:
        return None, at
    names = []
    for _ in range(count):
        stop = raw.find(b"\0", at, end)
        if stop < 0:
            raise _cut()
        names.append(raw[at:stop].decode("utf-8"))
        at = stop + 1
    return tuple(names), at
