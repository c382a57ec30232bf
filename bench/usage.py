"""CPU seconds and memory of the worker's processes, from /proc."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devstack.process import ProcessId, is_running
from devstack.worker import WorkerProcess

__all__ = ["MemoryWatch", "cpu_seconds", "family_kib", "held", "task_processes"]

_SCHEDULED = 2
"""Which of the kernel's clocks of a process: the scheduler's (CPUCLOCK_SCHED)."""


def cpu_seconds(process: ProcessId) -> float:
    """User and system time of one process so far, all its threads and those that have ended. It is the kernel's CPU clock of the
    process (clock_getcpuclockid(3)): /proc/PID/stat says the same in hundredths of a second."""
    return time.clock_gettime_ns((~process.pid << 3) | _SCHEDULED) / 1e9


def pss_kib(process: ProcessId) -> int:
    """Proportional memory: pages shared with the fork server are counted once over all."""
    for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def task_processes(worker: WorkerProcess) -> list[ProcessId]:
    """The leaves below the worker: the tasks (and no fork server)."""
    family = worker.family()
    parents = {int(Path(f"/proc/{p.pid}/stat").read_text().rpartition(")")[2].split()[1]) for p in family}
    return [p for p in family if p.pid not in parents]


def family_kib(worker: WorkerProcess) -> int:
    """The memory of the worker and all below it."""
    total = 0
    for process in worker.family():
        try:
            if is_running(process):
                total += pss_kib(process)
        except OSError:
            continue
    return total


@contextmanager
def held(process: ProcessId) -> Iterator[None]:
    """The process stands still inside: a backlog is written that it finds when it goes on, warm and connected."""
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


class MemoryWatch:
    """Samples the memory of the worker and all below it, four times a second (the kernel walks all their pages for it, on the
    cores that are measured), until closed; ``peak_kib`` is the highest."""

    def __init__(self, worker: WorkerProcess) -> None:
        self._worker = worker
        self._halt = threading.Event()
        self.peak_kib = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        halted = False
        while not halted:  # once more when it is closed: what is over in no time has a peak too
            self.peak_kib = max(self.peak_kib, family_kib(self._worker))
            halted = self._halt.wait(0.25)
        self.peak_kib = max(self.peak_kib, family_kib(self._worker))

    def close(self) -> None:
        """Stop sampling."""
        self._halt.set()
        self._thread.join()
