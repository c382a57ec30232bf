"""The herder as the REST layer sees it: every request handed to the part whose job it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connect.api.errors import HeadgateError
from connect.config.secrets import sensitive_keys
from connect.herder.catalog import Catalog
from connect.herder.changes import ConfigChanges, connector_info, not_found
from connect.herder.logger_levels import LoggerLevels
from connect.herder.loop import HerderLoop
from connect.herder.offset_requests import OffsetRequests
from connect.herder.requests import (
    ConnectorInfo,
    ConnectorStatus,
    Health,
    InitialState,
    LoggerLevel,
    PluginInfo,
    RequestError,
    ServerInfo,
    TaskId,
    TaskInfo,
)
from connect.herder.status_view import connector_status
from connect.herder.topic_use import TopicUses
from connect.herder.worker import Worker
from connect.plugins.validation import sensitive_definition
from connect.stores.state import ConnectorEntry

__all__ = ["WorkerHerder"]

_HEALTH_SECONDS = 5.0


class WorkerHerder:
    """Implements :class:`connect.herder.requests.Herder` for one worker. Every method before :meth:`start` has returned raises
    RequestError 503, but :meth:`health`, :meth:`server_info` and :meth:`loggers`."""

    def __init__(self, info: ServerInfo) -> None:
        """``info`` as known before Kafka was asked."""
        self._info = info
        self._stage = "starting"
        self._parts: _Parts | None = None
        self.levels = LoggerLevels()
        """Levels of this worker's loggers."""

    def starting(self, stage: str) -> None:
        """Say what the start is waiting for; shown by :meth:`health`."""
        self._stage = stage

    async def start(self, worker: Worker, loop: HerderLoop, kafka_cluster_id: str) -> None:
        """Start the loop, then answer requests. Raises what :meth:`HerderLoop.start` does."""
        await loop.start()
        self._info = ServerInfo(self._info.version, self._info.commit, kafka_cluster_id, self._info.extra)
        self._parts = _Parts(worker, loop)

    def stopping(self) -> None:
        """The worker ends: answer no more."""
        self._parts, self._stage = None, "stopping"

    @property
    def _part(self) -> _Parts:
        if self._parts is None:
            raise RequestError(503, f"The worker cannot answer this request yet: {self._stage}. Try again")
        return self._parts

    def _entry(self, name: str) -> ConnectorEntry:
        entry = self._part.worker.state.connectors.get(name)
        if entry is None:
            raise not_found(name)
        return entry

    async def server_info(self) -> ServerInfo:
        """See Herder."""
        return self._info

    async def health(self) -> Health:
        """See Herder."""
        if self._parts is None:
            return Health("starting", f"Worker is still starting up: {self._stage}.")
        try:
            await self._parts.worker.configs.refresh(_HEALTH_SECONDS)
        except HeadgateError as e:
            return Health("unhealthy", f"Worker was unable to handle this request and may be unable to handle others. {e}")
        return Health("healthy", "Worker has completed startup and is ready to handle requests.")

    async def connectors(self) -> Sequence[str]:
        """See Herder."""
        return list(self._part.worker.state.connectors)

    async def connector_info(self, name: str) -> ConnectorInfo:
        """See Herder."""
        return connector_info(name, self._entry(name))

    async def connector_status(self, name: str) -> ConnectorStatus:
        """See Herder."""
        part = self._part
        if name not in part.worker.state.connectors:
            raise RequestError(404, f"No status found for connector {name}")
        return connector_status(part.worker.statuses.table, name, part.worker.id, part.loop.conditions(name))

    async def task_infos(self, name: str) -> Sequence[TaskInfo]:
        """See Herder."""
        return [TaskInfo(TaskId(name, n), config) for n, config in enumerate(self._entry(name).tasks)]

    async def create_connector(
        self, name: str, config: Mapping[str, str | None], initial: InitialState | None
    ) -> ConnectorInfo:
        """See Herder."""
        return await self._part.changes.create(name, config, initial)

    async def put_config(self, name: str, config: Mapping[str, str | None]) -> tuple[ConnectorInfo, bool]:
        """See Herder."""
        return await self._part.changes.put(name, config)

    async def patch_config(self, name: str, patch: Mapping[str, str | None]) -> ConnectorInfo:
        """See Herder."""
        return await self._part.changes.patch(name, patch)

    async def delete_connector(self, name: str) -> None:
        """See Herder."""
        await self._part.changes.delete(name)

    async def restart_connector(self, name: str) -> None:
        """See Herder."""
        await self._part.loop.restarts.connector(name)

    async def restart_connector_and_tasks(self, name: str, include_tasks: bool, only_failed: bool) -> ConnectorStatus:
        """See Herder."""
        return await self._part.loop.restarts.request(name, include_tasks, only_failed)

    async def restart_task(self, name: str, task: int) -> None:
        """See Herder."""
        await self._part.loop.restarts.task(name, task)

    async def set_target_state(self, name: str, state: str) -> None:
        """See Herder."""
        await self._part.changes.set_target(name, state)

    async def offsets(self, name: str) -> Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]:
        """See Herder."""
        return await self._part.offsets.get(name)

    async def alter_offsets(self, name: str, offsets: Sequence[tuple[Mapping[str, Any], Mapping[str, Any] | None]]) -> str:
        """See Herder."""
        return await self._part.offsets.alter(name, offsets)

    async def reset_offsets(self, name: str) -> str:
        """See Herder."""
        return await self._part.offsets.reset(name)

    async def topics(self, name: str) -> Sequence[str]:
        """See Herder."""
        return self._part.topics.of(name)

    async def reset_topics(self, name: str) -> None:
        """See Herder."""
        await self._part.topics.reset(name)

    async def plugins(self, connectors_only: bool) -> Sequence[PluginInfo]:
        """See Herder."""
        return await self._part.catalog.plugins(connectors_only)

    async def plugin_config(self, plugin: str, version: str | None) -> Sequence[Mapping[str, Any]]:
        """See Herder."""
        return await self._part.catalog.keys(plugin, version)

    async def validate(self, plugin: str, config: Mapping[str, str | None]) -> Mapping[str, Any]:
        """See Herder."""
        return await self._part.catalog.validate(plugin, config)

    async def loggers(self) -> Mapping[str, LoggerLevel]:
        """See Herder."""
        return self.levels.all()

    async def logger_level(self, name: str) -> LoggerLevel:
        """See Herder."""
        return self.levels.get(name)

    async def set_logger_level(self, name: str, level: str, cluster: bool) -> Sequence[str] | None:
        """See Herder."""
        self.levels.check(level)
        if not cluster:
            return self.levels.set(name, level)
        await self._part.worker.configs.put_logger(name, level)
        return None

    def sensitive_keys(self, config: Mapping[str, str | None]) -> frozenset[str]:
        """See Herder."""
        return sensitive_keys(config, sensitive_definition(config))


class _Parts:
    """What answers requests once the worker is up."""

    def __init__(self, worker: Worker, loop: HerderLoop) -> None:
        self.worker = worker
        self.loop = loop
        self.changes = ConfigChanges(worker)
        self.offsets = OffsetRequests(worker)
        self.topics = TopicUses(worker)
        self.catalog = Catalog(worker)
