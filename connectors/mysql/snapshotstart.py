"""Where a snapshot begins: one place in the log, the structures and the rows as they are there.

With locks: writes are kept out while the position and the structures are read and the reading transaction begins; all three are
of one moment. Without: the position is at or before the rows, so that a change between the two comes again and none is lost.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from connect.api.errors import ConnectError, RetriableError
from connectors.mysql.address import quote_identifier
from connectors.mysql.catalog import Catalog, DatabaseInfo, TableInfo
from connectors.mysql.failures import DatabaseError
from connectors.mysql.locks import Held, Locks
from connectors.mysql.position import position_of_snapshot, undecided
from connectors.mysql.server import LogStatus, log_status
from connectors.mysql.session import Row, Session
from connectors.mysql.structure import TableDef, TableId
from connectors.mysql.structures import DdlError, StructureChange
from connectors.selection import Selection
from connectors.waiting import Stopped

__all__ = ["SnapshotStart", "SnapshotStarter", "Structure"]

_GONE: Final = 1146
_TRIES: Final = 5
_SETTLED: Final = 0.5
"""Seconds in which a transaction that is in the log becomes visible, where nothing tells (no GTIDs, no locks)."""
DECISIONS_SECONDS = 30.0
"""How long prepared XA transactions are waited for."""


@dataclass(frozen=True, slots=True)
class Structure:
    """A table, the statement that would make it, and what that says."""

    info: TableInfo
    sql: str
    table: TableDef


@dataclass(slots=True)
class SnapshotStart:
    """All that is of the moment at ``position``. ``tables`` are the captured ones in the order they are read, ``others`` those
    that are known only for the history; ``databases`` are all that this user may see but the system's. ``session`` is in the
    transaction that reads the rows, None when none are to be read. :meth:`close` when done, twice does no harm."""

    position: LogStatus
    tables: tuple[Structure, ...]
    others: tuple[Structure, ...]
    databases: tuple[DatabaseInfo, ...]
    charset: str
    collation: str
    session: Session | None
    locks: Locks | None
    sessions: tuple[Session, ...]

    def finish(self) -> None:
        """All rows were read: end the transaction and give back the locks that were kept meanwhile. Raises ConnectionLost when
        they were lost before."""
        if self.session is not None:
            self.session.execute("COMMIT", doing="ending the snapshot")
        if self.locks is not None:
            self.locks.release()
        self.close()

    def close(self) -> None:
        """Close all connections; what they held is given back."""
        for session in self.sessions:
            session.close()

    def changes(self, others: bool = False) -> Iterator[StructureChange]:
        """What must happen on an empty server to get these structures, in the words and order of Debezium's snapshots;
        ``others``: also of the tables that are not captured."""
        chosen = (*self.tables, *self.others) if others else self.tables
        yield _on_database("", f"SET character_set_server={self.charset}, collation_server={self.collation}")
        by_database: dict[str, list[Structure]] = {}
        for structure in chosen:
            by_database.setdefault(structure.table.id.database, []).append(structure)
        for structures in by_database.values():
            for structure in structures:
                id = structure.table.id
                name = f"{quote_identifier(id.database)}.{quote_identifier(id.name)}"
                yield StructureChange("DROP", id, None, None, id.database, f"DROP TABLE IF EXISTS {name}")
        known = {d.name: d for d in self.databases}
        for name, structures in by_database.items():
            quoted, info = quote_identifier(name), known.get(name)
            defaults = f" CHARSET {info.charset} COLLATE {info.collation}" if info is not None else ""
            yield _on_database(name, f"DROP DATABASE IF EXISTS {quoted}")
            yield _on_database(name, f"CREATE DATABASE {quoted}{defaults}")
            yield _on_database(name, f"USE {quoted}")
            for structure in structures:
                yield StructureChange("CREATE", structure.table.id, None, structure.table, name, structure.sql)


def _on_database(name: str, sql: str) -> StructureChange:
    return StructureChange("DATABASE", None, None, None, name, sql)


@dataclass(slots=True)
class _Moment:
    position: LogStatus
    tables: list[tuple[TableInfo, str]]
    databases: list[DatabaseInfo]


class SnapshotStarter:
    """Finds the moment. ``connect`` opens an ordinary connection without limits of time; ``parse`` makes a table of a CREATE
    TABLE statement and its database (raising DdlError); ``locking`` is snapshot.locking.mode; ``wait`` waits for some seconds,
    True when asked to stop."""

    def __init__(
        self,
        connect: Callable[[], Session],
        selection: Selection,
        parse: Callable[[str, str], TableDef],
        *,
        locking: str,
        lock_timeout_ms: int,
        logger: logging.Logger,
        wait: Callable[[float], bool],
    ) -> None:
        self._connect = connect
        self._selection = selection
        self._parse = parse
        self._locking = locking
        self._lock_timeout_ms = lock_timeout_ms
        self._logger = logger
        self._wait = wait

    def start(self, *, data: bool = True, everything: bool = False) -> SnapshotStart:
        """Find the moment and, if ``data``, begin the reading transaction in it. ``everything``: read the structures of tables
        that are not captured too. Raises ConnectError, RetriableError, Stopped; nothing is left open or locked then."""
        sessions: list[Session] = []
        try:
            control = self._connect()
            sessions.append(control)
            reader = None
            if data:
                reader = self._connect()
                sessions.append(reader)
                _prepare(reader)
            return self._start(control, reader, tuple(sessions), everything)
        except BaseException:
            for session in sessions:
                session.close()
            raise

    def _start(self, control: Session, reader: Session | None, sessions: tuple[Session, ...], everything: bool) -> SnapshotStart:
        catalog = Catalog(control)
        charset, collation = catalog.server_charset()
        others = self._others(catalog) if everything else ()
        locks = None if self._locking == "none" else Locks(control, self._lock_timeout_ms, self._logger)
        began = time.monotonic()
        moment = self._decided(control, reader, catalog, locks)
        if locks is not None and self._locking == "minimal":
            held = locks.held
            locks.release()
            control.close()
            if held is not Held.NOTHING:
                self._logger.info("snapshot: writes to %s were locked out for %.2f s", held, time.monotonic() - began)
        tables = tuple(Structure(info, sql, self._read(info.id, sql)) for info, sql in moment.tables)
        if reader is not None:
            self._warn([info for info, _ in moment.tables if not info.transactional])
        position = moment.position
        self._logger.info("snapshot: %d tables at %s%s", len(tables), position.position,
                          "" if position.gtids is None else f", after the GTIDs {position.gtids or '(none)'}")
        return SnapshotStart(position, tables, others, tuple(moment.databases), charset, collation, reader, locks, sessions)

    # The moment.

    def _decided(self, control: Session, reader: Session | None, catalog: Catalog, locks: Locks | None) -> _Moment:
        """The moment, which no XA transaction hides rows from: what is prepared by then has its rows in the log before the
        position and in no table. Others may be prepared all the time; then the stream begins where those that are open had not
        begun. One that nobody decides must be about other tables."""
        early: LogStatus | None = None
        waited_for: frozenset[Row] = frozenset()
        while True:
            moment = self._moment(control, reader, catalog, locks)
            open_now = undecided(control)
            if open_now is None:
                self._logger.info(
                    "snapshot: whether XA transactions are prepared cannot be seen without the right XA_RECOVER_ADMIN; rows of "
                    "those that are would be missed")
            if not open_now:
                return moment
            if early is not None and not open_now & waited_for:
                return replace(moment, position=early)
            self._undo(reader, locks)
            if early is None:
                early, waited_for = moment.position, open_now
            left = self._await_decision(control, waited_for)
            if left:
                if locks is not None and not control.mariadb:
                    # Prepared transactions keep their hold of the tables they wrote to: these cannot be locked then.
                    return self._under_table_locks(control, reader, catalog, locks)
                raise RetriableError(
                    f"{left} prepared XA transaction(s) wait for their decision (XA RECOVER shows them): a snapshot taken now "
                    "would never show their rows. To do: XA COMMIT or XA ROLLBACK them; the task goes on by itself")

    def _await_decision(self, control: Session, waited_for: frozenset[Row]) -> int:
        """How many of them are still prepared after a while."""
        deadline = time.monotonic() + DECISIONS_SECONDS
        while left := (undecided(control) or frozenset()) & waited_for:
            if time.monotonic() > deadline:
                return len(left)
            self._pause(0.2)
        return 0

    def _moment(self, control: Session, reader: Session | None, catalog: Catalog, locks: Locks | None) -> _Moment:
        if locks is None:
            return self._without_locks(control, reader, catalog)
        if locks.take_all():
            _begin(reader)
            position = _end_of_log(control)
            return self._known(position, catalog, catalog.captured(self._selection))
        return self._under_table_locks(control, reader, catalog, locks)

    def _under_table_locks(self, control: Session, reader: Session | None, catalog: Catalog, locks: Locks) -> _Moment:
        """LOCK TABLES waits for transactions that wrote to the tables, so none of theirs is in the log and not to be seen."""
        for _ in range(_TRIES):
            tables = catalog.captured(self._selection)
            try:
                locks.take([t.id for t in tables])
            except DatabaseError as e:
                if e.number != _GONE:
                    raise
                continue
            _begin(reader)
            position = _end_of_log(control)
            # A table that was made before the position and not locked would be missed.
            now = catalog.captured(self._selection)
            if {t.id for t in now} <= {t.id for t in tables}:
                return self._known(position, catalog, now)
            self._undo(reader, locks)
        raise RetriableError(f"captured tables were made or dropped at each of {_TRIES} tries to lock them all")

    def _without_locks(self, control: Session, reader: Session | None, catalog: Catalog) -> _Moment:
        for number in range(1, _TRIES + 1):
            position = _end_of_log(control)
            if reader is not None:
                if position.gtids is None:
                    self._pause(_SETTLED)
                _begin(reader)
                position = position_of_snapshot(reader) or position
            try:
                moment = self._known(position, catalog, catalog.captured(self._selection))
            except DatabaseError as e:
                if e.number != _GONE:
                    raise
            else:
                if _end_of_log(control) == position:
                    return moment
                if number == _TRIES:
                    self._logger.info(
                        "snapshot.locking.mode=none: what changed while the snapshot began may come again in the stream")
                    return moment
            self._undo(reader, None)
        raise RetriableError(f"captured tables were dropped at each of {_TRIES} tries to read their structures")

    def _known(self, position: LogStatus, catalog: Catalog, tables: Sequence[TableInfo]) -> _Moment:
        created = [(info, catalog.create_statement(info.id)) for info in tables]
        databases = [d for d in catalog.databases() if d.name not in self._selection.system_schemas]
        return _Moment(position, created, databases)

    def _undo(self, reader: Session | None, locks: Locks | None) -> None:
        if locks is not None:
            locks.release()
        if reader is not None:
            reader.execute("ROLLBACK", doing="beginning the snapshot anew")

    def _pause(self, seconds: float) -> None:
        if self._wait(seconds):
            raise Stopped("asked to stop")

    # The structures.

    def _read(self, id: TableId, sql: str) -> TableDef:
        try:
            return self._parse(sql, id.database)
        except DdlError as e:
            raise ConnectError(f"the structure of {id}, as SHOW CREATE TABLE tells it, cannot be read: {e}. To do: leave the "
                               "table out with table.exclude.list, and report the statement") from None

    def _others(self, catalog: Catalog) -> tuple[Structure, ...]:
        """The tables that are not captured; one that cannot be read does not matter until it is."""
        found = []
        for info in sorted(catalog.tables(), key=lambda t: t.id):
            id = info.id
            if id.database in self._selection.system_schemas or self._selection.table(id.database, id.name):
                continue
            try:
                sql = catalog.create_statement(id)
                found.append(Structure(info, sql, self._parse(sql, id.database)))
            except (DatabaseError, DdlError) as e:
                self._logger.warning("the structure of %s, which is not captured, cannot be read: %s", id, e)
        return tuple(found)

    def _warn(self, tables: Sequence[TableInfo]) -> None:
        if tables and self._locking != "extended":
            self._logger.warning(
                "tables that know no transactions are read as they are when their turn comes; what is changed in them meanwhile "
                "comes in the stream again: %s. snapshot.locking.mode=extended prevents it",
                ", ".join(f"{t.id} ({t.engine})" for t in tables))


def _prepare(reader: Session) -> None:
    """What it takes to read rows as they are: those of now, texts in their columns' own character sets."""
    if reader.mariadb and reader.version >= (10, 3):
        reader.execute("SET SESSION system_versioning_asof = DEFAULT", doing="preparing the snapshot")
    reader.execute("SET SESSION character_set_results = NULL", doing="preparing the snapshot")


def _end_of_log(control: Session) -> LogStatus:
    status = log_status(control)
    if status is None:
        raise ConnectError("the server writes no binary log. To do: start it with log_bin")
    return status


def _begin(reader: Session | None) -> None:
    if reader is not None:
        reader.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", doing="beginning the snapshot")
