"""`make bench`: everything that is promised about speed, latency and memory, beside the limits of the same run.

`make bench-quick` does the essential cases once with small sizes. Environment: BENCH_CASES (names, separated by commas; a name
ending in * is a beginning; default all), BENCH_RUNS (3), BENCH_OUTPUT (bench/results/latest.json), and the sizes of
:class:`bench.sizes.Sizes` (BENCH_CHANGES, …).
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import report
from bench.cases import CASES
from bench.figures import Row
from bench.lab import SETTINGS, Lab
from bench.plot import draw
from bench.sizes import Sizes, sizes_of
from bench.warming import warm
from devstack.errors import DevstackError
from devstack.progress import Progress
from devstack.stack import Stack

__all__ = ["chosen"]


def chosen(environment: Mapping[str, str], quick: bool = False) -> list[str]:
    """The cases to run, in their order. Raises ValueError for a name that is none."""
    wanted = [name.strip() for name in environment.get("BENCH_CASES", "").split(",") if name.strip()]
    for name in wanted:
        if not any(_is(name, case) for case in CASES):
            raise ValueError(f"BENCH_CASES: there is no case {name!r}; there are: {', '.join(CASES)}")
    if not wanted:
        return [name for name, case in CASES.items() if case.quick or not quick]
    return [case for case in CASES if any(_is(name, case) for name in wanted)]


def _is(name: str, case: str) -> bool:
    return case.startswith(name[:-1]) if name.endswith("*") else case == name


def _run(console: Console, stack: Stack, names: Sequence[str], runs: int, sizes: Sizes,
         keep: Callable[[list[Row]], object], logs: Path) -> tuple[list[Row], list[str]]:
    """All runs of all cases, one run after the other, so that what disturbs for a while disturbs one run of several cases and
    not all of one. What there is so far is given to ``keep`` after each. A case that fails, of whatever, is told and not
    tried again: half an hour of figures is not lost for one. Its workers' logs are copied to ``logs``."""
    rows: list[Row] = []
    failed: list[str] = []
    for number in range(1, runs + 1):
        for name in (name for name in names if name not in failed):
            case, began = CASES[name], time.monotonic()
            console.print(f"== run {number} of {runs}: {name} ({case.title(sizes)})", markup=False, soft_wrap=True)
            lab = Lab(stack, sizes, f"{name.replace('-', '_')}_r{number}")
            try:
                with lab.cleaned():
                    rows += case.run(name, lab)
                keep(rows)
            except Exception as e:  # noqa: BLE001  (clients of servers raise whatever they like)
                console.print(f"bench: {name}: {type(e).__name__}: {e}", markup=False, soft_wrap=True)
                failed.append(name)
                for log in sorted(lab.folder.glob("**/*.log")):
                    shutil.copyfile(log, logs / f"{lab.name}-{log.parent.name}-{log.name}")
            console.print(f"   {time.monotonic() - began:.0f} s", markup=False)
    return rows, failed


def main() -> int:
    """Run and write the results; 1 when a case could not be run, the others are written all the same."""
    quick = "--quick" in sys.argv[1:]
    console = Console(width=None if sys.stdout.isatty() else 140)
    began = time.monotonic()
    try:
        sizes, names = sizes_of(os.environ, quick), chosen(os.environ, quick)
        runs = int(os.environ.get("BENCH_RUNS") or (1 if quick else 3))
    except ValueError as e:
        console.print(f"bench: {e}", markup=False, soft_wrap=True)
        return 1
    output = Path(os.environ.get("BENCH_OUTPUT") or f"bench/results/{'quick' if quick else 'latest'}.json")
    servers = ["kafka", "registry", *dict.fromkeys(CASES[name].server for name in names)]
    settings = {server: given for server, given in SETTINGS.items() if server in servers}
    plain = {name: case.plain for name, case in CASES.items() if case.plain}
    output.parent.mkdir(parents=True, exist_ok=True)

    def keep(rows: list[Row]) -> dict[str, Any]:
        found = report.document(rows, sizes, report.hardware(), plain)
        output.write_text(json.dumps(found, indent=2) + "\n")
        return found

    try:
        with Stack(servers, settings=settings, progress=Progress()) as stack:
            warm(stack.kafka.bootstrap, sizes.warming, sizes.warming // 500)
            rows, failed = _run(console, stack, names, runs, sizes, keep, output.parent)
    except DevstackError as e:
        console.print(f"bench: {e}", markup=False, soft_wrap=True)
        return 1
    if not rows:
        return 1
    found = keep(rows)
    console.print(report.table(found))
    written = [output, *draw(found, output.parent)]
    console.print(f"written to {', '.join(map(str, written))} after {time.monotonic() - began:.0f} s", soft_wrap=True)
    if failed:
        console.print(f"not run: {', '.join(failed)}", soft_wrap=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
