"""The REST API on open sockets, served in the worker's event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import uvicorn

from connect.api.errors import ConfigError
from connect.cli.listening import Listening

__all__ = ["RestServer"]


class _Server(uvicorn.Server):
    """Leaves signals to the worker, which has tasks to stop first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class RestServer:
    """Serves one application on several listeners."""

    def __init__(self, app: Any, listening: Sequence[Listening], props: Mapping[str, str]) -> None:
        """``props``: the worker's, for ``listeners.https.*``. Raises ConfigError when a key or certificate is missing."""
        logging.getLogger("uvicorn").setLevel(logging.WARNING)
        self._servers: list[tuple[_Server, Listening]] = []
        for at in listening:
            tls = tls_of(props) if at.listener.protocol == "https" else {}
            config = uvicorn.Config(
                app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=5, server_header=False, **tls
            )
            self._servers.append((_Server(config), at))
        self._work: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Serve; returns when every listener answers."""
        self._work = [
            asyncio.create_task(server.serve(sockets=[at.socket]), name=f"rest {at}") for server, at in self._servers
        ]
        while not all(server.started for server, _ in self._servers):
            for work in self._work:
                if work.done():
                    work.result()
                    raise RuntimeError(f"the server of {work.get_name()} ended while starting")
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Finish what is being answered, some seconds at most, and close."""
        for server, _ in self._servers:
            server.should_exit = True
        await asyncio.gather(*self._work, return_exceptions=True)


def tls_of(props: Mapping[str, str]) -> dict[str, Any]:
    """uvicorn's TLS settings from ``listeners.https.ssl.*`` (or ``ssl.*`` when there is none). Raises ConfigError."""
    prefix = "listeners.https." if any(k.startswith("listeners.https.") for k in props) else ""

    def get(name: str) -> str | None:
        return props.get(f"{prefix}ssl.{name}")

    location, kind = get("keystore.location"), (get("keystore.type") or "JKS").upper()
    key = f"{prefix}ssl.keystore.location"
    if not location:
        raise ConfigError({key: [
            f"Missing required configuration {key}: an https listener needs a PEM file with key and certificate"
        ]})
    if kind != "PEM":
        raise ConfigError({f"{prefix}ssl.keystore.type": [
            f"Invalid value {kind} for configuration {prefix}ssl.keystore.type: only PEM can be read; convert the store with "
            "openssl or keytool"
        ]})
    if not Path(location).is_file():
        raise ConfigError({key: [f"Invalid value {location} for configuration {key}: there is no such file"]})
    settings: dict[str, Any] = {"ssl_certfile": location, "ssl_keyfile": location}
    if password := get("key.password") or get("keystore.password"):
        settings["ssl_keyfile_password"] = password
    client = (get("client.auth") or "none").lower()
    if client != "none":
        trust = get("truststore.location")
        if not trust:
            name = f"{prefix}ssl.truststore.location"
            raise ConfigError({name: [
                f"Missing required configuration {name}: ssl.client.auth={client} needs a PEM file of authorities"
            ]})
        settings |= {"ssl_ca_certs": trust, "ssl_cert_reqs": 2 if client == "required" else 1}
    return settings
