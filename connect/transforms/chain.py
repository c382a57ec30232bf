"""The transforms of a connector, applied in order, each under its predicate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connect.api.errors import ConfigError, HeadgateError
from connect.api.plugins import Predicate, Transform
from connect.api.records import SourceRecord
from connect.plugins.aliases import alias_list
from connect.plugins.discovery import Kind, Registry, registry

__all__ = ["Step", "TransformChain", "build_chain"]


@dataclass(frozen=True, slots=True)
class Step:
    """One transform under its alias; it applies where the predicate matches, or with ``negate`` where it does not."""

    alias: str
    transform: Transform
    predicate: Predicate | None = None
    negate: bool = False


class TransformChain:
    """Applies all transforms of a connector to one record after the other. Used by the task's thread only."""

    def __init__(self, steps: Sequence[Step], predicates: Sequence[Predicate] = ()) -> None:
        self.steps = tuple(steps)
        self._predicates = tuple(predicates)

    @classmethod
    def from_props(cls, props: Mapping[str, str], plugins: Registry | None = None) -> TransformChain:
        """Make and configure what ``transforms`` and ``predicates`` list. Raises ConfigError with keys in full."""
        plugins = plugins or registry()
        predicates: dict[str, Predicate] = {
            a: _configured(props, plugins, Kind.PREDICATE, f"predicates.{a}.") for a in alias_list(props, "predicates")}
        steps = []
        for alias in alias_list(props, "transforms"):
            prefix = f"transforms.{alias}."
            named = props.get(prefix + "predicate", "").strip()
            if named and named not in predicates:
                raise ConfigError({prefix + "predicate": [
                    f'Invalid value {named} for configuration {prefix}predicate: it is not listed in "predicates"']})
            transform = _configured(props, plugins, Kind.TRANSFORM, prefix)
            negate = props.get(prefix + "negate", "false").strip().lower() == "true"
            steps.append(Step(alias, transform, predicates.get(named), negate))
        return cls(steps, tuple(predicates.values()))

    def __bool__(self) -> bool:
        return bool(self.steps)

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        """The record after all transforms, None when one dropped it. Raises what a transform raises, its alias as a note."""
        for step in self.steps:
            try:
                if step.predicate is not None and step.predicate.test(record) is step.negate:
                    continue
                changed = step.transform.apply(record)
            except Exception as e:
                e.add_note(f"in transform {step.alias!r} ({type(step.transform).__name__}), topic {record.topic}")
                raise
            if changed is None:
                return None
            record = changed
        return record

    def close(self) -> None:
        """Close transforms and predicates."""
        for one in (*(s.transform for s in self.steps), *self._predicates):
            close = getattr(one, "close", None)
            if close is not None:
                close()


def build_chain(props: Mapping[str, str]) -> TransformChain:
    """The chain of a connector's properties (variables resolved). Raises ConfigError."""
    return TransformChain.from_props(props)


def _configured(props: Mapping[str, str], plugins: Registry, kind: Kind, prefix: str) -> Any:
    name = props.get(prefix + "type")
    if not name:
        raise ConfigError({prefix + "type": [f'Missing required configuration "{prefix}type" which has no default value.']})
    sub = {k[len(prefix):]: v for k, v in props.items() if k.startswith(prefix)}
    try:
        made = plugins.resolve(kind, name).make()
        made.configure(sub)
    except ConfigError as e:
        raise ConfigError({prefix + k: list(v) for k, v in e.errors.items()}) from None
    except HeadgateError as e:
        raise ConfigError({prefix + "type": [f"Invalid value {name} for configuration {prefix}type: {e}"]}) from None
    return made
