"""What differs between two Avro schemas, in lines a person can read, and whether they lay out bytes the same way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["differences", "same_layout"]

_NAMED = ("record", "error", "enum", "fixed")


def same_layout(a: Any, b: Any) -> bool:
    """Whether bytes written with one are read alike with the other: same names, order and types; all else may differ."""
    return bool(_layout(a, None, {}, frozenset()) == _layout(b, None, {}, frozenset()))


def differences(old: Any, new: Any) -> list[str]:
    """One line for each field that was added, removed or changed its type or default, in the new schema's order."""
    before, after = dict(_flat(old)), dict(_flat(new))
    lines = [
        f"added {path}: {kind}" if path not in before else f"changed {path}: {before[path]} → {kind}"
        for path, kind in after.items()
        if before.get(path) != kind
    ]
    lines += [f"removed {path}: {kind}" for path, kind in before.items() if path not in after]
    return lines


def _full(s: dict[str, Any], space: str | None) -> str:
    name = str(s["name"])
    inside = s.get("namespace", space)
    return name if "." in name or not inside else f"{inside}.{name}"


def _space(full: str) -> str | None:
    return full.rpartition(".")[0] or None


def _resolve(s: Any, space: str | None, known: dict[str, Any]) -> tuple[Any, str | None]:
    """A named type for its name, with the namespace inside it; anything else as it is."""
    if isinstance(s, str):
        for name in (f"{space}.{s}" if space and "." not in s else s, s):
            if name in known:
                return known[name], _space(name)
    if isinstance(s, dict) and s.get("type") in _NAMED:
        full = _full(s, space)
        known[full] = s
        return s, _space(full)
    return s, space


def _layout(s: Any, space: str | None, known: dict[str, Any], open_: frozenset[str]) -> Any:
    s, inner = _resolve(s, space, known)
    if isinstance(s, list):
        return [_layout(x, inner, known, open_) for x in s]
    if isinstance(s, str):
        return s
    kind = s.get("type")
    if kind in ("record", "error"):
        full = f"{inner}.{s['name']}" if inner and "." not in s["name"] else s["name"]
        if full in open_:
            return full
        return [full, [[f["name"], _layout(f["type"], inner, known, open_ | {full})] for f in s["fields"]]]
    if kind == "array":
        return ["array", _layout(s["items"], inner, known, open_)]
    if kind == "map":
        return ["map", _layout(s["values"], inner, known, open_)]
    if kind == "enum":
        return ["enum", s["name"], s["symbols"]]
    if kind == "fixed":
        return ["fixed", s["name"], s["size"]]
    return _layout(kind, inner, known, open_)


def _flat(schema: Any) -> Iterator[tuple[str, str]]:
    known: dict[str, Any] = {}

    def walk(s: Any, space: str | None, path: str, open_: frozenset[int]) -> Iterator[tuple[str, str]]:
        s, inner = _resolve(s, space, known)
        for x in s if isinstance(s, list) else [s]:
            t, there = _resolve(x, inner, known)
            if not isinstance(t, dict) or id(t) in open_:
                continue
            if t.get("type") in ("record", "error"):
                for f in t["fields"]:
                    here = f"{path}.{f['name']}" if path else str(f["name"])
                    default = f", default {f['default']!r}" if "default" in f else ""
                    yield here, _kind(f["type"], there, known) + default
                    yield from walk(f["type"], there, here, open_ | {id(t)})
            elif t.get("type") == "array":
                yield from walk(t["items"], there, path + "[]", open_)
            elif t.get("type") == "map":
                yield from walk(t["values"], there, path + "{}", open_)

    yield "(schema)", _kind(schema, None, known)
    yield from walk(schema, None, "", frozenset())


def _kind(s: Any, space: str | None, known: dict[str, Any]) -> str:
    s, inner = _resolve(s, space, known)
    if isinstance(s, list):
        return "[" + ", ".join(_kind(x, inner, known) for x in s) + "]"
    if isinstance(s, str):
        return s
    kind = s.get("type")
    if kind in _NAMED:
        return f"{kind} {_full(s, space)}" if "." in str(s["name"]) or not inner else f"{kind} {inner}.{s['name']}"
    if kind in ("array", "map"):
        return f"{kind} of {_kind(s['items' if kind == 'array' else 'values'], inner, known)}"
    logical = s.get("logicalType")
    if logical == "decimal":
        return f"{kind} decimal({s.get('precision')},{s.get('scale', 0)})"
    named = s.get("connect.name") or logical or s.get("connect.type")
    return f"{_kind(kind, inner, known)}{f' {named}' if named else ''}"
