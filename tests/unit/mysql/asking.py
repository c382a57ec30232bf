"""Sessions that only write down what they are asked, for tests of what a snapshot does in which order."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from connectors.mysql.packets import ColumnInfo

Answer = Any


class Fake:
    """A session whose answers are by the beginning of the statement: rows, an error to raise, or a function."""

    def __init__(self, name: str = "s", mariadb: bool = False, version: tuple[int, ...] = (9, 7, 4), **answers: Answer) -> None:
        self.name, self.mariadb, self.version = name, mariadb, version
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.closed = False
        self.address = SimpleNamespace(user="cdc")
        self.journal: list[str] = self.asked

    def on(self, beginning: str, answer: Answer) -> Fake:
        self.answers[beginning] = answer
        return self

    def _answer(self, sql: str) -> Any:
        self.journal.append(f"{self.name}: {sql}" if self.journal is not self.asked else sql)
        for beginning, answer in self.answers.items():
            if sql.startswith(beginning):
                if isinstance(answer, list) and answer and answer[0] == "in turn":
                    answer = answer.pop(1)
                if isinstance(answer, Exception):
                    raise answer
                return answer() if callable(answer) else answer
        return []

    def query(self, sql: str, args: Any = (), **_: Any) -> Any:
        return self._answer(sql % tuple(map(repr, args)) if args else sql)

    def execute(self, sql: str, args: Any = (), **_: Any) -> None:
        self._answer(sql)

    def records(self, sql: str, **_: Any) -> Any:
        return self._answer(sql)

    def value(self, sql: str, args: Any = (), **_: Any) -> Any:
        rows = self.query(sql, args)
        return rows[0][0] if rows else None

    def raw_rows(self, sql: str, **_: Any) -> Any:
        answer = self._answer(sql)
        return answer if answer else FakeRows([])

    def close(self) -> None:
        self.closed = True


class FakeRows:
    """Rows of a SELECT in gulps; None is a gulp that does not come."""

    def __init__(self, gulps: list[list[bytes] | None], columns: tuple[str, ...] = ()) -> None:
        self.columns = [ColumnInfo(name, 63, 0, 3, 0, 0) for name in columns]
        self.gulps = gulps

    def read(self, *_: int) -> list[bytes]:
        return (self.gulps.pop(0) if self.gulps else []) or []

    def read_within(self, *_: Any) -> list[bytes] | None:
        return self.gulps.pop(0) if self.gulps else []


def session(fake: Fake) -> Any:
    return fake
