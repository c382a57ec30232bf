"""Offsets and statuses folded from records, readable or not."""

import asyncio
import json
from pathlib import Path

import pytest

from connect.api.errors import ConnectError, DataError
from connect.stores.offset_file import FileOffsets
from connect.stores.offsets import OffsetTable, offset_key, offset_value, parse_key
from connect.stores.status import Status, StatusTable, TopicUse, status_key, topic_key


def test_the_newest_offset_of_a_key_counts_and_null_forgets() -> None:
    table = OffsetTable()
    key = offset_key("a", {"server": "x"})
    table.apply(key, offset_value({"lsn": 1}))
    table.apply(key, offset_value({"lsn": 2}))
    assert table.of("a") == [({"server": "x"}, {"lsn": 2})]
    table.apply(key, None)
    assert (table.of("a"), list(table.connectors())) == ([], [])


@pytest.mark.parametrize("key", [None, b"", b"x", b'"a"', b'["a"]', b'["a","b"]', b"[1,{}]", b"\xff", b'{"a":1}'])
def test_a_key_that_is_none_of_ours_is_left_alone(key: bytes | None) -> None:
    table = OffsetTable()
    table.apply(key, b"{}")
    assert (parse_key(key), list(table.connectors())) == (None, [])


@pytest.mark.parametrize("value", [b"x", b"1", b"[]", b"\xff"])
def test_an_unreadable_offset_leaves_the_one_before(value: bytes) -> None:
    table = OffsetTable()
    key = offset_key("a", {"server": "x"})
    table.apply(key, b'{"lsn":1}')
    table.apply(key, value)
    assert table.of("a") == [({"server": "x"}, {"lsn": 1})]


def test_keys_of_one_partition_in_another_order_are_two_keys() -> None:
    assert offset_key("a", {"x": 1, "y": 2}) != offset_key("a", {"y": 2, "x": 1})


@pytest.mark.parametrize("value", [{"a": {}}, {"a": []}, {"a": (1,)}, {"a": b"x"}, {1: "a"}])
def test_nested_values_are_refused(value: dict[str, object]) -> None:
    with pytest.raises(DataError):
        offset_value(value)


def test_a_farewell_of_the_old_owner_does_not_hide_the_new_one() -> None:
    table = StatusTable()
    key = status_key("a", 0)
    table.apply(key, Status("RUNNING", "new:1", 5).encode())
    table.apply(key, Status("UNASSIGNED", "old:1", 4).encode())
    assert table.tasks("a")[0].worker_id == "new:1"
    table.apply(key, Status("UNASSIGNED", "new:1", 5).encode())
    assert table.tasks("a")[0].state == "UNASSIGNED"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (None, b"{}"), (b"other", b"{}"), (b"status-task-a-x", b"{}"), (b"status-connector-a", b"[]"),
        (b"status-connector-a", b"{}"),
        (b"status-topic-t", b'{"topic":{}}'), (b"status-topic-t:connector-a", b'{"topic":1}'), (b"status-connector-a", b"{"),
    ],
)
def test_an_unreadable_status_is_passed_over(key: bytes | None, value: bytes) -> None:
    table = StatusTable()
    table.apply(key, value)
    assert (table.connectors(), table.tasks("a"), table.topics("a")) == ({}, {}, {})


def test_names_with_the_separators_in_them_are_told_apart() -> None:
    table = StatusTable()
    table.apply(status_key("a-1", 2), Status("RUNNING", "w", 1).encode())
    table.apply(topic_key("x:connector-y", "t-1"), TopicUse("t-1", "x:connector-y", 0, 1).encode())
    assert list(table.tasks("a-1")) == [2]
    assert list(table.topics("x:connector-y")) == ["t-1"]


def test_tasks_are_sorted_by_number() -> None:
    table = StatusTable()
    for n in (10, 2, 0):
        table.apply(status_key("a", n), Status("RUNNING", "w", 1).encode())
    assert list(table.tasks("a")) == [0, 2, 10]


def test_a_file_keeps_offsets_changes_and_forgets_them(tmp_path: Path) -> None:
    store = FileOffsets(tmp_path / "offsets.json")

    async def test() -> None:
        await store.start()
        assert await store.of("a", {}) == []
        await store.change("a", {}, [({"server": "x"}, {"lsn": 1}), ({"server": "y"}, {"lsn": 2})])
        await store.change("b", {}, [({"server": "x"}, {"lsn": 3})])
        await store.change("a", {}, [({"server": "x"}, None), ({"server": "y"}, {"lsn": 4})])
        assert await store.of("a", {}) == [({"server": "y"}, {"lsn": 4})]
        await store.change("a", {}, [({"server": "y"}, None)])

    asyncio.run(test())
    assert json.loads((tmp_path / "offsets.json").read_text()) == {"b": [[{"server": "x"}, {"lsn": 3}]]}


@pytest.mark.parametrize("content", [b"\xac\xed\x00\x05sr", b"{", b"[]"])
def test_a_file_that_is_none_of_ours_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "offsets.json"
    file.write_bytes(content)
    with pytest.raises(ConnectError, match=r"offset\.storage\.file\.filename"):
        asyncio.run(FileOffsets(file).start())
    assert file.read_bytes() == content
