"""Benchmarks: the whole path on real servers, in ratios to a baseline of the same run. Run with `make bench`."""
