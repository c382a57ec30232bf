"""Results as a table for people and a document for programs. Pure, but for what the machine says of itself."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

import schemas.core  # noqa: F401 - loading it decides which core is reported
from bench.cases import CASES, Sizes
from bench.figures import FIGURES, Result
from schemas.core_select import implementation

__all__ = ["document", "hardware", "table"]

Results = Mapping[str, Sequence[Result]]


def hardware() -> dict[str, Any]:
    """What it ran on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "?")
    return {"cpu": cpu, "cores": os.cpu_count(), "python": platform.python_version(), "core": implementation()}


def document(results: Results, sizes: Sizes, machine: Mapping[str, Any]) -> dict[str, Any]:
    """What goes into the results file."""
    cases = {}
    for name, runs in results.items():
        rows = [run.as_json() for run in runs]
        cases[name] = {
            "title": CASES[name].title(sizes), "plain_reader": CASES[name].plain,
            "figures": {figure: _spread([row[figure] for row in rows]) for figure, _, _ in FIGURES if figure in rows[0]},
            "runs": rows,
        }
    return {"hardware": dict(machine), "sizes": asdict(sizes), "cases": cases}


def table(found: Mapping[str, Any]) -> Table:
    """A line for each case and figure of a document."""
    runs = max((len(case["runs"]) for case in found["cases"].values()), default=0)
    shown = Table(title=f"wire → Avro → Kafka, tables of 10 columns, {runs} run(s)")
    for column in ("case", "figure", "median", "min", "max"):
        shown.add_column(column, justify="left" if column in ("case", "figure") else "right", overflow="fold")
    for name, case in found["cases"].items():
        spreads = case["figures"]
        for figure, text, form in FIGURES:
            if figure in spreads:
                values = (form.format(spreads[figure][k]) for k in ("median", "min", "max"))
                shown.add_row(Text(name, no_wrap=True), text, *values)
        shown.add_section()
    return shown


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}
