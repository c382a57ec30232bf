"""Which topic is made how: the ``topic.creation.*`` rules of a connector (KIP-158), as a pure function of its configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from connect.api.errors import ConfigError

__all__ = ["TopicPlan", "TopicRules"]

_PREFIX = "topic.creation."
_SYNTAX = ": Syntax error in regular expression"
_OWN = {"include", "exclude", "replication.factor", "partitions"}


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """How one topic is made; -1 partitions or replicas are the broker's default."""

    group: str
    partitions: int
    replication_factor: int
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Group:
    name: str
    include: tuple[re.Pattern[str], ...]
    exclude: tuple[re.Pattern[str], ...]
    partitions: int
    replication_factor: int
    settings: Mapping[str, str]

    def takes(self, topic: str) -> bool:
        return any(p.fullmatch(topic) for p in self.include) and not any(p.fullmatch(topic) for p in self.exclude)


class TopicRules:
    """The groups in the order of ``topic.creation.groups``, then ``default``; the first that takes a topic decides."""

    def __init__(self, groups: tuple[_Group, ...]) -> None:
        self._groups = groups

    @classmethod
    def from_config(cls, config: Mapping[str, str]) -> TopicRules | None:
        """The rules of a connector's configuration; None when it has no ``topic.creation.*`` key.

        Raises ConfigError naming each wrong key.
        """
        if not any(k.startswith(_PREFIX) for k in config):
            return None
        errors: dict[str, list[str]] = {}
        default = _group(config, "default", None, errors)
        names = [n.strip() for n in config.get(f"{_PREFIX}groups", "").split(",") if n.strip()]
        if len(set(names)) != len(names):
            errors[f"{_PREFIX}groups"] = [f"Invalid value {names} for configuration {_PREFIX}groups: Duplicate alias provided."]
        groups = [_group(config, n, default, errors) for n in names if n != "default"]
        if errors:
            raise ConfigError(errors)
        return cls((*groups, default))

    def plan(self, topic: str) -> TopicPlan:
        """How to make this topic."""
        group = next((g for g in self._groups if g.takes(topic)), self._groups[-1])
        return TopicPlan(group.name, group.partitions, group.replication_factor, group.settings)


def _group(config: Mapping[str, str], name: str, default: _Group | None, errors: dict[str, list[str]]) -> _Group:
    prefix = f"{_PREFIX}{name}."
    mine = {k.removeprefix(prefix): v for k, v in config.items() if k.startswith(prefix)}
    settings = {k: v for k, v in mine.items() if k not in _OWN}

    def number(key: str, inherited: int | None) -> int:
        text = mine.get(key)
        if text is None:
            if inherited is None:
                errors[prefix + key] = [
                    f'Missing required configuration "{prefix}{key}" which has no default value. Needed as soon as any '
                    "topic.creation.* key is given; -1 is the broker's default."
                ]
            return -1 if inherited is None else inherited
        try:
            n = int(text.strip())
        except ValueError:
            errors[prefix + key] = [f"Invalid value {text} for configuration {prefix}{key}: Not a number of type INT"]
            return -1
        if n == 0 or n < -1:
            errors[prefix + key] = [
                f"Invalid value {text} for configuration {prefix}{key}: must be -1 (the broker's default) or a positive number"
            ]
        return n

    def patterns(key: str, otherwise: str) -> tuple[re.Pattern[str], ...]:
        found: list[re.Pattern[str]] = []
        for text in (p.strip() for p in mine.get(key, otherwise).split(",")):
            if not text:
                continue
            try:
                found.append(re.compile(text))
            except re.error as e:
                errors[prefix + key] = [f"Invalid value {text} for configuration {prefix}{key}{_SYNTAX}: {e}"]
        return tuple(found)

    if name != "default" and "include" not in mine:
        errors[f"{prefix}include"] = [f'Missing required configuration "{prefix}include" which has no default value.']
    return _Group(
        name, patterns("include", ".*" if name == "default" else ""), patterns("exclude", ""),
        number("partitions", default.partitions if default else None),
        number("replication.factor", default.replication_factor if default else None), settings,
    )
