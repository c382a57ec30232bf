"""Consumes topics and prints their records, decoded by schema id or as JSON. No consumer group: it disturbs nobody."""

from __future__ import annotations

import fnmatch
import json
import os
import sys
import time
from collections.abc import Sequence
from typing import Any, TextIO

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, KafkaError, KafkaException, TopicPartition

from connect.cli.client import ClientError
from connect.cli.events import Record, as_json, as_line, payload
from connect.cli.show import is_coloured
from connect.kafka.clients import consumer, failure
from schemas.decode import Decoder
from schemas.model import SchemaError
from schemas.registry import RegistryClient, RegistryError

__all__ = ["Tail"]

_LOOK_SECONDS = 2.0
"""How often new topics and partitions are looked for."""


class Tail:
    """Prints records of the topics that match."""

    def __init__(self, topics: Sequence[str], bootstrap: str, registry: str | None, options: Sequence[str]) -> None:
        """``topics``: names with ``*`` and ``?``; ``options``: librdkafka's, ``name=value``. Raises ClientError."""
        properties: dict[str, Any] = {"bootstrap.servers": bootstrap, "topic.metadata.refresh.interval.ms": 2000}
        for option in options:
            name, equals, value = option.partition("=")
            if not equals or not name:
                raise ClientError(f"{option} is no librdkafka property: expected name=value")
            properties[name] = value
        self._topics = topics
        self._bootstrap = bootstrap
        try:
            self._registry = RegistryClient(registry) if registry else None
        except ValueError as e:
            raise ClientError(str(e)) from e
        self._decoder = Decoder(self._registry) if self._registry else None
        self._consumer = consumer(properties, "headgate-tail", f"headgate-tail-{os.getpid()}")
        self._known: set[tuple[str, int]] = set()
        self._ended: set[tuple[str, int]] = set()

    def run(
        self, out: TextIO, *, from_beginning: bool = False, maximum: int | None = None, as_json: bool = False,
        exit_at_end: bool = False,
    ) -> None:
        """Print until ``maximum`` records, the end with ``exit_at_end``, or KeyboardInterrupt. Raises ClientError."""
        coloured = is_coloured(out)
        left = maximum
        try:
            self._look(OFFSET_BEGINNING if from_beginning or exit_at_end else OFFSET_END)
            if not self._known:
                if exit_at_end:
                    raise ClientError(f"no topic {' or '.join(self._topics)} on {self._bootstrap}")
                print(f"waiting for topic {' or '.join(self._topics)} …", file=sys.stderr)
            looked = time.monotonic()
            while not (exit_at_end and self._ended >= self._known):
                for message in self._consumer.consume(500, 0.2):
                    if (record := self._record(message)) is None:
                        continue
                    print(_line(record, as_json, coloured), file=out, flush=not as_json)
                    left = None if left is None else left - 1
                    if left == 0:
                        return
                out.flush()
                if time.monotonic() - looked > _LOOK_SECONDS and not exit_at_end:
                    # A topic that appears while we look on is read from its first record.
                    self._look(OFFSET_BEGINNING)
                    looked = time.monotonic()
        except KafkaException as e:
            raise failure(e, "reading") from e
        finally:
            self._consumer.close()
            if self._registry:
                self._registry.close()

    def _look(self, offset: int) -> None:
        """Take on topics and partitions that match and are new."""
        try:
            found = self._consumer.list_topics(timeout=10)
        except KafkaException as e:
            why = e.args[0].str()
            raise ClientError(f"no Kafka broker at {self._bootstrap} ({why}); give its address with --bootstrap") from e
        new = [
            (name, partition)
            for name, topic in found.topics.items() for partition in topic.partitions
            if (name, partition) not in self._known and not name.startswith("__")
            and any(name == t or fnmatch.fnmatchcase(name, t) for t in self._topics)
        ]
        if new:
            self._consumer.incremental_assign([TopicPartition(*n, offset) for n in sorted(new)])
            self._known |= set(new)

    def _record(self, message: Any) -> Record | None:
        if (error := message.error()) is not None:
            if error.code() == KafkaError._PARTITION_EOF:
                self._ended.add((message.topic(), message.partition()))
                return None
            broken = failure(error, f"reading {message.topic()}")
            if broken.retriable:
                return None
            raise broken
        kind, when = message.timestamp()
        where = f"{message.topic()}, partition {message.partition()}, offset {message.offset()}"
        return Record(
            message.topic(), message.partition(), message.offset(), when if kind else None,
            self._decoded(message.key(), f"key at {where}"), self._decoded(message.value(), f"value at {where}"),
        )

    def _decoded(self, data: bytes | None, what: str) -> Any:
        """None stays; Avro by schema id, else JSON, else text, else the bytes."""
        if data is None:
            return None
        if len(data) >= 5 and data[0] == 0:
            if self._decoder is None:
                raise ClientError(f"the {what} is Avro by schema id: give the schema registry with --registry")
            try:
                return self._decoder.decode(data)
            except SchemaError as e:
                raise ClientError(f"the {what} cannot be decoded: {e}") from e
            except RegistryError as e:
                raise ClientError(f"the schema of the {what} cannot be had: {e}") from e
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return data
        try:
            return payload(json.loads(text))
        except ValueError:
            return text


def _line(record: Record, json_wanted: bool, coloured: bool) -> str:
    return as_json(record) if json_wanted else as_line(record, coloured)
