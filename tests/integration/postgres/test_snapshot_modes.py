"""snapshot.mode and its companions."""

from __future__ import annotations

from typing import Any

import pytest

from connect.api.errors import ConnectError
from tests.integration.postgres.conftest import ids, resume_of


@pytest.fixture
def rows(lab: Any) -> Any:
    lab.sql("CREATE TABLE a (id int PRIMARY KEY, v text)")
    lab.sql("INSERT INTO a VALUES (1, 'x'), (2, NULL)")
    return lab


def test_no_data_reads_no_rows(rows: Any) -> None:
    runner = rows.task(snapshot__mode="no_data").streaming()
    rows.sql("INSERT INTO a VALUES (3, 'z')")
    runner.records_of(1)
    assert runner.briefs == [("a", "c", 3, "false")]


def test_no_data_goes_on_from_a_slot_that_is_there(rows: Any) -> None:
    rows.sql(f"CREATE PUBLICATION {rows.name} FOR TABLE a")
    rows.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", rows.name)
    rows.sql("INSERT INTO a VALUES (3, 'z')")
    assert rows.task(snapshot__mode="no_data").records_of(1).briefs == [("a", "c", 3, "false")]


def test_no_data_refuses_to_leave_a_snapshot_unfinished(rows: Any) -> None:
    with pytest.raises(ConnectError, match="the last snapshot was not finished"):
        rows.task({"lsn": 5, "snapshot": "INITIAL", "snapshot_completed": False}, snapshot__mode="no_data")


def test_initial_only_reads_rows_and_then_rests(rows: Any) -> None:
    runner = rows.task(snapshot__mode="initial_only")
    runner.until(lambda r: r.task._resting)
    rows.sql("INSERT INTO a VALUES (3, 'not seen')")
    assert runner.poll() is None
    assert runner.briefs == [("a", "r", 1, "first"), ("a", "r", 2, "last")]
    assert rows.slots() == []
    assert rows.one("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'headgate%%' AND datname = %s",
                    rows.name) == 0


def test_initial_only_does_nothing_the_second_time(rows: Any) -> None:
    first = rows.task(snapshot__mode="initial_only")
    first.until(lambda r: r.task._resting)
    second = rows.task(first.stop(), snapshot__mode="initial_only")
    assert second.poll() is None
    assert second.records == []


def test_initial_only_needs_no_right_to_replicate(rows: Any) -> None:
    role = rows.role("plain", "")
    rows.sql(f"GRANT SELECT ON a TO {role}")
    runner = rows.task(database__user=role, database__password=role, snapshot__mode="initial_only")
    runner.until(lambda r: r.task._resting)
    assert len(runner.rows) == 2


def test_always_reads_rows_at_every_start(rows: Any) -> None:
    first = rows.task(snapshot__mode="always").streaming()
    rows.sql("INSERT INTO a VALUES (3, 'streamed')")
    first.records_of(3)
    first.store()
    offset = first.stop()
    rows.sql("INSERT INTO a VALUES (4, 'while stopped')")
    rows.sql("DELETE FROM a WHERE id = 1")
    second = rows.task(offset, snapshot__mode="always").streaming()
    rows.sql("INSERT INTO a VALUES (5, 'after')")
    second.records_of(4)
    assert second.briefs == [
        ("a", "r", 2, "first"), ("a", "r", 3, "true"), ("a", "r", 4, "last"), ("a", "c", 5, "false")]


def test_always_does_not_read_again_after_a_lost_connection(rows: Any) -> None:
    runner = rows.task(snapshot__mode="always").streaming()
    rows.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = %s", rows.name)
    rows.sql("INSERT INTO a VALUES (3, 'after')")
    runner.recovering().records_of(3)
    assert ids(runner.records, "r") == [1, 2]


def test_when_needed_reads_rows_when_the_slot_is_gone(rows: Any) -> None:
    offset = rows.task().streaming().stop()
    rows.wait(lambda: rows.one("SELECT active FROM pg_replication_slots WHERE slot_name = %s", rows.name) is False)
    rows.sql("SELECT pg_drop_replication_slot(%s)", rows.name)
    rows.sql("INSERT INTO a VALUES (3, 'z')")
    second = rows.task(offset, snapshot__mode="when_needed").streaming()
    assert ids(second.records, "r") == [1, 2, 3]


def test_when_needed_goes_on_when_everything_is_there(rows: Any) -> None:
    first = rows.task(snapshot__mode="when_needed").streaming()
    offset = first.stop()
    rows.sql("INSERT INTO a VALUES (3, 'z')")
    second = rows.task(offset, snapshot__mode="when_needed").records_of(1)
    assert second.briefs == [("a", "c", 3, "false")]


def test_only_the_named_tables_are_read_and_all_are_streamed(rows: Any) -> None:
    rows.sql("CREATE TABLE b (id int PRIMARY KEY)")
    rows.sql("INSERT INTO b VALUES (1)")
    runner = rows.task(snapshot__include__collection__list="public.b").streaming()
    rows.sql("INSERT INTO a VALUES (3, 'z')")
    runner.records_of(2)
    assert runner.briefs == [("b", "r", 1, "last"), ("a", "c", 3, "false")]


def test_a_statement_of_the_user_s_reads_a_table(rows: Any) -> None:
    runner = rows.task(**{
        "snapshot.select.statement.overrides": "public.a",
        "snapshot.select.statement.overrides.public.a": "SELECT * FROM a WHERE id <> 1 ORDER BY id DESC -- newest first"},
    ).streaming()
    assert ids(runner.records, "r") == [2]


def test_a_wrong_statement_of_the_user_s_is_an_error_naming_the_table(rows: Any) -> None:
    runner = rows.task(**{
        "snapshot.select.statement.overrides": "public.a",
        "snapshot.select.statement.overrides.public.a": "SELECT * FROM nothing"})
    with pytest.raises(ConnectError, match=r"reading public\.a for the snapshot: relation .nothing. does not exist"):
        runner.streaming()


def test_tables_are_read_in_the_order_of_the_include_list(rows: Any) -> None:
    rows.sql("CREATE TABLE b (id int PRIMARY KEY)")
    rows.sql("INSERT INTO b VALUES (1)")
    runner = rows.task(table__include__list="public.b,public.a").streaming()
    assert [b[0] for b in runner.briefs] == ["b", "a", "a"]


def test_locks_are_taken_when_asked_for(rows: Any) -> None:
    runner = rows.task(snapshot__locking__mode="shared", snapshot__fetch__size="1")
    runner.until(lambda r: len(r.rows) >= 1)
    assert rows.one("SELECT count(*) FROM pg_locks l JOIN pg_stat_activity s USING (pid) WHERE relation = 'a'::regclass "
                    "AND application_name = 'headgate it-0' AND mode = 'AccessShareLock'") >= 1
    runner.streaming()


def test_the_snapshot_s_position_is_the_slot_s(rows: Any) -> None:
    runner = rows.task().streaming()
    assert runner.offset is not None
    assert resume_of(runner.offset) == rows.confirmed


def test_values_are_the_same_whatever_the_role_s_settings(each_lab: Any) -> None:
    each_lab.sql("CREATE TABLE v (id int PRIMARY KEY, b bytea, f float8, d date, ts timestamptz)")
    row = "'\\xdeadbeef', 0.1::float8 + 0.2, '2024-02-03', '2024-02-03 04:05:06.789+09'"
    each_lab.sql(f"INSERT INTO v VALUES (1, {row})")
    role = each_lab.role("odd", "REPLICATION SUPERUSER")
    for name, value in (("bytea_output", "escape"), ("extra_float_digits", "-15"), ("DateStyle", "SQL, DMY"),
                        ("TimeZone", "Asia/Tokyo"), ("search_path", "nowhere"), ("statement_timeout", "50ms"),
                        ("IntervalStyle", "sql_standard"), ("default_transaction_read_only", "on")):
        each_lab.sql(f"ALTER ROLE {role} SET {name} = '{value}'")
    runner = each_lab.task(database__user=role, database__password=role).streaming()
    each_lab.sql(f"INSERT INTO v VALUES (2, {row})")
    runner.records_of(2)
    first, second = (dict(r.value["after"]) for r in runner.rows)
    assert (first.pop("id"), second.pop("id")) == (1, 2)
    assert first == second
    assert first == {"b": b"\xde\xad\xbe\xef", "f": 0.30000000000000004, "d": 19756, "ts": "2024-02-02T19:05:06.789000Z"}


def test_initial_statements_run_and_cannot_change_what_is_pinned(rows: Any) -> None:
    rows.sql("CREATE TABLE log (id serial PRIMARY KEY, x text)")
    runner = rows.task(
        table__include__list="public.a",
        database__initial__statements="SET bytea_output = 'escape'; INSERT INTO public.log (x) VALUES ('a;;b')").streaming()
    assert rows.one("SELECT x FROM log LIMIT 1") == "a;b"
    assert runner.task._opened is not None
    assert runner.task._opened.sql.value("SHOW bytea_output") == "hex"


def test_replica_identities_are_set_at_the_start(rows: Any) -> None:
    runner = rows.task(replica__identity__autoset__values="public.a:FULL").streaming()
    rows.sql("UPDATE a SET v = 'new' WHERE id = 1")
    runner.records_of(3)
    assert runner.rows[-1].value["before"] == {"id": 1, "v": "x"}
