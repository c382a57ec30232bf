from decimal import Decimal
from typing import Any

import pytest

from connect.api.errors import ConfigError, DataError
from connect.converters.bytes import ByteArrayConverter
from connect.converters.headers import SimpleHeaderConverter
from connect.converters.string import StringConverter
from schemas.model import (
    BYTES,
    FLOAT32,
    FLOAT64,
    INT32,
    STRING,
    Schema,
    array_of,
    connect_date,
    connect_time,
    connect_timestamp,
    decimal_of,
    map_of,
    struct_of,
)

KEY = struct_of([("id", INT32)], "x.Key")


@pytest.mark.parametrize(("schema", "value", "expected"), [
    (STRING, "plain", b"plain"), (STRING, 'with "quotes"', b'with "quotes"'), (STRING, "é", "é".encode()), (STRING, "", b""),
    (KEY, {"id": 11}, b'{"id":11}'),
    (struct_of([("a", STRING), ("b", INT32.opt())]), {"a": 'x"\\'}, b'{"a":"x\\"\\\\","b":null}'),
    (struct_of([("a", STRING.opt("dflt"))]), {}, b'{"a":"dflt"}'),
    (array_of(STRING), ["a", "b"], b'["a","b"]'), (map_of(STRING, INT32), {"k": 1}, b'{"k":1}'),
    (map_of(INT32, STRING), {1: "v"}, b'{1:"v"}'),
    (INT32, 5, b"5"), (FLOAT64, 1e10, b"1.0E10"), (FLOAT32, 0.10000000149011612, b"0.1"), (FLOAT64, float("nan"), b"NaN"),
    (decimal_of(2), Decimal("1.50"), b"1.50"), (None, True, b"true"), (None, None, None), (STRING.opt(), None, None),
    (BYTES, b"\x00\xff", b"AP8="), (array_of(BYTES), [b"\x00"], b'["AA=="]'), (None, [1, "a", None], b'[1,"a",null]'),
    (connect_date(), 1, b"1970-01-02"), (connect_time(), 3_723_004, b"01:02:03.004Z"),
    (connect_timestamp(), 1_700_000_000_123, b"2023-11-14T22:13:20.123Z"), (connect_date(), 0, b"00:00:00.000Z"),
])
def test_a_header_is_text(schema: Schema | None, value: Any, expected: bytes | None) -> None:
    headers = SimpleHeaderConverter()
    headers.configure({})
    assert headers.from_connect_header("t", "h", schema, value) == expected


@pytest.mark.parametrize("value", ["\ud800", object(), {"a": object()}])
def test_a_header_without_a_text_form_is_an_error_naming_it(value: Any) -> None:
    with pytest.raises(DataError, match="header h of topic t"):
        SimpleHeaderConverter().from_connect_header("t", "h", None, value)


def strings(**props: str) -> StringConverter:
    made = StringConverter()
    made.configure({k.replace("_", "."): v for k, v in props.items()}, is_key=True)
    return made


@pytest.mark.parametrize(("schema", "value", "expected"), [
    (STRING, "é", "é"), (INT32, 5, "5"), (FLOAT64, 1e10, "1.0E10"), (FLOAT32, 0.10000000149011612, "0.1"),
    (FLOAT64, float("nan"), "NaN"), (decimal_of(1), Decimal("1.0"), "1.0"), (None, False, "false"),
    (KEY, {"id": 1}, "Struct{id=1}"),
    (struct_of([("a", INT32.opt()), ("b", STRING)]), {"a": None, "b": "x"}, "Struct{b=x}"), (struct_of([]), {}, "Struct{}"),
    (map_of(STRING, INT32), {"k": 1, "l": 2}, "{k=1, l=2}"), (array_of(STRING.opt()), ["a", None], "[a, null]"),
    (BYTES, b"\x00", "AA=="),
])
def test_a_value_is_printed_as_java_prints_it(schema: Schema | None, value: Any, expected: str) -> None:
    assert strings().from_connect_data("t", schema, value) == expected.encode()


def test_strings_come_back() -> None:
    assert strings().from_connect_data("t", STRING, None) is None
    assert strings().to_connect_data("t", "é".encode()) == (STRING.opt(), "é")
    assert strings().to_connect_data("t", None) == (STRING.opt(), None)


@pytest.mark.parametrize("props", [{"converter_encoding": "ISO-8859-1"}, {"encoding": "ISO-8859-1"}])
def test_another_encoding_can_be_chosen(props: dict[str, str]) -> None:
    latin = strings(**props)
    assert latin.from_connect_data("t", STRING, "é") == b"\xe9"
    assert latin.to_connect_data("t", b"\xe9")[1] == "é"
    with pytest.raises(DataError, match="ISO-8859-1"):
        latin.from_connect_data("t", STRING, "€")


def test_an_unknown_encoding_is_an_error_naming_key_and_value() -> None:
    with pytest.raises(ConfigError, match=r"Invalid value UTF-99 for configuration converter\.encoding"):
        strings(converter_encoding="UTF-99")


def test_bytes_that_are_no_text_are_an_error() -> None:
    with pytest.raises(DataError, match="topic orders are not UTF-8"):
        strings().to_connect_data("orders", b"\xff")
    with pytest.raises(DataError, match="topic orders"):
        strings().from_connect_data("orders", None, object())


def raw() -> ByteArrayConverter:
    made = ByteArrayConverter()
    made.configure({}, is_key=False)
    return made


@pytest.mark.parametrize(("schema", "value", "expected"), [
    (BYTES, b"\x00\xff", b"\x00\xff"), (BYTES.opt(), None, None), (None, None, None), (BYTES, memoryview(b"x"), b"x"),
    (None, bytearray(b"x"), b"x"),
])
def test_bytes_pass(schema: Schema | None, value: Any, expected: bytes | None) -> None:
    assert raw().from_connect_data("t", schema, value) == expected


@pytest.mark.parametrize(("schema", "value"), [(STRING, "x"), (STRING, None), (None, "x"), (KEY, {"id": 1})])
def test_anything_but_bytes_is_an_error(schema: Schema | None, value: Any) -> None:
    with pytest.raises(DataError, match="topic orders"):
        raw().from_connect_data("orders", schema, value)


def test_bytes_come_back() -> None:
    assert raw().to_connect_data("t", b"x") == (BYTES.opt(), b"x")
    assert raw().to_connect_data("t", None) == (BYTES.opt(), None)


@pytest.mark.parametrize("made", [StringConverter(), ByteArrayConverter()])
def test_closing_gives_back_nothing_and_may_be_repeated(made: Any) -> None:
    made.close()
    made.close()
