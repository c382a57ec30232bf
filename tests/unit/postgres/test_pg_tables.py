"""Tables from relations and today's catalogue: names, comments, propagated types, replica identities."""

from __future__ import annotations

from typing import Any

import pytest

from connect.api.errors import ConnectError
from connectors.postgres.config import PostgresConfig
from connectors.postgres.pgoutput import Relation, RelationColumn
from connectors.postgres.relations import CatalogColumn, CatalogTable, PgType
from connectors.postgres.tables import TableBuilder
from connectors.tables import Table
from tests.unit.postgres.wire import KINDS, FakeCatalog

BASE = {"topic.prefix": "p", "database.hostname": "h", "database.user": "u", "database.dbname": "db"}


def built(columns: list[tuple[str, str, bool]], today: CatalogTable | None = None, identity: str = "d", schema: str = "public",
          name: str = "t", types: dict[int, PgType] | None = None, **props: str) -> Table | None:
    relation = Relation(1, schema, name, identity, tuple(RelationColumn(n, KINDS.get(k, 20000), -1, i) for n, k, i in columns))
    config = PostgresConfig.from_props({**BASE, **props})
    return TableBuilder(config, FakeCatalog(types=types or {})).build(relation, today)


def made(*args: Any, **kwargs: Any) -> Table:
    found = built(*args, **kwargs)
    assert found is not None
    return found


@pytest.mark.parametrize(("mode", "schema", "fields"), [
    ("none", "p.Odd_Schema.T_ble-1_x.y.Value", ["1st", "a-b_c", "ünï"]),
    ("avro", "p.Odd_Schema.T_ble_1_x.y.Value", ["_1st", "a_b_c", "_n_"]),
    ("avro_unicode", "p.Odd_u005fSchema.T_u005fble_u002d1_u005fx.y.Value", ["_u0031st", "a_u002db_u005fc", "_u00fcn_u00ef"])])
def test_names_are_adjusted_as_recorded(mode: str, schema: str, fields: list[str]) -> None:
    table = made([("1st", "int4", True), ("a-b_c", "int4", False), ("ünï", "text", False)], schema="Odd Schema",
        name="Täble-1 x.y",
                 **{"schema.name.adjustment.mode": mode, "field.name.adjustment.mode": mode})
    assert (table.topic, table.row_schema.name, [f.name for f in table.row_schema.fields]) == (
        "p.Odd_Schema.T_ble-1_x.y", schema, fields)


def test_two_columns_that_become_one_field_are_refused() -> None:
    with pytest.raises(ConnectError, match="both become field 'a_b'"):
        built([("a-b", "int4", False), ("a b", "int4", False)], **{"field.name.adjustment.mode": "avro"})


def test_comments_become_docs_when_asked() -> None:
    today = CatalogTable(1, "public", "t", (CatalogColumn("a", KINDS["int4"], comment="the a"),))
    for asked, doc in (("true", "the a"), ("false", None)):
        table = made([("a", "int4", False)], today, **{"include.schema.comments": asked})
        assert table.row_schema.field("a").schema.doc == doc


@pytest.mark.parametrize(("kind", "typmod", "told"), [
    ("int4", -1, ("INT4", "10", "0")), ("varchar", 24, ("VARCHAR", "20", "0")), ("bpchar", 7, ("BPCHAR", "3", "0")),
    ("numeric", (8 << 16 | 3) + 4, ("NUMERIC", "8", "3")), ("numeric", -1, ("NUMERIC", "131089", "0")),
    ("text", -1, ("TEXT", "2147483647", "0")), ("timestamp", 3, ("TIMESTAMP", "26", "3")),
    ("timestamptz", -1, ("TIMESTAMPTZ", "35", "6")), ("bit", 5, ("BIT", "5", "0")), ("int8", -1, ("INT8", "19", "0")),
    ("float4", -1, ("FLOAT4", "8", "8")), ("bool", -1, ("BOOL", "1", "0"))])
def test_source_types_are_told_as_recorded(kind: str, typmod: int, told: tuple[str, ...]) -> None:
    relation = Relation(1, "public", "t", "d", (RelationColumn("c", KINDS[kind], typmod, False),))
    config = PostgresConfig.from_props({**BASE, "column.propagate.source.type": r"public\.t\..*"})
    table = TableBuilder(config, FakeCatalog()).build(relation, None)
    assert table is not None
    said = table.row_schema.field("c").schema.parameters
    assert tuple(said[f"__debezium.source.column.{k}"] for k in ("type", "length", "scale")) == told


def test_a_mask_wins_over_propagation_and_the_key_has_neither() -> None:
    today = CatalogTable(1, "public", "t", (CatalogColumn("c", KINDS["text"], not_null=True),), ("c",))
    table = made([("c", "text", True)], today, **{
        "column.propagate.source.type": ".*", "column.mask.hash.v2.SHA-256.with.salt.s": "public.t.c"})
    assert table.columns[0].codec.value(b"secret") != "secret"
    assert table.key[0].codec.value(b"secret") == "secret" and not table.key[0].schema.parameters


@pytest.mark.parametrize(("identity", "flags", "primary", "unique", "key"), [
    ("d", "a", ("a",), (), ["a"]), ("d", "ab", ("b", "a"), (), ["b", "a"]), ("d", "a", ("b",), (), ["a"]),
    ("d", "", (), ("b",), ["b"]),
    ("d", "", (), (), []), ("f", "ab", ("a",), (), ["a"]), ("f", "ab", (), ("b",), ["b"]), ("f", "ab", ("gone",), (), []),
    ("n", "", ("a",), (), ["a"]), ("i", "b", ("a",), ("b",), ["a"])])
def test_the_key_by_replica_identity(identity: str, flags: str, primary: tuple[str, ...], unique: tuple[str, ...],
    key: list[str]) -> None:
    today = CatalogTable(1, "public", "t", tuple(CatalogColumn(n, KINDS["int4"], not_null=True) for n in "ab"), primary, unique)
    table = made([(n, "int4", n in flags) for n in "ab"], today, identity)
    assert [c.name for c in table.key] == key


def test_a_key_of_a_type_that_is_left_out_is_refused() -> None:
    with pytest.raises(ConnectError, match="key column 'b'"):
        built([("b", "box", True)])


def test_a_filtered_table_is_not_built() -> None:
    assert built([("a", "int4", True)], **{"table.exclude.list": r"public\.t"}) is None


@pytest.mark.parametrize("schema", ["pg_catalog", "information_schema"])
def test_the_systems_tables_are_not_captured(schema: str) -> None:
    assert built([("a", "int4", True)], schema=schema) is None


def test_a_default_of_another_type_than_the_streams_is_not_taken() -> None:
    today = CatalogTable(1, "public", "t", (CatalogColumn("a", KINDS["int8"], default="5"),))
    assert made([("a", "int4", False)], today).row_schema.field("a").schema.default is None


def test_an_array_of_enums_keeps_its_null_elements() -> None:
    types = {20000: PgType(20000, "_mood", "public", element=20001),
        20001: PgType(20001, "mood", "public", "e", labels=("a", "b"))}
    table = made([("m", "mood[]", False)], types=types)
    assert table.columns[0].codec.value(b"{a,NULL}") == ["a", None]
