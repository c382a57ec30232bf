"""What kind of server it is: versions, settings, its place in the log, what the user may do.

Names differ between MySQL's versions and MariaDB; here they get one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from connectors.mysql.failures import ACCESS_DENIED, DatabaseError
from connectors.mysql.session import Session
from connectors.mysql.stream import FilePosition
from connectors.mysql.structure import Flavor

__all__ = ["LogFile", "LogStatus", "Replica", "ServerFacts", "global_rights", "inspect", "log_position", "log_status"]

_VARIABLES: Final = (
    "log_bin", "server_uuid", "server_uid", "server_id", "binlog_format", "binlog_row_image", "binlog_row_metadata",
    "binlog_row_value_options", "gtid_mode", "lower_case_table_names", "character_set_server", "collation_server",
)
_UNKNOWN_VARIABLE: Final = 1193
_NOT_LOGGING: Final = 1381

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file of the binary log that the server still has."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class LogStatus:
    """Where the server writes now: the place where its next event begins, and the GTIDs up to it, None without GTIDs (MySQL's
    gtid_mode is not ON)."""

    position: FilePosition
    gtids: str | None


@dataclass(frozen=True, slots=True)
class Replica:
    """Somebody who reads the log, as SHOW REPLICAS tells it."""

    server_id: int
    host: str
    uuid: str


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """A server as of one moment. Settings are the global ones, in upper case; a text is "" where the server does not have it."""

    flavor: Flavor
    version: tuple[int, ...]
    version_text: str
    uuid: str
    """Names the server: MySQL's server_uuid, MariaDB's server_uid (from 10.5.26, 10.6.19, 10.11.9 on, "" before)."""
    server_id: int
    log_bin: bool
    binlog_format: str
    row_image: str
    row_metadata: str
    row_value_options: str
    gtid_mode: str
    """MySQL's; of MariaDB always ON."""
    executed: str
    """All GTIDs in the log or purged from it (gtid_executed; MariaDB: gtid_binlog_pos)."""
    purged: str | None
    """Those of them that are not in the log any more (gtid_purged; MariaDB: the list at the start of the oldest file); None
    when it is not known."""
    lower_case_table_names: int
    charset: str
    collation: str
    status: LogStatus | None
    """None when nothing is logged, or the user may not see it."""
    files: tuple[LogFile, ...] | None
    """The files of the log, oldest first; None when the user may not see them."""
    rights: frozenset[str] | None
    """The user's rights on everything (``*.*``), its active roles' included; None when they cannot be told."""
    replicas: tuple[Replica, ...] | None
    """Who reads the log; None when the user may not see it."""

    @property
    def gtids_on(self) -> bool:
        """Whether every transaction has a GTID, so that a place in the log can be told by a set of them."""
        return self.gtid_mode == "ON"

    @property
    def full_metadata(self) -> bool:
        """Whether table maps carry the columns' names: then no schema history is needed."""
        return self.row_metadata == "FULL"

    def may(self, *rights: str) -> bool:
        """Whether the user surely has one of the rights on everything, or it is not known."""
        return self.rights is None or bool(self.rights & {*rights, "ALL PRIVILEGES", "ALL"})


def inspect(session: Session) -> ServerFacts:
    """Ask for everything. What the user may not see is None; other errors are raised as by Session."""
    doing = "looking at the server"
    names = ", ".join(f"'{n}'" for n in _VARIABLES)
    values = {r["variable_name"]: r["value"] or "" for r in session.records(
        f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({names})", doing=doing)}
    values = {(k or "").lower(): v for k, v in values.items()}
    flavor = Flavor.MARIADB if session.mariadb else Flavor.MYSQL
    files = _files(session)
    gtid_mode = "ON" if session.mariadb else values.get("gtid_mode", "OFF").upper()
    return ServerFacts(
        flavor=flavor,
        version=session.version,
        version_text=session.server_version.removeprefix("5.5.5-") if session.mariadb else session.server_version,
        uuid=values.get("server_uuid") or values.get("server_uid") or "",
        server_id=int(values.get("server_id") or 0),
        log_bin=values.get("log_bin", "OFF").upper() in ("ON", "1"),
        binlog_format=values.get("binlog_format", "ROW").upper(),
        row_image=values.get("binlog_row_image", "FULL").upper(),
        row_metadata=values.get("binlog_row_metadata", "").upper(),
        row_value_options=values.get("binlog_row_value_options", "").upper(),
        gtid_mode=gtid_mode,
        executed=_variable(session, "gtid_binlog_pos" if session.mariadb else "gtid_executed"),
        purged=_list_of_oldest(session, files) if session.mariadb else _variable(session, "gtid_purged"),
        lower_case_table_names=int(values.get("lower_case_table_names") or 0),
        charset=values.get("character_set_server", ""),
        collation=values.get("collation_server", ""),
        status=_visible(lambda: log_status(session)),
        files=files,
        rights=_rights(session),
        replicas=_replicas(session),
    )


def log_status(session: Session) -> LogStatus | None:
    """Where the server writes now; None when it does not log. Raises DatabaseError when the user lacks REPLICATION CLIENT
    (MariaDB: BINLOG MONITOR).

    MariaDB is asked twice: its file position and GTIDs fit together only while nothing is written in between (under a lock).
    """
    row = _status_row(session)
    if row is None:
        return None
    position = _position(row)
    if session.mariadb:
        return LogStatus(position, _variable(session, "gtid_binlog_pos"))
    # A server that had GTIDs once still tells those.
    on = _variable(session, "gtid_mode").upper() == "ON"
    return LogStatus(position, _compact(row.get("executed_gtid_set") or "") if on else None)


def log_position(session: Session) -> FilePosition | None:
    """The position of :func:`log_status` alone, for who asks often."""
    row = _status_row(session)
    return None if row is None else _position(row)


def _status_row(session: Session) -> Mapping[str, str | None] | None:
    old = session.mariadb or session.version < (8, 2)
    rows = session.records("SHOW MASTER STATUS" if old else "SHOW BINARY LOG STATUS", doing="reading the position in the log")
    return rows[0] if rows and rows[0]["file"] else None


def _position(row: Mapping[str, str | None]) -> FilePosition:
    return FilePosition(row["file"] or "", int(row["position"] or 0))


def _visible(ask: Callable[[], T]) -> T | None:
    """What is asked for, None when the user may not see it."""
    try:
        return ask()
    except DatabaseError as e:
        if e.number in ACCESS_DENIED:
            return None
        raise


def _variable(session: Session, name: str) -> str:
    """A global variable in full (SHOW VARIABLES cuts at 1024 letters), without white space; "" when the server has none."""
    try:
        return _compact(session.value(f"SELECT @@GLOBAL.{name}", doing=f"reading {name}") or "")
    except DatabaseError as e:
        if e.number == _UNKNOWN_VARIABLE:
            return ""
        raise


def _compact(text: str) -> str:
    return "".join(text.split())


def _files(session: Session) -> tuple[LogFile, ...] | None:
    try:
        rows = session.records("SHOW BINARY LOGS", doing="reading the list of the log's files")
    except DatabaseError as e:
        if e.number in ACCESS_DENIED:
            return None
        if e.number == _NOT_LOGGING:
            return ()
        raise
    return tuple(LogFile(r["log_name"] or "", int(r["file_size"] or 0)) for r in rows)


def _list_of_oldest(session: Session, files: Sequence[LogFile] | None) -> str | None:
    """MariaDB: what was written before its oldest file, from the list of GTIDs at that file's start."""
    if not files:
        return None
    try:
        rows = session.records(f"SHOW BINLOG EVENTS IN '{files[0].name}' LIMIT 4", doing="reading the start of the oldest file")
    except DatabaseError:
        return None  # it may just have been purged, or may not be seen: the server will tell when it is asked for the log
    for row in rows:
        if row["event_type"] == "Gtid_list":
            return _compact((row["info"] or "").strip("[]"))
    return None


def _replicas(session: Session) -> tuple[Replica, ...] | None:
    statement = "SHOW REPLICAS" if not session.mariadb and session.version >= (8, 0, 22) else "SHOW SLAVE HOSTS"
    rows = _visible(lambda: session.records(statement, doing="reading who reads the log"))
    if rows is None:
        return None
    return tuple(Replica(int(r["server_id"] or 0), r["host"] or "", r.get("replica_uuid") or r.get("slave_uuid") or "")
                 for r in rows)


# Rights.

_GRANT: Final = re.compile(r"GRANT (?P<rights>.+?) ON (?:TABLE )?(?P<on>(?:`(?:[^`]|``)*`|\S)+) TO ", re.IGNORECASE)


def global_rights(lines: Iterable[str]) -> frozenset[str]:
    """The rights on ``*.*`` in lines of SHOW GRANTS, in upper case."""
    found: set[str] = set()
    for line in lines:
        match = _GRANT.match(line)
        if match and match["on"] == "*.*" and "(" not in match["rights"]:
            found |= {r.strip().upper() for r in match["rights"].split(",")}
    return frozenset(found - {"USAGE"})


def _rights(session: Session) -> frozenset[str] | None:
    doing = "reading the user's rights"
    try:
        lines = [r[0] or "" for r in session.query("SHOW GRANTS FOR CURRENT_USER()", doing=doing)]
        role = session.value("SELECT CURRENT_ROLE()", doing=doing)
        if role and role.upper() != "NONE":
            using = f"SHOW GRANTS FOR `{role}`" if session.mariadb else f"SHOW GRANTS FOR CURRENT_USER() USING {role}"
            lines += [r[0] or "" for r in session.query(using, doing=doing)]
    except DatabaseError:
        return None
    return global_rights(lines)
