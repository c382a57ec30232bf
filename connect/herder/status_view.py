"""Statuses as the REST API shows them, from the table of the status topic."""

from __future__ import annotations

from collections.abc import Mapping

from connect.herder.requests import ConnectorStatus, TaskStatus
from connect.stores.status import StatusTable

__all__ = ["connector_status"]


def connector_status(table: StatusTable, name: str, conditions: Mapping[int, str] | None = None) -> ConnectorStatus | None:
    """The state of a connector and its tasks; None when nothing is stored of the connector. ``conditions``: what tasks wait
    for, by number."""
    found = table.connector(name)
    if found is None:
        return None
    waiting = conditions or {}
    tasks = [
        TaskStatus(n, s.state, s.worker_id, s.trace or None, s.version, waiting.get(n)) for n, s in table.tasks(name).items()
    ]
    return ConnectorStatus(name, found.state, found.worker_id, tasks, "source", found.trace or None, found.version)
