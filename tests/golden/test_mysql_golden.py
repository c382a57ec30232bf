"""The recorded cases of the reference system on MySQL: the same records, schemas, headers, order.

As for PostgreSQL, `deviations/mysql/<case>.txt` holds what differs on purpose (docs/compatibility.md says why). The cases
of types are in a module beside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.golden.databases import Database
from tests.golden.running import OF_TYPES, cases, check

pytestmark = [pytest.mark.golden, pytest.mark.integration]


@pytest.mark.parametrize("path", [p for p in cases("mysql") if p.name.split("-")[0] not in OF_TYPES], ids=lambda p: p.name)
def test_records_equal_the_recorded_ones(path: Path, mysql_alone: Database, worker: Any, kafka: Any) -> None:
    check(path, mysql_alone, kafka, worker)
