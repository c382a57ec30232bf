"""Connections to PostgreSQL, ordinary and for replication: the only module that imports a driver.

Everything runs on libpq without blocking, so that every wait ends when the task is asked to stop. A connection pins each
setting that changes how values are printed, and the role's time-outs, by start-up options: these win over settings of the
role and of the database (PostgreSQL documentation, "How Configuration Variables Are Set"). One connection belongs to one
thread.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import psycopg
from psycopg import pq

from connect.api.errors import HeadgateError
from connectors.postgres.address import Address, conninfo, pinned
from connectors.postgres.cancelling import send_cancel
from connectors.postgres.directcopies import CopyEnded, DirectCopies
from connectors.postgres.failures import ConnectionLost, DatabaseError, Stopped, failure, sqlstate_of_connect_error
from connectors.postgres.rawcopy import RawCopy
from connectors.postgres.serverfields import error_of, result_fields

__all__ = ["CopyEnded", "Row", "Session"]

Row = tuple[str | None, ...]
"""One row of an answer, every value as the server's text."""

_NOT_IN_STATE = "55000"
_PLAIN = "SELECT encrypted FROM pg_catalog.pg_stat_gssapi WHERE pid = pg_catalog.pg_backend_pid()"
_COPIES = "HEADGATE_POSTGRES_COPIES"
"""``libpq`` in the environment: copies are read by libpq, also where we could."""
_SLICE = 0.2
_CANCEL_SECONDS = 3.0


def _never() -> bool:
    return False


class Session:
    """One open connection. Made by :meth:`open`; closed by :meth:`close`, which may be called twice."""

    def __init__(self, conn: pq.abc.PGconn, address: Address, stopping: Callable[[], bool]) -> None:
        self._conn = conn
        self._stopping = stopping
        self._copy_over = False
        self.address = address
        self.timeout: float | None = None
        """Seconds that a command may take when it says nothing of its own; None is without limit."""
        self.watch_warnings = False
        """Whether a warning of the server ends the reading of a copy before what came after it."""
        self.warning = ""
        """The first such warning; what was read before it is good."""
        self._log = logging.getLogger(__name__)
        self._poll = select.poll()
        self._watched = (-1, 0)
        self.direct: DirectCopies | None = None
        """Set where copies are read from the socket, and not by libpq."""

    @classmethod
    def open(
        cls,
        address: Address,
        application: str,
        *,
        replication: bool = False,
        settings: Mapping[str, str] | None = None,
        stopping: Callable[[], bool] = _never,
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
        conn = pq.PGconn.connect_start(text.encode())
        session = cls(conn, address, stopping)
        try:
            session._finish_connect(doing)
            session._log = logger or session._log
            conn.notice_handler = session._libpq_noticed
            conn.nonblocking = 1
            if session.server_version >= 170000:
                session.execute("SET transaction_timeout = 0", doing="pinning settings")
            if copies and not conn.ssl_in_use and os.environ.get(_COPIES) != "libpq":
                session._read_directly()
        except BaseException:
            session.close()
            raise
        return session

    def _finish_connect(self, doing: str) -> None:
        deadline = time.monotonic() + self.address.connect_timeout
        wants = pq.PollingStatus.WRITING
        while True:
            if self._conn.status == pq.ConnStatus.BAD:
                self._refused(doing)
            if time.monotonic() > deadline:
                raise failure("08001", f"no answer within {self.address.connect_timeout:g} s", doing, str(self.address))
            if self._ready(wants == pq.PollingStatus.READING, wants == pq.PollingStatus.WRITING, 0.5):
                wants = pq.PollingStatus(self._conn.connect_poll())
                if wants == pq.PollingStatus.OK:
                    return
                if wants == pq.PollingStatus.FAILED:
                    self._refused(doing)

    def _refused(self, doing: str) -> None:
        text = self._conn.get_error_message()
        raise failure(sqlstate_of_connect_error(text), text, doing, str(self.address))

    def _libpq_noticed(self, result: pq.abc.PGresult) -> None:
        self._noticed(result_fields(result))

    def _noticed(self, fields: Mapping[str, str]) -> bool:
        """Whether it ends the reading of a copy."""
        text = fields.get("M", "")
        self._log.debug("PostgreSQL says: %s", text)
        if self.watch_warnings and fields.get("V") == "WARNING" and fields.get("C") == _NOT_IN_STATE and not self.warning:
            self.warning = text
        return bool(self.warning)

    @property
    def server_version(self) -> int:
        """As libpq counts: 180001 is 18.1."""
        return self._conn.server_version

    @property
    def backend_pid(self) -> int:
        """The server's process for this connection."""
        return self._conn.backend_pid

    def _ready(self, read: bool, write: bool, seconds: float) -> bool:
        """Wait for the socket, in slices between which a stop is noticed."""
        mask = (select.POLLIN if read else 0) | (select.POLLOUT if write else 0)
        try:
            watched = self._conn.socket, mask
        except psycopg.Error as e:
            raise failure("", str(e), "waiting for the server", str(self.address)) from None
        # The socket may change while the connection is being made (several addresses, SSL refused).
        if watched != self._watched:
            self._poll = select.poll()
            self._poll.register(*watched)
            self._watched = watched
        poll = self._poll
        deadline = time.monotonic() + seconds
        while True:
            if self._stopping():
                raise Stopped("asked to stop")
            left = deadline - time.monotonic()
            if poll.poll(max(0.0, min(_SLICE, left)) * 1000):
                return True
            if left <= 0:
                return False

    @contextlib.contextmanager
    def _driver(self, doing: str) -> Iterator[None]:
        """The driver's errors, which all mean that the connection is gone, as ours."""
        try:
            yield
        except psycopg.Error as e:
            raise failure("", str(e), doing, str(self.address)) from None

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
        self._send(sql, args, doing)
        rows: list[Row] = []
        timeout = self.timeout if timeout is None else timeout
        deadline = None if timeout is None else time.monotonic() + timeout
        told: Exception | None = None
        try:
            while (result := self._result(doing, deadline, waiting)) is not None:
                if result.status in (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE):
                    told = self._error(result, doing)
                    self._drain(doing)
                    raise told
                rows = [tuple(_text(result.get_value(r, c)) for c in range(result.nfields)) for r in range(result.ntuples)]
        except BaseException as e:
            if e is not told:
                self.cancel()
            if isinstance(e, _GivenUp):
                raise failure("57014", f"no answer within {timeout:g} s", doing, str(self.address)) from None
            raise
        return rows

    def value(self, sql: str, args: Sequence[str | None] = (), *, doing: str = "") -> str | None:
        """The first value of the first row, None when there is no row."""
        rows = self.execute(sql, args, doing=doing)
        return rows[0][0] if rows else None

    def _send(self, sql: str, args: Sequence[str | None], doing: str) -> None:
        with self._driver(doing):
            if args:
                self._conn.send_query_params(sql.encode(), [None if a is None else a.encode() for a in args])
            else:
                self._conn.send_query(sql.encode())
        self._flush(doing)

    def _flush(self, doing: str) -> None:
        while True:
            with self._driver(doing):
                if self._conn.flush() == 0:
                    return
            if self._ready(True, True, 0.5):
                with self._driver(doing):
                    self._conn.consume_input()

    def _result(
        self, doing: str, deadline: float | None = None, waiting: Callable[[], None] | None = None
    ) -> pq.abc.PGresult | None:
        while True:
            with self._driver(doing):
                if not self._conn.is_busy():
                    return self._conn.get_result()
            if self._ready(True, False, 0.5):
                with self._driver(doing):
                    self._conn.consume_input()
            else:
                if waiting is not None:
                    waiting()
                if deadline is not None and time.monotonic() > deadline:
                    raise _GivenUp

    def _drain(self, doing: str) -> None:
        with contextlib.suppress(Stopped, ConnectionLost):
            while self._result(doing) is not None:
                pass

    def _error(self, result: pq.abc.PGresult, doing: str) -> DatabaseError | ConnectionLost:
        return error_of(result_fields(result), result.get_error_message(), doing, str(self.address))

    # Copies.

    def start_copy(self, sql: str, doing: str) -> None:
        """Send ``COPY … TO STDOUT`` or ``START_REPLICATION`` and wait until the server begins with it."""
        self._copy_over = False
        try:
            if self.direct is not None:
                self.direct.begin(sql, doing)
                return
            self._send(sql, (), doing)
            result = self._result(doing)
        except Stopped:
            self.cancel()
            raise
        if result is None or result.status not in (pq.ExecStatus.COPY_OUT, pq.ExecStatus.COPY_BOTH):
            error = failure("", "the server did not begin", doing) if result is None else self._error(result, doing)
            self._drain(doing)
            raise error

    def read_copy(self, max_bytes: int, max_frames: int, wait: float, doing: str) -> list[bytes]:
        """The rows or messages that are there, each as it was sent; waits for the first at most ``wait`` seconds.

        Raises CopyEnded once the server has ended the copy and everything was read.
        """
        frames: list[bytes] = []
        conn = self._conn
        get, append = conn.get_copy_data, frames.append
        size = 0
        seen = -1
        if self.warning:
            return frames
        if self.direct is not None:
            if not self.direct.read(frames, max_frames, max_bytes, wait, doing) and not frames and not self.warning:
                self.direct.end(doing)
            return frames
        if self._copy_over:
            self._end_copy(doing)
        try:
            while True:
                while size < max_bytes and len(frames) < max_frames:
                    n, data = get(1)
                    if self.warning:
                        return frames
                    if n > 0:
                        append(bytes(data))
                        size += n
                        continue
                    if n == 0:
                        break
                    self._copy_over = True
                    break
                else:
                    return frames
                if self._copy_over:
                    if frames:
                        return frames  # the end is told by the next call
                    self._end_copy(doing)
                if not frames:
                    if not self._ready(True, False, wait):
                        return frames
                elif len(frames) == seen:
                    return frames  # what was there then held no whole message
                seen = len(frames)
                conn.consume_input()
        except psycopg.Error as e:
            if frames:
                return frames  # what came before the connection broke is good; the next call tells the rest
            raise failure("", str(e), doing, str(self.address)) from None

    def _end_copy(self, doing: str) -> None:
        result = self._result(doing)
        if result is not None and result.status == pq.ExecStatus.FATAL_ERROR:
            error = self._error(result, doing)
            self._drain(doing)
            raise error
        if result is not None and result.status in (pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_BOTH):
            # The server has ended its side of a replication stream; ours is ended by closing.
            raise failure("57P01", "the server ended the stream", doing, str(self.address))
        self._drain(doing)
        raise CopyEnded

    def _read_directly(self) -> None:
        """Copies are read from the socket from now on, unless what it carries is encrypted, or nobody says that it is not."""
        with contextlib.suppress(DatabaseError):
            if self.value(_PLAIN, doing="looking at the connection") == "f":
                self.direct = DirectCopies(RawCopy(self._conn.socket, self._ready, self._noticed), str(self.address))

    def send_copy(self, data: bytes, doing: str) -> bool:
        """Queue one message and send what the socket takes; never blocks. False while something is still unsent."""
        if self.direct is not None:
            return self.direct.send(data, doing)
        with self._driver(doing):
            if self._conn.put_copy_data(data) == 0:
                return False
            return self._conn.flush() == 0

    def flush(self, doing: str) -> bool:
        """Send what is queued, as far as the socket takes it. True when nothing is left."""
        if self.direct is not None:
            return self.direct.flush(doing)
        with self._driver(doing):
            return self._conn.flush() == 0

    def readable(self) -> bool:
        """Whether the server has sent something that was not read yet."""
        poll = select.poll()
        with self._driver("looking at the connection"):
            poll.register(self._conn.socket, select.POLLIN)
        return bool(poll.poll(0))

    # The end.

    def cancel(self) -> None:
        """Cancel what the server is doing for this connection and close; so that nothing is left behind there."""
        if self._conn.status == pq.ConnStatus.OK:
            limit = time.monotonic() + _CANCEL_SECONDS
            with contextlib.suppress(psycopg.Error, OSError):
                send_cancel(self._conn, limit)
            # The server drops an unfinished slot when it handles the cancellation: see it happen, but not for ever.
            self._stopping = _never
            with contextlib.suppress(HeadgateError, psycopg.Error):
                while time.monotonic() < limit and self._conn.is_busy():
                    if self._ready(True, False, 0.5):
                        self._conn.consume_input()
        self.close()

    @property
    def closed(self) -> bool:
        """Whether it was closed, or is known to be broken."""
        return self._conn.status != pq.ConnStatus.OK or (self.direct is not None and self.direct.broken)

    def close(self) -> None:
        """Close; the server rolls back what was open."""
        if self.direct is not None:
            self.direct.close()
        with contextlib.suppress(psycopg.Error):
            self._conn.finish()


class _GivenUp(Exception):
    """The time-out of a command has passed."""


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", errors="surrogateescape")
