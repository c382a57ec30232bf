"""A PostgreSQL 15 of each module's own: every case makes the one database `golden` afresh."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devstack.stack import Stack
from tests.golden.case import Database


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with Stack(["postgres15"]) as stack:
        made = Database("127.0.0.1", stack.postgres15.port, "cdc", "cdc")
        yield made
        made.close()
