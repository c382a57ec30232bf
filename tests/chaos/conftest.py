"""A stack of each module's own, since these tests stop and kill its servers; a scene for each test.

A module names its database servers in ``SERVERS`` and chooses with ``source`` (an indirect parameter: "mysql",
"mysql-file", "mariadb"); without it is PostgreSQL.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devstack.stack import Stack
from devstack.worker import WorkerProcess
from tests.chaos.mysql import SMALL, MariaDbSource, MySqlFileSource, MySqlSource
from tests.chaos.postgres import PostgresSource
from tests.chaos.scene import Scene

# It costs a second server.
collect_ignore = [] if os.environ.get("CHAOS_RUNS") else ["test_mysql_failover.py"]
SOURCES: dict[str, Any] = {
    "postgres": PostgresSource, "mysql": MySqlSource, "mysql-file": MySqlFileSource, "mariadb": MariaDbSource,
}
SETTINGS = {"postgres": {"wal_sender_timeout": "10s"}, "mysql": SMALL, "mariadb": SMALL}


@pytest.fixture(scope="module")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    servers = getattr(request.module, "SERVERS", ["postgres"])
    with Stack(["kafka", "registry", *servers], settings={name: SETTINGS[name] for name in servers}) as running:
        yield running


@pytest.fixture
def source(request: pytest.FixtureRequest) -> Any:
    """The class that makes the database's side of the scene."""
    return SOURCES[getattr(request, "param", "postgres")]


@pytest.fixture(scope="module")
def worker(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerProcess]:
    """Serves one test after the other; not started yet."""
    made = WorkerProcess(stack.kafka.bootstrap, stack.registry.url, tmp_path_factory.mktemp("worker"), group="chaos")
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def unopened(stack: Stack, source: Any, worker: WorkerProcess) -> Iterator[Scene]:
    """A scene in which nothing runs yet."""
    made = Scene(stack, worker, source)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def apart(stack: Stack, source: Any, tmp_path: Path) -> Iterator[Scene]:
    """The same with a worker of its own, whose environment and properties may be changed before it starts."""
    worker = WorkerProcess(stack.kafka.bootstrap, stack.registry.url, tmp_path, group=f"apart-{tmp_path.name[-12:]}")
    made = Scene(stack, worker, source)
    try:
        yield made
    finally:
        worker.environment.clear()
        made.close()
        worker.stop()


@pytest.fixture
def scene(unopened: Scene) -> Scene:
    """A scene whose connector streams what a writer commits."""
    unopened.open()
    return unopened
