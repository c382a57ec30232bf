"""`make bench`: drain a backlog and print events/s, CPU and memory, each beside a plain reader of the same run.

Environment: BENCH_CHANGES (default 300000), BENCH_TRANSACTION (rows a transaction, 1000), BENCH_RUNS (3),
BENCH_OUTPUT (bench/results/latest.json).
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import schemas.core  # noqa: F401 - loading it decides which core is reported
from bench.drain import Result, run
from devstack.progress import Progress
from devstack.stack import Stack
from schemas.core_select import implementation

ROWS = (
    ("events_per_second", "events/s", "{:,.0f}"),
    ("plain_events_per_second", "plain reader, events/s", "{:,.0f}"),
    ("ratio_to_plain", "ratio to the plain reader", "{:.2f}"),
    ("task_cpu_seconds_per_million", "task, CPU-s per million", "{:.2f}"),
    ("plain_cpu_seconds_per_million", "plain reader, CPU-s per million", "{:.2f}"),
    ("peak_memory_mib", "worker + task, peak MiB", "{:.0f}"),
)


def hardware() -> dict[str, Any]:
    """What it ran on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "?")
    return {"cpu": cpu, "cores": os.cpu_count(), "python": platform.python_version(), "core": implementation()}


def report(results: list[Result], console: Console) -> dict[str, Any]:
    """Print the table; the same as JSON."""
    rows = [r.as_json() for r in results]
    table = Table(title=f"PostgreSQL stream → Avro → Kafka, {results[0].changes:,} changes, 10 columns, {len(rows)} run(s)")
    for column in ("", "median", "min", "max"):
        table.add_column(column, justify="left" if not column else "right")
    for name, label, form in ROWS:
        values = [r[name] for r in rows]
        table.add_row(label, *(form.format(v) for v in (statistics.median(values), min(values), max(values))))
    console.print(table)
    return {"hardware": hardware(), "runs": rows}


def main() -> int:
    """Run and write the results."""
    changes = int(os.environ.get("BENCH_CHANGES", "300000"))
    size = int(os.environ.get("BENCH_TRANSACTION", "1000"))
    console = Console()
    results = []
    for number in range(int(os.environ.get("BENCH_RUNS", "3"))):
        with Stack(["kafka", "registry", "postgres"], progress=Progress()) as stack:
            console.print(f"== run {number + 1}")
            results.append(run(stack, changes, size, console.print))
    document = report(results, console)
    output = Path(os.environ.get("BENCH_OUTPUT", "bench/results/latest.json"))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(document, indent=2) + "\n")
    console.print(f"written to {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
