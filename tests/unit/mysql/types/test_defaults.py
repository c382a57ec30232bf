"""Defaults as they stand in SQL, and the parameters that tell a column's declared type."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connectors.codec import NO_DEFAULT
from connectors.mysql.structure import ColumnDef
from connectors.mysql.types import Charsets, TypeOptions
from connectors.mysql.types.defaults import default_of
from connectors.mysql.types.literals import Literal, Now, literal_of
from connectors.mysql.types.propagation import source_parameters

CHARSETS = Charsets()


def default(sql: str, kind: str, options: TypeOptions | None = None, **more: Any) -> Any:
    return default_of(ColumnDef("c", kind, default=sql).but(**more), options or TypeOptions(), CHARSETS)


@pytest.mark.parametrize(("sql", "kind", "more", "value"), [
    ("5", "tinyint", {}, 5), ("'42'", "int", {}, 42), ("-8388608", "mediumint", {}, -8388608),
    ("TRUE", "tinyint", {"length": 1}, 1), ("false", "tinyint", {}, 0), ("1.5", "int", {}, 2),
    ("b'101'", "tinyint", {}, 5), ("0x10", "int", {}, 16), ("+ 7", "int", {}, 7),
    ("18446744073709551615", "bigint", {"unsigned": True}, -1), ("1.0", "int", {}, 1),
    ("b'1'", "bit", {"length": 1}, True), ("b'00101010'", "bit", {"length": 8}, b"\x2a"),
    ("5", "bit", {"length": 12}, b"\5\0"), ("1.5", "float", {}, 1.5), ("'0.1'", "float", {}, 0.10000000149011612),
    ("-2.25e3", "double", {}, -2250.0), (".5", "double", {}, 0.5),
    ("'12.30'", "decimal", {"length": 10, "scale": 2}, Decimal("12.30")),
    ("0.55555", "decimal", {"length": 6, "scale": 3}, Decimal("0.556")),
    ("1e2", "decimal", {"length": 6, "scale": 1}, Decimal("100.0")),
    ("7", "decimal", {"length": 5, "scale": 0}, Decimal(7)), ("'it''s'", "varchar", {}, "it's"),
    ('"dq \'in\' dq"', "varchar", {}, "dq 'in' dq"), ("'NULL'", "varchar", {}, "NULL"), ("''", "varchar", {}, ""),
    (r"'a\\n\n\0\'\%'", "varchar", {}, "a\\n\n\0'\\%"), ("_utf8mb4'intro'", "varchar", {}, "intro"),
    ("N'nat'", "varchar", {}, "nat"), ("'a' 'b'", "varchar", {}, "ab"), ("5", "varchar", {}, "5"),
    ("x'4142'", "char", {}, "AB"), ("_latin1 x'e9'", "varchar", {"charset": "utf8mb4"}, "é"),
    ("x'e9'", "varchar", {"charset": "latin1"}, "é"), ("'ab '", "char", {}, "ab"),
    ("'ab'", "binary", {"length": 4}, b"ab\0\0"), (r"'ab\0\0'", "binary", {"length": 4}, b"ab\0\0"),
    ("0x0102FF", "varbinary", {}, b"\1\2\xff"), ("_binary'a'", "varbinary", {}, b"a"), ("x''", "varbinary", {}, b""),
    ("'b'", "enum", {"labels": ("a", "b")}, "b"), ("'B'", "enum", {"labels": ("a", "b")}, "b"),
    ("'A,b'", "enum", {"labels": ("A,b",)}, "A,b"), ("'é'", "enum", {"labels": ("é",), "charset": "latin1"}, "é"),
    ("'z,X'", "set", {"labels": ("x", "y", "z")}, "x,z"), ("''", "set", {"labels": ("x",)}, ""),
    ("'2026-01-02'", "date", {}, 20455), ("20260102", "date", {}, 20455), ("DATE '2026-1-2'", "date", {}, 20455),
    ("'01:02:03'", "time", {}, 3723000000), ("'-01:02:03.400'", "time", {"scale": 3}, -3723400000),
    ("'100:00:00'", "time", {}, 360000000000), ("'100'", "time", {}, 60000000), ("-123456", "time", {}, -45296000000),
    ("'1 01:00'", "time", {}, 90000000000), ("'2026-01-02 03:04:05'", "datetime", {}, 1767323045000),
    ("'2026-01-02'", "datetime", {}, 1767312000000),
    ("'2026-01-02 03:04:05.123456'", "datetime", {"scale": 6}, 1767323045123456),
    ("'2026-01-02 03:04:05'", "timestamp", {}, "2026-01-02T03:04:05Z"),
    ("'1999-12-31 23:59:59.500000'", "timestamp", {"scale": 6}, "1999-12-31T23:59:59.5Z"), ("2026", "year", {}, 2026),
    ("70", "year", {}, 1970), ("'0'", "year", {}, 2000), ("0", "year", {}, 0), ("69", "year", {}, 2069),
    ("'0000'", "year", {}, 0), ("'::FFFF:1.2.3.4'", "inet6", {}, "::ffff:1.2.3.4"),
    ("'10.0.0.1'", "inet4", {}, "10.0.0.1"),
    ("'123E4567-E89B-12D3-A456-426614174000'", "uuid", {}, "123e4567-e89b-12d3-a456-426614174000"),
])
def test_literals_are_told(sql: str, kind: str, more: dict[str, Any], value: Any) -> None:
    found = default(sql, kind, **more)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(("sql", "kind"), [
    ("NULL", "int"), ("(1 + 2)", "int"), ("(uuid())", "char"), ("uuid()", "uuid"), ("curdate()", "date"),
    ("JSON_OBJECT()", "json"), ("'x'", "int"), ("'[1]'", "json"), ("'POINT(1 1)'", "point"), ("'soon'", "date"),
    ("'2010-02-31'", "date"), ("'x'", "time"), ("'1e999999'", "double"), ("1000", "tinyint"), ("'x'", "inet6"),
    ("'x'", "uuid"), ("'03:04:05.6'", "time"), ("'open", "varchar"), ("NEXT VALUE FOR s", "bigint"), ("-1", "bit"),
    ("'x'", "unheard"),
])
def test_what_is_no_literal_or_cannot_be_converted_is_not_told(sql: str, kind: str) -> None:
    assert default(sql, kind) is NO_DEFAULT


@pytest.mark.parametrize("now", ["CURRENT_TIMESTAMP", "current_timestamp()", "NOW(6)", "LOCALTIMESTAMP(3)", "localtime"])
def test_the_present_is_the_epoch(now: str) -> None:
    assert default(now, "datetime") == 0 == default(now, "datetime", nullable=False)
    assert default(now, "timestamp", nullable=False, scale=6) == "1970-01-01T00:00:00Z"
    assert default(now, "timestamp") is NO_DEFAULT and default(now, "date") is NO_DEFAULT


def test_a_zero_date_is_no_default_or_the_epoch() -> None:
    for zero in ("'0000-00-00 00:00:00'", "'0000-00-00'", "0"):
        assert default(zero, "datetime") is NO_DEFAULT and default(zero, "datetime", nullable=False) == 0
        assert default(zero, "date") is NO_DEFAULT and default(zero, "date", nullable=False) == 0
        assert default(zero, "timestamp", nullable=False) == "1970-01-01T00:00:00Z"


def test_the_modes_hold_for_defaults() -> None:
    assert default("1.5", "decimal", TypeOptions("string"), length=10, scale=3) == "1.500"
    assert default("18446744073709551615", "bigint", TypeOptions(bigint_unsigned="precise"), unsigned=True) == Decimal(2**64 - 1)
    assert default("'ab'", "varbinary", TypeOptions(binary="hex")) == "6162"
    assert default("'100:00:00'", "time", TypeOptions(time="connect")) is NO_DEFAULT
    assert default("'2020-01-02'", "date", TypeOptions(time="isostring")) == "2020-01-02Z"


def test_generated_and_counted_columns_have_none() -> None:
    assert default("5", "int", generated=True) is NO_DEFAULT and default("0", "int", auto_increment=True) is NO_DEFAULT
    assert default_of(ColumnDef("c", "int"), TypeOptions(), CHARSETS) is NO_DEFAULT


def test_literals() -> None:
    assert literal_of(" _utf8mb3 'x' ") == Literal(text="x", charset="utf8mb3")
    assert literal_of("0xABC") == Literal(data=b"\x0a\xbc") and literal_of("b''") == Literal(data=b"")
    assert isinstance(literal_of("now( )"), Now) and literal_of("now") is not None
    assert literal_of("concat('a')") is None and literal_of("'a' || 'b'") is None and literal_of("") is None


@pytest.mark.parametrize(("column", "told"), [
    (ColumnDef("id", "bigint", "BIGINT UNSIGNED", unsigned=True, comment="key"), {"type": "BIGINT UNSIGNED", "comment": "key"}),
    (ColumnDef("c", "char", "CHAR", 5), {"type": "CHAR", "length": "5"}),
    (ColumnDef("d", "decimal", "DECIMAL UNSIGNED", 10, 3), {"type": "DECIMAL UNSIGNED", "length": "10", "scale": "3"}),
    (ColumnDef("e", "enum", "ENUM", labels=("a", "bb")), {"type": "ENUM", "length": "1"}),
    (ColumnDef("s", "set", "SET", labels=("x", "y")), {"type": "SET", "length": "3"}),
    (ColumnDef("t", "timestamp", "TIMESTAMP", scale=3), {"type": "TIMESTAMP", "length": "3"}),
    (ColumnDef("t", "datetime", "DATETIME", scale=0), {"type": "DATETIME"}),
    (ColumnDef("m", "mediumint", length=7, unsigned=True, zerofill=True), {"type": "MEDIUMINT UNSIGNED ZEROFILL", "length": "7"}),
])
def test_a_columns_declared_type_as_parameters(column: ColumnDef, told: dict[str, str]) -> None:
    assert source_parameters(column) == {f"__debezium.source.column.{k}": v for k, v in {**told, "name": column.name}.items()}
