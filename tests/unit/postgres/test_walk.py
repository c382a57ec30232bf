"""Whole transactions at once, and message by message: the same comes of both."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.postgres.changes import SpanningRun
from tests.batches import both_ways
from tests.unit.postgres.wire import FakeCatalog, begin, commit, decoder, delete, insert, keepalive, relation, table, update

COLUMNS = [("id", "int4", True), ("name", "text", True)]
CATALOG = {1: table(1, "people", COLUMNS), 2: table(2, "other", COLUMNS)}
DESCRIBED = [begin(900), *(
    relation(oid, name, [("id", "int4", True), ("name", "text", True)], "f") for oid, name in ((1, "people"), (2, "other"))),
    commit(900, 910)]


def fed(frames: list[bytes], by: int, resume: dict[str, Any] | None = None) -> tuple[list[Any], list[Any], Any, int, int]:
    """What comes of the frames, so many at a time: written natively, as values, the offset, the server's end, and how many of the
    runs were over whole transactions."""
    one = decoder(FakeCatalog(dict(CATALOG)), resume)
    native: list[Any] = []
    records: list[Any] = []
    spans = 0
    for first in range(0, len(frames), by):
        batch = one.feed(frames[first:first + by])
        spans += sum(isinstance(what, SpanningRun) for _, what in batch._entries)
        mine, generic = both_ways(batch)
        assert mine == generic
        native += mine
        records += [(r.source_offset, r.key, r.value) for r in batch.records()]
    return native, records, one.offset, int(one.server_wal_end), spans


CHANGES = st.one_of(
    st.builds(lambda oid, i: insert(oid, i, "a"), st.sampled_from((1, 1, 1, 2)), st.integers(0, 9)),
    st.builds(lambda i: update(1, i, "b", old=[i, "a"], kind="O"), st.integers(0, 9)),
    st.builds(lambda i: update(1, i + 1, "b", old=[i, "a"], kind="O"), st.integers(0, 9)),
    st.builds(lambda i: delete(1, i, "a", kind="O"), st.integers(0, 9)))
STAMPS = st.integers(-10**15, 10**15)
TRANSACTIONS = st.lists(st.tuples(st.lists(CHANGES, max_size=3), st.booleans(), st.booleans(), STAMPS), max_size=6)


def stream(transactions: list[tuple[list[bytes], bool, bool, int]]) -> list[bytes]:
    frames, at = list(DESCRIBED), 1000
    for number, (changes, alive, asks, stamp) in enumerate(transactions):
        frames += [begin(at, 50 + number, at - 50, stamp), *changes, commit(at, at + 10, stamp)]
        if alive:
            frames.append(keepalive(at + 20, asks))
        at += 100
    return frames


@given(TRANSACTIONS)
@settings(max_examples=60, deadline=None)
def test_transactions_are_the_same_in_any_portions(transactions: list[tuple[list[bytes], bool, bool, int]]) -> None:
    frames = stream(transactions)
    at_once, one_by_one = fed(frames, len(frames)), fed(frames, 1)
    assert at_once[:4] == one_by_one[:4]
    assert not one_by_one[4]


def test_single_row_transactions_with_keepalives_between_are_one_run() -> None:
    frames = stream([([insert(1, i, "a")], True, False, 0) for i in range(50)])
    assert fed(frames, len(frames))[4] == 1


def test_a_transaction_that_was_done_is_passed_over_in_any_portions() -> None:
    frames = stream([([insert(1, i, "a")], False, False, 0) for i in range(5)])
    resume = {"lsn": 1110, "lsn_proc": 1110, "lsn_commit": 1110}
    at_once = fed(frames, len(frames), resume)
    assert at_once[:4] == fed(frames, 1, resume)[:4]
    assert [key for _, key, _ in at_once[1]] == [{"id": i} for i in (2, 3, 4)]


@pytest.mark.parametrize("cut", range(1, 4))
def test_a_message_that_ends_too_early_is_told_as_ever(cut: int) -> None:
    frames = stream([([insert(1, 1, "a")], False, False, 0)])
    frames[-1] = frames[-1][:-cut]
    for by in (1, len(frames)):
        with pytest.raises(Exception, match="cannot be read"):
            fed(frames, by)


@pytest.mark.parametrize("ended", [commit(1000, 1010), commit(1200, 1210), commit(1100, 1090)])
def test_a_transaction_that_ends_with_anothers_commit_record_is_refused_in_any_portions(ended: bytes) -> None:
    frames = stream([([insert(1, i, "a")], False, False, 0) for i in range(3)])
    assert frames[len(DESCRIBED) + 5] == commit(1100, 1110)
    frames[len(DESCRIBED) + 5] = ended
    for by in (1, len(frames)):
        with pytest.raises(Exception, match=r"cannot be read.*ends with one at"):
            fed(frames, by)
