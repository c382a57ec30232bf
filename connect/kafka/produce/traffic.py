"""The sockets of a producer: what can be read or written, what is overdue, which connection has come to its end."""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections.abc import Callable, Sequence

from connect.kafka.produce.connection import Connection, Handler
from connect.kafka.produce.links import Link, Links
from connect.kafka.produce.protocol import ProtocolError
from connect.kafka.produce.settings import ProducerSettings

__all__ = ["Ready", "Traffic"]

Ready = list[tuple[selectors.SelectorKey, int]]
"""What :meth:`Traffic.wait` found."""


class Traffic:
    """Requests out, answers in, over all links. Used by one thread at a time, but for :meth:`wake`, and :meth:`wait`, which may
    go on while another one uses the rest. ``trouble`` is told why a link failed, ``doubt`` that one was lost."""

    def __init__(self, settings: ProducerSettings, client_id: str, trouble: Callable[[str], None],
                 doubt: Callable[[float], None]) -> None:
        self._settings = settings
        self._doubt = doubt
        self.links = Links(client_id, settings.connect_timeout, settings.reconnect, settings.reconnect_most, self.wake, trouble)
        self.listening = True
        """Whether answers end a :meth:`wait`; else they lie there until :meth:`look`."""
        self._selector = selectors.DefaultSelector()
        self._watched: dict[Connection, int] = {}
        self._ear, self._mouth = socket.socketpair()
        self._ear.setblocking(False)
        self._mouth.setblocking(False)
        self._selector.register(self._ear, selectors.EVENT_READ)

    def wake(self) -> None:
        """End the wait of whoever is in it, or the next one."""
        with contextlib.suppress(OSError):
            self._mouth.send(b"\0")

    def opened(self, now: float) -> None:
        """Take over connections that have been opened."""
        for link in self.links.opened(now):
            self._watch(link)

    def overdue(self, now: float, due: list[float]) -> None:
        """Give up connections whose answer does not come; when to look again is appended to ``due``."""
        for link in list(self.links):
            deadline = link.connection.deadline() if link.connection is not None else None
            if deadline is None:
                continue
            if deadline <= now:
                self._lost(link, f"no answer for {self._settings.request_timeout:g} s")
            else:
                due.append(deadline)

    def request(self, link: Link, connection: Connection, number: int, pieces: Sequence[bytes], handler: Handler,
                more: float = 0.0) -> None:
        """Send a request whose answer is overdue after the time-out and so many seconds more."""
        try:
            connection.send(number, pieces, time.monotonic() + self._settings.request_timeout + more, handler)
            self._watch(link)
        except OSError as e:
            self._lost(link, str(e))

    def listen(self, listening: bool) -> None:
        """Whether answers end a wait from now on."""
        if listening != self.listening:
            self.listening = listening
            for link in self.links:
                self._watch(link)

    def wait(self, seconds: float) -> Ready:
        """Wait until something is ready, for so long at most."""
        return self._selector.select(seconds)

    def serve(self, ready: Ready) -> None:
        """Read and write what is ready; handlers are called."""
        for key, events in ready:
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    self._ear.recv(4096)
            else:
                self._serve(key.data, events)

    def look(self, idle: bool = False) -> None:
        """Read what has come meanwhile to connections that are not listened to; with ``idle`` also to those of which nothing is
        asked, which may have been closed."""
        if not self.listening:
            for link in list(self.links):
                if link.connection is not None and (idle or link.connection.asked):
                    self._serve(link, selectors.EVENT_READ)

    def close(self) -> None:
        """Close everything: nothing can be used afterwards."""
        self.links.close()
        self._selector.close()
        self._ear.close()
        self._mouth.close()

    def _serve(self, link: Link, events: int) -> None:
        connection = link.connection
        if connection is None:
            return
        try:
            if events & selectors.EVENT_READ:
                connection.read()
            if events & selectors.EVENT_WRITE:
                connection.write()
            self._watch(link)
        except (OSError, ProtocolError) as e:
            self._lost(link, str(e))

    def _watch(self, link: Link) -> None:
        connection = link.connection
        if connection is None:
            return
        wanted = selectors.EVENT_READ if self.listening else 0
        if connection.wants_write:
            wanted = selectors.EVENT_READ | selectors.EVENT_WRITE
        had = self._watched.get(connection, 0)
        if had == wanted:
            return
        self._watched[connection] = wanted
        if not had:
            self._selector.register(connection.sock, wanted, link)
        elif not wanted:
            self._selector.unregister(connection.sock)
        else:
            self._selector.modify(connection.sock, wanted, link)

    def _lost(self, link: Link, why: str) -> None:
        connection = link.connection
        if connection is not None and self._watched.pop(connection, 0):
            self._selector.unregister(connection.sock)
        now = time.monotonic()
        self._doubt(now)
        self.links.lost(link, now, why)
