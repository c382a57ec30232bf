"""A whole source connector in one file: it counts, one record a step, and goes on where it stopped.

    "connector.class": "examples.ticks:TicksConnector", "topic": "ticks", "ticks.max": "100"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connect.api import (
    ConfigDef,
    ConfigModel,
    ConnectError,
    ExactlyOnceSupport,
    KeyType,
    Offset,
    Partition,
    SourceRecord,
    TaskContext,
    key,
)
from schemas.model import INT64, struct_of

__all__ = ["TicksConfig", "TicksConnector", "TicksTask"]

SOURCE: Partition = {"source": "ticks"}
VALUE = struct_of([("tick", INT64)], name="examples.Tick")


class TicksConfig(ConfigModel):
    """Its own properties; validation, report and documentation come from here."""

    topic: str = key("topic", doc="The topic to write to.")
    count: int = key("ticks.max", 0, type=KeyType.LONG, doc="How many to emit; 0 goes on for ever.")
    pause: float = key("ticks.pause.seconds", 0.1, type=KeyType.DOUBLE, doc="Seconds between two.")


class TicksTask:
    """Emits 1, 2, 3 …; the offset is the last number."""

    def start(self, context: TaskContext) -> None:
        """See SourceTask."""
        self._context = context
        self._config = TicksConfig.from_props(dict(context.config))
        stored = context.offset(SOURCE)
        self._tick = int(stored["tick"]) if stored else 0

    def poll(self) -> Sequence[SourceRecord] | None:
        """See SourceTask."""
        if self._context.wait(self._config.pause) or 0 < self._config.count <= self._tick:
            return None
        self._tick += 1
        return [SourceRecord(SOURCE, {"tick": self._tick}, self._config.topic, INT64, self._tick, VALUE, {"tick": self._tick})]

    def keepalive(self) -> None:
        """See SourceTask."""

    def commit(self, offsets: Sequence[tuple[Partition, Offset]]) -> None:
        """See SourceTask."""

    def stop(self) -> None:
        """See SourceTask."""


class TicksConnector:
    """Always one task."""

    version = "1.0"
    task_class = TicksTask

    def config(self) -> ConfigDef:
        """See SourceConnector."""
        return TicksConfig.definition()

    def validate(self, props: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
        """See SourceConnector."""
        return {}

    def task_configs(self, props: Mapping[str, str], max_tasks: int) -> list[dict[str, str]]:
        """See SourceConnector."""
        return [dict(props)]

    def alter_offsets(self, props: Mapping[str, str], offsets: Sequence[tuple[Partition, Offset | None]]) -> bool:
        """Only our one partition, and a number."""
        for partition, offset in offsets:
            if partition != SOURCE or (offset is not None and not isinstance(offset.get("tick"), int)):
                raise ConnectError('the only offset is {"source": "ticks"} with {"tick": <number>}')
        return True

    def exactly_once_support(self, props: Mapping[str, str]) -> ExactlyOnceSupport:
        """See SourceConnector."""
        return ExactlyOnceSupport.SUPPORTED
