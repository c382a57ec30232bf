"""A herder in memory: the REST layer's seam without a runtime behind it. Tasks start at once and never fail by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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
    TaskStatus,
)

POSTGRES = "io.debezium.connector.postgresql.PostgresConnector"
WORKER = "127.0.0.1:8083"
SECRETS = frozenset({"database.password"})


def definition(name: str, kind: str = "STRING") -> dict[str, Any]:
    return {
        "name": name, "type": kind, "required": True, "default_value": None, "importance": "HIGH", "documentation": "",
        "group": "Common", "width": "MEDIUM", "display_name": name, "dependents": [], "order": 1,
    }


class FakeHerder:
    """Connectors by name; `failures` makes a method raise."""

    def __init__(self) -> None:
        self.configs: dict[str, dict[str, str]] = {}
        self.states: dict[str, str] = {}
        self.task_states: dict[str, list[TaskStatus]] = {}
        self.stored: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {}
        self.levels: dict[str, LoggerLevel] = {"root": LoggerLevel("INFO", None)}
        self.failures: dict[str, Exception] = {}
        self.calls: list[tuple[Any, ...]] = []
        self.state = Health("healthy", "Worker has completed startup and is ready to handle requests.")

    def _called(self, method: str, *arguments: Any) -> None:
        self.calls.append((method, *arguments))
        if method in self.failures:
            raise self.failures[method]

    def _known(self, name: str, text: str = "Connector {} not found") -> dict[str, str]:
        if name not in self.configs:
            raise RequestError(404, text.format(name))
        return self.configs[name]

    def _info(self, name: str) -> ConnectorInfo:
        return ConnectorInfo(name, self.configs[name], [TaskId(name, t.id) for t in self.task_states[name]])

    def _run(self, name: str, state: str) -> None:
        self.states[name] = state
        self.task_states[name] = [] if state == "STOPPED" else [TaskStatus(0, state, WORKER, version="1")]

    def _checked(self, name: str, config: Mapping[str, str | None]) -> dict[str, str]:
        if not name.strip() or any(ord(c) < 32 for c in name):
            raise RequestError(400, "Connector configuration is invalid: the name may not be empty or hold control characters")
        if not config.get("connector.class"):
            raise RequestError(400, "The connector configuration contains no connector.class")
        if any(v is None for v in config.values()):
            raise RequestError(400, "null is no value")
        return {k: str(v) for k, v in config.items()}

    async def server_info(self) -> ServerInfo:
        self._called("server_info")
        return ServerInfo("4.1.0", "abc", "cluster", {"headgate_version": "0.1.0", "core": "python"})

    async def health(self) -> Health:
        self._called("health")
        return self.state

    async def connectors(self) -> Sequence[str]:
        self._called("connectors")
        return list(self.configs)

    async def connector_info(self, name: str) -> ConnectorInfo:
        self._called("connector_info", name)
        self._known(name)
        return self._info(name)

    async def connector_status(self, name: str) -> ConnectorStatus:
        self._called("connector_status", name)
        self._known(name, "No status found for connector {}")
        return ConnectorStatus(name, self.states[name], WORKER, self.task_states[name], version="1")

    async def task_infos(self, name: str) -> Sequence[TaskInfo]:
        self._called("task_infos", name)
        config = self._known(name)
        return [TaskInfo(TaskId(name, t.id), {**config, "task.class": "Task"}) for t in self.task_states[name]]

    async def create_connector(self, name: str, config: Mapping[str, str | None], initial: InitialState | None) -> ConnectorInfo:
        self._called("create_connector", name, dict(config), initial)
        checked = self._checked(name, config)
        if name in self.configs:
            raise RequestError(409, f"Connector {name} already exists")
        self.configs[name] = checked
        self._run(name, (initial or InitialState.RUNNING).value)
        return ConnectorInfo(name, checked, [])

    async def put_config(self, name: str, config: Mapping[str, str | None]) -> tuple[ConnectorInfo, bool]:
        self._called("put_config", name, dict(config))
        created = name not in self.configs
        self.configs[name] = self._checked(name, config)
        if created:
            self._run(name, "RUNNING")
        return self._info(name), created

    async def patch_config(self, name: str, patch: Mapping[str, str | None]) -> ConnectorInfo:
        self._called("patch_config", name, dict(patch))
        merged = {**self._known(name), **patch}
        self.configs[name] = self._checked(name, {k: v for k, v in merged.items() if v is not None})
        return self._info(name)

    async def delete_connector(self, name: str) -> None:
        self._called("delete_connector", name)
        self._known(name)
        del self.configs[name]

    async def restart_connector(self, name: str) -> None:
        self._called("restart_connector", name)
        self._known(name, "Unknown connector: {}")

    async def restart_connector_and_tasks(self, name: str, include_tasks: bool, only_failed: bool) -> ConnectorStatus:
        self._called("restart_connector_and_tasks", name, include_tasks, only_failed)
        self._known(name, "Unknown connector: {}")
        return await self.connector_status(name)

    async def restart_task(self, name: str, task: int) -> None:
        self._called("restart_task", name, task)
        self._known(name, "Unknown connector: {}")
        if task not in [t.id for t in self.task_states[name]]:
            raise RequestError(404, f"Unknown task: {name}-{task}")

    async def set_target_state(self, name: str, state: str) -> None:
        self._called("set_target_state", name, state)
        self._known(name, "Unknown connector {}")
        self._run(name, {"STARTED": "RUNNING"}.get(state, state))

    async def offsets(self, name: str) -> Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]:
        self._called("offsets", name)
        self._known(name)
        return self.stored.get(name, [])

    def _stopped(self, name: str) -> None:
        self._known(name)
        if self.states[name] != "STOPPED":
            raise RequestError(400, "Connectors must be in the STOPPED state before their offsets can be modified.")

    async def alter_offsets(self, name: str, offsets: Sequence[tuple[Mapping[str, Any], Mapping[str, Any] | None]]) -> str:
        self._called("alter_offsets", name, [(dict(p), o) for p, o in offsets])
        self._stopped(name)
        self.stored[name] = [(dict(p), dict(o)) for p, o in offsets if o is not None]
        return "The offsets for this connector have been altered successfully"

    async def reset_offsets(self, name: str) -> str:
        self._called("reset_offsets", name)
        self._stopped(name)
        self.stored[name] = []
        return "The offsets for this connector have been reset successfully"

    async def topics(self, name: str) -> Sequence[str]:
        self._called("topics", name)
        return ["p.public.t"] if name in self.configs else []

    async def reset_topics(self, name: str) -> None:
        self._called("reset_topics", name)

    async def plugins(self, connectors_only: bool) -> Sequence[PluginInfo]:
        self._called("plugins", connectors_only)
        found = [PluginInfo(POSTGRES, "source", "1")]
        return found if connectors_only else [*found, PluginInfo("a.Transform", "transformation")]

    async def plugin_config(self, plugin: str, version: str | None) -> Sequence[Mapping[str, Any]]:
        self._called("plugin_config", plugin, version)
        if not plugin.endswith("PostgresConnector"):
            raise RequestError(404, f"Unknown plugin {plugin}.")
        return [definition("name")]

    async def validate(self, plugin: str, config: Mapping[str, str | None]) -> Mapping[str, Any]:
        self._called("validate", plugin, dict(config))
        if not config.get("connector.class"):
            raise RequestError(400, "The connector configuration contains no connector.class")
        configs = [
            {"definition": definition(k, "PASSWORD" if k in SECRETS else "STRING"),
             "value": {"name": k, "value": v, "recommended_values": [], "errors": [], "visible": True}}
            for k, v in config.items()
        ]
        return {"name": config["connector.class"], "error_count": 0, "groups": ["Common"], "configs": configs}

    async def loggers(self) -> Mapping[str, LoggerLevel]:
        self._called("loggers")
        return self.levels

    async def logger_level(self, name: str) -> LoggerLevel:
        self._called("logger_level", name)
        if name not in self.levels:
            raise RequestError(404, f"Logger {name} not found.")
        return self.levels[name]

    async def set_logger_level(self, name: str, level: str, cluster: bool) -> Sequence[str] | None:
        self._called("set_logger_level", name, level, cluster)
        if level.upper() not in ("TRACE", "DEBUG", "INFO", "WARN", "ERROR"):
            raise RequestError(404, f"invalid log level '{level}'.")
        self.levels[name] = LoggerLevel(level.upper(), 1)
        return None if cluster else [name]

    def sensitive_keys(self, config: Mapping[str, str | None]) -> frozenset[str]:
        return SECRETS
