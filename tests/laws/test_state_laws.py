"""The fold of the config topic, on random histories and what compaction leaves of them."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from connect.stores.config import Record, commit_record, connector_record, fencing_record, target_record, task_record
from connect.stores.state import ClusterState, ConnectorEntry, Unreadable, apply

NAMES = ("a", "b-1", "task-0")
names = st.sampled_from(NAMES)
configs = st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from(["1", "2"]), max_size=2)


def _tasks(args: tuple[str, list[dict[str, str]]]) -> list[Record]:
    name, tasks = args
    return [*(task_record(name, i, c) for i, c in enumerate(tasks)), commit_record(name, len(tasks))]


changes = st.one_of(
    st.tuples(names, configs).map(lambda a: [connector_record(*a)]),
    names.map(lambda n: [connector_record(n, None), target_record(n, None)]),
    st.tuples(names, st.sampled_from(["STARTED", "PAUSED", "STOPPED"])).map(lambda a: [target_record(*a)]),
    st.tuples(names, st.lists(configs, max_size=3)).map(_tasks),
    st.tuples(names, st.integers(0, 3)).map(lambda a: [fencing_record(*a)]),
)
histories = st.lists(changes, max_size=30).map(lambda lists: [r for records in lists for r in records])


def fold(records: Sequence[Record], state: ClusterState | None = None) -> ClusterState:
    state = state or ClusterState()
    for key, value in records:
        state, _ = apply(state, key, value)
    return state


def compacted(records: Sequence[Record]) -> list[Record]:
    """The newest record of each key, in order; null ones gone, as after delete.retention.ms."""
    newest = {key: i for i, (key, _) in enumerate(records)}
    return [r for i, r in enumerate(records) if newest[r[0]] == i and r[1] is not None]


@given(histories)
def test_every_record_we_write_can_be_read(history: list[Record]) -> None:
    state = ClusterState()
    for key, value in history:
        state, event = apply(state, key, value)
        assert not isinstance(event, Unreadable)


@given(histories, st.integers(0, 60))
def test_reading_in_two_parts_gives_the_same_snapshot(history: list[Record], cut: int) -> None:
    assert fold(history[cut:], fold(history[:cut])) == fold(history)


@given(histories)
def test_compaction_keeps_connectors_and_their_configurations(history: list[Record]) -> None:
    whole, thin = fold(history), fold(compacted(history))
    assert {n: e.config for n, e in whole.connectors.items()} == {n: e.config for n, e in thin.connectors.items()}


@given(histories)
def test_compaction_keeps_target_states_of_connectors(history: list[Record]) -> None:
    # Only of those created after the last deletion: a target state set while there is no connector may be thinned out of order.
    whole, thin = fold(history), fold(compacted(history))
    for name, entry in thin.connectors.items():
        assert entry.target == thin.targets.get(name, "STARTED")
        assert whole.targets.get(name, "STARTED") == thin.targets.get(name, "STARTED")


@given(histories)
def test_after_compaction_a_connector_has_its_tasks_or_none(history: list[Record]) -> None:
    """Never tasks of an older set, nor a mixture: a task set counts only as a whole."""
    whole, thin = fold(history), fold(compacted(history))
    for name, entry in thin.connectors.items():
        assert entry.tasks in ((), whole.connectors[name].tasks)


@given(histories)
def test_tasks_are_there_only_when_their_set_is_complete(history: list[Record]) -> None:
    for entry in fold(history).connectors.values():
        assert not (entry.inconsistent and entry.tasks)
        assert not entry.inconsistent or entry.applied is None


@given(histories, names, configs)
def test_a_recreated_connector_has_no_tasks_of_its_former_life(history: list[Record], name: str, config: dict[str, str]) -> None:
    state = fold([*history, connector_record(name, None), target_record(name, None), connector_record(name, config)])
    assert state.connectors[name] == ConnectorEntry(config)


@given(histories, names, st.lists(configs, max_size=3))
def test_a_full_set_mends_an_inconsistent_connector(history: list[Record], name: str, tasks: list[dict[str, str]]) -> None:
    broken = fold([*history, connector_record(name, {}), commit_record(name, 9)])
    assert broken.connectors[name].inconsistent
    mended = fold(_tasks((name, tasks)), broken).connectors[name]
    assert (mended.inconsistent, mended.tasks) == (False, tuple(tasks))


@given(histories)
def test_a_snapshot_is_not_changed_by_later_records(history: list[Record]) -> None:
    state = fold(history)
    before = (dict(state.connectors), dict(state.targets), dict(state.held))
    fold(history, state)
    assert (dict(state.connectors), dict(state.targets), dict(state.held)) == before


@given(st.one_of(st.none(), st.binary(max_size=40)), st.one_of(st.none(), st.binary(max_size=40)))
def test_no_bytes_break_the_fold(key: bytes | None, value: bytes | None) -> None:
    state, event = apply(ClusterState(), key, value)
    assert state == ClusterState() or event is None or not isinstance(event, Unreadable)


@given(st.sampled_from(["connector-a", "task-a-0", "commit-a", "target-state-a", "tasks-fencing-a", "restart-connector-a",
                        "logger-cluster-a", "session-key", "task-a-", "task--0", "task-0"]),
       st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3)),
                    lambda x: st.lists(x, max_size=2) | st.dictionaries(
                        st.sampled_from(["properties", "tasks", "state", "state.v2", "level"]), x, max_size=3), max_leaves=5))
def test_no_json_breaks_the_fold(key: str, value: object) -> None:
    from connect.stores.jsontext import dumps

    state, _ = apply(ClusterState(), b"connector-a", b'{"properties":{}}')
    after, event = apply(state, key.encode(), dumps(value))
    assert not isinstance(event, Unreadable) or after == state
