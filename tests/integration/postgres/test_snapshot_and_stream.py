"""Snapshot and stream of a real server, joined exactly."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import psycopg
import pytest

from tests.integration.postgres.conftest import ids, resume_of


def three_rows(lab: Any, name: str = "a") -> None:
    lab.sql(f"CREATE TABLE {name} (id int PRIMARY KEY, v text)")
    lab.sql(f"INSERT INTO {name} SELECT g, 'v' || g FROM generate_series(1, 3) g")


def test_rows_are_read_then_changes_come(each_lab: Any) -> None:
    three_rows(each_lab)
    runner = each_lab.task().streaming()
    each_lab.sql("INSERT INTO a VALUES (4, 'x')")
    each_lab.sql("UPDATE a SET v = 'y' WHERE id = 1")
    each_lab.sql("DELETE FROM a WHERE id = 2")
    runner.records_of(6)
    assert runner.briefs == [
        ("a", "r", 1, "first"), ("a", "r", 2, "true"), ("a", "r", 3, "last"),
        ("a", "c", 4, "false"), ("a", "u", 1, "false"), ("a", "d", 2, "false")]


def test_marks_are_those_of_the_first_and_last_rows(lab: Any) -> None:
    three_rows(lab)
    for name, rows in (("b", 1), ("c_empty", 0), ("d", 2)):
        lab.sql(f"CREATE TABLE {name} (id int PRIMARY KEY)")
        lab.sql(f"INSERT INTO {name} SELECT generate_series(1, {rows})")
    runner = lab.task().streaming()
    assert runner.briefs == [
        ("a", "r", 1, "first"), ("a", "r", 2, "true"), ("a", "r", 3, "last_in_data_collection"),
        ("b", "r", 1, "last_in_data_collection"), ("d", "r", 1, "first_in_data_collection"), ("d", "r", 2, "last")]


def test_an_empty_last_table_leaves_the_mark_on_the_last_row(lab: Any) -> None:
    three_rows(lab)
    lab.sql("CREATE TABLE z (id int PRIMARY KEY)")
    assert lab.task().streaming().briefs[-1] == ("a", "r", 3, "last")


@pytest.mark.parametrize("size", ["1", "2", "3", "10240"])
def test_the_marks_do_not_depend_on_the_size_of_a_batch(lab: Any, size: str) -> None:
    three_rows(lab)
    three_rows(lab, "b")
    runner = lab.task(snapshot__fetch__size=size).streaming()
    assert [b[3] for b in runner.briefs] == [
        "first", "true", "last_in_data_collection", "first_in_data_collection", "true", "last"]


def test_a_database_without_rows_completes_its_snapshot(each_lab: Any) -> None:
    each_lab.sql("CREATE TABLE a (id int PRIMARY KEY)")
    runner = each_lab.task().streaming()
    assert runner.records == []
    assert runner.offset is not None
    assert runner.offset["snapshot_completed"] is True
    each_lab.sql("INSERT INTO a VALUES (1)")
    runner.records_of(1)
    assert runner.briefs == [("a", "c", 1, "false")]


def test_offsets_say_how_far_the_snapshot_is(lab: Any) -> None:
    three_rows(lab)
    runner = lab.task(snapshot__fetch__size="1")
    seen = []

    def over(r: Any) -> bool:
        if r.offset is not None and (not seen or seen[-1] is not r.offset):
            seen.append(r.offset)
        return r.task._stream is not None

    runner.until(over)
    assert [o["snapshot_completed"] for o in seen[:3]] == [False, False, True]
    assert {o["snapshot"] for o in seen[:3]} == {"INITIAL"}
    assert len({o["lsn"] for o in seen[:3]}) == 1
    lab.sql("INSERT INTO a VALUES (4, 'x')")
    runner.records_of(4)
    assert "snapshot" not in runner.offset


class Writer(threading.Thread):
    """Transactions of several rows, one after the other, until told to end. Every row has an id of its own."""

    def __init__(self, lab: Any) -> None:
        super().__init__(daemon=True)
        self.dsn = psycopg.conninfo.make_conninfo(lab.dsn, dbname=lab.name)
        self.done = threading.Event()
        self.committed = 0

    def run(self) -> None:
        with psycopg.connect(self.dsn) as c:
            while not self.done.is_set():
                c.execute("INSERT INTO a SELECT g, 'w' FROM generate_series(%s::int, %s::int) g",
                          (self.committed + 1, self.committed + 3))
                c.commit()
                self.committed += 3


@pytest.mark.parametrize("slot_exists", [False, True])
def test_under_a_running_writer_every_row_comes_and_only_an_older_slot_repeats_any(each_lab: Any, slot_exists: bool) -> None:
    each_lab.sql("CREATE TABLE a (id int PRIMARY KEY, v text)")
    if slot_exists:
        each_lab.sql(f"CREATE PUBLICATION {each_lab.name} FOR TABLE a")
        each_lab.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", each_lab.name)
    writer = Writer(each_lab)
    writer.start()
    each_lab.wait(lambda: writer.committed > 200)
    runner = each_lab.task()
    runner.streaming()
    target = writer.committed + 200
    runner.until(lambda r: writer.committed >= target)
    writer.done.set()
    writer.join(10)
    runner.until(lambda r: len({b[2] for b in r.briefs}) >= writer.committed)
    counts = Counter(b[2] for b in runner.briefs)
    assert set(counts) == set(range(1, writer.committed + 1))
    assert max(counts.values()) == (2 if slot_exists else 1)
    assert max(Counter(ids(runner.records, "r")).values()) == 1
    assert max(Counter(ids(runner.records, "c")).values()) == 1
    assert ids(runner.records, "r")
    assert ids(runner.records, "c")


def test_a_row_of_an_interrupted_snapshot_that_was_deleted_since_is_told_as_deleted(each_lab: Any) -> None:
    three_rows(each_lab)
    first = each_lab.task()
    first.until(lambda r: r.rows)
    first.stop()
    each_lab.sql("DELETE FROM a WHERE id = 1")
    second = each_lab.task().streaming()
    second.until(lambda r: ids(r.records, "d"))
    assert ids(second.records, "d") == [1]
    assert ids(second.records, "r") == [2, 3]


def test_a_restart_goes_on_where_the_stored_offset_says(each_lab: Any) -> None:
    three_rows(each_lab)
    first = each_lab.task().streaming()
    each_lab.sql("INSERT INTO a VALUES (4, 'x')")
    first.records_of(4)
    first.store()
    offset = first.stop()
    each_lab.sql("INSERT INTO a VALUES (5, 'y'), (6, 'z')")
    second = each_lab.task(offset).records_of(2)
    assert second.briefs == [("a", "c", 5, "false"), ("a", "c", 6, "false")]


def test_a_restart_inside_a_transaction_goes_on_at_its_next_row(lab: Any) -> None:
    three_rows(lab)
    first = lab.task(max__batch__size="4").streaming()
    lab.sql("INSERT INTO a SELECT g, 'x' FROM generate_series(10, 29) g")
    first.until(lambda r: len(r.rows) > 3)
    read = len(first.rows)
    assert read < 23
    offset = first.stop()
    second = lab.task(offset).until(lambda r: len(r.rows) + read >= 23)
    assert [b[2] for b in first.briefs[3:]] + [b[2] for b in second.briefs] == list(range(10, 30))


def test_without_a_stored_offset_a_second_start_takes_the_snapshot_again(lab: Any) -> None:
    three_rows(lab)
    lab.task().streaming().stop()
    second = lab.task().streaming()
    assert ids(second.records, "r") == [1, 2, 3]
    lab.sql("INSERT INTO a VALUES (4, 'x')")
    second.records_of(4)
    assert second.briefs[-1] == ("a", "c", 4, "false")
    assert lab.slots() == [lab.name]


def test_an_interrupted_snapshot_begins_again(lab: Any) -> None:
    lab.sql("CREATE TABLE a (id int PRIMARY KEY)")
    lab.sql("INSERT INTO a SELECT generate_series(1, 100)")
    first = lab.task(snapshot__fetch__size="10")
    first.until(lambda r: len(r.rows) >= 30)
    offset = first.stop()
    assert offset is not None
    assert offset["snapshot_completed"] is False
    lab.sql("INSERT INTO a VALUES (101)")
    second = lab.task(offset).streaming()
    assert ids(second.records, "r") == list(range(1, 102))


def test_a_snapshot_stops_at_any_row(lab: Any) -> None:
    lab.sql("CREATE TABLE a (id int PRIMARY KEY)")
    lab.sql("INSERT INTO a SELECT generate_series(1, 1000)")
    runner = lab.task(snapshot__fetch__size="10")
    runner.until(lambda r: len(r.rows) >= 30)
    runner.context.asked_to_stop = True
    assert runner.poll() is None
    runner.stop()
    lab.wait(lambda: lab.one("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'headgate it-0'") == 0)


def test_a_quiet_stream_advances_the_slot_and_never_beyond_the_stored_offset(each_lab: Any) -> None:
    three_rows(each_lab)
    each_lab.sql("CREATE TABLE elsewhere (id int)")
    runner = each_lab.task(table__include__list="public.a", status__update__interval__ms="100").streaming()
    start = each_lab.confirmed
    each_lab.sql("INSERT INTO elsewhere SELECT generate_series(1, 1000)")
    mark = int(each_lab.one("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"))
    runner.until(lambda r: resume_of(r.offset) >= mark)
    assert len(runner.rows) == 3
    assert each_lab.confirmed == start
    runner.store()
    each_lab.wait(lambda: each_lab.confirmed == resume_of(runner.offset))


def test_many_filtered_changes_make_few_empty_batches(lab: Any) -> None:
    three_rows(lab)
    lab.sql("CREATE TABLE elsewhere (id int)")
    runner = lab.task(table__include__list="public.a", publication__autocreate__mode="all_tables").streaming()
    before = runner.batches
    for _ in range(200):
        lab.sql("INSERT INTO elsewhere VALUES (1)")
    mark = int(lab.one("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"))
    runner.until(lambda r: resume_of(r.offset) >= mark)
    assert runner.batches - before < 60


def test_manual_flush_mode_never_confirms(lab: Any) -> None:
    three_rows(lab)
    runner = lab.task(lsn__flush__mode="manual", status__update__interval__ms="50").streaming()
    start = lab.confirmed
    lab.sql("INSERT INTO a VALUES (4, 'x')")
    runner.records_of(4)
    runner.store()
    lab.sql("INSERT INTO a VALUES (5, 'x')")
    runner.records_of(5)
    assert lab.confirmed == start


def test_what_is_stored_is_confirmed_at_once(each_lab: Any) -> None:
    three_rows(each_lab)
    runner = each_lab.task().streaming()
    each_lab.sql("INSERT INTO a VALUES (4, 'x')")
    runner.records_of(4)
    runner.store()
    each_lab.wait(lambda: each_lab.confirmed == resume_of(runner.offset))


def test_an_unfinished_snapshot_s_offset_confirms_nothing(lab: Any) -> None:
    lab.sql("CREATE TABLE a (id int PRIMARY KEY)")
    lab.sql("INSERT INTO a SELECT generate_series(1, 100)")
    runner = lab.task(snapshot__fetch__size="10")
    runner.until(lambda r: len(r.rows) >= 30)
    runner.store()
    assert runner.task._stored == 0


def test_a_running_snapshot_s_reader_waits_for_nothing_else(each_lab: Any) -> None:
    """The exporting connection may go once its snapshot was imported."""
    three_rows(each_lab)
    runner = each_lab.task(snapshot__fetch__size="1")
    runner.until(lambda r: len(r.rows) >= 1)
    each_lab.sql("INSERT INTO a VALUES (4, 'x')")
    runner.streaming().records_of(4)
    assert ids(runner.records, "r") == [1, 2, 3]
    assert ids(runner.records, "c") == [4]


def test_the_slot_is_dropped_on_stop_when_asked(lab: Any) -> None:
    three_rows(lab)
    lab.task(slot__drop__on__stop="true").streaming().stop()
    assert lab.slots() == []
