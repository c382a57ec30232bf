import io
from decimal import Context, Decimal
from typing import Any

import fastavro
import pytest

from schemas.avro import avro_schema
from schemas.core.writer import Writer
from schemas.encode import AvroEncoder, ValueMismatch, encoder_of
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
    decimal_of,
    map_of,
    struct_of,
)


def encoded(schema: Schema, value: Any) -> bytes:
    w = Writer()
    encoder_of(schema).encode(value, w)
    return w.take()


@pytest.mark.parametrize(("schema", "value", "expected"), [
    (INT32, 1, "02"), (INT64, -1, "01"), (BOOLEAN, True, "01"), (STRING, "a", "0261"), (BYTES, b"\x01", "0201"),
    (BYTES, memoryview(b"\x01"), "0201"), (FLOAT64, 1, "000000000000f03f"), (FLOAT32, 1.5, "0000c03f"),
    (STRING.opt(), None, "00"), (STRING.opt(), "a", "020261"),
    (STRING.opt("d"), None, "02"), (STRING.opt("d"), "a", "000261"),
    (STRING.but(default="d"), None, "0264"),
    (array_of(INT32), [], "00"), (array_of(INT32), [1, 2], "04020400"), (array_of(INT32.opt()), [None], "020000"),
    (map_of(STRING, INT32), {}, "00"), (map_of(STRING, INT32), {"a": 1}, "0202610200"),
    (map_of(INT16, BOOLEAN), {3: True}, "02060100"),
    (decimal_of(2), Decimal("0.00"), "0200"), (decimal_of(2), Decimal("-1.28"), "0280"),
    (decimal_of(2), Decimal("1.28"), "040080"),
    (decimal_of(-2), Decimal("1E2"), "0201"),
    (struct_of([("a", INT32), ("b", STRING.opt())]), {"a": 1}, "0200"),
])
def test_a_value_has_these_bytes(schema: Schema, value: Any, expected: str) -> None:
    assert encoded(schema, value).hex() == expected


def test_null_in_a_nullable_field_with_a_default_stays_null() -> None:
    schema = struct_of([("s", STRING.opt("default"))], "a.S")
    back = fastavro.schemaless_reader(io.BytesIO(encoded(schema, {"s": None})), fastavro.parse_schema(avro_schema(schema)), None)
    assert back == {"s": None}


@pytest.mark.parametrize(("schema", "value", "reason"), [
    (INT8, 128, "outside the range of int8"), (INT16, -32769, "outside the range of int16"),
    (INT32, 2**31, "outside the range of int32"), (INT64, 2**63, "outside the range of int64"),
    (INT32, True, "expected int32, got bool"), (INT32, 1.0, "expected int32, got float"), (INT32, "1", "expected int32, got str"),
    (BOOLEAN, 1, "expected boolean, got int"), (STRING, b"x", "expected string, got bytes"),
    (BYTES, "x", "expected bytes, got str"),
    (STRING, "\ud800", "not valid Unicode"), (FLOAT32, 1e39, "outside the range of float32"),
    (FLOAT64, 10**400, "outside the range of float64"), (FLOAT64, "1", "expected float64, got str"), (FLOAT64, True, "got bool"),
    (INT32, None, "null, but the field is required"), (array_of(INT32), None, "null, but"), (array_of(INT32), "ab", "an array"),
    (map_of(STRING, INT32), [], "a map"), (map_of(STRING, INT32), {1: 1}, "expected string, got int"),
    (decimal_of(2), Decimal("1.5"), "has scale 1, its Decimal schema has 2"), (decimal_of(2), 1.5, "a Decimal"),
    (decimal_of(2), Decimal("NaN"), "NaN"), (decimal_of(0), Decimal("Infinity"), "NaN or Infinity"),
    (struct_of([("a", INT32)]), [1], "a struct"),
    (struct_of([("a", INT32)], "x.S"), {"a": 1, "b": 2}, "'b' that x.S does not have"),
])
def test_a_value_that_does_not_fit_is_an_error_saying_why(schema: Schema, value: Any, reason: str) -> None:
    with pytest.raises(SchemaError, match=reason):
        encoded(schema, value)


def test_the_error_names_the_way_to_the_field_and_not_the_value() -> None:
    row = struct_of([("id", INT32), ("tags", array_of(map_of(STRING, INT16)))], "a.Row")
    schema = struct_of([("after", row.opt())], "a.Envelope")
    with pytest.raises(ValueMismatch, match=r"field after\.tags\.\[\]\.\{\}: expected int16, got str") as raised:
        encoded(schema, {"after": {"id": 1, "tags": [{"k": "topsecret"}]}})
    assert raised.value.path == ("after", "tags", "[]", "{}")
    assert "topsecret" not in str(raised.value)


def test_a_misspelt_field_is_not_taken_for_null() -> None:
    with pytest.raises(SchemaError, match="'nmae'"):
        encoded(struct_of([("name", STRING.opt())], "a.S"), {"nmae": "x"})


def test_after_an_error_the_writer_is_as_before() -> None:
    w = Writer()
    w.write_raw(b"frame")
    with pytest.raises(SchemaError):
        encoder_of(struct_of([("a", STRING), ("b", INT32)])).encode({"a": "x" * 100, "b": None}, w)
    assert w.take() == b"frame"


def test_the_encoder_of_a_schema_is_compiled_once() -> None:
    schema = struct_of([("a", INT32)])
    assert encoder_of(schema) is encoder_of(schema)
    assert isinstance(encoder_of(schema), AvroEncoder)


def test_a_numeric_of_thousands_of_digits_is_exact() -> None:
    value = Decimal("9" * 30000 + "." + "1" * 16383)
    unscaled = int(value.scaleb(16383, Context(prec=50_000)))
    data = unscaled.to_bytes((unscaled.bit_length() + 8) // 8, "big", signed=True)
    w = Writer()
    w.write_bytes(data)
    assert encoded(decimal_of(16383), value) == w.take()
