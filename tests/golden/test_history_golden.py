"""Recorded cases on servers whose log does not tell the tables' structures (binlog_row_metadata is not FULL, as by default): the
same records, structures coming from the schema history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.golden.databases import Database
from tests.golden.running import cases, check

pytestmark = [pytest.mark.golden, pytest.mark.integration]

MYSQL = ("ctas", "ddl-columns", "ddl-tables", "enum-set", "filter-tables", "generated-invisible", "keys", "restart-ddl",
         "strings-charsets", "snapshot-no-data")
MARIADB = ("ddl", "restart", "types-strings")


@pytest.mark.parametrize("path", [p for p in cases("mysql") if p.name in MYSQL], ids=lambda p: p.name)
def test_records_equal_the_recorded_ones(path: Path, mysql_with_history: Database, worker: Any, kafka: Any) -> None:
    check(path, mysql_with_history, kafka, worker)


@pytest.mark.parametrize("path", [p for p in cases("mariadb") if p.name in MARIADB], ids=lambda p: p.name)
def test_mariadb_s_too(path: Path, mariadb_with_history: Database, worker: Any, kafka: Any) -> None:
    check(path, mariadb_with_history, kafka, worker)
