"""What an error of the server means for a task."""

from __future__ import annotations

import pytest

from connectors.postgres.failures import ConnectionLost, DatabaseError, failure


@pytest.mark.parametrize(("state", "text"), [
    ("", "server closed the connection unexpectedly"),
    ("57P01", "terminating connection due to administrator command"),
    ("40001", "could not serialize access"),
    ("XX000", "tuple concurrently updated"),
])
def test_these_pass_by_themselves(state: str, text: str) -> None:
    assert isinstance(failure(state, text, "adjusting publication p"), ConnectionLost)


@pytest.mark.parametrize(("state", "text"), [
    ("42501", "permission denied for table t"),
    ("XX000", "cache lookup failed for relation 1"),
    ("08P01", "protocol violation"),
])
def test_these_do_not(state: str, text: str) -> None:
    error = failure(state, text, "reading")
    assert isinstance(error, DatabaseError)
    assert f"SQLSTATE {state}" in str(error)
