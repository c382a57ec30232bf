"""A captured table as it is at one position of the stream: its schemas, its key, and the plans that write its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import connectors.core  # noqa: F401  (chooses the core's implementation before anything of it is imported)
from connectors.codec import Codec
from connectors.core.plan import CALL, Plan
from connectors.core.spans import SENT, UNCHANGED, Spans
from schemas.avro import null_first
from schemas.core.writer import Writer
from schemas.encode import encoder_of
from schemas.envelope import envelope_schema, key_schema, row_schema
from schemas.model import Schema, Value

__all__ = ["Column", "ColumnError", "RowForm", "Table"]

Parse = Callable[[Any, bytes, int, Any], int]


@dataclass(frozen=True, slots=True)
class Column:
    """One column in a record. ``place`` counts in the row as it is sent, ``field`` is the adjusted name; ``schema`` is the
    field's, with optionality and default. ``identity``: it is in the key-only form of an old row. ``told`` is its type as an
    error names it."""

    name: str
    field: str
    place: int
    codec: Codec
    schema: Schema
    identity: bool
    tolerant: bool = False
    told: str = "type not known"

    @property
    def fake(self) -> Value:
        """What a partial old row shows when it does not have the column."""
        return self.instead if self.codec.null is None else self.codec.null

    @property
    def instead(self) -> Value:
        """What is shown for a value that has no form in the schema."""
        if self.schema.optional:
            return None
        return self.codec.zero if self.schema.default is None else self.schema.default

    def value(self, spans: Spans, old: Spans | None) -> Value:
        """The Connect value. Raises ValueError."""
        kind = spans.kind(self.place)
        if kind == UNCHANGED and old is not None and old.kind(self.place) != UNCHANGED:
            spans, kind = old, old.kind(self.place)
        if kind == SENT:
            value = self.codec.read(spans.raw(self.place) or b"")
            return self.instead if value is None and self.codec.gaps else value
        if kind == UNCHANGED:
            if self.codec.unavailable is None:
                raise ValueError("the value was not changed, is not in the log, and its type has no placeholder")
            return self.codec.unavailable
        return self.codec.null


class ColumnError(ValueError):
    """A column's value cannot be read; ``null``: it is a null in a column that is not nullable."""

    def __init__(self, column: Column, why: str, null: bool = False) -> None:
        self.column = column
        self.null = null
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class RowForm:
    """How a table's rows are sent: ``spans`` makes the object that a row is parsed into, ``parse(spans, buffer, offset,
    image)`` fills it and returns the offset after the row (ValueError when it is damaged; ``image`` is of
    ``Change.images``), ``plan`` is the class with the fast codecs, ``prepare(spans, image)`` sets such an object up so that its
    ``read(buffer, offset)`` does what ``parse`` does."""

    spans: Callable[[], Spans]
    parse: Parse
    plan: type[Plan]
    prepare: Callable[[Any, Any], None]


class Table:
    """A table at one position of the stream. Immutable but for its plans, which are made when first used.

    ``path`` are the names that qualify it (schema and table, or database and table), ``source`` the schema of the source
    block, ``names`` the topic as a schema name.
    """

    def __init__(self, path: tuple[str, str], source: Schema, form: RowForm, topic: str, names: str, columns: Sequence[Column],
                 key: Sequence[Column]) -> None:
        self.path = path
        self.qualified = ".".join(path)
        self.form = form
        self.parse = form.parse
        self.topic = topic
        self.names = names
        self.columns = tuple(columns)
        self.key = tuple(key)
        self.row_schema = row_schema(f"{names}.Value", [(c.field, c.schema) for c in columns])
        self.key_schema = key_schema(f"{names}.Key", [(c.field, c.schema) for c in key]) if key else None
        self.envelope = envelope_schema(f"{names}.Envelope", self.row_schema, source)
        self.key_in_identity = all(c.identity for c in key)
        self._source = source
        self._plans: dict[str, Plan] = {}

    def plan(self, which: str) -> Plan:
        """How rows are written: ``new`` (also a whole old row), ``partial`` (the key of an old row) or ``key``."""
        made = self._plans.get(which)
        if made is None:
            columns = self.key if which == "key" else self.columns
            made = self._plans[which] = self.form.plan([_entry(c, which == "partial") for c in columns])
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
        """The same table with that column nullable: it is said to be NOT NULL, the row is older than that."""
        def wide(c: Column) -> Column:
            if c.name != column.name:
                return c
            return replace(c, schema=c.schema.but(optional=True))

        return Table(self.path, self._source, self.form, self.topic, self.names, [wide(c) for c in self.columns],
                     [wide(c) for c in self.key])


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
        return column.place, CALL, 0, b"", null, unchanged, _whole_field(column)
    if codec.gaps:
        return column.place, codec.fast, codec.bound, before, null, unchanged, _whole_field(column), True
    return column.place, codec.fast, codec.bound, before, null, unchanged, codec.encode


def _whole_field(column: Column) -> Callable[[bytes, Writer], None]:
    read, encoder = column.codec.read, encoder_of(column.schema)
    instead = column.instead if column.codec.gaps else None

    def write(raw: bytes, writer: Writer) -> None:
        value = read(raw)
        encoder.encode(instead if value is None else value, writer)

    return write


def _read(c: Column, spans: Spans, old: Spans | None) -> Value:
    try:
        value = c.value(spans, old)
    except (ValueError, ArithmeticError) as e:
        raise ColumnError(c, str(e)) from None
    if value is None and not c.schema.optional:
        raise ColumnError(c, "null in a column that is NOT NULL", True)
    return value
