"""Servers of each module's own: every case makes the database `golden` afresh, and reads the whole server's log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devstack.stack import Stack
from tests.golden.databases import Database, MariaDb, MySql, Postgres


@pytest.fixture(scope="module")
def postgres15_alone() -> Iterator[Database]:
    with Stack(["postgres15"]) as stack:
        made = Postgres("127.0.0.1", stack.postgres15.port, "cdc", "cdc")
        yield made
        made.close()


def _mysql(**settings: str) -> Iterator[Database]:
    with Stack(["mysql"], settings={"mysql": settings}) as stack:
        made = MySql("127.0.0.1", stack.mysql.port, "cdc", "cdc")
        yield made
        made.close()


def _mariadb(**settings: str) -> Iterator[Database]:
    # The recorded server had MariaDB's own default, which a snapshot's first schema change tells.
    with Stack(["mariadb"], settings={"mariadb": {"character_set_server": "latin1", **settings}}) as stack:
        made = MariaDb("127.0.0.1", stack.mariadb.port, "cdc", "cdc")
        yield made
        made.close()


@pytest.fixture(scope="module")
def mysql_alone() -> Iterator[Database]:
    yield from _mysql()


@pytest.fixture(scope="module")
def mysql_with_history() -> Iterator[Database]:
    yield from _mysql(binlog_row_metadata="MINIMAL")


@pytest.fixture(scope="module")
def mariadb_alone() -> Iterator[Database]:
    yield from _mariadb()


@pytest.fixture(scope="module")
def mariadb_with_history() -> Iterator[Database]:
    yield from _mariadb(binlog_row_metadata="NO_LOG")
