"""A process that commits single rows at a steady rate and remembers when each was committed: ``python -m bench.commits
KIND ADDRESS STATEMENT RATE SECONDS FILE``. The statement takes the row's number.

The file gets two int64 a row, in the order of the numbers from 1: when the row was sent, and when its commit was acknowledged
(nanoseconds of CLOCK_MONOTONIC, which all processes of a machine share).
"""

from __future__ import annotations

import sys
import threading
import time
from array import array
from collections.abc import Callable
from pathlib import Path

__all__ = ["commit_times", "read_times"]

_CONNECTIONS = 4
"""One alone could not keep the rate where a commit takes a millisecond."""


def _postgres(dsn: str, statement: str) -> Callable[[int], object]:
    import psycopg

    connection = psycopg.connect(dsn, autocommit=True, prepare_threshold=0)
    return lambda number: connection.execute(statement.encode(), [number])


def _mysql(port: str, statement: str) -> Callable[[int], object]:
    import pymysql

    connection = pymysql.connect(host="127.0.0.1", port=int(port), user="cdc", password="cdc", autocommit=True)
    cursor = connection.cursor()
    return lambda number: cursor.execute(statement, [number])


def commit_times(insert: list[Callable[[int], object]], rate: int, seconds: float) -> array[int]:
    """Insert the rows 1, 2, … at their times, spread over the connections in turn; what the file gets."""
    rows = int(rate * seconds)
    times = array("q", bytes(16 * rows))
    begin = time.monotonic_ns() + 100_000_000

    def write(mine: int) -> None:
        for number in range(mine, rows, len(insert)):
            due = begin + number * 1_000_000_000 // rate
            if (left := due - time.monotonic_ns()) > 0:
                time.sleep(left / 1e9)
            times[2 * number] = time.monotonic_ns()
            insert[mine](number + 1)
            times[2 * number + 1] = time.monotonic_ns()

    threads = [threading.Thread(target=write, args=(mine,)) for mine in range(len(insert))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def read_times(file: Path) -> array[int]:
    """The file's numbers."""
    times = array("q")
    times.frombytes(file.read_bytes())
    return times


if __name__ == "__main__":
    kind, address, sql, per_second, duration, output = sys.argv[1:]
    connect = {"postgres": _postgres, "mysql": _mysql}[kind]
    made = commit_times([connect(address, sql) for _ in range(_CONNECTIONS)], int(per_second), float(duration))
    Path(output).write_bytes(made.tobytes())
