"""Locks, the server's own word of where a snapshot stands, and the catalogue of tables."""

from __future__ import annotations

import logging

import pytest

from connect.api.errors import ConnectError
from connectors.mysql.catalog import Catalog
from connectors.mysql.failures import ConnectionLost, DatabaseError
from connectors.mysql.locks import Held, Locks
from connectors.mysql.position import position_of_snapshot, undecided
from connectors.mysql.server import LogStatus
from connectors.mysql.stream import FilePosition
from connectors.mysql.structure import TableId
from connectors.selection import Patterns, Selection
from tests.unit.mysql.asking import Fake, session

LOG = logging.getLogger("tests.snapshot")


# Locks.


def test_the_wait_for_locks_is_in_whole_seconds_and_never_none() -> None:
    for timeout, seconds in ((0, 1), (1, 1), (1500, 2), (10_000, 10)):
        fake = Fake()
        Locks(session(fake), timeout, LOG)
        assert fake.asked == [f"SET SESSION lock_wait_timeout = {seconds}"]


def test_the_global_lock_is_released_once() -> None:
    fake = Fake()
    locks = Locks(session(fake), 1000, LOG)
    assert locks.take_all() and locks.held is Held.ALL
    locks.release()
    locks.release()
    assert fake.asked[1:] == ["FLUSH TABLES WITH READ LOCK", "UNLOCK TABLES"]


@pytest.mark.parametrize("number", [1045, 1227])
def test_a_global_lock_that_is_not_allowed_is_no_error(number: int) -> None:
    fake = Fake().on("FLUSH", DatabaseError("no", number, "no"))
    locks = Locks(session(fake), 1000, LOG)
    assert not locks.take_all() and locks.held is Held.NOTHING


def test_other_errors_of_a_lock_are_not_swallowed() -> None:
    for error in (DatabaseError("x", 1064), ConnectionLost("x", 2013)):
        with pytest.raises(type(error)):
            Locks(session(Fake().on("FLUSH", error)), 1000, LOG).take_all()


def test_names_of_tables_are_quoted() -> None:
    fake = Fake()
    Locks(session(fake), 1000, LOG).take([TableId("a`b", "c"), TableId("d", "e f")])
    assert fake.asked[1] == "LOCK TABLES `a``b`.`c` READ, `d`.`e f` READ"


def test_no_table_needs_no_lock() -> None:
    fake = Fake()
    locks = Locks(session(fake), 1000, LOG)
    locks.take([])
    assert locks.held is Held.NOTHING and len(fake.asked) == 1


def test_a_lock_that_is_not_granted_fails_the_task_instead_of_stopping_writes_again() -> None:
    fake = Fake().on("LOCK", ConnectionLost("x", 1205))
    with pytest.raises(ConnectError, match=r"snapshot\.lock\.timeout\.ms=1000.*To do"):
        Locks(session(fake), 1000, LOG).take([TableId("a", "b")])


# Positions.


def test_mariadb_knows_where_its_snapshot_stands() -> None:
    fake = Fake(mariadb=True).on("SHOW STATUS", [("Binlog_snapshot_file", "b.1"), ("Binlog_snapshot_position", "42")])
    fake.on("SELECT BINLOG_GTID_POS('b.1', 42)", [("0-1-7, 1-2-3",)])
    assert position_of_snapshot(session(fake)) == LogStatus(FilePosition("b.1", 42), "0-1-7,1-2-3")


def test_mysql_does_not_know_and_percona_does() -> None:
    assert position_of_snapshot(session(Fake())) is None
    percona = Fake().on(
        "SHOW STATUS",
        [
            ("Binlog_snapshot_file", "b.1"),
            ("Binlog_snapshot_position", "42"),
            ("Binlog_snapshot_gtid_executed", "uuid:1-3,\nother:1"),
        ],
    )
    assert position_of_snapshot(session(percona)) == LogStatus(FilePosition("b.1", 42), "uuid:1-3,other:1")


def test_prepared_transactions_may_be_hidden_from_the_user() -> None:
    assert undecided(session(Fake().on("XA", [("1", "1", "0", "a")]))) == {("1", "1", "0", "a")}
    assert undecided(session(Fake().on("XA", DatabaseError("x", 1401)))) is None
    with pytest.raises(DatabaseError):
        undecided(session(Fake().on("XA", DatabaseError("x", 1064))))


# The catalogue.

TABLES = [
    ("d", "b", "BASE TABLE", "InnoDB"),
    ("d", "a", "BASE TABLE", "MyISAM"),
    ("d", "v", "VIEW", None),
    ("d", "s", "SEQUENCE", "InnoDB"),
    ("mysql", "user", "BASE TABLE", "InnoDB"),
    ("d", "h", "SYSTEM VERSIONED", "InnoDB"),
    ("information_schema", "X", "SYSTEM VIEW", None),
]


def test_only_tables_are_captured_in_the_order_of_the_include_list() -> None:
    catalog = Catalog(session(Fake().on("SELECT TABLE_SCHEMA", TABLES)))
    system = frozenset({"mysql"})
    assert [str(t.id) for t in catalog.captured(Selection(system_schemas=system))] == ["d.a", "d.b", "d.h"]
    listed = Selection(table_include=Patterns.parse("d.h,d.b,mysql.user"), system_schemas=system)
    assert [str(t.id) for t in catalog.captured(listed)] == ["d.h", "d.b"]
    assert [t.transactional for t in catalog.captured(listed)] == [True, True]


def test_a_view_has_no_structure() -> None:
    fake = Fake().on("SHOW CREATE TABLE", [("v", "CREATE VIEW", "utf8mb4", "x")])
    with pytest.raises(ConnectError, match=r"d\.v"):
        Catalog(session(fake)).create_statement(TableId("d", "v"))


def test_rows_are_counted_in_portions() -> None:
    fake = Fake().on("SELECT TABLE_SCHEMA", lambda: [("d", "t1", "7"), ("d", "t2", None)])
    ids = [TableId("d", f"t{n}") for n in range(1, 1202)]
    assert Catalog(session(fake)).row_counts(ids) == {TableId("d", "t1"): 7}
    assert len(fake.asked) == 3
