"""The configuration of one task: properties with variables replaced, and what the runtime reads of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connect.api.errors import ConfigError
from connect.config.worker import WorkerConfig
from connect.plugins.resolving import resolver_for
from connect.tasks.secrets import Redactor
from connect.tasks.spec import TaskSpec

__all__ = ["TaskSettings", "fork_grace", "grace_of", "worker_value"]


def worker_value(worker: Mapping[str, str], name: str) -> Any:
    """One key of the worker's configuration, typed, default included. Raises ConfigError."""
    key = WorkerConfig.definition().get(name)
    assert key is not None, name
    try:
        return key.parse(worker.get(name))
    except ValueError as e:
        raise ConfigError({name: [str(e)]}) from None


def grace_of(worker: Mapping[str, str]) -> float:
    """``task.shutdown.graceful.timeout.ms`` of a worker, in seconds; the default when it cannot be read."""
    try:
        return int(worker_value(worker, "task.shutdown.graceful.timeout.ms")) / 1000
    except ConfigError:
        return 5.0


def fork_grace(worker: Mapping[str, str]) -> float:
    """Seconds that tasks have to end by themselves when their worker is gone: somewhat more than at a clean stop."""
    return grace_of(worker) + 2.0


@dataclass(frozen=True, slots=True)
class TaskSettings:
    """Resolved properties."""

    worker: Mapping[str, str]
    connector: Mapping[str, str]
    task: Mapping[str, str]
    """What the task sees: the connector's properties and, over them, its own."""

    @classmethod
    def resolve(cls, spec: TaskSpec, redactor: Redactor) -> TaskSettings:
        """Replace the variables with the worker's providers; secrets found are learnt. Raises ConfigError."""
        resolver = resolver_for(spec.worker)
        found = [resolver.resolve(props) for props in (spec.worker, spec.connector_config, spec.task_config)]
        for resolved in found:
            redactor.learn(resolved.props, resolved.secrets)
        worker, connector, task = (dict(r.props) for r in found)
        return cls(worker, connector, {**connector, **task})

    @property
    def offsets_topic(self) -> str | None:
        """The worker's offsets topic; None for a standalone worker that keeps them in a file."""
        return self.worker.get("offset.storage.topic") or None

    @property
    def own_offsets_topic(self) -> str | None:
        """``offsets.storage.topic`` of the connector, when it is not the worker's own."""
        own = self.connector.get("offsets.storage.topic", "").strip()
        return own if own and own != self.offsets_topic else None

    @property
    def offsets_file(self) -> str | None:
        """``offset.storage.file.filename``, which counts when there is no topic."""
        return None if self.offsets_topic else self.worker.get("offset.storage.file.filename")
