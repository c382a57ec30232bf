"""PostgreSQL's captured tables: from the stream's relations and today's catalogue."""

from __future__ import annotations

import functools
import logging
from dataclasses import replace
from typing import Any

from connect.api.errors import ConnectError
from connectors.codec import NO_DEFAULT
from connectors.dressing import Dressing, check_fields
from connectors.naming import TopicNames
from connectors.postgres.config import PostgresConfig
from connectors.postgres.core.rows import CopySpans, TuplePlan, TupleSpans
from connectors.postgres.defaults import default_of
from connectors.postgres.pgoutput import Relation, RelationColumn
from connectors.postgres.propagation import source_parameters
from connectors.postgres.relations import Catalog, CatalogTable
from connectors.postgres.types import TypeOptions, codec_of
from connectors.tables import Column, RowForm, Table
from schemas.envelope import POSTGRES_SOURCE
from schemas.names import adjust_field_name, adjust_schema_name

__all__ = ["TableBuilder"]

logger = logging.getLogger(__name__)


@functools.cache
def _form(width: int, copied: bool) -> RowForm:
    """Rows of that many columns as TupleData, or as lines of COPY."""
    def prepare(spans: TupleSpans | CopySpans, _: Any = None) -> None:
        spans.width = width

    def parse(spans: TupleSpans | CopySpans, buffer: bytes, offset: int, _: Any = None) -> int:
        spans.width = width
        return spans.read(buffer, offset)

    return RowForm(CopySpans if copied else TupleSpans, parse, TuplePlan, prepare)


class TableBuilder:
    """Builds tables from the stream's relations and today's catalogue. One for the life of a decoder."""

    def __init__(self, config: PostgresConfig, catalog: Catalog, topics: TopicNames | None = None) -> None:
        self._config = config
        self._catalog = catalog
        self._options = TypeOptions.of(config)
        self._selection = config.selection
        self._keys = config.key_columns
        self._topics = topics or config.topics
        self._dressing = Dressing(config)
        self._warned: set[tuple[str, str, int]] = set()

    def build(self, relation: Relation, today: CatalogTable | None, *, copied: bool = False) -> Table | None:
        """The table, None when the filters leave it out; ``copied``: its rows come as lines of COPY. Raises
        ConnectError when it cannot be told apart or written."""
        if not self._selection.table(relation.schema, relation.name):
            return None
        self._check_case(relation)
        topic = self._topics.data(relation.schema, relation.name)
        names = adjust_schema_name(topic, self._config.schema_name_adjustment)
        made = [self._column(relation, i, c, today) for i, c in enumerate(relation.columns)]
        keys = self._key_names(relation, today)
        key: list[Column] = []
        for name in keys:
            found = next((c for c in made if c is not None and c.name == name), None)
            if found is None:
                raise ConnectError(
                    f"table {relation.schema}.{relation.name}: key column {name!r} has a type that is not supported; choose "
                    "other columns with message.key.columns, or leave the table out")
            given = bool(self._keys.of(f"{relation.schema}.{relation.name}", [name]))
            key.append(self._key_column(found, relation, today, given))
        columns = [
            self._dressed(c, relation, today) for c in made
            if c is not None and self._selection.column(relation.schema, relation.name, c.name)
        ]
        check_fields(f"{relation.schema}.{relation.name}", columns)
        return Table((relation.schema, relation.name), POSTGRES_SOURCE, _form(len(relation.columns), copied), topic,
                     names, columns, key)

    def selects(self, table: CatalogTable) -> Relation:
        """Today's catalogue as the relation that the stream would send; columns it does not send are left out."""
        in_identity = {
            "f": {c.name for c in table.columns}, "d": set(table.primary_key), "i": set(table.identity_columns), "n": set()}
        flagged: set[str] = in_identity.get(table.replica_identity, set())
        columns = tuple(
            RelationColumn(c.name, c.type_oid, c.typmod, c.name in flagged) for c in table.columns if not c.generated)
        return Relation(table.oid, table.schema, table.name, table.replica_identity, columns)

    def _column(self, relation: Relation, place: int, c: RelationColumn, today: CatalogTable | None) -> Column | None:
        codec = codec_of(c.type_oid, c.typmod, self._catalog, self._options)
        if codec is None:
            mark = (relation.schema, f"{relation.name}.{c.name}", c.type_oid)
            if mark not in self._warned:
                self._warned.add(mark)
                kind = self._catalog.type(c.type_oid)
                logger.warning("table %s.%s: column %r is left out, its type %s.%s is not supported",
                               relation.schema, relation.name, c.name, kind.schema, kind.name)
            return None
        now = None if today is None else today.column(c.name)
        tolerant = self._dressing.tolerant
        schema = codec.schema
        if now is None or not now.not_null:
            schema = schema.opt()
        if now is not None and now.type_oid == c.type_oid and now.typmod == c.typmod:
            default = default_of(now.default, codec)
            if default is not NO_DEFAULT:
                schema = schema.but(default=default)
        field = adjust_field_name(c.name, self._config.field_name_adjustment)
        if tolerant:
            codec = self._dressing.tolerating(codec, schema, f"{relation.schema}.{relation.name}", c.name)
        identity = c.identity or relation.replica_identity == "f"
        return Column(c.name, field, place, codec, schema, identity, tolerant, f"type OID {c.type_oid}")

    def _key_column(self, c: Column, relation: Relation, today: CatalogTable | None, given: bool) -> Column:
        """Key columns are part of the primary key, so NOT NULL whatever today's catalogue says; chosen ones may be null."""
        if given or today is None or c.name not in today.primary_key:
            return c if given or not c.identity or relation.replica_identity == "f" else replace(c, schema=c.schema.required())
        return replace(c, schema=c.schema.required())

    def _dressed(self, c: Column, relation: Relation, today: CatalogTable | None) -> Column:
        """With what concerns the value only: mask, comment, propagated source type."""
        table = f"{relation.schema}.{relation.name}"
        sent = relation.columns[c.place]
        kind = self._catalog.type(sent.type_oid)
        parameters = {}
        if self._dressing.propagates([f"{table}.{c.name}"], [f"{table}.{kind.name}"]):
            parameters = source_parameters(kind, sent.typmod, c.name, self._catalog)
        now = None if today is None else today.column(c.name)
        return self._dressing.dressed(
            c, (f"{table}.{c.name}", f"{self._config.dbname}.{table}.{c.name}"), parameters,
            sent.typmod - 4 if sent.typmod > 4 else None, None if now is None else now.comment)

    def _key_names(self, relation: Relation, today: CatalogTable | None) -> tuple[str, ...]:
        names = [c.name for c in relation.columns]
        given = self._keys.of(f"{relation.schema}.{relation.name}", names)
        if given:
            return given
        primary = () if today is None else today.primary_key
        unique = () if today is None else today.unique_key
        if relation.replica_identity == "d":
            # The stream marks the primary key's columns; today's catalogue only knows their order.
            marked = tuple(c.name for c in relation.columns if c.identity)
            if marked:
                return primary if set(primary) == set(marked) else marked
            return unique if set(unique) <= set(names) else ()
        for candidate in (primary, unique):
            if candidate and set(candidate) <= set(names):
                return candidate
        return ()

    def _check_case(self, relation: Relation) -> None:
        seen: dict[str, str] = {}
        for c in relation.columns:
            other = seen.setdefault(c.name.lower(), c.name)
            if other != c.name:
                raise ConnectError(
                    f"table {relation.schema}.{relation.name}: columns {other!r} and {c.name!r} differ only in case, which "
                    "consumers cannot tell apart; rename one, or leave the table out with table.exclude.list")
