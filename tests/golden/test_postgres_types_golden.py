"""The recorded cases of types, on both paths, in every handling mode; see the module beside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.golden.case import Database
from tests.golden.running import CASES, check

pytestmark = [pytest.mark.golden, pytest.mark.integration]


@pytest.mark.parametrize("path", [p for p in CASES if p.name.startswith("types-")], ids=lambda p: p.name)
def test_records_equal_the_recorded_ones(path: Path, database: Database, worker: Any, kafka: Any) -> None:
    check(path, database, kafka, worker)
