"""Default expressions as the catalogue prints them → schema defaults, as recorded from Debezium."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connectors.postgres.defaults import default_of
from connectors.postgres.types import NO_DEFAULT
from tests.unit.postgres.test_pg_types import codec, numeric


@pytest.mark.parametrize(("kind", "typmod", "expression", "value"), [
    ("int4", -1, "42", 42), ("int4", -1, "'-5'::integer", -5), ("int4", -1, "(-5)", -5),
    ("int8", -1, "'9000000000'::bigint", 9000000000),
    ("text", -1, "'hello ''q'''::text", "hello 'q'"), ("varchar", 14, "'vc'::character varying", "vc"),
    ("bpchar", 7, "'x'::bpchar", "x"),
    ("numeric", numeric(6, 2), "12.5", Decimal("12.50")), ("numeric", numeric(6, 2), "0", Decimal("0.00")),
    ("bool", -1, "true", True),
    ("date", -1, "'2020-02-03'::date", 18295),
    ("timestamp", -1, "'2020-02-03 04:05:06.7'::timestamp without time zone", 1580702706700000),
    ("timestamptz", -1, "'2020-02-03 04:05:06+00'::timestamp with time zone", "2020-02-03T04:05:06.000000Z"),
    ("timestamptz", -1, "now()", "1970-01-01T00:00:00.000000Z"), ("timestamp", -1, "now()", 0), ("date", -1, "CURRENT_DATE", 0),
    ("uuid", -1, "gen_random_uuid()", "00000000-0000-0000-0000-000000000000"), ("jsonb", -1, """'{"a": 1}'::jsonb""", '{"a": 1}'),
    ("float8", -1, "1.5", 1.5), ("text", -1, "lower('ABC'::text)", ""),
    ("time", -1, "'10:11:12'::time without time zone", 36672000000),
    ("interval", -1, "'1 day'::interval", 86400000000), ("int4", -1, "nextval('t_id_seq'::regclass)", 0)])
def test_default(kind: str, typmod: int, expression: str, value: Any) -> None:
    assert default_of(expression, codec(kind, typmod)) == value


@pytest.mark.parametrize(("kind", "expression"), [
    ("int4", "(1 + 2)"), ("text", "NULL::text"), (1007, "'{1,2}'::integer[]"), ("bytea", "'\\x01'::bytea"), ("int4", None),
    ("int4", "'x'::integer"),
    ("text", "('a'::text || 'b'::text)"), ("numeric", "'NaN'::numeric")])
def test_no_default(kind: str | int, expression: str | None) -> None:
    assert default_of(expression, codec(kind)) is NO_DEFAULT
