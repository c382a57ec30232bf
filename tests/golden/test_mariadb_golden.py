"""The recorded cases of the reference system on MariaDB; see the modules of MySQL beside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.golden.databases import Database
from tests.golden.running import cases, check

pytestmark = [pytest.mark.golden, pytest.mark.integration]


@pytest.mark.parametrize("path", cases("mariadb"), ids=lambda p: p.name)
def test_records_equal_the_recorded_ones(path: Path, mariadb_alone: Database, worker: Any, kafka: Any) -> None:
    check(path, mariadb_alone, kafka, worker)
