"""The small protocols a plugin implements: converters, transforms, predicates, config providers.

A plugin class is made without arguments and then configured once. Task plugins run in the task's process, in its one
thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

from connect.api.config import ConfigDef
from connect.api.records import Serialized, SourceRecord
from schemas.connectjson import JsonStyle
from schemas.model import Schema, Value

__all__ = [
    "AvroFraming", "ConfigData", "ConfigProvider", "Converter", "Converters", "HeaderConverter", "JsonFraming", "ManyFrames",
    "Predicate", "Transform",
]


class Converter(Protocol):
    """Turns Connect data into the bytes of a Kafka key or value."""

    def config(self) -> ConfigDef:
        """The keys it understands, without the ``key.converter.``/``value.converter.`` prefix."""
        ...

    def configure(self, props: Mapping[str, str], is_key: bool) -> None:
        """Called once, with the sub-keys without their prefix. Raises ConfigError."""
        ...

    def from_connect_data(self, topic: str, schema: Schema | None, value: Value) -> bytes | None:
        """Encode. A null value with a null schema gives None (a tombstone). Raises DataError, or RetriableError when a
        registry is out of reach."""
        ...

    def to_connect_data(self, topic: str, data: bytes | None) -> tuple[Schema | None, Value]:
        """Decode. Raises DataError."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


@runtime_checkable
class AvroFraming(Protocol):
    """A converter whose output is ``frame(topic, schema) + Avro body`` with the body written as :mod:`schemas.encode` does.

    A batch that can write the Avro body straight from wire bytes asks for the frame only.
    """

    def frame(self, topic: str, schema: Schema) -> bytes:
        """The bytes before the body; registers the schema when it is new. Cached. Raises ConnectError when the registry
        refuses the schema, RetriableError when it is out of reach."""
        ...


@runtime_checkable
class ManyFrames(Protocol):
    """A converter that must ask for a frame when it makes it, and can ask for many at once. An AvroFraming may be one too."""

    def knows(self, topic: str, schema: Schema) -> bool:
        """Whether that frame is made without asking."""
        ...

    def prepare(self, wanted: Iterable[tuple[str, Schema]]) -> None:
        """Ask for the frames of these (topic, schema) together. What goes wrong is told when the frame is made."""
        ...


@runtime_checkable
class JsonFraming(Protocol):
    """A converter whose output is ``head + JSON + tail`` with the JSON written as :mod:`schemas.connectjson` does.

    A batch that can write the JSON by way of Avro bodies (:mod:`schemas.avrojson`) asks for these only.
    """

    @property
    def style(self) -> JsonStyle:
        """How values are written."""
        ...

    def around(self, schema: Schema) -> tuple[bytes, bytes]:
        """What stands before and behind the JSON of a value of the schema."""
        ...


class HeaderConverter(Protocol):
    """Turns header values into bytes."""

    def config(self) -> ConfigDef:
        """The keys it understands."""
        ...

    def configure(self, props: Mapping[str, str]) -> None:
        """Called once. Raises ConfigError."""
        ...

    def from_connect_header(self, topic: str, key: str, schema: Schema | None, value: Value) -> bytes | None:
        """Encode one header's value."""
        ...


@dataclass(frozen=True, slots=True)
class Converters:
    """The three converters of a task."""

    key: Converter
    value: Converter
    header: HeaderConverter

    def serialize(self, record: SourceRecord) -> Serialized:
        """Convert one record the generic way: headers, key, value (Kafka Connect's order)."""
        topic = record.topic
        return Serialized(
            topic,
            -1 if record.kafka_partition is None else record.kafka_partition,
            self.key.from_connect_data(topic, record.key_schema, record.key),
            self.value.from_connect_data(topic, record.value_schema, record.value),
            tuple([(h.key, self.header.from_connect_header(topic, h.key, h.schema, h.value)) for h in record.headers]),
            record.timestamp or 0,
        )


class Transform(Protocol):
    """Changes one record, or drops it."""

    def config(self) -> ConfigDef:
        """The keys it understands, without the ``transforms.ALIAS.`` prefix."""
        ...

    def configure(self, props: Mapping[str, str]) -> None:
        """Called once. Raises ConfigError."""
        ...

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """The changed record (never the same object changed in place), or None to drop it. Raises DataError."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


class Predicate(Protocol):
    """Decides whether a transform applies to a record."""

    def config(self) -> ConfigDef:
        """The keys it understands, without the ``predicates.NAME.`` prefix."""
        ...

    def configure(self, props: Mapping[str, str]) -> None:
        """Called once. Raises ConfigError."""
        ...

    def test(self, record: SourceRecord) -> bool:
        """Whether the record matches."""
        ...


class ConfigData(NamedTuple):
    """What a provider found: values by key, and for how long they hold (milliseconds, None: for good)."""

    data: Mapping[str, str]
    ttl_ms: int | None = None


class ConfigProvider(Protocol):
    """Resolves ``${name:path:key}`` in configurations. Called in the worker and in child processes; must be re-entrant."""

    def configure(self, props: Mapping[str, str]) -> None:
        """Called once with ``config.providers.NAME.param.*``."""
        ...

    def get(self, path: str, keys: Sequence[str]) -> ConfigData:
        """The values of these keys under the path; a key that is not there is left out."""
        ...
