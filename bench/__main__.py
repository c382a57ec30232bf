"""`make bench`: backlogs and tables brought through the whole path; speed, CPU and memory beside a plain reader of the same run.

`make bench-quick` does the same once with small sizes. Environment: BENCH_CASES (names, separated by commas; default all),
BENCH_RUNS (3), BENCH_OUTPUT (bench/results/latest.json); sizes: BENCH_CHANGES, BENCH_TRANSACTION, BENCH_SINGLE, BENCH_HUGE,
BENCH_DOCUMENT (bytes), BENCH_DOCUMENTS.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

from rich.console import Console

from bench import report
from bench.cases import CASES, Sizes
from bench.figures import Result
from devstack.errors import DevstackError
from devstack.progress import Progress
from devstack.stack import Stack

QUICK = Sizes(changes=30_000, single=10_000, huge=150_000, document=16 << 20, documents=4)

SETTINGS = {"kafka": {"num.io.threads": "3"}}
"""Each of the broker's threads (8 by default) keeps a direct buffer as large as the largest record it ever wrote: eight of 64 MiB
are more than a JVM of 512 MiB may have."""


def sizes_of(environment: Mapping[str, str], quick: bool) -> Sizes:
    """The sizes that the environment asks for. Raises ValueError for what is no number."""
    given = {f.name: environment.get(f"BENCH_{f.name.upper()}") for f in fields(Sizes)}
    return replace(QUICK if quick else Sizes(), **{name: int(value) for name, value in given.items() if value})


def chosen(environment: Mapping[str, str]) -> list[str]:
    """The cases to run, in their order. Raises ValueError for a name that is none."""
    wanted = [name.strip() for name in environment.get("BENCH_CASES", "").split(",") if name.strip()]
    for name in wanted:
        if name not in CASES:
            raise ValueError(f"BENCH_CASES: there is no case {name!r}; there are: {', '.join(CASES)}")
    return [name for name in CASES if name in wanted or not wanted]


def main() -> int:
    """Run and write the results; 1 when a case could not be run, the others are written all the same."""
    quick = "--quick" in sys.argv[1:]
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        sizes, names = sizes_of(os.environ, quick), chosen(os.environ)
        runs = int(os.environ.get("BENCH_RUNS") or (1 if quick else 3))
    except ValueError as e:
        console.print(f"bench: {e}", markup=False, soft_wrap=True)
        return 1
    output = Path(os.environ.get("BENCH_OUTPUT") or f"bench/results/{'quick' if quick else 'latest'}.json")
    servers = ["kafka", "registry", *dict.fromkeys(server for name in names for server in CASES[name].servers)]
    results: dict[str, list[Result]] = {name: [] for name in names}
    failed = False
    try:
        for number in range(1, runs + 1):
            with Stack(servers, settings=SETTINGS, progress=Progress()) as stack:
                for name in names:
                    console.print(f"== run {number} of {runs}: {name} ({CASES[name].title(sizes)})", markup=False, soft_wrap=True)
                    results[name].append(CASES[name].run(name, stack, sizes))
    except (DevstackError, RuntimeError, TimeoutError) as e:
        console.print(f"bench: {e}", markup=False, soft_wrap=True)
        failed = True
    results = {name: made for name, made in results.items() if made}
    if not results:
        return 1
    found = report.document(results, sizes, report.hardware())
    console.print(report.table(found))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(found, indent=2) + "\n")
    console.print(f"written to {output}" + ("; not all cases were run" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
