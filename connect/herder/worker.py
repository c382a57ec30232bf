"""What every part of the herder works with: this worker's identity, settings, stores, membership and supervisor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connect.config.worker import WorkerConfig
from connect.herder.locks import NameLocks
from connect.herder.membership import Membership
from connect.herder.plugin_calls import PluginCalls
from connect.stores.config import ConfigStore
from connect.stores.offset_store import OffsetStore
from connect.stores.state import ClusterState
from connect.stores.status import Status, StatusStore, status_key
from connect.tasks.spec import Supervision

__all__ = ["Worker"]


@dataclass(frozen=True, slots=True)
class Worker:
    """Made once at start; everything in it belongs to the worker's event loop."""

    id: str
    """Advertised ``host:port``, as in statuses."""
    config: WorkerConfig
    raw: Mapping[str, str]
    """The worker's properties with variables unresolved, for child processes."""
    supervision: Supervision
    calls: PluginCalls
    membership: Membership
    configs: ConfigStore
    statuses: StatusStore
    offsets: OffsetStore
    locks: NameLocks = field(default_factory=NameLocks)
    """Held while records of a connector are written to the config topic."""

    @property
    def state(self) -> ClusterState:
        """The newest snapshot of the cluster."""
        return self.configs.state

    def report(
        self, connector: str, task: int | None, state: str | None, *, trace: str | None = None, version: str | None = None
    ) -> None:
        """Write a state of a connector, or of a task, in this worker's name; None forgets it."""
        status = None if state is None else Status(state, self.id, self.membership.generation, trace, version)
        self.statuses.put(status_key(connector, task), status)
