"""Rows of a SELECT as the bytes that were sent, while they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from connectors.mysql.failures import ConnectionLost
from connectors.mysql.packets import ColumnInfo, is_end

if TYPE_CHECKING:
    from connectors.mysql.session import Session

__all__ = ["RawRows", "Refused"]

_GULP_BYTES: Final = 1 << 20
_GULP_ROWS: Final = 4096


class Refused(Exception):
    """The server answered a statement with ``error``."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class RawRows:
    """The rows of one SELECT, while they come. Iterate, or :meth:`read` in gulps; then it is over, or :meth:`close` it."""

    def __init__(self, session: Session, doing: str) -> None:
        self._session = session
        self._doing = doing
        self._begun = self._ended = False
        self._error: Exception | None = None
        self.columns: Sequence[ColumnInfo] = ()
        """What the server says of the columns, once it has."""

    def begin(self) -> None:
        """Wait for the description of the columns. Raises what Session.query raises."""
        session, doing = self._session, self._doing
        try:
            described, _ = session.head(doing, None, None, False)
        except Refused as e:
            self._finish()
            raise e.error from None
        except ValueError as e:
            self._finish()
            raise session.channel.lost(doing, f"what came makes no sense: {e}") from None
        except BaseException:
            self._finish()
            session.cancel()
            raise
        self._begun = True
        if described is None:
            self._finish()
        else:
            self.columns = described

    def read(self, max_rows: int = _GULP_ROWS, max_bytes: int = _GULP_BYTES) -> list[bytes]:
        """The next rows in order, as soon as there are some; [] once all were read. Rows that came before an error are given
        first. Raises DatabaseError, ConnectionLost, Stopped."""
        while (rows := self.read_within(60.0, max_rows, max_bytes)) is None:
            pass
        return rows

    def read_within(self, seconds: float, max_rows: int = _GULP_ROWS, max_bytes: int = _GULP_BYTES) -> list[bytes] | None:
        """The same, and None when none came within about so many seconds."""
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        if self._ended:
            return []
        channel, doing = self._session.channel, self._doing
        rows: list[bytes] = []
        try:
            if not self._begun and not channel.wait(seconds):
                return None
        except BaseException:
            self._finish()
            self._session.cancel()
            raise
        if not self._begun:
            self.begin()
            if self._ended:
                return []
        try:
            left = max_bytes
            while True:
                left -= channel.take(rows, left, max_rows, doing)
                if rows and self._over(rows):
                    break
                if len(rows) >= max_rows or left <= 0:
                    return rows
                if not channel.receive(doing):
                    if rows:
                        return rows
                    if not channel.wait(seconds):
                        return None
        except ConnectionLost as e:
            self._finish()
            if not rows:
                raise
            self._error = e
            return rows
        except BaseException:
            self._finish()
            self._session.cancel()
            raise
        self._finish()
        if not rows and self._error is not None:
            error, self._error = self._error, None
            raise error
        return rows

    def _over(self, rows: list[bytes]) -> bool:
        """Whether the newest packet is the end, or an error; it is taken away then. The server sends nothing after it."""
        last = rows[-1]
        if is_end(last):
            rows.pop()
            return True
        if last[:1] == b"\xff":
            rows.pop()
            self._error = self._session.error_of(last, self._doing)
            return True
        return False

    def _finish(self) -> None:
        self._ended = True
        self._session.rows = None

    def __iter__(self) -> Iterator[bytes]:
        while rows := self.read():
            yield from rows

    def close(self) -> None:
        """Leave the rest unread: the statement is ended on the server, and the connection closed, as it cannot be used then."""
        if not self._ended:
            self._finish()
            self._session.cancel()
