"""Fuzz the decoders: python -m tests.fuzz [TARGET …] [--inputs N] [--seed S] [--jobs J]. Exit code 1 when something is found.

The core is built under AddressSanitizer first, where the compiler has it; with --plain it is the one that is there.
`python -m tests.fuzz TARGET --input FILE` runs the one input again.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tests.fuzz import sanitized
from tests.fuzz.runner import fuzz
from tests.fuzz.targets import targets


def run_on_sanitizer() -> None:
    """Start again on the sanitizer's build; comes back when the compiler has none."""
    asan = sanitized.library()
    if asan is None:
        print(f"fuzz: {sanitized.MISSING}", file=sys.stderr, flush=True)
        return
    print("fuzz: under AddressSanitizer; building the core for it (about two minutes the first time)", flush=True)
    sanitized.build()
    os.execve(sys.executable, [sys.executable, "-m", "tests.fuzz", *sys.argv[1:]], sanitized.environment(asan))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="default all")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="mutated inputs of each target (default 1000000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--found", type=Path, default=Path("build/fuzz"), help="folder for inputs that are found")
    parser.add_argument("--input", type=Path, help="run the target on this file only, as it is")
    parser.add_argument("--plain", action="store_true", help="on the core as it is, not under AddressSanitizer")
    options = parser.parse_args()
    if not options.plain and sanitized.CHOSEN not in os.environ:
        run_on_sanitizer()
    known = targets()
    unknown = [name for name in options.targets if name not in known]
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)}; there are {', '.join(known)}")
    if options.input is not None:
        if len(options.targets) != 1:
            parser.error("--input needs one target")
        try:
            known[options.targets[0]].run(options.input.read_bytes())
        except ValueError as refused:
            print(f"refused: {refused}")
        return 0
    print(f"{'target':<20}{'inputs':>10}{'refused':>9}{'seconds':>9}{'slowest':>11}{'memory':>9}  found", flush=True)
    wrong = False
    for name in options.targets or known:
        result = fuzz(known[name], options.inputs, options.seed, options.jobs, options.found)
        share = result.refused / max(1, result.inputs)
        print(f"{name:<20}{result.inputs:>10}{share:>9.0%}{result.seconds:>9.1f}{result.slowest * 1000:>8.1f} ms"
              f"{result.memory >> 20:>6} MB  {len(result.findings)}", flush=True)
        for number, finding in enumerate(result.findings):
            wrong = True
            path = options.found / f"{name}-{options.seed}-{number}"
            plain = " --plain" if options.plain else ""
            print(f"  {finding.what.strip()}\n  input of {len(finding.data)} bytes: {finding.data[:200]!r}\n"
                  f"  again: {sys.executable} -m tests.fuzz {name} --input {path}{plain}", flush=True)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
