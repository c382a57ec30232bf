"""The contract of source connectors and their tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol, runtime_checkable

from connect.api.config import ConfigDef
from connect.api.context import TaskContext
from connect.api.records import Offset, Partition, RecordBatch, SourceRecord

__all__ = ["CaughtUp", "ExactlyOnceSupport", "NamesProperties", "SourceConnector", "SourceTask"]


class ExactlyOnceSupport(StrEnum):
    """Whether a connector's offsets are exact enough for transactions (KIP-618)."""

    SUPPORTED = "SUPPORTED"
    UNSUPPORTED = "UNSUPPORTED"


class SourceConnector(Protocol):
    """Validates its configuration and splits itself into tasks. Made without arguments.

    Every method runs in a child process with a time limit, so it may open connections and may hang without harm.
    """

    version: str
    """Shown in the plugin list and in status."""
    task_class: type[SourceTask]
    """What its tasks are."""

    def config(self) -> ConfigDef:
        """The keys of its own (without the runtime's)."""
        ...

    def validate(self, props: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
        """Further errors by key, of checks that need several keys or a connection. Called after every single key was
        found good; must not repeat what the definition says."""
        ...

    def task_configs(self, props: Mapping[str, str], max_tasks: int) -> list[dict[str, str]]:
        """One configuration for each task, at most ``max_tasks``. Raises ConnectError."""
        ...

    def alter_offsets(self, props: Mapping[str, str], offsets: Sequence[tuple[Partition, Offset | None]]) -> bool:
        """Asked before offsets are changed by REST; None is a reset. Raises ConnectError to refuse. True when the change is
        complete with the runtime's own; must be repeatable."""
        ...

    def exactly_once_support(self, props: Mapping[str, str]) -> ExactlyOnceSupport:
        """Whether exactly-once can be promised with this configuration."""
        ...


@runtime_checkable
class NamesProperties(Protocol):
    """A connector that knows more property names than its definition has, so that validation does not call them misspelt."""

    not_honoured: Mapping[str, str]
    """Properties of the system it stands in for that have no effect here, by name (or prefix ending in ``.*``), with the
    reason: ``"x" is ignored: reason``."""

    def recognises(self, name: str) -> bool:
        """Whether it is a property whose name varies (a prefix, a pattern)."""
        ...


class SourceTask(Protocol):
    """Reads one source. Made without arguments in the task's process; every method is called by that process's one thread.

    Life: ``start``, then ``poll`` and ``commit`` in turn (with ``keepalive`` while neither can be called), then ``stop``.
    """

    def start(self, context: TaskContext) -> None:
        """Begin after the offset in ``context``. Raises ConnectError (the task fails) or RetriableError (called again
        after a back-off)."""
        ...

    def poll(self) -> RecordBatch | Sequence[SourceRecord] | None:
        """The next batch, None when there is nothing yet. May block about half a second, and must return when
        ``context.stopping()``. After a RetriableError it is called again and goes on after the last batch it returned."""
        ...

    def keepalive(self) -> None:
        """Called at least once a second while ``poll`` is not (paused, or the producer is full): keep connections alive,
        confirm what may be confirmed. Must not block."""
        ...

    def commit(self, offsets: Sequence[tuple[Partition, Offset]]) -> None:
        """These offsets are stored for good: the source may forget what is before them."""
        ...

    def stop(self) -> None:
        """Give everything back. Called exactly once, also after a failure."""
        ...


class CaughtUp:
    """A task may say that it has given all that the source had (inherit from this, or have the attribute): the batch is then sent
    at once, where otherwise more is waited for, ``linger.ms`` at most."""

    caught_up = False
    """Whether at the last ``poll`` nothing more was there than what it returned, which was little."""
