"""The numbers of one task, in Prometheus form.

Kafka Connect's names without ``-metrics`` and with underscores (``kafka_connect_source_task_source_record_poll_total``), ours
under ``headgate_task_``. Every sample carries ``connector`` and ``task``.
"""

from __future__ import annotations

import os
import re
import resource
import time
from collections.abc import Mapping

from connect.tasks.commit import CommitCounts
from connect.tasks.ledger import Ledger
from connect.tasks.spec import TaskKey
from connect.tasks.tolerance import ErrorCounts

__all__ = ["Meters", "Sample", "metric_name"]

Sample = tuple[str, Mapping[str, str], float]
"""(name, labels, value)"""

_KNOWN = ("kafka_connect_", "debezium_metrics_", "headgate_")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def metric_name(name: str) -> str:
    """The full name of a metric a task sets: ``headgate_task_`` in front unless it has a prefix of ours already."""
    clean = re.sub(r"[^a-zA-Z0-9_:]", "_", name)
    return clean if clean.startswith(_KNOWN) else f"headgate_task_{clean}"


def _resident() -> float:
    try:
        statm = os.open("/proc/self/statm", os.O_RDONLY)  # once a second in an idle task too: no Path, no text file
        try:
            return float(os.read(statm, 128).split()[1]) * _PAGE
        finally:
            os.close(statm)
    except (OSError, ValueError, IndexError):
        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024


class Meters:
    """Counters the pipeline adds to, and gauges the task sets."""

    def __init__(self, key: TaskKey) -> None:
        self._labels = {"connector": key.connector, "task": str(key.task)}
        self.polled = 0
        self.written = 0
        self.batches = 0
        self.batch_max = 0
        self.poll_seconds = 0.0
        self.poll_max = 0.0
        self.retries = 0
        self.waiting = False
        self.paused_seconds = 0.0
        self._began = time.monotonic()
        self._gauges: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}

    def polled_batch(self, records: int, seconds: float) -> None:
        """A batch came from ``poll``."""
        self.polled += records
        self.batches += 1
        self.batch_max = max(self.batch_max, records)
        self.poll_seconds += seconds
        self.poll_max = max(self.poll_max, seconds)

    def gauge(self, name: str, value: float, labels: Mapping[str, str]) -> None:
        """A gauge of the task's own."""
        self._gauges[metric_name(name), tuple(labels.items())] = float(value)

    def samples(self, ledger: Ledger, commits: CommitCounts, errors: ErrorCounts) -> list[Sample]:
        """Everything, now."""
        own = self._labels
        usage = resource.getrusage(resource.RUSAGE_SELF)
        done = max(1, commits.successes + commits.failures)
        age = max(1e-9, time.monotonic() - self._began)
        values = {
            "kafka_connect_source_task_source_record_poll_total": self.polled,
            "kafka_connect_source_task_source_record_write_total": self.written,
            "kafka_connect_source_task_source_record_active_count": ledger.outstanding,
            "kafka_connect_source_task_poll_batch_max_time_ms": self.poll_max * 1000,
            "kafka_connect_source_task_poll_batch_avg_time_ms": self.poll_seconds * 1000 / max(1, self.batches),
            "kafka_connect_connector_task_batch_size_max": self.batch_max,
            "kafka_connect_connector_task_batch_size_avg": self.polled / max(1, self.batches),
            "kafka_connect_connector_task_offset_commit_success_percentage": 100 * commits.successes / done,
            "kafka_connect_connector_task_offset_commit_failure_percentage": 100 * commits.failures / done,
            "kafka_connect_connector_task_offset_commit_max_time_ms": commits.ms_max,
            "kafka_connect_connector_task_offset_commit_avg_time_ms": commits.ms_total / max(1, commits.successes),
            "kafka_connect_connector_task_pause_ratio": min(1.0, self.paused_seconds / age),
            "kafka_connect_connector_task_running_ratio": max(0.0, 1.0 - self.paused_seconds / age),
            "kafka_connect_task_error_total_record_failures": errors.failures,
            "kafka_connect_task_error_total_record_errors": errors.errors,
            "kafka_connect_task_error_total_records_skipped": errors.skipped,
            "kafka_connect_task_error_total_retries": errors.retries,
            "kafka_connect_task_error_total_errors_logged": errors.logged,
            "kafka_connect_task_error_last_error_timestamp": errors.last_error_ms,
            "headgate_task_in_flight_bytes": ledger.outstanding_bytes,
            "headgate_task_in_flight_batches": ledger.batches,
            "headgate_task_offset_commits_total": commits.successes,
            "headgate_task_offset_commit_failures_total": commits.failures,
            "headgate_task_retries_total": self.retries,
            "headgate_task_waiting": 1.0 if self.waiting else 0.0,
            "headgate_task_cpu_seconds_total": usage.ru_utime + usage.ru_stime,
            "headgate_task_resident_bytes": _resident(),
        }
        found: list[Sample] = [(n, own, float(v)) for n, v in values.items()]
        found += [(n, {**own, **dict(labels)}, v) for (n, labels), v in self._gauges.items()]
        return found
