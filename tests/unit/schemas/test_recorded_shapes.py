"""Our schemas against those a running Debezium produced."""

import json
from pathlib import Path
from typing import Any

import fastavro
import pytest

from schemas import envelope as e
from schemas import semantic
from schemas.avro import avro_schema
from schemas.connectjson import JsonStyle, schema_from_json, schema_text
from schemas.model import BYTES, Schema, decimal_of, walk

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.json"))
STYLE = JsonStyle()


def schemas_of(case: str) -> list[Schema]:
    tree = json.loads((Path(__file__).parent / "recorded" / f"{case}.json").read_text())
    return [s for s in map(schema_from_json, tree.values()) if s is not None]


def of_name(case: str, name: str) -> Schema:
    found = next(inner for s in schemas_of(case) for inner in walk(s) if inner.name == name)
    return found.but(optional=False)


@pytest.mark.parametrize("path", RECORDED, ids=lambda p: p.stem)
def test_a_recorded_schema_survives_reading_and_printing_key_for_key(path: Path) -> None:
    def pairs(text: str) -> Any:
        return json.loads(text, object_pairs_hook=lambda x: x)

    for tree in json.loads(path.read_text()).values():
        schema = schema_from_json(tree)
        assert schema is not None
        assert pairs(schema_text(schema, STYLE)) == pairs(json.dumps(tree))


@pytest.mark.parametrize("path", RECORDED, ids=lambda p: p.stem)
def test_a_recorded_schema_has_an_avro_form_that_others_can_parse(path: Path) -> None:
    for tree in json.loads(path.read_text()).values():
        schema = schema_from_json(tree)
        assert schema is not None
        fastavro.parse_schema(avro_schema(schema))


@pytest.mark.parametrize(("case", "source"), [
    ("postgres_basic-crud", e.POSTGRES_SOURCE), ("mysql_basic", e.MYSQL_SOURCE), ("mariadb_basic", e.MARIADB_SOURCE),
])
def test_key_row_and_envelope_are_built_as_recorded(case: str, source: Schema) -> None:
    recorded = schemas_of(case)
    keys = [s for s in recorded if (s.name or "").endswith(".Key")]
    envelopes = [s for s in recorded if (s.name or "").endswith(".Envelope")]
    assert keys and envelopes
    for key in keys:
        assert e.key_schema(str(key.name), [(f.name, f.schema) for f in key.fields]) == key
    for envelope in envelopes:
        after = envelope.field("after").schema
        row = e.row_schema(str(after.name), [(f.name, f.schema) for f in after.fields])
        assert e.envelope_schema(str(envelope.name), row, source) == envelope


@pytest.mark.parametrize(("case", "name", "ours"), [
    ("postgres_transactions", "io.debezium.connector.common.TransactionMetadataKey", e.TRANSACTION_KEY),
    ("postgres_transactions", "io.debezium.connector.common.TransactionMetadataValue", e.TRANSACTION_VALUE),
    ("postgres_heartbeat", "io.debezium.connector.common.ServerNameKey", e.HEARTBEAT_KEY),
    ("postgres_heartbeat", "io.debezium.connector.common.Heartbeat", e.HEARTBEAT),
    ("mysql_notifications", "io.debezium.connector.common.NotificationKey", e.NOTIFICATION_KEY),
    ("mysql_notifications", "io.debezium.connector.common.Notification", e.NOTIFICATION),
    ("postgres_logical-messages", "io.debezium.connector.postgresql.MessageKey", e.MESSAGE_KEY),
    ("postgres_logical-messages", "io.debezium.connector.postgresql.MessageValue", e.message_schema(BYTES)),
    ("postgres_types-bits", "io.debezium.data.Bits", semantic.bits(2)),
    ("postgres_types-point-ltree-tsvector", "io.debezium.data.geometry.Point", semantic.point()),
    ("postgres_types-point-ltree-tsvector", "io.debezium.data.Ltree", semantic.ltree()),
    ("postgres_types-point-ltree-tsvector", "io.debezium.data.Tsvector", semantic.tsvector()),
    ("postgres_types-numeric-precise", "io.debezium.data.VariableScaleDecimal", semantic.variable_scale_decimal()),
    ("postgres_types-temporal-adaptive", "io.debezium.time.Date", semantic.time("Date")),
    ("postgres_types-temporal-adaptive", "io.debezium.time.MicroTimestamp", semantic.time("MicroTimestamp")),
    ("postgres_types-temporal-adaptive", "io.debezium.time.ZonedTimestamp", semantic.time("ZonedTimestamp")),
    ("postgres_types-temporal-adaptive", "io.debezium.time.ZonedTime", semantic.time("ZonedTime")),
    ("mysql_vector", "io.debezium.data.FloatVector", semantic.float_vector()),
])
def test_a_schema_of_ours_equals_the_recorded_one(case: str, name: str, ours: Schema) -> None:
    assert of_name(case, name) == ours


def test_an_enum_has_its_labels_in_order() -> None:
    recorded = of_name("postgres_types-enum-domain", "io.debezium.data.Enum")
    assert semantic.enum(recorded.parameters["allowed"].split(",")).but(default=recorded.default) == recorded


def test_a_decimal_has_scale_before_precision() -> None:
    recorded = of_name("postgres_types-numeric-precise", "org.apache.kafka.connect.data.Decimal")
    ours = decimal_of(int(recorded.parameters["scale"]), int(recorded.parameters["connect.decimal.precision"]))
    assert ours.parameter_items == recorded.parameter_items


@pytest.mark.parametrize("short", [
    "Date", "Time", "MicroTime", "NanoTime", "Timestamp", "MicroTimestamp", "NanoTimestamp", "MicroDuration", "ZonedTime",
    "ZonedTimestamp", "Interval", "IsoDate", "IsoTime", "IsoTimestamp", "Year",
])
def test_time_types_are_version_1_and_carry_their_name(short: str) -> None:
    schema = semantic.time(short)
    assert (schema.name, schema.version, schema.optional) == (f"io.debezium.time.{short}", 1, False)
