import json
from decimal import Decimal
from typing import Any

import fastavro
import pytest

from schemas import semantic
from schemas.avro import AvroStyle, avro_json, avro_schema, is_avro_map, null_first
from schemas.envelope import POSTGRES_SOURCE, envelope_schema, key_schema, row_schema
from schemas.model import (
    BOOLEAN,
    BYTES,
    FLOAT32,
    FLOAT64,
    INT8,
    INT16,
    INT32,
    INT64,
    STRING,
    Schema,
    SchemaError,
    array_of,
    connect_date,
    connect_time,
    connect_timestamp,
    decimal_of,
    map_of,
    struct_of,
)


@pytest.mark.parametrize(("schema", "expected"), [
    (INT32, '"int"'), (INT64, '"long"'), (FLOAT32, '"float"'), (FLOAT64, '"double"'), (BOOLEAN, '"boolean"'),
    (STRING, '"string"'), (BYTES, '"bytes"'),
    (INT8, '{"type":"int","connect.type":"int8"}'),
    (INT16, '{"type":"int","connect.type":"int16"}'),
    (STRING.opt(), '["null","string"]'),
    (INT32.opt(5), '[{"type":"int","connect.default":5},"null"]'),
    (array_of(STRING), '{"type":"array","items":"string"}'),
    (array_of(STRING.opt()), '{"type":"array","items":["null","string"]}'),
    (map_of(STRING, INT32.opt()), '{"type":"map","values":["null","int"]}'),
    (semantic.time("MicroTimestamp"), '{"type":"long","connect.version":1,"connect.name":"io.debezium.time.MicroTimestamp"}'),
    (semantic.json(), '{"type":"string","connect.version":1,"connect.name":"io.debezium.data.Json"}'),
    (semantic.bits(3),
     '{"type":"bytes","connect.version":1,"connect.parameters":{"length":"3"},"connect.name":"io.debezium.data.Bits"}'),
    (connect_date(),
     '{"type":"int","connect.version":1,"connect.name":"org.apache.kafka.connect.data.Date","logicalType":"date"}'),
    (connect_time(),
     '{"type":"int","connect.version":1,"connect.name":"org.apache.kafka.connect.data.Time","logicalType":"time-millis"}'),
    (connect_timestamp(),
     '{"type":"long","connect.version":1,"connect.name":"org.apache.kafka.connect.data.Timestamp","logicalType":"timestamp-millis"}'),
    (decimal_of(2, 10),
     '{"type":"bytes","scale":2,"precision":10,"connect.version":1,"connect.parameters":{"scale":"2","connect.decimal.precision":"10"},'
     '"connect.name":"org.apache.kafka.connect.data.Decimal","logicalType":"decimal"}'),
    (decimal_of(0),
     '{"type":"bytes","scale":0,"precision":64,"connect.version":1,"connect.parameters":{"scale":"0"},'
     '"connect.name":"org.apache.kafka.connect.data.Decimal","logicalType":"decimal"}'),
    (STRING.but(doc="why", version=3, parameters={"b": "1", "a": "2"}, default="é", name="x.Y"),
     '{"type":"string","connect.doc":"why","connect.version":3,"connect.parameters":{"b":"1","a":"2"},"connect.default":"é",'
     '"connect.name":"x.Y"}'),
    (STRING.but(parameters={"avro.java.string": "String"}),
     '{"type":"string","connect.parameters":{"avro.java.string":"String"},"avro.java.string":"String"}'),
])
def test_a_schema_becomes_this_avro_text(schema: Schema, expected: str) -> None:
    assert avro_json(schema) == expected


@pytest.mark.parametrize(("scale", "precision"), [(-2, 5), (6, 5)])
def test_a_decimal_that_avro_does_not_allow_has_no_logical_type(scale: int, precision: int) -> None:
    form = avro_schema(decimal_of(scale, precision))
    assert "logicalType" not in form
    assert (form["scale"], form["precision"]) == (scale, precision)
    fastavro.parse_schema(form)


def field(schema: Schema) -> Any:
    return avro_schema(struct_of([("f", schema)], "a.S"))["fields"][0]


@pytest.mark.parametrize(("schema", "expected"), [
    (STRING, {"name": "f", "type": "string"}),
    (STRING.opt(), {"name": "f", "type": ["null", "string"], "default": None}),
    (STRING.opt("x"), {"name": "f", "type": [{"type": "string", "connect.default": "x"}, "null"], "default": "x"}),
    (STRING.but(default=""), {"name": "f", "type": {"type": "string", "connect.default": ""}, "default": ""}),
    (BOOLEAN.but(default=False), {"name": "f", "type": {"type": "boolean", "connect.default": False}, "default": False}),
    (BYTES.but(default=b"\x00\xff"), {"name": "f", "type": {"type": "bytes", "connect.default": "\x00ÿ"}, "default": "\x00ÿ"}),
    (INT64.opt(0), {"name": "f", "type": [{"type": "long", "connect.default": 0}, "null"], "default": 0}),
    (array_of(INT32).but(default=[1, 2]),
     {"name": "f", "type": {"type": "array", "items": "int", "connect.default": [1, 2]}, "default": [1, 2]}),
    (map_of(STRING, INT32).opt({"a": 1}),
     {"name": "f", "type": [{"type": "map", "values": "int", "connect.default": {"a": 1}}, "null"], "default": {"a": 1}}),
])
def test_a_field_has_this_type_and_default(schema: Schema, expected: Any) -> None:
    assert field(schema) == expected


def test_the_default_of_a_decimal_is_its_unscaled_bytes_as_latin_1() -> None:
    assert field(decimal_of(2, 5).but(default=Decimal("-1.28")))["default"] == "\x80"
    assert field(decimal_of(1, 5).but(default=Decimal("25.5")))["default"] == "\x00ÿ"


def test_a_32_bit_default_is_short_in_connect_and_widened_in_the_field() -> None:
    text = avro_json(struct_of([("f", FLOAT32.but(default=0.1))], "a.S"))
    assert '"connect.default":0.1}' in text
    assert '"default":0.10000000149011612' in text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_default_that_is_not_finite_stays_out_of_the_field(value: float) -> None:
    made = field(FLOAT64.opt(value))
    assert "default" not in made
    assert made["type"][1] == "null"
    assert '"connect.default":"' in avro_json(struct_of([("f", FLOAT64.opt(value))], "a.S"))


def test_java_prints_large_defaults_with_an_exponent() -> None:
    assert '"connect.default":1.0E10' in avro_json(FLOAT64.but(default=1e10))


@pytest.mark.parametrize("schema", [
    INT32.but(default="1"), STRING.but(default=1), decimal_of(2).but(default=Decimal("1.5")), array_of(INT32).but(default=5),
    BYTES.but(default="x"), FLOAT64.but(default="x"), struct_of([("a", INT32)], "x.S").but(default=7),
])
def test_a_default_of_the_wrong_type_is_an_error_without_the_value(schema: Schema) -> None:
    with pytest.raises(SchemaError):
        avro_json(schema)


def test_a_struct_without_a_name_is_confluents_default_record() -> None:
    form = avro_schema(struct_of([("a", INT32)]))
    assert (form["name"], form["namespace"]) == ("ConnectDefault", "io.confluent.connect.avro")
    assert "connect.name" not in form


def test_a_name_without_a_dot_has_no_namespace() -> None:
    expected = '{"type":"record","name":"S","fields":[{"name":"a","type":"int"}],"connect.name":"S"}'
    assert avro_json(struct_of([("a", INT32)], "S")) == expected


def test_a_namespace_is_written_where_it_changes_only() -> None:
    inner, other = struct_of([], "a.b.I"), struct_of([], "c.O")
    form = avro_schema(struct_of([("i", inner), ("o", other)], "a.b.S"))
    assert "namespace" not in form["fields"][0]["type"]
    assert form["fields"][1]["type"]["namespace"] == "c"


def test_a_record_used_again_is_a_reference_short_in_its_namespace_and_full_elsewhere() -> None:
    row = struct_of([("x", INT32)], "a.b.Row")
    holder = struct_of([("r", row.opt())], "c.Holder")
    form = avro_schema(struct_of([("before", row.opt()), ("after", row.opt()), ("h", holder)], "a.b.S"))
    assert form["fields"][1]["type"] == ["null", "Row"]
    assert form["fields"][2]["type"]["fields"][0]["type"] == ["null", "a.b.Row"]
    fastavro.parse_schema(form)


def test_a_reference_named_like_an_avro_type_is_written_in_full() -> None:
    row = struct_of([("x", INT32)], "a.string")
    assert avro_schema(struct_of([("p", row), ("q", row)], "a.S"))["fields"][1]["type"] == "a.string"


def test_two_structs_of_one_name_with_different_fields_are_an_error_naming_them() -> None:
    one, two = struct_of([("x", INT32)], "a.Row"), struct_of([("y", INT32)], "a.Row")
    with pytest.raises(SchemaError, match=r"'a\.Row'"):
        avro_schema(struct_of([("p", one), ("q", array_of(two))], "a.S"))


def test_two_nameless_structs_of_one_shape_share_a_definition_and_of_two_shapes_are_an_error() -> None:
    one, two = struct_of([("x", INT32)]), struct_of([("x", INT64)])
    fastavro.parse_schema(avro_schema(struct_of([("p", one), ("q", one)], "a.S")))
    with pytest.raises(SchemaError, match="ConnectDefault"):
        avro_schema(struct_of([("p", one), ("q", two)], "a.S"))


def test_a_struct_used_again_with_another_default_or_comment_is_still_a_reference() -> None:
    number = semantic.variable_scale_decimal()
    zero, one = {"scale": 0, "value": b"\x00"}, {"scale": 0, "value": b"\x01"}
    form = avro_schema(struct_of(
        [("a", number.but(default=zero)), ("b", number.but(default=one, doc="other")), ("c", number.opt())], "a.S"))
    assert form["fields"][1]["type"] == "io.debezium.data.VariableScaleDecimal"
    assert form["fields"][1]["default"] == {"scale": 0, "value": "\x01"}
    assert form["fields"][2]["type"] == ["null", "io.debezium.data.VariableScaleDecimal"]
    fastavro.parse_schema(form)


def test_an_optional_struct_with_a_default_has_its_record_first() -> None:
    made = field(struct_of([("x", INT32.opt())], "a.P").opt({"x": None}))
    assert made["type"][1] == "null"
    assert made["default"] == {"x": None}


@pytest.mark.parametrize("keys", [STRING.opt(), INT32, INT64])
def test_a_map_with_other_keys_is_an_array_of_entries(keys: Schema) -> None:
    schema = map_of(keys, STRING.opt())
    assert not is_avro_map(schema)
    entry = avro_schema(schema)["items"]
    assert (entry["name"], entry["namespace"]) == ("MapEntry", "io.confluent.connect.avro")
    assert [f["name"] for f in entry["fields"]] == ["key", "value"]
    fastavro.parse_schema(avro_schema(schema))


def test_a_named_map_names_its_entries() -> None:
    form = avro_schema(map_of(INT16, FLOAT64, name="x.Sparse", version=1))
    assert (form["items"]["name"], form["items"]["namespace"]) == ("Sparse", "x")
    assert form["items"]["connect.internal.type"] == "MapEntry"
    assert form["connect.name"] == "x.Sparse"


def test_docs_of_record_and_field_come_from_parameters() -> None:
    p = "io.confluent.connect.avro."
    form = avro_schema(struct_of([("a", INT32)], "x.S", parameters={p + "record.doc": "rec", p + "field.doc.a": "fld"}))
    assert form["doc"] == "rec"
    assert form["fields"][0] == {"name": "a", "type": "int", "doc": "fld"}


def test_a_comment_is_connect_doc() -> None:
    assert field(STRING.but(doc="a comment"))["type"] == {"type": "string", "connect.doc": "a comment"}


@pytest.mark.parametrize("name", ["my-col", "1st", "with space", "é", "", "a.b"])
def test_a_field_name_that_avro_forbids_is_an_error_with_the_cure(name: str) -> None:
    with pytest.raises(SchemaError, match=r"field\.name\.adjustment\.mode=avro"):
        avro_schema(struct_of([(name, INT32)], "a.S"))


def test_a_record_name_that_avro_forbids_is_an_error_with_the_cure() -> None:
    with pytest.raises(SchemaError, match=r"schema\.name\.adjustment\.mode=avro"):
        avro_schema(struct_of([("a", INT32)], "a.my-record"))


def test_without_meta_data_only_avros_own_words_are_left() -> None:
    row = struct_of([("d", decimal_of(2, 5)), ("s", STRING.opt("x").but(name="n.N", version=1)), ("i", INT16)], "a.S", version=2)
    assert avro_schema(row, AvroStyle(connect_meta_data=False)) == {
        "type": "record", "name": "S", "namespace": "a", "fields": [
            {"name": "d", "type": {"type": "bytes", "scale": 2, "precision": 5, "logicalType": "decimal"}},
            {"name": "s", "type": ["string", "null"], "default": "x"},
            {"name": "i", "type": "int"},
        ]}
    assert avro_schema(row)["connect.version"] == 2


def test_the_form_is_made_once() -> None:
    schema = struct_of([("a", INT32)], "a.S")
    assert avro_schema(schema) is avro_schema(schema)
    assert avro_json(schema) is avro_json(schema)


@pytest.mark.parametrize(("schema", "first"), [(STRING.opt(), True), (STRING.opt("x"), False), (INT32.opt(0), False)])
def test_null_is_the_first_branch_unless_there_is_a_default(schema: Schema, first: bool) -> None:
    assert null_first(schema) is first
    assert (avro_schema(schema)[0] == "null") is first


def test_the_envelope_of_a_table_is_this_avro_schema() -> None:
    row = row_schema("p.public.t.Value", [("id", INT32), ("note", STRING.opt())])
    form = avro_schema(envelope_schema("p.public.t.Envelope", row, POSTGRES_SOURCE))
    assert (form["name"], form["namespace"], form["connect.version"]) == ("Envelope", "p.public.t", 2)
    assert list(form) == ["type", "name", "namespace", "fields", "connect.version", "connect.name"]
    assert form["fields"][0] == {
        "name": "before", "default": None, "type": ["null", {
            "type": "record", "name": "Value", "fields": [
                {"name": "id", "type": "int"}, {"name": "note", "type": ["null", "string"], "default": None}],
            "connect.name": "p.public.t.Value"}]}
    assert form["fields"][1] == {"name": "after", "type": ["null", "Value"], "default": None}
    snapshot = next(f for f in form["fields"][2]["type"]["fields"] if f["name"] == "snapshot")
    assert snapshot == {
        "name": "snapshot", "default": "false", "type": [{
            "type": "string", "connect.version": 1,
            "connect.parameters": {
                "allowed": "true,first,first_in_data_collection,last_in_data_collection,last,false,incremental"},
            "connect.default": "false", "connect.name": "io.debezium.data.Enum"}, "null"]}
    assert form["fields"][3]["type"][1]["name"] == "block"
    assert form["fields"][3]["type"][1]["namespace"] == "event"
    fastavro.parse_schema(form)


def test_the_key_of_a_table_is_this_avro_schema() -> None:
    assert json.loads(avro_json(key_schema("p.public.t.Key", [("id", INT32.but(default=0))]))) == {
        "type": "record", "name": "Key", "namespace": "p.public.t", "connect.name": "p.public.t.Key",
        "fields": [{"name": "id", "type": {"type": "int", "connect.default": 0}, "default": 0}]}
