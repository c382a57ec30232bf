"""A stack of each module's own, since these tests stop and kill its servers; a scene for each test.

A module names its database servers in ``SERVERS`` and chooses with ``source`` (an indirect parameter: "mysql",
"mysql-file", "mariadb"); without it is PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devstack.stack import Stack
from tests.chaos.mysql import SMALL, MariaDbSource, MySqlFileSource, MySqlSource
from tests.chaos.postgres import PostgresSource
from tests.chaos.scene import Scene

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


@pytest.fixture
def unopened(stack: Stack, source: Any, tmp_path: Path) -> Iterator[Scene]:
    """A scene in which nothing runs yet."""
    made = Scene(stack, tmp_path, source)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def scene(unopened: Scene) -> Scene:
    """A scene whose connector streams what a writer commits."""
    unopened.open()
    return unopened
