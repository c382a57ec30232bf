"""What operators do while data flows: nothing is lost by it."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest
from confluent_kafka import Consumer, TopicPartition

pytestmark = pytest.mark.integration


@pytest.fixture
def table(scene: Any) -> Any:
    scene.sql("CREATE TABLE a (id int PRIMARY KEY, v text)")
    scene.sql("INSERT INTO a VALUES (1, 'x')")
    return scene


def started(scene: Any, **more: Any) -> Any:
    scene.create(**more)
    scene.streams()
    return scene


def test_a_connector_deleted_and_created_again_goes_on_where_it_was(table: Any) -> None:
    started(table)
    table.sql("INSERT INTO a VALUES (2, 'y')")
    assert table.ids("a", 2) == [1, 2]
    table.until(lambda: table.offset().get("lsn_commit"), "the offset of row 2")
    assert table.call("DELETE").status_code == 204
    assert table.call("GET", "/status").status_code == 404
    table.slot_is_free()
    table.sql("INSERT INTO a VALUES (3, 'z')")
    table.create()
    assert table.arrive("a", 3)[:3] == [1, 2, 3]
    assert [e.value["op"] for e in table.events("a")].count("r") == 1


def test_a_new_converter_takes_effect_at_once_and_nothing_is_lost(table: Any) -> None:
    started(table)
    assert table.ids("a", 1) == [1]
    json = "org.apache.kafka.connect.json.JsonConverter"
    more = {"value.converter": json, "value.converter.schemas.enable": "false", "key.converter": json,
            "key.converter.schemas.enable": "false"}
    assert table.put({**table.config(), **more}).status_code == 200
    consumer = Consumer({"bootstrap.servers": table.bootstrap, "group.id": "raw"})
    consumer.assign([TopicPartition(table.topic("a"), 0, 0)])
    raw: list[tuple[bytes, bytes]] = []

    def three_as_json() -> bool:
        table.sql("INSERT INTO a SELECT max(id) + 1, 'y' FROM a")
        raw.extend((m.key(), m.value()) for m in consumer.consume(10, 0.2) if m.error() is None)
        return sum(key.startswith(b"{") for key, _ in raw) >= 3

    try:
        table.until(three_as_json, "rows as JSON")
    finally:
        consumer.close()
    before = [key for key, _ in raw if key[:1] == b"\0"]
    after = dict(pair for pair in raw if pair[0][:1] == b"{")
    assert [key[:1] for key, _ in raw] == [b"\0"] * len(before) + [b"{"] * (len(raw) - len(before))
    first = min(int(key[6:-1]) for key in after)
    assert first <= len(set(before)) + 1  # none is missing between the old form and the new one
    assert after[b'{"id":%d}' % first].startswith(b'{"before":null,"after":{"id":%d,"v":"y"},"source":{' % first)


def test_pause_and_resume_under_load_lose_nothing(table: Any) -> None:
    started(table)
    done = threading.Event()
    written: list[int] = []

    def write() -> None:
        with psycopg.connect(table.server.dsn, dbname=table.name, autocommit=True) as connection:
            for i in range(2, 100_000):
                connection.execute("INSERT INTO a VALUES (%s, 'x')", (i,))
                written.append(i)
                if done.wait(0.002):
                    return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(3):
            assert table.call("PUT", "/pause").status_code == 202
            table.reaches("PAUSED")
            assert table.call("PUT", "/resume").status_code == 202
            table.reaches("RUNNING")
    finally:
        done.set()
        writer.join()
    seen = table.arrive("a", written[-1])
    assert list(dict.fromkeys(seen)) == [1, *written]


def test_offsets_set_back_while_stopped_are_read_again_from_there(table: Any) -> None:
    started(table, lsn__flush__mode="manual")
    table.sql("INSERT INTO a VALUES (2, 'y')")
    assert table.ids("a", 2) == [1, 2]
    table.until(lambda: table.offset().get("lsn_commit"), "the offset of row 2")
    early = table.offset()
    table.sql("INSERT INTO a VALUES (3, 'z')")
    table.sql("INSERT INTO a VALUES (4, 'z')")
    assert table.ids("a", 4) == [1, 2, 3, 4]
    refused = table.call("PATCH", "/offsets", json={"offsets": [{"partition": {"server": table.name}, "offset": early}]})
    assert refused.status_code == 400
    assert "STOPPED" in refused.json()["message"]
    table.stop()
    body = {"offsets": [{"partition": {"server": table.name}, "offset": early}]}
    assert table.call("PATCH", "/offsets", json=body).status_code == 200
    assert table.offset() == early
    table.resume()
    again = table.events("a", 6)[4:]
    ids = [e.key["id"] for e in again]
    assert ids[-2:] == [3, 4] and set(ids) <= {2, 3, 4}


def test_offsets_set_back_behind_what_the_slot_has_let_go_are_a_clear_error(table: Any) -> None:
    started(table)
    table.sql("INSERT INTO a VALUES (2, 'y')")
    table.ids("a", 2)
    table.until(lambda: table.offset().get("lsn_commit"), "the offset of row 2")
    early = {**table.offset(), "lsn_commit": table.offset()["lsn_commit"] - 1000, "lsn": table.offset()["lsn_commit"] - 1000,
             "lsn_proc": table.offset()["lsn_commit"] - 1000}
    early = {k: v for k, v in early.items() if not k.startswith("headgate_tx")}
    table.stop()
    body = {"offsets": [{"partition": {"server": table.name}, "offset": early}]}
    assert table.call("PATCH", "/offsets", json=body).status_code == 200
    table.resume()
    assert "starts after the stored offset; changes from LSN" in table.trace()


@pytest.mark.parametrize(("partition", "offset", "told"), [
    ({"server": "other"}, {"lsn": 1}, "topic.prefix"), ({}, {"lsn": 1}, "partition"),
    (None, {"lsn": "0/x"}, "'lsn' is '0/x'"), (None, {"lsn": [1]}, "lsn"), (None, {}, "lsn"),
])
def test_offsets_that_make_no_sense_are_a_400(table: Any, partition: Any, offset: Any, told: str) -> None:
    answer = table.http.post("/connectors", json={"name": table.name, "config": table.config(), "initial_state": "STOPPED"})
    assert answer.status_code == 201
    table._connectors.add(table.name)
    body = {"offsets": [{"partition": {"server": table.name} if partition is None else partition, "offset": offset}]}
    answer = table.call("PATCH", "/offsets", json=body)
    assert answer.status_code == 400, answer.text
    assert told in answer.json()["message"]


def test_deleted_offsets_give_a_new_snapshot(table: Any) -> None:
    started(table)
    table.sql("INSERT INTO a VALUES (2, 'y')")
    assert table.ids("a", 2) == [1, 2]
    table.stop()
    table.sql("INSERT INTO a VALUES (3, 'z')")
    assert table.call("DELETE", "/offsets").status_code == 200
    assert table.offset() == {}
    table.resume()
    table.until(lambda: {e.key["id"] for e in table.events("a")[2:] if e.value["op"] == "r"} == {1, 2, 3}, "a new snapshot")


def test_three_hundred_tables_start_and_a_table_made_later_is_captured(scene: Any) -> None:
    with scene.connection.transaction():
        for i in range(300):
            scene.sql(f"CREATE TABLE t{i} (id int PRIMARY KEY, v text)")
    scene.sql("INSERT INTO t7 VALUES (1, 'x')")
    started(scene, publication__autocreate__mode="all_tables")
    scene.sql("INSERT INTO t299 VALUES (1, 'x')")
    assert scene.ids("t7", 1) == [1]
    assert scene.ids("t299", 1) == [1]
    scene.sql("CREATE TABLE later (id int PRIMARY KEY)")
    scene.sql("INSERT INTO later VALUES (5)")
    assert scene.ids("later", 1) == [5]
