"""A writer of XA transactions, several of them prepared at any time, that are committed or rolled back later and in any order."""

from __future__ import annotations

import random
import threading

import pymysql

from tests.chaos.mysql import MySqlSource
from tests.chaos.workload import Committed, Session
from tests.waiting import until

_UNKNOWN_XID = 1397


class XaWorkload(threading.Thread):
    """Changes the table ``bulk``: three rows at a time, of a range that no other transaction prepared has locked.

    Versions are as those of a Workload. For a server that is not stopped meanwhile.
    """

    def __init__(self, source: MySqlSource, ranges: int = 4, pause: float = 0.05) -> None:
        super().__init__(name="xa-workload", daemon=True)
        self._source = source
        self._ranges, self._pause = ranges, pause
        self._halt = threading.Event()
        self._chance = random.Random(4)
        self._prepared: dict[int, str] = {}
        self._number = 0
        self.versions: dict[int, int] = {}
        self.committed: list[Committed] = []
        self.error: Exception | None = None

    def run(self) -> None:
        """Write until stopped, then decide what is left."""
        try:
            with self._source.session() as session:
                while not self._halt.wait(self._pause):
                    one = self._chance.randrange(self._ranges)
                    if one in self._prepared:
                        self._decide(session, one)
                    else:
                        self._prepare(one)
                for one in sorted(self._prepared):
                    self._decide(session, one)
        except Exception as e:
            self.error = e

    def stop(self) -> None:
        """Ends with nothing prepared. Raises what went wrong in the thread."""
        self._halt.set()
        self.join()
        if self.error:
            raise self.error

    def _prepare(self, one: int) -> None:
        self._number += 1
        xid = f"'{self._source.schema}','{self._number}'"
        # A session with a prepared transaction can do nothing else; when it ends, any other may decide.
        with self._source.session() as session:
            self._source.other_form(session, self._chance.random() < 0.3)
            session.execute(f"XA START {xid}")
            for key in range(one * 3, one * 3 + 3):
                session.execute("INSERT INTO bulk VALUES (%s, 1, 'xa') ON DUPLICATE KEY UPDATE version = version + 1", [key])
            session.execute(f"XA END {xid}")
            session.execute(f"XA PREPARE {xid}")
        self._prepared[one] = xid

    def _decide(self, session: Session, one: int) -> None:
        xid = self._prepared[one]
        commit = self._chance.random() < 0.7
        until(lambda: self._decided(session, f"XA {'COMMIT' if commit else 'ROLLBACK'} {xid}"), 30, "the session to end")
        del self._prepared[one]
        if commit:
            changes = tuple((key, self.versions.get(key, 0) + 1) for key in range(one * 3, one * 3 + 3))
            self.versions.update(changes)
            self.committed.append(Committed(self._source.position(session), changes))

    def _decided(self, session: Session, statement: str) -> bool:
        """False while the session that prepared it has not quite ended."""
        try:
            session.execute(statement)
        except pymysql.MySQLError as e:
            if e.args[0] != _UNKNOWN_XID:
                raise
            return False
        return True
