"""Calls of plugin code, each in a process of its own with a time limit: planning, validation, offset checks, lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connect.api.errors import ConnectError
from connect.api.records import Offset, Partition
from connect.herder.requests import PluginInfo
from connect.plugins.discovery import Kind, registry
from connect.tasks.spec import Call

__all__ = ["PluginCalls"]

PLANNING = "connect.plugins.planning:run_task_configs"
VALIDATION = "connect.plugins.validation:run_validation"
OFFSETS = "connect.plugins.planning:run_alter_offsets"
KEYS = "connect.plugins.planning:plugin_config"
PLUGINS = "connect.plugins.planning:run_list_plugins"


class PluginCalls:
    """Every method raises TimeoutError when the plugin does not answer within the limit, ConfigError and ConnectError as the
    plugin raised them. Cancelling the call ends the process."""

    def __init__(self, call: Call, worker: Mapping[str, str], limit: float) -> None:
        """``worker``: the worker's raw properties; ``limit`` in seconds."""
        self._call = call
        self._worker = dict(worker)
        self._plugins: list[PluginInfo] = []
        self.limit = limit
        """Seconds."""

    async def plan(self, config: Mapping[str, str]) -> Sequence[Mapping[str, str]]:
        """Ask the connector for its tasks: raw configurations with ``task.class``."""
        answer = await self._call(PLANNING, {"worker": self._worker, "props": dict(config)}, self.limit)
        return [dict(c) for c in answer]

    async def validate(self, config: Mapping[str, str | None]) -> Mapping[str, Any]:
        """The validation report of a configuration."""
        answer = await self._call(VALIDATION, {"worker": self._worker, "props": dict(config)}, self.limit)
        if not isinstance(answer, dict):
            raise ConnectError("validation gave no report")
        return answer

    async def alter_offsets(self, config: Mapping[str, str], offsets: Sequence[tuple[Partition, Offset | None]]) -> bool:
        """Ask the connector whether these offsets may be stored; True when it manages them itself. Raises ConnectError when it
        refuses."""
        changes = [[dict(p), None if o is None else dict(o)] for p, o in offsets]
        return bool(await self._call(OFFSETS, {"worker": self._worker, "props": dict(config), "offsets": changes}, self.limit))

    async def keys(self, plugin: str, version: str | None) -> Sequence[Mapping[str, Any]]:
        """The key definitions of a plugin. Raises NotFoundError for an unknown one, ConfigError for another version."""
        return list(await self._call(KEYS, {"plugin": plugin, "version": version}, self.limit))

    async def plugins(self) -> Sequence[PluginInfo]:
        """Every plugin of this environment with its version; asked once."""
        if not self._plugins:
            answer = await self._call(PLUGINS, None, self.limit)
            self._plugins = [PluginInfo(p["class"], p["type"], p["version"]) for p in answer]
        return self._plugins

    def version(self, config: Mapping[str, str]) -> str | None:
        """The version of a configuration's connector, as far as it is known without running any of its code."""
        found = registry().find(Kind.CONNECTOR, config.get("connector.class", ""))
        if found is None:
            return None
        told = next((p.version for p in self._plugins if p.cls == found.name and p.type == str(Kind.CONNECTOR)), None)
        return told or found.version()
