"""The core's own sources, run interpreted beside the compiled modules: what compiled code makes of an input is judged by them."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["Refused", "agreed", "interpreted", "outcome"]

_CORE = (
    "schemas.core.writer", "schemas.core.sink", "connectors.core.spans", "connectors.core.numbers", "connectors.core.plan",
    "connectors.core.run", "connectors.postgres.core.texts", "connectors.postgres.core.rows", "connectors.postgres.core.split",
    "connectors.postgres.core.walk", "connectors.postgres.core.runs", "connectors.mysql.core.split",
)
"""Each after those it imports."""


@functools.cache
def _twins() -> dict[str, ModuleType]:
    for package in ("schemas.core", "connectors.core", "connectors.postgres.core", "connectors.mysql.core"):
        importlib.import_module(package)
    chosen = {name: sys.modules.pop(name, None) for name in _CORE}
    made = {}
    try:
        for name in _CORE:
            package, _, leaf = name.rpartition(".")
            source = Path(str(sys.modules[package].__file__)).with_name(f"{leaf}.py")
            spec = importlib.util.spec_from_file_location(name, source)
            assert spec is not None and spec.loader is not None
            made[name] = sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(made[name])
    finally:
        for name, module in chosen.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
    return made


def interpreted(name: str) -> Any:
    """The interpreted twin of a module of the core; twins import each other."""
    return _twins()[name]


@dataclass(frozen=True)
class Refused:
    """A ValueError, in a form that can be compared."""

    kind: str
    text: str


def outcome(run: Any, *given: Any) -> Any:
    """What a function gives, or Refused."""
    try:
        return run(*given)
    except ValueError as refused:
        return Refused(type(refused).__name__, str(refused))


def agreed(results: Sequence[Any]) -> Any:
    """What all sides gave. Raises ValueError when they all refused in the same words, AssertionError when they differ."""
    first = results[0]
    assert all(result == first for result in results), results
    if isinstance(first, Refused):
        raise ValueError(first.text)
    return first
