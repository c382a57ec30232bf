"""JSON written by us is JSON, and reads back as what was written."""

import importlib.util
import json
import struct
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.avrojson import node_of
from schemas.connectjson import JsonStyle, schema_from_json, schema_text, value_from_json, value_text
from schemas.core.jsonwriter import JsonWriter
from schemas.core.writer import Writer
from schemas.encode import encoder_of
from schemas.javajson import double_text, float_text, string_text
from schemas.model import BYTES, STRING, Schema, walk

# The generators of the sibling module; test folders are no packages.
_spec = importlib.util.spec_from_file_location("avro_bytes_law", Path(__file__).with_name("test_avro_bytes_law.py"))
assert _spec is not None and _spec.loader is not None
law = sys.modules.setdefault("avro_bytes_law", importlib.util.module_from_spec(_spec))
_spec.loader.exec_module(law)

STYLES = [JsonStyle(numeric, False) for numeric in (False, True)]


@settings(max_examples=75, deadline=None)
@given(row=law.rows(), style=st.sampled_from(STYLES))
def test_a_value_written_as_json_is_read_back(row: tuple[Schema, Any], style: JsonStyle) -> None:
    schema, value = row
    if any(s.default is not None for s in walk(schema)):
        schema = schema_without_defaults(schema)
    text = value_text(schema, style)(value)
    assert law.same(value_from_json(schema, json.loads(text, parse_float=Decimal)), value)


@settings(max_examples=150, deadline=None)
@given(row=law.rows(), replace=st.booleans())
def test_the_json_told_from_avro_is_the_json_of_the_value(row: tuple[Schema, Any], replace: bool) -> None:
    schema, value = row
    style, writer = JsonStyle(False, replace), Writer()
    encoder_of(schema).encode(value, writer)
    made = JsonWriter().convert(node_of(schema, style), b"frame" + writer.take(), 5, b"<", b">")
    assert made.decode() == f"<{value_text(schema, style)(value)}>"


@settings(max_examples=150, deadline=None)
@given(law.ROWS, st.binary(max_size=60), st.integers(-2, 62))
def test_any_bytes_are_avro_or_an_error(schema: Schema, data: bytes, at: int) -> None:
    try:
        made = JsonWriter().convert(node_of(schema, JsonStyle()), data, at, b"", b"")
    except ValueError:
        return
    json.loads(made)


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.text("\"\\a\x1f\x0b\n\x7f\x80\uffff", min_size=6),
       st.binary(max_size=200))
def test_texts_and_bytes_told_from_avro(text: str, data: bytes) -> None:
    writer = Writer()
    for schema, value in ((STRING, text), (BYTES, data)):
        encoder_of(schema).encode(value, writer)
        made = JsonWriter().convert(node_of(schema, JsonStyle()), writer.take(), 0, b"", b"")
        assert made.decode() == value_text(schema, JsonStyle())(value)


@given(st.binary(max_size=12))
def test_a_text_is_told_only_when_it_is_utf8(data: bytes) -> None:
    writer = Writer()
    writer.write_bytes(data)
    try:
        data.decode()
    except UnicodeDecodeError:
        with pytest.raises(ValueError, match="UTF-8"):
            JsonWriter().convert(node_of(STRING, JsonStyle()), writer.take(), 0, b"", b"")
    else:
        JsonWriter().convert(node_of(STRING, JsonStyle()), writer.take(), 0, b"", b"")


def schema_without_defaults(s: Schema) -> Schema:
    """A null in a field with a default reads as the default, so the law holds without them."""
    inner = {n: schema_without_defaults(x) for n in ("key_schema", "value_schema") if (x := getattr(s, n)) is not None}
    fields = tuple(type(f)(f.name, f.index, schema_without_defaults(f.schema)) for f in s.fields)
    return s.but(default=None, fields=fields, **inner)


@settings(max_examples=75, deadline=None)
@given(law.ROWS)
def test_a_schema_written_as_json_is_read_back(schema: Schema) -> None:
    assert schema_from_json(json.loads(schema_text(schema, JsonStyle()), parse_float=Decimal)) == schema


@given(st.text())
def test_a_string_is_what_json_reads(text: str) -> None:
    assert json.loads(string_text(text)) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_reads_back_as_itself(value: float) -> None:
    assert repr(float(double_text(value))) == repr(value)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float_reads_back_as_itself(value: float) -> None:
    assert struct.pack("<f", float(float_text(value))) == struct.pack("<f", value)


@pytest.mark.parametrize("style", STYLES)
def test_both_styles_are_kept_apart_on_one_schema(style: JsonStyle) -> None:
    from schemas.model import decimal_of

    schema = decimal_of(1)
    assert value_text(schema, STYLES[0])(Decimal("1.5")) == '"Dw=="'
    assert value_text(schema, STYLES[1])(Decimal("1.5")) == "1.5"
