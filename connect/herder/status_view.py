"""Statuses as the REST API shows them, from the table of the status topic."""

from __future__ import annotations

from collections.abc import Mapping

from connect.herder.requests import ConnectorStatus, TaskStatus
from connect.stores.status import StatusTable

__all__ = ["connector_status"]


def connector_status(
    table: StatusTable, name: str, worker_id: str, conditions: Mapping[int, str] | None = None
) -> ConnectorStatus:
    """The state of a connector that exists, and of its tasks.

    One of which nothing is stored yet (it was created a moment ago) is UNASSIGNED, in the name of the worker that answers,
    where Kafka Connect says 404 and leaves it out of ``?expand=status``: a client could not tell it from one that is not there.
    ``conditions``: what tasks wait for, by number.
    """
    found = table.connector(name)
    if found is None:
        return ConnectorStatus(name, "UNASSIGNED", worker_id, [])
    waiting = conditions or {}
    tasks = [
        TaskStatus(n, s.state, s.worker_id, s.trace or None, s.version, waiting.get(n)) for n, s in table.tasks(name).items()
    ]
    return ConnectorStatus(name, found.state, found.worker_id, tasks, "source", found.trace or None, found.version)
