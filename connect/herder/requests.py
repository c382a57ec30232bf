"""What can be asked of a herder: the seam between the REST layer and the runtime.

The worker's herder implements :class:`Herder`; the REST layer knows nothing else of the runtime. Every method is a
coroutine of the worker's event loop, answers from the cluster snapshot where it can, and raises :class:`RequestError`
with the HTTP status Kafka Connect would give (reference: Kafka Connect's REST API, KIP-875, KIP-745, KIP-477, KIP-980).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from connect.api.errors import ConnectError

__all__ = [
    "ConnectorInfo", "ConnectorStatus", "Health", "Herder", "InitialState", "LoggerLevel", "PluginInfo", "RequestError",
    "ServerInfo", "TaskId", "TaskInfo", "TaskStatus",
]


class RequestError(ConnectError):
    """A request that cannot be carried out; ``status`` is the HTTP status for it."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class InitialState(StrEnum):
    """The state a connector is created in (KIP-980)."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"


@dataclass(frozen=True, slots=True, order=True)
class TaskId:
    """A task of a connector; prints as ``name-0``."""

    connector: str
    task: int

    def __str__(self) -> str:
        return f"{self.connector}-{self.task}"


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """``GET /``. ``version`` is the Kafka Connect version we are compatible with; ``extra`` is ours."""

    version: str
    commit: str
    kafka_cluster_id: str
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Health:
    """``GET /health``: ``starting``, ``healthy`` or ``unhealthy``, and why."""

    status: str
    message: str


@dataclass(frozen=True, slots=True)
class ConnectorInfo:
    """A connector as configured; ``config`` raw (variables unresolved, secrets in clear: the REST layer masks)."""

    name: str
    config: Mapping[str, str]
    tasks: Sequence[TaskId]
    type: str = "source"


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """A task's raw configuration."""

    id: TaskId
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """A task's state as the status topic has it; ``condition`` (ours) is what it waits for while RUNNING."""

    id: int
    state: str
    worker_id: str
    trace: str | None = None
    version: str | None = None
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class ConnectorStatus:
    """A connector's state and its tasks', sorted by id."""

    name: str
    state: str
    worker_id: str
    tasks: Sequence[TaskStatus]
    type: str = "source"
    trace: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """A plugin this worker has; ``cls`` is the name it is shown under (the Java class name where one is known)."""

    cls: str
    type: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class LoggerLevel:
    """A logger's level and when it was last changed (ms, or None)."""

    level: str
    last_modified: int | None


class Herder(Protocol):
    """All that the REST API needs. Names are connector names; configurations are flat string maps, raw."""

    async def server_info(self) -> ServerInfo:
        """Versions, core in use, cluster id."""
        ...

    async def health(self) -> Health:
        """Whether this worker is up; says nothing of connectors."""
        ...

    async def connectors(self) -> Sequence[str]:
        """Names of all connectors."""
        ...

    async def connector_info(self, name: str) -> ConnectorInfo:
        """404 unknown."""
        ...

    async def connector_status(self, name: str) -> ConnectorStatus:
        """UNASSIGNED when there is no status record yet; 404 unknown."""
        ...

    async def task_infos(self, name: str) -> Sequence[TaskInfo]:
        """Raw task configurations; 404."""
        ...

    async def create_connector(self, name: str, config: Mapping[str, str | None], initial: InitialState | None) -> ConnectorInfo:
        """400 configuration errors (headline with the count, a line for each, pointer to validate), then 409 exists."""
        ...

    async def put_config(self, name: str, config: Mapping[str, str | None]) -> tuple[ConnectorInfo, bool]:
        """Replace or create; True when created. 400."""
        ...

    async def patch_config(self, name: str, patch: Mapping[str, str | None]) -> ConnectorInfo:
        """Merge: a value sets, None removes; then as PUT. 404, 400."""
        ...

    async def delete_connector(self, name: str) -> None:
        """404."""
        ...

    async def restart_connector(self, name: str) -> None:
        """The connector instance only. 404, 409, 500."""
        ...

    async def restart_connector_and_tasks(self, name: str, include_tasks: bool, only_failed: bool) -> ConnectorStatus:
        """Ask for a restart (KIP-745); the status with RESTARTING where one will happen. 404."""
        ...

    async def restart_task(self, name: str, task: int) -> None:
        """404 connector or task, 409 when the connector is stopped, 500 could not start."""
        ...

    async def set_target_state(self, name: str, state: str) -> None:
        """``STARTED``, ``PAUSED`` or ``STOPPED``; idempotent. 404."""
        ...

    async def offsets(self, name: str) -> Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]:
        """Source partitions and offsets, read to the end of the offsets topic. 404."""
        ...

    async def alter_offsets(self, name: str, offsets: Sequence[tuple[Mapping[str, Any], Mapping[str, Any] | None]]) -> str:
        """Change (None resets one); the message to show. 404, 400 unless STOPPED, 409."""
        ...

    async def reset_offsets(self, name: str) -> str:
        """Forget all; the message to show. 404, 400 unless STOPPED."""
        ...

    async def topics(self, name: str) -> Sequence[str]:
        """Active topics of a connector (KIP-558); empty for an unknown one. 403 when tracking is off."""
        ...

    async def reset_topics(self, name: str) -> None:
        """403 when tracking or its reset is off."""
        ...

    async def plugins(self, connectors_only: bool) -> Sequence[PluginInfo]:
        """Plugins of this worker."""
        ...

    async def plugin_config(self, plugin: str, version: str | None) -> Sequence[Mapping[str, Any]]:
        """Key definitions (``definition`` bodies) of a plugin. 404, 400."""
        ...

    async def validate(self, plugin: str, config: Mapping[str, str | None]) -> Mapping[str, Any]:
        """The report ``{"name", "error_count", "groups", "configs"}``. 400 for an unknown class or a mismatch."""
        ...

    async def loggers(self) -> Mapping[str, LoggerLevel]:
        """Every logger in use."""
        ...

    async def logger_level(self, name: str) -> LoggerLevel:
        """404."""
        ...

    async def set_logger_level(self, name: str, level: str, cluster: bool) -> Sequence[str] | None:
        """Loggers whose level changed, sorted; None with ``cluster``. 404 for a level that does not exist."""
        ...

    def sensitive_keys(self, config: Mapping[str, str | None]) -> frozenset[str]:
        """Keys of this configuration that are passwords (by definition, or by name when the class is unknown)."""
        ...
