"""The task against real servers: snapshot and stream joined, stopped and gone on with, lost connections, XA, rollbacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connect.api.errors import ConnectError
from tests.integration.mysql.tasks import Lab

pytestmark = pytest.mark.integration


@pytest.fixture(params=["mysql", "mariadb"])
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    made = Lab(request.param, request.getfixturevalue(request.param))
    made.sql("CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(100))", "CREATE TABLE b (id INT PRIMARY KEY, v INT)")
    yield made
    made.close()


@pytest.fixture
def my(mysql: Any) -> Iterator[Lab]:
    made = Lab("mysql", mysql)
    made.sql("CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(100))")
    yield made
    made.close()


@pytest.fixture
def maria(mariadb: Any) -> Iterator[Lab]:
    made = Lab("mariadb", mariadb)
    made.sql("CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(100))")
    yield made
    made.close()


def fill(lab: Lab, first: int, count: int, table: str = "a") -> None:
    lab.sql(f"INSERT INTO {table} VALUES " + ", ".join(f"({i}, {i})" for i in range(first, first + count)))


def test_the_snapshot_and_the_stream_meet(lab: Lab) -> None:
    fill(lab, 1, 3)
    runner = lab.task().streaming()
    fill(lab, 4, 2)
    lab.sql("UPDATE a SET v = 'x' WHERE id = 1", "UPDATE a SET id = 10 WHERE id = 2", "DELETE FROM a WHERE id = 3")
    runner.rows_of(9)
    assert runner.briefs == [
        ("a", "r", 1, "first"), ("a", "r", 2, "true"), ("a", "r", 3, "last"), ("a", "c", 4, "false"), ("a", "c", 5, "false"),
        ("a", "u", 1, "false"), ("a", "d", 2, "false"), ("a", "c", 10, "false"), ("a", "d", 3, "false")]
    assert runner.offset is not None
    assert {"file", "pos", "gtids", "server_id", "ts_sec"} <= set(runner.offset)


def test_a_start_with_the_offset_goes_on_where_it_was(lab: Lab) -> None:
    runner = lab.task().streaming()
    fill(lab, 1, 2)
    offset = runner.rows_of(2).stop()
    fill(lab, 3, 2)
    lab.sql("ALTER TABLE a ADD COLUMN n INT DEFAULT 7")
    lab.sql("INSERT INTO a (id) VALUES (5)")
    again = lab.task(offset).rows_of(3)
    assert again.ids() == [3, 4, 5]
    assert [r.value["after"].get("n") for r in again.rows] == [None, None, 7]


@pytest.mark.parametrize("compressed", [False, True])
def test_a_clean_stop_inside_a_transaction_repeats_nothing(lab: Lab, compressed: bool) -> None:
    if compressed and lab.flavor == "mysql":
        lab.sql("SET SESSION binlog_transaction_compression = ON")
    runner = lab.task(max__batch__size="7").streaming()
    lab.sql("BEGIN")
    fill(lab, 1, 30)
    fill(lab, 1, 20, "b")
    fill(lab, 31, 10)
    lab.sql("COMMIT")
    fill(lab, 41, 1)
    offset, got = runner.offset, []
    runner.rows_of(1)
    while len(got) < 61:
        offset = runner.stop()
        got += [(b[0], b[2]) for b in runner.briefs]
        if len(got) < 61:
            runner = lab.task(offset, max__batch__size="7").rows_of(1)
    assert got == [*(("a", i) for i in range(1, 31)), *(("b", i) for i in range(1, 21)), *(("a", i) for i in range(31, 42))]


def test_by_file_and_position_too(lab: Lab) -> None:
    runner = lab.task(max__batch__size="4").streaming()
    fill(lab, 1, 10)
    offset = dict(runner.rows_of(1).stop() or {})
    assert (offset["event"], offset["row"]) in ((2, 4), (3, 4))
    del offset["gtids"]
    assert lab.task(offset).rows_of(6).ids() == [5, 6, 7, 8, 9, 10]


def test_a_connection_that_is_killed_is_opened_again_at_the_same_place(lab: Lab) -> None:
    runner = lab.task(max__batch__size="4").streaming()
    fill(lab, 1, 10)
    runner.rows_of(1)
    lab.end_dump()
    runner.recovering()
    fill(lab, 11, 2)
    assert runner.rows_of(12).ids() == list(range(1, 13))
    assert runner.context.metrics["source_disconnects"] == 1


def test_an_offset_moves_with_what_others_write(lab: Lab) -> None:
    runner = lab.task(table__include__list=f"{lab.name}.b").streaming()
    fill(lab, 1, 5)
    runner.past(lab)
    assert runner.rows == []
    assert "event" not in (runner.offset or {})


def test_heartbeats_come_with_the_offset_and_run_a_statement(lab: Lab) -> None:
    lab.sql("CREATE TABLE beats (n INT AUTO_INCREMENT PRIMARY KEY)")
    runner = lab.task(heartbeat__interval__ms="100", heartbeat__action__query=f"INSERT INTO {lab.name}.beats VALUES ()",
                      table__include__list=f"{lab.name}.beats").streaming()
    runner.until(lambda r: len(r.rows) >= 2)
    beats = [r for r in runner.records if r.topic == "__debezium-heartbeat.p"]
    assert len(beats) >= 2
    assert beats[-1].source_offset["pos"] > beats[0].source_offset["pos"]


@pytest.mark.parametrize("mode", ["initial", "initial_only"])
def test_a_snapshot_ends_with_a_heartbeat_that_says_so(lab: Lab, mode: str) -> None:
    fill(lab, 1, 2)
    runner = lab.task(snapshot__mode=mode, heartbeat__interval__ms="3600000")
    runner.until(lambda r: any(x.topic == "__debezium-heartbeat.p" for x in r.records))
    assert [x.topic for x in runner.records if "heartbeat" in x.topic or x.topic.endswith(".a")] == [
        f"p.{lab.name}.a", f"p.{lab.name}.a", "__debezium-heartbeat.p"]
    assert "snapshot" not in runner.records[-1].source_offset


def test_heartbeats_come_while_changes_do(lab: Lab) -> None:
    runner = lab.task(heartbeat__interval__ms="1", max__batch__size="2").streaming()
    for first in range(1, 501, 10):
        fill(lab, first, 10)

    def topics() -> list[str]:
        return [x.topic.rpartition(".")[2] for x in runner.records]

    runner.until(lambda r: topics().count("a") == 500)
    first, last = topics().index("a"), len(topics()) - topics()[::-1].index("a")
    assert {"p", "a"} == set(topics()[first:last])


def test_a_log_that_is_rotated_is_followed(lab: Lab) -> None:
    runner = lab.task().streaming()
    fill(lab, 1, 1)
    lab.sql("FLUSH BINARY LOGS")
    fill(lab, 2, 1)
    assert runner.rows_of(2).ids() == [1, 2]
    offset = runner.stop()
    assert offset is not None and offset["file"] == lab.position()[0]
    fill(lab, 3, 1)
    assert lab.task(offset).rows_of(1).ids() == [3]


# XA.

def xa(lab: Lab, name: str, *statements: str, on: Any = None) -> None:
    lab.sql(f"XA START '{name}'", *statements, f"XA END '{name}'", f"XA PREPARE '{name}'", on=on)


def test_prepared_rows_come_with_the_commit_also_after_restarts(lab: Lab) -> None:
    one, two = f"{lab.name}-1", f"{lab.name}-2"
    runner = lab.task(max__batch__size="3").streaming()
    first, second = lab.connect(), lab.connect()
    xa(lab, one, "INSERT INTO a VALUES " + ", ".join(f"({i}, 'xa')" for i in range(1, 8)), on=first)
    xa(lab, two, "INSERT INTO a VALUES (50, 'never')", on=second)
    fill(lab, 100, 1)
    offset = runner.rows_of(1).past(lab).stop()
    assert offset is not None and one.encode().hex() in offset["headgate_xa"]
    fill(lab, 101, 1)
    again = lab.task(offset, max__batch__size="3").rows_of(1)
    lab.sql(f"XA COMMIT '{one}'", on=first)
    lab.sql(f"XA ROLLBACK '{two}'", on=second)
    fill(lab, 102, 1)
    again.rows_of(4)
    offset = again.stop()
    last = lab.task(offset, max__batch__size="3").until(lambda r: 102 in r.ids()).past(lab)
    assert runner.ids() + again.ids() + last.ids() == [100, 101, 1, 2, 3, 4, 5, 6, 7, 102]
    assert "headgate_xa" not in (last.offset or {})


def test_one_phase_needs_no_decision(lab: Lab) -> None:
    runner = lab.task().streaming()
    name = f"{lab.name}-3"
    lab.sql(f"XA START '{name}'", "INSERT INTO a VALUES (1, 'x')", f"XA END '{name}'", f"XA COMMIT '{name}' ONE PHASE")
    fill(lab, 2, 1)
    assert runner.rows_of(2).ids() == [1, 2]


# What was rolled back, and what is not there as rows.

def test_rows_behind_a_savepoint_of_mixed_engines_do_not_come(maria: Lab) -> None:
    maria.sql("CREATE TABLE m (id INT PRIMARY KEY) ENGINE=MyISAM",
              "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW INSERT INTO m VALUES (NEW.id)")
    runner = maria.task().streaming()
    maria.sql("BEGIN", "INSERT INTO a VALUES (1, 'x')", "SAVEPOINT s", "INSERT INTO a VALUES (2, 'x')", "ROLLBACK TO SAVEPOINT s",
              "INSERT INTO a VALUES (3, 'x')", "COMMIT", "BEGIN", "INSERT INTO a VALUES (4, 'x')", "ROLLBACK")
    maria.sql("DROP TRIGGER t")
    fill(maria, 9, 1)
    runner.until(lambda r: 9 in [b[2] for b in r.briefs if b[0] == "a"])
    assert [b[2] for b in runner.briefs if b[0] == "a"] == [1, 3, 9]
    assert [b[2] for b in runner.briefs if b[0] == "m"] == [1, 2, 3, 4]


def test_a_statement_in_place_of_rows_stops(lab: Lab) -> None:
    runner = lab.task().streaming()
    other = lab.connect()
    lab.sql("SET SESSION binlog_format = STATEMENT", "INSERT INTO a VALUES (1, 'hidden-value')", on=other)
    with pytest.raises(ConnectError, match=r"a statement \(INSERT\).*binlog_format=ROW") as e:
        runner.until(lambda r: False)
    assert "hidden-value" not in str(e.value)


def test_a_row_image_that_lacks_columns_stops(lab: Lab) -> None:
    fill(lab, 1, 1)
    runner = lab.task().streaming()
    other = lab.connect()
    lab.sql("SET SESSION binlog_row_image = MINIMAL", "UPDATE a SET v = 'y' WHERE id = 1", on=other)
    with pytest.raises(ConnectError, match="binlog_row_image=MINIMAL"):
        runner.until(lambda r: False)


def test_partial_json_updates_are_full_rows(my: Lab) -> None:
    my.sql("CREATE TABLE j (id INT PRIMARY KEY, d JSON, e JSON)",
           "INSERT INTO j VALUES (1, '{\"a\": [1, 2], \"b\": \"x\"}', '[]')")
    runner = my.task(table__include__list=f"{my.name}.j").rows_of(1)
    my.sql("SET SESSION binlog_row_value_options = PARTIAL_JSON",
           "UPDATE j SET d = JSON_SET(d, '$.a[1]', 'new', '$.c', 3), e = JSON_ARRAY_INSERT(e, '$[0]', 7) WHERE id = 1",
           "UPDATE j SET d = JSON_REMOVE(d, '$.b')")
    after = [r.value["after"] for r in runner.rows_of(3).rows[1:]]
    assert [(r["d"], r["e"]) for r in after] == [('{"a":[1,"new"],"b":"x","c":3}', "[7]"), ('{"a":[1,"new"],"c":3}', "[7]")]


def test_modes_that_read_no_rows(lab: Lab) -> None:
    fill(lab, 1, 2)
    runner = lab.task(snapshot__mode="no_data").streaming()
    fill(lab, 3, 1)
    assert runner.rows_of(1).ids() == [3]
    once = lab.task(snapshot__mode="initial_only").until(lambda r: r.task._resting)
    assert [b[:3] for b in once.briefs] == [("a", "r", 1), ("a", "r", 2), ("a", "r", 3)]


def test_a_position_that_the_server_never_had_is_refused_or_read_anew(my: Lab) -> None:
    fill(my, 1, 1)
    runner = my.task().rows_of(1)
    offset = dict(runner.streaming().stop() or {})
    offset["gtids"] = "00000000-1111-2222-3333-444444444444:1-5"
    with pytest.raises(ConnectError, match="transactions that the server does not have"):
        my.task(offset)
    assert my.task(offset, snapshot__mode="when_needed").rows_of(1).ids("r") == [1]
