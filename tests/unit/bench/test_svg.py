"""The plots; no server."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.figures import Row
from bench.plot import draw, growth, manual, targets
from bench.report import document
from bench.sizes import Sizes
from bench.svg import BarLine, Curve, bars, curves

NAME = "{http://www.w3.org/2000/svg}"
MACHINE = {"cores": 2, "cpu": "a processor", "python": "3.11", "core": "native"}
FOUND = document(
    [Row("mysql-idle", "idle", {"task_cores": 0.0, "offsets_seen": 2}),
     *(Row(f"mysql-values-{n}", "values", {"x": n, "task_cpu_seconds_per_million": n / 10, "peak_memory_mib": 100.0})
       for n in (10, 1000))],
    Sizes(), MACHINE, {})


def test_bars_are_as_long_as_they_are_far_and_cut_off() -> None:
    root = ElementTree.fromstring(bars("a <title>", [BarLine("one & two", 1.0, 0.5, 1.5, "met"), BarLine("b", 9e9, 1, 9e9, "")]))
    first, second = (float(rect.attrib["width"]) for rect in root.findall(f"{NAME}rect")[1:])
    assert second == pytest.approx(4 * first, abs=0.5)
    assert {"a <title>", "one & two", "met"} <= {text.text for text in root.findall(f"{NAME}text")}


def test_curves_are_lines_on_logarithmic_axes() -> None:
    root = ElementTree.fromstring(curves("t", "x", "y", [Curve("c", [(1, 1), (10, 10), (100, 100), (0, 5)])]))
    (line,) = root.findall(f"{NAME}polyline")
    points = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
    assert len(points) == 3
    assert points[1][0] == pytest.approx((points[0][0] + points[2][0]) / 2, abs=0.1)
    assert points[0][1] > points[2][1]
    with pytest.raises(ValueError, match="nothing to plot"):
        curves("t", "x", "y", [])


def test_plots_are_made_of_a_results_file(tmp_path: Path) -> None:
    assert "mysql-idle: task, share of a core" in targets(FOUND)
    assert ">mysql-values<" in growth(FOUND, "task_cpu_seconds_per_million", "CPU")
    names = {path.name for path in draw(FOUND, tmp_path)}
    assert names == {"performance-goals.svg", "performance-growth-cpu.svg", "performance-growth-memory.svg"}
    for name in names:
        ElementTree.parse(tmp_path / name)


def test_the_manuals_figures_are_replaced_between_their_marks() -> None:
    text = manual("before\n<!-- figures -->\nold\n<!-- end of figures -->\nafter\n", FOUND)
    assert text.startswith("before\n<!-- figures -->\n2 cores")
    assert text.endswith("<!-- end of figures -->\nafter\n")
    assert "old" not in text
    with pytest.raises(ValueError, match="has no"):
        manual("nothing", FOUND)
