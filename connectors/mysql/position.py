"""Where the server's log ends now, exactly enough to begin a stream there."""

from __future__ import annotations

from dataclasses import dataclass

from connect.api.errors import ConnectError
from connectors.mysql.failures import DatabaseError
from connectors.mysql.session import Row, Session

__all__ = ["LogPosition", "position_of_snapshot", "read_position", "undecided"]

_SYNTAX = 1064
_XA_DENIED = 1401


@dataclass(frozen=True, slots=True)
class LogPosition:
    """A place between two transactions of a server's log. ``gtids`` is the set of all before it, None where there are none."""

    file: str
    pos: int
    gtids: str | None = None


def read_position(session: Session, *, gtids: bool) -> LogPosition:
    """The end of the log. ``gtids``: the server has GTIDs (always so on MariaDB).

    It is exact for what cannot be committed meanwhile. A transaction that commits just now may already be before it and not
    yet be visible to others. Raises ConnectError when there is no log.
    """
    rows = None
    if not session.mariadb:
        try:
            rows = session.records("SHOW BINARY LOG STATUS", doing="reading the log's position")
        except DatabaseError as e:
            if e.number != _SYNTAX:  # MySQL before 8.2
                raise
    if rows is None:
        rows = session.records("SHOW MASTER STATUS", doing="reading the log's position")
    if not rows or not rows[0].get("file"):
        raise ConnectError("the server writes no binary log (or tells no position in it). To do: start it with log_bin")
    file, pos = rows[0]["file"] or "", int(rows[0].get("position") or 0)
    if not gtids:
        return LogPosition(file, pos)
    if session.mariadb:
        known = session.value("SELECT @@global.gtid_binlog_pos", doing="reading the log's position")
    else:
        known = rows[0].get("executed_gtid_set")
    return LogPosition(file, pos, "".join((known or "").split()))


def position_of_snapshot(session: Session) -> LogPosition | None:
    """Exactly where the consistent snapshot stands that this session's transaction reads, without any lock: MariaDB (and Percona
    Server) remember it. None where they do not."""
    rows = session.query("SHOW STATUS LIKE 'binlog_snapshot_%'", doing="reading the snapshot's position")
    status = {(name or "").lower(): value for name, value in rows}
    file, pos = status.get("binlog_snapshot_file"), status.get("binlog_snapshot_position")
    if not file or not pos:
        return None
    gtids = status.get("binlog_snapshot_gtid_executed")
    if session.mariadb:
        gtids = session.value("SELECT BINLOG_GTID_POS(%s, %s)", (file, int(pos)), doing="reading the snapshot's position")
        if gtids is None:
            return None
    elif gtids in (None, "not-in-consistent-snapshot"):
        return None
    return LogPosition(file, int(pos), "".join((gtids or "").split()))


def undecided(session: Session) -> frozenset[Row] | None:
    """The prepared XA transactions that wait for their decision: their rows are in the log already and in no table yet. None when
    this user may not know."""
    try:
        return frozenset(session.query("XA RECOVER", doing="looking for prepared XA transactions"))
    except DatabaseError as e:
        if e.number != _XA_DENIED:
            raise
        return None
