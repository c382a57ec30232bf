"""What else a connector class is asked: task configurations, offset changes, its keys. Each function runs in a child process and
takes and gives JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connect.api.errors import ConfigError, ConnectError, NotFoundError
from connect.config.connector import connector_definition
from connect.config.report import definition_body
from connect.config.variables import put_variables_back
from connect.plugins.discovery import Kind, Plugin, registry
from connect.plugins.resolving import resolver_for
from connect.plugins.validation import connector_of

__all__ = ["plugin_config", "run_alter_offsets", "run_list_plugins", "run_task_configs"]


def run_task_configs(argument: Mapping[str, Any]) -> list[dict[str, str]]:
    """``{"props", "worker", "max_tasks"?}`` → task configurations with ``task.class``, variables put back.

    Raises ConnectError when the connector plans more tasks than ``tasks.max`` and ``tasks.max.enforce`` is on.
    """
    raw = {k: v for k, v in argument["props"].items() if v is not None}
    plugins = registry()
    given = resolver_for(argument["worker"], plugins).resolve(raw).props
    plugin, connector = connector_of(given, plugins)
    parsed = connector_definition().parse(given).good()
    most = int(argument.get("max_tasks") or parsed["tasks.max"])
    planned = connector.task_configs(given, most)
    if len(planned) > most and parsed["tasks.max.enforce"]:
        raise ConnectError(
            f"The connector {given.get('name', '')} has generated {len(planned)} tasks, which is greater than {most}, the "
            f"maximum number "
            f"of tasks it is configured to create. Raise tasks.max, or set tasks.max.enforce=false")
    task_class = plugins.task_class_name(plugin)
    return [{**put_variables_back(raw, given, task), "task.class": task_class} for task in planned]


def run_alter_offsets(argument: Mapping[str, Any]) -> bool:
    """``{"props", "worker", "offsets": [[partition, offset or null], …]}`` → whether the connector has the hook and agrees.

    Raises ConnectError when it refuses.
    """
    plugins = registry()
    given = resolver_for(argument["worker"], plugins).resolve(argument["props"]).props
    _, connector = connector_of(given, plugins)
    offsets = [(o["partition"], o["offset"]) if isinstance(o, Mapping) else (o[0], o[1]) for o in argument["offsets"]]
    hook = getattr(connector, "alter_offsets", None)
    return bool(hook(given, offsets)) if hook is not None else False


def plugin_config(argument: str | Mapping[str, Any]) -> list[dict[str, Any]]:
    """``{"plugin": name, "version": text or null}`` or a name → key definitions; a connector's own come before the runtime's.

    Raises NotFoundError for an unknown plugin, ConfigError for another version or a plugin without keys.
    """
    name, version = (argument, None) if isinstance(argument, str) else (argument["plugin"], argument.get("version"))
    plugins = registry()
    plugin = plugins.find_any(name)
    if plugin is None:
        raise NotFoundError(f"Unknown plugin {name}.")
    if plugin.kind is Kind.CONFIG_PROVIDER:
        raise ConfigError({"plugin": [f"Invalid plugin class {name}. Only connectors, converters, transformations and "
            f"predicates have keys."]})
    made = plugin.make()
    there = plugin.version()
    if version and version != there:
        raise ConfigError({"version": [
            f"Plugin {plugin.name} not found that matches the version range [{version},{version}], "
            f"available versions: [{there}]"]})
    own = [definition_body(k) for k in made.config() if not k.internal]
    if plugin.kind is not Kind.CONNECTOR:
        return own
    mine = {d["name"] for d in own}
    return own + [definition_body(k) for k in connector_definition({"connector.plugin.version": there}) if k.name not in mine]


def run_list_plugins(_argument: Any = None) -> list[dict[str, str | None]]:
    """Every plugin but config providers as ``{"class", "type", "version"}``; connectors are loaded for their versions."""
    return [_listed(p) for p in registry().plugins() if p.kind is not Kind.CONFIG_PROVIDER]


def _listed(plugin: Plugin) -> dict[str, str | None]:
    if plugin.kind is Kind.CONNECTOR:
        try:
            plugin.load()
        except ConnectError:
            pass  # It is installed but broken; whoever uses it is told why.
    return {"class": plugin.name, "type": plugin.kind.value, "version": plugin.version()}
