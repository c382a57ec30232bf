"""A TCP proxy that a test can freeze or cut: faults of the network, injected."""

from __future__ import annotations

import select
import socket
import threading
from types import TracebackType
from typing import Self


class Proxy:
    """Forwards to ``target``, (host, port), which may be changed for connections to come. ``freeze`` stops forwarding and keeps
    every connection open; ``cut`` resets them all."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._forgotten: list[tuple[socket.socket, socket.socket]] = []
        self._frozen = False
        self._closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def freeze(self) -> None:
        self._frozen = True

    def thaw(self) -> None:
        self._frozen = False

    def cut(self) -> None:
        with self._lock:
            for pair in self._pairs:
                for one in pair:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    one.close()
            self._pairs.clear()

    def cut_silently(self) -> None:
        """Forget every connection; neither end is told."""
        with self._lock:
            self._forgotten += self._pairs
            self._pairs = []

    def _run(self) -> None:
        while not self._closed:
            with self._lock:
                routes = {a: b for pair in self._pairs for a, b in (pair, pair[::-1])}
            watched = [self._listener, *([] if self._frozen else routes)]
            try:
                ready, _, _ = select.select(watched, [], [], 0.05)
            except (OSError, ValueError):
                continue
            for one in ready:
                if one is self._listener:
                    self._accept()
                else:
                    self._forward(one, routes[one])

    def _accept(self) -> None:
        try:
            near, _ = self._listener.accept()
        except OSError:
            return
        try:
            far = socket.create_connection(self.target)
        except OSError:
            near.close()
            return
        with self._lock:
            self._pairs.append((near, far))

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        try:
            data = source.recv(65536)
            if data:
                target.sendall(data)
                return
        except OSError:
            pass
        with self._lock:
            self._pairs = [p for p in self._pairs if source not in p]
        source.close()
        target.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._closed = True
        self._thread.join(5)
        self._listener.close()
        with self._lock:
            for pair in self._pairs + self._forgotten:
                for one in pair:
                    one.close()
