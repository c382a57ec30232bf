"""Keeps writes out for as long as a snapshot's position and the tables' structures are taken.

The locks are held by a connection of their own, so that the connection that reads can begin its transaction (which would end
table locks) and they can be given back while it reads.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from connect.api.errors import ConnectError
from connectors.mysql.address import quote_identifier
from connectors.mysql.failures import ACCESS_DENIED, ConnectionLost, DatabaseError
from connectors.mysql.session import Session
from connectors.mysql.structure import TableId

__all__ = ["Held", "Locks"]

_NOT_GRANTED: Final = 1205
_MARGIN: Final = 30.0


class Held(StrEnum):
    """What is locked now."""

    NOTHING = "nothing"
    ALL = "all tables"
    """The global read lock: nobody writes or commits."""
    TABLES = "the captured tables"


class Locks:
    """The locks of one connection, which does little else meanwhile. The end of the connection ends them."""

    def __init__(self, session: Session, timeout_ms: int, logger: logging.Logger) -> None:
        self._session = session
        self._timeout_ms = timeout_ms
        self._logger = logger
        self.held = Held.NOTHING
        # The server counts whole seconds and none is not among them.
        seconds = max(1, math.ceil(timeout_ms / 1000))
        session.execute(f"SET SESSION lock_wait_timeout = {seconds}", doing="limiting the wait for locks")

    def take_all(self) -> bool:
        """Take the global read lock; False when this user may not. Raises ConnectError when it is not had in time: to wait
        longer would stop all writes for longer."""
        try:
            self._run("FLUSH TABLES WITH READ LOCK", "taking the global read lock")
        except DatabaseError as e:
            if e.number not in ACCESS_DENIED:
                raise
            self._logger.info("the global read lock is not allowed (%s); the captured tables are locked instead", e.said or e)
            return False
        self.held = Held.ALL
        return True

    def take(self, tables: Sequence[TableId]) -> None:
        """Lock these tables against writes, all at once; locks held before are given up. Waits until transactions that have
        written to them end. Raises DatabaseError with number 1146 when one of them is gone."""
        if not tables:
            return
        names = ", ".join(f"{quote_identifier(t.database)}.{quote_identifier(t.name)} READ" for t in tables)
        try:
            self._run(f"LOCK TABLES {names}", "locking the captured tables")
        except DatabaseError as e:
            if e.number not in ACCESS_DENIED:
                raise
            raise ConnectError(
                f"neither the global read lock nor LOCK TABLES is allowed to {self._session.address.user}: {e.said or e}. To do: "
                "GRANT RELOAD ON *.* (MySQL: or FLUSH_TABLES), or GRANT LOCK TABLES, SELECT on the captured databases; or set "
                "snapshot.locking.mode=none when nobody changes the tables' structure meanwhile") from None
        self.held = Held.TABLES

    def release(self) -> None:
        """Give everything back. Raises ConnectionLost when the locks were gone already: what was taken under them is not sure."""
        if self.held is not Held.NOTHING:
            self._session.execute("UNLOCK TABLES", doing="giving the locks back")
            self.held = Held.NOTHING

    def _run(self, statement: str, doing: str) -> None:
        try:
            self._session.execute(statement, doing=doing, timeout=self._timeout_ms / 1000 + _MARGIN)
        except ConnectionLost as e:
            if e.number != _NOT_GRANTED:
                raise
            raise ConnectError(
                f"{doing}: not granted within snapshot.lock.timeout.ms={self._timeout_ms}: a statement or transaction holds on "
                "to a table (SHOW PROCESSLIST; XA RECOVER tells prepared transactions). To do: let it end or end it, then "
                "restart the task; or raise the time-out (writes wait as long)") from None
