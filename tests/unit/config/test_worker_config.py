from __future__ import annotations

import pytest

from connect.api.errors import ConfigError
from connect.config.worker import WorkerConfig, unknown_worker_keys

GOOD = {
    "bootstrap.servers": "a:9092, b:9092", "group.id": "g", "config.storage.topic": "c", "offset.storage.topic": "o",
    "status.storage.topic": "s", "key.converter": "json", "value.converter": "json",
}


def test_defaults_are_kafka_connects_but_for_the_flush_interval() -> None:
    config = WorkerConfig.from_props(GOOD)
    assert config.bootstrap_servers == ["a:9092", "b:9092"]
    assert config.listeners == ["http://:8083"]
    assert (config.offset_storage_partitions, config.status_storage_partitions) == (25, 5)
    assert config.config_storage_replication_factor == 3
    assert config.task_shutdown_graceful_timeout_ms == 5000
    assert config.exactly_once_source_support == "disabled"
    assert config.offset_flush_interval_ms == 5000
    definition = WorkerConfig.definition().get("offset.flush.interval.ms")
    assert definition is not None
    assert "60000" in definition.doc


def test_every_missing_key_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        WorkerConfig.from_props({})
    assert set(caught.value.errors) == {
        "group.id", "config.storage.topic", "offset.storage.topic", "status.storage.topic", "key.converter", "value.converter"}


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("listeners", "ftp://x:1", "is not a listener"),
        ("listeners", "http://x", "is not a listener"),
        ("listeners", "http://x:99999", "is not a listener"),
        ("listeners", "", "must be non-empty"),
        ("exactly.once.source.support", "maybe", "must be one of: disabled, preparing, enabled"),
        ("offset.flush.interval.ms", "soon", "expected a 64-bit integer"),
        ("offset.flush.interval.ms", "0", "at least 1"),
        ("offset.storage.replication.factor", "0", "broker's default"),
        ("headgate.rest.mask.passwords", "ja", "true or false"),
        ("headgate.log.format", "xml", "text, json"),
        ("inter.worker.signature.algorithm", "HmacMD5", "must be in inter.worker.verification.algorithms"),
    ],
)
def test_a_wrong_value_is_told_with_key_value_and_reason(key: str, value: str, reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        WorkerConfig.from_props({**GOOD, key: value})
    [message] = caught.value.errors[key]
    assert f"Invalid value {value} for configuration {key}" in message
    assert reason in message


@pytest.mark.parametrize(
    ("text", "protocol", "host", "port"),
    [("http://:8083", "http", "", 8083), ("HTTPS://0.0.0.0:0", "https", "0.0.0.0", 0), ("http://[::1]:80", "http", "::1", 80)],
)
def test_listeners_are_read(text: str, protocol: str, host: str, port: int) -> None:
    [found] = WorkerConfig.from_props({**GOOD, "listeners": text}).listening()
    assert (found.protocol, found.host, found.port) == (protocol, host, port)


def test_admin_listeners_tell_unset_from_empty() -> None:
    assert WorkerConfig.from_props(GOOD).admin_listeners is None
    assert WorkerConfig.from_props({**GOOD, "admin.listeners": ""}).admin_listeners == []


def test_settings_of_internal_topics_are_found_by_prefix() -> None:
    config = WorkerConfig.from_props({**GOOD, "offset.storage.min.insync.replicas": "2",
        "offset.storage.cleanup.policy": "delete"})
    assert config.topic_settings("offset") == {"min.insync.replicas": "2"}
    assert config.topic_settings("status") == {}


def test_a_misspelt_key_is_reported_with_the_nearest() -> None:
    [ignored] = unknown_worker_keys({**GOOD, "ofset.flush.interval.ms": "1"})
    assert (ignored.name, ignored.nearest) == ("ofset.flush.interval.ms", "offset.flush.interval.ms")
    assert ignored.message == '"ofset.flush.interval.ms" is ignored: no such property; did you mean "offset.flush.interval.ms"?'


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("plugin.path", "entry points"),
        ("metrics.recording.level", "/metrics"),
        ("internal.key.converter.schemas.enable", "always JSON"),
        ("offset.storage.cleanup.policy", "always compacted"),
        ("config.storage.partitions", "one partition"),
        ("no.such.thing", "no such property"),
    ],
)
def test_a_key_without_effect_is_reported_with_the_reason(key: str, reason: str) -> None:
    [ignored] = unknown_worker_keys({**GOOD, key: "x"})
    assert ignored.name == key
    assert reason in ignored.message


@pytest.mark.parametrize(
    "key",
    ["producer.linger.ms", "security.protocol", "ssl.truststore.location", "key.converter.schemas.enable",
        "config.providers.file.class",
     "offset.storage.retention.ms", "listeners.https.ssl.keystore.location", "request.timeout.ms", "admin.security.protocol"],
)
def test_keys_of_clients_and_plugins_are_known(key: str) -> None:
    assert unknown_worker_keys({**GOOD, key: "x"}) == []
