"""What the benchmark makes of its runs, and what it lets be chosen; no server."""

import io
import json

import pytest
from rich.console import Console

from bench.__main__ import chosen
from bench.cases import CASES
from bench.figures import FIGURES, Drained, Result, Row
from bench.report import FORMAT, document, markdown, table
from bench.sizes import QUICK, Sizes, sizes_of

STREAM = Result(200, 2.0, 0.5, 1024, 2048, Drained(1000, 1.0, 0.25), 100.0, (Drained(500, 1.0, 0.1), Drained(400, 1.0, 0.2)))
FASTER = Result(400, 2.0, 0.5, 1024, 4096, Drained(1000, 1.0, 0.25), 100.0)
HUGE = Result(1, 3.0, 1.0, 1024, 8192, None, 64.0)
MACHINE = {"cores": 2, "cpu": "a processor", "python": "3.11", "core": "native"}


def rows(name: str, *results: Result) -> list[Row]:
    return [Row(name, "a title", result.figures()) for result in results]


def test_rates_are_compared_with_plain_reader_and_producer_of_the_same_run() -> None:
    figures = STREAM.figures()
    assert figures["events_per_second"] == 100
    assert figures["ratio_to_plain"] == 0.1
    assert figures["task_cpu_seconds_per_million"] == 2500
    assert figures["plain_cpu_seconds_per_million"] == 250
    assert figures["producer_events_per_second"] == 500
    assert figures["producer_headers_cpu_seconds_per_million"] == 500
    assert (figures["idle_memory_mib"], figures["peak_memory_mib"]) == (1, 2)


def test_a_case_without_a_plain_reader_tells_memory_only() -> None:
    assert set(HUGE.figures()) == {"idle_memory_mib", "peak_memory_mib", "row_bytes"}


def test_median_least_and_most_of_the_runs_are_kept_with_the_runs_and_the_goals() -> None:
    found = document(rows("mysql-stream", STREAM, FASTER, STREAM), Sizes(), MACHINE, {"mysql-stream": "a reader"})
    row = found["rows"]["mysql-stream"]
    speed = row["figures"]["events_per_second"]
    assert (speed["median"], speed["min"], speed["max"]) == (100, 100, 200)
    assert (speed["bar"], speed["stretch"], speed["verdict"]) == (250_000, 400_000, "missed")
    assert row["figures"]["peak_memory_mib"]["verdict"] == "stretch met"
    assert "bar" not in row["figures"]["ratio_to_plain"]
    assert len(row["runs"]) == 3
    assert (found["format"], found["hardware"]) == (FORMAT, MACHINE)
    assert json.loads(json.dumps(found)) == found


def test_the_table_has_a_line_for_each_row_and_shown_figure_and_says_whether_its_goal_is_met() -> None:
    out = io.StringIO()
    found = document(rows("mysql-stream", STREAM) + rows("mysql-huge-row", HUGE), Sizes(), MACHINE, {})
    Console(file=out, width=160).print(table(found))
    lines = [line for line in out.getvalue().splitlines() if "mysql-" in line]
    shown = sum(FIGURES[figure].shown for figure in STREAM.figures())
    assert len(lines) == shown + 2
    assert sum("missed" in line for line in lines) == 2  # events/s and CPU
    assert sum("no bar" in line for line in lines) == len(lines) - 3


def test_every_figure_that_a_result_has_can_be_shown() -> None:
    assert STREAM.figures().keys() <= FIGURES.keys()


def test_the_manual_shows_what_was_measured_elsewhere_beside_it() -> None:
    text = markdown(document(rows("postgres-stream", STREAM), Sizes(), MACHINE, {}))
    (line,) = [line for line in text.splitlines() if "| events/s |" in line]
    assert line == "| `postgres-stream` | events/s | 100 | 100 | 100 |  |  |  | 40,000 |"
    assert "**measured elsewhere**" in text


def test_cases_and_sizes_are_chosen_by_the_environment() -> None:
    assert chosen({"BENCH_CASES": "mysql-stream, postgres-stream"}) == ["postgres-stream", "mysql-stream"]
    assert chosen({"BENCH_CASES": "postgres-i*"}) == ["postgres-idle"]
    assert chosen({}) == list(CASES)
    assert chosen({}, quick=True) == [name for name, case in CASES.items() if case.quick]
    assert sizes_of({"BENCH_CHANGES": "7"}, quick=True).changes == 7
    assert sizes_of({}, quick=True) == QUICK
    with pytest.raises(ValueError, match="no case 'oracle-stream'"):
        chosen({"BENCH_CASES": "oracle-stream"})
    with pytest.raises(ValueError, match="BENCH_RATE"):
        sizes_of({"BENCH_RATE": "0"}, quick=False)
