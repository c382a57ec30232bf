"""Snapshots of real servers: of one moment, exact, in bounded memory, with locks or without."""

from __future__ import annotations

import random
import resource
import threading
from collections.abc import Iterator
from typing import Any

import pymysql
import pytest

from connect.api.errors import ConnectError, RetriableError
from connectors.mysql.locks import Held
from connectors.mysql.structure import Flavor
from connectors.waiting import Stopped
from tests.integration.mysql.reading import Bench, records_of, writers
from tests.waiting import until

pytestmark = pytest.mark.integration


@pytest.fixture(params=[Flavor.MYSQL, Flavor.MARIADB])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    name = request.node.name.partition("[")[0][5:25].strip("_")
    made = Bench(request.getfixturevalue(request.param.value), request.param, name)
    yield made
    made.close()


@pytest.fixture
def reader_name(bench: Bench) -> Iterator[str]:
    """A user who may read, lock tables and see the log's position, and nothing else."""
    name = f"r_{bench.database}"[:30]
    bench.sql(f"CREATE USER {name}@'%' IDENTIFIED BY 'cdc'", f"GRANT SELECT, LOCK TABLES ON {bench.database}.* TO {name}@'%'",
              f"GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO {name}@'%'")
    yield name
    bench.sql(f"DROP USER {name}@'%'")


def rows(records: list[Any]) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for record in records:
        found.setdefault(record.value["source"]["table"], []).append(tuple(record.value["after"].values()))
    return found


def markers(records: list[Any]) -> list[tuple[str, str]]:
    return [(r.value["source"]["table"], r.value["source"]["snapshot"]) for r in records]


def fill(bench: Bench, table: str, count: int) -> None:
    """Rows (1, 1) to (count, count)."""
    bench.sql(f"INSERT INTO {table} (id, v) VALUES (1, 1)")
    have = 1
    while have < count:
        bench.sql(f"INSERT INTO {table} (id, v) SELECT id + {have}, v + {have} FROM {table} WHERE id + {have} <= {count}")
        have *= 2


@pytest.mark.parametrize("locking", ["minimal", "minimal, by locks of tables", "extended", "none"])
def test_rows_and_position_are_of_one_moment_while_others_write(bench: Bench, locking: str, reader_name: str) -> None:
    locking, _, by_table = locking.partition(",")
    bench.sql("CREATE TABLE a (id INT PRIMARY KEY, v INT)", "CREATE TABLE b (id INT PRIMARY KEY, v INT)",
              "CREATE TABLE not_captured (id INT AUTO_INCREMENT PRIMARY KEY)")
    fill(bench, "a", 400)
    fill(bench, "b", 400)

    def work(connection: Any, number: int) -> None:
        """Moves rows between the tables, changes and exchanges them; each writer has rows of its own."""
        id = random.randrange(1, 130) * 3 + number
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO not_captured () VALUES ()")
            cursor.execute("BEGIN")
            cursor.execute(f"UPDATE a SET v = v + 1 WHERE id = {id}")
            cursor.execute(f"DELETE FROM b WHERE id = {id}")
            cursor.execute(f"INSERT INTO b VALUES ({id}, {random.randrange(1000)})")
            cursor.execute(f"INSERT INTO a VALUES ({1000 + id}, 1) ON DUPLICATE KEY UPDATE v = v + 1")
            if random.random() < 0.5:
                cursor.execute(f"DELETE FROM a WHERE id = {1000 + id}")
            cursor.execute("COMMIT")

    config = bench.config(snapshot__locking__mode=locking, table__exclude__list=f"{bench.database}.not_captured")
    with writers(bench, work) as done:
        until(lambda: min(done) > 3, what="the writers")
        start = bench.begin(config, reader_name if by_table else None)
        reader = (batch for batch in bench.reader(config, start, chunk_rows=50) if batch is not None)
        first = next(reader)
        seen = list(done)
        if locking != "extended":
            until(lambda: all(now > was + 3 for now, was in zip(done, seen, strict=True)), what="writes beside the snapshot")
        records = [*first.records(), *(r for batch in reader for r in batch.records())]
        until(lambda: min(done) > 10, what="the writers")
    state = {name: dict(found) for name, found in rows(records).items()}
    assert sum(len(table) for table in state.values()) == len(records)
    exact = locking != "none" or bench.flavor is Flavor.MARIADB
    count = 0
    for operation, table, old, new in bench.changes_since(start):
        count += 1
        if table == "not_captured":
            continue
        if exact and old is not None:
            assert state[table][old[0]] == old[1], (operation, table, old, new)
        if exact and operation == "c":
            assert new is not None and new[0] not in state[table]
        if old is not None:
            state[table].pop(old[0], None)
        if new is not None:
            state[table][new[0]] = new[1]
    assert count
    for table, found in state.items():
        assert found == dict(bench.sql(f"SELECT id, v FROM {table}")), table


def test_markers_offsets_and_order(bench: Bench) -> None:
    for name in ("s0", "s1", "s2", "s3", "s4"):
        bench.sql(f"CREATE TABLE {name} (id INT PRIMARY KEY, v INT)")
    bench.sql("CREATE VIEW s5 AS SELECT * FROM s3")
    if bench.flavor is Flavor.MARIADB:
        bench.sql("CREATE SEQUENCE s6")
    for name, count in (("s1", 1), ("s2", 2), ("s3", 3)):
        fill(bench, name, count)
    config = bench.config()
    start = bench.begin(config)
    reader = bench.reader(config, start)
    batches = [batch for batch in reader if batch is not None]
    records = [r for batch in batches for r in batch.records()]
    assert markers(records) == [
        ("s1", "last_in_data_collection"), ("s2", "first_in_data_collection"), ("s2", "last_in_data_collection"),
        ("s3", "first_in_data_collection"), ("s3", "true"), ("s3", "last")]
    at = start.position.position
    assert [r.source_offset.get("snapshot") for r in records] == ["INITIAL"] * 5 + [None]
    assert {(r.source_offset["file"], r.source_offset["pos"]) for r in records} == {(at.file, at.pos)}
    assert {r.source_offset.get("gtids") for r in records} == {start.position.gtids}
    sources = [r.value["source"] for r in records]
    assert {(s["file"], s["pos"], s["server_id"], s["row"]) for s in sources} == {(at.file, at.pos, 0, 0)}
    assert {r.value["op"] for r in records} == {"r"}
    assert reader.offset == batches[-1].offset and not reader.offset.snapshot_running
    assert batches[0].offset.snapshot_running


def test_a_database_without_rows_ends_with_an_empty_batch(bench: Bench) -> None:
    bench.sql("CREATE TABLE t (id INT PRIMARY KEY)")
    config = bench.config()
    (batch,) = [batch for batch in bench.reader(config, bench.begin(config)) if batch is not None]
    assert len(batch) == 0
    assert not batch.offset.snapshot_running and batch.offset.file


def test_the_include_list_gives_the_order_and_narrower_lists_the_rows(bench: Bench) -> None:
    database = bench.database
    for name in ("aa", "mm", "zz", "skip"):
        bench.sql(f"CREATE TABLE {name} (id INT PRIMARY KEY, v INT)")
        fill(bench, name, 4)
    config = bench.config(**{
        "table.include.list": f"{database}.zz,{database}.aa,{database}.mm,{database}.skip",
        "snapshot.include.collection.list": f"{database}.(zz|aa|mm)",
        "snapshot.select.statement.overrides": f"{database}.zz,{database}.AA,{database}.mm",
        f"snapshot.select.statement.overrides.{database}.zz": f"SELECT * FROM {database}.zz WHERE id % 2 = 0 ORDER BY id DESC; ",
        f"snapshot.select.statement.overrides.{database}.AA": f"SELECT v, id, 1 AS more FROM {database}.aa WHERE id < 3 -- all",
        f"snapshot.select.statement.overrides.{database}.mm": f"SELECT * FROM {database}.mm WHERE id > 9"})
    found = rows(bench.read(config))
    assert list(found) == ["zz", "aa"]
    assert found["zz"] == [(4, 4), (2, 2)]
    assert sorted(found["aa"]) == [(1, 1), (2, 2)]


def test_an_override_that_lacks_a_column_is_refused_by_name(bench: Bench) -> None:
    bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)")
    name = f"{bench.database}.t"
    config = bench.config(**{"snapshot.select.statement.overrides": name,
                             f"snapshot.select.statement.overrides.{name}": f"SELECT id FROM {name}"})
    with pytest.raises(ConnectError, match=r"does not select the captured column\(s\) v"):
        bench.read(config)


def test_tables_in_the_order_of_their_rows(bench: Bench) -> None:
    for name, count in (("a", 200), ("b", 2000), ("c", 20)):
        bench.sql(f"CREATE TABLE {name} (id INT PRIMARY KEY, v INT)")
        fill(bench, name, count)
        bench.sql(f"ANALYZE TABLE {name}")
    assert list(rows(bench.read(order="descending"))) == ["b", "a", "c"]
    assert list(rows(bench.read(order="ascending"))) == ["c", "a", "b"]


def test_without_the_right_to_the_global_lock_the_tables_are_locked(bench: Bench, reader_name: str) -> None:
    bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)")
    fill(bench, "t", 10)
    config = bench.config(snapshot__locking__mode="extended")
    writer = bench.connect(database=bench.database)
    bench.sql("BEGIN", "UPDATE t SET v = 100 WHERE id = 1", on=writer)
    threading.Timer(0.3, lambda: bench.sql("COMMIT", on=writer)).start()
    start = bench.begin(config, reader_name)
    assert start.locks is not None and start.locks.held is Held.TABLES
    found = rows(records_of(bench.reader(config, start)))
    assert start.locks.held is Held.NOTHING
    assert found["t"][0] == (1, 100), "the lock waited for the transaction that had written to the table"
    writer.close()


def test_without_any_lock_granted_the_cure_is_told(bench: Bench, reader_name: str) -> None:
    bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)", f"REVOKE LOCK TABLES ON {bench.database}.* FROM {reader_name}@'%'")
    with pytest.raises(ConnectError, match=r"neither the global read lock nor LOCK TABLES .*GRANT RELOAD"):
        bench.begin(bench.config(), reader_name)
    bench.begin(bench.config(snapshot__locking__mode="none"), reader_name).close()


def test_a_lock_that_is_not_had_in_time_fails_and_is_not_left_behind(bench: Bench) -> None:
    bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)")
    other = bench.connect(database=bench.database)
    bench.sql("LOCK TABLES t WRITE", on=other)
    with pytest.raises(ConnectError, match=r"snapshot\.lock\.timeout\.ms=1000"):
        bench.begin(bench.config(snapshot__lock__timeout__ms="1000"))
    other.close()
    bench.sql("INSERT INTO t VALUES (1, 1)")


def test_minimal_locks_are_given_back_before_the_rows_are_read(bench: Bench) -> None:
    bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)")
    fill(bench, "t", 10)
    config = bench.config()
    start = bench.begin(config)
    bench.sql("UPDATE t SET v = 0", "INSERT INTO t VALUES (11, 11)")
    found = rows(records_of(bench.reader(config, start)))
    assert found["t"] == [(i, i) for i in range(1, 11)]


def test_extended_locks_are_held_until_the_rows_are_read(bench: Bench) -> None:
    bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)")
    fill(bench, "t", 10)
    config = bench.config(snapshot__locking__mode="extended")
    start = bench.begin(config)
    other = bench.connect(database=bench.database)
    bench.sql("SET lock_wait_timeout = 1", on=other)
    with pytest.raises(pymysql.err.OperationalError, match="timeout"):
        bench.sql("UPDATE t SET v = 0", on=other)
    list(bench.reader(config, start))
    bench.sql("UPDATE t SET v = 0", on=other)
    other.close()


def test_locks_that_were_lost_meanwhile_undo_the_snapshot(bench: Bench) -> None:
    bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)")
    fill(bench, "t", 10)
    config = bench.config(snapshot__locking__mode="extended")
    start = bench.begin(config)
    bench.sql(f"KILL {start.sessions[0].thread_id}")
    with pytest.raises(RetriableError):
        list(bench.reader(config, start))
    start.close()


def test_an_altered_table_begins_the_snapshot_anew(bench: Bench) -> None:
    bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)")
    fill(bench, "t", 10)
    config = bench.config()
    for statement in ("ALTER TABLE t ADD COLUMN w INT, ALGORITHM=COPY", "ALTER TABLE t DROP COLUMN v", "DROP TABLE t"):
        start = bench.begin(config)
        bench.sql(statement)
        with pytest.raises(RetriableError, match="begins anew"):
            list(bench.reader(config, start))
        start.close()


def test_a_prepared_xa_transaction_is_waited_for(bench: Bench) -> None:
    """Its rows are in the log and in no table: neither the snapshot nor a stream behind it would show them."""
    bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)")
    xid = f"'{bench.database}'"
    other = bench.connect(database=bench.database)
    bench.sql(f"XA START {xid}", "INSERT INTO t VALUES (1, 1)", f"XA END {xid}", f"XA PREPARE {xid}", on=other)
    other.close()
    deciding = bench.connect()
    threading.Timer(0.5, lambda: bench.sql(f"XA COMMIT {xid}", on=deciding)).start()
    assert rows(bench.read())["t"] == [(1, 1)]
    deciding.close()


def test_xa_transactions_that_come_and_go_do_not_keep_the_snapshot_away(bench: Bench) -> None:
    """Then the position is an earlier one, from which on the stream sees all that is still to be decided."""
    bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)")

    def work(connection: Any, number: int) -> None:
        id = f"'{bench.database}-{number}-{random.randrange(10**9)}'"
        bench.sql(f"XA START {id}", f"INSERT INTO t VALUES ({number}, 1) ON DUPLICATE KEY UPDATE v = v + 1", f"XA END {id}",
                  f"XA PREPARE {id}", "DO SLEEP(0.05)", f"XA COMMIT {id}", on=connection)

    config = bench.config()
    with writers(bench, work) as done:
        until(lambda: min(done) > 1, what="the writers")
        start = bench.begin(config)
        state = dict(rows(records_of(bench.reader(config, start)))["t"])
    for _, _, _, new in bench.changes_since(start):
        if new is not None:
            state[new[0]] = new[1]
    assert state == dict(bench.sql("SELECT id, v FROM t"))


def test_an_xa_transaction_that_nobody_decides_only_stops_the_snapshot_of_its_tables(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.mysql.snapshotstart.DECISIONS_SECONDS", 0.3)
    bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "CREATE TABLE other (id INT PRIMARY KEY, v INT)")
    xid = f"'{bench.database}'"
    session = bench.connect(database=bench.database)
    bench.sql(f"XA START {xid}", "INSERT INTO other VALUES (1, 1)", f"XA END {xid}", f"XA PREPARE {xid}", on=session)
    session.close()
    config = bench.config(table__exclude__list=f"{bench.database}.other", snapshot__lock__timeout__ms="1000")
    whole = bench.config(snapshot__lock__timeout__ms="1000")
    try:
        if bench.flavor is Flavor.MYSQL:
            bench.begin(config).close()
            with pytest.raises(ConnectError, match="XA RECOVER"):
                bench.begin(whole)
        else:
            for one in (config, whole):
                with pytest.raises(RetriableError, match="XA RECOVER"):
                    bench.begin(one)
    finally:
        bench.sql(f"XA ROLLBACK {xid}")


def test_no_rows_are_read_without_data_and_no_table_is_locked_after_it(bench: Bench) -> None:
    bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "CREATE TABLE left_out (id INT PRIMARY KEY)")
    fill(bench, "t", 3)
    config = bench.config(**{"table.include.list": f"{bench.database}.t"})
    start = bench.begin(config, data=False, everything=True)
    assert [str(s.table.id) for s in start.tables] == [f"{bench.database}.t"]
    assert f"{bench.database}.left_out" in {str(s.table.id) for s in start.others}
    (batch,) = [batch for batch in bench.reader(config, start) if batch is not None]
    assert len(batch) == 0 and not batch.offset.snapshot_running


def test_structures_are_told_as_debezium_does(bench: Bench) -> None:
    database = bench.database
    bench.sql("CREATE TABLE a (id INT PRIMARY KEY)", "CREATE TABLE b (id INT PRIMARY KEY)")
    config = bench.config()
    told: list[tuple[str, str]] = []
    start = bench.begin(config)

    def tell(change: Any, where: Any, offset: Any) -> list[Any]:
        assert offset.snapshot == "INITIAL"
        told.append((where.table.name, change.sql.split("(")[0]))
        return []

    list(bench.reader(config, start, tell))
    collation = bench.sql(
        f"SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '{database}'")[0][0]
    charset, server = bench.sql("SELECT @@global.character_set_server, @@global.collation_server")[0]
    assert told == [
        ("", f"SET character_set_server={charset}, collation_server={server}"),
        ("a", f"DROP TABLE IF EXISTS `{database}`.`a`"), ("b", f"DROP TABLE IF EXISTS `{database}`.`b`"),
        ("", f"DROP DATABASE IF EXISTS `{database}`"), ("", f"CREATE DATABASE `{database}` CHARSET utf8mb4 COLLATE {collation}"),
        ("", f"USE `{database}`"), ("a", "CREATE TABLE `a` "), ("b", "CREATE TABLE `b` ")]


def test_a_large_table_and_large_rows_take_little_memory(bench: Bench) -> None:
    bench.sql("CREATE TABLE wide (id INT PRIMARY KEY, v LONGBLOB)",
              "CREATE TABLE long_one (id INT PRIMARY KEY, v INT, pad CHAR(200) DEFAULT 'x')")
    big = bench.connect(database=bench.database, max_allowed_packet=256 * 1024 * 1024)
    bench.sql("INSERT INTO wide VALUES (1, REPEAT('x', 64 * 1024 * 1024))", on=big)
    big.close()
    fill(bench, "long_one", 50_000)
    config = bench.config()
    start = bench.begin(config)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    total, sizes = 0, []
    for batch in bench.reader(config, start, chunk_rows=2048):
        if batch is None:
            continue
        for record in batch.records():
            total += 1
            if record.value["source"]["table"] == "wide":
                sizes.append(len(record.value["after"]["v"]))
        assert len(batch) <= 2049
    assert total == 50_001 and sizes == [64 * 1024 * 1024]
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 400 * 1024, f"{grown // 1024} MB"


def test_a_slow_statement_lets_the_task_look_up(bench: Bench) -> None:
    bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)")
    fill(bench, "t", 3)
    name = f"{bench.database}.t"
    config = bench.config(**{
        "snapshot.select.statement.overrides": name,
        f"snapshot.select.statement.overrides.{name}": f"SELECT id, v + SLEEP(0.4) AS v FROM {name} ORDER BY v"})
    batches = list(bench.reader(config, bench.begin(config)))
    assert None in batches
    assert sum(len(batch) for batch in batches if batch is not None) == 3


def test_a_stop_ends_a_wait_for_a_lock(bench: Bench) -> None:
    bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)")
    other = bench.connect(database=bench.database)
    bench.sql("LOCK TABLES t WRITE", on=other)
    threading.Timer(0.5, bench.stop.set).start()
    with pytest.raises(Stopped):
        bench.begin(bench.config(snapshot__lock__timeout__ms="60000"))
    other.close()
