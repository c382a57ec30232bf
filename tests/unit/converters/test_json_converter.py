import json
from decimal import Decimal
from typing import Any

import pytest

from connect.api.errors import ConfigError, DataError
from connect.api.plugins import Converter
from connect.converters.json import JsonConverter
from schemas import semantic
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
    decimal_of,
    map_of,
    struct_of,
)


def converter(**props: str) -> JsonConverter:
    made: Converter = JsonConverter()
    made.configure({k.replace("_", "."): v for k, v in props.items()}, is_key=False)
    assert isinstance(made, JsonConverter)
    return made


PLAIN = converter(schemas_enable="false")


@pytest.mark.parametrize(("schema", "value", "expected"), [
    (INT8, -128, "-128"), (INT16, 5, "5"), (INT32, 0, "0"), (INT64, 2**63 - 1, "9223372036854775807"),
    (FLOAT32, 0.10000000149011612, "0.1"), (FLOAT64, 1e10, "1.0E10"), (FLOAT64, float("nan"), '"NaN"'),
    (FLOAT64, float("-inf"), '"-Infinity"'), (FLOAT64, 3, "3.0"),
    (BOOLEAN, True, "true"), (BOOLEAN, False, "false"), (STRING, 'é"\n', '"é\\"\\n"'),
    (BYTES, b"\x00\xff", '"AP8="'), (BYTES, b"", '""'), (BYTES, memoryview(b"a"), '"YQ=="'),
    (decimal_of(2), Decimal("3.14"), '"ATo="'), (decimal_of(0), Decimal("0"), '"AA=="'),
    (connect_date(), 19000, "19000"), (semantic.json(), '{"a": 1}', '"{\\"a\\": 1}"'),
    (STRING.opt(), None, "null"), (STRING.opt("d"), None, '"d"'), (STRING.but(default="d"), None, '"d"'),
    (array_of(INT32.opt()), [1, None], "[1,null]"), (array_of(INT32), [], "[]"),
    (map_of(STRING, INT32), {"b": 1, "a": 2}, '{"b":1,"a":2}'), (map_of(INT32, STRING), {1: "x"}, '[[1,"x"]]'),
    (map_of(STRING.opt(), INT32), {None: 1}, '{"null":1}'), (map_of(INT32, STRING), {}, "[]"), (map_of(STRING, INT32), {}, "{}"),
    (struct_of([("b", INT32), ("a", STRING.opt())]), {"a": "x", "b": 1}, '{"b":1,"a":"x"}'),
    (struct_of([("b", INT32.opt())]), {}, '{"b":null}'), (struct_of([]), {}, "{}"),
])
def test_a_value_is_written_as_javas_converter_does(schema: Schema, value: Any, expected: str) -> None:
    assert PLAIN.from_connect_data("t", schema, value) == expected.encode()


def test_the_envelope_has_schema_then_payload_in_javas_order() -> None:
    row = struct_of(
        [
            ("id", INT32), ("e", semantic.enum(["a", "b"]).opt("a")), ("tags", array_of(STRING.opt()).opt()),
            ("m", map_of(STRING, INT64)), ("d", decimal_of(1, 3).but(doc="é", default=Decimal("0.5"))),
        ],
        "x.Row", version=2)
    out = converter().from_connect_data("t", row, {"id": 1, "m": {}, "d": Decimal("1.5")})
    assert out is not None
    assert out.decode() == (
        '{"schema":{"type":"struct","fields":['
        '{"type":"int32","optional":false,"field":"id"},'
        '{"type":"string","optional":true,"name":"io.debezium.data.Enum","version":1,"parameters":{"allowed":"a,b"},"default":"a",'
        '"field":"e"},'
        '{"type":"array","items":{"type":"string","optional":true},"optional":true,"field":"tags"},'
        '{"type":"map","keys":{"type":"string","optional":false},"values":{"type":"int64","optional":false},"optional":false,'
        '"field":"m"},'
        '{"type":"bytes","optional":false,"name":"org.apache.kafka.connect.data.Decimal","version":1,"doc":"é",'
        '"parameters":{"scale":"1","connect.decimal.precision":"3"},"default":"BQ==","field":"d"}'
        '],"optional":false,"name":"x.Row","version":2},'
        '"payload":{"id":1,"e":"a","tags":null,"m":{},"d":"Dw=="}}'
    )


def test_null_without_a_schema_is_a_tombstone_and_with_one_is_json() -> None:
    optional = struct_of([("a", INT32)], "x.R").opt()
    assert converter().from_connect_data("t", None, None) is None
    assert PLAIN.from_connect_data("t", None, None) is None
    assert PLAIN.from_connect_data("t", optional, None) == b"null"
    out = converter().from_connect_data("t", optional, None)
    assert out is not None and out.endswith(b',"payload":null}')


def test_null_of_a_required_schema_is_an_error() -> None:
    with pytest.raises(DataError, match="topic t: null, but the field is required"):
        converter().from_connect_data("t", INT32, None)


def test_a_null_keeps_being_null_when_told_so() -> None:
    kept = converter(schemas_enable="false", replace_null_with_default="false")
    assert kept.from_connect_data("t", struct_of([("s", STRING.opt("d"))]), {"s": None}) == b'{"s":null}'
    with pytest.raises(DataError):
        kept.from_connect_data("t", STRING.but(default="d"), None)


@pytest.mark.parametrize(("scale", "text", "expected"), [
    (2, "3.14", "3.14"), (0, "5", "5"), (7, "0.0000001", "1E-7"),
    (8, "0E-8", "0E-8"), (-3, "1E+3", "1E+3"), (2, "-0.10", "-0.10"),
])
def test_decimals_are_numbers_when_told_so(scale: int, text: str, expected: str) -> None:
    numeric = converter(schemas_enable="false", decimal_format="numeric")
    assert numeric.from_connect_data("t", decimal_of(scale), Decimal(text)) == expected.encode()


@pytest.mark.parametrize(("value", "expected"), [
    ({"a": [1, None, True, 1.5, "x"]}, b'{"a":[1,null,true,1.5,"x"]}'), (b"\x01", b'"AQ=="'), ({1: "x"}, b'[[1,"x"]]'),
    ("x", b'"x"'),
])
def test_a_value_without_a_schema_is_plain_json(value: Any, expected: bytes) -> None:
    assert PLAIN.from_connect_data("t", None, value) == expected
    assert converter().from_connect_data("t", None, value) == b'{"schema":null,"payload":' + expected + b"}"


@pytest.mark.parametrize(("schema", "value"), [
    (INT32, "topsecret"), (STRING, 5), (struct_of([("a", INT32)], "x.S"), {"a": "topsecret"}), (BYTES, "topsecret"),
    (array_of(INT32), ["topsecret"]), (map_of(STRING, INT32), {"k": "topsecret"}), (decimal_of(2), Decimal("1.5")),
    (INT8, 128), (None, object()), (STRING, "\ud800"), (FLOAT32, 1e39), (struct_of([("a", INT32)]), {"a": 1, "b": 2}),
])
def test_a_value_that_does_not_fit_is_an_error_naming_the_topic_and_not_the_value(schema: Schema | None, value: Any) -> None:
    with pytest.raises(DataError, match="topic orders") as raised:
        converter().from_connect_data("orders", schema, value)
    assert "topsecret" not in str(raised.value)


@pytest.mark.parametrize(("schema", "value"), [
    (INT64, 5), (STRING.opt(), None), (FLOAT64, 1.5), (FLOAT32, 0.5), (BYTES, b"\x00\xff"), (BOOLEAN, True),
    (decimal_of(2), Decimal("1.20")), (array_of(STRING), ["a"]), (map_of(STRING, INT32), {"a": 1}),
    (map_of(INT32, STRING), {1: "a"}),
    (struct_of([("a", INT32), ("b", STRING.opt())], "x.S", version=1, doc="d"), {"a": 1, "b": None}), (FLOAT64, float("inf")),
])
@pytest.mark.parametrize("decimals", ["BASE64", "NUMERIC"])
def test_what_was_written_is_read_back(schema: Schema, value: Any, decimals: str) -> None:
    both = converter(decimal_format=decimals)
    assert both.to_connect_data("t", both.from_connect_data("t", schema, value)) == (schema, value)


def test_reading_without_schemas_gives_what_json_says() -> None:
    assert PLAIN.to_connect_data("t", b'{"a":[1,1.5,null]}') == (None, {"a": [1, 1.5, None]})
    assert PLAIN.to_connect_data("t", None) == (None, None)
    assert converter().to_connect_data("t", b'{"schema":null,"payload":5}') == (None, 5)


@pytest.mark.parametrize("data", [
    b"{", b"\xff", b"5", b'{"payload":1}', b'{"schema":null,"payload":1,"x":1}', b'{"schema":{"type":"int99"},"payload":1}',
    b'{"schema":{"type":"int32"},"payload":"topsecret"}', b'{"schema":{"type":"int32"},"payload":null}',
    b'{"schema":{"type":"struct"},"payload":{}}', b'{"schema":{"type":"array"},"payload":[]}', b'{"schema":7,"payload":[]}',
    b'{"schema":{"type":"struct","fields":[{"type":"int32"}]},"payload":{}}', b'{"schema":{"type":"bytes"},"payload":"*"}',
])
def test_what_cannot_be_read_is_an_error_naming_the_topic(data: bytes) -> None:
    with pytest.raises(DataError, match="topic orders") as raised:
        converter().to_connect_data("orders", data)
    assert "topsecret" not in str(raised.value)


@pytest.mark.parametrize(("key", "value"), [
    ("decimal.format", "HEX"), ("schemas.enable", "perhaps"), ("schemas.cache.size", "many"), ("replace.null.with.default", "1")])
def test_a_wrong_setting_is_an_error_naming_key_and_value(key: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"Invalid value {value} for configuration {key}"):
        JsonConverter().configure({key: value}, is_key=True)


def test_unknown_settings_are_left_alone() -> None:
    JsonConverter().configure({"schema.registry.url": "http://x"}, is_key=False)
    names = [k.name for k in JsonConverter().config()]
    assert names[:4] == ["schemas.enable", "schemas.cache.size", "decimal.format", "replace.null.with.default"]


def test_the_schema_part_is_the_same_object_of_text_for_every_record() -> None:
    one = converter()
    schema = struct_of([("a", INT32)], "x.S")
    a, b = one.from_connect_data("t", schema, {"a": 1}), one.from_connect_data("t", schema, {"a": 2})
    assert a is not None and b is not None
    assert json.loads(a)["schema"] == json.loads(b)["schema"]
    one.close()
