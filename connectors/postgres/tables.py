"""A captured table as it is at one position of the stream: its schemas, its key, and the plans that write its rows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connect.api.errors import ConnectError
from connectors.naming import TopicNames
from connectors.postgres.config import PostgresConfig
from connectors.postgres.core.rows import CALL, SENT, UNCHANGED, Plan, Spans
from connectors.postgres.defaults import default_of
from connectors.postgres.pgoutput import Relation, RelationColumn
from connectors.postgres.propagation import source_parameters
from connectors.postgres.relations import Catalog, CatalogTable
from connectors.postgres.types import NO_DEFAULT, Codec, TypeOptions, codec_of
from connectors.selection import Patterns
from schemas.avro import null_first
from schemas.core.writer import Writer
from schemas.encode import encoder_of
from schemas.envelope import POSTGRES_SOURCE, envelope_schema, key_schema, row_schema
from schemas.model import Schema, Value
from schemas.names import adjust_field_name, adjust_schema_name

__all__ = ["Column", "Table", "TableBuilder"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Column:
    """One column in a record. ``place`` counts in the tuple, ``field`` is the adjusted name; ``schema`` is the field's, with
    optionality and default. ``identity``: it is in the key-only form of an old row."""

    name: str
    field: str
    place: int
    codec: Codec
    schema: Schema
    identity: bool
    tolerant: bool = False

    @property
    def fake(self) -> Value:
        """What a partial old row shows when it does not have the column."""
        if self.codec.null is not None:
            return self.codec.null
        if self.schema.optional:
            return None
        return self.codec.zero if self.schema.default is None else self.schema.default

    def value(self, spans: Spans, old: Spans | None) -> Value:
        """The Connect value. Raises ValueError."""
        kind = spans.kind(self.place)
        if kind == UNCHANGED and old is not None and old.kind(self.place) != UNCHANGED:
            spans, kind = old, old.kind(self.place)
        if kind == SENT:
            return self.codec.read(spans.raw(self.place) or b"")
        if kind == UNCHANGED:
            if self.codec.unavailable is None:
                raise ValueError("the value was not changed, is not in the log, and its type has no placeholder")
            return self.codec.unavailable
        return self.codec.null


def _encoded(schema: Schema, value: Value) -> bytes:
    writer = Writer()
    encoder_of(schema).encode(value, writer)
    return writer.take()


def _entry(column: Column, partial: bool) -> tuple[Any, ...]:
    """One column of a Plan."""
    schema, codec = column.schema, column.codec
    before = b"" if not schema.optional else b"\x02" if null_first(schema) else b"\x00"
    if partial:
        null = _encoded(schema, column.fake)
    elif schema.optional or codec.null is not None:
        null = _encoded(schema, codec.null)
    else:
        null = None
    unchanged = None if codec.unavailable is None else _encoded(schema, codec.unavailable)
    if column.tolerant:
        return column.place, CALL, 0, b"", null, unchanged, _whole_field(codec, schema)
    return column.place, codec.fast, codec.bound, before, null, unchanged, codec.encode


def _whole_field(codec: Codec, schema: Schema) -> Callable[[bytes, Writer], None]:
    encoder = encoder_of(schema)

    def write(raw: bytes, writer: Writer) -> None:
        encoder.encode(codec.read(raw), writer)

    return write


class Table:
    """A table at one position of the stream. Immutable but for its plans, which are made when first used."""

    def __init__(self, relation: Relation, topic: str, names: str, columns: Sequence[Column], key: Sequence[Column]) -> None:
        self.relation = relation
        self.topic = topic
        self.names = names
        self.columns = tuple(columns)
        self.key = tuple(key)
        self.row_schema = row_schema(f"{names}.Value", [(c.field, c.schema) for c in columns])
        self.key_schema = key_schema(f"{names}.Key", [(c.field, c.schema) for c in key]) if key else None
        self.envelope = envelope_schema(f"{names}.Envelope", self.row_schema, POSTGRES_SOURCE)
        self.key_in_identity = all(c.identity for c in key)
        self._plans: dict[str, Plan] = {}

    @property
    def qualified(self) -> str:
        """``schema.table``."""
        return f"{self.relation.schema}.{self.relation.name}"

    def parse(self, spans: Spans, buffer: bytes, offset: int) -> int:
        """Read a row of this table; returns the offset after it. Raises ValueError when it is damaged or has another width."""
        end = spans.parse(buffer, offset)
        width = len(self.relation.columns)
        if spans.count != width and width:
            raise ValueError(f"a row of {spans.count} columns, the table has {width}")
        return end

    def plan(self, which: str) -> Plan:
        """How rows are written: ``new`` (also a whole old row), ``partial`` (the key of an old row) or ``key``."""
        made = self._plans.get(which)
        if made is None:
            columns = self.key if which == "key" else self.columns
            made = self._plans[which] = Plan([_entry(c, which == "partial") for c in columns])
        return made

    def column_of(self, which: str, index: int) -> Column:
        """The column at that place of a plan."""
        return (self.key if which == "key" else self.columns)[index]

    def row(self, spans: Spans, old: Spans | None = None, partial: bool = False) -> dict[str, Value]:
        """The row as a Connect value. Raises ColumnError."""
        out: dict[str, Value] = {}
        for c in self.columns:
            if partial and spans.kind(c.place) != SENT:
                out[c.field] = c.fake
                continue
            out[c.field] = _read(c, spans, old)
        return out

    def key_of(self, spans: Spans, old: Spans | None = None) -> dict[str, Value] | None:
        """The key as a Connect value, None of a table without a key. Raises ColumnError."""
        return {c.field: _read(c, spans, old) for c in self.key} if self.key else None

    def widened(self, column: Column) -> Table:
        """The same table with that column nullable: the catalogue says NOT NULL today, the row is older than that."""
        def wide(c: Column) -> Column:
            if c.name != column.name:
                return c
            return replace(c, schema=c.schema.but(optional=True))

        return Table(self.relation, self.topic, self.names, [wide(c) for c in self.columns], [wide(c) for c in self.key])


class ColumnError(ValueError):
    """A column's value cannot be read; ``null``: it is a null in a column that is not nullable."""

    def __init__(self, column: Column, why: str, null: bool = False) -> None:
        self.column = column
        self.null = null
        super().__init__(why)


def _read(c: Column, spans: Spans, old: Spans | None) -> Value:
    try:
        value = c.value(spans, old)
    except (ValueError, ArithmeticError) as e:
        raise ColumnError(c, str(e)) from None
    if value is None and not c.schema.optional:
        raise ColumnError(c, "null in a column that is NOT NULL", True)
    return value


class TableBuilder:
    """Builds tables from the stream's relations and today's catalogue. One for the life of a decoder."""

    def __init__(self, config: PostgresConfig, catalog: Catalog, topics: TopicNames | None = None) -> None:
        self._config = config
        self._catalog = catalog
        self._options = TypeOptions.of(config)
        self._selection = config.selection
        self._keys = config.key_columns
        self._topics = topics or config.topics
        self._propagate = Patterns.parse(config.column_propagate_source_type)
        self._propagate_types = Patterns.parse(config.datatype_propagate_source_type)
        self._warned: set[tuple[str, str, int]] = set()

    def build(self, relation: Relation, today: CatalogTable | None) -> Table | None:
        """The table, None when the filters leave it out. Raises ConnectError when it cannot be told apart or written."""
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
        self._check_fields(relation, columns)
        return Table(relation, topic, names, columns, key)

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
        tolerant = self._config.converting_failure_mode != "fail"
        schema = codec.schema
        if now is None or not now.not_null:
            schema = schema.opt()
        if now is not None and now.type_oid == c.type_oid and now.typmod == c.typmod:
            default = default_of(now.default, codec)
            if default is not NO_DEFAULT:
                schema = schema.but(default=default)
        field = adjust_field_name(c.name, self._config.field_name_adjustment)
        if tolerant:
            codec = self._tolerant(codec, schema, f"{relation.schema}.{relation.name}", c.name)
        return Column(c.name, field, place, codec, schema, c.identity or relation.replica_identity == "f", tolerant)

    def _tolerant(self, codec: Codec, schema: Schema, table: str, column: str) -> Codec:
        warn = self._config.converting_failure_mode == "warn"
        instead = None if schema.optional else codec.zero if schema.default is None else schema.default

        def read(raw: bytes) -> Value:
            try:
                return codec.read(raw)
            except (ValueError, ArithmeticError) as e:
                if warn:
                    logger.warning("table %s: a value of column %r could not be converted and is left out: %s", table, column, e)
                return instead

        return codec.but(read=read, fast=CALL)

    def _key_column(self, c: Column, relation: Relation, today: CatalogTable | None, given: bool) -> Column:
        """Key columns are part of the primary key, so NOT NULL whatever today's catalogue says; chosen ones may be null."""
        if given or today is None or c.name not in today.primary_key:
            return c if given or not c.identity or relation.replica_identity == "f" else replace(c, schema=c.schema.required())
        return replace(c, schema=c.schema.required())

    def _dressed(self, c: Column, relation: Relation, today: CatalogTable | None) -> Column:
        """With what concerns the value only: mask, comment, propagated source type."""
        table = f"{relation.schema}.{relation.name}"
        schema, codec = c.schema, c.codec
        sent = relation.columns[c.place]
        parameters = dict(schema.parameters)
        kind = self._catalog.type(sent.type_oid)
        if self._propagate.match(f"{table}.{c.name}") or self._propagate_types.match(f"{table}.{kind.name}"):
            parameters.update(source_parameters(kind, sent.typmod, c.name, self._catalog))
        mask = self._config.masks.of((f"{table}.{c.name}", f"{self._config.dbname}.{table}.{c.name}"))
        if mask is not None and codec.character:
            length = sent.typmod - 4 if sent.typmod > 4 else None
            plain = codec.read
            fixed = mask.apply(None, length)
            parameters.update(mask.parameters())
            codec = codec.but(
                read=lambda raw: mask.apply(plain(raw), length), fast=CALL, null=fixed,
                zero=fixed if fixed is not None else codec.zero, unavailable=fixed if fixed is not None else codec.unavailable)
        if parameters != dict(schema.parameters):
            schema = schema.but(parameters=parameters)
        if self._config.include_schema_comments and today is not None:
            now = today.column(c.name)
            if now is not None and now.comment:
                schema = schema.but(doc=now.comment)
        if codec is not c.codec:
            codec = codec.but(schema=schema.required().but(default=None))
        return c if schema is c.schema and codec is c.codec else replace(c, schema=schema, codec=codec)

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

    def _check_fields(self, relation: Relation, columns: Sequence[Column]) -> None:
        seen: dict[str, str] = {}
        for c in columns:
            other = seen.setdefault(c.field, c.name)
            if other != c.name:
                raise ConnectError(
                    f"table {relation.schema}.{relation.name}: columns {other!r} and {c.name!r} both become field {c.field!r}; "
                    "set field.name.adjustment.mode=avro_unicode, or leave one out with column.exclude.list")
