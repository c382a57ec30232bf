"""The sockets a worker listens on, and the URL others reach it by."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from connect.api.errors import ConfigError, ConnectError
from connect.config.worker import Listener, WorkerConfig

__all__ = ["ListenError", "Listening", "advertised", "listen"]

_ANY = ("", "0.0.0.0", "::")


class ListenError(ConnectError):
    """A listener cannot be opened; says which and what to do."""


@dataclass(frozen=True, slots=True)
class Listening:
    """An open listener; ``port`` is the one the system gave when 0 was asked for."""

    listener: Listener
    socket: socket.socket

    @property
    def port(self) -> int:
        """The port in use."""
        return int(self.socket.getsockname()[1])

    def __str__(self) -> str:
        host = self.listener.host or "0.0.0.0"
        return f"{self.listener.protocol}://{f'[{host}]' if ':' in host else host}:{self.port}"


def listen(config: WorkerConfig) -> list[Listening]:
    """Open every listener of the configuration. Raises ListenError; then none stays open."""
    opened: list[Listening] = []
    for listener in config.listening():
        host = listener.host or "0.0.0.0"
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            server = socket.create_server((host, listener.port), family=family, backlog=128)
            # Connections inherit it. asyncio sets it only where the socket names its protocol, and this one does not: head and
            # body of an answer are two writes, and the second would wait 40 ms for the first one's acknowledgement.
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.append(Listening(listener, server))
        except OSError as e:
            for other in opened:
                other.socket.close()
            raise ListenError(
                f"cannot listen on {listener.protocol}://{host}:{listener.port}: {e.strerror or e}. "
                "Stop what uses the port, or set another in listeners"
            ) from e
    return opened


def advertised(config: WorkerConfig, open_: list[Listening]) -> str:
    """``scheme://host:port`` by which other workers and statuses name this worker. Raises ConfigError."""
    wanted = (config.rest_advertised_listener or "").lower()
    protocols = [x.listener.protocol for x in open_]
    protocol = wanted or ("http" if "http" in protocols else "https")
    if protocol not in protocols:
        raise ConfigError({"rest.advertised.listener": [
            f"Invalid value {protocol} for configuration rest.advertised.listener: no listener has it: {config.listeners}"
        ]})
    listening = open_[protocols.index(protocol)]
    host = config.rest_advertised_host_name or (
        socket.gethostname() if listening.listener.host in _ANY else listening.listener.host
    )
    return f"{protocol}://{host}:{config.rest_advertised_port or listening.port}"
