"""Herder values as the JSON Kafka Connect answers with."""

from __future__ import annotations

from typing import Any

from connect.herder.requests import ConnectorInfo, ConnectorStatus, Herder, TaskId, TaskStatus
from rest.masking import mask
from rest.settings import RestSettings

__all__ = ["info_json", "status_json", "task_id_json", "task_status_json"]


def task_id_json(task: TaskId) -> dict[str, Any]:
    """``{"connector", "task"}``."""
    return {"connector": task.connector, "task": task.task}


def info_json(info: ConnectorInfo, herder: Herder, settings: RestSettings) -> dict[str, Any]:
    """A connector; members of ``config`` in their order."""
    config = mask(info.config, herder) if settings.mask_passwords else dict(info.config)
    return {"name": info.name, "config": config, "tasks": [task_id_json(t) for t in info.tasks], "type": info.type}


def _state(state: str, worker_id: str, version: str | None, trace: str | None) -> dict[str, Any]:
    answer: dict[str, Any] = {"state": state, "worker_id": worker_id, "version": version}
    if trace:
        answer["trace"] = trace
    return answer


def task_status_json(task: TaskStatus) -> dict[str, Any]:
    """A task's state; ``trace`` and ``condition`` only when there is one."""
    answer = {"id": task.id, **_state(task.state, task.worker_id, task.version, task.trace)}
    if task.condition:
        answer["condition"] = task.condition
    return answer


def status_json(status: ConnectorStatus) -> dict[str, Any]:
    """A connector's state and its tasks'."""
    return {
        "name": status.name,
        "connector": _state(status.state, status.worker_id, status.version, status.trace),
        "tasks": [task_status_json(t) for t in status.tasks],
        "type": status.type,
    }
