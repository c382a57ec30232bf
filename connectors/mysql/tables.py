"""MySQL's and MariaDB's captured tables: from a table's definition, as its rows are in the binary log or in a snapshot."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Final

from connect.api.errors import ConnectError
from connectors.codec import NO_DEFAULT, Codec
from connectors.dressing import Dressing, check_fields
from connectors.mysql.config import MySqlConfig
from connectors.mysql.core.rows import ImageSpans, RowLayout, RowPlan, TextSpans
from connectors.mysql.structure import ColumnDef, Flavor, TableDef, Wire
from connectors.mysql.types import Charsets, TypeOptions, codec_of, select_expression
from connectors.mysql.types.defaults import default_of
from connectors.mysql.types.propagation import declared_type, source_parameters
from connectors.naming import TopicNames
from connectors.tables import Column, RowForm, Table
from schemas.envelope import MARIADB_SOURCE, MYSQL_SOURCE
from schemas.names import adjust_field_name, adjust_schema_name

__all__ = ["TableBuilder", "row_images"]

logger = logging.getLogger(__name__)

_SOURCES: Final = {Flavor.MYSQL: MYSQL_SOURCE, Flavor.MARIADB: MARIADB_SOURCE}
_CURE: Final = "To go on without it, leave the column out with column.exclude.list, or the table with table.exclude.list"


class TableBuilder:
    """Builds tables. One for the life of a task, so that two tables never share a topic; a warning is given once. One thread."""

    def __init__(self, config: MySqlConfig, charsets: Charsets, topics: TopicNames | None = None) -> None:
        self._config = config
        self._charsets = charsets
        self._options = TypeOptions.of(config)
        self._selection = config.selection
        self._keys = config.key_columns
        self._topics = topics or config.topics
        self._dressing = Dressing(config)
        self._source = _SOURCES[config.flavor]
        self._warned: set[tuple[str, str]] = set()

    def stream_table(self, tdef: TableDef, wires: Sequence[Wire]) -> Table | None:
        """The table as its rows are in the binary log, None when the filters leave it out. ``wires`` are the table map's, one
        for each column of ``tdef`` (MariaDB's hidden columns may follow). Raises ConnectError when it cannot be read or
        written."""
        if not self._selection.table(tdef.id.database, tdef.id.name):
            return None
        if len(wires) < len(tdef.columns):
            raise ConnectError(f"table {tdef.id} is known with {len(tdef.columns)} columns, the binary log has {len(wires)}")
        try:
            form = row_images(wires)
        except ValueError as e:
            raise ConnectError(f"the rows of table {tdef.id} cannot be read: {e}. Leave the table out with "
                               "table.exclude.list, or use a newer version") from None
        return self._table(tdef, form, range(len(tdef.columns)), wires)

    def snapshot_table(self, tdef: TableDef) -> tuple[Table, tuple[str, ...]] | None:
        """The table as its rows are in a snapshot, and what to select, in this order; None when the filters leave it out. The
        session must be in UTC and have ``character_set_results`` NULL. Raises ConnectError."""
        database, name = tdef.id.database, tdef.id.name
        if not self._selection.table(database, name):
            return None
        wanted = self._wanted(tdef)
        known = [
            i for i, c in enumerate(tdef.columns)
            if c.name.lower() in wanted and self._codec(tdef, c, None, wanted) is not None]
        if not known:
            raise ConnectError(f"table {tdef.id} has no column that is captured and of a type that is supported; leave it out "
                               "with table.exclude.list")
        table = self._table(tdef, _texts(len(known)), known, None)
        columns = [tdef.columns[i] for i in known]
        return table, tuple(select_expression(c, self._config.flavor) or f"`{c.name.replace('`', '``')}`" for c in columns)

    def _table(self, tdef: TableDef, form: RowForm, places: Sequence[int], wires: Sequence[Wire] | None) -> Table:
        database, name = tdef.id.database, tdef.id.name
        names, given = self._key_names(tdef)
        required = frozenset() if given else frozenset(map(str.lower, names))
        wanted = self._wanted(tdef)
        topic = self._topics.data(database, name)
        made: dict[str, Column] = {}
        for place, index in enumerate(places):
            column = tdef.columns[index]
            codec = self._codec(tdef, column, None if wires is None else wires[index], wanted)
            if codec is not None:
                nullable = column.nullable and column.name.lower() not in required
                made[column.name.lower()] = self._column(tdef, column, place, codec, nullable)
        key = [self._key_column(tdef, made.get(k.lower()), k) for k in names]
        columns = [
            self._dressed(made[c.name.lower()], tdef, c) for c in tdef.columns
            if c.name.lower() in made and self._selection.column(database, name, c.name)]
        check_fields(str(tdef.id), columns)
        check_fields(str(tdef.id), key)
        return Table((database, name), self._source, form, topic, adjust_schema_name(topic, self._config.schema_name_adjustment),
                     columns, key)

    def _codec(self, tdef: TableDef, c: ColumnDef, wire: Wire | None, wanted: frozenset[str]) -> Codec | None:
        try:
            codec = codec_of(c, wire, self._options, self._charsets)
        except (ValueError, ConnectError) as e:
            if c.name.lower() not in wanted:
                return None
            raise ConnectError(f"column {c.name!r} of table {tdef.id} cannot be read: {e}. {_CURE}") from None
        if codec is None and (str(tdef.id), c.name) not in self._warned:
            self._warned.add((str(tdef.id), c.name))
            logger.warning("table %s: column %r is left out, its type %s is not supported", tdef.id, c.name, declared_type(c))
        return codec

    def _wanted(self, tdef: TableDef) -> frozenset[str]:
        """The columns in the key or in the value, in lower case."""
        names = [c.name for c in tdef.columns if self._selection.column(tdef.id.database, tdef.id.name, c.name)]
        return frozenset(map(str.lower, (*names, *self._key_names(tdef)[0])))

    def _column(self, tdef: TableDef, c: ColumnDef, place: int, codec: Codec, nullable: bool) -> Column:
        schema = codec.schema.opt() if nullable else codec.schema
        default = default_of(c, self._options, self._charsets)
        if default is not NO_DEFAULT:
            schema = schema.but(default=default)
        if c.comment and self._config.include_schema_comments:
            schema = schema.but(doc=c.comment)
        field = adjust_field_name(c.name, self._config.field_name_adjustment)
        tolerant = self._dressing.tolerant
        if tolerant:
            codec = self._dressing.tolerating(codec, schema, str(tdef.id), c.name)
        return Column(c.name, field, place, codec, schema, True, tolerant, f"type {declared_type(c)}")

    def _key_column(self, tdef: TableDef, c: Column | None, name: str) -> Column:
        if c is None:
            raise ConnectError(
                f"table {tdef.id}: key column {name!r} has a type that is not supported; choose other columns with "
                "message.key.columns, or leave the table out with table.exclude.list")
        return c

    def _key_names(self, tdef: TableDef) -> tuple[tuple[str, ...], bool]:
        """The key's columns in its order, and whether message.key.columns gives them."""
        given = self._keys.of(str(tdef.id), [c.name for c in tdef.columns])
        if given:
            return given, True
        return tdef.primary_key or tdef.unique_key, False

    def _dressed(self, column: Column, tdef: TableDef, c: ColumnDef) -> Column:
        """With what concerns the value only: mask, propagated source type."""
        name = f"{tdef.id}.{c.name}"
        parameters: dict[str, str] = {}
        if self._dressing.propagates([name], [f"{tdef.id}.{declared_type(c)}"]):
            parameters = source_parameters(c)
        return self._dressing.dressed(column, (name,), parameters, c.length, None)


def row_images(wires: Sequence[Wire]) -> RowForm:
    """Rows of a table with such columns, as row images of the binlog. Raises ValueError for a type that is not known."""
    layout = RowLayout([w.type for w in wires], [w.meta for w in wires])

    def prepare(spans: ImageSpans, image: Any) -> None:
        spans.layout, spans.present = layout, image or b""

    def parse(spans: ImageSpans, buffer: bytes, offset: int, image: Any) -> int:
        return spans.parse(buffer, offset, layout, image or b"")

    return RowForm(ImageSpans, parse, RowPlan, prepare)


def _texts(width: int) -> RowForm:
    """Rows of that many columns as row packets of the text protocol, one in each buffer."""
    def prepare(spans: TextSpans, _: Any) -> None:
        spans.width = width

    def parse(spans: TextSpans, buffer: bytes, offset: int, _: Any) -> int:
        spans.width = width
        return spans.read(buffer, offset)

    return RowForm(TextSpans, parse, RowPlan, prepare)
