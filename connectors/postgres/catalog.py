"""The database's catalogue through an ordinary connection, as the values of :mod:`connectors.postgres.relations`.

Types are read all at once and kept, but for the row types of tables; tables are read fresh each time they are asked for, or
all captured ones in one go before a snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from connect.api.errors import ConnectError
from connectors.postgres.relations import FIRST_USER_OID, CatalogColumn, CatalogTable, PgType
from connectors.postgres.session import Row, Session
from connectors.postgres.texts import read_array

__all__ = ["SqlCatalog"]

_TYPES: Final = """
SELECT t.oid, t.typname, n.nspname, t.typtype,
       CASE WHEN e.typarray = t.oid THEN t.typelem ELSE 0 END, t.typbasetype, t.typtypmod,
       (SELECT array_agg(l.enumlabel::text ORDER BY l.enumsortorder) FROM pg_enum l WHERE l.enumtypid = t.oid)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_type e ON e.oid = t.typelem
"""

_NO_TABLES: Final = """
LEFT JOIN pg_class c ON c.oid = CASE WHEN e.typarray = t.oid THEN e.typrelid ELSE t.typrelid END
WHERE c.oid IS NULL OR c.relkind = 'c'
"""
"""Every table has two types, its rows and arrays of them, which hardly ever are a column's: of thousands of tables they would
be more than all others."""

_TABLES: Final = """
SELECT c.oid, n.nspname, c.relname, c.relreplident, c.relkind, obj_description(c.oid, 'pg_class'),
       (SELECT array_agg(a.attname::text ORDER BY k.place)
          FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(attnum, place)
          JOIN pg_attribute a ON a.attnum = k.attnum
         WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid AND k.place <= i.indnkeyatts),
       (SELECT array_agg(a.attname::text ORDER BY k.place)
          FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(attnum, place)
          JOIN pg_attribute a ON a.attnum = k.attnum
         WHERE i.indrelid = c.oid AND i.indisreplident AND a.attrelid = c.oid AND k.place <= i.indnkeyatts),
       (SELECT array_agg(a.attname::text ORDER BY k.place)
          FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(attnum, place)
          JOIN pg_attribute a ON a.attnum = k.attnum
         WHERE a.attrelid = c.oid AND k.place <= i.indnkeyatts
           AND i.indexrelid = (
               SELECT u.indexrelid FROM pg_index u
                WHERE u.indrelid = c.oid AND u.indisunique AND NOT u.indisprimary AND u.indisvalid AND u.indimmediate
                  AND u.indpred IS NULL AND u.indexprs IS NULL
                ORDER BY u.indexrelid LIMIT 1))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY ($1::oid[])
"""

_COLUMNS: Final = """
SELECT a.attrelid, a.attname, a.atttypid, a.atttypmod, a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attgenerated,
       col_description(a.attrelid, a.attnum)
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum
"""

_ANSWER_SECONDS: Final = 60.0


class SqlCatalog:
    """A :class:`~connectors.postgres.relations.Catalog` that asks through one session, which may be replaced."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._built_in: dict[int, PgType] = {}
        self._own: dict[int, PgType] = {}
        """The types that are the database's own, which may change."""
        self._used: set[int] = set()
        """Those of them that were asked for."""

    def use(self, session: Session) -> None:
        """Go on with another connection; what was cached stays."""
        self._session = session

    @property
    def _limit(self) -> float:
        """For what the stream has to wait for, and would not notice that the connection is dead meanwhile."""
        return min(_ANSWER_SECONDS, self._session.timeout or _ANSWER_SECONDS)

    def type(self, oid: int) -> PgType:
        """See Catalog. An OID that is new is looked for again in the database before it is said to be unknown."""
        found = self._known(oid)
        if found is None:
            if not self._built_in:
                self._read_types(_NO_TABLES)
                found = self._known(oid)
            if found is None:
                # After a refresh all that tables have are read at once: a table may have many.
                wanted = {oid, *(o for o in self._used if o not in self._own)}
                self._read_types(f"WHERE t.oid IN ({', '.join(str(int(o)) for o in wanted)})")
                found = self._known(oid)
        if found is None:
            raise ConnectError(
                f"type OID {oid} is not in pg_type of {self._session.address}: it was dropped since the change was written. "
                "To do: a new snapshot is needed; delete the connector's offsets and drop the slot")
        if oid >= FIRST_USER_OID:
            self._used.add(oid)
        return found

    def _known(self, oid: int) -> PgType | None:
        return (self._built_in if oid < FIRST_USER_OID else self._own).get(oid)

    def table(self, oid: int) -> CatalogTable | None:
        """See Catalog."""
        return next(iter(self.tables([oid])), None)

    def refresh(self) -> None:
        """See Catalog."""
        self._own.clear()

    def tables(self, oids: Iterable[int]) -> list[CatalogTable]:
        """Several at once, in the order asked for; those that are no more are left out."""
        wanted = list(oids)
        array = "{" + ",".join(str(int(o)) for o in wanted) + "}"
        columns: dict[int, list[CatalogColumn]] = {}
        limit = self._limit if len(wanted) == 1 else None
        rows = self._session.execute(_TABLES, (array,), doing="reading the catalogue", timeout=limit)
        for row in self._session.execute(_COLUMNS, (array,), doing="reading the catalogue", timeout=limit):
            columns.setdefault(int(row[0] or 0), []).append(_column(row))
        made = {}
        for row in rows:
            oid, schema, name, identity, kind, comment, primary, by_index, unique = row
            key = _names(primary)
            named = _names(by_index) if identity == "i" else key if identity == "d" else ()
            members = tuple(columns.get(int(oid or 0), ()))
            if identity == "f":
                named = tuple(c.name for c in members)
            made[int(oid or 0)] = CatalogTable(
                int(oid or 0), schema or "", name or "", members, key, _names(unique), identity or "d", named, kind or "r",
                comment)
        return [made[o] for o in wanted if o in made]

    def _read_types(self, where: str) -> None:
        for oid, name, schema, kind, element, base, typmod, labels in self._session.execute(
                _TYPES + where, doing="reading the types of the database", timeout=self._limit):
            made = PgType(
                int(oid or 0), name or "", schema or "", kind or "b", int(element or 0), int(base or 0),
                int(typmod or -1), _names(labels))
            (self._built_in if made.oid < FIRST_USER_OID else self._own)[made.oid] = made


def _names(array: str | None) -> tuple[str, ...]:
    return () if array is None else tuple(x or "" for x in read_array(array))


def _column(row: Row | Sequence[str | None]) -> CatalogColumn:
    _, name, type_oid, typmod, not_null, default, generated, comment = row
    return CatalogColumn(
        name or "", int(type_oid or 0), int(typmod or -1), not_null == "t", default, bool(generated), comment)
