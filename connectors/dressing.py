"""What a column's schema and values get beyond their type, the same for every database: masks, propagated source types,
comments, tolerance for values that cannot be converted; and the checks of a table's field names."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from connect.api.errors import ConnectError
from connectors.codec import Codec
from connectors.core.plan import CALL
from connectors.masks import Masks
from connectors.selection import Patterns
from connectors.tables import Column
from schemas.model import Schema, Value

__all__ = ["Dressing", "Settings", "check_fields"]

logger = logging.getLogger(__name__)


class Settings(Protocol):
    """What of a connector's configuration is asked here."""

    converting_failure_mode: str
    include_schema_comments: bool
    column_propagate_source_type: list[str] | None
    datatype_propagate_source_type: list[str] | None
    masks: Masks


class Dressing:
    """Dresses the columns of one connector's tables."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._columns = Patterns.parse(settings.column_propagate_source_type)
        self._types = Patterns.parse(settings.datatype_propagate_source_type)

    @property
    def tolerant(self) -> bool:
        """Whether a value that cannot be converted is passed over."""
        return self._settings.converting_failure_mode != "fail"

    def tolerating(self, codec: Codec, schema: Schema, table: str, column: str) -> Codec:
        """The codec for a tolerant column: what cannot be converted is null, or in a NOT NULL column its default, or zero."""
        warn = self._settings.converting_failure_mode == "warn"
        instead = None if schema.optional else codec.zero if schema.default is None else schema.default

        def read(raw: bytes) -> Value:
            try:
                return codec.read(raw)
            except (ValueError, ArithmeticError) as e:
                if warn:
                    logger.warning("table %s: a value of column %r could not be converted and is left out: %s", table, column, e)
                return instead

        return codec.but(read=read, fast=CALL)

    def propagates(self, columns: Sequence[str], types: Sequence[str]) -> bool:
        """Whether the source type of a column, by its qualified names or its type's, is told in the schema."""
        return any(self._columns.match(c) for c in columns) or any(self._types.match(t) for t in types)

    def dressed(self, c: Column, names: Sequence[str], parameters: Mapping[str, str], length: int | None,
                comment: str | None) -> Column:
        """The column with what concerns its value only: the mask found under one of its qualified ``names``, ``parameters``
        (the propagated source type) and the comment. ``length`` is the declared length in characters, to which hashes are
        cut."""
        schema, codec = c.schema, c.codec
        added = {**schema.parameters, **parameters}
        mask = self._settings.masks.of(names)
        if mask is not None and codec.character:
            plain = codec.read
            fixed = mask.apply(None, length)
            added.update(mask.parameters())
            codec = codec.but(
                read=lambda raw: mask.apply(plain(raw), length), fast=CALL, null=fixed,
                zero=fixed if fixed is not None else codec.zero, unavailable=fixed if fixed is not None else codec.unavailable)
        elif mask is not None:
            logger.warning("column %s is no text: column.mask and column.truncate do not apply, it is sent in the clear; "
                           "column.exclude.list leaves it out", names[0])
        if added != dict(schema.parameters):
            schema = schema.but(parameters=added)
        if comment and self._settings.include_schema_comments:
            schema = schema.but(doc=comment)
        if codec is not c.codec:
            codec = codec.but(schema=schema.required().but(default=None))
        return c if schema is c.schema and codec is c.codec else replace(c, schema=schema, codec=codec)


def check_fields(table: str, columns: Sequence[Column]) -> None:
    """Raises ConnectError when two columns become one field."""
    seen: dict[str, str] = {}
    for c in columns:
        other = seen.setdefault(c.field, c.name)
        if other != c.name:
            raise ConnectError(
                f"table {table}: columns {other!r} and {c.name!r} both become field {c.field!r}; "
                "set field.name.adjustment.mode=avro_unicode, or leave one out with column.exclude.list")
