"""A connection of libpq on which nothing blocks: every wait ends when the task is asked to stop. The driver's errors, which all
mean that the connection is gone, come out as ours."""

from __future__ import annotations

import contextlib
import select
import time
from collections.abc import Callable, Iterator, Sequence

import psycopg
from psycopg import pq

from connect.api.errors import HeadgateError
from connectors.postgres.address import Address
from connectors.postgres.cancelling import send_cancel
from connectors.postgres.failures import ConnectionLost, DatabaseError, failure, sqlstate_of_connect_error
from connectors.postgres.serverfields import error_of, result_fields
from connectors.waiting import NEVER, Stop, Stopped, poller, ready

__all__ = ["GivenUp", "Link"]

_CANCEL_SECONDS = 3.0


class GivenUp(Exception):
    """The time for an answer has passed."""


class Link:
    """One connection, of one thread. Made by :meth:`open`; closed by :meth:`close`, which may be called twice.

    ``doing`` says in errors what was tried.
    """

    def __init__(self, conn: pq.abc.PGconn, address: Address, stop: Stop) -> None:
        self.conn = conn
        """libpq's own; every use of it that may fail belongs into :meth:`driver`."""
        self.address = str(address)
        """Which server, database and role, for errors."""
        self._stop = stop
        self._poll = select.poll()
        self._watched = (-1, 0)

    @classmethod
    def open(cls, text: str, address: Address, doing: str, stop: Stop) -> Link:
        """Connect as the connection string says. Raises DatabaseError, ConnectionLost, Stopped."""
        link = cls(pq.PGconn.connect_start(text.encode()), address, stop)
        try:
            link._finish_connect(doing, address.connect_timeout)
            link.conn.nonblocking = 1
        except BaseException:
            link.close()
            raise
        return link

    def _finish_connect(self, doing: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        wants = pq.PollingStatus.WRITING
        while True:
            if self.conn.status == pq.ConnStatus.BAD:
                self._refused(doing)
            if time.monotonic() > deadline:
                raise failure("08001", f"no answer within {seconds:g} s", doing, self.address)
            if self.wait(wants == pq.PollingStatus.READING, wants == pq.PollingStatus.WRITING, 0.5):
                wants = pq.PollingStatus(self.conn.connect_poll())
                if wants == pq.PollingStatus.OK:
                    return
                if wants == pq.PollingStatus.FAILED:
                    self._refused(doing)

    def _refused(self, doing: str) -> None:
        text = self.conn.get_error_message()
        raise failure(sqlstate_of_connect_error(text), text, doing, self.address)

    def wait(self, read: bool, write: bool, seconds: float) -> bool:
        """Wait for the socket; True when it is ready. Raises Stopped as soon as the task is asked to stop."""
        mask = (select.POLLIN if read else 0) | (select.POLLOUT if write else 0)
        try:  # and not driver(): this is what a small transaction's latency is made of
            watched = self.conn.socket, mask
        except psycopg.Error as e:
            raise failure("", str(e), "waiting for the server", self.address) from None
        # The socket may change while the connection is being made (several addresses, SSL refused).
        if watched != self._watched:
            self._poll = poller(*watched, self._stop)
            self._watched = watched
        return ready(self._poll, seconds, self._stop)

    @contextlib.contextmanager
    def driver(self, doing: str) -> Iterator[None]:
        """The driver's errors as ours."""
        try:
            yield
        except psycopg.Error as e:
            raise failure("", str(e), doing, self.address) from None

    def send(self, sql: str, args: Sequence[str | None], doing: str) -> None:
        """Send a command, whole. ``args`` fill ``$1``…; without them the text may be a replication command."""
        with self.driver(doing):
            if args:
                self.conn.send_query_params(sql.encode(), [None if a is None else a.encode() for a in args])
            else:
                self.conn.send_query(sql.encode())
        while True:
            with self.driver(doing):
                if self.conn.flush() == 0:
                    return
            if self.wait(True, True, 0.5):
                with self.driver(doing):
                    self.conn.consume_input()

    def result(
        self, doing: str, deadline: float | None = None, waiting: Callable[[], None] | None = None
    ) -> pq.abc.PGresult | None:
        """The command's next result, None after the last. ``waiting`` is called every half second while there is none; raises
        GivenUp once ``deadline`` (time.monotonic) has passed then."""
        while True:
            with self.driver(doing):
                if not self.conn.is_busy():
                    return self.conn.get_result()
            if self.wait(True, False, 0.5):
                with self.driver(doing):
                    self.conn.consume_input()
            else:
                if waiting is not None:
                    waiting()
                if deadline is not None and time.monotonic() > deadline:
                    raise GivenUp

    def drain(self, doing: str) -> None:
        """Read the rest of the command's results; a connection that breaks meanwhile tells so by its next use."""
        with contextlib.suppress(Stopped, ConnectionLost):
            while self.result(doing) is not None:
                pass

    def error(self, result: pq.abc.PGresult, doing: str) -> DatabaseError | ConnectionLost:
        """The error that a result tells, after the rest was read."""
        error = error_of(result_fields(result), result.get_error_message(), doing, self.address)
        self.drain(doing)
        return error

    def cancel(self) -> None:
        """Cancel what the server is doing for this connection, which can only be closed after it."""
        if self.conn.status != pq.ConnStatus.OK:
            return
        limit = time.monotonic() + _CANCEL_SECONDS
        with contextlib.suppress(psycopg.Error, OSError):
            send_cancel(self.conn, limit)
        # The server drops an unfinished slot when it handles the cancellation: see it happen, but not for ever.
        self._stop, self._watched = NEVER, (-1, 0)
        with contextlib.suppress(HeadgateError, psycopg.Error):
            while time.monotonic() < limit and self.conn.is_busy():
                if self.wait(True, False, 0.5):
                    self.conn.consume_input()

    @property
    def broken(self) -> bool:
        """Whether libpq knows that the connection is gone, or it was closed."""
        return self.conn.status != pq.ConnStatus.OK

    def close(self) -> None:
        """Close; the server rolls back what was open."""
        with contextlib.suppress(psycopg.Error):
            self.conn.finish()
