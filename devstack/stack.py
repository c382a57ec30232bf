"""Several servers together: the Python side of the devstack, for tests and benchmarks.

    with Stack(["kafka", "registry", "postgres"]) as stack:
        use(stack.kafka.bootstrap, stack.registry.url, stack.postgres.dsn)
        stack.postgres.restart()

All servers start at once. Every server is also an object of its own with start, stop, kill and restart, which keep its
ports and its data.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from devstack import process as processes
from devstack.errors import DevstackError
from devstack.guard import start_guard
from devstack.kafka import Kafka
from devstack.mysql import MariaDb, MySql
from devstack.postgres import Postgres, Postgres15
from devstack.process import ProcessId
from devstack.progress import Progress
from devstack.registry import Registry
from devstack.server import Server

__all__ = ["SERVERS", "Stack"]

SERVERS: dict[str, type[Server]] = {
    "kafka": Kafka,
    "registry": Registry,
    "postgres": Postgres,
    "postgres15": Postgres15,
    "mysql": MySql,
    "mariadb": MariaDb,
}

S = TypeVar("S", bound=Server)


class Stack:
    """Servers that share a folder on disk."""

    def __init__(
        self,
        names: Iterable[str] | None = None,
        directory: Path | str | None = None,
        *,
        ports: Mapping[str, int] | None = None,
        settings: Mapping[str, Mapping[str, str]] | None = None,
        keep: bool = False,
        optional: Iterable[str] = (),
        progress: Progress | None = None,
    ) -> None:
        """Names the servers; nothing starts before `start` or `with`.

        `names` None: those that were ever started in `directory`. `directory` None: a temporary folder, deleted at the
        end of `with`. `ports`: {"kafka": 19092, "kafka.controller": 19093}; others are chosen. `settings`: extra
        settings by server, {"postgres": {"wal_sender_timeout": "5s"}}. `keep`: the end of `with` leaves the data.
        `optional`: servers to do without where they cannot be had or started; `missing` then says why.
        """
        self._temporary = directory is None
        if directory is None:
            directory = tempfile.mkdtemp(prefix="headgate-stack-")
            Path(directory).chmod(0o755)
        self.directory = Path(directory).absolute()
        self._keep = keep
        self._optional = frozenset(optional)
        self.missing: dict[str, str] = {}
        self._cancelled = threading.Event()
        self._guard: tuple[ProcessId, subprocess.Popen[bytes]] | None = None
        self._ports = dict(ports or {})
        self._settings = dict(settings or {})
        progress = progress if progress is not None else Progress(silent=True)
        self.servers: dict[str, Server] = {}
        for name in names if names is not None else self._found():
            if name not in SERVERS:
                raise DevstackError(f"there is no server {name!r}; there are: {', '.join(SERVERS)}")
            self.servers[name] = SERVERS[name](name, self.directory / name, progress, self._cancelled)

    def _found(self) -> list[str]:
        return [name for name in SERVERS if (self.directory / name / "server.json").exists()]

    @property
    def kafka(self) -> Kafka:
        """The Kafka broker."""
        return self._get("kafka", Kafka)

    @property
    def registry(self) -> Registry:
        """The schema registry."""
        return self._get("registry", Registry)

    @property
    def postgres(self) -> Postgres:
        """PostgreSQL, the newest major version."""
        return self._get("postgres", Postgres)

    @property
    def postgres15(self) -> Postgres15:
        """PostgreSQL 15."""
        return self._get("postgres15", Postgres15)

    @property
    def mysql(self) -> MySql:
        """MySQL, the newest version."""
        return self._get("mysql", MySql)

    @property
    def mariadb(self) -> MariaDb:
        """MariaDB 10.11."""
        return self._get("mariadb", MariaDb)

    def _get(self, name: str, kind: type[S]) -> S:
        server = self.servers.get(name)
        if not isinstance(server, kind):
            raise DevstackError(f"{name} is not part of this stack; it has: {', '.join(self.servers)}")
        return server

    def start(self) -> None:
        """Starts what does not run, all at once. If one cannot start, those that this call started are stopped."""
        self._cancelled.clear()
        self.missing.clear()
        self._configure()
        already = {name for name, server in self.servers.items() if server.process is not None}
        try:
            self._each(self._start, self.servers)
        except BaseException:
            self._cancelled.set()
            self._each(_stop, [name for name in self.servers if name not in already])
            raise

    def stop(self) -> None:
        """Stops all servers, all at once; data and ports are kept."""
        self._each(_stop, self.servers)

    def wipe(self) -> None:
        """Deletes the data of stopped servers; logs stay, unless the folder was temporary."""
        for server in self.servers.values():
            if server.process is not None:
                raise DevstackError(f"{server.name} runs; stop it before its data are deleted")
            server.wipe()
        if self._temporary:
            shutil.rmtree(self.directory, ignore_errors=True)

    def exports(self) -> dict[str, str]:
        """Environment variables with the addresses of all servers."""
        return {key: value for server in self.servers.values() for key, value in server.exports().items()}

    def _configure(self) -> None:
        by_server: dict[str, dict[str, int]] = {}
        for key, port in self._ports.items():
            name, _, purpose = key.partition(".")
            if name not in self.servers:
                raise DevstackError(f"a port is given for {name!r}, which is not among: {', '.join(self.servers)}")
            by_server.setdefault(name, {})[purpose or SERVERS[name].PORTS[0]] = port
        for name in self._settings:
            if name not in self.servers:
                raise DevstackError(f"a setting is given for {name!r}, which is not among: {', '.join(self.servers)}")
        avoid = set(self._ports.values()).union(*(server.known_ports for server in self.servers.values()))
        for name, server in self.servers.items():
            server.configure(by_server.get(name, {}), self._settings.get(name, {}), avoid)

    def _each(self, action: Callable[[Server], None], names: Iterable[str]) -> None:
        """Does something with several servers at once; the first error is raised after all have ended."""
        chosen = [self.servers[name] for name in names]
        if not chosen:
            return
        with ThreadPoolExecutor(len(chosen)) as pool:
            try:
                pending = [pool.submit(action, server) for server in chosen]
                for one in as_completed(pending):
                    one.result()
            except BaseException:
                self._cancelled.set()  # those that are still starting give up
                raise

    def _start(self, server: Server) -> None:
        try:
            server.start()
        except (DevstackError, OSError) as error:
            if server.name not in self._optional:
                raise
            self.missing[server.name] = str(error)

    def __enter__(self) -> Self:
        guard, child = start_guard(self.directory, delete=self._temporary)
        self._guard = (guard, child)
        try:
            self.start()
        except BaseException:
            self._end_guard()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        if not self._keep:
            self.wipe()
        self._end_guard()

    def _end_guard(self) -> None:
        if self._guard is not None:
            guard, child = self._guard
            processes.stop(guard, [(signal.SIGTERM, 5.0)])
            child.wait()
            (self.directory / "guard.log").unlink(missing_ok=True)
            self._guard = None


def _stop(server: Server) -> None:
    server.stop()
