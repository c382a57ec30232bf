"""The ledger never passes a gap: for any batches, any order of acknowledgements, any refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connect.tasks.ledger import InFlight, Ledger, partition_key

PARTITIONS = ({"server": "a"}, {"server": "b"}, {"server": "a", "database": "x"})


@dataclass(frozen=True)
class Plan:
    """A batch: how many records, the partitions it touches, and which records are refused."""

    records: int
    touches: frozenset[int]
    refused: frozenset[int]


plans = st.builds(
    Plan,
    records=st.integers(0, 6),
    touches=st.frozensets(st.integers(0, 2), max_size=3),
    refused=st.frozensets(st.integers(0, 5), max_size=1),
)
mostly_good = st.builds(Plan, st.integers(0, 6), st.frozensets(st.integers(0, 2), max_size=3), st.just(frozenset()))


def offsets_of(index: int, plan: Plan) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(PARTITIONS[t], {"position": index}) for t in sorted(plan.touches)]


def model(batches: list[Plan], sealed: list[bool], acked: list[set[int]], tolerant: bool) -> dict[str, Any]:
    """What may be stored, said the slow way."""
    newest: dict[str, Any] = {}
    for i, plan in enumerate(batches):
        refused = {r for r in plan.refused if r < plan.records}
        done = sealed[i] and acked[i] == set(range(plan.records)) and (tolerant or not refused)
        if not done:
            break
        newest.update({partition_key(p): (p, o) for p, o in offsets_of(i, plan)})
    return newest


def run(batches: list[Plan], data: st.DataObject, tolerant: bool) -> None:
    ledger = Ledger(lambda entry, error, message, index: tolerant)
    entries: list[InFlight] = []
    sealed: list[bool] = []
    acked: list[set[int]] = []
    waiting: list[tuple[int, int]] = []
    nextup = 0
    while nextup < len(batches) or waiting:
        choices = (["enter"] if nextup < len(batches) else []) + (["ack"] if waiting else [])
        if data.draw(st.sampled_from(choices)) == "enter":
            plan = batches[nextup]
            entry = ledger.enter(object(), offsets_of(nextup, plan))
            entry.sent += plan.records
            entry.seal()
            entries.append(entry)
            sealed.append(True)
            acked.append(set())
            waiting += [(nextup, r) for r in range(plan.records)]
            nextup += 1
        else:
            index, record = waiting.pop(data.draw(st.integers(0, len(waiting) - 1)))
            error = "refused" if record in batches[index].refused else None
            entries[index].on_delivery(error, None)
            acked[index].add(record)
        assert ledger.committable() == model(batches[:nextup], sealed, acked, tolerant)


@given(st.lists(plans, max_size=8), st.data())
@settings(max_examples=200, deadline=None)
def test_committable_is_the_prefix_in_which_every_record_is_acknowledged(batches: list[Plan], data: st.DataObject) -> None:
    run(batches, data, tolerant=False)


@given(st.lists(plans, max_size=8), st.data())
@settings(max_examples=100, deadline=None)
def test_a_tolerated_refusal_counts_as_done(batches: list[Plan], data: st.DataObject) -> None:
    run(batches, data, tolerant=True)


@given(st.lists(mostly_good, max_size=12), st.data())
@settings(max_examples=100, deadline=None)
def test_when_all_is_acknowledged_the_newest_offset_of_every_partition_is_committable(
        batches: list[Plan], data: st.DataObject) -> None:
    ledger = Ledger(lambda *_: False)
    entries = []
    for i, plan in enumerate(batches):
        entry = ledger.enter(None, offsets_of(i, plan))
        entry.sent = plan.records
        entry.seal()
        entries.append(entry)
    acks = [e for e, p in zip(entries, batches, strict=True) for _ in range(p.records)]
    for entry in data.draw(st.permutations(acks)):
        entry.on_delivery(None, None)
    expected = {partition_key(p): (p, o) for i, plan in enumerate(batches) for p, o in offsets_of(i, plan)}
    assert ledger.committable() == expected
    assert (ledger.batches, ledger.outstanding, ledger.outstanding_bytes) == (0, 0, 0)


@given(st.lists(mostly_good, min_size=1, max_size=10), st.data())
@settings(max_examples=100, deadline=None)
def test_nothing_at_or_after_a_refused_record_is_ever_committable(batches: list[Plan], data: st.DataObject) -> None:
    victim = data.draw(st.integers(0, len(batches) - 1))
    ledger = Ledger(lambda *_: False)
    entries = []
    for i, plan in enumerate(batches):
        entry = ledger.enter(None, offsets_of(i, plan))
        entry.sent = plan.records + (1 if i == victim else 0)
        entry.seal()
        entries.append(entry)
    entries[victim].on_delivery("refused", None)
    for entry, plan in zip(entries, batches, strict=True):
        for _ in range(plan.records):
            entry.on_delivery(None, None)
    assert all(offset["position"] < victim for _, offset in ledger.committable().values())
    assert ledger.poisoned
