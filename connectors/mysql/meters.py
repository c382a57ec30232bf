"""How far a task is behind the end of the server's log."""

from __future__ import annotations

import time
from typing import Final

from connect.api.context import TaskContext
from connectors.mysql.failures import DatabaseError
from connectors.mysql.server import log_position
from connectors.mysql.session import Session
from connectors.mysql.stream import FilePosition

__all__ = ["LogMeter"]

_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 5.0
_REST_SECONDS: Final = 60.0


class LogMeter:
    """Tells the runtime, every five seconds at most. One thread."""

    def __init__(self, context: TaskContext) -> None:
        self._context = context
        self._at = 0.0
        self._denied = False

    def due(self) -> bool:
        """Whether it is time; says so once."""
        now = time.monotonic()
        if now - self._at < _SECONDS:
            return False
        self._at = now
        return True

    def rest(self) -> None:
        """The server did not answer: it is left in peace for a minute."""
        self._at = time.monotonic() + _REST_SECONDS

    def seconds(self, lag: float) -> None:
        """From the last change's commit to its reading."""
        self._context.metric("lag_seconds", lag)

    def bytes(self, session: Session, read: FilePosition) -> None:
        """From what was read to where the server writes. Nothing when the user may not see it. Raises ConnectionLost."""
        if self._denied:
            return
        usual, session.timeout = session.timeout, _ANSWER_SECONDS
        try:
            end = log_position(session)
            if end is None:
                return
            lag = end.pos - read.pos
            if end.file != read.file:
                files = session.records("SHOW BINARY LOGS", doing="reading the list of the log's files")
                sizes = {r["log_name"] or "": int(r["file_size"] or 0) for r in files}
                names = list(sizes)
                if read.file not in sizes or end.file not in sizes:
                    return
                between = names[names.index(read.file):names.index(end.file)]
                lag = sum(sizes[n] for n in between) - read.pos + end.pos
        except DatabaseError:
            self._denied = True
            return
        finally:
            session.timeout = usual
        self._context.metric("source_lag_bytes", float(max(0, lag)))
