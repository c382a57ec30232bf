"""One forked child as the worker sees it."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import signal
from collections.abc import Callable
from typing import Any

from connect.tasks.pipe import encode

__all__ = ["Process"]

_LINES = 10
_EXIT_WAIT = 2.0


class Process:
    """A child's number, its pipe, and how it ended."""

    def __init__(self, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid = pid
        self.reader = reader
        self._writer = writer
        self._status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.last_lines: collections.deque[str] = collections.deque(maxlen=_LINES)
        """Its last log lines."""

    def send(self, message: dict[str, Any]) -> None:
        """Send a command; nothing happens when the child is gone."""
        if not self._writer.is_closing():
            self._writer.write(encode(message))

    def remember(self, line: str) -> None:
        """Keep a log line for the trace of a sudden end."""
        self.last_lines.append(line[:2000])

    def exited(self, status: int) -> None:
        """The fork server says that it ended, with this code (minus the signal)."""
        if not self._status.done():
            self._status.set_result(status)

    async def ended(self, kill: Callable[[int], None]) -> int | None:
        """The exit status after the pipe ended; None when nobody knows it (the fork server died). A child that closed its
        pipe and lives on is killed."""
        for _ in range(2):
            try:
                return await asyncio.wait_for(asyncio.shield(self._status), _EXIT_WAIT)
            except TimeoutError:
                kill(self.pid)
        return None

    @staticmethod
    def how(status: int | None) -> str:
        """A status in words."""
        if status is None:
            return "how is not known"
        if status < 0:
            name = f"signal {-status}"
            with contextlib.suppress(ValueError):
                name = f"{signal.Signals(-status).name} ({name})"
            hint = "; killed from outside, perhaps for want of memory" if -status == signal.SIGKILL else ""
            return f"{name}{hint}"
        return f"exit code {status}"

    def close(self) -> None:
        """Close the pipe."""
        self._writer.close()
