"""A pipeline in this process on a real Kafka, with a source task that follows a script."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from connect.api.errors import HeadgateError
from connect.api.plugins import Converters
from connect.api.records import Offset, Partition, Serialized, SourceRecord
from connect.tasks.commit import PlainCommit
from connect.tasks.context import RunningContext
from connect.tasks.control import Control
from connect.tasks.delivery import Delivery, RecordTransform, locate
from connect.tasks.limits import AdminTopicLimits
from connect.tasks.meters import Meters
from connect.tasks.offset_writer import TopicOffsetWriter
from connect.tasks.pipeline import Pipeline, Times
from connect.tasks.producer import data_config, make_producer
from connect.tasks.reporter import Reporter
from connect.tasks.service import Service
from connect.tasks.spec import EventKind, TaskEvent, TaskKey
from connect.tasks.tolerance import ErrorPolicy, Tolerance
from tests.waiting import until

SOURCE: Partition = {"server": "script"}


class Text:
    """Values are text; `broken` is called before each conversion and may raise."""

    def __init__(self, broken: Callable[[Any], None] = lambda value: None) -> None:
        self.broken = broken

    def config(self) -> Any: ...

    def configure(self, *_: Any) -> None: ...

    def from_connect_data(self, topic: str, schema: Any, value: Any) -> bytes | None:
        self.broken(value)
        return None if value is None else str(value).encode()

    def to_connect_data(self, topic: str, data: Any) -> Any: ...

    def from_connect_header(self, topic: str, key: str, schema: Any, value: Any) -> bytes | None:
        return None if value is None else str(value).encode()

    def close(self) -> None: ...


class Numbers:
    """A batch of consecutive numbers `first…last`; `size` pads the value of single numbers."""

    def __init__(self, topic: str, first: int, last: int, size: dict[int, int] | None = None) -> None:
        self.topic, self.numbers, self.size = topic, range(first, last + 1), size or {}

    def __len__(self) -> int:
        return len(self.numbers)

    def offsets(self) -> Sequence[tuple[Partition, Offset]]:
        return [(SOURCE, {"n": self.numbers[-1]})]

    def records(self) -> Iterator[SourceRecord]:
        for n in self.numbers:
            value = str(n) + "." * self.size.get(n, 0)
            yield SourceRecord(SOURCE, {"n": n}, self.topic, key=n % 3, value=value, kafka_partition=0)

    def serialize(self, converters: Converters) -> Iterable[Serialized]:
        return (converters.serialize(r) for r in self.records())

    def describe(self, index: int) -> str:
        return f"table public.numbers, key columns (n), position {self.numbers[index]}"


class Empty:
    """A batch without records: it only moves the offset."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __len__(self) -> int:
        return 0

    def offsets(self) -> Sequence[tuple[Partition, Offset]]:
        return [(SOURCE, {"n": self.n})]

    def records(self) -> Iterator[SourceRecord]:
        return iter(())

    def serialize(self, converters: Converters) -> Iterable[Serialized]:
        return ()

    def describe(self, index: int) -> str:
        raise IndexError(index)


@dataclass
class Script:
    """A source task that returns what is scripted, in turn; an exception is raised; then nothing more."""

    steps: list[Any]
    start_errors: list[Exception] = field(default_factory=list)
    confirmed: list[int] = field(default_factory=list)
    kept_alive: int = 0
    polls: int = 0
    started: bool = False
    stopped: int = 0
    threads: set[int] = field(default_factory=set)
    at_commit: Callable[[int], None] = lambda n: None

    def start(self, context: Any) -> None:
        self.context = context
        if self.start_errors:
            raise self.start_errors.pop(0)
        self.started = True

    def poll(self) -> Any:
        self.threads.add(threading.get_ident())
        self.polls += 1
        if not self.steps:
            self.context.wait(0.02)
            return None
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step() if callable(step) else step

    def keepalive(self) -> None:
        self.threads.add(threading.get_ident())
        self.kept_alive += 1

    def commit(self, offsets: Sequence[tuple[Partition, Offset]]) -> None:
        for _, offset in offsets:
            self.at_commit(offset["n"])
            self.confirmed.append(offset["n"])

    def stop(self) -> None:
        self.stopped += 1


class NoTopics:
    def ensure(self, topics: Sequence[str]) -> dict[str, HeadgateError]:
        return {}


class Rig:
    """Pipelines on topics of their own."""

    def __init__(self, bootstrap: str, producer: str = "auto") -> None:
        self.conf: dict[str, Any] = {"bootstrap.servers": bootstrap}
        self.producer = producer
        self.admin = AdminClient(self.conf)
        name = uuid.uuid4().hex[:10]
        self.topic, self.offsets_topic = f"tasks-{name}", f"tasks-{name}-offsets"
        self.events: list[TaskEvent] = []
        self.make_topic(self.topic)
        self.make_topic(self.offsets_topic, **{"cleanup.policy": "compact"})

    def make_topic(self, topic: str, partitions: int = 1, **settings: str) -> str:
        made = self.admin.create_topics([NewTopic(topic, partitions, 1, config=settings)])
        made[topic].result(30)
        return topic

    def alter_topic(self, topic: str, name: str, value: str) -> None:
        entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
        self.admin.incremental_alter_configs([resource])[resource].result(30)
        plain = ConfigResource(ResourceType.TOPIC, topic)
        until(lambda: self.admin.describe_configs([plain])[plain].result(10)[name].value == value, what="the broker to know it")

    def close(self) -> None:
        for future in self.admin.delete_topics([self.topic, self.offsets_topic]).values():
            with contextlib.suppress(Exception):
                future.result(30)

    def records(self, topic: str | None = None) -> list[Message]:
        """Everything in the topic now."""
        topic = topic or self.topic
        reader = Consumer({**self.conf, "group.id": "tasks-tests", "enable.auto.commit": False, "enable.partition.eof": False})
        try:
            partitions = reader.list_topics(topic, 10).topics[topic].partitions
            ends = {p: reader.get_watermark_offsets(TopicPartition(topic, p), 10)[1] for p in partitions}
            reader.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])
            found: list[Message] = []
            stop = time.monotonic() + 20
            while len(found) < sum(ends.values()):
                assert time.monotonic() < stop, "the topic could not be read to its end"
                found += [m for m in reader.consume(1000, 0.2) if m.error() is None]
            return found
        finally:
            reader.close()

    def numbers(self, topic: str | None = None) -> list[int]:
        """The numbers in the topic, in order."""
        return [int((m.value() or b"").decode().rstrip(".")) for m in self.records(topic)]

    def stored(self) -> int | None:
        """The newest stored offset."""
        import json

        found = self.records(self.offsets_topic)
        return json.loads(found[-1].value() or b"")["n"] if found else None

    def states(self) -> list[str]:
        return [e.state for e in self.events if e.kind is EventKind.STATE]

    def conditions(self) -> list[str]:
        return [e.detail for e in self.events if e.kind is EventKind.CONDITION]

    def trace(self) -> str:
        return next(e.trace or "" for e in self.events if e.state == "FAILED")

    def metric(self, name: str) -> float:
        samples = [e.metrics for e in self.events if e.kind is EventKind.METRICS][-1]
        return next(v for n, _, v in samples if n == name)

    @contextlib.contextmanager
    def running(
        self,
        task: Script,
        *,
        text: Text | None = None,
        transform: RecordTransform | None = None,
        policy: ErrorPolicy | None = None,
        producer: dict[str, Any] | None = None,
        topics: Any = None,
        paused: bool = False,
        interval: float = 0.05,
        offsets: Sequence[tuple[Partition, Offset]] = (),
        bound: float = 10,
        kafka_answers: Callable[[], bool] = lambda: False,
    ) -> Iterator[Running]:
        text = text or Text()
        converters = Converters(text, text, text)
        control = Control(paused=paused)
        key = TaskKey("script", 0)
        service = Service(
            task=task, control=control, reporter=Reporter(key, 3, lambda e, _: self.events.append(e)), meters=Meters(key),
            tolerance=Tolerance(policy or ErrorPolicy(retry_cap=0.2)), locate=lambda f: locate(f, converters),
            kafka_answers=kafka_answers, stuck_after=0.3)
        service.producer = make_producer(
            data_config({**self.conf, **(producer or {})}), "tests", service.client_error, self.producer)
        writer = TopicOffsetWriter(self.conf, self.offsets_topic, "script", "tests-offsets")
        service.commit = PlainCommit(service.ledger, writer, task.commit, interval=interval, timeout=5)
        delivery = Delivery(service, converters, transform, topics or NoTopics(), AdminTopicLimits(lambda: self.admin))
        context = RunningContext(key, {}, offsets, service)
        pipeline = Pipeline(task, context, service, delivery, version="1", times=Times(stop=bound, failure=bound))
        run = Running(pipeline, control)
        run.thread.start()
        try:
            yield run
        finally:
            control.stop()
            run.thread.join(30)
            assert not run.thread.is_alive()


class Running:
    """A pipeline in a thread."""

    def __init__(self, pipeline: Pipeline, control: Control) -> None:
        self.control = control
        self.pipeline = pipeline
        self.well: bool | None = None
        self.thread = threading.Thread(target=self._run, args=(pipeline,))

    def _run(self, pipeline: Pipeline) -> None:
        self.well = pipeline.run()

    def end(self) -> bool:
        """Wait for the end; whether it went well."""
        self.thread.join(40)
        assert not self.thread.is_alive(), "the pipeline does not end"
        assert self.well is not None
        return self.well
