"""Assignment: everything once, balanced, sticky, and the same whatever the order."""

from hypothesis import given
from hypothesis import strategies as st

from connect.herder.assign import assign

workers = st.sets(st.sampled_from("ABCDE"), min_size=1)
units = st.sets(st.integers(0, 30))
claims = st.dictionaries(st.sampled_from("ABCDEF"), st.sets(st.integers(0, 35)))


@given(claims, workers, units)
def test_every_unit_is_given_to_exactly_one_worker(previous: dict[str, set[int]], names: set[str], wanted: set[int]) -> None:
    given_ = assign(previous, names, wanted)
    assert sorted(u for mine in given_.values() for u in mine) == sorted(wanted)
    assert set(given_) == names


@given(claims, workers, units)
def test_counts_differ_by_at_most_one(previous: dict[str, set[int]], names: set[str], wanted: set[int]) -> None:
    counts = [len(mine) for mine in assign(previous, names, wanted).values()]
    assert max(counts) - min(counts) <= 1


@given(claims, workers, units)
def test_assigning_again_moves_nothing(previous: dict[str, set[int]], names: set[str], wanted: set[int]) -> None:
    first = assign(previous, names, wanted)
    assert {w: set(u) for w, u in assign(first, names, wanted).items()} == {w: set(u) for w, u in first.items()}


@given(workers, units, st.sampled_from("ABCDE"))
def test_when_a_worker_joins_nothing_moves_between_the_others(names: set[str], wanted: set[int], joiner: str) -> None:
    before = assign({}, names - {joiner} or {"F"}, wanted)
    after = assign(before, set(before) | {joiner}, wanted)
    for worker, mine in before.items():
        assert set(after[worker]) <= set(mine)


@given(workers, units)
def test_when_a_worker_leaves_the_others_keep_what_they_have(names: set[str], wanted: set[int]) -> None:
    before = assign({}, names | {"F"}, wanted)
    after = assign(before, names, wanted)
    for worker in names:
        assert set(before[worker]) <= set(after[worker])


@given(claims, workers, units)
def test_a_unit_moves_only_from_a_worker_that_has_more_than_its_share(
    previous: dict[str, set[int]], names: set[str], wanted: set[int]
) -> None:
    owners: dict[int, list[str]] = {}
    for worker, mine in previous.items():
        for unit in mine:
            owners.setdefault(unit, []).append(worker)
    after = assign(previous, names, wanted)
    for worker in names:
        lost = {u for u in previous.get(worker, set()) & wanted if owners[u] == [worker]} - set(after[worker])
        if lost:
            assert len(after[worker]) <= -(-len(wanted) // len(names))
            assert len(after[worker]) >= len(wanted) // len(names)


@given(claims, st.lists(st.sampled_from("ABC"), min_size=1), st.lists(st.integers(0, 9)))
def test_order_and_repetition_of_the_arguments_do_not_matter(
    previous: dict[str, set[int]], names: list[str], wanted: list[int]
) -> None:
    assert assign(previous, names, wanted) == assign(dict(reversed(previous.items())), names[::-1], wanted[::-1])


@given(claims, units)
def test_without_workers_nobody_gets_anything(previous: dict[str, set[int]], wanted: set[int]) -> None:
    assert assign(previous, [], wanted) == {}
