"""Calls of plugin code, each in a process of its own with a time limit: planning, validation, offset checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connect.api.errors import ConnectError
from connect.api.records import Offset, Partition
from connect.plugins.discovery import Kind, registry
from connect.tasks.spec import Call

__all__ = ["PlannedTasks", "PluginCalls", "connector_version"]

PLANNING = "connect.plugins.planning:run_task_configs"
VALIDATION = "connect.plugins.validation:run_validation"
KEYS = "connect.plugins.planning:plugin_config"
OFFSETS = "connect.plugins.planning:run_alter_offsets"


@dataclass(frozen=True, slots=True)
class PlannedTasks:
    """What a connector planned: task configurations (raw, with ``task.class``) and its version."""

    tasks: Sequence[Mapping[str, str]]
    version: str | None


def connector_version(config: Mapping[str, str]) -> str | None:
    """The version of a configuration's connector as far as it is known without running any of its code."""
    found = registry().find(Kind.CONNECTOR, config.get("connector.class", ""))
    return found.version() if found else None


class PluginCalls:
    """Every method raises TimeoutError when the plugin does not answer within the limit, ConfigError and ConnectError as the
    plugin raised them. Cancelling the call ends the process."""

    def __init__(self, call: Call, worker: Mapping[str, str], limit: float) -> None:
        """``worker``: the worker's properties; ``limit`` in seconds."""
        self._call = call
        self._worker = dict(worker)
        self.limit = limit
        """Seconds."""

    async def plan(self, name: str, config: Mapping[str, str]) -> PlannedTasks:
        """Ask the connector for its tasks."""
        argument = {"worker": self._worker, "name": name, "config": dict(config)}
        answer = await self._call(PLANNING, argument, self.limit)
        return PlannedTasks([dict(c) for c in answer["tasks"]], answer.get("version"))

    async def validate(self, config: Mapping[str, str | None]) -> Mapping[str, Any]:
        """The validation report of a configuration."""
        answer = await self._call(VALIDATION, {"worker": self._worker, "config": dict(config)}, self.limit)
        if not isinstance(answer, dict):
            raise ConnectError("validation gave no report")
        return answer

    async def alter_offsets(
        self, name: str, config: Mapping[str, str], offsets: Sequence[tuple[Partition, Offset | None]]
    ) -> bool:
        """Ask the connector whether these offsets may be stored; True when it manages them itself. Raises ConnectError when it
        refuses."""
        argument = {
            "worker": self._worker, "name": name, "config": dict(config),
            "offsets": [[dict(p), None if o is None else dict(o)] for p, o in offsets],
        }
        return bool(await self._call(OFFSETS, argument, self.limit))

    async def keys(self, plugin: str) -> Sequence[Mapping[str, Any]]:
        """The key definitions of a plugin. Raises NotFoundError."""
        return list(await self._call(KEYS, {"worker": self._worker, "plugin": plugin}, self.limit))
