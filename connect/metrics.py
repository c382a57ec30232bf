"""The worker's one metrics registry. Tasks send their numbers up the pipe; this keeps the newest and renders all at ``/metrics``.

Names come in three families: ``kafka_connect_*`` (Kafka Connect's MBeans, lower case with underscores), ``debezium_metrics_*``
(Debezium's bean attributes) and ``headgate_*`` (ours). A name that ends in ``_total`` is a counter, any other a gauge; a text is
the label of a gauge ``*_info`` that is 1.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import Metric

__all__ = ["CONTENT_TYPE", "DESCRIPTIONS", "Metrics", "Sample"]

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""Of what :meth:`Metrics.render` gives."""

Sample = tuple[str, Mapping[str, str], float]
"""(name, labels, value)"""

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")

DESCRIPTIONS: Mapping[str, str] = {
    "kafka_connect_worker_connector_count": "Connectors that run on this worker",
    "kafka_connect_worker_task_count": "Tasks that run on this worker",
    "kafka_connect_worker_connector_total_task_count": "Tasks of a connector on this worker",
    "kafka_connect_worker_connector_running_task_count": "Tasks of a connector that are RUNNING",
    "kafka_connect_worker_connector_paused_task_count": "Tasks of a connector that are PAUSED",
    "kafka_connect_worker_connector_failed_task_count": "Tasks of a connector that are FAILED",
    "kafka_connect_worker_connector_unassigned_task_count": "Tasks of a connector that are UNASSIGNED",
    "kafka_connect_worker_connector_destroyed_task_count": "Tasks of a connector that were deleted",
    "kafka_connect_worker_connector_restarting_task_count": "Tasks of a connector that are RESTARTING",
    "kafka_connect_worker_connector_startup_attempts_total": "Connectors this worker tried to start",
    "kafka_connect_worker_connector_startup_success_total": "Connectors this worker started",
    "kafka_connect_worker_connector_startup_failure_total": "Connectors this worker could not start",
    "kafka_connect_worker_task_startup_attempts_total": "Tasks this worker tried to start",
    "kafka_connect_worker_task_startup_success_total": "Tasks this worker started",
    "kafka_connect_worker_task_startup_failure_total": "Tasks this worker could not start",
    "kafka_connect_worker_rebalance_rebalancing": "1 while the group is rebalancing",
    "kafka_connect_worker_rebalance_epoch": "Generation of the group",
    "kafka_connect_worker_rebalance_completed_rebalances_total": "Rebalances this worker took part in",
    "kafka_connect_coordinator_assigned_connectors": "Connectors assigned to this worker",
    "kafka_connect_coordinator_assigned_tasks": "Tasks assigned to this worker",
    "kafka_connect_connector_status": "State of a connector, as a label; 1",
    "kafka_connect_connector_task_status": "State of a task, as a label; 1",
    "kafka_connect_source_task_source_record_poll_total": "Records taken from the source",
    "kafka_connect_source_task_source_record_write_total": "Records written to Kafka",
    "kafka_connect_source_task_source_record_active_count": "Records taken from the source and not yet acknowledged by Kafka",
    "kafka_connect_source_task_poll_batch_max_time_ms": "Longest time of one poll",
    "kafka_connect_source_task_poll_batch_avg_time_ms": "Average time of one poll",
    "kafka_connect_connector_task_batch_size_max": "Most records in one batch",
    "kafka_connect_connector_task_batch_size_avg": "Average records in a batch",
    "kafka_connect_task_error_total_record_failures": "Failed operations on records, every try",
    "kafka_connect_task_error_total_record_errors": "Records that failed",
    "kafka_connect_task_error_total_records_skipped": "Records that were skipped because errors are tolerated",
    "kafka_connect_task_error_total_retries": "Operations tried again",
    "kafka_connect_task_error_total_errors_logged": "Errors written to the log",
    "debezium_metrics_Connected": "1 while the connector is connected to the database",
    "debezium_metrics_MilliSecondsBehindSource": "Time between a change's commit in the database and its reading",
    "debezium_metrics_MilliSecondsSinceLastEvent": "Time since the last change was read",
    "debezium_metrics_TotalNumberOfEventsSeen": "Changes read",
    "debezium_metrics_NumberOfEventsFiltered": "Changes left out by filters",
    "debezium_metrics_SnapshotRunning": "1 while a snapshot runs",
    "debezium_metrics_SnapshotCompleted": "1 after a snapshot has completed",
    "debezium_metrics_RowsScanned": "Rows of a table read by the snapshot",
    "headgate_core_info": "Which implementation of the hot path runs, native or python; 1",
    "headgate_build_info": "Version of Headgate; 1",
    "headgate_task_in_flight_bytes": "Bytes produced and not yet acknowledged",
    "headgate_task_in_flight_batches": "Batches not yet acknowledged in full",
    "headgate_task_waiting": "1 while a RUNNING task waits for something, as its status tells",
    "headgate_task_retries_total": "Passing faults after which the task tried again",
    "headgate_task_cpu_seconds_total": "CPU time of the task's process",
    "headgate_task_resident_bytes": "Resident memory of the task's process",
    "headgate_task_offset_commits_total": "Times that offsets were stored",
    "headgate_task_offset_commit_failures_total": "Times that storing offsets failed",
    "headgate_task_source_lag_bytes": "Distance in the database's log from its end to what was handed on",
    "headgate_task_lag_seconds": "Time from the last change's commit to its reading; 0 when everything is read",
    "headgate_task_slot_retained_bytes": "Log that the database keeps for the replication slot",
    "headgate_task_restarts_total": "Automatic restarts of a failed task",
}
"""What the names mean; a name that is not here is described by itself."""


class _Store:
    """Newest value by name and labels. The collector of the registry."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.values: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}

    def collect(self) -> Iterator[Metric]:
        """Called by the registry."""
        with self.lock:
            snapshot = {n: dict(v) for n, v in self.values.items()}
        for name, series in sorted(snapshot.items()):
            counter = name.endswith("_total")
            family = Metric(
                name.removesuffix("_total") if counter else name, DESCRIPTIONS.get(name, name.replace("_", " ")),
                "counter" if counter else "gauge")
            for labels, value in series.items():
                family.add_sample(name, dict(labels), value)
            yield family


class Metrics:
    """Set numbers from any thread; :meth:`render` gives the Prometheus text."""

    def __init__(self, *, process: bool = True) -> None:
        self._store = _Store()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self._store)
        if process:
            ProcessCollector(registry=self._registry)

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set one series. Raises ValueError for a name or label that Prometheus does not allow."""
        self.update([(name, labels, value)])

    def add(self, name: str, amount: float = 1.0, **labels: str) -> None:
        """Add to one series, from 0."""
        key = tuple(sorted(labels.items()))
        _check(name, labels)
        with self._store.lock:
            series = self._store.values.setdefault(name, {})
            series[key] = series.get(key, 0.0) + amount

    def update(self, samples: Iterable[Sample]) -> None:
        """Set many: what a task sends. Raises ValueError as :meth:`set`, with the good ones set."""
        wrong: ValueError | None = None
        for name, labels, value in samples:
            try:
                _check(name, labels)
            except ValueError as e:
                wrong = e
                continue
            key = tuple(sorted((k, str(v)) for k, v in labels.items()))
            with self._store.lock:
                self._store.values.setdefault(name, {})[key] = float(value)
        if wrong is not None:
            raise wrong

    def info(self, name: str, text: str, label: str = "value", **labels: str) -> None:
        """A text as a label of a gauge that is 1; the former text of the same other labels goes away."""
        _check(name, {label: text, **labels})
        kept = set(labels.items())
        with self._store.lock:
            series = self._store.values.setdefault(name, {})
            for old in [k for k in series if set(k) - {p for p in k if p[0] == label} == kept]:
                del series[old]
            series[tuple(sorted({**labels, label: text}.items()))] = 1.0

    def forget(self, connector: str, task: int | None = None) -> None:
        """Remove the series of a task, or of a connector and all its tasks: it was stopped or deleted. A FAILED one stays."""
        wanted = {("connector", connector)} | ({("task", str(task))} if task is not None else set())
        with self._store.lock:
            for series in self._store.values.values():
                for labels in [k for k in series if wanted <= set(k)]:
                    del series[labels]

    def value(self, name: str, **labels: str) -> float | None:
        """The newest value of one series, or None."""
        with self._store.lock:
            return self._store.values.get(name, {}).get(tuple(sorted(labels.items())))

    def render(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self._registry)


def _check(name: str, labels: Mapping[str, str]) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a metric name")
    for label in labels:
        if not _LABEL.fullmatch(label):
            raise ValueError(f"{label!r} is not a label name (metric {name})")
