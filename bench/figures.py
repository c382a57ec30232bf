"""What a run yields: plain values, and the figures made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["FIGURES", "Drained", "Result"]


@dataclass(frozen=True, slots=True)
class Drained:
    """What a plain reader took: rows, wall and CPU seconds."""

    rows: int
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Result:
    """One run of one case. ``changes`` arrived in Kafka within ``seconds``, in which the task process used ``cpu_seconds``.

    Memory is of worker, fork server and task together: while the task waited (None: it was not looked at), and at its peak.
    """

    changes: int
    seconds: float
    cpu_seconds: float
    idle_kib: int | None
    peak_kib: int
    plain: Drained | None
    row_bytes: float

    def as_json(self) -> dict[str, Any]:
        """For the results file. Rates are for cases with a plain reader; of a handful of huge rows they would say nothing."""
        document: dict[str, Any] = {
            "changes": self.changes, "seconds": self.seconds, "cpu_seconds": self.cpu_seconds, "row_bytes": self.row_bytes,
            "peak_memory_mib": self.peak_kib / 1024,
        }
        if self.idle_kib is not None:
            document["idle_memory_mib"] = self.idle_kib / 1024
        if self.plain is not None:
            rate = self.plain.rows / self.plain.seconds
            document |= {
                "events_per_second": self.changes / self.seconds,
                "task_cpu_seconds_per_million": self.cpu_seconds / self.changes * 1e6,
                "plain_events_per_second": rate,
                "plain_cpu_seconds_per_million": self.plain.cpu_seconds / self.plain.rows * 1e6,
                "ratio_to_plain": self.changes / self.seconds / rate,
            }
        return document


FIGURES = (
    ("events_per_second", "events/s", "{:,.0f}"),
    ("plain_events_per_second", "plain reader, events/s", "{:,.0f}"),
    ("ratio_to_plain", "ratio to the plain reader", "{:.2f}"),
    ("task_cpu_seconds_per_million", "task, CPU-s per million", "{:.2f}"),
    ("plain_cpu_seconds_per_million", "plain reader, CPU-s per million", "{:.2f}"),
    ("idle_memory_mib", "worker + task, waiting, MiB", "{:.0f}"),
    ("peak_memory_mib", "worker + task, peak MiB", "{:.0f}"),
)
"""Name in the results file, label and format of every figure that is shown."""

