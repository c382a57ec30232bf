"""The parts of a report whose keys vary: transforms, predicates, topic creation groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from connect.api.config import ConfigDef
from connect.api.errors import ConfigError, HeadgateError
from connect.config.connector import DEFAULT_TOPIC_GROUP, predicate_keys, topic_group_keys, transform_keys
from connect.config.javaregex import compile_java
from connect.config.report import Entry, Ignored, entries_of, find_ignored, merge_errors
from connect.plugins.discovery import Kind, Plugin, Registry

__all__ = ["alias_entries", "alias_list", "topic_creation_entries"]

_OWN_KEYS = ("type", "plugin.version", "predicate", "negate")


def alias_list(props: Mapping[str, str], name: str) -> list[str]:
    """The aliases of a list property, each once, without empty ones."""
    return list(dict.fromkeys(a.strip() for a in props.get(name, "").split(",") if a.strip()))


def alias_entries(props: Mapping[str, str], plugins: Registry) -> tuple[list[Entry], list[Ignored]]:
    """Entries for every transform and predicate, and the properties of aliases that are not listed."""
    entries: list[Entry] = []
    ignored: list[Ignored] = []
    predicates = alias_list(props, "predicates")
    for kind, listed, word in ((Kind.TRANSFORM, "transforms", "transform"), (Kind.PREDICATE, "predicates", "predicate")):
        aliases = alias_list(props, listed)
        for alias in aliases:
            found, unknown = _one(props, plugins, kind, listed, alias)
            if kind is Kind.TRANSFORM:
                found = merge_errors(found, _predicate_errors(props, alias, predicates))
            entries += found
            ignored += unknown
        ignored += [
            Ignored(k, None, f'"{k}" is ignored: its {word} is not listed in "{listed}"') for k in props
            if k.startswith(f"{listed}.") and not any(k.startswith(f"{listed}.{a}.") for a in aliases)]
    return entries, ignored


def _one(
    props: Mapping[str, str], plugins: Registry, kind: Kind, listed: str, alias: str
) -> tuple[list[Entry], list[Ignored]]:
    prefix = f"{listed}.{alias}."
    wanted = props.get(prefix + "type")
    plugin = plugins.find(kind, wanted) if wanted else None
    own, failure = _definition(plugin)
    make = transform_keys if kind is Kind.TRANSFORM else predicate_keys
    keys = make(alias, own, tuple(sorted(plugins.names(kind))), plugin.version() if plugin else None)
    entries = entries_of(ConfigDef(tuple(keys)), props)
    if wanted and own is None:
        reason = failure or f"Class {wanted} could not be found."
        error = f"Invalid value {wanted} for configuration {prefix}type: {reason}"
        entries = [replace(e, value=None, errors=(*e.errors, error)) if e.name == prefix + "type" else e for e in entries]
    if own is None or plugin is None:
        return entries, []
    if not any(e.errors for e in entries):
        entries = merge_errors(entries, _configured(plugin, props, prefix))
    sub = {k[len(prefix):] for k in props if k.startswith(prefix)}
    unknown = find_ignored(sub, [*(k.name for k in own), *_OWN_KEYS], lambda _n: False, {})
    return entries, [i.under(prefix) for i in unknown]


def _definition(plugin: Plugin | None) -> tuple[ConfigDef | None, str | None]:
    if plugin is None:
        return None, None
    try:
        definition: ConfigDef = plugin.make().config()
        return definition, None
    except HeadgateError as e:
        return None, str(e)


def _configured(plugin: Plugin, props: Mapping[str, str], prefix: str) -> dict[str, list[str]]:
    """What the plugin itself says when it is configured: checks that need several keys."""
    try:
        plugin.make().configure({k[len(prefix):]: v for k, v in props.items() if k.startswith(prefix)})
    except ConfigError as e:
        return {prefix + k: list(v) for k, v in e.errors.items()}
    return {}


def _predicate_errors(props: Mapping[str, str], alias: str, predicates: list[str]) -> dict[str, list[str]]:
    prefix = f"transforms.{alias}."
    named = (props.get(prefix + "predicate") or "").strip()
    if named and named not in predicates:
        there = ", ".join(predicates) or "none"
        return {prefix + "predicate": [
            f'Invalid value {named} for configuration {prefix}predicate: no such predicate is listed in "predicates"; there '
            f'are: {there}']}
    if not named and prefix + "negate" in props:
        return {prefix + "negate": [
            f"Invalid value {props[prefix + 'negate']} for configuration {prefix}negate: negate needs a predicate; set "
            f"{prefix}predicate"]}
    return {}


def topic_creation_entries(props: Mapping[str, str]) -> tuple[list[Entry], list[Ignored]]:
    """Entries of the groups, once anything of ``topic.creation.*`` is set; settings of topics are the broker's to judge."""
    if not any(k.startswith("topic.creation.") for k in props):
        return [], []
    groups = alias_list(props, "topic.creation.groups")
    entries: list[Entry] = []
    for group in [DEFAULT_TOPIC_GROUP, *(g for g in groups if g != DEFAULT_TOPIC_GROUP)]:
        found = entries_of(ConfigDef(tuple(topic_group_keys(group))), props)
        entries += merge_errors(found, _pattern_errors(props, group))
    listed = {DEFAULT_TOPIC_GROUP, *groups}
    ignored = [
        Ignored(k, None, f'"{k}" is ignored: its group is not listed in "topic.creation.groups"') for k in props
        if k.startswith("topic.creation.") and k != "topic.creation.groups"
        and not any(k.startswith(f"topic.creation.{g}.") for g in listed)]
    return entries, ignored


def _pattern_errors(props: Mapping[str, str], group: str) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    for name in (f"topic.creation.{group}.include", f"topic.creation.{group}.exclude"):
        for pattern in (p.strip() for p in props.get(name, "").split(",")):
            try:
                compile_java(pattern)
            except ValueError as e:
                errors.setdefault(name, []).append(f"Invalid value {props[name]} for configuration {name}: {e}")
    return errors
