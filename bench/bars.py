"""What is to be reached, as data: bars, stretch goals, and what the reference system took where it was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["BARS", "REFERENCE", "Bar", "verdict"]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar and perhaps a stretch goal for the median of one figure. ``least``: more is better, otherwise less is."""

    bar: float
    stretch: float | None = None
    least: bool = False

    def meets(self, value: float, goal: float) -> bool:
        """Whether ``value`` is at least as good as ``goal``."""
        return value >= goal if self.least else value <= goal

    def progress(self, value: float) -> float:
        """How far it is: 1 is the bar, more is better."""
        return value / self.bar if self.least else self.bar / value if value else float("inf")


_MEMORY = {"peak_memory_mib": Bar(200, 120)}
_LATENCY = {"latency_p50_ms": Bar(3, 1.5), "latency_p99_ms": Bar(10, 5), "task_cores": Bar(0.15)}
_IDLE = {"task_cores": Bar(0.01), "offsets_seen": Bar(2, least=True)}
_TABLES = {"start_seconds": Bar(15), "restart_seconds": Bar(15), "cpu_ratio_to_fewer_captured": Bar(1.1)}

BARS: Mapping[str, Mapping[str, Bar]] = {
    "postgres-stream": {"ratio_to_plain": Bar(0.95, least=True), "task_cpu_seconds_per_million": Bar(4, 2.5), **_MEMORY},
    "postgres-snapshot": {
        "events_per_second": Bar(250_000, 400_000, least=True), "task_cpu_seconds_per_million": Bar(3.5), **_MEMORY},
    "mysql-stream": {
        "events_per_second": Bar(250_000, 400_000, least=True), "task_cpu_seconds_per_million": Bar(4, 2.5), **_MEMORY},
    "mysql-stream-single": {"events_per_second": Bar(60_000, 150_000, least=True), **_MEMORY},
    "mysql-snapshot": {"events_per_second": Bar(150_000, 300_000, least=True), **_MEMORY},
    "postgres-latency": _LATENCY,
    "mysql-latency": _LATENCY,
    "postgres-idle": _IDLE,
    "mysql-idle": _IDLE,
    "hundred-connectors": {"running_seconds": Bar(60), "memory_mib_each": Bar(25)},
    "postgres-tables-5000": _TABLES,
    "mysql-tables-5000": _TABLES,
}
"""By row and figure. "No cost per row from their number" is a ratio of at most 1.1 to 100 captured tables with rows in the same
100: two runs of the same differ by as much."""

REFERENCE: Mapping[str, Mapping[str, str]] = {
    "postgres-stream": {
        "events_per_second": "40,000", "task_cpu_seconds_per_million": "37-40", "peak_memory_mib": "2,400",
    },
    "postgres-snapshot": {"events_per_second": "47,000"},
}
"""Debezium 3.6 with an Avro converter, ten columns, on another machine of two cores that also ran database and broker."""


def verdict(row: str, figure: str, median: float) -> str:
    """``stretch met``, ``met`` or ``missed``; empty for a figure without a bar."""
    bar = BARS.get(row, {}).get(figure)
    if bar is None:
        return ""
    if bar.stretch is not None and bar.meets(median, bar.stretch):
        return "stretch met"
    return "met" if bar.meets(median, bar.bar) else "missed"
