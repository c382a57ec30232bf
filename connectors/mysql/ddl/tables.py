"""Tables from definitions: CREATE TABLE's whole, and what holds of every table (its keys' order, what a key makes NOT NULL)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from connectors.mysql.ddl.context import DdlContext, DdlError
from connectors.mysql.ddl.resolve import Charset, pick_charset, resolve_column
from connectors.mysql.ddl.tree import ColumnSpec, CreateTable, KeySpec
from connectors.mysql.structure import ColumnDef, KeyDef, TableDef, TableId

__all__ = [
    "SEQUENCE", "VERSIONED", "VERSIONING", "add_key", "build_table", "finished", "is_sequence", "promote_first_timestamp",
    "require", "sequence_table", "system_columns",
]

VERSIONING = "system_versioning"
"""The attribute of a MariaDB table WITH SYSTEM VERSIONING: the name of its ROW END column, or, where no statement shows one: """
VERSIONED = (VERSIONING, "implicit")
SEQUENCE = ("sequence", "1")
"""The attribute of what is no table but a sequence of MariaDB."""
_SEQUENCE_COLUMNS = (
    "next_not_cached_value", "minimum_value", "maximum_value", "start_value", "increment", "cache_size", "cycle_option",
    "cycle_count")


def sequence_table(id: TableId) -> TableDef:
    """A sequence as row events have it."""
    unsigned = ("cache_size", "cycle_option")
    return TableDef(id, tuple(
        ColumnDef(name, "tinyint" if name == "cycle_option" else "bigint", unsigned=name in unsigned, nullable=False)
        for name in _SEQUENCE_COLUMNS), attributes=(SEQUENCE,))


def is_sequence(table: TableDef) -> bool:
    """Whether it is no table but a sequence: its rows are nobody's data."""
    return SEQUENCE in table.attributes or tuple(c.name for c in table.columns) == _SEQUENCE_COLUMNS


def build_table(statement: CreateTable, id: TableId, inherited: Charset, context: DdlContext) -> TableDef:
    """The table that CREATE TABLE with a column list makes, ``inherited`` being its database's defaults. Raises DdlError."""
    charset = pick_charset(statement.options.charset, statement.options.collation, inherited)
    columns = resolve_columns(statement.columns, charset, context)
    attributes: tuple[tuple[str, str], ...] = ()
    if statement.options.versioned:
        ends = next((c.name for c in statement.columns if c.row_time == "END"), None)
        attributes = (VERSIONED,) if ends is None else ((VERSIONING, ends),)
        if ends is None:
            columns.extend(system_columns())
    if statement.options.sequence:
        attributes = (SEQUENCE,)
    primary: tuple[str, ...] = ()
    keys: list[KeyDef] = []
    for spec in statement.keys:
        if spec.kind == "period":
            require(spec, columns)
            continue
        primary = add_key(spec, keys, primary, columns)
    return finished(TableDef(
        id, tuple(columns), primary, (), charset[0], charset[1], statement.options.comment or None, attributes, tuple(keys)))


def resolve_columns(specs: Sequence[ColumnSpec], charset: Charset, context: DdlContext) -> list[ColumnDef]:
    """The columns in order."""
    columns = [resolve_column(spec, charset, context) for spec in specs]
    promote_first_timestamp(columns, {spec.name: spec for spec in specs}, context)
    return columns


def promote_first_timestamp(columns: list[ColumnDef], written: Mapping[str, ColumnSpec], context: DdlContext) -> None:
    """Without ``explicit_defaults_for_timestamp`` the table's first TIMESTAMP follows the clock, if the statement wrote it and
    says nothing else."""
    if context.explicit_defaults_ts:
        return
    for index, column in enumerate(columns):
        if column.type == "timestamp":
            spec = written.get(column.name)
            silent = spec is not None and spec.default is None and not spec.on_update and spec.nullable is not True
            if spec is not None and silent and not spec.generated and spec.row_time is None:
                now = f"CURRENT_TIMESTAMP({column.scale})" if column.scale else "CURRENT_TIMESTAMP"
                columns[index] = column.but(default=now, on_update=True)
            return


def system_columns() -> list[ColumnDef]:
    """The columns that MariaDB adds to a table with implicit system versioning; row events carry them last."""
    return [ColumnDef(name, "timestamp", "TIMESTAMP", scale=6, nullable=False, invisible=True) for name in ("row_start",
            "row_end")]


def require(spec: KeySpec, columns: list[ColumnDef]) -> None:
    """A period's columns are NOT NULL."""
    names = {name.lower() for name in spec.columns if name is not None}
    columns[:] = [c.but(nullable=False) if c.name.lower() in names else c for c in columns]


def add_key(spec: KeySpec, keys: list[KeyDef], primary: tuple[str, ...], columns: Sequence[ColumnDef]) -> tuple[str, ...]:
    """Adds a key to ``keys``, or returns it as the primary key's columns. Raises DdlError for a column that is not there."""
    names = {c.name.lower(): c.name for c in columns}
    spelled: list[str | None] = []
    for column in spec.columns:
        if column is not None and column.lower() not in names:
            raise DdlError(f"a key names the column {column}, which the table does not have")
        spelled.append(names[column.lower()] if column is not None else None)
    serves = _begins(primary, spelled) or any(_begins(key.columns, spelled) and not key.implied for key in keys)
    if spec.kind == "foreign" and serves:
        return primary
    keys[:] = [key for key in keys if not (key.implied and _begins(spelled, key.columns))]
    if spec.kind == "primary":
        return tuple(name for name in spelled if name is not None)
    taken = {key.name.lower() for key in keys}
    name = spec.name
    if name is None:
        name = _free_name(spelled[0] or "functional_index", taken)
    elif name.lower() in taken:
        if spec.if_not_exists or spec.kind == "foreign":
            return primary
        raise DdlError(f"the table has a key {name} already")
    keys.append(KeyDef(name, tuple(spelled), spec.kind == "unique", spec.partial, spec.kind == "foreign"))
    return primary


def _begins(columns: Sequence[str | None], wanted: Sequence[str | None]) -> bool:
    return len(columns) >= len(wanted) and list(columns[: len(wanted)]) == list(wanted)


def _free_name(first: str, taken: Iterable[str]) -> str:
    if first.lower() not in taken and first.lower() != "primary":
        return first
    number = 2
    while f"{first}_{number}".lower() in taken:
        number += 1
    return f"{first}_{number}"


def finished(table: TableDef) -> TableDef:
    """The table with what follows from its keys: primary key columns NOT NULL, keys in the server's order, ``unique_key``.
    In a table with system versioning the end of a row's time belongs to every such key, or old versions could not be there."""
    ends = dict(table.attributes).get(VERSIONING)
    if ends is not None:
        ends = "row_end" if ends == "implicit" else ends
        keyed = tuple(replace(k, columns=(*k.columns, ends)) if k.unique and ends not in k.columns else k for k in table.keys)
        primary = (*table.primary_key, ends) if table.primary_key and ends not in table.primary_key else table.primary_key
        table = table.but(primary_key=primary, keys=keyed)
    in_key = set(table.primary_key)
    columns = tuple(
        c.but(nullable=False, default=None if c.default is not None and c.default.upper() == "NULL" else c.default)
        if c.name in in_key and c.nullable else c
        for c in table.columns
    )
    required = {c.name for c in columns if not c.nullable}

    def rank(key: KeyDef) -> int:
        # As the server sorts them: unique without NULL, whole columns first; other unique ones; the rest.
        if not key.unique:
            return 4
        if not all(name in required for name in key.columns if name is not None) or None in key.columns:
            return 3 if key.partial else 2
        return 1 if key.partial else 0

    keys = tuple(sorted(table.keys, key=rank))
    unique = next((k for k in keys if k.unique and rank(k) < 2), None)
    return table.but(columns=columns, keys=keys, unique_key=tuple(n for n in unique.columns if n is not None) if unique else ())
