"""What AvroConverter writes, read by Confluent's own deserializer: the independent oracle."""

import json
import uuid
import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connect.api.errors import ConnectError
from connect.converters.avro import AvroConverter
from schemas import semantic
from schemas.connectjson import schema_from_json
from schemas.decode import Decoder
from schemas.envelope import POSTGRES_SOURCE, envelope_schema, key_schema, row_schema
from schemas.model import (
    BOOLEAN,
    BYTES,
    FLOAT32,
    FLOAT64,
    INT16,
    INT32,
    INT64,
    STRING,
    SchemaError,
    array_of,
    decimal_of,
    map_of,
)
from schemas.registry import RegistryClient
from tests.oracle import avro_deserializer, registry_client

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of authlib, about httpx
    from confluent_kafka.serialization import MessageField, SerializationContext

pytestmark = pytest.mark.integration

RECORDED = sorted((Path(__file__).parents[2] / "unit" / "schemas" / "recorded").glob("*.json"))
SOURCE = {
    "version": "1", "connector": "postgresql", "name": "p", "ts_ms": 1, "snapshot": None, "db": "d", "sequence": None,
    "ts_us": 1000, "ts_ns": 1000000, "schema": "public", "table": "t", "txId": 7, "lsn": 2**40,
    "xmin": None, "origin": None, "origin_lsn": None,
}


@pytest.fixture
def topic() -> str:
    return f"avro_test_{uuid.uuid4().hex[:8]}.public.t"


@pytest.fixture
def converter(registry: Any) -> Iterator[AvroConverter]:
    made = AvroConverter()
    made.configure({"schema.registry.url": registry.url}, is_key=False)
    yield made
    made.close()


@pytest.fixture
def oracle(registry: Any) -> Iterator[Callable[[str, bytes], Any]]:
    client = registry_client(registry.url)
    deserializer = avro_deserializer(client)
    yield lambda topic, data: deserializer(data, SerializationContext(topic, MessageField.VALUE))
    client._rest_client.session.close()


def test_a_change_event_is_read_by_confluents_deserializer(
    converter: AvroConverter, oracle: Callable[[str, bytes], Any], topic: str
) -> None:
    row = row_schema(f"{topic}.Value", [
        ("id", INT32), ("i16", INT16), ("big", INT64.opt()), ("f", FLOAT32.opt()), ("d", FLOAT64), ("b", BOOLEAN.opt(True)),
        ("s", STRING.opt("dflt")), ("bytes", BYTES.opt()), ("n", decimal_of(2, 10).opt()),
        ("v", semantic.variable_scale_decimal()),
        ("tags", array_of(STRING.opt()).opt()), ("m", map_of(STRING, STRING.opt()).opt()), ("p", semantic.point().opt()),
        ("ts", semantic.time("MicroTimestamp")), ("e", semantic.enum(["x", "y"])),
    ])
    after = {
        "id": 1, "i16": -5, "big": 2**62, "f": 1.5, "d": float("inf"), "b": None, "s": None, "bytes": b"\x00\xff",
        "n": Decimal("-12.50"),
        "v": {"scale": 3, "value": b"\x01\x00"}, "tags": ["a", None], "m": {"k": None}, "p": None, "ts": -1, "e": "y",
    }
    value = {"before": None, "after": after, "source": SOURCE, "transaction": None, "op": "c", "ts_ms": 1, "ts_us": 2, "ts_ns": 3}
    data = converter.from_connect_data(topic, envelope_schema(f"{topic}.Envelope", row, POSTGRES_SOURCE), value)
    assert data is not None
    assert oracle(topic, data) == value


def test_key_and_value_have_subjects_of_their_own(registry: Any, topic: str) -> None:
    made = AvroConverter()
    made.configure({"schema.registry.url": registry.url}, is_key=True)
    assert made.from_connect_data(topic, key_schema(f"{topic}.Key", [("id", INT32)]), {"id": 1})
    client = RegistryClient(registry.url)
    assert client.versions(f"{topic}-key") == [1]
    assert client.versions(f"{topic}-value") == []
    made.close()
    client.close()


@pytest.mark.parametrize("path", RECORDED, ids=lambda p: p.stem)
def test_every_recorded_schema_is_accepted_by_the_registry(converter: AvroConverter, topic: str, path: Path) -> None:
    for name, tree in json.loads(path.read_text()).items():
        schema = schema_from_json(tree)
        assert schema is not None
        assert converter.frame(f"{topic}.{name}", schema)[0] == 0


def test_a_namespace_that_the_registry_does_not_take_is_an_error_with_the_cure(converter: AvroConverter, topic: str) -> None:
    with pytest.raises(ConnectError, match=r"'my-prefix\.t'.*schema\.name\.adjustment\.mode=avro"):
        converter.frame(topic, key_schema("my-prefix.t.Key", [("id", INT32)]))


@pytest.mark.parametrize("default", [float("nan"), float("inf")])
def test_a_column_whose_default_is_not_finite_can_be_registered(converter: AvroConverter, topic: str, default: float) -> None:
    row = row_schema(f"{topic}.Value", [("a", FLOAT64.opt(default)), ("b", FLOAT32.but(default=default))])
    assert converter.frame(topic, row)


def test_a_decimal_beyond_avros_rules_is_read_by_everybody(
    converter: AvroConverter, oracle: Callable[[str, bytes], Any], topic: str
) -> None:
    key = key_schema(f"{topic}.Key", [("n", decimal_of(-2, 3))])
    data = converter.from_connect_data(topic, key, {"n": Decimal("1E2")})
    assert data is not None
    assert oracle(topic, data) == {"n": b"\x01"}


def test_the_decoder_reads_what_was_written_and_says_what_it_cannot(converter: AvroConverter, registry: Any, topic: str) -> None:
    decoder = Decoder(RegistryClient(registry.url))
    key = key_schema(f"{topic}.Key", [("id", INT32), ("n", decimal_of(2, 5))])
    data = converter.from_connect_data(topic, key, {"id": 1, "n": Decimal("1.25")})
    assert data is not None
    schema, value = decoder.decode_with_schema(data)
    assert (schema["connect.name"], value) == (f"{topic}.Key", {"id": 1, "n": Decimal("1.25")})
    assert decoder.decode(data) == value
    raw = converter.from_connect_data(f"{topic}.raw", BYTES, b"\x01\x02")
    assert raw is not None and decoder.decode(raw) == b"\x01\x02"
    for broken in (data[:-1], data + b"x", b"\x00\x00\x00", b"plain text"):
        with pytest.raises(SchemaError):
            decoder.decode(broken)
    decoder.close()
