"""Connections to brokers by address: opened in the background, tried again with back-off."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial

from connect.kafka.produce.connection import Connection, open_connection

__all__ = ["Address", "Link", "Links"]

Address = tuple[str, int]


class Link:
    """One address. ``connection`` is None while there is none."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.connection: Connection | None = None
        self.opening = False
        self.sock: socket.socket | None = None
        """What is being opened."""
        self.failures = 0
        self.not_before = 0.0


class Links:
    """All addresses. Used by one thread, but for what opens connections; ``wake`` is called there when one is open or failed,
    ``trouble`` by :meth:`opened` with what failed."""

    def __init__(self, client_id: str, timeout: float, backoff: float, most: float, wake: Callable[[], None],
                 trouble: Callable[[str], None]) -> None:
        self._client_id = client_id
        self._timeout, self._backoff, self._most = timeout, backoff, most
        self._wake, self._trouble = wake, trouble
        self._links: dict[Address, Link] = {}
        self._ready: deque[tuple[Link, Connection | Exception]] = deque()
        self._closed = False

    def __iter__(self) -> Iterator[Link]:
        return iter(self._links.values())

    def to(self, address: Address) -> Link:
        """The link to an address, perhaps without a connection."""
        link = self._links.get(address)
        if link is None:
            link = self._links[address] = Link(address)
        return link

    def open(self, link: Link, now: float) -> None:
        """See to it that there will be a connection."""
        if link.connection is None and not link.opening and now >= link.not_before:
            link.opening = True
            threading.Thread(target=self._connect, args=(link,), name=f"kafka-connect-{link.address[0]}", daemon=True).start()

    def _connect(self, link: Link) -> None:
        result: Connection | Exception
        try:
            result = open_connection(*link.address, self._timeout, self._client_id, partial(self._began, link))
        except Exception as e:  # noqa: BLE001 - an address may be no address at all (UnicodeError, OverflowError)
            result = e
        self._ready.append((link, result))
        if self._closed and isinstance(result, Connection):
            result.close()
        self._wake()

    def _began(self, link: Link, sock: socket.socket) -> None:
        link.sock = sock
        if self._closed:
            raise ConnectionError("not wanted any more")

    def opened(self, now: float) -> list[Link]:
        """Links whose connection has been opened since the last call. Failed ones wait for their next try."""
        found = []
        while self._ready:
            link, result = self._ready.popleft()
            link.opening, link.sock = False, None
            if isinstance(result, Connection):
                link.connection, link.failures = result, 0
                found.append(link)
            else:
                self._failed(link, now)
                self._trouble(f"{link.address[0]}:{link.address[1]}: {result}")
        return found

    def lost(self, link: Link, now: float, why: str) -> None:
        """The link's connection is at its end; its requests are told. One that nothing was asked of is closed as idle: no
        trouble."""
        connection, link.connection = link.connection, None
        self._failed(link, now)
        if connection is None or connection.asked:
            self._trouble(f"{link.address[0]}:{link.address[1]}: {why}")
        if connection is not None:
            connection.close()

    def _failed(self, link: Link, now: float) -> None:
        delay = min(self._most, self._backoff * 2.0 ** min(link.failures, 16))
        link.failures += 1
        link.not_before = now + delay * random.uniform(0.8, 1.2)

    def close(self) -> None:
        """Close all."""
        self._closed = True
        for link in self._links.values():
            if link.connection is not None:
                link.connection.close()
                link.connection = None
            if link.sock is not None:
                # The thread that waits for its answer ends; it closes it.
                with contextlib.suppress(OSError):
                    link.sock.shutdown(socket.SHUT_RDWR)
        while self._ready:
            _, result = self._ready.popleft()
            if isinstance(result, Connection):
                result.close()
