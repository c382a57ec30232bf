"""Chooses the compiled or the interpreted core, in one place, for every ``core`` package.

``HEADGATE_CORE=python`` forces the interpreted sources, ``native`` refuses to run without the compiled ones, unset or
``auto`` takes what is there. The core in use is reported by the start-up log, ``GET /`` and a metric; never silently.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

__all__ = ["implementation", "load", "loaded"]

_loaded: dict[str, str] = {}


def requested() -> str:
    """What the environment asks for: ``auto``, ``python`` or ``native``. Raises ValueError on another word."""
    mode = os.environ.get("HEADGATE_CORE", "auto") or "auto"
    if mode not in ("auto", "python", "native"):
        raise ValueError(f"HEADGATE_CORE={mode!r}: expected auto, python or native")
    return mode


def load(name: str) -> ModuleType:
    """Import core module ``name`` in the implementation asked for, so that every later import of it finds that one."""
    if name in sys.modules:
        return sys.modules[name]
    mode = requested()
    if mode == "python":
        package, _, leaf = name.rpartition(".")
        source = Path(next(iter(sys.modules[package].__path__))) / f"{leaf}.py"
        loader = importlib.machinery.SourceFileLoader(name, str(source))
        spec = importlib.util.spec_from_file_location(name, source, loader=loader)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        loader.exec_module(module)
    else:
        module = importlib.import_module(name)
    native = not str(module.__file__).endswith(".py")
    if mode == "native" and not native:
        raise ImportError(f"HEADGATE_CORE=native, but {name} is not compiled; build it with `make core`, or unset HEADGATE_CORE")
    _loaded[name] = "native" if native else "python"
    return module


def loaded() -> dict[str, str]:
    """Core modules loaded so far in this process, each ``native`` or ``python``."""
    return dict(_loaded)


def implementation() -> str:
    """``native``, ``python``, or ``mixed`` when a build was only partly done."""
    kinds = set(_loaded.values())
    return kinds.pop() if len(kinds) == 1 else "mixed" if kinds else "none"
