"""What a start does: snapshot modes × stored offset × server."""

from __future__ import annotations

import pytest

from connect.api.errors import ConnectError
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.opening import STRUCTURE_ONLY, History, Plan, SnapshotKind, decide
from connectors.mysql.requirements import Wish, check, notes, problems
from connectors.mysql.server import Replica, ServerFacts, global_rights
from connectors.mysql.stream import FilePosition, replica_uuid
from connectors.mysql.structure import Flavor
from tests.unit.mysql.io.facts import A, mariadb, mysql

GOOD = BinlogOffset("binlog.000005", 400, gtids=f"{A}:1-90")
RUNNING = GOOD.but(snapshot="INITIAL")
STRUCTURE = GOOD.but(snapshot=STRUCTURE_ONLY)
PURGED = BinlogOffset("binlog.000001", 400)
ROWS, NONE = SnapshotKind.ROWS, SnapshotKind.NONE
ALL = ("always", "initial", "initial_only", "no_data", "when_needed", "recovery")


@pytest.mark.parametrize(("mode", "offset", "kind", "stream"), [
    ("initial", None, ROWS, True),
    ("initial", RUNNING, ROWS, True),
    ("initial", STRUCTURE, ROWS, True),
    ("initial", GOOD, NONE, True),
    ("initial_only", None, ROWS, False),
    ("initial_only", RUNNING, ROWS, False),
    ("initial_only", GOOD, NONE, False),
    ("initial_only", PURGED, NONE, False),
    ("always", None, ROWS, True),
    ("always", GOOD, ROWS, True),
    ("always", PURGED, ROWS, True),
    ("no_data", None, SnapshotKind.STRUCTURE, True),
    ("no_data", STRUCTURE, SnapshotKind.STRUCTURE, True),
    ("no_data", GOOD, NONE, True),
    ("when_needed", None, ROWS, True),
    ("when_needed", RUNNING, ROWS, True),
    ("when_needed", PURGED, ROWS, True),
    ("when_needed", GOOD, NONE, True),
    ("recovery", GOOD, NONE, True),
])
def test_modes(mode: str, offset: BinlogOffset | None, kind: SnapshotKind, stream: bool) -> None:
    plan = decide(mode, offset, mysql())
    assert (plan.snapshot, plan.stream) == (kind, stream)
    assert (plan.start is not None) == (kind is NONE and stream)


@pytest.mark.parametrize("mode", ["initial", "no_data", "recovery"])
def test_a_purged_position_is_refused_with_the_cure(mode: str) -> None:
    with pytest.raises(ConnectError, match=r"binlog\.000001:400.*snapshot\.mode=when_needed"):
        decide(mode, PURGED, mysql())


@pytest.mark.parametrize(("mode", "offset", "says"), [
    ("no_data", RUNNING, "snapshot.mode=initial"),
    ("recovery", None, "no offset is stored"),
    ("recovery", RUNNING, "was not finished"),
    ("sometimes", None, "expected one of initial"),
])
def test_what_cannot_be_done(mode: str, offset: BinlogOffset | None, says: str) -> None:
    with pytest.raises(ConnectError, match=says):
        decide(mode, offset, mysql())


def test_a_missing_history_stops_what_needs_it() -> None:
    with pytest.raises(ConnectError, match=r"snapshot\.mode=recovery"):
        decide("initial", GOOD, mysql(row_metadata="MINIMAL"), history=History.MISSING)
    assert decide("when_needed", GOOD, mysql(), history=History.MISSING).snapshot is ROWS
    plan = decide("recovery", GOOD, mysql(), history=History.MISSING)
    assert plan.snapshot is SnapshotKind.HISTORY
    assert str(plan.start) == GOOD.gtids
    assert plan.resume == GOOD
    assert decide("recovery", GOOD, mysql(), history=History.PRESENT).snapshot is SnapshotKind.HISTORY
    assert decide("initial", GOOD, mysql(), history=History.PRESENT).snapshot is NONE
    assert decide("initial", None, mysql(), history=History.MISSING).snapshot is ROWS


def test_what_the_server_refused_counts() -> None:
    assert decide("when_needed", GOOD, mysql(), lost="the server says: purged").snapshot is ROWS
    with pytest.raises(ConnectError, match="the server says: purged"):
        decide("initial", GOOD, mysql(), lost="the server says: purged")


def test_a_plan_says_where_it_goes_on() -> None:
    plan = decide("initial", BinlogOffset("binlog.000004", 400), mysql(gtid_mode="OFF"))
    assert plan == Plan(NONE, True, FilePosition("binlog.000004", 400), BinlogOffset("binlog.000004", 400),
                        "going on from binlog.000004:400")


# What a server must be like.

WISH = Wish(Flavor.MYSQL, 5400, replica_uuid("c", "p"), "headgate-c")


@pytest.mark.parametrize(("facts", "says"), [
    (mysql(log_bin=False), "log_bin is OFF"),
    (mysql(binlog_format="MIXED"), "binlog_format is MIXED"),
    (mysql(row_image="MINIMAL"), "binlog_row_image is MINIMAL"),
    (mysql(row_metadata="MINIMAL"), "SET GLOBAL binlog_row_metadata=FULL"),
    (mysql(row_metadata=""), "binlog_row_metadata is not there"),
    (mysql(rights=frozenset({"SELECT"})), "GRANT REPLICATION SLAVE ON"),
    (mysql(files=None), "GRANT REPLICATION CLIENT ON"),
    (mysql(server_id=5400), "database.server.id=5400 is the server's own"),
    (mysql(replicas=(Replica(5400, "elsewhere", A),)), f"in use: replica elsewhere with UUID {A}"),
    (mysql(replicas=(Replica(5400, "", ""),)), r"in use: replica \(no name\)"),
    (mariadb(), r"connector\.class=io\.debezium\.connector\.mariadb\.MariaDbConnector"),
])
def test_what_stands_in_the_way(facts: ServerFacts, says: str) -> None:
    with pytest.raises(ConnectError, match=says):
        check(facts, WISH)
    assert len(problems(facts, WISH)) == 1


@pytest.mark.parametrize("facts", [
    mysql(), mysql(row_image="NOBLOB"), mysql(rights=None), mysql(rights=frozenset({"ALL PRIVILEGES"})),
    mysql(replicas=None), mysql(replicas=(Replica(5400, "headgate-c", WISH.replica), Replica(7, "x", A))),
    mysql(row_value_options="PARTIAL_JSON"), mysql(version=(5, 7, 44)),
])
def test_what_does_not(facts: ServerFacts) -> None:
    check(facts, WISH)


def test_everything_is_told_at_once() -> None:
    found = problems(mysql(binlog_format="STATEMENT", row_image="MINIMAL", row_metadata="MINIMAL", server_id=5400), WISH)
    assert len(found) == 4


def test_mariadb() -> None:
    wish = Wish(Flavor.MARIADB, 5400, WISH.replica, "headgate-c")
    check(mariadb(replicas=(Replica(5400, "headgate-c", ""),)), wish)
    with pytest.raises(ConnectError, match="BINLOG MONITOR"):
        check(mariadb(files=None), wish)
    with pytest.raises(ConnectError, match="in use"):
        check(mariadb(replicas=(Replica(5400, "other", ""),)), wish)


def test_a_history_topic_makes_metadata_optional() -> None:
    check(mysql(row_metadata="MINIMAL"), Wish(Flavor.MYSQL, 5400, history=True))


def test_without_a_stream_only_the_position_is_needed() -> None:
    check(mysql(binlog_format="MIXED", row_image="MINIMAL", row_metadata="MINIMAL", rights=frozenset()),
          Wish(Flavor.MYSQL, 5400, stream=False))


def test_notes() -> None:
    assert notes(mysql()) == []
    assert "older than 8.0" in notes(mysql(version=(5, 7, 44)))[0]
    assert "PARTIAL_JSON" in notes(mysql(row_value_options="PARTIAL_JSON"))[0]
    assert "NOBLOB" in notes(mysql(row_image="NOBLOB"))[0]


def test_rights_as_servers_print_them() -> None:
    assert global_rights([
        "GRANT USAGE ON *.* TO `cdc`@`%`",
        "GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `cdc`@`%` WITH GRANT OPTION",
        "GRANT FLUSH_TABLES,BACKUP_ADMIN ON *.* TO `cdc`@`%`",
        "GRANT RELOAD ON `*`.* TO `cdc`@`%`",
        "GRANT INSERT ON `a db`.`t` TO `cdc`@`%`",
        "GRANT `role`@`%` TO `cdc`@`%`",
        "GRANT PROXY ON ''@'' TO 'cdc'@'%' WITH GRANT OPTION",
    ]) == {"SELECT", "REPLICATION SLAVE", "REPLICATION CLIENT", "FLUSH_TABLES", "BACKUP_ADMIN"}
    assert global_rights(["GRANT ALL PRIVILEGES ON *.* TO `cdc`@`%` IDENTIFIED BY PASSWORD '*11'"]) == {"ALL PRIVILEGES"}
