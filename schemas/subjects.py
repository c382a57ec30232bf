"""Schema ids by subject: looked up or registered once, then remembered; a refusal says what differs."""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from schemas.differences import differences, same_layout
from schemas.registry import RegistryClient, RegistryError, RegistryRefused, RegistryUnavailable

__all__ = ["SchemaRefused", "SubjectIds", "SubjectRules"]

_LINES = 20
_AT_ONCE = 4
"""Requests under way together."""
_PART = r"[A-Za-z_][A-Za-z0-9_]*"
_NAMESPACE = re.compile(rf"{_PART}(\.{_PART})*")


class SchemaRefused(RegistryError):
    """A schema has no id under its subject and gets none. The text holds the registry's reason and the differences."""


@dataclass(frozen=True, slots=True)
class SubjectRules:
    """What may be done for an id: register new schemas, or only find known ones, or take the newest version."""

    auto_register: bool = True
    use_latest: bool = False
    normalize: bool = False


class SubjectIds:
    """The ids of the schemas a converter writes with. One thread."""

    def __init__(self, registry: RegistryClient, rules: SubjectRules = SubjectRules()) -> None:
        self.registry = registry
        self.rules = rules
        self._ids: dict[tuple[str, str], int] = {}

    def id_of(self, subject: str, schema: str) -> int:
        """The id of this Avro schema text under the subject.

        Raises SchemaRefused, or RegistryUnavailable when nobody answers.
        """
        found = self._ids.get((subject, schema))
        if found is None:
            found = self._ids[subject, schema] = self._ask(subject, schema)
        return found

    def prepare(self, wanted: Sequence[tuple[str, str]]) -> list[int | None]:
        """The ids of several, asked for together; None for what went wrong: :meth:`id_of` tries it again and tells."""
        new = [pair for pair in dict.fromkeys(wanted) if pair not in self._ids]
        if len(new) > 1:
            self._look_up(new)
        return [self._ids.get(pair) for pair in wanted]

    def _look_up(self, new: Sequence[tuple[str, str]]) -> None:
        self.registry.open()
        out_of_reach = threading.Event()

        def look_up(pair: tuple[str, str]) -> None:
            if not out_of_reach.is_set():
                try:
                    self._ids[pair] = self._ask(*pair)
                except RegistryUnavailable:
                    out_of_reach.set()
                except RegistryError:
                    pass

        with ThreadPoolExecutor(min(_AT_ONCE, len(new))) as pool:
            deque(pool.map(look_up, new), maxlen=0)

    def _ask(self, subject: str, schema: str) -> int:
        if self.rules.use_latest:
            return self._latest(subject, schema)
        if not self.rules.auto_register:
            known = self.registry.find(subject, schema, self.rules.normalize)
            if known is None:
                raise SchemaRefused(
                    f"subject {subject} has no version with this schema and auto.register.schemas is false; register it, or set "
                    f"auto.register.schemas=true{self._differences(subject, schema)}")
            return known.id
        try:
            return self.registry.register(subject, schema, self.rules.normalize)
        except RegistryRefused as e:
            if e.status not in (409, 422):
                raise
            raise SchemaRefused(
                f"the registry refuses the schema of subject {subject}: {e.reason} (HTTP {e.status}"
                f"{f', code {e.code}' if e.code else ''}). {_cure(schema)}, then restart the task"
                f"{self._differences(subject, schema)}") from None

    def _latest(self, subject: str, schema: str) -> int:
        newest = self.registry.latest(subject)
        if newest is None:
            raise SchemaRefused(f"subject {subject} has no version, and use.latest.version is true; register a schema first")
        if not same_layout(json.loads(newest.schema), json.loads(schema)):
            raise SchemaRefused(
                f"the newest version of subject {subject} ({newest.version}) lays out its data differently, so nothing may be "
                f"written under its id{self._differences(subject, schema)}")
        return newest.id

    def _differences(self, subject: str, schema: str) -> str:
        """The difference to the newest version, one line each; empty when there is none to tell."""
        try:
            newest = self.registry.latest(subject)
        except RegistryError:
            return ""
        if newest is None:
            return ""
        lines = differences(json.loads(newest.schema), json.loads(schema))
        if not lines:
            return ""
        more = [f"and {len(lines) - _LINES} more"] if len(lines) > _LINES else []
        return "\n".join([f". Differences to version {newest.version}:", *("  " + x for x in [*lines[:_LINES], *more])])


def _cure(schema: str) -> str:
    bad = next((n for n in _namespaces(json.loads(schema)) if not _NAMESPACE.fullmatch(n)), None)
    if bad is not None:
        return (f"The namespace {bad!r} comes from the topic prefix, schema or table name and is not legal in Avro, which this "
                "registry minds: set schema.name.adjustment.mode=avro (or avro_unicode)")
    return "Loosen the subject's compatibility, or change the table or the connector's configuration"


def _namespaces(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        if tree.get("type") == "record" and tree.get("namespace"):
            yield str(tree["namespace"])
        for key in ("type", "items", "values", "fields"):
            yield from _namespaces(tree.get(key))
    elif isinstance(tree, list):
        for inner in tree:
            yield from _namespaces(inner)
