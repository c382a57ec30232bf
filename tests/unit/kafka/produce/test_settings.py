"""The producer's properties."""

from __future__ import annotations

from typing import Any

import pytest

from connect.kafka.produce.settings import ProducerSettings, unsupported
from connect.tasks.producer import data_config


def _of(**more: Any) -> ProducerSettings:
    return ProducerSettings.of({"bootstrap.servers": "a:1", **{k.replace("_", "."): v for k, v in more.items()}})


def test_what_a_task_uses_by_default_is_supported() -> None:
    config = data_config({"bootstrap.servers": "a:1"})
    assert unsupported(config) is None
    settings = ProducerSettings.of(config)
    assert (settings.linger, settings.batch_size, settings.in_flight) == (0.001, 1_000_000, 5)
    assert (settings.compression, settings.level) == ("none", None)


@pytest.mark.parametrize(("text", "addresses"), [
    ("a:1,b:2", (("a", 1), ("b", 2))), (" a:1 , ,b ", (("a", 1), ("b", 9092))), ("PLAINTEXT://a:1", (("a", 1),)),
    ("[::1]:9", (("::1", 9),)), ("127.0.0.1", (("127.0.0.1", 9092),)),
])
def test_addresses(text: str, addresses: tuple[tuple[str, int], ...]) -> None:
    assert ProducerSettings.of({"bootstrap.servers": text}).bootstrap == addresses


def test_properties_are_read_as_text_too() -> None:
    settings = _of(linger_ms="20", compression_type="GZIP", compression_level="6", queue_buffering_max_messages="0",
                   socket_timeout_ms="500", queue_buffering_max_kbytes="10")
    assert (settings.linger, settings.compression, settings.level) == (0.02, "gzip", 6)
    assert settings.most_records > 1 << 50
    assert (settings.request_timeout, settings.most_bytes) == (0.5, 10_240)


@pytest.mark.parametrize("name", ["linger.ms", "batch.size", "message.max.bytes", "compression.level", "socket.timeout.ms"])
def test_a_property_that_is_no_number_raises_value_error(name: str) -> None:
    with pytest.raises(ValueError, match="much"):
        ProducerSettings.of({"bootstrap.servers": "a:1", name: "much"})


@pytest.mark.parametrize(("config", "reason"), [
    ({"security.protocol": "SASL_SSL"}, "security.protocol=SASL_SSL"), ({"security.protocol": "PLAINTEXT"}, None),
    ({"compression.type": "lz4"}, "compression.type=lz4"), ({"compression.codec": "snappy"}, "compression.type=snappy"),
    ({"compression.type": "zstd"}, None), ({"debug": "all", "linger.ms": 1}, "debug"),
    ({"ssl.ca.location": "/ca"}, "ssl.ca.location"), ({"partitioner": "random"}, "partitioner"),
    ({"statistics.interval.ms": 5}, "statistics.interval.ms"),
])
def test_what_only_librdkafka_has_is_named(config: dict[str, Any], reason: str | None) -> None:
    assert unsupported({"bootstrap.servers": "a:1", **config}) == reason
