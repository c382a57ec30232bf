"""Variables in configurations: ``${provider:[path:]key}``.

Several may stand in one value. Lookups are grouped by provider and path. An unknown provider or a missing key leaves the text
as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from connect.api.plugins import ConfigProvider

__all__ = ["Resolved", "Resolver", "has_variables", "put_variables_back"]

# As Kafka's ConfigTransformer: ${provider:path:key} or ${provider:key}.
_VARIABLE = re.compile(r"\$\{([^}:]+):(?:([^}]*):)?([^}:]+)\}")


def has_variables(value: str | None) -> bool:
    """Whether the text has the form of a variable somewhere."""
    return value is not None and _VARIABLE.search(value) is not None


@dataclass(frozen=True, slots=True)
class Resolved:
    """Properties with variables replaced."""

    props: Mapping[str, str]
    variable_keys: frozenset[str]
    """Keys whose raw value has a variable, replaced or not."""
    unresolved: Mapping[str, tuple[str, ...]]
    """Variables that were left as they are, by key."""
    ttl_ms: int | None = None
    """After how long a value may have changed."""
    secrets: frozenset[str] = frozenset()
    """Texts that replaced variables: not to be shown anywhere."""

    def explain_unresolved(self) -> list[str]:
        """A sentence for each key with a variable that was left."""
        return [
            f'"{k}": {", ".join(vs)} could not be resolved: no such config provider (see config.providers of the worker), path '
            f'not '
            "allowed, or no such key" for k, vs in self.unresolved.items()
        ]


class Resolver:
    """Replaces variables by what the worker's config providers find. Reads at each call; keeps nothing."""

    def __init__(self, providers: Mapping[str, ConfigProvider]) -> None:
        self.providers = dict(providers)

    def resolve(self, props: Mapping[str, str | None]) -> Resolved:
        """Replace the variables of these properties; null values are left out."""
        given = {k: v for k, v in props.items() if v is not None}
        wanted: dict[tuple[str, str], set[str]] = {}
        for value in given.values():
            for provider, path, name in _VARIABLE.findall(value):
                if provider in self.providers:
                    wanted.setdefault((provider, path), set()).add(name)
        found: dict[tuple[str, str], Mapping[str, str]] = {}
        ttl: int | None = None
        for (provider, path), names in wanted.items():
            data = self.providers[provider].get(path, sorted(names))
            found[provider, path] = data.data
            if data.ttl_ms is not None:
                ttl = data.ttl_ms if ttl is None else min(ttl, data.ttl_ms)
        return self._replace(given, found, ttl)

    @staticmethod
    def _replace(given: Mapping[str, str], found: Mapping[tuple[str, str], Mapping[str, str]], ttl: int | None) -> Resolved:
        out: dict[str, str] = {}
        unresolved: dict[str, tuple[str, ...]] = {}
        secrets: set[str] = set()
        for key, value in given.items():
            left: list[str] = []

            def one(m: re.Match[str], left: list[str] = left) -> str:
                text = found.get((m[1], m[2] or ""), {}).get(m[3])
                if text is None:
                    left.append(m[0])
                    return m[0]
                secrets.add(text)
                return text

            out[key] = _VARIABLE.sub(one, value)
            if left:
                unresolved[key] = tuple(left)
        variable = frozenset(k for k, v in given.items() if has_variables(v))
        return Resolved(out, variable, unresolved, ttl, frozenset(secrets))


def put_variables_back(raw: Mapping[str, str], resolved: Mapping[str, str], task: Mapping[str, str]) -> dict[str, str]:
    """A task's configuration with the connector's variables in place of what they stood for, where the value is unchanged.

    Kafka Connect puts them back wherever the connector's value had variables; a value that the connector has changed for the task
    is kept, since the variable no longer says what it is.
    """
    return {
        k: raw[k] if k in raw and has_variables(raw[k]) and v == resolved.get(k) else v
        for k, v in task.items()
    }
