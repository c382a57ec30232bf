"""Connections to MySQL and MariaDB, and statements on them.

Once logged in the socket is ours, so that every wait ends when the task is asked to stop, nothing is read without a bound, and
rows come as the bytes that were sent. One connection belongs to one thread.
"""

from __future__ import annotations

import contextlib
import logging
import re
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from connect.api.errors import ConnectError, HeadgateError
from connectors.mysql.address import Address, pins, quote_value, split_statements
from connectors.mysql.channel import COM_QUERY, Channel
from connectors.mysql.failures import QUERY_TIMEOUT, ConnectionLost, DatabaseError, failure
from connectors.mysql.login import end_thread, log_in
from connectors.mysql.packets import (
    MORE_RESULTS,
    ColumnInfo,
    end_status,
    is_end,
    parse_column,
    parse_error,
    parse_ok,
    read_lenenc,
    split_row,
)
from connectors.mysql.rawrows import RawRows, Refused
from connectors.waiting import NEVER, Stop

__all__ = ["Row", "Session"]

Row = tuple[str | None, ...]
"""One row of an answer, every value as the server's text."""

COM_QUIT: Final = b"\x01"

_MARGIN: Final = 5.0
"""Seconds after which a statement that the server should have ended by itself is given up."""
_SEND_TIMEOUT: Final = 60.0
_MOST_COLUMNS: Final = 65_536


class Session:
    """One open connection. Made by :meth:`open`; closed by :meth:`close`, which may be called twice."""

    def __init__(self, conn: Any, channel: Channel, address: Address) -> None:
        self._conn = conn
        self.rows: RawRows | None = None
        """Those that are read one after the other at present; nothing else can be asked meanwhile."""
        self.channel = channel
        """The socket; for the stream, which speaks another protocol on it."""
        self.address = address
        self.timeout: float | None = None
        """Seconds that a statement may take when it says nothing of its own; None is without limit."""
        self.server_version: str = conn.server_version
        """As the server tells it: ``9.4.0``, ``10.11.6-MariaDB``."""
        self.mariadb = "mariadb" in self.server_version.lower()
        """Whether it is a MariaDB server."""
        self.version = parse_version(self.server_version)
        """Its numbers, to compare with: ``(10, 11, 6)``."""
        self.thread_id: int = conn.server_thread_id[0]
        """The server's number of this connection."""

    @classmethod
    def open(
        cls,
        address: Address,
        application: str,
        *,
        statement_timeout: float = 0.0,
        initial_statements: str | None = None,
        stop: Stop = NEVER,
        logger: logging.Logger | None = None,
    ) -> Session:
        """Connect, log in, pin, run ``database.initial.statements`` and pin again.

        ``application`` is the program's name in ``performance_schema.session_connect_attrs``. ``statement_timeout``
        (seconds, 0: none) limits every statement on the server and, with a margin, here. Raises DatabaseError or
        ConnectionLost with the cure, Stopped when asked to stop; while logging in, a stop is only noticed at the end.
        """
        conn, sock = log_in(address, application, stop)
        session = cls(conn, Channel(sock, str(address), stop), address)
        try:
            session.timeout = address.connect_timeout
            session._pin(statement_timeout)
            wanted = split_statements(initial_statements)
            session.timeout = statement_timeout + _MARGIN if statement_timeout else None
            for number, statement in enumerate(wanted, 1):
                session.execute(statement, doing=f"running statement {number} of database.initial.statements", secret=True)
            if wanted:
                session._pin(statement_timeout)
            if logger is not None:
                logger.debug("connected to %s, server %s, connection %d", address, session.server_version, session.thread_id)
        except BaseException:
            session.close()
            raise
        return session

    def _pin(self, statement_timeout: float) -> None:
        for statement in pins(self.mariadb, self.version, statement_timeout):
            self.execute(statement, doing="pinning settings")
        number = self.value("SELECT CONNECTION_ID()", doing="pinning settings")
        self.thread_id = int(number or self.thread_id)

    # Statements.

    def query(
        self,
        sql: str,
        args: Sequence[str | bytes | int | None] = (),
        *,
        doing: str = "",
        timeout: float | None = None,
        waiting: Callable[[], None] | None = None,
    ) -> list[Row]:
        """Run one statement and give its rows (of several results the last's), all in memory.

        ``args`` fill ``%s`` in order; without them the text is sent as it is. ``waiting`` is called every half second
        while there is no answer. A statement that is given up (stop, time-out, an error in ``waiting``) is ended on the
        server and the connection closed. Raises DatabaseError, ConnectionLost, Stopped.
        """
        return self._run(sql, args, doing, timeout, waiting, False)

    def execute(
        self,
        sql: str,
        args: Sequence[str | bytes | int | None] = (),
        *,
        doing: str = "",
        timeout: float | None = None,
        waiting: Callable[[], None] | None = None,
        secret: bool = False,
    ) -> None:
        """The same for a statement whose rows do not matter. Of a ``secret`` one no part appears in an error."""
        self._run(sql, args, doing, timeout, waiting, secret)

    def value(self, sql: str, args: Sequence[str | bytes | int | None] = (), *, doing: str = "") -> str | None:
        """The first value of the first row, None when there is no row."""
        rows = self.query(sql, args, doing=doing)
        return rows[0][0] if rows else None

    def records(self, sql: str, *, doing: str = "") -> list[dict[str, str | None]]:
        """Rows by their columns' names in lower case, for SHOW statements whose columns differ between versions."""
        names: list[ColumnInfo] = []
        rows = self._run(sql, (), doing, None, None, False, names)
        return [dict(zip((n.name.lower() for n in names), row, strict=True)) for row in rows]

    def _run(
        self, sql: str, args: Sequence[str | bytes | int | None], doing: str, timeout: float | None,
        waiting: Callable[[], None] | None, secret: bool, columns: list[ColumnInfo] | None = None,
    ) -> list[Row]:
        doing = doing or _short(sql)
        timeout = self.timeout if timeout is None else timeout
        deadline = None if timeout is None else time.monotonic() + timeout
        self._send(sql, args, doing)
        told: Exception | None = None
        try:
            rows: list[Row] = []
            more = True
            while more:
                described, status = self.head(doing, deadline, waiting, secret)
                if described is None:
                    more = bool(status & MORE_RESULTS)
                    continue
                if columns is not None:
                    columns[:] = described
                rows = []
                while True:
                    packet = self._packet(doing, deadline, waiting)
                    if is_end(packet):
                        more = bool(end_status(packet) & MORE_RESULTS)
                        break
                    if packet[:1] == b"\xff":
                        told = self.error_of(packet, doing, secret)
                        raise told
                    rows.append(tuple(_text(v) for v in split_row(packet, len(described))))
            return rows
        except Refused as e:
            raise e.error from None
        except ValueError as e:
            raise self.channel.lost(doing, f"what came makes no sense: {e}") from None
        except BaseException as e:
            if e is not told:
                self.cancel()
            if isinstance(e, _GivenUp):
                raise failure(QUERY_TIMEOUT, f"no answer within {timeout:g} s", doing, str(self.address)) from None
            raise

    def raw_rows(
        self, sql: str, args: Sequence[str | bytes | int | None] = (), *, doing: str = "", at_once: bool = False
    ) -> RawRows:
        """Run a SELECT whose rows are read one after the other, each as the payload of its packet: text-protocol values as they
        were sent, nothing converted, memory bounded by one gulp or one row.

        Until all are read (or :meth:`RawRows.close`) the connection can do nothing else. There is no limit of time but the
        server's. To get texts in their columns' own charsets, ``SET character_set_results = NULL`` first. Errors as
        :meth:`query`; with ``at_once``, which does not wait for the server's answer, raised by the first read.
        """
        doing = doing or _short(sql)
        self._send(sql, args, doing)
        rows = self.rows = RawRows(self, doing)
        if not at_once:
            rows.begin()
        return rows

    def _send(self, sql: str, args: Sequence[str | bytes | int | None], doing: str) -> None:
        if self.rows is not None:
            raise ConnectError(f"{doing}: rows of an earlier statement are still unread on this connection")
        if self.channel.broken:
            raise self.channel.lost(doing, "it was closed")
        if args:
            sql = sql % tuple(quote_value(a) for a in args)
        self.channel.command(COM_QUERY + sql.encode("utf-8", "surrogateescape"), doing, _SEND_TIMEOUT)

    def _packet(self, doing: str, deadline: float | None, waiting: Callable[[], None] | None) -> bytes:
        packet = self.channel.read(doing, deadline, waiting)
        if packet is None:
            raise _GivenUp
        return packet

    def head(
        self, doing: str, deadline: float | None, waiting: Callable[[], None] | None, secret: bool
    ) -> tuple[list[ColumnInfo] | None, int]:
        """The beginning of a result: its columns, None when it has no rows; and the server's status, where it is told. Raises
        Refused with the server's error, ValueError for what is no result."""
        packet = self._packet(doing, deadline, waiting)
        first = packet[:1]
        if first == b"\xff":
            raise Refused(self.error_of(packet, doing, secret))
        if first == b"\x00":
            return None, parse_ok(packet)[1]
        count, end = read_lenenc(packet, 0)
        if not count or end != len(packet) or count > _MOST_COLUMNS:
            raise ValueError("an answer that is no result")
        columns = [parse_column(self._packet(doing, deadline, waiting)) for _ in range(count)]
        if not is_end(self._packet(doing, deadline, waiting)):
            raise ValueError("more columns than were told")
        return columns, 0

    def error_of(self, packet: bytes, doing: str, secret: bool = False) -> DatabaseError | ConnectionLost:
        """What an error packet says, as an error of ours. Of a ``secret`` statement no part appears in it."""
        error = parse_error(packet)
        text = "the server refused it" if secret and error.sqlstate.startswith("42") else error.text
        return failure(error.number, text, doing, str(self.address), sqlstate=error.sqlstate)

    # The end.

    def cancel(self) -> None:
        """End what the server is doing for this connection, and close it."""
        was_open = not self.channel.broken
        self._close()
        if was_open:
            end_thread(self.address, self.thread_id)

    @property
    def closed(self) -> bool:
        """Whether it was closed, or is known to be broken."""
        return self.channel.broken

    def close(self) -> None:
        """Close; the server rolls back what was open. Rows that are still to come are not waited for."""
        if not self.channel.broken:
            if self.rows is not None:
                self.cancel()
                return
            with contextlib.suppress(HeadgateError):
                self.channel.command(COM_QUIT, "closing", 0.0)
        self._close()

    def _close(self) -> None:
        self.rows = None
        self.channel.close()
        self._conn._force_close()


class _GivenUp(Exception):
    """The time-out of a statement has passed."""


def parse_version(text: str) -> tuple[int, ...]:
    """The numbers of a server's version: ``8.0.36-28`` is (8, 0, 36), ``5.5.5-10.6.1-MariaDB`` is (10, 6, 1)."""
    if "mariadb" in text.lower():
        text = text.removeprefix("5.5.5-")
    found = re.match(r"\d+(?:\.\d+){0,2}", text)
    return tuple(int(n) for n in found.group().split(".")) if found else ()


def _short(sql: str) -> str:
    line = " ".join(sql.split())
    return line if len(line) <= 80 else line[:77] + "…"


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "surrogateescape")
