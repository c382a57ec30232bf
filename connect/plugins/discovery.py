"""Finding plugins by entry point and by name. Nothing is imported before a plugin is used.

A name may be a short alias (``postgres``), a Java class name (``io.debezium.connector.postgresql.PostgresConnector``), the last
part of one with or without ``Connector`` / ``Converter`` (``PostgresConnector``, ``Postgres``), or a Python path
(``package.module:Class``). A simple name that several plugins have does not resolve.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from connect.api.errors import ConnectError, NotFoundError
from connect.plugins.names import JAVA_NAMES, SHOWN_VERSIONS

__all__ = ["KINDS", "Kind", "Plugin", "Registry", "registry"]


class Kind(StrEnum):
    """What a plugin is; the value is the word in the REST API."""

    CONNECTOR = "source"
    CONVERTER = "converter"
    HEADER_CONVERTER = "header_converter"
    TRANSFORM = "transformation"
    PREDICATE = "predicate"
    CONFIG_PROVIDER = "config_provider"


KINDS: Mapping[Kind, str] = {
    Kind.CONNECTOR: "headgate.connectors",
    Kind.CONVERTER: "headgate.converters",
    Kind.HEADER_CONVERTER: "headgate.header_converters",
    Kind.TRANSFORM: "headgate.transforms",
    Kind.PREDICATE: "headgate.predicates",
    Kind.CONFIG_PROVIDER: "headgate.config_providers",
}
"""The entry-point group of each kind."""

_MUST_HAVE: Mapping[Kind, tuple[str, ...]] = {
    Kind.CONNECTOR: ("config", "validate", "task_configs", "task_class"),
    Kind.CONVERTER: ("config", "configure", "from_connect_data"),
    Kind.HEADER_CONVERTER: ("config", "configure", "from_connect_header"),
    Kind.TRANSFORM: ("config", "configure", "apply"),
    Kind.PREDICATE: ("config", "configure", "test"),
    Kind.CONFIG_PROVIDER: ("configure", "get"),
}
_JAVA_INTERFACE: Mapping[Kind, str] = {
    Kind.CONNECTOR: "Connector", Kind.CONVERTER: "Converter", Kind.HEADER_CONVERTER: "HeaderConverter",
    Kind.TRANSFORM: "Transformation", Kind.PREDICATE: "Predicate", Kind.CONFIG_PROVIDER: "ConfigProvider",
}
_PRUNED: Mapping[Kind, str] = {Kind.CONNECTOR: "Connector", Kind.CONVERTER: "Converter", Kind.HEADER_CONVERTER: "Converter"}
_PYTHON_PATH = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plugin; nothing of it is imported until :meth:`load`."""

    kind: Kind
    alias: str
    target: str
    """``package.module:Class``"""
    java_names: tuple[str, ...] = ()
    package_version: str | None = None
    _loaded: list[type[Any]] = field(default_factory=list, repr=False, compare=False)

    @property
    def name(self) -> str:
        """What it is shown as: its first Java class name, else its Python path."""
        return self.java_names[0] if self.java_names else self.target

    def load(self) -> type[Any]:
        """The class. Raises ConnectError when it cannot be imported or is not of this kind."""
        if self._loaded:
            return self._loaded[0]
        module, _, attribute = self.target.partition(":")
        try:
            found = importlib.import_module(module)
            for part in attribute.split("."):
                found = getattr(found, part)
        except Exception as e:
            raise ConnectError(f"plugin {self.name} ({self.target}) cannot be loaded: {type(e).__name__}: {e}") from e
        missing = [m for m in _MUST_HAVE[self.kind] if not hasattr(found, m)]
        if not isinstance(found, type) or missing:
            what = f"it lacks {', '.join(missing)}" if missing else "it is not a class"
            raise ConnectError(f"{self.target} is not a {self.kind.value} plugin: {what}")
        self._loaded.append(found)
        return found

    def make(self) -> Any:
        """A new instance. Raises ConnectError."""
        cls = self.load()
        try:
            return cls()
        except Exception as e:
            raise ConnectError(f"plugin {self.name} cannot be made: {type(e).__name__}: {e}") from e

    def version(self) -> str | None:
        """The version shown: under a Java name of Kafka or Debezium theirs that it behaves like, else that of the class when it
        is loaded, else that of its package."""
        stands_for = next((v for p, v in SHOWN_VERSIONS.items() if self.name.startswith(p)), None)
        if stands_for is not None:
            return stands_for
        own = getattr(self._loaded[0], "version", None) if self._loaded else None
        return own if isinstance(own, str) else self.package_version

    def names(self) -> frozenset[str]:
        """Every full name it answers to, in lower case."""
        full = {self.alias.replace("-", "_"), self.target, self.target.replace(":", "."), *self.java_names}
        return frozenset(n.lower() for n in full)

    def simple_names(self) -> frozenset[str]:
        """Last parts of its names, with and without ``Connector`` or ``Converter``."""
        simple = {j.rpartition(".")[2] for j in self.java_names} | {self.target.rpartition(":")[2].rpartition(".")[2]}
        if suffix := _PRUNED.get(self.kind):
            simple |= {s.removesuffix(suffix) for s in simple if s != suffix}
        return frozenset(simple)


class Registry:
    """The plugins of one environment."""

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        self._plugins = sorted(plugins, key=lambda p: (list(Kind).index(p.kind), p.name))

    @classmethod
    def discover(cls) -> Registry:
        """All entry points of our groups. Reads package metadata; imports no plugin."""
        return cls(_plugin(kind, e) for kind, group in KINDS.items() for e in _unique(entry_points(group=group)))

    def plugins(self, kind: Kind | None = None) -> Sequence[Plugin]:
        """Those of a kind, or all, sorted by kind and name."""
        return [p for p in self._plugins if kind is None or p.kind is kind]

    def names(self, kind: Kind) -> tuple[str, ...]:
        """The names that plugins of a kind are shown under."""
        return tuple(p.name for p in self.plugins(kind))

    def find(self, kind: Kind, name: str) -> Plugin | None:
        """The plugin of that kind with that name, or None. A Python path is taken as it is, without an import."""
        wanted = name.strip()
        every = self.plugins(kind)
        exact = [p for p in every if wanted.lower() in p.names() or wanted.lower().replace("-", "_") in p.names()]
        simple = exact or [p for p in every if wanted in p.simple_names()]
        if len(simple) == 1:
            return simple[0]
        if not simple and _PYTHON_PATH.fullmatch(wanted):
            return Plugin(kind, wanted, wanted)
        return None

    def resolve(self, kind: Kind, name: str) -> Plugin:
        """As :meth:`find`. Raises NotFoundError whose text lists what there is."""
        found = self.find(kind, name)
        if found is None:
            available = ", ".join(f"{p.name} ({p.alias})" for p in self.plugins(kind)) or "none"
            raise NotFoundError(
                f"Failed to find any class that implements {_JAVA_INTERFACE[kind]} and which name matches {name}, "
                f"available {kind.value if kind is not Kind.CONNECTOR else 'connector'}s are: {available}")
        return found

    def find_any(self, name: str) -> Plugin | None:
        """The plugin of any kind with that name; a connector first."""
        return next((p for kind in Kind if (p := self.find(kind, name)) is not None), None)

    def task_class_name(self, connector: Plugin) -> str:
        """What ``task.class`` says for a connector's tasks: the Java name where there is one; Kafka Connect can read it then."""
        if connector.java_names:
            return connector.java_names[0] + "Task"
        cls = connector.load().task_class
        return f"{cls.__module__}:{cls.__qualname__}"

    def task_class(self, name: str) -> type[Any]:
        """The class for a ``task.class``. Raises NotFoundError, ConnectError."""
        for plugin in self.plugins(Kind.CONNECTOR):
            if name.removesuffix("Task") in plugin.java_names and name.endswith("Task"):
                found: type[Any] = plugin.load().task_class
                return found
        module, colon, attribute = name.partition(":")
        if not colon:
            there = ", ".join(self.names(Kind.CONNECTOR)) or "none"
            raise NotFoundError(f"there is no task class {name}; connectors here: {there}")
        try:
            loaded = importlib.import_module(module)
            for part in attribute.split("."):
                loaded = getattr(loaded, part)
        except Exception as e:
            raise ConnectError(f"task class {name} cannot be loaded: {type(e).__name__}: {e}") from e
        if not isinstance(loaded, type):
            raise ConnectError(f"{name} is not a task class")
        return loaded


def _unique(points: Iterable[EntryPoint]) -> Iterable[EntryPoint]:
    # An editable install may be seen twice on the path.
    return {(e.name, e.value): e for e in points}.values()


def _plugin(kind: Kind, point: EntryPoint) -> Plugin:
    group = JAVA_NAMES.get(KINDS[kind], {})
    ours = point.dist is not None and point.dist.name == "headgate"
    names = group.get(point.name, ()) if ours else ()
    return Plugin(kind, point.name, point.value, names, point.dist.version if point.dist else None)


@cache
def registry() -> Registry:
    """The plugins of this process's environment, found once."""
    return Registry.discover()
