"""The recorded cases of the reference system on a running worker: the same records, schemas, headers, order.

Where Headgate is different on purpose, `deviations/<case>.txt` holds every difference, line by line, and the case passes
only if it differs in exactly these places (docs/compatibility.md says why).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devstack.worker import WorkerProcess
from tests.golden.case import Case, Database
from tests.golden.normalise import compare

HERE = Path(__file__).parent
CASES = sorted(p.parent for p in (HERE / "postgres").glob("*/case.json"))

pytestmark = [pytest.mark.golden, pytest.mark.integration]


@pytest.fixture(scope="module")
def database(postgres15: Any) -> Iterator[Database]:
    made = Database(postgres15.host, postgres15.port, postgres15.user, postgres15.password)
    yield made
    made.close()


def deviations(name: str) -> list[str]:
    """The differences that are meant, as `compare` prints them."""
    file = HERE / "deviations" / f"{name}.txt"
    return file.read_text(errors="surrogatepass").splitlines() if file.exists() else []


@pytest.mark.parametrize("path", CASES, ids=lambda p: p.name)
def test_records_equal_the_recorded_ones(path: Path, database: Database, worker: WorkerProcess, kafka: Any) -> None:
    case = Case(path)
    found = list(compare(case.expected(), case.run(database, kafka.bootstrap, worker.url)))
    assert found == deviations(path.name), "\n".join(found[:30])
