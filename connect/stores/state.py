"""The state of the cluster as a pure fold of the config topic's records.

:func:`apply` takes a snapshot and one record and gives the next snapshot and what happened. No I/O, no clock, no order but
that of the records. The reading rules are Kafka Connect's, also for histories that compaction has thinned out:

- ``connector-NAME`` counts at once; null forgets the connector with its tasks, but not its target state.
- ``target-state-NAME``: ``state.v2`` before ``state``; STARTED when there is none.
- ``task-NAME-N`` is held back until ``commit-NAME`` names a number of tasks of which every one is there; if one is missing
  the connector is *inconsistent* and has no tasks until the next full set. Surplus tasks are what compaction left.
- ``commit-NAME`` of an unknown connector is of one that was deleted: ignored, with the tasks held back.
- ``tasks-fencing-NAME`` ends the need for fencing that every commit makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from connect.stores.jsontext import loads

__all__ = [
    "ClusterState", "ConnectorChanged", "ConnectorEntry", "ConnectorRemoved", "Event", "LoggerChanged", "RestartRequested",
    "SessionKey", "SessionKeyChanged", "TargetChanged", "TasksChanged", "Unreadable", "apply",
]

Config = Mapping[str, str]
_NO_CONFIGS: Mapping[int, Config] = MappingProxyType({})
_TARGETS = ("STARTED", "PAUSED", "STOPPED")


@dataclass(frozen=True, slots=True)
class ConnectorEntry:
    """A connector as the topic has it."""

    config: Config
    target: str = "STARTED"
    """STARTED, PAUSED or STOPPED."""
    tasks: tuple[Config, ...] = ()
    """Committed task configurations; empty while inconsistent."""
    applied: Config | None = None
    """The connector configuration from which the tasks were made; None when not known."""
    task_generation: int = -1
    """Counts committed task sets, from 0."""
    inconsistent: bool = False
    pending_fencing: bool = False
    """Whether a task set was committed after the last fencing."""


@dataclass(frozen=True, slots=True)
class SessionKey:
    """The key with which workers sign requests to each other; ``key`` is base64."""

    key: str = field(repr=False)
    algorithm: str
    created: int
    """Milliseconds."""


@dataclass(frozen=True, slots=True)
class ClusterState:
    """A snapshot. Never changed; a new one is made for every record."""

    connectors: Mapping[str, ConnectorEntry] = field(default_factory=dict)
    targets: Mapping[str, str] = field(default_factory=dict)
    """Target states, also of connectors that are not there (yet)."""
    held: Mapping[str, Mapping[int, Config]] = field(default_factory=dict)
    """Task configurations that wait for their commit."""
    fenced: Mapping[str, int] = field(default_factory=dict)
    """How many transactional ids of a connector's tasks to fence next time."""
    session_key: SessionKey | None = None


@dataclass(frozen=True, slots=True)
class ConnectorChanged:
    """A connector was created or its configuration written (perhaps the same)."""

    name: str


@dataclass(frozen=True, slots=True)
class ConnectorRemoved:
    """A connector was deleted."""

    name: str


@dataclass(frozen=True, slots=True)
class TargetChanged:
    """A known connector has another target state."""

    name: str


@dataclass(frozen=True, slots=True)
class TasksChanged:
    """A task set of a known connector was committed."""

    name: str


@dataclass(frozen=True, slots=True)
class RestartRequested:
    """To be acted on only when seen live, not while catching up."""

    name: str
    include_tasks: bool
    only_failed: bool


@dataclass(frozen=True, slots=True)
class LoggerChanged:
    """To be acted on only when seen live. ``level`` as it was sent."""

    logger: str
    level: str


@dataclass(frozen=True, slots=True)
class SessionKeyChanged:
    """There is a new session key."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that is not what its key promises, or has no known key; without effect. ``reason`` holds no values."""

    key: str
    reason: str


Event = (
    ConnectorChanged | ConnectorRemoved | TargetChanged | TasksChanged | RestartRequested | LoggerChanged | SessionKeyChanged
    | Unreadable
)


class _Malformed(ValueError):
    pass


def apply(state: ClusterState, key: bytes | None, value: bytes | None) -> tuple[ClusterState, Event | None]:
    """The snapshot after this record, and what happened (None: nothing that matters)."""
    try:
        text = (key or b"").decode()
    except UnicodeDecodeError:
        return state, Unreadable(repr(key)[:80], "the key is not UTF-8")
    try:
        content = None if value is None else loads(value)
        if content is not None and not isinstance(content, dict):
            raise _Malformed("the value is not an object")
        return _dispatch(state, text, content)
    except ValueError as e:
        return state, Unreadable(text, str(e))


def _dispatch(state: ClusterState, key: str, value: dict[str, Any] | None) -> tuple[ClusterState, Event | None]:
    for prefix, handle in _HANDLERS:
        if key.startswith(prefix):
            return handle(state, key.removeprefix(prefix), value)
    if key == "session-key":
        return _session_key(state, value)
    return state, Unreadable(key, "not a key of the config topic")


def _member(value: dict[str, Any], name: str, kind: type) -> Any:
    found = value.get(name)
    if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
        raise _Malformed(f"member {name} is not {'a number' if kind is int else 'text' if kind is str else f'a {kind.__name__}'}")
    return found


def _properties(value: dict[str, Any]) -> Config:
    properties = _member(value, "properties", dict)
    if not all(v is None or isinstance(v, str) for v in properties.values()):
        raise _Malformed("a property is not text")
    return MappingProxyType({k: v for k, v in properties.items() if v is not None})


def _with(state: ClusterState, name: str, entry: ConnectorEntry) -> ClusterState:
    return replace(state, connectors={**state.connectors, name: entry})


def _without(mapping: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return {k: v for k, v in mapping.items() if k != name} if name in mapping else mapping


def _connector(state: ClusterState, name: str, value: dict[str, Any] | None) -> tuple[ClusterState, Event | None]:
    known = state.connectors.get(name)
    if value is None:
        gone = replace(state, connectors=_without(state.connectors, name), held=_without(state.held, name))
        return gone, ConnectorRemoved(name) if known else None
    config = _properties(value)
    if known is None:
        entry = ConnectorEntry(config, state.targets.get(name, "STARTED"))
    else:
        entry = replace(known, config=config)
    return _with(state, name, entry), ConnectorChanged(name)


def _target(state: ClusterState, name: str, value: dict[str, Any] | None) -> tuple[ClusterState, Event | None]:
    if value is None:
        return replace(state, targets=_without(state.targets, name)), None
    target = value.get("state.v2")
    if target not in _TARGETS:
        target = value.get("state")
    if target not in _TARGETS:
        raise _Malformed("member state is not STARTED, PAUSED or STOPPED")
    state = replace(state, targets={**state.targets, name: target})
    known = state.connectors.get(name)
    if known is None or known.target == target:
        return state, None
    return _with(state, name, replace(known, target=target)), TargetChanged(name)


def _task(state: ClusterState, rest: str, value: dict[str, Any] | None) -> tuple[ClusterState, Event | None]:
    name, _, number = rest.rpartition("-")
    if not name or not number.isascii() or not number.isdigit():
        raise _Malformed("the key does not end in a task number")
    if value is None:
        return state, None
    held = {**state.held.get(name, _NO_CONFIGS), int(number): _properties(value)}
    return replace(state, held={**state.held, name: held}), None


def _commit(state: ClusterState, name: str, value: dict[str, Any] | None) -> tuple[ClusterState, Event | None]:
    if value is None:
        return state, None
    count = _member(value, "tasks", int)
    held = state.held.get(name, _NO_CONFIGS)
    state = replace(state, held=_without(state.held, name))
    known = state.connectors.get(name)
    if known is None:
        return state, None
    if all(n in held for n in range(count)):
        entry = replace(
            known, tasks=tuple(held[n] for n in range(count)), applied=known.config, inconsistent=False, pending_fencing=True,
            task_generation=known.task_generation + 1,
        )
    else:
        entry = replace(known, tasks=(), applied=None, inconsistent=True, pending_fencing=True)
    return _with(state, name, entry), TasksChanged(name)


def _fencing(state: ClusterState, name: str, value: dict[str, Any] | None) -> tuple[ClusterState, Event | None]:
    if value is None:
        return replace(state, fenced=_without(state.fenced, name)), None
    state = replace(state, fenced={**state.fenced, name: _member(value, "task-count", int)})
    known = state.connectors.get(name)
    return (_with(state, name, replace(known, pending_fencing=False)) if known else state), None


def _session_key(state: ClusterState, value: dict[str, Any] | None) -> tuple[ClusterState, Event | None]:
    if value is None:
        return state, None
    key = SessionKey(_member(value, "key", str), _member(value, "algorithm", str), _member(value, "creation-timestamp", int))
    return replace(state, session_key=key), SessionKeyChanged()


def _restart(state: ClusterState, name: str, value: dict[str, Any] | None) -> tuple[ClusterState, Event | None]:
    if value is None:
        return state, None
    return state, RestartRequested(name, _member(value, "include-tasks", bool), _member(value, "only-failed", bool))


def _logger(state: ClusterState, name: str, value: dict[str, Any] | None) -> tuple[ClusterState, Event | None]:
    if value is None:
        return state, None
    return state, LoggerChanged(name, _member(value, "level", str))


_HANDLERS = (
    ("tasks-fencing-", _fencing), ("connector-", _connector), ("target-state-", _target), ("task-", _task), ("commit-", _commit),
    ("restart-connector-", _restart), ("logger-cluster-", _logger),
)
