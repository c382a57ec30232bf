"""The config topic: writing its records in Kafka Connect's order, and the snapshot that is folded from them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from connect.failpoints import failpoint
from connect.stores.journal import Journal
from connect.stores.jsontext import dumps
from connect.stores.state import ClusterState, Event, SessionKey, Unreadable, apply

__all__ = [
    "ConfigStore", "Record", "commit_record", "connector_record", "fencing_record", "logger_record", "restart_record",
    "session_key_record", "target_record", "task_record",
]

logger = logging.getLogger(__name__)

Record = tuple[bytes, bytes | None]
"""Key and value."""


def connector_record(name: str, config: Mapping[str, str] | None) -> Record:
    """A connector's configuration; None deletes it."""
    return f"connector-{name}".encode(), None if config is None else dumps({"properties": config})


def target_record(name: str, target: str | None) -> Record:
    """A target state: STARTED, PAUSED or STOPPED; None with the deletion of the connector."""
    if target is None:
        return f"target-state-{name}".encode(), None
    # Workers before Kafka Connect 3.5 know no STOPPED and read "state" only.
    old = "PAUSED" if target == "STOPPED" else target
    return f"target-state-{name}".encode(), dumps({"state": old, "state.v2": target})


def task_record(name: str, task: int, config: Mapping[str, str]) -> Record:
    """A task's configuration; counts from the commit record on."""
    return f"task-{name}-{task}".encode(), dumps({"properties": config})


def commit_record(name: str, tasks: int) -> Record:
    """Makes the task set before it count."""
    return f"commit-{name}".encode(), dumps({"tasks": tasks})


def fencing_record(name: str, tasks: int) -> Record:
    """The older tasks of the connector are fenced; next time so many are."""
    return f"tasks-fencing-{name}".encode(), dumps({"task-count": tasks})


def session_key_record(key: SessionKey) -> Record:
    """A new session key."""
    return b"session-key", dumps({"key": key.key, "algorithm": key.algorithm, "creation-timestamp": key.created})


def restart_record(name: str, include_tasks: bool, only_failed: bool) -> Record:
    """A request to restart."""
    return f"restart-connector-{name}".encode(), dumps({"include-tasks": include_tasks, "only-failed": only_failed})


def logger_record(name: str, level: str) -> Record:
    """A level for all workers."""
    return f"logger-cluster-{name}".encode(), dumps({"level": level})


class ConfigStore:
    """The snapshot of the cluster and the writes that change it. Used in the worker's event loop.

    Every ``put_…`` and ``remove_…`` returns once the records are stored and the snapshot holds them. It raises RetriableError
    when Kafka does not acknowledge in time, after which the records may or may not be there: ask again.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._on_event: Callable[[Event, bool], None] | None = None
        self._live = False
        self.state = ClusterState()
        """The newest snapshot."""

    async def start(self, on_event: Callable[[Event, bool], None]) -> None:
        """Read everything, then return. ``on_event(event, live)`` is called for each event, in order, after :attr:`state` has
        it; ``live`` is False for what was there before."""
        self._on_event = on_event
        await self._journal.start(self._take)
        self._live = True

    def _take(self, key: bytes | None, value: bytes | None) -> None:
        self.state, event = apply(self.state, key, value)
        if isinstance(event, Unreadable):
            logger.warning("a record of the config topic is ignored: key %s: %s", event.key, event.reason)
        elif event is not None and self._on_event:
            self._on_event(event, self._live)

    async def put(self, records: Sequence[Record]) -> None:
        """Store records and read them back."""
        await self._journal.write(records)
        await self._journal.refresh()

    async def put_connector(self, name: str, config: Mapping[str, str], target: str | None = None) -> None:
        """Create or replace; with a target state (KIP-980) that is written first, so that nothing starts before it counts."""
        first = [target_record(name, target)] if target else []
        await self.put([*first, connector_record(name, config)])

    async def remove_connector(self, name: str) -> None:
        """Delete."""
        await self.put([connector_record(name, None), target_record(name, None)])

    async def put_tasks(self, name: str, configs: Sequence[Mapping[str, str]]) -> None:
        """Replace the task set: all tasks, read back, then the commit, read back."""
        failpoint("herder.before_task_configs")
        if configs:
            await self.put([task_record(name, i, c) for i, c in enumerate(configs)])
        failpoint("herder.before_commit_record")
        await self.put([commit_record(name, len(configs))])

    async def put_target(self, name: str, target: str) -> None:
        """Set a target state; STOPPED takes the tasks away first."""
        first = [commit_record(name, 0)] if target == "STOPPED" else []
        await self.put([*first, target_record(name, target)])

    async def put_restart(self, name: str, include_tasks: bool, only_failed: bool) -> None:
        """Ask for a restart."""
        await self.put([restart_record(name, include_tasks, only_failed)])

    async def put_logger(self, name: str, level: str) -> None:
        """Set a logger's level on all workers."""
        await self.put([logger_record(name, level)])

    async def refresh(self, timeout: float = 30.0) -> None:
        """Catch up with the topic. Raises RetriableError."""
        await self._journal.refresh(timeout)

    @property
    def trouble(self) -> str | None:
        """What keeps the topic from being read at the moment, or None."""
        return self._journal.trouble

    async def stop(self) -> None:
        """End."""
        await self._journal.stop()
