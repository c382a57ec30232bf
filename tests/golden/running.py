"""What the modules of recorded cases share: which there are, and how one is judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.golden.case import Case
from tests.golden.databases import Database
from tests.golden.normalise import compare

HERE = Path(__file__).parent
OF_TYPES = {
    "bigint", "binary", "bits", "decimals", "defaults", "enum", "floats", "geometry", "integers", "json", "strings", "temporal",
    "vector",
}
"""What the names of the MySQL cases about types begin with."""

SETTINGS = {
    path: {"event.converting.failure.handling.mode": "warn"} for path in ("mysql/temporal-connect", "mysql/temporal-isostring")}
"""What a case needs beyond its recorded configuration: here a value that cannot be converted fails the task."""


def cases(kind: str) -> list[Path]:
    """The recorded cases of a database."""
    return sorted(p.parent for p in (HERE / kind).glob("*/case.json"))


def deviations(path: Path) -> list[str]:
    """The differences that are meant, as `compare` prints them."""
    file = HERE / "deviations" / path.parent.name / f"{path.name}.txt"
    return file.read_text(errors="surrogatepass").splitlines() if file.exists() else []


def check(path: Path, database: Database, kafka: Any, worker: Any) -> None:
    """Run a case; it must differ in exactly the places that are meant."""
    case = Case(path, SETTINGS.get(f"{path.parent.name}/{path.name}", {}))
    found = list(compare(case.expected(), case.run(database, kafka.bootstrap, worker.url)))
    assert found == deviations(path), "\n".join(found[:30])
