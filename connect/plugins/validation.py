"""Validation of a connector's configuration. Runs in a child process, since a connector's own checks may open connections.

The order is Kafka Connect's: the runtime's keys, transforms and predicates, the connector's keys and then its own checks (only
when every single key is good), converters set in the connector, client overrides. Beyond Kafka: topic creation and predicates
are checked, variables that cannot be resolved are told, and properties without effect are named with the nearest known one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from connect.api.config import ConfigDef, KeyType
from connect.api.errors import ConfigError, HeadgateError
from connect.api.source import ExactlyOnceSupport, NamesProperties, SourceConnector
from connect.config.clients import override_errors
from connect.config.connector import CONVERTER_ROLES, OVERRIDE_PREFIXES, ConnectorConfig, connector_definition
from connect.config.report import (
    Entry,
    Ignored,
    Report,
    entries_of,
    find_ignored,
    groups_of,
    ignored_entry,
    merge_errors,
)
from connect.config.secrets import MASK, is_sensitive_name
from connect.config.variables import Resolved, Resolver
from connect.plugins.aliases import alias_entries, topic_creation_entries
from connect.plugins.converters import adapt_converter, converter_properties, find_converter
from connect.plugins.discovery import Kind, Plugin, Registry, registry
from connect.plugins.resolving import resolver_for

__all__ = ["connector_of", "run_validation", "sensitive_definition", "validate"]


def run_validation(argument: Mapping[str, Any]) -> dict[str, Any]:
    """For a child process: ``{"props": raw connector properties, "worker": raw worker properties}`` → the report's JSON.

    Raises ConfigError when there is no ``connector.class`` or no such class.
    """
    worker: Mapping[str, str] = argument["worker"]
    plugins = registry()
    resolver = resolver_for(worker, plugins)
    return validate(argument["props"], resolver.resolve(worker).props, plugins, resolver).body()


def connector_of(props: Mapping[str, str | None], plugins: Registry) -> tuple[Plugin, SourceConnector]:
    """The plugin and a new instance for ``connector.class``. Raises ConfigError."""
    name = (props.get("connector.class") or "").strip()
    if not name:
        raise ConfigError({"connector.class": [
            'Connector config contains no connector type: "connector.class" is missing; connectors here: '
            + (", ".join(plugins.names(Kind.CONNECTOR)) or "none")]})
    try:
        plugin = plugins.resolve(Kind.CONNECTOR, name)
        connector: SourceConnector = plugin.make()
        return plugin, connector
    except HeadgateError as e:
        raise ConfigError({"connector.class": [str(e)]}) from None


def validate(props: Mapping[str, str | None], worker: Mapping[str, str], plugins: Registry, resolver: Resolver) -> Report:
    """The report on a connector's raw properties, under a worker with these (resolved) properties."""
    resolved = resolver.resolve(props)
    given = resolved.props
    plugin, connector = connector_of(given, plugins)
    own = connector.config()

    entries = _runtime_entries(given, worker, plugins, plugin)
    aliases, alias_ignored = alias_entries(given, plugins)
    entries += aliases
    topics, topics_ignored = topic_creation_entries(given)
    entries += topics
    connector_entries = entries_of(own, given)
    entries = [e for e in entries if e.name not in own] + connector_entries
    if not any(e.errors for e in connector_entries):
        entries = merge_errors(entries, connector.validate(given))
        entries = merge_errors(entries, _exactly_once_errors(given, worker, connector))
    converters, converters_ignored = _converter_entries(given, plugins)
    entries += converters
    entries = merge_errors(entries, _override_errors(given, worker), once=True)
    entries = merge_errors(entries, _unresolved(resolved, resolver, own))
    entries = merge_errors(entries, _masked(given, own))

    ignored = [*alias_ignored, *topics_ignored, *converters_ignored]
    ignored += _other_ignored(props, entries, connector, {i.name for i in ignored})
    shown_ignored = [ignored_entry(i, given.get(i.name), _secret(i.name, own)) for i in ignored]
    names = {i.name for i in ignored}
    entries = [e for e in entries if e.name not in names] + shown_ignored
    return Report(given["connector.class"].strip(), entries, groups_of(entries))


def sensitive_definition(props: Mapping[str, str | None], plugins: Registry | None = None) -> ConfigDef | None:
    """The key definitions that say which values of a configuration are passwords; None when the class is not known.

    For the worker's own process: only an installed plugin is loaded (by entry point, never by a path in the configuration).
    """
    plugins = plugins or registry()
    found = plugins.find(Kind.CONNECTOR, props.get("connector.class") or "")
    if found is None or found not in plugins.plugins(Kind.CONNECTOR):
        return None
    try:
        own: ConfigDef = found.make().config()
    except Exception:  # noqa: BLE001 - a broken plugin must not stop secrets from being masked by name
        return None
    return connector_definition().plus(own)


def _secret(name: str, own: ConfigDef) -> bool:
    key = own.get(name)
    return is_sensitive_name(name) if key is None else key.type is KeyType.PASSWORD


def _runtime_entries(
    props: Mapping[str, str], worker: Mapping[str, str], plugins: Registry, connector: Plugin
) -> list[Entry]:
    """The runtime's own keys; defaults of converters and versions are what would be used."""
    version = connector.version()
    defaults: dict[str, str | None] = {"connector.plugin.version": version}
    recommended: dict[str, tuple[str, ...]] = {"connector.plugin.version": (version,) if version else ()}
    hidden: set[str] = set()
    errors: dict[str, list[str]] = {}
    for role in CONVERTER_ROLES:
        key = f"{role}.converter"
        names = plugins.names(Kind.CONVERTER) + (plugins.names(Kind.HEADER_CONVERTER) if role == "header" else ())
        recommended[key] = tuple(sorted(names))
        default, _ = converter_properties(role, worker, {})
        known = find_converter(plugins, role, default) if default else None
        defaults[key] = known.name if known and default == known.alias else default or None
        name = props.get(key) or default
        used = find_converter(plugins, role, name) if name else None
        defaults[f"{key}.plugin.version"] = used.version() if used else None
        recommended[f"{key}.plugin.version"] = (v,) if used and (v := used.version()) else ()
        if used is None:
            hidden.add(f"{key}.plugin.version")
            if props.get(key):
                errors[key] = [f"Invalid value {props[key]} for configuration {key}: Class {props[key]} could not be found."]
    entries = []
    for e in entries_of(connector_definition(defaults), props):
        entries.append(Entry(
            e.name, e.definition, None if e.name in errors else e.value, (*e.errors, *errors.get(e.name, ())),
            recommended.get(e.name, e.recommended), e.name not in hidden))
    return entries


def _exactly_once_errors(
    props: Mapping[str, str], worker: Mapping[str, str], connector: SourceConnector
) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    enabled = worker.get("exactly.once.source.support", "").strip().lower() == "enabled"
    if props.get("exactly.once.support", "").strip().lower() == "required":
        if not enabled:
            errors["exactly.once.support"] = ["This worker does not have exactly-once source support enabled."]
        elif connector.exactly_once_support(props) is not ExactlyOnceSupport.SUPPORTED:
            errors["exactly.once.support"] = ["The connector does not support exactly-once delivery guarantees with the "
            "provided configuration."]
        else:
            errors["exactly.once.support"] = [
                "Invalid value required for configuration exactly.once.support: this version delivers at least once; "
                "leave it at requested"]
    if props.get("transaction.boundary", "").strip().lower() == "connector":
        errors["transaction.boundary"] = [
            "The connector does not support connector-defined transaction boundaries with the given configuration. "
            "Please reconfigure it to use another transaction boundary definition."]
    return errors


def _converter_entries(props: Mapping[str, str], plugins: Registry) -> tuple[list[Entry], list[Ignored]]:
    """Keys of converters that the connector sets itself; each wrong key counts once."""
    entries: list[Entry] = []
    ignored: list[Ignored] = []
    for role in CONVERTER_ROLES:
        prefix = f"{role}.converter."
        names = [k for k in props if k.startswith(prefix) and k != prefix + "plugin.version"]
        if not props.get(f"{role}.converter"):
            ignored += [Ignored(k, None, f'"{k}" is ignored: {role}.converter is not set in this connector, so the worker\'s '
            f'converter '
                                "is used with the worker's settings") for k in names]
            continue
        name, sub = converter_properties(role, {}, props)
        plugin = find_converter(plugins, role, name)
        if plugin is None:
            continue
        adapted, left = adapt_converter(name, sub)
        ignored += [i.under(prefix) for i in left]
        found, unknown = _check_converter(plugin, role, adapted)
        entries += found
        if adapted == sub:
            ignored += [i.under(prefix) for i in unknown]
    return entries, ignored


def _check_converter(plugin: Plugin, role: str, props: dict[str, str]) -> tuple[list[Entry], list[Ignored]]:
    prefix = f"{role}.converter."
    try:
        made = plugin.make()
        own: ConfigDef = made.config()
    except HeadgateError as e:
        return [Entry(f"{role}.converter", None, None, (str(e),), once=True)], []
    told = props if "converter.type" not in own else {"converter.type": role, **props}
    keys = (
        replace(
            k, name=prefix + k.name, display_name=k.display_name or k.name, dependents=tuple(prefix + d for d in k.dependents))
        for k in own)
    entries = entries_of(ConfigDef(tuple(keys)), {prefix + k: v for k, v in told.items()})
    if not any(e.errors for e in entries):
        try:
            if role == "header":
                made.configure(told)
            else:
                made.configure(told, role == "key")
                made.close()
        except ConfigError as e:
            entries = merge_errors(entries, {prefix + k: v for k, v in e.errors.items()})
    unknown = find_ignored(props, [k.name for k in own], lambda _n: False, {})
    return [replace(e, once=True) for e in entries], unknown


def _override_errors(props: Mapping[str, str], worker: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    policy = worker.get("connector.client.config.override.policy", "All")
    allowed = tuple(p.strip() for p in worker.get("connector.client.config.override.allowlist", "").split(",") if p.strip())
    return override_errors(policy, allowed, props)


def _unresolved(resolved: Resolved, resolver: Resolver, own: ConfigDef) -> dict[str, list[str]]:
    """A variable of a provider that there is, or in a password, must be resolved; another may be meant literally."""
    errors: dict[str, list[str]] = {}
    for name, variables in resolved.unresolved.items():
        ours = any(v[2:].partition(":")[0] in resolver.providers for v in variables)
        there = ", ".join(resolver.providers) or "none"
        text = f'"{name}": {", ".join(variables)} could not be resolved; config providers of this worker: {there}'
        if ours or _secret(name, own):
            errors[name] = [text + ". Check the provider's name, its allowed paths, and that the key is there"]
    return errors


def _masked(props: Mapping[str, str], own: ConfigDef) -> dict[str, list[str]]:
    """The mask that stands for a stored password is none itself: nothing was stored for it to stand for."""
    return {
        k: [f'"{k}" is {MASK}, which only stands for the stored value when a configuration is sent back: give the value'] for k, v
        in props.items() if v == MASK and _secret(k, own)}


def _other_ignored(
    props: Mapping[str, str | None], entries: Sequence[Entry], connector: SourceConnector, told: set[str]
) -> list[Ignored]:
    known = {e.name for e in entries if e.definition is not None} | {k.name for k in ConnectorConfig.definition()}
    names_it = connector if isinstance(connector, NamesProperties) else None

    def recognised(name: str) -> bool:
        return (
            name in told or name.startswith((*OVERRIDE_PREFIXES, "topic.creation."))
            or any(name.startswith(f"{r}.converter.") for r in CONVERTER_ROLES)
            or (names_it is not None and names_it.recognises(name)))

    versions = [
        Ignored(e.name, None, f'"{e.name}" is ignored: one version is installed, {e.definition.default}') for e in entries
        if e.name.endswith(".plugin.version") and e.definition and props.get(e.name) not in (None, e.definition.default)]
    return versions + find_ignored(props, known, recognised, names_it.not_honoured if names_it is not None else {})
