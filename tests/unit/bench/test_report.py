"""What the benchmark makes of its runs, and what it lets be chosen; no server."""

import io

import pytest
from rich.console import Console

from bench.__main__ import QUICK, chosen, sizes_of
from bench.cases import CASES, Sizes
from bench.figures import FIGURES, Drained, Result
from bench.report import document, table

STREAM = Result(200, 2.0, 0.5, 1024, 2048, Drained(1000, 1.0, 0.25), 100.0)
FASTER = Result(400, 2.0, 0.5, 1024, 4096, Drained(1000, 1.0, 0.25), 100.0)
ROW = Result(1, 3.0, 1.0, 1024, 8192, None, 64.0)


def test_rates_are_compared_with_the_plain_reader_of_the_same_run() -> None:
    figures = STREAM.as_json()
    assert figures["events_per_second"] == 100
    assert figures["ratio_to_plain"] == 0.1
    assert figures["task_cpu_seconds_per_million"] == 2500
    assert figures["plain_cpu_seconds_per_million"] == 250
    assert (figures["idle_memory_mib"], figures["peak_memory_mib"]) == (1, 2)


def test_a_case_without_a_plain_reader_tells_memory_only() -> None:
    found = document({"mysql-huge-row": [ROW]}, Sizes(), {})["cases"]["mysql-huge-row"]
    assert set(found["figures"]) == {"idle_memory_mib", "peak_memory_mib"}


def test_median_least_and_most_of_the_runs_are_kept_with_the_runs() -> None:
    found = document({"mysql-stream": [STREAM, FASTER, STREAM]}, Sizes(), {"cores": 2})
    case = found["cases"]["mysql-stream"]
    assert case["figures"]["events_per_second"] == {"median": 100, "min": 100, "max": 200}
    assert len(case["runs"]) == 3
    assert found["hardware"] == {"cores": 2}


def test_the_table_has_a_line_for_each_case_and_figure() -> None:
    out = io.StringIO()
    Console(file=out, width=120).print(table(document({"mysql-stream": [STREAM], "mysql-huge-row": [ROW]}, Sizes(), {})))
    lines = [line for line in out.getvalue().splitlines() if "mysql-" in line]
    assert len(lines) == len(FIGURES) + 2


def test_cases_and_sizes_are_chosen_by_the_environment() -> None:
    assert chosen({"BENCH_CASES": "mysql-stream, postgres-stream"}) == ["postgres-stream", "mysql-stream"]
    assert chosen({}) == list(CASES)
    assert sizes_of({"BENCH_CHANGES": "7"}, quick=True).changes == 7
    assert sizes_of({}, quick=True) == QUICK
    with pytest.raises(ValueError, match="no case 'oracle-stream'"):
        chosen({"BENCH_CASES": "oracle-stream"})
