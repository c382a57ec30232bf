"""The recorded cases of the reference system on a running worker: the same records, schemas, headers, order.

Where Headgate is different on purpose, `deviations/postgres/<case>.txt` holds every difference, line by line, and the case passes
only if it differs in exactly these places (docs/compatibility.md says why). The cases of types are in a module beside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.golden.databases import Database
from tests.golden.running import cases, check

pytestmark = [pytest.mark.golden, pytest.mark.integration]


@pytest.mark.parametrize("path", [p for p in cases("postgres") if not p.name.startswith("types-")], ids=lambda p: p.name)
def test_records_equal_the_recorded_ones(path: Path, postgres15_alone: Database, worker: Any, kafka: Any) -> None:
    check(path, postgres15_alone, kafka, worker)
