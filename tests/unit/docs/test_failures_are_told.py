from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
POSTGRES = (
    "catalog", "connector", "decoder", "identities", "opening", "positions", "publications", "slots", "snapshot", "stream",
    "tables", "task",
)
MYSQL = (
    "address", "catalog", "ddlevents", "decoder", "history", "historyrecords", "locks", "opening", "positions", "progress",
    "requirements", "snapshot", "snapshotstart", "stream", "tablereader", "tables", "tracking",
    "unprocessable", "validation", "types/charsets",
)
SOURCES = [
    *(f"connectors/postgres/{name}.py" for name in POSTGRES), *(f"connectors/mysql/{name}.py" for name in MYSQL),
    "connectors/naming.py", "connect/tasks/producer.py",
    "connect/tasks/delivery.py", "connect/tasks/service.py", "connect/tasks/offset_writer.py", "connect/kafka/topics.py",
    "schemas/subjects.py",
]
OF_TASKS = {"ConnectError", "RecordError", "RetriableError", "TopicError", "SchemaRefused", "Problem", "Lost", "Unprocessable"}
NOT_MET = {
    # Said by PATCH of offsets, whose own text is told.
    "is none of this connector's; expected", "expected a log position as a whole number",
    # Validation refuses it before.
    "tasks.max must be at least 1", "is not there: expected one of initial",
    # Only repeats the error before it.
    "run as the owner of the table", "; the statement was:",
}


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[`*…]", "", text)).lower()


def failures() -> Iterator[tuple[str, list[str]]]:
    """Where an error that an operator can meet is made, and the constant parts of its text."""
    for source in SOURCES:
        for node in ast.walk(ast.parse((ROOT / source).read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in OF_TASKS and node.args:
                parts = [c.value for c in ast.walk(node.args[0]) if isinstance(c, ast.Constant) and isinstance(c.value, str)]
                if parts and not any(known in "".join(parts) for known in NOT_MET):
                    yield f"{source}:{node.lineno}", parts


@pytest.mark.parametrize(("where", "parts"), [pytest.param(w, p, id=w) for w, p in failures()])
def test_the_text_is_in_the_operators_table(where: str, parts: list[str]) -> None:
    page = plain((ROOT / "docs" / "operating.md").read_text("utf-8"))
    windows = [" ".join(words[i:i + 3]) for words in (plain(p).split() for p in parts) for i in range(len(words) - 2)]
    windows = [w for w in windows if w != ". to do:"]
    found = not windows or any(w in page for w in windows)
    assert found, f"docs/operating.md does not tell the failure of {where}: {' … '.join(parts)[:200]}"
