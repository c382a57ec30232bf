"""The recorded cases of types, on both paths, in every handling mode; see the module beside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.golden.databases import Database
from tests.golden.running import cases, check

pytestmark = [pytest.mark.golden, pytest.mark.integration]


@pytest.mark.parametrize("path", [p for p in cases("postgres") if p.name.startswith("types-")], ids=lambda p: p.name)
def test_records_equal_the_recorded_ones(path: Path, postgres15_alone: Database, worker: Any, kafka: Any) -> None:
    check(path, postgres15_alone, kafka, worker)
