"""``headgate worker``: one worker from a properties file, until a signal.

Exit codes: 0 stopped as asked; 1 failed while running; 2 the configuration is wrong; 3 cannot start (a port is taken, an
internal topic is not as it must be); 128 + signal number when a second signal ended it at once.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Protocol

from connect.api.errors import ConfigError, HeadgateError
from connect.cli.distributed import DistributedStart
from connect.cli.listening import Listening, advertised, listen
from connect.cli.measuring import WorkerMetrics
from connect.cli.serving import RestServer
from connect.config.properties import environment_properties, load_properties
from connect.herder.herder import WorkerHerder
from connect.herder.requests import ServerInfo
from connect.logs import setup
from connect.plugins.resolving import LoadedWorker, load_worker
from connect.tasks.early import fork_server
from connect.tasks.settings import fork_grace
from connect.tasks.spec import TaskEvent
from connect.tasks.supervisor import Supervisor
from rest.app import create_app
from rest.settings import RestSettings
from schemas import core_select

__all__ = ["EXIT_CONFIG", "EXIT_FAILED", "EXIT_START", "OnMetrics", "Start", "refuse", "run_worker", "serve"]

logger = logging.getLogger("headgate.worker")

EXIT_FAILED, EXIT_CONFIG, EXIT_START = 1, 2, 3
_SAME_SIGNAL_SECONDS = 1.0
"""A terminal or a wrapper may deliver one signal twice: to the process and to its group."""
CONNECT_VERSION = "4.1.0"
"""The Kafka Connect whose REST API this is."""


OnMetrics = Callable[[TaskEvent], None]


class Start(Protocol):
    """Starts and stops what answers behind the REST API."""

    async def run(self) -> None:
        """Returns when everything runs. Raises HeadgateError when it cannot be."""
        ...

    async def stop(self) -> None:
        """Stop everything that was started."""
        ...


Make = Callable[[str, WorkerHerder, OnMetrics], Start]


def run_worker(properties: Path, environment: Mapping[str, str] | None = None, *, forks: bool = False) -> int:
    """Run a distributed worker; the exit code. ``environment`` (default: the process's) may add ``CONNECT_*`` properties.
    ``forks``: the process is the worker's alone and may be forked (see :mod:`connect.tasks.early`)."""
    found = environment_properties(os.environ if environment is None else environment)
    try:
        loaded = load_worker({**load_properties(properties), **found.props})
    except ConfigError as e:
        return refuse(f"the worker's configuration {properties} is wrong", e)
    forked = fork_server(fork_grace(loaded.raw)) if forks else None
    setup(loaded.config.log_format, loaded.config.log_level)
    for note in (*loaded.warnings, *found.notes):
        logger.warning("%s", note)

    def make(url: str, herder: WorkerHerder, on_metrics: OnMetrics) -> Start:
        return DistributedStart(loaded.config, loaded.raw, url, Supervisor(loaded.raw, forked=forked), herder, on_metrics)

    return serve(loaded, make)


def refuse(what: str, error: ConfigError) -> int:
    """Say on standard error what is wrong with the configuration; the exit code."""
    messages = [m for ms in error.errors.values() for m in ms]
    print(f"headgate: {what}: {'; '.join(messages)}", file=sys.stderr)
    return EXIT_CONFIG


def serve(loaded: LoadedWorker, make: Make) -> int:
    """Listen, serve the REST API, start what ``make(advertised URL, herder, on_metrics)`` gives, and run until a signal.

    Returns the exit code.
    """
    try:
        listening = listen(loaded.config)
        url = advertised(loaded.config, listening)
    except ConfigError as e:
        return refuse("the worker's configuration is wrong", e)
    except HeadgateError as e:
        print(f"headgate: {e}", file=sys.stderr)
        return EXIT_START
    try:
        return asyncio.run(_serve(loaded, listening, url, make))
    finally:
        for at in listening:
            at.socket.close()


def server_info() -> ServerInfo:
    """What ``GET /`` tells before Kafka was asked."""
    from schemas.core import writer  # noqa: F401  (so that the core in use is known)

    version = importlib.metadata.version("headgate")
    return ServerInfo(CONNECT_VERSION, f"headgate-{version}", "", {
        "headgate_version": version, "core": core_select.implementation(),
    })


async def _serve(
    loaded: LoadedWorker, listening: list[Listening], url: str, make: Make
) -> int:
    info = server_info()
    logger.info("Headgate %s, native core: %s (%s)", info.extra["headgate_version"], info.extra["core"],
                ", ".join(f"{n} {k}" for n, k in core_select.loaded().items()))
    herder, metrics = WorkerHerder(info), WorkerMetrics(info)
    try:
        start = make(url, herder, metrics.on_event)
        settings = RestSettings.from_properties(loaded.config.props, lambda: metrics.render(herder))
        rest = RestServer(create_app(herder, settings), listening, loaded.config.props)
    except ConfigError as e:
        return refuse("the worker's configuration is wrong", e)
    stop = asyncio.Event()
    _on_signals(stop)
    await rest.start()
    logger.info("REST API at %s, advertised as %s", ", ".join(map(str, listening)), url)
    code = await _until_stopped(start.run(), stop)
    logger.info("stopping: tasks store their offsets first")
    await start.stop()
    await rest.stop()
    logger.info("stopped")
    return code


async def _until_stopped(run: Awaitable[None], stop: asyncio.Event) -> int:
    starting = asyncio.ensure_future(run)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return 0
    try:
        starting.result()
    except HeadgateError as e:
        logger.error("the worker cannot start: %s", e)
        stopped.cancel()
        return EXIT_START
    except Exception:
        logger.exception("the worker failed while starting")
        stopped.cancel()
        return EXIT_FAILED
    await stopped
    return 0


def _on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    first = 0.0

    def on_signal(number: signal.Signals) -> None:
        nonlocal first
        if stop.is_set():
            if loop.time() - first < _SAME_SIGNAL_SECONDS:
                return
            # Task processes see the worker gone and end by themselves.
            print(f"headgate: second {number.name}: ending at once", file=sys.stderr)
            os._exit(128 + number)
        logger.info("%s: stopping (once more ends at once)", number.name)
        first = loop.time()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
