"""Faults that readers of MySQL's log have had in the field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.mysql.address import Address
from connectors.mysql.server import log_status
from connectors.mysql.session import Session
from connectors.mysql.stream import BinlogStream, replica_uuid
from tests.integration.mysql.scene import Scene
from tests.waiting import until

pytestmark = pytest.mark.integration


@pytest.fixture
def scene(worker: Any, kafka: Any, registry: Any, mysql: Any) -> Iterator[Scene]:
    made = Scene(worker, kafka, registry, mysql)
    yield made
    made.close()


def test_a_row_logged_as_a_statement_stops_the_task_at_its_place(scene: Scene) -> None:
    """A session with binlog_format=STATEMENT writes text instead of rows: going on would lose the row."""
    scene.sql("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))")
    scene.streams()
    scene.sql("INSERT INTO t VALUES (1, 'row')", "SET SESSION binlog_format = 'STATEMENT'",
              "INSERT INTO t VALUES (2, 'statement')", "SET SESSION binlog_format = 'ROW'", "INSERT INTO t VALUES (3, 'row')")
    trace = scene.trace()
    assert [e.key["id"] for e in scene.events("t", 1, failed=True)] == [1]
    assert scene.database in trace and "statement" in trace.lower() and "binlog_format" in trace
    first = scene.offset()
    scene.restart()
    assert "binlog_format" in scene.trace()
    assert scene.offset()["pos"] == first["pos"]


def test_a_statement_elsewhere_does_not_stop_it(scene: Scene) -> None:
    scene.sql("CREATE TABLE t (id INT PRIMARY KEY)")
    other = f"{scene.database}_other"
    scene.sql(f"CREATE DATABASE {other}")
    scene.streams()
    session = scene.connect(database=other)
    scene.sql("CREATE TABLE x (id INT PRIMARY KEY)", "SET SESSION binlog_format = 'STATEMENT'", "INSERT INTO x VALUES (1)",
              f"DROP DATABASE {other}", on=session)
    scene.sql("INSERT INTO t VALUES (1)")
    assert [e.key["id"] for e in scene.events("t", 1)] == [1]


def test_partial_json_updates_arrive_whole(scene: Scene) -> None:
    """A session with binlog_row_value_options=PARTIAL_JSON logs differences; they are applied to the old row."""
    pad = "." * 120
    scene.sql("CREATE TABLE t (id INT PRIMARY KEY, d JSON, n INT)",
              f"""INSERT INTO t VALUES (1, '{{"a": 1, "list": [1, 2, 3], "pad": "{pad}"}}', 0)""")
    scene.streams()
    scene.sql("SET SESSION binlog_row_value_options = 'PARTIAL_JSON'", "UPDATE t SET d = JSON_SET(d, '$.a', 2) WHERE id = 1",
              "UPDATE t SET d = JSON_REMOVE(JSON_SET(d, '$.list[1]', 'two'), '$.a'), n = 5 WHERE id = 1",
              "UPDATE t SET n = 6 WHERE id = 1", "SET SESSION binlog_row_value_options = ''", "INSERT INTO t VALUES (2, '{}', 0)")
    events = scene.events("t", 5)
    assert [e.value["op"] for e in events] == ["r", "u", "u", "u", "c"]
    first, second, third = (json.loads(e.value["after"]["d"]) for e in events[1:4])
    assert first == {"a": 2, "list": [1, 2, 3], "pad": pad}
    assert second == third == {"list": [1, "two", 3], "pad": pad}
    assert [e.value["after"]["n"] for e in events[1:4]] == [0, 5, 6]
    assert json.loads(events[2].value["before"]["d"]) == first


def test_binary_keys_that_end_in_zeros_are_the_same_on_both_paths(scene: Scene) -> None:
    """The log drops the zeros that BINARY(n) ends with, a query does not; VARBINARY keeps its length on both."""
    scene.sql("CREATE TABLE t (id BINARY(16) PRIMARY KEY, vb VARBINARY(8), n INT)",
              "INSERT INTO t VALUES (x'11223344556677889900aabbccddee00', x'0100', 1), (x'01', x'00', 2), (x'00', x'', 3), "
              "(x'000000000000000000000000000000ff', NULL, 4)")
    scene.streams()
    scene.sql("UPDATE t SET n = n + 10", "DELETE FROM t WHERE n IN (11, 13)", "INSERT INTO t VALUES (x'00', x'0000', 5)")
    events = scene.events("t", 13)
    assert {len(e.key["id"]) for e in events} == {16}
    by_op: dict[str, set[bytes]] = {}
    for e in events:
        by_op.setdefault(e.value["op"] if e.value else "", set()).add(e.key["id"])
    assert by_op["u"] == by_op["r"] and by_op["d"] == by_op[""] and len(by_op["d"]) == 2
    vb = {e.value["after"]["n"]: e.value["after"]["vb"] for e in events if e.value and e.value["op"] in "rc"}
    assert vb == {1: b"\1\0", 2: b"\0", 3: b"", 4: None, 5: b"\0\0"}


EDGES = [
    "(1, 0, '-00:00:00.500000', '-00:00:00.1', '1000-01-01 00:00:00', '1000-01-01 00:00:00.000001', '9999-12-31 23:59:59.999', "
    "'1970-01-01 00:00:01', '1000-01-01', 'ok')",
    "(2, 2155, '838:59:59', '-838:59:59', '9999-12-31 23:59:59', '9999-12-31 23:59:59.999999', '1969-12-31 23:59:59.999', "
    "'2038-01-19 03:14:07.999999', '9999-12-31', 'ok')",
    "(3, 1901, '-01:00:00.000001', '00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00.000000', '2024-02-29 12:00:00.5', "
    "'2026-10-25 00:30:00', '0000-00-00', 'ok')",
    "(4, 1970, '00:00:00.000001', '23:59:59.9', '2024-00-00 00:00:00', '1969-12-31 23:59:59.999999', '1970-01-01', "
    "'2026-10-25 01:30:00', '2010-00-01', 'ok')",
]


def test_the_edges_of_temporal_types_are_the_same_on_both_paths(scene: Scene) -> None:
    """Year 0, negative times with fractions, zero dates with fractions, the hour that comes twice in autumn."""
    scene.sql("CREATE TABLE t (id INT PRIMARY KEY, y YEAR, t6 TIME(6), t1 TIME(1), dt0 DATETIME, dt6 DATETIME(6), "
              "dt3 DATETIME(3), ts TIMESTAMP(6) NULL, d DATE, guard VARCHAR(5))", "INSERT INTO t VALUES " + ", ".join(EDGES))
    scene.streams()
    scene.sql("INSERT INTO t SELECT id + 100, y, t6, t1, dt0, dt6, dt3, ts, d, guard FROM t WHERE id < 100")
    rows = {e.key["id"]: e.value["after"] for e in scene.events("t", 8)}
    for i in range(1, 5):
        assert {**rows[i], "id": 0} == {**rows[i + 100], "id": 0}
    assert {r["guard"] for r in rows.values()} == {"ok"}
    assert rows[1]["y"] == 0
    assert [rows[i]["t6"] for i in (1, 2, 3, 4)] == [-500_000, 3_020_399_000_000, -3_600_000_001, 1]
    assert [rows[i]["t1"] for i in (1, 2)] == [-100_000, -3_020_399_000_000]
    assert [rows[i]["dt0"] for i in (3, 4)] == [None, None] and rows[3]["dt6"] is None and rows[4]["d"] is None
    assert rows[3]["ts"].startswith("2026-10-25T00:30:00") and rows[4]["ts"].startswith("2026-10-25T01:30:00")


def test_a_second_connector_with_the_same_server_id_does_not_start(scene: Scene) -> None:
    scene.sql("CREATE TABLE t (id INT PRIMARY KEY)")
    first, twin = scene.name, scene.name + "b"
    scene.streams(first)
    scene.create(twin, topic__prefix=twin)
    trace = scene.trace(twin)
    assert f"database.server.id={scene.server_id} is in use" in trace and first in trace
    scene.sql("INSERT INTO t VALUES (1)")
    assert [e.key["id"] for e in scene.events("t", 1, first)] == [1]


@pytest.mark.parametrize("flavor", ["mysql", "mariadb"])
def test_a_reader_that_is_thrown_out_says_so_and_makes_no_snapshot(
    flavor: str, worker: Any, kafka: Any, registry: Any, request: pytest.FixtureRequest
) -> None:
    """The server ends the older of two readers that it takes for one (MySQL by UUID, MariaDB by number); MySQL with error 1236,
    which is also that of a purged log."""
    server = request.getfixturevalue(flavor)
    scene = Scene(worker, kafka, registry, server, flavor)
    scene.sql("CREATE TABLE t (id INT PRIMARY KEY)")
    scene.streams(snapshot__mode="when_needed")
    scene.sql("INSERT INTO t VALUES (1)")
    scene.events("t", 1)
    session = Session.open(Address(server.host, server.port, server.user, server.password), "tests")
    status = log_status(session)
    assert status is not None
    stranger = BinlogStream.start(session, scene.server_id, status.position, replica=replica_uuid(scene.name, scene.name))
    scene.sql("INSERT INTO t VALUES (2)")
    trace = scene.trace()
    assert "same server" in trace and str(scene.server_id) in trace and "database.server.id" in trace
    stranger.close()
    scene.create(database__server__id=str(scene.server_id + 1), snapshot__mode="when_needed")
    until(lambda: scene.task()["state"] == "RUNNING", 60, "the task to run")
    assert [(e.key["id"], e.value["op"]) for e in scene.events("t", 2)] == [(1, "c"), (2, "c")]
    scene.close()
