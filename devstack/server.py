"""What every server has in common: a folder, ports, a process, and the way from stopped to answering and back.

A server is a subclass in a module of its own that says how it is installed, prepared, started, asked whether it answers,
and what clients need to know. Everything else is here, so a new server is a short module and a line in `stack.py`.

The folder of a server holds `server.json` (its ports, settings and process), `server.log` and its data. All state is on
disk: any later command, in any process, finds the server again.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import ClassVar

from devstack import process as processes
from devstack.cache import locked
from devstack.errors import DevstackError
from devstack.ports import HOST, find_free_port, is_free
from devstack.process import Launch, ProcessId
from devstack.progress import Progress

__all__ = ["Record", "Server"]


@dataclass(slots=True)
class Record:
    """What is remembered about a server between commands."""

    ports: dict[str, int] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    process: ProcessId | None = None

    def to_json(self) -> str:
        """As it is written to server.json."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Record:
        """The opposite of `to_json`."""
        raw = json.loads(text)
        known = raw.get("process")
        return cls(ports=raw["ports"], settings=raw["settings"], process=ProcessId(**known) if known else None)


class Server(ABC):
    """One server of a stack. Safe to use from several threads and processes: every change holds the folder's lock."""

    PORTS: ClassVar[tuple[str, ...]] = ("client",)
    """The ports it listens on; the first is the one that clients use."""
    START_SECONDS: ClassVar[float] = 120.0
    STOP_SIGNALS: ClassVar[tuple[tuple[signal.Signals, float], ...]] = ((signal.SIGTERM, 20.0),)

    def __init__(self, name: str, folder: Path, progress: Progress, cancelled: threading.Event | None = None) -> None:
        """Nothing is started or written here; what an earlier command recorded in `folder` is read."""
        self.name = name
        self.folder = folder
        self.progress = progress
        self._cancelled = cancelled if cancelled is not None else threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._record = Record()
        self._load()

    # What a server says about itself.

    @property
    @abstractmethod
    def version(self) -> str:
        """The version of the server's software."""

    @abstractmethod
    def install(self) -> None:
        """Makes sure that the software is in the cache."""

    @abstractmethod
    def prepare(self) -> None:
        """Writes the configuration, and the first data if there is none. Runs before every start, when stopped."""

    @abstractmethod
    def plan(self) -> Launch:
        """The program to start."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether the server answers a real request now. May raise OSError for "no"."""

    @property
    @abstractmethod
    def address(self) -> str:
        """Where clients find it, as a person would write it down."""

    @abstractmethod
    def exports(self) -> dict[str, str]:
        """Environment variables for programs that use this server."""

    def after_orderly_stop(self) -> None:
        """Called when it has ended by itself on its first stop signal; most servers have nothing to do."""
        return

    def wipe(self) -> None:
        """Deletes data and configuration of the stopped server; the log stays."""
        for entry in self.folder.iterdir() if self.folder.exists() else ():
            if entry in (self.log, self._lock_file):
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    # What all servers do.

    @property
    def log(self) -> Path:
        """Everything the server printed, over all its starts."""
        return self.folder / "server.log"

    @property
    def port(self) -> int:
        """The port for clients."""
        return self.port_of(self.PORTS[0])

    @property
    def known_ports(self) -> set[int]:
        """All ports that are fixed already."""
        return set(self._record.ports.values())

    def port_of(self, purpose: str) -> int:
        """The port for one of `PORTS`."""
        try:
            return self._record.ports[purpose]
        except KeyError:
            raise DevstackError(f"{self.name} has no ports yet: it was never started here") from None

    @property
    def settings(self) -> Mapping[str, str]:
        """Extra settings, in the server's own words."""
        return self._record.settings

    @property
    def exists(self) -> bool:
        """Whether it was ever configured in this folder."""
        return bool(self._record.ports)

    @property
    def process(self) -> ProcessId | None:
        """The running process; None when it does not run."""
        self._load()
        if self._child is not None:
            self._child.poll()  # a child that has ended is a zombie until its parent asks
        known = self._record.process
        return known if known is not None and processes.is_running(known) else None

    @property
    def state(self) -> str:
        """ "ready", "silent" (it runs but does not answer) or "stopped"."""
        if self.process is None:
            return "stopped"
        try:
            return "ready" if self.is_ready() else "silent"
        except OSError:
            return "silent"

    def configure(
        self,
        ports: Mapping[str, int] | None = None,
        settings: Mapping[str, str] | None = None,
        avoid: set[int] | None = None,
    ) -> None:
        """Fixes ports and settings for the next start, which keeps what is not given here.

        A port that was never given is chosen, none of `avoid`, and added to it.
        """
        with self._locked():
            self._configure(ports or {}, settings or {}, avoid if avoid is not None else set())

    def _configure(self, ports: Mapping[str, int], settings: Mapping[str, str], avoid: set[int]) -> None:
        running = self.process
        chosen = dict(self._record.ports)
        for purpose, port in ports.items():
            if purpose not in self.PORTS:
                raise DevstackError(f"{self.name} has no port {purpose!r}; it has: {', '.join(self.PORTS)}")
            chosen[purpose] = port
        for purpose in self.PORTS:
            if purpose not in chosen:
                chosen[purpose] = find_free_port(avoid)
            avoid.add(chosen[purpose])
        merged = {**self._record.settings, **settings}
        if running is not None and (chosen != self._record.ports or merged != self._record.settings):
            raise DevstackError(f"{self.name} runs already with other ports or settings; stop it first")
        self._record.ports, self._record.settings = chosen, merged
        self._save()

    def start(self) -> None:
        """Starts it, on the ports and with the data it had, and returns when it answers. Nothing to do if it runs."""
        with self._locked():
            if self.process is not None:
                return
            if not self.exists:
                self._configure({}, {}, set())
            self.install()
            self.prepare()
            for purpose, port in self._record.ports.items():
                if not is_free(port):
                    raise DevstackError(f"port {port} on {HOST}, wanted by {self.name} ({purpose}), is taken")
            began = time.monotonic()
            with self.progress.ticking(self.name, f"starting {self.version}"):
                self._record.process, self._child = processes.launch(self.plan(), self.log)
                self._save()
                try:
                    self._wait_until_ready()
                except BaseException:
                    self._kill_now()
                    raise
            self.progress.say(self.name, f"ready on {self.address} after {time.monotonic() - began:.1f} s")

    def stop(self) -> None:
        """Stops it in an orderly way and returns when all its processes are gone; the data stay."""
        with self._locked():
            running = self.process
            if running is None:
                return
            with self.progress.ticking(self.name, "stopping"):
                orderly = processes.stop(running, self.STOP_SIGNALS)
                self._forget()
                if orderly:
                    self.after_orderly_stop()
            self.progress.say(self.name, "stopped")

    def kill(self) -> None:
        """Ends it as a power cut would: SIGKILL to the server and to all its children at once."""
        with self._locked():
            self._kill_now()

    def restart(self) -> None:
        """Stops and starts it: same ports, same data."""
        self.stop()
        self.start()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + self.START_SECONDS
        while True:
            if self.process is None:
                raise DevstackError(f"{self.name} ended while starting; its last words:\n{self._last_words()}")
            try:
                if self.is_ready():
                    return
            except OSError:
                pass
            if self._cancelled.is_set():
                raise DevstackError(f"starting {self.name} was called off")
            if time.monotonic() >= deadline:
                raise DevstackError(
                    f"{self.name} does not answer after {self.START_SECONDS:.0f} s; its last words:\n{self._last_words()}"
                )
            time.sleep(0.05)

    def _last_words(self) -> str:
        lines = processes.tail(self.log, 20)
        return f"{lines}\n(the whole log: {self.log})"

    @property
    def _record_file(self) -> Path:
        return self.folder / "server.json"

    @property
    def _lock_file(self) -> Path:
        return self.folder / ".lock"

    def _locked(self) -> AbstractContextManager[None]:
        return locked(self._lock_file, lambda: self.progress.say(self.name, "waiting for another command"))

    def _load(self) -> None:
        if self._record_file.exists():
            self._record = Record.from_json(self._record_file.read_text())

    def _save(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self._record_file.with_suffix(".new")
        draft.write_text(self._record.to_json())
        draft.replace(self._record_file)

    def _kill_now(self) -> None:
        running = self.process
        if running is not None:
            processes.kill(processes.with_descendants(running))
        self._forget()

    def _forget(self) -> None:
        if self._child is not None:
            self._child.wait()
            self._child = None
        self._record.process = None
        self._save()
