"""Runs a target on many mutated inputs, with a limit of time and memory for each.

A worker process writes the input at hand into a file before it runs it, so that its parent has it when the worker hangs in
compiled code, is killed for memory, or crashes.
"""

from __future__ import annotations

import mmap
import multiprocessing
import random
import resource
import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType

from tests.fuzz.sanitized import REPORTS
from tests.fuzz.targets import Target, corpus_of, targets

__all__ = ["Finding", "Result", "fuzz", "run_inputs"]

SECONDS = 5.0
"""An input that takes longer is a finding."""
MEMORY = 768 << 20
"""What a worker may have on top of what it starts with."""
_STARTING = 300.0
"""A worker begins with its first input by then: under a sanitizer, on a busy machine, its imports take long."""
_SLOT = 1 << 20
_SHOWN = 24
"""Lines of a sanitizer's report that are shown."""


class _TooLong(BaseException):
    """An input took too long. Not an Exception, so that no decoder catches it."""


@dataclass(frozen=True)
class Finding:
    """An input that did what none may do."""

    target: str
    what: str
    data: bytes


@dataclass
class Result:
    """What came of one target."""

    target: str
    inputs: int = 0
    refused: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    memory: int = 0
    """The largest resident size of a worker, in bytes."""
    findings: list[Finding] = field(default_factory=list)


@contextmanager
def _alarm() -> Iterator[None]:
    def fire(number: int, frame: FrameType | None) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, fire)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def run_inputs(target: Target, count: int, seed: int, *, slot: mmap.mmap | None = None, enough: int = 5) -> Result:
    """Run that many inputs in this process, its main thread; the same seed gives the same ones. The corpus itself comes first."""
    corpus = corpus_of(target)
    rng = random.Random(f"{target.name}/{seed}")
    result = Result(target.name)
    started = time.perf_counter()
    with _alarm():
        for number in range(count):
            whole = number < len(corpus)
            data = corpus[number] if whole else target.mutate(rng, rng.choice(corpus), corpus)
            if slot is not None:
                _keep(slot, number, data)
            finding = _one(target, data, result, strict=whole and target.accepts)
            if finding is not None:
                result.findings.append(finding)
                if len(result.findings) >= enough:
                    break
    result.seconds = time.perf_counter() - started
    result.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    return result


def _one(target: Target, data: bytes, result: Result, *, strict: bool) -> Finding | None:
    result.inputs += 1
    begun = time.perf_counter()
    what = None
    try:
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        target.run(data)
    except ValueError as refused:
        result.refused += 1
        if strict:
            what = f"a corpus input is refused: {refused}"
    except _TooLong:
        what = f"took longer than {SECONDS} s"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        what = "".join(traceback.format_exception(error, limit=-4))
    signal.setitimer(signal.ITIMER_REAL, 0)
    result.slowest = max(result.slowest, time.perf_counter() - begun)
    return None if what is None else Finding(target.name, what, data)


def _keep(slot: mmap.mmap, number: int, data: bytes) -> None:
    slot[:16] = (number + 1).to_bytes(8, "little") + len(data).to_bytes(8, "little")
    slot[16:16 + len(data)] = data


def _worker(name: str, count: int, seed: int, path: Path, sender: Connection) -> None:
    with path.open("r+b") as file, mmap.mmap(file.fileno(), _SLOT) as slot:
        target = targets()[name]
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
        sender.send(run_inputs(target, count, seed, slot=slot))
        sender.close()


def fuzz(target: Target, count: int, seed: int, jobs: int, folder: Path) -> Result:
    """Run ``count`` inputs in ``jobs`` processes; inputs found wrong are written to ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("spawn")
    total = Result(target.name)
    running = []
    for job in range(jobs):
        path = folder / f".{target.name}-{job}"
        path.write_bytes(bytes(_SLOT))
        receiver, sender = context.Pipe(duplex=False)
        share = count // jobs + (job < count % jobs)
        process = context.Process(target=_worker, args=(target.name, share, seed * 1000 + job, path, sender), daemon=True)
        process.start()
        sender.close()
        running.append((process, receiver, path))
    for process, receiver, path in running:
        part = _await(target, process, receiver, path)
        process.kill()
        process.join()
        path.unlink()
        total.inputs += part.inputs
        total.refused += part.refused
        total.seconds = max(total.seconds, part.seconds)
        total.slowest = max(total.slowest, part.slowest)
        total.memory = max(total.memory, part.memory)
        total.findings += part.findings
    for number, finding in enumerate(total.findings):
        (folder / f"{target.name}-{seed}-{number}").write_bytes(finding.data)
    return total


def _await(target: Target, process: multiprocessing.process.BaseProcess, receiver: Connection, path: Path) -> Result:
    """The worker's result, or what its slot says when it gives none."""
    last, since = -1, time.monotonic()
    while not receiver.poll(1.0):
        number, data = _slot(path)
        if number != last:
            last, since = number, time.monotonic()
        elif time.monotonic() - since > (6 * SECONDS if number else _STARTING):
            return Result(target.name, number, findings=[Finding(target.name, "hangs where no signal reaches it", data)])
    try:
        result = receiver.recv()
    except EOFError:
        process.join()
        number, data = _slot(path)
        what = f"the process died: {process.exitcode}\n{_report(process.pid)}"
        return Result(target.name, number, findings=[Finding(target.name, what, data)])
    assert isinstance(result, Result)
    return result


def _report(pid: int | None) -> str:
    """What the sanitizer says of a process that it ended: as far as the core's own frames, which come first."""
    path = Path(f"{REPORTS}.{pid}")
    if not path.exists():
        return ""
    lines = path.read_text(errors="replace").splitlines()
    return "\n".join([*lines[:_SHOWN], f"(all of it: {path})"])


def _slot(path: Path) -> tuple[int, bytes]:
    """How many inputs were begun, and the last of them."""
    raw = path.read_bytes()
    return int.from_bytes(raw[:8], "little"), raw[16:16 + int.from_bytes(raw[8:16], "little")]
