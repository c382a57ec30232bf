"""Fuzz the decoders: python -m tests.fuzz [TARGET …] [--inputs N] [--seed S] [--jobs J]. Exit code 1 when something is found."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.fuzz.runner import fuzz
from tests.fuzz.targets import targets


def main() -> int:
    known = targets()
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"default all: {', '.join(known)}")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="mutated inputs of each target (default 1000000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--found", type=Path, default=Path("build/fuzz"), help="folder for inputs that are found")
    options = parser.parse_args()
    unknown = [name for name in options.targets if name not in known]
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)}")
    print(f"{'target':<20}{'inputs':>10}{'refused':>9}{'seconds':>9}{'slowest':>11}{'memory':>9}  found", flush=True)
    wrong = False
    for name in options.targets or known:
        result = fuzz(known[name], options.inputs, options.seed, options.jobs, options.found)
        share = result.refused / max(1, result.inputs)
        print(f"{name:<20}{result.inputs:>10}{share:>9.0%}{result.seconds:>9.1f}{result.slowest * 1000:>8.1f} ms"
              f"{result.memory >> 20:>6} MB  {len(result.findings)}", flush=True)
        for finding in result.findings:
            wrong = True
            print(f"  {finding.what.strip()}\n  input of {len(finding.data)} bytes: {finding.data[:200]!r}", flush=True)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
