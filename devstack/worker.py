"""A Headgate worker on the servers of a stack: what the demo, the tests and the benchmarks start.

Unlike the servers it is the program under test, run from this checkout by the interpreter that asks for it.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from devstack import process as processes
from devstack.errors import DevstackError
from devstack.ports import HOST, find_free_port
from devstack.process import Launch, ProcessId

__all__ = ["WorkerProcess", "worker_properties"]

_STOP_SIGNALS = ((signal.SIGTERM, 30.0),)


def worker_properties(bootstrap: str, registry: str, port: int, group: str) -> dict[str, str]:
    """The properties of a worker for one broker, with Avro converters on that registry."""
    props = {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "listeners": f"http://{HOST}:{port}",
        "rest.advertised.host.name": HOST,
        "offset.flush.interval.ms": "1000",
    }
    for topic in ("config", "offset", "status"):
        props[f"{topic}.storage.topic"] = f"{group}-{topic}s"
        props[f"{topic}.storage.replication.factor"] = "1"
    for side in ("key", "value"):
        props[f"{side}.converter"] = "io.confluent.connect.avro.AvroConverter"
        props[f"{side}.converter.schema.registry.url"] = registry
    return props


class WorkerProcess:
    """One `headgate worker` process: start, stop, kill -9 and start again on the same port and topics."""

    def __init__(
        self,
        bootstrap: str,
        registry: str,
        folder: Path,
        *,
        group: str = "headgate",
        properties: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> None:
        """Nothing starts here. `properties` go over those of :func:`worker_properties`; `folder` keeps file and log."""
        self.port = port or find_free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.group = group
        self.folder = folder
        self.properties = {**worker_properties(bootstrap, registry, self.port, group), **(properties or {})}
        self.environment = dict(environment or {})
        self.process: ProcessId | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """Everything the worker printed, over all its starts."""
        return self.folder / "worker.log"

    def start(self, seconds: float = 60.0) -> Self:
        """Start and wait until `/health` says healthy."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "worker.properties"
        file.write_text("".join(f"{k}={v}\n" for k, v in self.properties.items()))
        command = [sys.executable, "-m", "connect.cli.main", "worker", str(file)]
        root = Path(__file__).resolve().parent.parent
        self.process, self._child = processes.launch(Launch(command, root, self.environment), self.log)
        child = self._child
        if not self._await_health(child, seconds):
            ended = child.poll()
            said = processes.tail(self.log)
            self.kill()
            state = f"ended with exit code {ended}" if ended is not None else f"was not healthy after {seconds:.0f} s"
            raise DevstackError(f"the worker {state}; it said:\n{said}")
        return self

    def _await_health(self, child: subprocess.Popen[bytes], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while child.poll() is None and time.monotonic() < deadline:
            if self.is_healthy():
                return True
            time.sleep(0.2)
        return False

    def is_healthy(self) -> bool:
        """Whether `/health` answers 200."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def family(self) -> list[ProcessId]:
        """The worker and the processes below it (fork server and tasks)."""
        return processes.with_descendants(self.process) if self.process else []

    def stop(self) -> None:
        """SIGTERM, and wait until it and its tasks are gone."""
        if self.process:
            processes.stop(self.process, _STOP_SIGNALS)
            self._reap()

    def kill(self) -> None:
        """SIGKILL to the worker alone, as a crash would be; its tasks must end by themselves."""
        if self.process:
            processes.kill([self.process])
            self._reap()

    def _reap(self) -> None:
        if self._child:
            self._child.wait()
        self.process = self._child = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
