"""Connections to PostgreSQL, ordinary and for replication, on which no setting changes how values are printed.

A connection pins each such setting, and the role's time-outs, by start-up options: these win over settings of the role and of
the database (PostgreSQL documentation, "How Configuration Variables Are Set"). One connection belongs to one thread.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence

from psycopg import pq

from connectors.postgres.address import Address, conninfo, pinned
from connectors.postgres.copies import Copies, CopyEnded
from connectors.postgres.directcopies import DirectCopies
from connectors.postgres.failures import DatabaseError, failure
from connectors.postgres.libpqcopies import LibpqCopies
from connectors.postgres.link import GivenUp, Link
from connectors.postgres.notices import Notices
from connectors.waiting import NEVER, Stop, Stopped

__all__ = ["CopyEnded", "Row", "Session"]

Row = tuple[str | None, ...]
"""One row of an answer, every value as the server's text."""

_PLAIN = "SELECT encrypted FROM pg_catalog.pg_stat_gssapi WHERE pid = pg_catalog.pg_backend_pid()"
_COPIES = "HEADGATE_POSTGRES_COPIES"
"""``libpq`` in the environment: copies are read by libpq, also where we could."""


class Session:
    """One open connection. Made by :meth:`open`; closed by :meth:`close`, which may be called twice."""

    def __init__(self, link: Link, address: Address, notices: Notices) -> None:
        self._link = link
        self.address = address
        self.notices = notices
        """What the server says beside its answers."""
        self.timeout: float | None = None
        """Seconds that a command may take when it says nothing of its own; None is without limit."""
        self.copies: Copies = LibpqCopies(link, notices)
        """Who reads the copies."""

    @classmethod
    def open(
        cls,
        address: Address,
        application: str,
        *,
        replication: bool = False,
        settings: Mapping[str, str] | None = None,
        stop: Stop = NEVER,
        logger: logging.Logger | None = None,
        copies: bool = False,
    ) -> Session:
        """Connect and pin. ``settings`` are added as :func:`~connectors.postgres.address.pinned` says. ``copies``: it is for
        copies of many rows, which are read by ourselves where that can be (:mod:`connectors.postgres.directcopies`).

        Raises DatabaseError or ConnectionLost with the cure, Stopped when asked to stop meanwhile. The name resolver of
        the system may block for as long as it likes.
        """
        doing = "opening a replication connection" if replication else "connecting"
        text = conninfo(address, application, replication=replication, settings=pinned(settings))
        notices = Notices(logger or logging.getLogger(__name__))
        session = cls(Link.open(text, address, doing, stop), address, notices)
        try:
            session._link.conn.notice_handler = notices.heard_by_libpq
            if session.server_version >= 170000:
                session.execute("SET transaction_timeout = 0", doing="pinning settings")
            if copies and os.environ.get(_COPIES) != "libpq" and session._plain():
                session.copies = DirectCopies(session._link, notices)
        except BaseException:
            session.close()
            raise
        return session

    def _plain(self) -> bool:
        """Whether what the socket carries is not encrypted, and somebody says so."""
        if not self._link.conn.ssl_in_use:
            with contextlib.suppress(DatabaseError):
                return self.value(_PLAIN, doing="looking at the connection") == "f"
        return False

    @property
    def server_version(self) -> int:
        """As libpq counts: 180001 is 18.1."""
        return self._link.conn.server_version

    @property
    def backend_pid(self) -> int:
        """The server's process for this connection."""
        return self._link.conn.backend_pid

    # Commands.

    def execute(
        self,
        sql: str,
        args: Sequence[str | None] = (),
        *,
        doing: str = "",
        timeout: float | None = None,
        waiting: Callable[[], None] | None = None,
    ) -> list[Row]:
        """Run one command and give its rows. ``args`` fill ``$1``…; without them the text may be a replication command.

        ``waiting`` is called every half second while there is no answer. A command that the caller gives up (stop,
        time-out, an error in ``waiting``) is cancelled on the server. Raises DatabaseError, ConnectionLost, Stopped.
        """
        doing = doing or sql
        self._link.send(sql, args, doing)
        rows: list[Row] = []
        timeout = self.timeout if timeout is None else timeout
        deadline = None if timeout is None else time.monotonic() + timeout
        told: Exception | None = None
        try:
            while (result := self._link.result(doing, deadline, waiting)) is not None:
                if result.status in (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE):
                    told = self._link.error(result, doing)
                    raise told
                rows = [tuple(_text(result.get_value(r, c)) for c in range(result.nfields)) for r in range(result.ntuples)]
        except BaseException as e:
            if e is not told:
                self.cancel()
            if isinstance(e, GivenUp):
                raise failure("57014", f"no answer within {timeout:g} s", doing, str(self.address)) from None
            raise
        return rows

    def value(self, sql: str, args: Sequence[str | None] = (), *, doing: str = "") -> str | None:
        """The first value of the first row, None when there is no row."""
        rows = self.execute(sql, args, doing=doing)
        return rows[0][0] if rows else None

    # Copies: what their methods do and raise is told by Copies.

    def start_copy(self, sql: str, doing: str) -> None:
        """Begin a copy; cancels it when asked to stop meanwhile."""
        try:
            self.copies.begin(sql, doing)
        except Stopped:
            self.cancel()
            raise

    def read_copy(self, max_bytes: int, max_frames: int, wait: float, doing: str) -> list[bytes]:
        """The rows or messages that are there, each as it was sent. Raises CopyEnded after the last."""
        return self.copies.read(max_bytes, max_frames, wait, doing)

    def send_copy(self, data: bytes, doing: str) -> bool:
        """Queue one message. False while something is still unsent."""
        return self.copies.send(data, doing)

    def flush(self, doing: str) -> bool:
        """Send what is queued. True when nothing is left."""
        return self.copies.flush(doing)

    # The end.

    def cancel(self) -> None:
        """Cancel what the server is doing for this connection and close; so that nothing is left behind there."""
        self._link.cancel()
        self.close()

    @property
    def closed(self) -> bool:
        """Whether it was closed, or is known to be broken."""
        return self._link.broken or self.copies.broken

    def close(self) -> None:
        """Close; the server rolls back what was open."""
        self.copies.close()
        self._link.close()


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", errors="surrogateescape")
