"""The page of PostgreSQL's column types, made from the code that decides their schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from connectors.postgres.relations import CatalogTable, PgType
from connectors.postgres.types import TypeOptions, codec_of
from docs.writing import MADE, shown, table

__all__ = ["types_page"]


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
    return "left out" if codec is None else shown(codec.schema)


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
        "# Column types and their schemas", "", MADE, "",
        "`time.X` is `io.debezium.time.X`, `data.X` is `io.debezium.data.X`, `connect.X` is `org.apache.kafka.connect.data.X`. A "
        "column that may be null has an optional schema; a literal default is told. What values look like: "
        "[postgres.md](postgres.md#values).",
        "", "## The same in every mode", ""]
    lines += table(("column", "schema"), (
        (shown, _schema(name, typmod, TypeOptions(), schema)) for shown, name, typmod, schema in _SIMPLE))
    lines += ["", "## `time.precision.mode`", ""]
    lines += table(("column", *(f"`{t}`" for t in _TIMES)), (
        (shown, *_modes(name, typmod, _TIMES, lambda v: TypeOptions(time=v))) for shown, name, typmod in (
            ("date", "date", -1), ("time(0–3)", "time", 3), ("time(4–6), time", "time", -1),
            ("timestamp(0–3)", "timestamp", 3), ("timestamp(4–6), timestamp", "timestamp", -1))))
    lines += ["", "## `decimal.handling.mode`", ""]
    lines += table(("column", *(f"`{d}`" for d in _DECIMALS)), (
        (shown, *_modes(name, typmod, _DECIMALS, lambda v: TypeOptions(decimal=v))) for shown, name, typmod in (
            ("numeric(p,s)", "numeric", _NUMERIC_6_2), ("numeric", "numeric", -1), ("money", "money", -1))))
    lines += ["", "## `binary.handling.mode`", ""]
    lines += table(("column", *(f"`{b}`" for b in _BINARIES)), [
        ("bytea", *_modes("bytea", -1, _BINARIES, lambda v: TypeOptions(binary=v)))])
    lines += ["", "## `hstore.handling.mode`, `interval.handling.mode`", ""]
    lines += table(("column", "default", "other"), [
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
