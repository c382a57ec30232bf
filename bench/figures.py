"""What a run yields: plain values, and the figures made of them. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["FIGURES", "Drained", "Figure", "Result", "Row", "latencies", "spread"]


@dataclass(frozen=True, slots=True)
class Drained:
    """What a plain reader or producer moved: rows, wall and CPU seconds."""

    rows: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds

    @property
    def cpu_per_million(self) -> float:
        """CPU seconds for a million rows."""
        return self.cpu_seconds / self.rows * 1e6


@dataclass(frozen=True, slots=True)
class Row:
    """One line's worth of one run: ``name`` is the same in every run, ``figures`` are named as in :data:`FIGURES`."""

    name: str
    title: str
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Result:
    """A backlog or a table brought to Kafka: ``changes`` arrived within ``seconds``, in which the task process used
    ``cpu_seconds``.

    Memory is of worker, fork server and task together: while the task waited (None: it was not looked at), and at its peak.
    ``producer`` is librdkafka alone with records of the same sizes, as pairs without and with the connector's headers.
    """

    changes: int
    seconds: float
    cpu_seconds: float
    idle_kib: int | None
    peak_kib: int
    plain: Drained | None
    row_bytes: float
    producer: Sequence[Drained] = field(default=())

    def figures(self) -> dict[str, float]:
        """By name. Rates are for cases with a plain reader; of a handful of huge rows they would say nothing."""
        found: dict[str, float] = {}
        if self.plain is not None:
            done = Drained(self.changes, self.seconds, self.cpu_seconds)
            found |= {
                "events_per_second": done.rate, "plain_events_per_second": self.plain.rate,
                "ratio_to_plain": done.rate / self.plain.rate, "task_cpu_seconds_per_million": done.cpu_per_million,
                "plain_cpu_seconds_per_million": self.plain.cpu_per_million,
            }
        for drained, with_headers in zip(self.producer, ("", "_headers"), strict=False):
            found[f"producer{with_headers}_events_per_second"] = drained.rate
            found[f"producer{with_headers}_cpu_seconds_per_million"] = drained.cpu_per_million
        if self.idle_kib is not None:
            found["idle_memory_mib"] = self.idle_kib / 1024
        found["peak_memory_mib"] = self.peak_kib / 1024
        found["row_bytes"] = self.row_bytes
        return found


def latencies(milliseconds: Sequence[float]) -> dict[str, float]:
    """Median, 99th percentile and maximum (nearest rank). Raises ValueError when there are none."""
    if not milliseconds:
        raise ValueError("there is no latency to tell: nothing was seen by the consumer")
    ordered = sorted(milliseconds)
    last = len(ordered) - 1
    return {
        "latency_p50_ms": ordered[round(last * 0.5)], "latency_p99_ms": ordered[round(last * 0.99)],
        "latency_max_ms": ordered[-1],
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least and most."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


@dataclass(frozen=True, slots=True)
class Figure:
    """How a figure is shown. One that is not ``shown`` is only in the file."""

    label: str
    form: str
    shown: bool = True


FIGURES: Mapping[str, Figure] = {
    "events_per_second": Figure("events/s", "{:,.0f}"),
    "plain_events_per_second": Figure("plain reader, events/s", "{:,.0f}"),
    "ratio_to_plain": Figure("ratio to the plain reader", "{:.2f}"),
    "producer_events_per_second": Figure("librdkafka alone, records/s", "{:,.0f}"),
    "producer_headers_events_per_second": Figure("the same with the headers, records/s", "{:,.0f}"),
    "megabytes_per_second": Figure("MB/s of values", "{:,.1f}"),
    "task_cpu_seconds_per_million": Figure("task, CPU-s per million", "{:.2f}"),
    "task_cpu_microseconds_per_column": Figure("task, CPU-µs per column", "{:.3f}"),
    "task_cpu_nanoseconds_per_byte": Figure("task, CPU-ns per byte of value", "{:.2f}"),
    "plain_cpu_seconds_per_million": Figure("plain reader, CPU-s per million", "{:.2f}"),
    "producer_cpu_seconds_per_million": Figure("librdkafka alone, CPU-s per million", "{:.2f}"),
    "producer_headers_cpu_seconds_per_million": Figure("the same with the headers, CPU-s per million", "{:.2f}"),
    "latency_p50_ms": Figure("commit → consumer p50, ms", "{:.2f}"),
    "latency_p99_ms": Figure("commit → consumer p99, ms", "{:.2f}"),
    "latency_max_ms": Figure("commit → consumer max, ms", "{:.2f}"),
    "commit_p50_ms": Figure("the database's own commit p50, ms", "{:.2f}"),
    "rows_per_second": Figure("rows/s written meanwhile", "{:,.0f}"),
    "task_cores": Figure("task, share of a core", "{:.4f}"),
    "worker_cores": Figure("worker and fork server, share of a core", "{:.4f}"),
    "offsets_seen": Figure("different offsets stored meanwhile", "{:.0f}"),
    "start_seconds": Figure("until it streams, s", "{:.1f}"),
    "restart_seconds": Figure("until it streams again, s", "{:.1f}"),
    "cpu_ratio_to_one_table": Figure("CPU per row against one table", "{:.2f}"),
    "cpu_ratio_to_fewer_captured": Figure("CPU per row against fewer captured tables, rows in as many", "{:.2f}"),
    "running_seconds": Figure("until all are RUNNING, s", "{:.1f}"),
    "streaming_seconds": Figure("until all stream, s", "{:.1f}"),
    "memory_mib_each": Figure("worker + tasks, MiB per connector", "{:.1f}"),
    "idle_memory_mib": Figure("worker + task, waiting, MiB", "{:.0f}"),
    "peak_memory_mib": Figure("worker + task, peak MiB", "{:.0f}"),
    "row_bytes": Figure("a row as text, bytes", "{:,.0f}", shown=False),
}
"""Every figure by its name in the results file, in the order in which they are shown."""
