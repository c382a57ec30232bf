"""The plots and the table of the manual from a results file: ``python -m bench.plot [RESULTS [FOLDER]]``."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import report
from bench.bars import BARS
from bench.figures import FIGURES
from bench.svg import BarLine, Curve, bars, curves

__all__ = ["draw", "growth", "manual", "targets"]

_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"


def targets(found: Mapping[str, Any]) -> str:
    """Every figure that has a bar, as a share of it."""
    lines = []
    for row, goals in BARS.items():
        figures = found["rows"].get(row, {}).get("figures", {})
        for key, bar in goals.items():
            if (value := figures.get(key)) is not None:
                low, high = sorted(bar.progress(value[k]) for k in ("min", "max"))
                told = f"{FIGURES[key].form.format(value['median'])} ({value['verdict']})"
                lines.append(BarLine(f"{row}: {FIGURES[key].label}", bar.progress(value["median"]), low, high, told))
    return bars("How far each goal is reached (median; the line: least and most of the runs)", lines)


def growth(found: Mapping[str, Any], figure: str, title: str) -> str:
    """One figure of all growth cases over the number that grows. Raises ValueError when none was run."""
    points: dict[str, list[tuple[float, float]]] = {}
    for name, row in found["rows"].items():
        if "x" in row["figures"] and figure in row["figures"]:
            x, y = (row["figures"][key]["median"] for key in ("x", figure))
            points.setdefault(name.rpartition("-")[0], []).append((x, y))
    return curves(title, "columns, bytes of a value, rows of a transaction, captured tables", FIGURES[figure].label,
                  [Curve(case, sorted(one)) for case, one in points.items()])


def manual(text: str, found: Mapping[str, Any]) -> str:
    """The manual with its figures between the marks replaced. Raises ValueError when it has no marks."""
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"the manual has no {_BEGIN} … {_END}")
    return f"{before}{_BEGIN}\n{report.markdown(found)}{_END}{after}"


def draw(found: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write the plots for what the results have; where they are."""
    drawn = {"performance-goals.svg": targets(found)}
    for name, figure, title in (
        ("performance-growth-cpu.svg", "task_cpu_seconds_per_million", "CPU of the task, seconds per million rows"),
        ("performance-growth-memory.svg", "peak_memory_mib", "Memory of worker and task, peak MiB"),
    ):
        try:
            drawn[name] = growth(found, figure, title)
        except ValueError:  # no growth case was chosen
            continue
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in drawn.items():
        (folder / name).write_text(text)
    return [folder / name for name in drawn]


def main() -> int:
    """Plots into docs/ and figures into docs/performance.md."""
    results, folder = ([*sys.argv[1:], "bench/results/latest.json", "docs"][i] for i in (0, -1))
    found = json.loads(Path(results).read_text())
    if found.get("format") != report.FORMAT:
        print(f"bench: {results} is of another version of the benchmark; run it again")
        return 1
    page = Path(folder) / "performance.md"
    page.write_text(manual(page.read_text(), found))
    for path in [page, *draw(found, Path(folder))]:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
