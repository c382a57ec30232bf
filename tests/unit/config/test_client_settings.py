"""Java client settings as librdkafka settings."""

from __future__ import annotations

import pytest
from confluent_kafka import Consumer, Producer

from connect.api.errors import ConfigError
from connect.config.clientkeys import CLIENT_KEYS
from connect.config.clients import (
    connector_admin,
    connector_producer,
    internal_client,
    override_errors,
    translate,
)
from connect.config.tls import parse_jaas

SASL = {
    "security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.jaas.config": 'org.apache.kafka.common.security.scram.ScramLoginModule required username="u" password="p;\\"w";',
}


@pytest.mark.parametrize(
    ("name", "value", "setting", "expected"),
    [
        ("acks", "all", "acks", "all"),
        ("linger.ms", "5", "linger.ms", 5),
        ("batch.size", "0", "batch.size", 1),
        ("max.request.size", "2000000", "message.max.bytes", 2000000),
        ("buffer.memory", "33554432", "queue.buffering.max.kbytes", 32768),
        ("delivery.timeout.ms", "120000", "message.timeout.ms", 120000),
        ("delivery.timeout.ms", "9223372036854775807", "message.timeout.ms", 0),
        ("compression.type", "ZSTD", "compression.type", "zstd"),
        ("send.buffer.bytes", "-1", "socket.send.buffer.bytes", 0),
        ("enable.idempotence", "TRUE", "enable.idempotence", "true"),
        ("ssl.endpoint.identification.algorithm", "", "ssl.endpoint.identification.algorithm", "none"),
        ("statistics.interval.ms", "1000", "statistics.interval.ms", "1000"),
    ],
)
def test_a_setting_is_translated(name: str, value: str, setting: str, expected: object) -> None:
    assert translate({name: value}, "producer").settings[setting] == expected


@pytest.mark.parametrize("kind", ["producer", "consumer"])
def test_librdkafka_knows_every_name_we_translate_to(kind: str) -> None:
    values = {"acks": "all", "compression.type": "gzip", "isolation.level": "read_committed",
        "client.dns.lookup": "use_all_dns_ips",
              "bootstrap.servers": "127.0.0.1:1", "metadata.recovery.strategy": "none", "enable.idempotence": "false",
              "enable.metrics.push": "false", "check.crcs": "true", "allow.auto.create.topics": "false"}
    for name, rule in CLIENT_KEYS.items():
        if rule.target is None or (rule.kinds and kind not in rule.kinds) or name in ("group.instance.id", "bootstrap.servers"):
            continue
        settings = dict(translate({name: values.get(name, "5")}, kind).settings)
        # Settings of a group bound each other.
        settings = {k: v for k, v in settings.items() if k not in ("max.poll.interval.ms", "fetch.max.bytes",
            "transaction.timeout.ms",
                    "session.timeout.ms", "reconnect.backoff.max.ms", "message.max.bytes", "retry.backoff.max.ms")}
        Producer(settings) if kind == "producer" else Consumer({**settings, "group.id": "x"})


@pytest.mark.parametrize(
    ("name", "reason"),
    [("max.block.ms", "holds the task back"), ("interceptor.classes", "Java code"), ("partitioner.class", "murmur2"),
     ("metric.reporters", "/metrics"), ("ssl.protocol", "no such setting"), ("linger.mss", 'did you mean "linger.ms"?')],
)
def test_what_librdkafka_does_not_have_is_told_as_ignored(name: str, reason: str) -> None:
    found = translate({name: "x"}, "producer")
    assert found.settings == {}
    assert [i.name for i in found.ignored] == [name]
    assert reason in found.ignored[0].message


def test_settings_of_another_kind_of_client_are_passed_over() -> None:
    assert translate({"isolation.level": "read_committed"}, "producer").settings == {}


@pytest.mark.parametrize(("name", "value"), [("acks", "nonsense"), ("linger.ms", "soon"), ("security.protocol", "TLS")])
def test_a_value_that_cannot_be_read_is_an_error_naming_the_key(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        translate({name: value}, "producer")
    assert f"Invalid value {value} for configuration {name}" in caught.value.errors[name][0]


def test_a_jaas_configuration_gives_user_and_password() -> None:
    assert translate(SASL, "producer").settings == {
        "security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "u", "sasl.password": 'p;"w'}


def test_oauth_clients_are_translated() -> None:
    found = translate({
        "sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.token.endpoint.url": "https://idp/token",
        "sasl.jaas.config": "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required "
                            "clientId='id' clientSecret=\"s\" scope=kafka;"}, "producer").settings
    assert found["sasl.oauthbearer.method"] == "oidc"
    assert (found["sasl.oauthbearer.client.id"], found["sasl.oauthbearer.client.secret"]) == ("id", "s")


@pytest.mark.parametrize("text", ["", "X required", "X maybe a=b;", 'X required a="b', "X required nonsense;"])
def test_a_broken_jaas_configuration_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|option"):
        parse_jaas(text)


def test_a_secret_never_appears_in_an_error() -> None:
    with pytest.raises(ConfigError) as caught:
        translate({"sasl.jaas.config": 'com.example.Own required password="hunter2";'}, "producer")
    assert "hunter2" not in str(caught.value)
    assert "no counterpart for Own" in str(caught.value)


@pytest.mark.parametrize(
    ("props", "expected"),
    [
        ({"ssl.truststore.type": "PEM", "ssl.truststore.location": "/ca.pem"}, {"ssl.ca.location": "/ca.pem"}),
        ({"ssl.truststore.certificates": "-----BEGIN"}, {"ssl.ca.pem": "-----BEGIN"}),
        ({"ssl.keystore.type": "PEM", "ssl.keystore.location": "/k.pem"},
         {"ssl.certificate.location": "/k.pem", "ssl.key.location": "/k.pem"}),
        ({"ssl.keystore.key": "K", "ssl.keystore.certificate.chain": "C"}, {"ssl.key.pem": "K", "ssl.certificate.pem": "C"}),
        ({"ssl.keystore.location": "/k.p12", "ssl.keystore.password": "x"},
         {"ssl.keystore.location": "/k.p12", "ssl.keystore.password": "x"}),
    ],
)
def test_key_and_trust_stores_are_translated(props: dict[str, str], expected: dict[str, str]) -> None:
    assert translate(props, "admin").settings == expected


@pytest.mark.parametrize("key", ["ssl.truststore.location", "ssl.keystore.location"])
def test_a_jks_store_is_refused_with_the_cure(key: str) -> None:
    with pytest.raises(ConfigError, match="keytool"):
        translate({key: "/x.jks"}, "producer")


def test_a_connectors_producer_takes_the_workers_producer_settings_and_then_its_own() -> None:
    worker = {"bootstrap.servers": "w:1", "linger.ms": "9", "producer.linger.ms": "1", "producer.acks": "1"}
    found = connector_producer(worker, {"producer.override.acks": "all", "admin.override.client.id": "x"}).settings
    assert found == {"bootstrap.servers": "w:1", "linger.ms": 1, "acks": "all"}


def test_security_is_inherited_when_the_producer_says_nothing_of_it() -> None:
    found = connector_producer({"bootstrap.servers": "w:1", **SASL}, {}).settings
    assert (found["security.protocol"], found["sasl.username"]) == ("SASL_SSL", "u")


@pytest.mark.parametrize("own", [{"producer.security.protocol": "PLAINTEXT"}, {"producer.bootstrap.servers": "other:1"}])
def test_security_is_not_inherited_when_the_producer_has_its_own_or_another_cluster(own: dict[str, str]) -> None:
    assert "sasl.password" not in connector_producer({"bootstrap.servers": "w:1", **SASL, **own}, {}).settings


def test_an_admin_client_inherits_the_workers_own_settings() -> None:
    worker = {"bootstrap.servers": "w:1", "request.timeout.ms": "7000", "admin.request.timeout.ms": "8000", "admin.listeners": "",
              "retry.backoff.ms": "300", "group.id": "g"}
    found = connector_admin(worker, {})
    assert found.settings == {"bootstrap.servers": "w:1", "socket.timeout.ms": 8000, "retry.backoff.ms": 300}
    assert found.ignored == ()


def test_internal_clients_use_unprefixed_settings_only() -> None:
    found = internal_client({"bootstrap.servers": "w:1", "producer.acks": "1", "group.id": "g", "key.converter": "json"},
        "producer")
    assert found.settings == {"bootstrap.servers": "w:1"}
    assert found.ignored == ()


CONNECTOR = {"producer.override.acks": "all", "producer.override.sasl.mechanism": "PLAIN", "name": "x"}


@pytest.mark.parametrize(
    ("policy", "allowlist", "refused"),
    [
        ("All", (), set()),
        ("org.apache.kafka.connect.connector.policy.AllConnectorClientConfigOverridePolicy", (), set()),
        ("None", (), {"producer.override.acks", "producer.override.sasl.mechanism"}),
        ("Principal", (), {"producer.override.acks"}),
        ("Allowlist", ("acks",), {"producer.override.sasl.mechanism"}),
    ],
)
def test_the_override_policy_refuses_by_key(policy: str, allowlist: tuple[str, ...], refused: set[str]) -> None:
    assert set(override_errors(policy, allowlist, CONNECTOR)) == refused


def test_a_policy_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="'Some' does not exist; there are All, None, Principal, Allowlist"):
        override_errors("Some", (), {})
