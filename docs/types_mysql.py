"""The page of MySQL's and MariaDB's column types, made from the code that decides their schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from connectors.mysql.structure import ColumnDef, Flavor
from connectors.mysql.types import Charsets, TypeOptions, codec_of
from docs.writing import MADE, shown, table

__all__ = ["types_page"]

_DECIMALS = ("precise", "double", "string")
_BINARIES = ("bytes", "base64", "base64-url-safe", "hex")
_TIMES = ("adaptive_time_microseconds", "connect", "isostring", "microseconds", "nanoseconds")


def _column(kind: str, length: int | None = None, scale: int | None = None, *, unsigned: bool = False) -> ColumnDef:
    labels = ("a", "b") if kind in ("enum", "set") else ()
    return ColumnDef("c", kind, kind.upper(), length, scale, unsigned, labels=labels)


_SAME = (
    ("TINYINT, BOOLEAN", _column("tinyint", 1)), ("TINYINT UNSIGNED", _column("tinyint", unsigned=True)),
    ("SMALLINT", _column("smallint")), ("SMALLINT UNSIGNED", _column("smallint", unsigned=True)),
    ("MEDIUMINT", _column("mediumint")), ("MEDIUMINT UNSIGNED", _column("mediumint", unsigned=True)), ("INT", _column("int")),
    ("INT UNSIGNED", _column("int", unsigned=True)), ("BIGINT", _column("bigint")), ("FLOAT", _column("float")),
    ("FLOAT(m,d)", _column("float", 7, 2)), ("DOUBLE, REAL", _column("double")), ("BIT(1)", _column("bit", 1)),
    ("BIT(n)", _column("bit", 8)), ("CHAR, VARCHAR, TEXT …", _column("varchar", 10)), ("JSON", _column("json")),
    ("ENUM", _column("enum")), ("SET", _column("set")), ("YEAR", _column("year")), ("TIMESTAMP", _column("timestamp", None, 6)),
    ("POINT", _column("point")), ("GEOMETRY, LINESTRING, POLYGON …", _column("geometry")),
    ("VECTOR(n) (MySQL)", _column("vector", 3)), ("UUID (MariaDB)", _column("uuid")),
    ("INET4, INET6 (MariaDB)", _column("inet6")),
)


def _schema(column: ColumnDef, options: TypeOptions) -> str:
    codec = codec_of(column, None, options, Charsets())
    return "left out" if codec is None else shown(codec.schema)


def _modes(column: ColumnDef, values: Iterable[str], make: Callable[[str], TypeOptions]) -> list[str]:
    return [_schema(column, make(v)) for v in values]


def types_page() -> str:
    """The text of ``mysql-types.md``."""
    lines = [
        "# Column types of MySQL and MariaDB and their schemas", "", MADE, "",
        "`time.X` is `io.debezium.time.X`, `data.X` is `io.debezium.data.X`, `connect.X` is `org.apache.kafka.connect.data.X`. A "
        "column that may be null has an optional schema; a literal default is told. What values look like: "
        "[mysql.md](mysql.md#values).",
        "", "## The same in every mode", ""]
    lines += table(("column", "schema"), (
        (name, _schema(column, TypeOptions(flavor=Flavor.MARIADB if "MariaDB" in name else Flavor.MYSQL)))
        for name, column in _SAME))
    lines += ["", "## `time.precision.mode`", ""]
    lines += table(("column", *(f"`{t}`" for t in _TIMES)), (
        (name, *_modes(column, _TIMES, lambda v: TypeOptions(time=v))) for name, column in (
            ("DATE", _column("date")), ("TIME(n)", _column("time", None, 6)), ("DATETIME(0–3)", _column("datetime", None, 3)),
            ("DATETIME(4–6)", _column("datetime", None, 6)))))
    lines += ["", "## `decimal.handling.mode`", ""]
    lines += table(("column", *(f"`{d}`" for d in _DECIMALS)), [
        ("DECIMAL(p,s), NUMERIC", *_modes(_column("decimal", 6, 2), _DECIMALS, lambda v: TypeOptions(decimal=v)))])
    lines += ["", "## `binary.handling.mode`", ""]
    lines += table(("column", *(f"`{b}`" for b in _BINARIES)), [
        ("BINARY, VARBINARY, BLOB …", *_modes(_column("blob"), _BINARIES, lambda v: TypeOptions(binary=v)))])
    lines += ["", "## `bigint.unsigned.handling.mode`", ""]
    lines += table(("column", "`long`", "`precise`"), [
        ("BIGINT UNSIGNED",
         *_modes(_column("bigint", unsigned=True), ("long", "precise"), lambda v: TypeOptions(bigint_unsigned=v)))])
    lines += [
        "", "## Left out", "",
        "A column of a type that is not named here is left out, with one warning in the log; in a key it is an error."]
    return "\n".join(lines) + "\n"
