"""Our stores against records that Kafka Connect wrote."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from connect.stores import config
from connect.stores.config import ConfigStore
from connect.stores.journal import MemoryJournal
from connect.stores.jsontext import dumps, loads
from connect.stores.offsets import OffsetTable, offset_key, offset_value, parse_key
from connect.stores.state import ClusterState, Unreadable, apply
from connect.stores.status import Status, StatusTable, TopicUse, status_key, topic_key

RECORDS = [json.loads(line) for line in (Path(__file__).parent / "internal-topics.jsonl").read_text().splitlines()]


def of_topic(topic: str, variant: str | None = None) -> list[dict[str, Any]]:
    return [r for r in RECORDS if r["topic"] == topic and (variant is None or r["variant"] == variant)]


def raw(record: dict[str, Any]) -> tuple[bytes, bytes | None]:
    return record["key"].encode(), None if record["value"] is None else record["value"].encode()


def ident(record: dict[str, Any]) -> str:
    return f"{record['variant']}-{record['step']}-{record['topic']}-{record['partition']}"


@pytest.mark.parametrize("record", [r for r in RECORDS if r["value"]], ids=ident)
def test_a_recorded_value_is_written_again_byte_for_byte(record: dict[str, Any]) -> None:
    value = record["value"].encode()
    assert dumps(loads(value)) == value


@pytest.mark.parametrize("record", of_topic("offsets"), ids=ident)
def test_a_recorded_offset_key_is_made_from_its_parts(record: dict[str, Any]) -> None:
    key, _ = raw(record)
    parsed = parse_key(key)
    assert parsed is not None
    assert offset_key(*parsed) == key


@pytest.mark.parametrize("record", [r for r in of_topic("offsets") if r["value"]], ids=ident)
def test_a_recorded_offset_is_made_from_its_members(record: dict[str, Any]) -> None:
    _, value = raw(record)
    assert value is not None
    assert offset_value(loads(value)) == value


@pytest.mark.parametrize("record", [r for r in of_topic("status") if r["value"] and '"topic":' not in r["value"]], ids=ident)
def test_a_recorded_status_is_written_with_the_same_members_in_the_same_order(record: dict[str, Any]) -> None:
    value = json.loads(record["value"])
    made = Status(value["state"], value["worker_id"], value["generation"], value["trace"], value["version"])
    assert made.encode() == record["value"].encode()


@pytest.mark.parametrize("record", [r for r in of_topic("status") if r["value"] and '"topic":' in r["value"]], ids=ident)
def test_a_recorded_topic_use_is_written_with_the_same_key_and_members(record: dict[str, Any]) -> None:
    use = json.loads(record["value"])["topic"]
    made = TopicUse(use["name"], use["connector"], use["task"], use["discoverTimestamp"])
    assert (topic_key(made.connector, made.topic), made.encode()) == raw(record)


def test_status_keys_are_those_of_the_recording() -> None:
    keys = {r["key"] for r in of_topic("status")}
    assert status_key("<run>-t").decode() in keys
    assert status_key("<run>-t", 0).decode() in keys


@pytest.mark.parametrize("record", [r for r in of_topic("configs") if r["value"]], ids=ident)
def test_a_recorded_config_record_is_made_by_our_function_for_its_kind(record: dict[str, Any]) -> None:
    key, value = record["key"], json.loads(record["value"])
    for prefix, make in (
        ("tasks-fencing-", lambda name: config.fencing_record(name, value["task-count"])),
        ("connector-", lambda name: config.connector_record(name, value["properties"])),
        ("target-state-", lambda name: config.target_record(name, value["state.v2"])),
        ("commit-", lambda name: config.commit_record(name, value["tasks"])),
        ("restart-connector-", lambda name: config.restart_record(name, value["include-tasks"], value["only-failed"])),
        ("logger-cluster-", lambda name: config.logger_record(name, value["level"])),
        ("task-", lambda rest: config.task_record(*task_parts(rest), value["properties"])),
    ):
        if key.startswith(prefix):
            assert make(key.removeprefix(prefix)) == raw(record)
            return
    assert key == "session-key"


def task_parts(rest: str) -> tuple[str, int]:
    name, _, n = rest.rpartition("-")
    return name, int(n)


@pytest.mark.parametrize("variant", ["plain", "eos"])
def test_every_recorded_config_record_can_be_read(variant: str) -> None:
    state = ClusterState()
    for record in of_topic("configs", variant):
        if record["key"] == "session-key":
            continue
        state, event = apply(state, *raw(record))
        assert not isinstance(event, Unreadable), record["key"]


@pytest.mark.parametrize("variant", ["plain", "eos"])
@pytest.mark.parametrize(
    ("step", "target", "tasks"),
    [
        ("create", "STARTED", 1), ("pause", "PAUSED", 1), ("resume", "STARTED", 1), ("put-same", "STARTED", 1),
        ("stop", "STOPPED", 0), ("put-stopped", "STOPPED", 0), ("resume-stopped", "STARTED", 1), ("delete", None, 0),
        ("create-stopped", "STOPPED", 0), ("create-paused", "PAUSED", 0),
    ],
)
def test_the_snapshot_after_each_recorded_step(variant: str, step: str, target: str | None, tasks: int) -> None:
    state = ClusterState()
    records = of_topic("configs", variant)
    last = max(i for i, r in enumerate(records) if r["step"] == step)
    for record in records[: last + 1]:
        state, _ = apply(state, *raw(record))
    entry = state.connectors.get("<run>-t")
    assert (entry.target if entry else None) == target
    assert (len(entry.tasks) if entry else 0) == tasks


def test_the_recorded_offsets_topic_ends_without_offsets() -> None:
    table = OffsetTable()
    for record in of_topic("offsets", "plain"):
        table.apply(*raw(record))
    assert table.of("<run>-t") == []


def test_the_recorded_status_topic_ends_without_states() -> None:
    table = StatusTable()
    for record in of_topic("status", "plain"):
        value = record["value"] and record["value"].replace('"<n>"', "7")
        table.apply(record["key"].encode(), value and value.encode())
    assert (table.connectors(), table.tasks("<run>-t"), table.topics("<run>-t")) == ({}, {}, {})


def steps(variant: str, step: str) -> list[tuple[bytes, bytes | None]]:
    return [raw(r) for r in of_topic("configs", variant) if r["step"] == step]


def written(do: Any) -> list[tuple[bytes, bytes | None]]:
    journal = MemoryJournal()

    async def run() -> None:
        store = ConfigStore(journal)
        await store.start(lambda _event, _live: None)
        await do(store)

    asyncio.run(run())
    return journal.records


@pytest.mark.parametrize(
    ("step", "target"), [("pause", "PAUSED"), ("resume", "STARTED"), ("stop", "STOPPED")],
)
def test_a_target_state_is_written_as_recorded(step: str, target: str) -> None:
    assert written(lambda s: s.put_target("<run>-t", target)) == steps("plain", step)


def test_a_deletion_is_written_as_recorded() -> None:
    assert written(lambda s: s.remove_connector("<run>-t")) == steps("plain", "delete")


def test_a_connector_and_its_tasks_are_written_in_the_recorded_order() -> None:
    (_, connector), (_, task), _ = steps("plain", "create")
    assert connector is not None
    assert task is not None

    async def create(store: ConfigStore) -> None:
        await store.put_connector("<run>-t", json.loads(connector)["properties"])
        await store.put_tasks("<run>-t", [json.loads(task)["properties"]])

    assert written(create) == steps("plain", "create")


def test_an_initial_state_is_written_before_the_connector() -> None:
    target, connector = steps("plain", "create-stopped")
    assert connector[1] is not None
    properties = json.loads(connector[1])["properties"]
    assert written(lambda s: s.put_connector("<run>-t", properties, "STOPPED")) == [target, connector]

