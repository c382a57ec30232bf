"""Writes the reference pages that are made from the code: ``python -m docs.properties`` (``--check`` only compares).

- ``postgres-properties.md``, ``mysql-properties.md``: every property of a connector, and those of Debezium's that have no effect.
- ``postgres-types.md``: every column type and its schema in each mode.

A test compares the pages with what this prints.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from connect.api.config import ConfigKey, KeyType
from connectors.mysql.config import MariaDbConfig, MySqlConfig
from connectors.mysql.unhonoured import NOT_HONOURED as NOT_HONOURED_BY_MYSQL
from connectors.postgres.config import PostgresConfig
from connectors.postgres.relations import CatalogTable, PgType
from connectors.postgres.types import TypeOptions, codec_of
from connectors.postgres.unhonoured import NOT_HONOURED
from connectors.properties import RelationalConfig
from schemas.model import Schema

__all__ = ["PAGES", "main", "properties_page", "types_page"]

HERE = Path(__file__).parent
_MADE = "<!-- made by `python -m docs.properties`; edit the code, not this page -->"

_MASKS = (
    ("column.mask.with.<n>.chars", "Columns shown as that many asterisks; null too."),
    ("column.mask.hash.<algorithm>.with.salt.<salt>", "Columns shown as a hash of Java's serialised text; null stays null."),
    ("column.mask.hash.v2.<algorithm>.with.salt.<salt>", "The same of the text's UTF-8."),
    ("column.truncate.to.<n>.chars", "Columns cut to that many characters."),
)
_HISTORY_CLIENTS = (
    ("schema.history.internal.producer.<setting>", "A setting of the client that writes the schema history: brokers' security …"),
    ("schema.history.internal.consumer.<setting>", "One of the client that reads it."),
)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    columns = list(head)
    lines = [f"| {' | '.join(columns)} |", f"|{'|'.join('---' for _ in columns)}|"]
    return lines + [f"| {' | '.join(c.replace('|', '&#124;') for c in row)} |" for row in rows]


def _default(key: ConfigKey) -> str:
    if key.required:
        return "**required**"
    value = key.default
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{','.join(map(str, value)) if isinstance(value, list) else value}`"


def _meaning(key: ConfigKey) -> str:
    doc = key.doc.replace("<", "&lt;")
    if key.one_of:
        doc += " One of " + ", ".join(f"`{v}`" for v in key.recommended) + "."
    if key.type is KeyType.PASSWORD:
        doc += " Secret."
    return doc


def _keys_table(keys: Iterable[ConfigKey]) -> list[str]:
    return _table(("property", "default", "meaning"), ((f"`{k.name}`", _default(k), _meaning(k)) for k in keys))


def _properties(
    title: str, plugin: str, model: type[RelationalConfig], not_honoured: Mapping[str, str], more: Iterable[tuple[str, str]] = (),
    sibling: type[RelationalConfig] | None = None,
) -> str:
    """The page of a connector. Of its sibling, which has a connector of its own, only what differs is told."""
    lines = [
        f"# Properties of {title}", "", _MADE, "",
        "Names, defaults and meanings are Debezium's unless [compatibility.md](compatibility.md) says otherwise. The runtime's "
        "own (`name`, `tasks.max`, converters, `transforms`, `errors.*`, `topic.creation.*`, `producer.override.*`) are Kafka "
        f"Connect's. `GET /connector-plugins/{plugin}/config` lists all of them.",
    ]
    keys = list(model.definition())
    for group in dict.fromkeys(k.group for k in keys):
        lines += ["", f"## {group}", "", *_keys_table(k for k in keys if k.group == group)]
    if sibling is not None:
        told = {k.name: (k.default, k.doc, k.recommended) for k in keys}
        lines += ["", f"## {sibling.server_group}", "", f"As above under the group {sibling.server_group}, but for:", ""]
        lines += _keys_table(k for k in sibling.definition() if told.get(k.name) != (k.default, k.doc, k.recommended))
    lines += ["", "## Properties whose names vary", ""]
    override = f"snapshot.select.statement.overrides.{model.namespace}.<table>"
    lines += _table(("property", "meaning"), ((f"`{name}`", doc) for name, doc in (
        (override, "The SELECT that reads this table in a snapshot."), *_MASKS, *more)))
    lines += ["", "Lists are regular expressions separated by commas, matched against the whole qualified name in any case; "
              "`\\,` is a comma inside one.", "", "## Properties of Debezium without effect", "",
              "They are accepted, and told as ignored by `/config/validate` (group `Ignored`) and in the worker's log.", ""]
    lines += _table(("property", "why"), ((f"`{name}`", why) for name, why in not_honoured.items()))
    return "\n".join(lines) + "\n"


def properties_page() -> str:
    """The text of ``postgres-properties.md``."""
    return _properties("the PostgreSQL connector", "PostgresConnector", PostgresConfig, NOT_HONOURED)


def mysql_properties_page() -> str:
    """The text of ``mysql-properties.md``."""
    return _properties("the MySQL and MariaDB connectors", "MySqlConnector", MySqlConfig, NOT_HONOURED_BY_MYSQL,
                       _HISTORY_CLIENTS, MariaDbConfig)


@dataclass(frozen=True, slots=True)
class _OneType:
    """A catalogue of one type and what it is made of."""

    types: Mapping[int, PgType]

    def type(self, oid: int) -> PgType:
        return self.types[oid]

    def table(self, oid: int) -> CatalogTable | None:
        return None

    def refresh(self) -> None:
        return None


_INNER, _COLUMN = 1, 2
_EXTENSION = "extension"


def _schema(name: str, typmod: int, options: TypeOptions, schema: str = "pg_catalog", *, array: bool = False) -> str:
    inner = PgType(_INNER, name, schema, "e" if name == "enum" else "b", labels=("a", "b"))
    outer = PgType(_COLUMN, f"_{name}", element=_INNER) if array else inner
    codec = codec_of(_COLUMN if array else _INNER, typmod, _OneType({_INNER: inner, _COLUMN: outer}), options)
    return "left out" if codec is None else _shown(codec.schema)


def _shown(schema: Schema) -> str:
    kind = schema.type.value
    if schema.value_schema is not None:
        kind += f" of {_shown(schema.value_schema)}"
    name = (schema.name or "").replace("io.debezium.time.", "time.").replace("io.debezium.data.", "data.").replace(
        "org.apache.kafka.connect.data.", "connect.")
    return f"{kind} {name}".strip()


def _modes(name: str, typmod: int, values: Iterable[str], make: Callable[[str], TypeOptions]) -> list[str]:
    return [_schema(name, typmod, make(v)) for v in values]


_TIMES = ("adaptive", "adaptive_time_microseconds", "connect", "isostring", "microseconds", "nanoseconds")
_DECIMALS = ("precise", "double", "string")
_BINARIES = ("bytes", "base64", "base64-url-safe", "hex")
_NUMERIC_6_2 = (6 << 16 | 2) + 4
_SIMPLE = (
    ("boolean", "bool", -1, "pg_catalog"), ("smallint", "int2", -1, "pg_catalog"), ("integer", "int4", -1, "pg_catalog"),
    ("bigint", "int8", -1, "pg_catalog"), ("oid", "oid", -1, "pg_catalog"), ("real", "float4", -1, "pg_catalog"),
    ("double precision", "float8", -1, "pg_catalog"), ("text, varchar, char(n), name", "text", -1, "pg_catalog"),
    ("citext, isbn, isbn13, ismn, issn, upc …", "citext", -1, _EXTENSION), ("json, jsonb", "jsonb", -1, "pg_catalog"),
    ("xml", "xml", -1, "pg_catalog"), ("uuid", "uuid", -1, "pg_catalog"), ("an enum", "enum", -1, "public"),
    ("inet, cidr, macaddr, macaddr8", "inet", -1, "pg_catalog"),
    ("int4range, int8range, numrange, tsrange, tstzrange, daterange", "int4range", -1, "pg_catalog"),
    ("ltree", "ltree", -1, _EXTENSION), ("tsvector", "tsvector", -1, "pg_catalog"), ("point", "point", -1, "pg_catalog"),
    ("bit(1), bit varying(1)", "bit", 1, "pg_catalog"), ("bit(n), bit varying(n)", "bit", 8, "pg_catalog"),
    ("timestamptz", "timestamptz", -1, "pg_catalog"), ("timetz", "timetz", -1, "pg_catalog"),
)
_MISSING = (
    "ean13", "box", "line", "lseg", "path", "polygon", "circle", "tsquery", "pg_lsn", "int4multirange", "geometry", "geography",
    "vector", "halfvec", "sparsevec",
)
_ELEMENTS = (
    "bool", "int2", "int4", "int8", "oid", "float4", "float8", "numeric", "text", "varchar", "bpchar", "name", "uuid", "json",
    "jsonb", "xml", "bytea", "date", "time", "timetz", "timestamp", "timestamptz", "interval", "inet", "cidr", "macaddr",
    "macaddr8", "int4range", "money", "bit", "varbit", "point", "tsvector", "enum",
)


def types_page() -> str:
    """The text of ``postgres-types.md``."""
    lines = [
        "# Column types and their schemas", "", _MADE, "",
        "`time.X` is `io.debezium.time.X`, `data.X` is `io.debezium.data.X`, `connect.X` is `org.apache.kafka.connect.data.X`. A "
        "column that may be null has an optional schema; a literal default is told. What values look like: "
        "[postgres.md](postgres.md#values).",
        "", "## The same in every mode", ""]
    lines += _table(("column", "schema"), (
        (shown, _schema(name, typmod, TypeOptions(), schema)) for shown, name, typmod, schema in _SIMPLE))
    lines += ["", "## `time.precision.mode`", ""]
    lines += _table(("column", *(f"`{t}`" for t in _TIMES)), (
        (shown, *_modes(name, typmod, _TIMES, lambda v: TypeOptions(time=v))) for shown, name, typmod in (
            ("date", "date", -1), ("time(0–3)", "time", 3), ("time(4–6), time", "time", -1),
            ("timestamp(0–3)", "timestamp", 3), ("timestamp(4–6), timestamp", "timestamp", -1))))
    lines += ["", "## `decimal.handling.mode`", ""]
    lines += _table(("column", *(f"`{d}`" for d in _DECIMALS)), (
        (shown, *_modes(name, typmod, _DECIMALS, lambda v: TypeOptions(decimal=v))) for shown, name, typmod in (
            ("numeric(p,s)", "numeric", _NUMERIC_6_2), ("numeric", "numeric", -1), ("money", "money", -1))))
    lines += ["", "## `binary.handling.mode`", ""]
    lines += _table(("column", *(f"`{b}`" for b in _BINARIES)), [
        ("bytea", *_modes("bytea", -1, _BINARIES, lambda v: TypeOptions(binary=v)))])
    lines += ["", "## `hstore.handling.mode`, `interval.handling.mode`", ""]
    lines += _table(("column", "default", "other"), [
        ("hstore", f"`json`: {_schema('hstore', -1, TypeOptions(), _EXTENSION)}",
         f"`map`: {_schema('hstore', -1, TypeOptions(hstore='map'), _EXTENSION)}"),
        ("interval", f"`numeric`: {_schema('interval', -1, TypeOptions())}",
         f"`string`: {_schema('interval', -1, TypeOptions(interval='string'))}")])
    taken = [e for e in _ELEMENTS if _schema(e, -1, TypeOptions(), array=True) != "left out"]
    left = [e for e in _ELEMENTS if e not in taken]
    absent = [m for m in _MISSING if _schema(m, -1, TypeOptions()) == "left out"]
    lines += [
        "", "## Arrays", "",
        f"An array of one dimension is an `array` of its element's schema, optional. Elements: {', '.join(taken)}; hstore, "
        f"ltree, citext. Left out: {', '.join(left)}, arrays of domains.", "", "## Left out", "",
        f"{', '.join(absent)}, composite types, and every other type not named here: the column is left out, with one warning. "
        "`include.unknown.datatypes=true` gives the server's text as bytes (by `binary.handling.mode`) instead.",
        "", "A domain appears as the type behind it."]
    return "\n".join(lines) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "postgres-properties.md": properties_page, "postgres-types.md": types_page, "mysql-properties.md": mysql_properties_page}
"""The pages by file name."""


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` tell which are not current; the exit code."""
    stale = [name for name, page in PAGES.items() if not (HERE / name).exists() or (HERE / name).read_text("utf-8") != page()]
    if "--check" in arguments:
        for name in stale:
            sys.stderr.write(f"docs/{name} is not current: run python -m docs.properties\n")
        return 1 if stale else 0
    for name in stale:
        (HERE / name).write_text(PAGES[name](), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
