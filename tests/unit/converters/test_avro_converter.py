import io
import json
from decimal import Decimal
from typing import Any

import fastavro
import httpx
import pytest

from connect.api.errors import ConfigError, ConnectError, DataError, RetriableError
from connect.api.plugins import AvroFraming, Converter, ManyFrames
from connect.converters.avro import AvroConverter
from schemas.avro import avro_json
from schemas.model import BYTES, INT16, INT32, STRING, Schema, array_of, decimal_of, map_of, struct_of
from schemas.registry import RegistryClient, RegistrySettings

ROW = struct_of([("id", INT32), ("s", STRING.opt("d")), ("d", decimal_of(2, 6).opt())], "x.y.Row", version=1)


class Registry:
    """Gives ids from 1 and remembers what it was asked; ``status`` makes it fail."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.subjects: list[str] = []
        self.status = 200
        self.settings: list[RegistrySettings] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.status != 200:
            return httpx.Response(self.status, json={"error_code": self.status, "message": "because"})
        parts = request.url.path.strip("/").split("/")
        if parts[0] == "schemas":
            at = int(parts[-1])
            return httpx.Response(200, json={"schema": self.texts[at - 1]})
        self.subjects.append(parts[1])
        text = json.loads(request.content)["schema"]
        if text not in self.texts:
            self.texts.append(text)
        return httpx.Response(200, json={"id": self.texts.index(text) + 1})

    def connect(self, settings: RegistrySettings) -> RegistryClient:
        self.settings.append(settings)
        return RegistryClient(settings, lambda seconds: None, httpx.MockTransport(self))


def converter(registry: Registry, is_key: bool = False, **props: str) -> AvroConverter:
    made: Converter = AvroConverter(registry.connect)
    made.configure({"schema.registry.url": "http://one"} | {k.replace("__", "."): v for k, v in props.items()}, is_key)
    assert isinstance(made, AvroConverter)
    assert isinstance(made, AvroFraming)
    return made


def test_a_row_is_frame_and_avro_body() -> None:
    registry = Registry()
    out = converter(registry).from_connect_data("orders", ROW, {"id": 1, "s": "x", "d": Decimal("1.25")})
    assert out is not None and out[:5] == b"\x00\x00\x00\x00\x01"
    assert registry.texts == [avro_json(ROW)]
    assert fastavro.schemaless_reader(io.BytesIO(out[5:]), fastavro.parse_schema(json.loads(registry.texts[0])), None) == {
        "id": 1, "s": "x", "d": Decimal("1.25")}


def test_the_frame_is_what_stands_before_the_body_and_is_asked_for_once() -> None:
    registry = Registry()
    avro = converter(registry)
    out = avro.from_connect_data("orders", ROW, {"id": 1})
    assert out is not None and out.startswith(avro.frame("orders", ROW))
    avro.frame("orders", ROW)
    avro.frame("orders", ROW.but())
    assert registry.subjects == ["orders-value"]


@pytest.mark.parametrize(("is_key", "props", "subject"), [
    (False, {}, "orders-value"), (True, {}, "orders-key"),
    (False, {"value__subject__name__strategy": "io.confluent.kafka.serializers.subject.RecordNameStrategy"}, "x.y.Row"),
    (True, {"key__subject__name__strategy": "TopicRecordNameStrategy"}, "orders-x.y.Row"),
    (True, {"value__subject__name__strategy": "RecordNameStrategy"}, "orders-key"),
])
def test_the_subject_is_named_by_the_strategy_of_key_or_value(is_key: bool, props: dict[str, str], subject: str) -> None:
    registry = Registry()
    converter(registry, is_key, **props).frame("orders", ROW)
    assert registry.subjects == [subject]


def test_null_is_a_tombstone_if_the_schema_allows_it() -> None:
    registry = Registry()
    avro = converter(registry)
    assert avro.from_connect_data("orders", None, None) is None
    assert avro.from_connect_data("orders", ROW.opt(), None) is None
    assert registry.subjects == []
    with pytest.raises(DataError, match="topic orders"):
        avro.from_connect_data("orders", ROW, None)


def test_a_value_without_a_schema_is_an_error_with_the_cure() -> None:
    with pytest.raises(DataError, match="JsonConverter"):
        converter(Registry()).from_connect_data("orders", None, {"a": 1})


def test_null_stays_null_where_there_is_a_default() -> None:
    avro = converter(Registry())
    assert avro.to_connect_data("t", avro.from_connect_data("t", ROW, {"id": 1, "s": None}))[1]["s"] is None


@pytest.mark.parametrize(("schema", "value"), [
    (ROW, {"id": 1, "s": "x", "d": Decimal("-1.28")}), (STRING, "é"), (INT16, -5), (BYTES, b"\x01\x02"), (BYTES.opt(), b"\x01"),
    (array_of(STRING.opt()), ["a", None]), (map_of(STRING, INT32), {"a": 1}), (map_of(INT16, STRING), {3: "x"}),
    (struct_of([("r", ROW.opt()), ("q", ROW.opt())], "x.y.Outer", doc="d"), {"r": {"id": 1, "s": None, "d": None}, "q": None}),
])
def test_what_was_written_is_read_back_with_its_schema(schema: Schema, value: Any) -> None:
    avro = converter(Registry())
    assert avro.to_connect_data("t", avro.from_connect_data("t", schema, value)) == (schema, value)
    assert avro.to_connect_data("t", None) == (None, None)


def test_a_top_level_bytes_value_has_no_length_before_it() -> None:
    assert converter(Registry()).from_connect_data("t", BYTES, b"\x01\x02") == b"\x00\x00\x00\x00\x01\x01\x02"


def test_a_value_that_does_not_fit_is_an_error_naming_topic_and_field_and_the_next_one_is_right() -> None:
    avro = converter(Registry())
    with pytest.raises(DataError, match="topic orders: field id: expected int32, got str") as raised:
        avro.from_connect_data("orders", ROW, {"id": "topsecret"})
    assert "topsecret" not in str(raised.value)
    assert avro.to_connect_data("orders", avro.from_connect_data("orders", ROW, {"id": 2}))[1]["id"] == 2


def test_a_name_that_is_not_avros_is_an_error_with_the_cure() -> None:
    with pytest.raises(DataError, match=r"topic orders.*field\.name\.adjustment\.mode=avro"):
        converter(Registry()).from_connect_data("orders", struct_of([("my-col", INT32)], "x.R"), {"my-col": 1})


def test_a_registry_that_is_away_is_retriable_and_then_goes_on() -> None:
    registry = Registry()
    registry.status = 503
    avro = converter(registry)
    with pytest.raises(RetriableError, match=r"topic orders.*because"):
        avro.from_connect_data("orders", ROW, {"id": 1})
    registry.status = 200
    assert avro.from_connect_data("orders", ROW, {"id": 1}) is not None


@pytest.mark.parametrize("status", [401, 409, 422])
def test_a_registry_that_refuses_fails_the_task_with_its_words(status: int) -> None:
    registry = Registry()
    registry.status = status
    with pytest.raises(ConnectError, match=r"topic orders.*because") as raised:
        converter(registry).from_connect_data("orders", ROW, {"id": 1})
    assert not raised.value.retriable


@pytest.mark.parametrize(("data", "reason"), [
    (b"{}", "too few"), (b"hello world", "magic byte 0"), (b"\x01" + bytes(20), "GUID"),
    (b"\x00\x00\x00\x00\x01\x02", "does not fit its schema"),
])
def test_what_cannot_be_read_is_an_error_naming_the_topic(data: bytes, reason: str) -> None:
    avro = converter(Registry())
    avro.frame("orders", ROW)
    with pytest.raises(DataError, match=f"topic orders.*{reason}"):
        avro.to_connect_data("orders", data)


def test_meta_data_can_be_left_out() -> None:
    registry = Registry()
    converter(registry, connect__meta__data="false").frame("orders", ROW)
    assert "connect." not in registry.texts[0]


@pytest.mark.parametrize(("props", "expected"), [
    ({}, (None, None, None)),
    ({"basic__auth__credentials__source": "USER_INFO", "basic__auth__user__info": "me:pw"}, ("me:pw", None, None)),
    ({"schema__registry__basic__auth__user__info": "me:pw"}, ("me:pw", None, None)),
    ({"schema__registry__url": "http://me:pw@one"}, ("me:pw", None, None)),
    ({"bearer__auth__credentials__source": "STATIC_TOKEN", "bearer__auth__token": "tok"}, (None, "tok", None)),
    ({"schema__registry__ssl__truststore__location": "/x/ca.pem"}, (None, None, "/x/ca.pem")),
])
def test_credentials_and_certificates_come_from_confluents_keys(props: dict[str, str], expected: tuple[str | None, ...]) -> None:
    registry = Registry()
    converter(registry, **props)
    got = registry.settings[0]
    assert (got.user_info, got.bearer_token, got.ca) == expected


@pytest.mark.parametrize(("key", "value", "reason"), [
    ("schema.registry.url", "one:8081", "expected http"), ("auto.register.schemas", "yes", "true or false"),
    ("value.subject.name.strategy", "Nope", "TopicNameStrategy"), ("basic.auth.credentials.source", "SASL_INHERIT", "USER_INFO"),
    ("basic.auth.credentials.source", "USER_INFO", r"user:password"), ("basic.auth.user.info", "topsecret", "colon"),
    ("bearer.auth.credentials.source", "OAUTHBEARER", "STATIC_TOKEN"),
    ("schema.registry.ssl.truststore.location", "/x/t.jks", "PEM"),
    ("schema.registry.ssl.keystore.type", "PKCS12", "PEM"),
])
def test_a_wrong_setting_is_an_error_with_what_is_allowed(key: str, value: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as raised:
        AvroConverter(Registry().connect).configure({"schema.registry.url": "http://one"} | {key: value}, is_key=False)
    assert "topsecret" not in str(raised.value)


def test_the_url_must_be_given() -> None:
    with pytest.raises(ConfigError, match=r'Missing required configuration "schema\.registry\.url"'):
        AvroConverter().configure({}, is_key=False)


def test_a_certificate_that_is_not_there_is_found_when_configured() -> None:
    with pytest.raises(ConfigError, match="expected PEM"):
        AvroConverter().configure(
            {"schema.registry.url": "https://one", "schema.registry.ssl.truststore.location": "/nowhere/ca.pem"}, is_key=False)


def test_unknown_settings_are_left_alone_and_closing_may_be_repeated() -> None:
    avro = converter(Registry(), enhanced__avro__schema__support="true")
    avro.close()
    avro.close()
    AvroConverter().close()


def test_secrets_are_of_type_password() -> None:
    kinds = {k.name: k.type for k in AvroConverter().config()}
    ssl = "schema.registry.ssl."
    for name in ("basic.auth.user.info", "bearer.auth.token", ssl + "key.password", ssl + "keystore.key"):
        assert kinds[name] == "PASSWORD"


def test_frames_that_were_prepared_are_not_asked_for_again() -> None:
    registry = Registry()
    made = converter(registry)
    assert isinstance(made, ManyFrames)
    made.prepare([("a", ROW), ("b", ROW), ("c", ROW)])
    assert sorted(registry.subjects) == ["a-value", "b-value", "c-value"]
    assert [made.knows(topic, ROW) for topic in "abcd"] == [True, True, True, False]
    assert made.frame("b", ROW) == b"\x00\x00\x00\x00\x01"
    assert len(registry.subjects) == 3


def test_what_cannot_be_prepared_is_told_by_its_frame() -> None:
    registry = Registry()
    made = converter(registry)
    registry.status = 409
    made.prepare([("a", ROW), ("b", ROW)])
    assert not made.knows("a", ROW)
    with pytest.raises(ConnectError, match="topic a"):
        made.frame("a", ROW)
