"""The status topic: states of connectors and tasks, and which topics a connector has produced to."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connect.api.errors import HeadgateError
from connect.stores.journal import Journal
from connect.stores.jsontext import dumps, loads

__all__ = ["Status", "StatusStore", "StatusTable", "TopicUse", "status_key", "topic_key"]

logger = logging.getLogger(__name__)
_RETRY_SECONDS = 1.0
_TRIES = 30


@dataclass(frozen=True, slots=True)
class Status:
    """A state as stored. ``generation`` is that of the assignment under which it was written."""

    state: str
    worker_id: str
    generation: int
    trace: str | None = None
    version: str | None = None

    def encode(self) -> bytes:
        """The record's value, members in Kafka Connect's order."""
        return dumps({
            "state": self.state, "trace": self.trace, "worker_id": self.worker_id, "generation": self.generation,
            "version": self.version,
        })


@dataclass(frozen=True, slots=True)
class TopicUse:
    """A topic that a connector has produced to; ``task`` was the first, at ``discovered`` (milliseconds)."""

    topic: str
    connector: str
    task: int
    discovered: int

    def encode(self) -> bytes:
        """The record's value."""
        return dumps({"topic": {
            "name": self.topic, "connector": self.connector, "task": self.task, "discoverTimestamp": self.discovered,
        }})


def status_key(connector: str, task: int | None = None) -> bytes:
    """The key of a connector's state, or a task's."""
    return (f"status-connector-{connector}" if task is None else f"status-task-{connector}-{task}").encode()


def topic_key(connector: str, topic: str) -> bytes:
    """The key of a topic's use by a connector."""
    return f"status-topic-{topic}:connector-{connector}".encode()


def _status(value: dict[str, Any]) -> Status:
    state, worker, generation = value.get("state"), value.get("worker_id"), value.get("generation")
    if not isinstance(state, str) or not isinstance(worker, str) or not isinstance(generation, int):
        raise ValueError("not a status")
    return Status(state, worker, generation, value.get("trace"), value.get("version"))


class StatusTable:
    """The newest states, folded from the records in the order of each partition."""

    def __init__(self) -> None:
        self._connectors: dict[str, Status] = {}
        self._tasks: dict[str, dict[int, Status]] = {}
        self._topics: dict[str, dict[str, TopicUse]] = {}

    def apply(self, key: bytes | None, value: bytes | None) -> None:
        """Take one record; an unreadable one is told in the log and left out."""
        text = (key or b"").decode("utf-8", "replace")
        try:
            content = None if value is None else loads(value)
            if content is not None and not isinstance(content, dict):
                raise ValueError("not an object")
            if text.startswith("status-topic-"):
                self._topic(text.removeprefix("status-topic-"), content)
            elif text.startswith("status-connector-"):
                self._connector(text.removeprefix("status-connector-"), content)
            elif text.startswith("status-task-"):
                self._task(text.removeprefix("status-task-"), content)
            else:
                raise ValueError("not a key of the status topic")
        except ValueError as e:
            logger.warning("a record of the status topic is ignored: key %s: %s", text, e)

    def _connector(self, name: str, value: dict[str, Any] | None) -> None:
        if value is None:
            self._connectors.pop(name, None)
        else:
            self._connectors[name] = _status(value)

    def _task(self, rest: str, value: dict[str, Any] | None) -> None:
        name, _, number = rest.rpartition("-")
        if not name or not number.isdigit():
            raise ValueError("the key does not end in a task number")
        mine = self._tasks.setdefault(name, {})
        if value is None:
            mine.pop(int(number), None)
            if not mine:
                del self._tasks[name]
            return
        status, known = _status(value), mine.get(int(number))
        if status.state == "UNASSIGNED" and known is not None and known.state == "RUNNING" and (
            known.worker_id != status.worker_id and known.generation >= status.generation
        ):
            return  # the old owner's farewell, overtaken by the new owner
        mine[int(number)] = status

    def _topic(self, rest: str, value: dict[str, Any] | None) -> None:
        topic, separator, connector = rest.partition(":connector-")  # a topic's name has no colon
        if not separator:
            raise ValueError("the key names no connector")
        mine = self._topics.setdefault(connector, {})
        if value is None:
            mine.pop(topic, None)
            if not mine:
                del self._topics[connector]
            return
        use = value.get("topic")
        if not isinstance(use, dict):
            raise ValueError("not the use of a topic")
        mine[topic] = TopicUse(topic, connector, int(use.get("task") or 0), int(use.get("discoverTimestamp") or 0))

    def connectors(self) -> Mapping[str, Status]:
        """States of connectors by name."""
        return dict(self._connectors)

    def connector(self, name: str) -> Status | None:
        """The state of a connector."""
        return self._connectors.get(name)

    def tasks(self, name: str) -> Mapping[int, Status]:
        """States of a connector's tasks by number, sorted."""
        return dict(sorted(self._tasks.get(name, {}).items()))

    def connectors_with_tasks(self) -> Sequence[str]:
        """Connectors of which a task has a state."""
        return list(self._tasks)

    def topics(self, name: str) -> Mapping[str, TopicUse]:
        """Topics a connector has produced to."""
        return dict(self._topics.get(name, {}))

    def connectors_with_topics(self) -> Sequence[str]:
        """Connectors that have produced to a topic."""
        return list(self._topics)


class StatusStore:
    """The table and the writes to it. Used in the worker's event loop.

    Writes are queued and stored one after the other in the order of the calls, so nobody waits for Kafka to tell a state;
    one that Kafka does not take is tried again for half a minute, then given up with a log line.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._queue: asyncio.Queue[tuple[bytes, bytes | None]] = asyncio.Queue()
        self._newest: dict[bytes, bytes | None] = {}
        self._work: asyncio.Task[None] | None = None
        self.table = StatusTable()
        """What the topic holds."""

    async def start(self) -> None:
        """Read everything, then return."""
        await self._journal.start(self.table.apply)
        self._work = asyncio.create_task(self._write(), name="statuses")

    def put(self, key: bytes, value: Status | TopicUse | None) -> None:
        """Store a state; None forgets it."""
        encoded = value.encode() if value is not None else None
        self._newest[key] = encoded
        self._queue.put_nowait((key, encoded))

    def put_topic(self, connector: str, topic: str, task: int) -> None:
        """Remember that a task produced to a topic, unless that is known."""
        if topic not in self.table.topics(connector):
            self.put(topic_key(connector, topic), TopicUse(topic, connector, task, int(time.time() * 1000)))

    async def _write(self) -> None:
        while True:
            key, value = await self._queue.get()
            try:
                for attempt in range(_TRIES):
                    try:
                        await self._journal.write([(key, value)])
                        break
                    except HeadgateError as e:
                        # A newer state of the same thing is behind in the queue: this one is history.
                        if attempt == _TRIES - 1 or not e.retriable or self._newest.get(key) != value:
                            logger.warning("a status was not stored: %s: %s", key.decode(), e)
                            break
                        await asyncio.sleep(_RETRY_SECONDS)
            finally:
                if self._newest.get(key) == value:
                    self._newest.pop(key, None)
                self._queue.task_done()

    async def flush(self, timeout: float = 5.0) -> None:
        """Return when everything put so far is stored and in the table, at most after so many seconds (then with a log line)."""
        try:
            async with asyncio.timeout(timeout):
                await self._queue.join()
                await self._journal.refresh(timeout)
        except (TimeoutError, HeadgateError):
            logger.warning("%d statuses were not stored within %g s", self._queue.qsize(), timeout)

    async def stop(self) -> None:
        """Store what is queued, within some seconds, and end."""
        if self._work:
            await self.flush()
            self._work.cancel()
        await self._journal.stop()
