"""Events of one task on their way up the pipe."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from connect.tasks.spec import EventKind, TaskEvent, TaskKey

__all__ = ["Reporter", "decode_event", "encode_event"]

_log = logging.getLogger(__name__)

_FIELDS = tuple(f.name for f in fields(TaskEvent))


def encode_event(event: TaskEvent) -> dict[str, Any]:
    """As JSON. :func:`decode_event` reads it."""
    # Not by asdict(), which copies every label of every number.
    body = {field: getattr(event, field) for field in _FIELDS}
    body["key"] = asdict(event.key)
    return body


def decode_event(body: Mapping[str, Any]) -> TaskEvent:
    """The event of :func:`encode_event`."""
    given = dict(body)
    given["key"] = TaskKey(**given["key"])
    given["kind"] = EventKind(given["kind"])
    given["metrics"] = tuple((str(n), dict(labels), float(v)) for n, labels, v in given.get("metrics", ()))
    return TaskEvent(**given)


class Reporter:
    """Sends events. ``send`` takes the event and whether it may be lost."""

    def __init__(self, key: TaskKey, generation: int, send: Callable[[TaskEvent, bool], None]) -> None:
        self._key = key
        self._generation = generation
        self._send = send
        self._conditions: dict[str, str] = {}
        self._shown = ""
        self._told_state = False

    def state(self, state: str, *, trace: str | None = None, version: str | None = None) -> None:
        """RUNNING, PAUSED, FAILED or UNASSIGNED."""
        self._told_state = True
        self._send(TaskEvent(self._key, self._generation, EventKind.STATE, state=state, trace=trace, version=version), False)

    def condition(self, source: str, name: str | None, detail: str = "") -> None:
        """What ``source`` (the task, the pipeline, the delivery, the offsets) waits for; None when it waits for nothing."""
        if name is None:
            self._conditions.pop(source, None)
        else:
            self._conditions[source] = f"{name}: {detail}" if detail else name
        shown = "; ".join(self._conditions.values())
        if shown == self._shown:
            return
        if bool(shown) != bool(self._shown):
            if shown:
                _log.warning("The task waits: %s", shown)
            else:
                _log.info("The task goes on")
        self._shown = shown
        if shown and not self._told_state:
            # It waits in its start; a status shows a condition only beside a state.
            self.state("RUNNING")
        self._send(TaskEvent(self._key, self._generation, EventKind.CONDITION, detail=shown), False)

    @property
    def waiting(self) -> bool:
        """Whether a condition is shown."""
        return bool(self._shown)

    def topic(self, name: str) -> None:
        """The task produces to this topic for the first time."""
        self._send(TaskEvent(self._key, self._generation, EventKind.TOPIC, detail=name), False)

    def metrics(self, samples: Sequence[tuple[str, Mapping[str, str], float]]) -> None:
        """Current numbers; also the sign of life of the task's thread."""
        self._send(TaskEvent(self._key, self._generation, EventKind.METRICS, metrics=samples), True)
