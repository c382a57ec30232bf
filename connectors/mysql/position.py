"""Where in the log a snapshot stands, as the server itself knows it, and what is in the log and not yet in the tables."""

from __future__ import annotations

from typing import Final

from connectors.mysql.failures import DatabaseError
from connectors.mysql.server import LogStatus
from connectors.mysql.session import Row, Session
from connectors.mysql.stream import FilePosition

__all__ = ["position_of_snapshot", "undecided"]

_XA_DENIED: Final = 1401


def position_of_snapshot(session: Session) -> LogStatus | None:
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
    return LogStatus(FilePosition(file, int(pos)), "".join((gtids or "").split()))


def undecided(session: Session) -> frozenset[Row] | None:
    """The prepared XA transactions that wait for their decision: their rows are in the log already and in no table yet. None when
    this user may not know."""
    try:
        return frozenset(session.query("XA RECOVER", doing="looking for prepared XA transactions"))
    except DatabaseError as e:
        if e.number != _XA_DENIED:
            raise
        return None
