"""The publication: which tables the server sends, made or adjusted as ``publication.autocreate.mode`` says.

Facts: PostgreSQL documentation, CREATE PUBLICATION and pg_publication_tables; what each mode does is Debezium's.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from connect.api.errors import ConnectError
from connectors.postgres.failures import DUPLICATE_OBJECT, UNIQUE_VIOLATION, DatabaseError
from connectors.postgres.relations import CatalogTable
from connectors.postgres.session import Session
from connectors.postgres.texts import quote_literal, quote_name, quote_table, read_array

__all__ = ["Publication", "PublicationWish", "PublishedTable", "ensure_publication", "find_publication", "published_tables"]


@dataclass(frozen=True, slots=True)
class Publication:
    """One row of pg_publication."""

    name: str
    all_tables: bool
    via_root: bool
    by_schema: bool
    """Whether it (also) publishes whole schemas."""


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """What a publication sends of one table: ``columns`` None means all; ``row_filter`` is an SQL condition or None."""

    schema: str
    name: str
    columns: tuple[str, ...] | None = None
    row_filter: str | None = None


@dataclass(frozen=True, slots=True)
class PublicationWish:
    """What the configuration wants. ``tables`` are those of mode ``filtered``; ``operations`` the ``publish`` parameter, None
    for the server's default."""

    name: str
    mode: str
    tables: Sequence[CatalogTable] = ()
    via_root: bool = False
    operations: str | None = None


def find_publication(session: Session, name: str) -> Publication | None:
    """The publication of that name, None when there is none."""
    by_schema = "EXISTS (SELECT FROM pg_publication_namespace n WHERE n.pnpubid = p.oid)" if (
        session.server_version >= 150000) else "false"
    rows = session.execute(
        f"SELECT puballtables, pubviaroot, {by_schema} FROM pg_publication p WHERE pubname = $1", (name,),
        doing=f"looking for publication {name}")
    return Publication(name, rows[0][0] == "t", rows[0][1] == "t", rows[0][2] == "t") if rows else None


def published_tables(session: Session, name: str) -> dict[tuple[str, str], PublishedTable]:
    """What the publication sends, by (schema, table), partitions resolved as the server does it."""
    more = "attnames::text[], rowfilter" if session.server_version >= 150000 else "NULL, NULL"
    found: dict[tuple[str, str], PublishedTable] = {}
    columns: dict[tuple[str, str], int] = {}
    if session.server_version >= 150000:
        for schema, table, count in session.execute(
                "SELECT n.nspname, c.relname, count(*) FROM pg_publication_tables p "
                "JOIN pg_namespace n ON n.nspname = p.schemaname "
                "JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename "
                "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' "
                "WHERE p.pubname = $1 GROUP BY 1, 2", (name,), doing=f"reading the tables of publication {name}"):
            columns[schema or "", table or ""] = int(count or 0)
    for schema, table, attnames, row_filter in session.execute(
            f"SELECT schemaname, tablename, {more} FROM pg_publication_tables WHERE pubname = $1", (name,),
            doing=f"reading the tables of publication {name}"):
        key = (schema or "", table or "")
        names = None if attnames is None else tuple(x or "" for x in read_array(attnames))
        if names is not None and len(names) == columns.get(key):
            names = None
        found[key] = PublishedTable(*key, names, row_filter)
    return found


def ensure_publication(session: Session, wish: PublicationWish, database: str, logger: logging.Logger) -> Publication:
    """Find, make or adjust the publication. Raises ConnectError with the statement that an owner would have to run."""
    standby = session.value("SELECT pg_is_in_recovery()", doing="asking whether the server is a standby") == "t"
    found = find_publication(session, wish.name)
    if found is None:
        return _create(session, wish, database, standby, logger)
    if wish.mode == "filtered":
        if found.all_tables:
            raise ConnectError(
                f'publication "{wish.name}" of database {database} is for all tables and cannot be limited to the captured '
                'ones. To do: set publication.autocreate.mode to "all_tables" or "disabled", drop the publication, or '
                "choose another publication.name")
        if found.by_schema:
            logger.warning('publication "%s" publishes whole schemas; it is left as it is', wish.name)
        elif standby:
            logger.info('the server is a standby; publication "%s" is left as it is', wish.name)
        else:
            _adjust(session, wish, database, logger)
    if found.via_root != wish.via_root:
        logger.warning(
            'publication "%s" has publish_via_partition_root=%s, the connector publish.via.partition.root=%s; what the '
            "publication says holds", wish.name, str(found.via_root).lower(), str(wish.via_root).lower())
    return found


def _create(session: Session, wish: PublicationWish, database: str, standby: bool, logger: logging.Logger) -> Publication:
    what = f'publication "{wish.name}" is not in database {database}'
    statement = f"CREATE PUBLICATION {quote_name(wish.name)}{_target(wish)}{_options(wish)}"
    if wish.mode == "disabled":
        raise ConnectError(
            f"{what}, and publication.autocreate.mode=disabled forbids to make it. "
            f"To do: run CREATE PUBLICATION {quote_name(wish.name)} FOR TABLE …, or choose another mode")
    if standby:
        raise ConnectError(f"{what}, and a standby cannot make one. To do: run on the primary: {statement}")
    if wish.mode == "filtered" and not wish.tables:
        raise ConnectError(
            f"{what}, and no table of the database matches the filters, so it cannot be made "
            "(publication.autocreate.mode=filtered). To do: correct schema.include.list, table.include.list or their "
            "exclude lists, or create the tables first")
    logger.info("making publication: %s", statement)
    try:
        session.execute(statement, doing=f"making publication {wish.name}")
    except DatabaseError as e:
        if e.sqlstate not in (DUPLICATE_OBJECT, UNIQUE_VIOLATION):
            raise _refused(e, statement, session, database, wish) from None
        # Another connector has made it since we looked, or at the very same time, perhaps for other tables.
        return ensure_publication(session, wish, database, logger)
    return Publication(wish.name, wish.mode == "all_tables", wish.via_root, False)


def _adjust(session: Session, wish: PublicationWish, database: str, logger: logging.Logger) -> None:
    version = session.server_version
    extras = (
        "(SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = r.prrelid "
        "AND a.attnum = ANY (r.prattrs)), pg_get_expr(r.prqual, r.prrelid)" if version >= 150000 else "NULL, NULL")
    present = {int(row[0] or 0): row for row in session.execute(
        f"SELECT r.prrelid, {extras} FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid "
        "WHERE p.pubname = $1", (wish.name,), doing=f"reading publication {wish.name}")}
    if present.keys() == {t.oid for t in wish.tables}:
        return
    if not wish.tables:
        raise ConnectError(
            f'no table of database {database} matches the filters, so publication "{wish.name}" would become empty '
            "(publication.autocreate.mode=filtered). To do: correct schema.include.list, table.include.list or their "
            "exclude lists")
    parts = []
    for t in wish.tables:
        _, names, condition = present.get(t.oid, ("", None, None))
        text = quote_table(t.schema, t.name)
        if names:
            text += f" ({', '.join(quote_name(n or '') for n in read_array(names))})"
        if condition:
            text += f" WHERE ({condition})"
        parts.append(text)
    statement = f"ALTER PUBLICATION {quote_name(wish.name)} SET TABLE {', '.join(parts)}"
    logger.info("adjusting publication: %s", statement)
    try:
        session.execute(statement, doing=f"adjusting publication {wish.name}")
    except DatabaseError as e:
        raise _refused(e, statement, session, database, wish) from None


def _target(wish: PublicationWish) -> str:
    if wish.mode == "all_tables":
        return " FOR ALL TABLES"
    if wish.mode == "filtered" and wish.tables:
        return " FOR TABLE " + ", ".join(quote_table(t.schema, t.name) for t in wish.tables)
    return ""


def _options(wish: PublicationWish) -> str:
    options = []
    if wish.operations is not None:
        options.append(f"publish = {quote_literal(wish.operations)}")
    if wish.via_root:
        options.append("publish_via_partition_root = true")
    return f" WITH ({', '.join(options)})" if options else ""


def _refused(error: DatabaseError, statement: str, session: Session, database: str, wish: PublicationWish) -> ConnectError:
    if error.sqlstate != "42501":
        return error
    user = quote_name(session.address.user)
    needs = (
        "FOR ALL TABLES needs a superuser: run the statement as one, or set publication.autocreate.mode=filtered"
        if wish.mode == "all_tables" else
        f"run it as the owner of the tables, or: GRANT CREATE ON DATABASE {quote_name(database)} TO {user} and make "
        f"{user} owner of the tables (or a member of the role that owns them)")
    return ConnectError(f"{error}; the statement was: {statement}. {needs}")
