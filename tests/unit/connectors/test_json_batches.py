"""JSON straight from the wire: which converters take that way, and what is done with a value that cannot be told."""

from __future__ import annotations

from typing import Any

import pytest

from connect.api.plugins import Converters
from connect.converters.json import JsonConverter
from connect.converters.string import StringConverter
from connectors.jsonbatch import json_converters
from tests.batches import BareAvro, TextHeaders
from tests.unit.postgres.wire import FakeCatalog, begin, commit, decoder, insert, relation, table


def json_converter(**props: str) -> JsonConverter:
    made = JsonConverter()
    made.configure({k.replace("_", "."): v for k, v in props.items()}, False)
    return made


def converters(key: Any, value: Any) -> Converters:
    return Converters(key, value, TextHeaders())


def test_which_converters_take_that_way() -> None:
    plain, numeric, avro, text = json_converter(), json_converter(decimal_format="NUMERIC"), BareAvro(), StringConverter()
    assert json_converters(converters(plain, plain)) is not None
    assert json_converters(converters(avro, plain)) is not None
    assert json_converters(converters(plain, avro)) is not None
    for key, value in ((avro, avro), (text, plain), (plain, text), (plain, numeric), (numeric, plain)):
        assert json_converters(converters(key, value)) is None


def rows(*texts: bytes) -> Any:
    columns = [("id", "int4", True), ("name", "text", False)]
    catalog = FakeCatalog({1: table(1, "t", columns, ("id",))})
    frames = [begin(9), relation(1, "t", columns)]
    frames += [insert(1, i, "TEXT").replace(b"TEXT", text) for i, text in enumerate(texts)]
    return decoder(catalog).feed([*frames, commit(9, 10)])


def test_the_json_is_that_of_the_records_and_says_its_schema_when_told_to() -> None:
    for enabled in ("false", "true"):
        both = converters(json_converter(schemas_enable=enabled), json_converter(schemas_enable=enabled))
        batch = rows(b"abcd", b"\"\\\x01\n", "žž".encode())
        found = list(batch.serialize(both))
        assert found == [both.serialize(r) for r in batch.records()]
        assert (found[0].value[:10] == b'{"schema":') is (enabled == "true")


def test_a_value_that_cannot_be_told_is_an_error_of_its_record_by_either_way() -> None:
    both = converters(json_converter(schemas_enable="false"), json_converter(schemas_enable="false"))
    batch = rows(b"good", b"\xff\xfe\xfd\xfc", b"fine")
    stream = iter(batch.serialize(both))
    next(stream)
    with pytest.raises(Exception) as native:
        next(stream)
    records = batch.records()
    next(records)
    with pytest.raises(Exception) as generic:
        next(records)
    assert str(native.value) == str(generic.value)
