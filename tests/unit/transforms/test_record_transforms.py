"""Every transform of Kafka Connect that we have, with its facts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from connect.api.errors import ConfigError, DataError
from connect.api.records import Header, SourceRecord
from connect.plugins.discovery import Kind, registry
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
    array_of,
    connect_date,
    connect_timestamp,
    decimal_of,
    map_of,
    struct_of,
)

ROW = struct_of([("id", INT32), ("name", STRING.opt("anon")), ("score", FLOAT64.opt())], name="Row", version=3)


def make(name: str, **props: Any) -> Any:
    made = registry().resolve(Kind.TRANSFORM, name).make()
    made.configure({k.replace("_", "."): str(v) for k, v in props.items()})
    return made


def value(v: Any, schema: Schema | None = None, **more: Any) -> SourceRecord:
    return SourceRecord({}, {}, "t", value=v, value_schema=schema, **more)


def row(**fields: Any) -> SourceRecord:
    return value({"id": 1, "name": "ann", "score": 0.5, **fields}, ROW)


@pytest.mark.parametrize(
    ("regex", "replacement", "topic", "expected"),
    [
        ("(.*)", "x-$1", "a", "x-a"),
        (r"([^.]+)\.([^.]+)\.([^.]+)", "$3", "s.public.t", "t"),
        ("b", "x", "abc", "abc"),
        ("a*?(b*)", "[$1]", "aab", "[]aab"),
    ],
)
def test_regex_router_needs_a_full_match_and_then_replaces_the_first(regex: str, replacement: str, topic: str,
    expected: str) -> None:
    assert make("RegexRouter", regex=regex, replacement=replacement).apply(value(1).but(topic=topic)).topic == expected


def test_filter_drops() -> None:
    assert make("Filter").apply(row()) is None


def test_insert_field_with_a_schema_appends_optional_and_required_fields() -> None:
    t = make("InsertField$Value", topic_field="topic!", timestamp_field="at", static_field="origin?", static_value="hg",
        partition_field="p")
    out = t.apply(row(name=None).but(timestamp=5))
    assert [(f.name, f.schema) for f in out.value_schema.fields[3:]] == [
        ("topic", STRING), ("p", INT32.opt()), ("at", connect_timestamp().opt()), ("origin", STRING.opt())]
    assert out.value == {"id": 1, "name": "anon", "score": 0.5, "topic": "t", "p": None, "at": 5, "origin": "hg"}
    assert (out.value_schema.name, out.value_schema.version) == ("Row", 3)


def test_insert_field_without_a_schema_puts_what_is_there() -> None:
    t = make("InsertField$Value", topic_field="topic", partition_field="p", replace_null_with_default="false")
    assert t.apply(value({"a": None})).value == {"a": None, "topic": "t"}


@pytest.mark.parametrize(
    ("props", "reason"),
    [({}, "No field insertion configured"), ({"offset_field": "o"}, "has no offset yet"),
        ({"static_field": "s"}, "No value specified")],
)
def test_insert_field_refuses_what_makes_no_sense(props: dict[str, str], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        make("InsertField$Value", **props)


def test_replace_field_leaves_out_and_renames() -> None:
    out = make("ReplaceField$Value", include="id,name", exclude="name", renames="id:key").apply(row())
    assert out.value == {"key": 1}
    assert [f.name for f in out.value_schema.fields] == ["key"]
    assert make("ReplaceField$Value", renames="a:b").apply(value({"a": 1, "c": 2})).value == {"b": 1, "c": 2}


def test_replace_field_refuses_two_fields_of_one_name() -> None:
    with pytest.raises(DataError, match="'name' would be there twice"):
        make("ReplaceField$Value", renames="id:name").apply(row())


@pytest.mark.parametrize("renames", ["a", "a:b:c", ":b"])
def test_replace_field_refuses_a_broken_rename(renames: str) -> None:
    with pytest.raises(ConfigError, match="expected old:new"):
        make("ReplaceField$Value", renames=renames)


def test_extract_field_takes_schema_and_value() -> None:
    out = make("ExtractField$Value", field="name").apply(row(name=None))
    assert (out.value, out.value_schema) == ("anon", STRING.opt("anon"))
    assert make("ExtractField$Value", field="name", replace_null_with_default="false").apply(row(name=None)).value is None
    assert make("ExtractField$Value", field="nope").apply(value({"a": 1})).value is None
    with pytest.raises(DataError, match="Unknown field: nope in Row"):
        make("ExtractField$Value", field="nope").apply(row())


@pytest.mark.parametrize(
    ("path", "expected"), [("a.b", 1), ("`x.y`", 2), ("a.`q.r`", 3), ("a.nope", None), ("nope.b", None)])
def test_extract_field_follows_a_path(path: str, expected: Any) -> None:
    t = make("ExtractField$Value", **{"field": path, "field.syntax.version": "V2"})
    assert t.apply(value({"a": {"b": 1, "q.r": 3}, "x.y": 2})).value == expected


@pytest.mark.parametrize("path", ["a..b", "`a", "a.", ".a"])
def test_extract_field_refuses_a_broken_path(path: str) -> None:
    with pytest.raises(ConfigError, match="is not right at position"):
        make("ExtractField$Value", **{"field": path, "field.syntax.version": "V2"})


def test_value_to_key_makes_a_struct_of_the_fields() -> None:
    out = make("ValueToKey", fields="name,id").apply(row())
    assert out.key == {"name": "ann", "id": 1}
    assert out.key_schema == struct_of([("name", STRING.opt("anon")), ("id", INT32)])
    assert make("ValueToKey", fields="a,b").apply(value({"a": 1})).key == {"a": 1, "b": None}
    with pytest.raises(DataError, match="Field does not exist: nope"):
        make("ValueToKey", fields="nope").apply(row())


def test_hoist_field_wraps_even_a_null() -> None:
    out = make("HoistField$Key", field="k").apply(value(None).but(key=7, key_schema=INT32))
    assert (out.key, out.key_schema) == ({"k": 7}, struct_of([("k", INT32)]))
    assert make("HoistField$Value", field="v").apply(value(None)).value == {"v": None}


MASKED = struct_of([
    ("i", INT32), ("l", INT64), ("f", FLOAT32), ("s", STRING), ("b", BOOLEAN), ("d", decimal_of(2)), ("a", array_of(STRING)),
    ("m", map_of(STRING, STRING)), ("n", STRING.opt())])
FULL = {"i": 5, "l": 6, "f": 1.5, "s": "x", "b": True, "d": Decimal("1.25"), "a": ["y"], "m": {"k": "v"}, "n": None}


def test_mask_field_puts_an_empty_value_of_the_type() -> None:
    out = make("MaskField$Value", fields=",".join(FULL)).apply(value(FULL, MASKED))
    assert out.value == {"i": 0, "l": 0, "f": 0.0, "s": "", "b": False, "d": Decimal("0.00"), "a": [], "m": {}, "n": None}
    assert out.value["d"].as_tuple().exponent == -2
    assert out.value_schema == MASKED


def test_mask_field_puts_the_replacement_read_as_the_type() -> None:
    out = make("MaskField$Value", fields="i,l,f,s,d", replacement="42").apply(value(FULL, MASKED))
    assert (out.value["i"], out.value["f"], out.value["s"], out.value["d"]) == (42, 42.0, "42", Decimal("42.00"))
    with pytest.raises(DataError, match="Cannot mask value of type: boolean with custom replacement"):
        make("MaskField$Value", fields="b", replacement="42").apply(value(FULL, MASKED))
    with pytest.raises(DataError, match="Unable to convert the replacement of field i"):
        make("MaskField$Value", fields="i", replacement="***").apply(value(FULL, MASKED))


def test_drop_headers_removes_every_one_of_the_name() -> None:
    out = make("DropHeaders", headers="a,b").apply(row().but(headers=(Header("a", 1), Header("c", 2), Header("a", 3))))
    assert out.headers == (Header("c", 2),)


@pytest.mark.parametrize(
    ("text", "schema", "expected"),
    [
        ("true", BOOLEAN, True), ("null", None, None), ("127", INT8, 127), ("128", INT16, 128), ("40000", INT32, 40000),
        ("-3000000000", INT64, -3000000000), ("1.5", FLOAT32, 1.5), ("1e300", FLOAT64, 1e300), ('"a \\" b"', STRING, 'a " b'),
        ("text", STRING, "text"), ("[1,2]", STRING, "[1,2]"),
    ],
)
def test_insert_header_reads_its_literal(text: str, schema: Schema | None, expected: Any) -> None:
    out = make("InsertHeader", header="h", value_literal=text).apply(row().but(headers=(Header("h", 0),)))
    assert out.headers == (Header("h", 0), Header("h", expected, schema))


def test_header_from_moves_and_copies() -> None:
    moved = make("HeaderFrom$Value", fields="name,id", headers="n,i", operation="move").apply(row())
    assert moved.headers == (Header("n", "ann", STRING.opt("anon")), Header("i", 1, INT32))
    assert moved.value == {"score": 0.5}
    copied = make("HeaderFrom$Value", fields="a", headers="h", operation="copy").apply(value({"a": 1}))
    assert (copied.headers, copied.value) == ((Header("h", 1),), {"a": 1})
    with pytest.raises(ConfigError, match="same number of elements"):
        make("HeaderFrom$Value", fields="a,b", headers="h", operation="copy")


def test_set_schema_metadata_names_the_schema() -> None:
    out = make("SetSchemaMetadata$Value", schema_name="New", schema_version=9).apply(row())
    assert (out.value_schema.name, out.value_schema.version, out.value_schema.fields) == ("New", 9, ROW.fields)
    assert out.value == row().value
    with pytest.raises(DataError, match="Schema required"):
        make("SetSchemaMetadata$Value", schema_name="New").apply(value({"a": 1}))
    with pytest.raises(ConfigError, match="Neither schema name nor version"):
        make("SetSchemaMetadata$Value")


def test_timestamp_router_prints_the_time_in_utc() -> None:
    at = row().but(timestamp=1_700_000_000_123)
    assert make("TimestampRouter").apply(at).topic == "t-20231114"
    t = make("TimestampRouter", topic_format="${topic}_${timestamp}", timestamp_format="yyyy.MM.dd'T'HH:mm:ss.SSS")
    assert t.apply(at).topic == "t_2023.11.14T22:13:20.123"
    with pytest.raises(DataError, match="Timestamp missing"):
        make("TimestampRouter").apply(row())
    with pytest.raises(ConfigError, match="letter 'G' is not supported"):
        make("TimestampRouter", timestamp_format="G")


@pytest.mark.parametrize(
    ("source", "schema", "props", "expected", "made"),
    [
        (1_700_000_000_123, connect_timestamp(), {"target_type": "string", "format": "yyyy-MM-dd HH:mm"}, "2023-11-14 22:13",
            STRING),
        ("2023-11-14", STRING, {"target_type": "Timestamp", "format": "yyyy-MM-dd"}, 1_699_920_000_000, connect_timestamp()),
        (1_700_000_000, INT64, {"target_type": "Date", "unix_precision": "seconds"}, 19675, connect_date()),
        (19675, connect_date(), {"target_type": "unix", "unix_precision": "microseconds"}, 19675 * 86_400_000_000, INT64),
        (1_700_000_000_123, connect_timestamp(), {"target_type": "unix", "unix_precision": "seconds"}, 1_700_000_000, INT64),
        (-1500, connect_timestamp(), {"target_type": "unix", "unix_precision": "seconds"}, -1, INT64),
        (None, connect_timestamp().opt(), {"target_type": "unix"}, None, INT64.opt()),
    ],
)
def test_timestamp_converter_converts(source: Any, schema: Schema, props: dict[str, str], expected: Any, made: Schema) -> None:
    whole = make("TimestampConverter$Value", **props).apply(value(source, schema))
    assert (whole.value, whole.value_schema) == (expected, made)
    nested = make("TimestampConverter$Value", field="at", **props).apply(value({"at": source, "x": 1},
        struct_of([("at", schema), ("x", INT8)])))
    assert (nested.value, nested.value_schema) == ({"at": expected, "x": 1}, struct_of([("at", made), ("x", INT8)]))


def test_timestamp_converter_refuses_what_it_cannot_read() -> None:
    with pytest.raises(ConfigError, match="requires format option"):
        make("TimestampConverter$Value", target_type="string")
    with pytest.raises(DataError, match="does not read type int32"):
        make("TimestampConverter$Value", target_type="unix").apply(value(1, INT32))
    with pytest.raises(DataError, match="cannot be read as a timestamp"):
        make("TimestampConverter$Value", target_type="unix", format="yyyy").apply(value("x", STRING))


def test_flatten_joins_names_and_inherits_optionality() -> None:
    inner = struct_of([("c", INT32), ("d", STRING.opt("z"))]).opt()
    schema = struct_of([("a", INT32), ("b", inner), ("l", array_of(INT32))], name="N")
    out = make("Flatten$Value", delimiter="_").apply(value({"a": 1, "b": {"c": 2, "d": None}, "l": [3]}, schema))
    assert out.value == {"a": 1, "b_c": 2, "b_d": "z", "l": [3]}
    assert out.value_schema == struct_of([("a", INT32), ("b_c", INT32.opt()), ("b_d", STRING.opt("z")), ("l", array_of(INT32))],
        name="N")
    assert make("Flatten$Value", delimiter="_").apply(value({"a": 1, "b": None, "l": []}, schema)).value == {
        "a": 1, "b_c": None, "b_d": None, "l": []}
    assert make("Flatten$Value").apply(value({"a": {"b": {"c": 1}}, "d": [2]})).value == {"a.b.c": 1, "d": [2]}
    with pytest.raises(DataError, match="does not support MAP"):
        make("Flatten$Value").apply(value({"m": {}}, struct_of([("m", map_of(STRING, STRING))])))


@pytest.mark.parametrize(
    ("schema", "source", "target", "expected"),
    [
        (INT32, 300, "int8", 44), (INT64, 2**40, "int32", 0), (FLOAT64, 3.99, "int32", 3), (FLOAT64, -3.99, "int32", -3),
        (FLOAT64, 1e300, "int64", 2**63 - 1), (FLOAT64, 1e300, "int8", -1), (FLOAT64, float("nan"), "int32", 0),
        (STRING, "12", "int16", 12),
        (STRING, "1.5", "float32", 1.5), (INT32, 1, "boolean", True), (FLOAT64, 0.5, "boolean", False),
        (STRING, "TRUE", "boolean", True),
        (STRING, "yes", "boolean", False), (BOOLEAN, True, "int32", 1), (BOOLEAN, True, "string", "true"),
        (FLOAT64, 1.0, "string", "1.0"),
        (FLOAT64, 1e10, "string", "1.0E10"), (BYTES, b"\x01\x02", "string", "AQI="),
        (decimal_of(2), Decimal("1.50"), "string", "1.50"),
        (decimal_of(2), Decimal("1.50"), "int32", 1), (FLOAT64, 0.1, "float32", 0.10000000149011612),
        (connect_date(), 19675, "int32", 19675), (connect_date(), 19675, "string", "2023-11-14"),
        (connect_timestamp(), 1_700_000_000_123, "string", "2023-11-14T22:13:20.123Z"), (INT32, 7, "string", "7"),
    ],
)
def test_cast_casts_as_java_does(schema: Schema, source: Any, target: str, expected: Any) -> None:
    assert make("Cast$Value", spec=target).apply(value(source, schema)).value == expected
    out = make("Cast$Value", spec=f"f:{target}").apply(value({"f": source}, struct_of([("f", schema.opt(source))])))
    assert out.value == {"f": expected}
    assert out.value_schema.field("f").schema.optional
    assert out.value_schema.field("f").schema.default == expected


@pytest.mark.parametrize(("source", "target"), [("300", "int8"), ("qwerty", "int32"), ("1.5", "int32"), ("qwerty", "float64")])
def test_cast_refuses_a_text_that_is_no_such_number_without_showing_it(source: str, target: str) -> None:
    with pytest.raises(DataError, match=r"^field f: a text cannot be cast") as caught:
        make("Cast$Value", spec=f"f:{target}").apply(value({"f": source}))
    assert source not in str(caught.value)


@pytest.mark.parametrize("spec", ["f:int128", "int32,f:int8", "bytes", ""])
def test_cast_refuses_a_broken_spec(spec: str) -> None:
    with pytest.raises(ConfigError, match="spec"):
        make("Cast$Value", spec=spec)


def test_cast_refuses_nested_values() -> None:
    with pytest.raises(DataError, match="does not support casting to/from struct"):
        make("Cast$Value", spec="string").apply(row())


NULL_PASSES = {
    "Cast$Value": {"spec": "string"}, "Flatten$Value": {}, "InsertField$Value": {"topic_field": "t"},
    "ReplaceField$Value": {"exclude": "a"}, "ExtractField$Value": {"field": "a"}, "SetSchemaMetadata$Value": {"schema_name": "x"},
    "TimestampConverter$Value": {"field": "a", "target_type": "unix"}, "DropHeaders": {"headers": "x"},
}


@pytest.mark.parametrize(("name", "props"), NULL_PASSES.items(), ids=list(NULL_PASSES))
def test_a_tombstone_passes_through(name: str, props: dict[str, str]) -> None:
    tombstone = value(None).but(key=1, key_schema=INT32)
    assert make(name, **props).apply(tombstone) == tombstone


@pytest.mark.parametrize(
    ("name", "props"),
    [("ValueToKey", {"fields": "a"}), ("MaskField$Value", {"fields": "a"}),
     ("HeaderFrom$Value", {"fields": "a", "headers": "h", "operation": "copy"})],
)
def test_a_tombstone_fails_where_kafka_connect_fails(name: str, props: dict[str, str]) -> None:
    with pytest.raises(DataError, match="Only Map objects supported in absence of schema"):
        make(name, **props).apply(value(None))


ON_STRUCTS = {
    "InsertField$Value": {"topic_field": "x"}, "ReplaceField$Value": {"exclude": "a"}, "ValueToKey": {"fields": "a"},
    "MaskField$Value": {"fields": "a"}, "Flatten$Value": {}, "HeaderFrom$Value": {"fields": "a", "headers": "h",
        "operation": "copy"},
}


@pytest.mark.parametrize(("name", "props"), ON_STRUCTS.items(), ids=list(ON_STRUCTS))
def test_a_value_that_is_no_struct_is_refused_by_its_type(name: str, props: dict[str, str]) -> None:
    with pytest.raises(DataError, match="found: string") as caught:
        make(name, **props).apply(value("secret text", STRING))
    assert "secret text" not in str(caught.value)


def test_no_transform_changes_its_input() -> None:
    before = row()
    copy = dict(before.value)
    for name, props in (("InsertField$Value", {"topic_field": "x"}), ("MaskField$Value", {"fields": "id"}),
                        ("Cast$Value", {"spec": "id:string"}),
                        ("HeaderFrom$Value", {"fields": "id", "headers": "h", "operation": "move"})):
        make(name, **props).apply(before)
    assert before.value == copy
    assert before.value_schema == ROW


def test_a_schema_is_made_once() -> None:
    t = make("InsertField$Value", topic_field="x")
    assert t.apply(row()).value_schema is t.apply(row()).value_schema


def test_the_key_variant_leaves_the_value_alone() -> None:
    out = make("ReplaceField$Key", exclude="a").apply(value({"a": 1}).but(key={"a": 1, "b": 2}))
    assert (out.key, out.value) == ({"b": 2}, {"a": 1})
