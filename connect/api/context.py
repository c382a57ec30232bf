"""What the runtime gives to a running connector or task."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from connect.api.records import Offset, Partition

__all__ = ["ConnectorContext", "TaskContext"]


class TaskContext(Protocol):
    """A task's view of the runtime. Use it from the task's thread only."""

    connector: str
    """The connector's name."""
    task: int
    """The task's number, from 0."""
    config: Mapping[str, str]
    """The task's configuration, variables resolved."""
    logger: logging.Logger
    """Lines of this logger carry connector and task."""

    def offset(self, partition: Partition) -> Offset | None:
        """The offset stored for that source partition when the task was started, or None."""
        ...

    def stopping(self) -> bool:
        """Whether the task was asked to stop; long work looks here."""
        ...

    def stop_fileno(self) -> int:
        """A file descriptor that can be read from the moment the task is asked to stop, to be watched beside a socket
        (``select.poll``), so that waiting for it need not be cut into slices. Only for that: not to be read, nor closed."""
        ...

    def wait(self, seconds: float) -> bool:
        """Wait, at most so long; True at once when asked to stop. In place of ``time.sleep``."""
        ...

    def condition(self, name: str | None, detail: str = "") -> None:
        """Show in status, log and metrics what the task is waiting for (``"retrying"``, ``"waiting"``), with the cause and
        cure in ``detail``; None when all is well again. The state stays RUNNING."""
        ...

    def metric(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge of this task; ``name`` as in docs/metrics.md, without prefix."""
        ...

    def client_settings(self, kind: str, properties: Mapping[str, str]) -> Mapping[str, Any]:
        """The settings of a Kafka client of the task's own (a ``"producer"``, ``"consumer"`` or ``"admin"`` of confluent_kafka),
        from a Java client's properties; what cannot be honoured is told in the log. Raises ConfigError."""
        ...


class ConnectorContext(Protocol):
    """What a connector is given in its planning process."""

    connector: str
    """The connector's name."""

    def offsets(self) -> Sequence[tuple[Partition, Offset]]:
        """The offsets stored for this connector."""
        ...
