"""How cost and memory grow: with columns, with the size of values, with the rows of a transaction."""

from __future__ import annotations

from dataclasses import dataclass

from bench.connector import Connector, Worker
from bench.figures import Row
from bench.lab import Lab
from bench.source import GROWN, Shape, Source

__all__ = ["COLUMNS", "TRANSACTIONS", "VALUES", "Point", "grow"]


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a curve: its ``x``, the table, and how much is written."""

    x: int
    label: str
    shape: Shape
    rows: int
    per_transaction: int = 1000


COLUMNS = tuple(Point(n, f"{n} column(s)", Shape(columns=n), rows) for n, rows in ((1, 200_000), (10, 150_000), (100, 30_000)))
VALUES = (
    Point(10, "values of 10 B", Shape(size=10), 200_000),
    Point(1000, "values of 1 kB", Shape(size=1000), 100_000),
    Point(100_000, "values of 100 kB", Shape(size=100_000), 2000, 10),
    Point(1_000_000, "values of 1 MB", Shape(size=1_000_000), 200, 1),
)
TRANSACTIONS = tuple(
    Point(n, f"{n:,} row(s) a transaction", Shape(columns=9), rows, n)
    for n, rows in ((1, 20_000), (10, 50_000), (1000, 150_000), (100_000, 200_000), (1_000_000, 1_000_000)))


def grow(lab: Lab, case: str, source: Source, points: tuple[Point, ...]) -> list[Row]:
    """Each point on the same worker, with a connector of its own that is warm when it finds the rows."""
    found = []
    with Worker(lab) as worker:
        for point in points:
            source.prepare()
            source.prepare_grown(point.shape)
            rows = max(1, point.rows * lab.sizes.growth // 100)
            connector = Connector(worker, f"x{point.x}", {**source.config("no_data"), "table.include.list": GROWN})
            idle = connector.stream()
            source.write_grown(1, 1)
            connector.arrived([connector.topic(GROWN)], 1)

            def write(point: Point = point, rows: int = rows) -> None:
                source.write_grown(rows, point.per_transaction)

            measured = connector.drain_held([GROWN], rows, write)
            connector.delete()
            figures = {
                "events_per_second": rows / measured.seconds, "task_cpu_seconds_per_million": measured.cpu_seconds / rows * 1e6,
                "idle_memory_mib": idle / 1024, "peak_memory_mib": measured.peak_kib / 1024, "x": float(point.x),
            }
            if point.shape.columns and points is COLUMNS:
                figures["task_cpu_microseconds_per_column"] = measured.cpu_seconds / rows / (point.shape.columns + 1) * 1e6
            if point.shape.size:
                written = rows * point.shape.size
                figures["megabytes_per_second"] = written / measured.seconds / 1e6
                figures["task_cpu_nanoseconds_per_byte"] = measured.cpu_seconds / written * 1e9
            found.append(Row(f"{case}-{point.x}", f"{source.title}, {point.label}", figures))
    return found
