"""The initial snapshot: captured tables read by COPY at one point of the log, in chunks, a table never in memory.

It obeys the publication that the stream obeys: row filters, column lists, partitions by root or by leaf. It refuses what it
could not read in full: tables with rows that a row-security policy would hide, tables without the right to read.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from connect.api.errors import ConnectError
from connect.failpoints import failpoint
from connectors.facts import SnapshotMarks
from connectors.postgres.catalog import SqlCatalog
from connectors.postgres.facts import SnapshotPosition
from connectors.postgres.failures import ConnectionLost, DatabaseError
from connectors.postgres.lsn import LSN
from connectors.postgres.publications import PublishedTable
from connectors.postgres.relations import CatalogTable
from connectors.postgres.session import CopyEnded, Session
from connectors.postgres.texts import quote_literal, quote_name, quote_table
from connectors.selection import Patterns, Selection

if TYPE_CHECKING:
    from connectors.batch import ChangeBatch
    from connectors.postgres.changes import SnapshotTable
    from connectors.postgres.offsets import PgOffset
from connectors.postgres.decoder import Decoder

__all__ = [
    "SnapshotReader", "SnapshotTarget", "begin_at", "captured_tables", "check_readable", "choose_targets", "copy_statement",
    "would_publish",
]

CHUNK_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SnapshotTarget:
    """One table to read: ``table`` has only the published columns; ``row_filter`` is the publication's condition; ``select``
    a statement of the user's in place of the table."""

    table: CatalogTable
    row_filter: str | None = None
    select: str | None = None


def begin_at(session: Session, snapshot: str | None) -> None:
    """Begin the reading transaction, on an exported snapshot if one is given. Once begun it needs the exporter no more."""
    session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", doing="beginning the snapshot")
    if snapshot is not None:
        try:
            session.execute(f"SET TRANSACTION SNAPSHOT {quote_literal(snapshot)}", doing="importing the slot's snapshot")
        except DatabaseError as e:
            # It lives as long as the connection that exported it.
            raise ConnectionLost(str(e), e.sqlstate) from None
    session.execute("SET LOCAL row_security = off", doing="beginning the snapshot")


def captured_tables(session: Session, catalog: SqlCatalog, selection: Selection) -> list[CatalogTable]:
    """Every table, partitioned ones too, that the filters let through, in the order a snapshot reads them. Temporary and
    unlogged tables are never in the log and left out."""
    rows = session.execute(
        "SELECT n.nspname, c.relname, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND n.nspname !~ '^pg_(toast|temp_)'",
        doing="listing the tables")
    oids = {(schema or "", name or ""): int(oid or 0) for schema, name, oid in rows}
    return catalog.tables(oids[key] for key in selection.in_order(oids))


def choose_targets(
    session: Session,
    captured: Sequence[CatalogTable],
    published: Mapping[tuple[str, str], PublishedTable],
    include: Patterns,
    overrides: Mapping[str, str],
    logger: logging.Logger,
) -> list[SnapshotTarget]:
    """The tables to read, so that snapshot and stream show the same rows and columns under the same names. ``published`` is
    what :func:`published_tables` or, without a publication, :func:`would_publish` says."""
    ancestors = _ancestors(session)
    targets = []
    unpublished = []
    for table in captured:
        if include and not include.match(table.qualified):
            continue
        entry = published.get((table.schema, table.name))
        if entry is None:
            if table.kind == "p":
                continue  # its leaves are published, or nothing of it
            if any(parent in published for parent in ancestors.get(table.oid, ())):
                continue  # the stream shows its rows as those of the partitioned table
            unpublished.append(table.qualified)
        elif entry.columns is not None:
            table = replace(table, columns=tuple(c for c in table.columns if c.name in entry.columns))
        targets.append(SnapshotTarget(table, None if entry is None else entry.row_filter, _override(overrides, table)))
    if unpublished:
        logger.warning(
            "captured tables that the publication does not send; their rows are read, changes will not come: %s. "
            "To do: add them to the publication, or leave them out of the filters", ", ".join(unpublished))
    return targets


def would_publish(session: Session, captured: Sequence[CatalogTable], via_root: bool) -> dict[tuple[str, str], PublishedTable]:
    """What a publication of the captured tables would send; for a snapshot that no stream follows."""
    names = {(t.schema, t.name) for t in captured}
    ancestors = _ancestors(session)
    if via_root:
        chosen = [t for t in captured if not ancestors.get(t.oid, set()) & names]
    else:
        chosen = [t for t in captured if t.kind != "p"]
    return {(t.schema, t.name): PublishedTable(t.schema, t.name) for t in chosen}


def _override(overrides: Mapping[str, str], table: CatalogTable) -> str | None:
    return next((s for name, s in overrides.items() if name.strip().lower() == table.qualified.lower()), None)


def _ancestors(session: Session) -> dict[int, set[tuple[str, str]]]:
    """For each partition, the (schema, name) of every table above it."""
    found: dict[int, set[tuple[str, str]]] = {}
    for oid, schema, name in session.execute(
            "WITH RECURSIVE up(leaf, parent) AS (SELECT i.inhrelid, i.inhparent FROM pg_inherits i JOIN pg_class c "
            "ON c.oid = i.inhrelid WHERE c.relispartition UNION ALL SELECT up.leaf, i.inhparent FROM up JOIN pg_inherits i "
            "ON i.inhrelid = up.parent) SELECT up.leaf, n.nspname, c.relname FROM up JOIN pg_class c ON c.oid = up.parent "
            "JOIN pg_namespace n ON n.oid = c.relnamespace", doing="reading the partitions"):
        found.setdefault(int(oid or 0), set()).add((schema or "", name or ""))
    return found


def check_readable(session: Session, targets: Sequence[SnapshotTarget]) -> None:
    """Raise ConnectError, before the first row, naming every table that cannot be read or would show only some of its
    rows to this role."""
    if not targets:
        return
    oids = "{" + ",".join(str(t.table.oid) for t in targets) + "}"
    hidden, denied = [], []
    for schema, name, secured, usage, readable in session.execute(
            "SELECT n.nspname, c.relname, row_security_active(c.oid), has_schema_privilege(n.oid, 'USAGE'), "
            "has_any_column_privilege(c.oid, 'SELECT') FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY ($1::oid[]) ORDER BY 1, 2", (oids,),
            doing="checking the rights to read"):
        qualified = f"{schema}.{name}"
        if usage != "t":
            denied.append(f"GRANT USAGE ON SCHEMA {quote_name(schema or '')}")
        if readable != "t":
            denied.append(f"GRANT SELECT ON {quote_table(schema or '', name or '')}")
        if secured == "t":
            hidden.append(qualified)
    user = quote_name(session.address.user)
    if hidden:
        raise ConnectError(
            f"row-level security policies (RLS) apply to role {session.address.user} on {', '.join(hidden)}: a snapshot would "
            f"miss the rows they hide, while the stream shows all. To do: ALTER ROLE {user} BYPASSRLS, or leave the tables out")
    if denied:
        statements = "; ".join(f"{d} TO {user}" for d in dict.fromkeys(denied))
        raise ConnectError(f"role {session.address.user} may not read all captured tables. To do: {statements}")


def copy_statement(target: SnapshotTarget, columns: Sequence[str]) -> str:
    """The statement that reads the table. Children by INHERITS are tables of their own, so they are not read with it."""
    names = ", ".join(quote_name(c) for c in columns)
    table = target.table
    if target.select is not None:
        select = target.select.rstrip("; \n")
        source = f"({select}\n) AS t"  # a comment may end the user's last line
    else:
        source = ("" if table.kind == "p" else "ONLY ") + quote_table(table.schema, table.name)
    condition = f" WHERE {target.row_filter}" if target.row_filter else ""
    return f"COPY (SELECT {names} FROM {source}{condition}) TO STDOUT"


@dataclass(slots=True)
class _Chunk:
    """Lines that are read but not handed out, since they may be the last."""

    target: SnapshotTable
    lines: list[bytes]
    first: bool
    first_of_table: bool


class SnapshotReader:
    """Reads the targets one after the other on a session whose transaction :func:`begin_at` began.

    Iterate to get batches; None means "nothing yet, come again". The last batch's offset says that the snapshot is
    complete. The transaction is ended with it.
    """

    def __init__(
        self,
        session: Session,
        decoder: Decoder,
        targets: Sequence[SnapshotTarget],
        lsn: LSN,
        logger: logging.Logger,
        chunk_rows: int = 10240,
    ) -> None:
        self._session = session
        self._decoder = decoder
        self._targets = targets
        self._logger = logger
        self._chunk_rows = chunk_rows
        xmax = session.value("SELECT pg_snapshot_xmax(pg_current_snapshot())", doing="reading the snapshot's transaction id")
        self._lsn = lsn
        self._tx_id = None if xmax is None else int(xmax)
        self.rows = 0

    def __iter__(self) -> Iterator[ChangeBatch[PgOffset] | None]:
        """Read everything, once."""
        held: _Chunk | None = None
        first = True
        for target in self._targets:
            table = self._decoder.table_for_snapshot(target.table)
            if table is None:
                continue
            name = target.table.qualified
            started, rows, first_of_table = time.monotonic(), 0, True
            for lines in self._lines(target, table, name):
                if not lines:
                    yield None
                    continue
                failpoint("snapshot.before_chunk")
                if held is not None:
                    yield self._emit(held, last_of_table=first_of_table, last=False)
                held = _Chunk(table, lines, first, first_of_table)
                first = first_of_table = False
                rows += len(lines)
            self.rows += rows
            self._logger.info("snapshot: %d rows of %s in %.1f s", rows, name, time.monotonic() - started)
        self._session.execute("COMMIT", doing="ending the snapshot")
        failpoint("snapshot.before_last_batch")
        if held is not None:
            yield self._emit(held, last_of_table=True, last=True)
        else:
            yield self._decoder.snapshot_done(self._position())

    def _lines(self, target: SnapshotTarget, table: SnapshotTable, name: str) -> Iterator[list[bytes]]:
        doing = f"reading {name} for the snapshot"
        if target.select is not None:
            # The user's statement was written for an ordinary session, not for ours.
            self._session.execute('SET LOCAL search_path = "$user", public', doing=doing)
        self._session.start_copy(copy_statement(target, table.columns), doing)
        try:
            while True:
                yield self._session.read_copy(CHUNK_BYTES, self._chunk_rows, 0.5, doing)
        except CopyEnded:
            if target.select is not None:
                self._session.execute("SET LOCAL search_path = pg_catalog", doing=doing)

    def _position(self) -> SnapshotPosition:
        return SnapshotPosition(self._lsn, self._tx_id, time.time_ns() // 1000)

    def _emit(self, chunk: _Chunk, *, last_of_table: bool, last: bool) -> ChangeBatch[PgOffset]:
        marks = SnapshotMarks(chunk.first, chunk.first_of_table, last_of_table, last)
        return self._decoder.snapshot_batch(chunk.target, chunk.lines, self._position(), marks)
