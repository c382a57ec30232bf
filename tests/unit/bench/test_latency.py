"""What is made of times and keys; no server."""

import pytest

from bench.commits import commit_times
from bench.figures import latencies
from bench.latency import row_number


@pytest.mark.parametrize(("encoded", "number"), [(b"\x00", 0), (b"\x02", 1), (b"\x80\x01", 64), (b"\xd0\x0f", 1000)])
def test_a_row_is_known_by_the_long_its_key_begins_with(encoded: bytes, number: int) -> None:
    assert row_number(b"\x00\x00\x00\x00\x07" + encoded) == number


def test_a_key_without_a_whole_number_is_told() -> None:
    with pytest.raises(ValueError, match="no number"):
        row_number(b"\x00\x00\x00\x00\x07\x80")


def test_percentiles_are_of_the_nearest_rank() -> None:
    assert latencies([float(n) for n in range(101)]) == {"latency_p50_ms": 50, "latency_p99_ms": 99, "latency_max_ms": 100}
    assert latencies([7.0]) == {"latency_p50_ms": 7, "latency_p99_ms": 7, "latency_max_ms": 7}
    with pytest.raises(ValueError, match="no latency"):
        latencies([])


def test_every_row_is_committed_once_and_its_times_are_kept() -> None:
    written: list[int] = []
    times = commit_times([written.append, written.append], rate=1000, seconds=0.05)
    assert sorted(written) == list(range(1, 51))
    sent, committed = times[0::2], times[1::2]
    assert all(a <= b for a, b in zip(sent, committed, strict=True))
