"""Goals and verdicts; no server."""

import pytest

from bench.bars import BARS, REFERENCE, Bar, verdict
from bench.cases import CASES
from bench.figures import FIGURES


def test_goals_are_of_rows_and_figures_that_there_are() -> None:
    for row, figures in [*BARS.items(), *REFERENCE.items()]:
        assert row in CASES or row.rpartition("-")[0] in CASES, row
        assert figures.keys() <= FIGURES.keys(), row


@pytest.mark.parametrize(("row", "figure", "median", "said"), [
    ("mysql-stream", "events_per_second", 249_999, "missed"),
    ("mysql-stream", "events_per_second", 250_000, "met"),
    ("mysql-stream", "events_per_second", 400_000, "stretch met"),
    ("mysql-stream", "task_cpu_seconds_per_million", 4.01, "missed"),
    ("mysql-stream", "task_cpu_seconds_per_million", 2.5, "stretch met"),
    ("postgres-stream", "ratio_to_plain", 1.2, "met"),
    ("postgres-stream", "idle_memory_mib", 1000, ""),
    ("postgres-columns-10", "events_per_second", 1, ""),
])
def test_a_median_meets_its_bar_and_stretch_goal_or_misses_them(row: str, figure: str, median: float, said: str) -> None:
    assert verdict(row, figure, median) == said


def test_progress_is_one_at_the_bar_and_more_when_it_is_better() -> None:
    assert Bar(200, least=True).progress(100) == 0.5
    assert Bar(10).progress(20) == 0.5
    assert Bar(10).progress(5) == 2
    assert Bar(10).progress(0) == float("inf")
