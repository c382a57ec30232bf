"""The binary log as the server sends it: a dump is asked for, and its events are read in gulps.

Facts: MySQL documentation, "COM_REGISTER_SLAVE", "COM_BINLOG_DUMP", "COM_BINLOG_DUMP_GTID"; MariaDB documentation, "Replication
Protocol", "GTID" (``@slave_connect_state``).
"""

from __future__ import annotations

import struct
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from connect.api.errors import ConnectError
from connectors.mysql.address import quote_value
from connectors.mysql.failures import ConnectionLost, DatabaseError, dump_failure, failure
from connectors.mysql.gtid import MariaDbGtidSet, MySqlGtidSet
from connectors.mysql.packets import parse_error, parse_ok
from connectors.mysql.session import Session
from connectors.pace import FEW, Pace
from connectors.waiting import Stopped

__all__ = ["BinlogStream", "FilePosition", "end_dump", "replica_uuid"]

GULP_BYTES: Final = 4 * 1024 * 1024
GULP_EVENTS: Final = 16_384
FIRST_EVENT: Final = 4
"""Where the first event of a file is, behind its magic number."""

FARTHEST: Final = 0xFFFFFFFF
"""The last position that fits into a request."""

_COM_REGISTER_SLAVE: Final = 0x15
_COM_BINLOG_DUMP: Final = 0x12
_COM_BINLOG_DUMP_GTID: Final = 0x1E
_HEARTBEAT_V2: Final = 2
"""MySQL: send heartbeats whose position has 64 bits."""
_ANNOTATE_ROWS: Final = 2
"""MariaDB: send the events with the statements' texts."""
_SEND_TIMEOUT: Final = 60.0
_FIRST_ANSWER: Final = 60.0
_DOING: Final = "streaming"
_NAMESPACE: Final = uuid.UUID("6f2d2f4e-9a0c-5b7e-8a43-0d6c9e3b1a55")

_ROTATE: Final = 4
_DESCRIPTION: Final = 15
_HEARTBEATS: Final = frozenset({27, 41})
_ARTIFICIAL: Final = 0x20
_HEADER: Final = struct.Struct("<IBIIIH")


@dataclass(frozen=True, slots=True)
class FilePosition:
    """A place in a server's binary log: prints as ``binlog.000003:157``."""

    file: str
    pos: int

    def __str__(self) -> str:
        return f"{self.file}:{self.pos}"


def replica_uuid(connector: str, prefix: str) -> str:
    """The UUID under which a connector reads: always the same, so that its new dump ends one of its own that was left behind."""
    return str(uuid.uuid5(_NAMESPACE, f"{connector}\n{prefix}"))


class BinlogStream:
    """A started dump. One thread. It owns its session: :meth:`close` closes both."""

    def __init__(
        self,
        session: Session,
        server_id: int,
        *,
        silence_limit: float | None = None,
        gulp_bytes: int = GULP_BYTES,
        gulp_events: int = GULP_EVENTS,
        skip_to: int = 0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._session = session
        self._channel = session.channel
        self._server_id = server_id
        self._silence_limit = silence_limit
        self._gulp_bytes = gulp_bytes
        self._gulp_events = gulp_events
        self._skip_to = skip_to
        self._passed = FIRST_EVENT
        self._clock = clock
        self._pace = Pace(clock, sleep)
        self.caught_up = False
        """Whether the last :meth:`read` gave little and all there was."""
        self._heard = clock()
        self._unwatched = False
        self._held: list[bytes] = []
        self._error: ConnectionLost | DatabaseError | None = None
        self.thread_id = session.thread_id
        """The server's number of this connection, for :func:`end_dump`."""

    @classmethod
    def start(
        cls,
        session: Session,
        server_id: int,
        position: FilePosition | MySqlGtidSet | MariaDbGtidSet,
        *,
        heartbeat: float = 10.0,
        replica: str = "",
        host: str = "headgate",
        statements: bool = False,
        silence_limit: float | None = None,
        gulp_bytes: int = GULP_BYTES,
        gulp_events: int = GULP_EVENTS,
    ) -> BinlogStream:
        """Ask for everything from a file's position, or for all transactions that are not in the set, and see it begin.

        ``server_id`` is this reader's own; ``replica`` its :func:`replica_uuid`; ``host`` what SHOW REPLICAS calls it.
        The server sends a heartbeat event when it had nothing to say for ``heartbeat`` seconds; a silence of three of them
        (or of ``silence_limit`` seconds) is a dead connection. 0 is without heartbeats: then a dead peer is only noticed by
        TCP's own probes. ``statements`` asks MariaDB for the events with the statements' texts (MySQL sends them as they are
        in the log).

        A position of 4 GiB and more does not fit into the request: the file is then read from its start, and what is before
        the position is left out here.

        Raises DumpRefused when the server refuses (its ``fault`` says why), ConnectError, ConnectionLost, Stopped; the session is
        closed then.
        """
        skip_to = position.pos if isinstance(position, FilePosition) and position.pos > FARTHEST else 0
        if silence_limit is None and heartbeat:
            silence_limit = max(3 * heartbeat, 3.0)
        stream = cls(session, server_id, silence_limit=silence_limit, gulp_bytes=gulp_bytes, gulp_events=gulp_events,
                     skip_to=skip_to)
        try:
            stream._negotiate(position, heartbeat, replica)
            stream._register(host)
            stream._request(position, statements)
            stream._first()
        except BaseException:
            stream.close()
            raise
        return stream

    # Starting.

    def _negotiate(self, position: FilePosition | MySqlGtidSet | MariaDbGtidSet, heartbeat: float, replica: str) -> None:
        session = self._session
        if isinstance(position, MySqlGtidSet if session.mariadb else MariaDbGtidSet):
            kind = "a MariaDB" if session.mariadb else "a MySQL"
            raise ConnectError(f"{_DOING}: the other family's GTIDs mean nothing to {kind} server; {session.address}")
        nanoseconds = int(heartbeat * 1e9)
        prefixes = ("master",) if session.mariadb else ("source", "master")
        wishes: list[str] = []
        for prefix in prefixes:
            wishes.append(f"@{prefix}_binlog_checksum = @@GLOBAL.binlog_checksum")
            wishes.append(f"@{prefix}_heartbeat_period = {nanoseconds}")
        if replica:
            wishes += [f"@{name}_uuid = {quote_value(replica)}" for name in ("slave", "replica")]
        if session.mariadb:
            wishes += ["@mariadb_slave_capability = 4", "@slave_gtid_strict_mode = 0", "@slave_gtid_ignore_duplicates = 0"]
            if isinstance(position, MariaDbGtidSet):
                wishes.append(f"@slave_connect_state = {quote_value(str(position))}")
        session.execute("SET " + ", ".join(wishes), doing="preparing to read the binary log")

    def _register(self, host: str) -> None:
        name = host.encode()[:60]
        payload = struct.pack("<BI", _COM_REGISTER_SLAVE, self._server_id) + bytes([len(name)]) + name + b"\0\0" \
            + struct.pack("<HII", 0, 0, 0)
        doing = f"registering as replica {self._server_id}"
        self._channel.command(payload, doing, _SEND_TIMEOUT)
        answer = self._channel.read(doing, time.monotonic() + _FIRST_ANSWER)
        if answer is None:
            raise self._channel.lost(doing, f"no answer within {_FIRST_ANSWER:g} s")
        try:
            if answer[:1] == b"\xff":
                error = parse_error(answer)
                text = error.text
                if error.number == 1045:
                    text += "; the user lacks the right REPLICATION SLAVE"
                raise failure(error.number, text, doing, str(self._session.address))
            parse_ok(answer)
        except ValueError as e:
            raise self._channel.lost(doing, f"what came makes no sense: {e}") from None

    def _request(self, position: FilePosition | MySqlGtidSet | MariaDbGtidSet, statements: bool) -> None:
        session = self._session
        if session.mariadb:
            flags = _ANNOTATE_ROWS if statements else 0
        else:
            flags = _HEARTBEAT_V2 if session.version >= (8, 0, 26) else 0
        if isinstance(position, MySqlGtidSet):
            gtids = position.encode()
            payload = struct.pack("<BHII", _COM_BINLOG_DUMP_GTID, flags, self._server_id, 0) \
                + struct.pack("<QI", FIRST_EVENT, len(gtids)) + gtids
        else:
            if isinstance(position, MariaDbGtidSet):
                file, pos = "", FIRST_EVENT
            else:
                file, pos = position.file, FIRST_EVENT if self._skip_to else max(position.pos, FIRST_EVENT)
            payload = struct.pack("<BIHI", _COM_BINLOG_DUMP, pos, flags, self._server_id) + file.encode()
        self._channel.command(payload, _DOING, _SEND_TIMEOUT)

    def _first(self) -> None:
        """Wait for the first event, which comes at once, so that a refusal is told by the start. A server that has to look
        through many files first is left in peace."""
        deadline = self._clock() + _FIRST_ANSWER
        while not self._held and self._error is None and self._clock() < deadline:
            self._held = self._gulp(0.5)
        if self._error is not None and not self._held:
            raise self._error
        self._heard = self._clock()

    # Reading.

    def read(self, wait: float) -> list[bytes]:
        """Events as they are in the log, header first, in order; waits for the first at most ``wait`` seconds. A gulp ends at
        GULP_BYTES or GULP_EVENTS, whichever comes first; an event of several packets is one.

        Raises ConnectionLost when the connection broke, the server ended the dump in passing (it stops, the connection was
        killed) or was silent for too long; DumpRefused when it refuses to go on; Stopped. What came before is given first.
        """
        if self._unwatched:
            # Nobody looked in the meantime, so nothing is known of a silence.
            self._unwatched = False
            self._heard = self._clock()
        if self._held:
            held, self._held = self._held, []
            return held
        if self._error is not None:
            raise self._error
        self._pace.keep()
        events = self._gulp(wait)
        now = self._clock()
        if events:
            self.caught_up = len(events) < 2 * FEW
            self._heard = now
            self._pace.took(len(events))
            return events
        if self._error is not None:
            raise self._error
        if self._silence_limit is not None and now - self._heard > self._silence_limit:
            raise ConnectionLost(
                f"{_DOING}: nothing came from the server for {self._silence_limit:g} s, not even a heartbeat; the connection is "
                f"taken for dead; {self._session.address}. To do: look for a firewall or a frozen server between")
        return events

    def _gulp(self, wait: float) -> list[bytes]:
        """What is there, or what comes first. An error is kept for the next call."""
        channel, buffer = self._channel, self._channel.buffer
        events: list[bytes] = []
        left = self._gulp_bytes
        deadline = self._clock() + wait
        try:
            while True:
                if self._skip_to:
                    left -= self._take_skipping(events, left)
                    if self._skip_to and self._clock() > deadline:
                        return events
                else:
                    left -= channel.take(events, left, self._gulp_events, _DOING, marked=True)
                if buffer.special is not None:
                    self._error = self._ended(buffer.special)
                    return events
                if left <= 0 or len(events) >= self._gulp_events or (channel.drained and 0 < len(events) < FEW):
                    return events
                if not channel.receive(_DOING):
                    if events:
                        return events
                    patience = deadline - self._clock()
                    if patience <= 0 or not channel.wait(patience):
                        return events
        except Stopped:
            if not events:
                raise
        except ConnectionLost as e:
            self._error = e
        return events

    def _take_skipping(self, events: list[bytes], max_bytes: int) -> int:
        new: list[bytes] = []
        self._channel.take(new, max_bytes, self._gulp_events - len(events), _DOING, marked=True)
        if new:
            self._heard = self._clock()
            self._skip(new)
            events += new
        return sum(map(len, new))

    def _skip(self, events: list[bytes]) -> None:
        """Drop what lies before the position that was asked for, keeping what describes the file and the connection.

        Of the positions in the events only the low 32 bits are there; the file is followed from its start.
        """
        kept: list[bytes] = []
        for at, event in enumerate(events):
            if self._passed >= self._skip_to:
                self._skip_to = 0
                kept += events[at:]
                break
            _, kind, _, size, end, flags = _HEADER.unpack_from(event) if len(event) >= _HEADER.size else (0, 0, 0, 0, 0, 0)
            if kind in _HEARTBEATS or flags & _ARTIFICIAL or not end:
                kept.append(event)
                continue
            self._passed += (end - self._passed) & 0xFFFFFFFF
            if kind == _DESCRIPTION or self._passed - size >= self._skip_to:
                kept.append(event)
            elif self._passed > self._skip_to:
                raise ConnectError(
                    f"{_DOING}: the stored position {self._skip_to} is inside an event of the file, which ends at "
                    f"{self._passed}; {self._session.address}. To do: correct the offset")
            elif kind == _ROTATE and self._passed < self._skip_to:
                raise ConnectError(
                    f"{_DOING}: the file ends at {self._passed}, the stored position is {self._skip_to}; "
                    f"{self._session.address}. To do: correct the offset, or set snapshot.mode=when_needed")
        events[:] = kept

    def _ended(self, payload: bytes) -> ConnectionLost | DatabaseError:
        where = str(self._session.address)
        self._channel.broken = True
        if payload[:1] == b"\xff":
            try:
                error = parse_error(payload)
            except ValueError:
                return failure(0, "the server ended the dump", _DOING, where)
            return dump_failure(error.number, error.text, _DOING, where, self._server_id)
        return failure(0, "the server ended the dump", _DOING, where)

    def keepalive(self) -> None:
        """While nobody reads: remember it, so that the silence is not taken for the server's."""
        self._unwatched = True

    def close(self, by: Session | None = None) -> None:
        """Close the connection. The server notices at its next event or heartbeat; ``by``, another session of the same user, ends
        its side at once. Errors there are passed over."""
        self._channel.close()
        self._session.close()
        if by is not None:
            end_dump(by, self.thread_id)


def end_dump(session: Session, thread_id: int) -> bool:
    """End a dump of the same user that was left behind on the server; whether there was one. A number that now belongs to
    something else is left alone."""
    try:
        rows = session.records("SHOW PROCESSLIST", doing="looking for a dump that was left behind")
        if not any(r["id"] == str(thread_id) and (r["command"] or "").startswith("Binlog Dump") for r in rows):
            return False
        session.execute(f"KILL {thread_id}", doing="ending a dump that was left behind")
    except (ConnectionLost, DatabaseError):
        return False
    return True
