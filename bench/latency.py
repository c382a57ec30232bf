"""From commit to consumer at a steady rate, and what an idle connector costs."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

from confluent_kafka import Consumer, TopicPartition

from bench import usage
from bench.commits import read_times
from bench.connector import STARTING, Connector, Worker
from bench.figures import latencies
from bench.lab import Lab
from bench.source import TABLE, Source
from devstack.process import ProcessId

__all__ = ["Arrivals", "idle", "latency", "row_number"]

_WARM_SECONDS = 3.0
"""At the beginning, not counted: schemas are registered, topics made."""
_SETTLE_SECONDS = 3.0


def row_number(key: bytes) -> int:
    """The row's ``id`` out of a Confluent Avro key that begins with it as a long (not negative). Raises ValueError."""
    value, shift = 0, 0
    for byte in key[5:]:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value >> 1
    raise ValueError("the key holds no number")


class Arrivals:
    """A consumer with default settings that notes when it has each row. A thread, until :meth:`close`."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.seen: dict[int, int] = {}
        self._halt = threading.Event()
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap, "log_level": 0, "group.id": "bench", "enable.auto.commit": False})
        self._consumer.assign([TopicPartition(topic, 0, 0)])
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._halt.is_set():
            message = self._consumer.poll(0.1)
            if message is not None and not message.error() and (key := message.key()):
                self.seen[row_number(key)] = time.monotonic_ns()

    def close(self) -> None:
        """Stop reading."""
        self._halt.set()
        self._thread.join()
        self._consumer.close()


def latency(lab: Lab, source: Source) -> dict[str, float]:
    """Rows one by one at the rate, each timed from the acknowledgement of its commit to when the consumer has it; the task's
    CPU meanwhile. All of it on one machine: database, broker, writer and consumer take their share."""
    source.prepare()
    sizes, file = lab.sizes, lab.folder / "commits"
    with Worker(lab) as worker:
        connector = Connector(worker, "latency", source.config("no_data"))
        connector.stream()
        task = connector.task()
        arguments = source.commit_rows(_WARM_SECONDS + sizes.seconds, sizes.rate)
        command = [sys.executable, "-m", "bench.commits", *arguments, str(file)]
        with subprocess.Popen(command) as writer:
            connector.arrived([connector.topic(TABLE)], 1)
            arrivals = Arrivals(lab.bootstrap, connector.topic(TABLE))
            try:
                time.sleep(_WARM_SECONDS)
                cores, _ = _cores(worker, task, max(1.0, sizes.seconds - 2))
                if writer.wait(STARTING + sizes.seconds):
                    raise RuntimeError("the process that commits rows failed")
                times = read_times(file)
                rows = len(times) // 2
                connector.wait("the last row", lambda: len(arrivals.seen) >= rows, STARTING)
            finally:
                writer.kill()
                arrivals.close()
        connector.delete()
    counted = range(int(_WARM_SECONDS * sizes.rate), rows)
    took = (times[2 * rows - 1] - times[2 * counted[0]]) / 1e9
    return {
        **latencies([max(0, arrivals.seen[n + 1] - times[2 * n + 1]) / 1e6 for n in counted]),
        "commit_p50_ms": latencies([(times[2 * n + 1] - times[2 * n]) / 1e6 for n in counted])["latency_p50_ms"],
        "rows_per_second": len(counted) / took, "task_cores": cores,
    }


def idle(lab: Lab, source: Source) -> dict[str, float]:
    """A connector whose table is quiet, while the database commits a row elsewhere once a second."""
    source.prepare()
    with Worker(lab) as worker:
        connector = Connector(worker, "idle", source.config("no_data"))
        connector.stream()
        time.sleep(_SETTLE_SECONDS)
        offsets: set[str] = set()
        halt = threading.Event()

        def move() -> None:
            while not halt.wait(1.0):
                source.write_elsewhere()

        mover = threading.Thread(target=move, daemon=True)
        mover.start()
        try:
            offsets.add(str(connector.stored()))
            task_cores, worker_cores = _cores(worker, connector.task(), lab.sizes.seconds)
            offsets.add(str(connector.stored()))
        finally:
            halt.set()
            mover.join()
        memory = usage.family_kib(worker.process) / 1024
        connector.delete()
    return {"task_cores": task_cores, "worker_cores": worker_cores, "offsets_seen": len(offsets), "idle_memory_mib": memory}


def _cores(worker: Worker, task: ProcessId, seconds: float) -> tuple[float, float]:
    """The share of a core that the task takes during so many seconds, and that of worker and fork server."""
    others = [one for one in worker.process.family() if one != task]
    began, mine, theirs = time.monotonic(), usage.cpu_seconds(task), sum(map(usage.cpu_seconds, others))
    time.sleep(seconds)
    took = time.monotonic() - began
    return (usage.cpu_seconds(task) - mine) / took, (sum(map(usage.cpu_seconds, others)) - theirs) / took
