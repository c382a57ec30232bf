"""What the two modules of recorded cases share: their own PostgreSQL 15, and how a case is judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.golden.case import Case, Database
from tests.golden.normalise import compare

HERE = Path(__file__).parent
CASES = sorted(p.parent for p in (HERE / "postgres").glob("*/case.json"))


def deviations(name: str) -> list[str]:
    """The differences that are meant, as `compare` prints them."""
    file = HERE / "deviations" / f"{name}.txt"
    return file.read_text(errors="surrogatepass").splitlines() if file.exists() else []


def check(path: Path, database: Database, kafka: Any, worker: Any) -> None:
    """Run a case; it must differ in exactly the places that are meant."""
    case = Case(path)
    found = list(compare(case.expected(), case.run(database, kafka.bootstrap, worker.url)))
    assert found == deviations(path.name), "\n".join(found[:30])
