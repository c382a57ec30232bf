"""Results as a document for programs, a table for people and one for the manual. Pure, but for what the machine tells."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

import schemas.core  # noqa: F401 - loading it decides which core is reported
from bench.bars import BARS, REFERENCE, verdict
from bench.figures import FIGURES, Row, spread
from bench.sizes import Sizes
from schemas.core_select import implementation

__all__ = ["FORMAT", "document", "hardware", "markdown", "table"]

FORMAT = 2
"""The version of the results file. 1 was without it, by case instead of by row."""

_COLORS = {"missed": "red", "met": "green", "stretch met": "bold green"}


def hardware() -> dict[str, Any]:
    """What it ran on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "?")
    return {"cpu": cpu, "cores": os.cpu_count(), "python": platform.python_version(), "core": implementation()}


def document(rows: Sequence[Row], sizes: Sizes, machine: Mapping[str, Any], plain: Mapping[str, str]) -> dict[str, Any]:
    """What goes into the results file. ``rows`` are those of all runs, ``plain`` the plain readers in words, by row."""
    found: dict[str, Any] = {}
    for row in rows:
        one = found.setdefault(row.name, {"title": row.title, "plain_reader": plain.get(row.name), "figures": {}, "runs": []})
        one["runs"].append(dict(row.figures))
    for name, one in found.items():
        for figure in one["runs"][0]:
            values = spread([run[figure] for run in one["runs"] if figure in run])
            one["figures"][figure] = {**values, **_goal(name, figure, values["median"])}
    return {"format": FORMAT, "hardware": dict(machine), "sizes": asdict(sizes), "rows": found}


def _goal(row: str, figure: str, median: float) -> dict[str, Any]:
    bar = BARS.get(row, {}).get(figure)
    if bar is None:
        return {}
    return {"bar": bar.bar, "stretch": bar.stretch, "least": bar.least, "verdict": verdict(row, figure, median)}


def table(found: Mapping[str, Any]) -> Table:
    """A line for each row and figure of a document."""
    runs = max((len(row["runs"]) for row in found["rows"].values()), default=0)
    shown = Table(title=f"wire → Avro → Kafka, default settings, {runs} run(s)")
    for column in ("case", "figure", "median", "min", "max", "bar", "stretch", ""):
        shown.add_column(column, justify="left" if column in ("case", "figure", "") else "right", overflow="fold")
    for name, lines in _lines(found):
        for line in lines:
            told = line[-1] or "no bar"
            shown.add_row(Text(name, no_wrap=True), *line[:-1], Text(told, style=_COLORS.get(told, "dim")))
        shown.add_section()
    return shown


def markdown(found: Mapping[str, Any]) -> str:
    """The same for the manual, with the figures of the reference system where there are any: those were measured elsewhere."""
    machine = found["hardware"]
    lines = [
        f"{machine['cores']} cores ({machine['cpu']}) that also ran database, broker and registry, Python {machine['python']}, "
        f"{machine['core']} core.", "",
        "| case | figure | median | min | max | bar | stretch | | Debezium, **measured elsewhere** |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    keys = {figure.label: key for key, figure in FIGURES.items()}
    for name, figures in _lines(found):
        for number, line in enumerate(figures):
            reference = REFERENCE.get(name, {}).get(keys[line[0]], "")
            lines.append("| " + " | ".join((f"`{name}`" if number == 0 else "", *line, reference)) + " |")
    return "\n".join(lines) + "\n"


def _lines(found: Mapping[str, Any]) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """By row: label, median, min, max, bar, stretch, verdict of each figure that is shown."""
    for name, row in found["rows"].items():
        lines = []
        for key, figure in FIGURES.items():
            if figure.shown and (value := row["figures"].get(key)):
                sign = "≥ " if value.get("least") else "≤ "
                goals = (sign + _short(value[k]) if value.get(k) is not None else "" for k in ("bar", "stretch"))
                lines.append((figure.label, *(figure.form.format(value[k]) for k in ("median", "min", "max")), *goals,
                              value.get("verdict", "")))
        yield name, lines


def _short(goal: float) -> str:
    return f"{goal:,.0f}" if goal >= 1000 else f"{goal:g}"
