"""A writer of multi-row transactions that remembers what it committed and up to which log position."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self


@dataclass(frozen=True, slots=True)
class Committed:
    """One transaction: a log position at or after its commit, and the (key, version) it made. A delete is a version too.

    Positions of one server's log can be compared with one another; None is that of a transaction nobody asked for.
    """

    position: Any
    changes: tuple[tuple[int, int], ...]


class Session(Protocol):
    """A connection to the database, every statement a transaction unless BEGIN says otherwise; closed at the end of ``with``."""

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement with ``%s`` for each value; its rows."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


class Writable(Protocol):
    """What the writer must know of the database that it writes to."""

    lost: tuple[type[Exception], ...]

    def session(self) -> Session:
        """A new connection."""
        ...

    def position(self, session: Session) -> Any:
        """Where the log ends now."""
        ...

    def interlude(self, session: Session, chance: random.Random) -> None:
        """Something between two transactions that a reader of the log must bear: new structures, new files, another form."""
        ...


class Workload(threading.Thread):
    """Inserts, updates, deletes and changes of keys over a few keys, several rows a statement and statements a commit, as fast
    as the pause allows.

    Every key's versions are 1, 2, 3 …: a consumer that sees each once and in order has lost nothing. Reconnects when the
    server goes away; a transaction whose commit was not answered is settled by asking the table.
    """

    def __init__(self, source: Writable, pause: float = 0.01, keys: int = 20) -> None:
        super().__init__(name="workload", daemon=True)
        self._source = source
        self._pause, self._keys = pause, keys
        self._halt = threading.Event()
        self._chance = random.Random(1)
        self.versions = dict.fromkeys(range(1, keys + 1), 0)
        self.alive: set[int] = set()
        self.committed: list[Committed] = []
        self.error: Exception | None = None

    def run(self) -> None:
        """Write until stopped."""
        try:
            while not self._halt.is_set():
                try:
                    with self._source.session() as session:
                        self._settle(session)
                        while not self._halt.wait(self._pause):
                            self._transaction(session)
                            if self._chance.random() < 0.03:
                                self._source.interlude(session, self._chance)
                except self._source.lost:
                    self._halt.wait(0.2)
        except Exception as e:
            self.error = e

    def stop(self) -> None:
        """Ends after the transaction under way. Raises what went wrong in the thread."""
        self._halt.set()
        self.join()
        if self.error:
            raise self.error

    def _transaction(self, session: Session) -> None:
        keys = sorted(self._chance.sample(range(1, self._keys + 1), self._chance.randint(2, 6)))
        new = [key for key in keys if key not in self.alive]
        old = [key for key in keys if key in self.alive]
        session.execute("BEGIN")
        if new and old and self._chance.random() < 0.2:
            session.execute("UPDATE accounts SET id = %s, version = %s WHERE id = %s",
                            [new[0], self.versions[new.pop(0)] + 1, old.pop(0)])
        if new:
            rows = [(key, self.versions[key] + 1, "n" * (self.versions[key] % 50)) for key in new]
            session.execute("INSERT INTO accounts (id, version, note) VALUES " + ", ".join(["(%s, %s, %s)"] * len(rows)),
                            [value for row in rows for value in row])
        gone = [key for key in old if self._chance.random() < 0.15]
        if gone:
            session.execute(f"DELETE FROM accounts WHERE id IN ({_places(gone)})", gone)
        kept = [key for key in old if key not in gone]
        if kept:
            session.execute(f"UPDATE accounts SET version = version + 1 WHERE id IN ({_places(kept)})", kept)
        session.execute("COMMIT")
        self._remember(session, tuple((key, self.versions[key] + 1) for key in keys))

    def _remember(self, session: Session, changes: tuple[tuple[int, int], ...]) -> None:
        self.alive = {row[0] for row in session.execute("SELECT id FROM accounts")}
        self.versions.update(changes)
        self.committed.append(Committed(self._source.position(session), changes))

    def _settle(self, session: Session) -> None:
        """After a lost connection: take over what was committed without an answer (one transaction at most)."""
        rows = dict(session.execute("SELECT id, version FROM accounts"))
        changed = []
        for key, before in self.versions.items():
            now = rows.get(key)
            if now is not None and now > before:
                changed.append((key, now))
            elif now is None and key in self.alive:
                changed.append((key, before + 1))
        if changed:
            self._remember(session, tuple(changed))
        self.alive = set(rows)


def _places(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))
