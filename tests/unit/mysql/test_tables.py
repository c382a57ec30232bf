"""Tables from definitions: keys, names, comments, masks, propagated types, columns that are left out."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from connect.api.errors import ConnectError
from connectors.mysql.structure import ColumnDef, Wire
from connectors.tables import Table
from tests.unit.mysql import shop

ID = ColumnDef("id", "int", nullable=False, declared="INT")
NAME = ColumnDef("name", "varchar", declared="VARCHAR", length=20, charset="utf8mb4")
INT, TEXT = Wire(3), Wire(15, 80)


def made(columns: list[ColumnDef], wires: list[Wire] | None = None, key: Any = ("id",), props: dict[str, str] | None = None,
         mariadb: bool = False, **more: Any) -> Table:
    builder = shop.builder(mariadb, **{k.replace(".", "__"): v for k, v in (props or {}).items()})
    found = builder.stream_table(shop.table(columns, key, **more), wires or [INT if c.type == "int" else TEXT for c in columns])
    assert found is not None
    return found


def shape(schema: Any) -> list[tuple[str, bool]]:
    return [(f.name, f.schema.optional) for f in schema.fields]


def test_a_table_has_its_topic_its_key_and_its_columns() -> None:
    table = made([ID, NAME])
    assert (table.topic, table.qualified, table.names) == ("p.db.t", "db.t", "p.db.t")
    assert shape(table.key_schema) == [("id", False)] and shape(table.row_schema) == [("id", False), ("name", True)]
    assert table.envelope.name == "p.db.t.Envelope"
    assert table.envelope.field("source").schema.name == "io.debezium.connector.mysql.Source"
    assert made([ID], mariadb=True).envelope.field("source").schema.name == "io.debezium.connector.mariadb.Source"


def test_the_key_is_the_primary_key_in_its_order_then_the_unique_key_then_nothing() -> None:
    two = [ColumnDef("a", "int", nullable=False), ColumnDef("b", "int", nullable=False), ColumnDef("c", "int")]
    assert shape(made(two, key=("b", "a")).key_schema) == [("b", False), ("a", False)]
    assert shape(made(two, key=("b",), unique_key=("a",)).key_schema) == [("b", False)]
    assert shape(made(two, key=(), unique_key=("a",)).key_schema) == [("a", False)]
    none = made(two, key=())
    assert none.key_schema is None and none.key == ()


def test_a_key_given_in_the_configuration_wins_and_may_be_null() -> None:
    two = [ColumnDef("id", "int", nullable=False), ColumnDef("region", "int")]
    table = made(two, props={"message.key.columns": "db.t:region,id"})
    assert shape(table.key_schema) == [("id", False), ("region", True)]


def test_a_primary_key_column_is_required_whatever_else_is_known() -> None:
    assert shape(made([ColumnDef("id", "int", nullable=True)]).key_schema) == [("id", False)]


def test_a_key_is_found_whatever_the_case_of_its_letters() -> None:
    assert shape(made([ColumnDef("Id", "int", nullable=False)], key=("iD",)).key_schema) == [("Id", False)]


def test_an_excluded_key_column_stays_in_the_key_and_is_selected() -> None:
    props = {"column.exclude.list": "db.t.id"}
    table = made([ID, NAME], props=props)
    assert shape(table.key_schema) == [("id", False)] and shape(table.row_schema) == [("name", True)]
    found = shop.builder(column__exclude__list="db.t.id").snapshot_table(shop.table([ID, NAME], ("id",)))
    assert found is not None and found[1] == ("`id`", "`name`")
    assert (found[0].key_schema, found[0].envelope) == (table.key_schema, table.envelope)


def test_a_table_that_is_not_captured_is_none() -> None:
    builder = shop.builder(table__include__list="db.u")
    definition = shop.table([ID])
    assert builder.stream_table(definition, [INT]) is None and builder.snapshot_table(definition) is None


def test_a_snapshot_selects_what_is_captured_only() -> None:
    columns = [ID, NAME, ColumnDef("f", "float"), ColumnDef("od`d", "int")]
    found = shop.builder(column__exclude__list="db.t.name").snapshot_table(shop.table(columns, ("id",)))
    assert found is not None
    table, selected = found
    assert selected == ("`id`", "`f` * 1e0", "`od``d`")
    assert [(c.name, c.place) for c in table.columns] == [("id", 0), ("f", 1), ("od`d", 2)]


@pytest.mark.parametrize(("mode", "names", "fields"), [
    ("none", "p.my-shop.t1", ["1st", "a-b"]), ("avro", "p.my_shop.t1", ["_1st", "a_b"]),
    ("avro_unicode", "p.my_u002dshop.t1", ["_u0031st", "a_u002db"])])
def test_names_are_adjusted(mode: str, names: str, fields: list[str]) -> None:
    table = made([ColumnDef("1st", "int", nullable=False), ColumnDef("a-b", "int")], key=("1st",), database="my-shop", name="t1",
                 props={"schema.name.adjustment.mode": mode, "field.name.adjustment.mode": mode})
    assert (table.names, [f.name for f in table.row_schema.fields]) == (names, fields)
    assert table.key_schema is not None and table.key_schema.fields[0].name == fields[0]


def test_two_columns_that_become_one_field_are_refused() -> None:
    with pytest.raises(ConnectError, match="both become field 'a_b'"):
        made([ColumnDef("a-b", "int"), ColumnDef("a b", "int")], key=(), props={"field.name.adjustment.mode": "avro"})


def test_two_tables_that_share_a_topic_are_refused() -> None:
    builder = shop.builder()
    builder.stream_table(shop.table([ID], name="a b"), [INT])
    with pytest.raises(ConnectError, match=r"would share topic 'p\.db\.a_b'"):
        builder.stream_table(shop.table([ID], name="a_b"), [INT])
    assert builder.snapshot_table(shop.table([ID], name="a b")) is not None


def test_defaults_comments_and_source_types_are_told() -> None:
    columns = [ID.but(comment="the key"), NAME.but(default="'x'", nullable=False, comment="n")]
    props = {"include.schema.comments": "true", "column.propagate.source.type": "db.t.name",
             "datatype.propagate.source.type": ".+\\.INT"}
    table = made(columns, props=props)
    key, name = table.row_schema.field("id").schema, table.row_schema.field("name").schema
    assert (name.default, name.doc, key.doc) == ("x", "n", "the key")
    assert name.parameters["__debezium.source.column.type"] == "VARCHAR"
    assert key.parameters["__debezium.source.column.type"] == "INT"
    assert table.key_schema is not None and table.key_schema.field("id").schema.doc == "the key"
    assert not table.key_schema.field("id").schema.parameters
    bare = made(columns).row_schema.field("name").schema
    assert (bare.doc, dict(bare.parameters)) == (None, {})


def test_a_mask_changes_the_value_and_never_the_key() -> None:
    table = made([NAME.but(nullable=False), NAME.but(name="n2")], key=("name",),
                 props={"column.mask.with.3.chars": "db.t.name,db.t.n2"})
    assert [c.codec.read(b"secret") for c in table.columns] == ["***", "***"]
    assert table.key[0].codec.read(b"secret") == "secret"
    assert table.columns[1].codec.null == "***" and table.row_schema.field("n2").schema.parameters["masked"] == "true"


def test_a_column_of_an_unknown_type_is_left_out_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    builder = shop.builder()
    columns = [ID, ColumnDef("odd", "xmltype", declared="XMLTYPE")]
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            table = builder.stream_table(shop.table(columns, ("id",)), [INT, Wire(252, 2)])
            found = builder.snapshot_table(shop.table(columns, ("id",)))
    assert table is not None and [c.name for c in table.columns] == ["id"]
    assert found is not None and found[1] == ("`id`",)
    assert [r.getMessage() for r in caplog.records] == ["table db.t: column 'odd' is left out, its type XMLTYPE is not supported"]


def test_a_key_of_an_unknown_type_is_refused() -> None:
    with pytest.raises(ConnectError, match=r"key column 'odd' has a type that is not supported; .* message\.key\.columns"):
        made([ColumnDef("odd", "xmltype")], [Wire(252, 2)], key=("odd",))


def test_a_table_without_a_column_to_read_is_refused_in_the_snapshot() -> None:
    with pytest.raises(ConnectError, match="no column that is captured"):
        shop.builder(column__exclude__list="db.t.name").snapshot_table(shop.table([NAME]))


def test_a_log_that_has_another_type_or_width_is_refused() -> None:
    with pytest.raises(ConnectError, match=r"column 'id' of table db\.t cannot be read: .*type number 15.*column\.exclude\.list"):
        made([ID], [TEXT])
    with pytest.raises(ConnectError, match="known with 2 columns, the binary log has 1"):
        made([ID, NAME], [INT])
    with pytest.raises(ConnectError, match="type 21 with metadata 0"):
        made([ID], [Wire(21)])


def test_what_is_wrong_with_an_excluded_column_does_not_matter() -> None:
    columns = [ID, ColumnDef("odd", "varchar", charset="nonesuch")]
    table = made(columns, [INT, TEXT], props={"column.exclude.list": "db.t.odd"})
    assert [c.name for c in table.columns] == ["id"]
    with pytest.raises(ConnectError, match="character set 'nonesuch'"):
        made(columns, [INT, TEXT])


def test_a_zero_date_is_null_or_the_default_or_the_epoch() -> None:
    days = [ColumnDef("n", "date"), ColumnDef("d", "date", nullable=False, default="'1970-01-03'"),
            ColumnDef("z", "date", nullable=False)]
    table = made(days, [Wire(10)] * 3, key=())
    change = shop.stream_change(table, [(10, 0)] * 3, [b"\0\0\0"] * 3)
    spans = table.form.spans()
    table.parse(spans, change.frame, change.new, None)
    assert table.row(spans) == {"n": None, "d": 2, "z": 0}
