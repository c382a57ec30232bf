"""The moment of a snapshot: what is asked in which order, with locks and without."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from connect.api.errors import ConnectError, RetriableError
from connectors.mysql import snapshotstart
from connectors.mysql.catalog import DatabaseInfo
from connectors.mysql.failures import DatabaseError
from connectors.mysql.server import LogStatus
from connectors.mysql.snapshotstart import SnapshotStarter
from connectors.mysql.stream import FilePosition
from connectors.mysql.structure import TableDef
from connectors.mysql.structures import DdlContext, parse_create
from connectors.selection import Patterns, Selection
from connectors.waiting import Stopped
from tests.unit.mysql.asking import Answer, Fake, session

LOG = logging.getLogger("tests.snapshot")
STATUS = [{"file": "b.1", "position": "100", "executed_gtid_set": "u:1-5"}]


def server(journal: list[str], name: str, **more: Answer) -> Fake:
    fake = Fake(name)
    fake.journal = journal
    for beginning, answer in more.items():
        fake.on(beginning.replace("__", " "), answer)
    fake.on("SELECT @@global", [("utf8mb4", "utf8mb4_0900_ai_ci")])
    fake.on("SHOW BINARY LOG STATUS", STATUS)
    fake.on("SELECT @@GLOBAL.gtid_mode", [("ON",)])
    fake.on("SELECT TABLE_SCHEMA", [("d", "t", "BASE TABLE", "InnoDB"), ("d", "left_out", "BASE TABLE", "InnoDB")])
    fake.on("SHOW CREATE TABLE `d`.`t`", [("t", "CREATE TABLE `t` (id INT PRIMARY KEY)")])
    fake.on("SHOW CREATE TABLE `d`.`left_out`", [("left_out", "nonsense")])
    fake.on("SELECT SCHEMA_NAME", [("d", "latin1", "latin1_swedish_ci"), ("mysql", "utf8mb4", "x")])
    return fake


def parse(sql: str, database: str) -> TableDef:
    return parse_create(sql, database, DdlContext())


def starter(sessions: list[Fake], locking: str = "minimal", wait: Callable[[float], bool] = lambda _: False) -> SnapshotStarter:
    left = iter(sessions)
    selection = Selection(table_include=Patterns.parse("d.t"), system_schemas=frozenset({"mysql"}))
    return SnapshotStarter(
        lambda: session(next(left)), selection, parse, locking=locking, lock_timeout_ms=1000, logger=LOG, wait=wait
    )


def steps(journal: list[str]) -> list[str]:
    """What happened, in order, by its first words."""
    known = ("FLUSH", "LOCK", "START", "UNLOCK", "ROLLBACK", "SHOW BINARY", "SHOW CREATE", "XA", "COMMIT")
    return [line.split(" ")[0] + " " + line.split(" ")[1] for line in journal if line.partition(": ")[2].startswith(known)]


def test_everything_is_of_the_moment_under_the_lock() -> None:
    journal: list[str] = []
    control, reader = server(journal, "control"), server(journal, "reader")
    start = starter([control, reader]).start()
    assert steps(journal) == [
        "control: FLUSH",
        "reader: START",
        "control: SHOW",
        "control: SHOW",
        "control: XA",
        "control: UNLOCK",
    ]
    assert start.position == LogStatus(FilePosition("b.1", 100), "u:1-5")
    assert [str(s.table.id) for s in start.tables] == ["d.t"] and start.others == ()
    assert start.databases == (DatabaseInfo("d", "latin1", "latin1_swedish_ci"),)
    assert control.closed and not reader.closed
    start.close()
    assert reader.closed


def test_extended_locks_are_kept_until_the_end() -> None:
    journal: list[str] = []
    control, reader = server(journal, "control"), server(journal, "reader")
    start = starter([control, reader], "extended").start()
    assert "control: UNLOCK" not in steps(journal) and not control.closed
    start.finish()
    assert steps(journal)[-2:] == ["reader: COMMIT", "control: UNLOCK"]
    assert control.closed and reader.closed


def test_a_table_that_is_made_while_the_tables_are_locked_is_locked_too() -> None:
    journal: list[str] = []
    one, two = [("d", "t", "BASE TABLE", "InnoDB")], [("d", "t", "BASE TABLE", "InnoDB"), ("d", "u", "BASE TABLE", "InnoDB")]
    control = server(journal, "control", FLUSH=DatabaseError("no", 1227))
    control.on("SELECT TABLE_SCHEMA", ["in turn", one, two, two, two])
    control.on("SHOW CREATE TABLE `d`.`u`", [("u", "CREATE TABLE `u` (id INT)")])
    left = iter([control, server(journal, "reader")])
    start = SnapshotStarter(
        lambda: session(next(left)), Selection(), parse, locking="minimal", lock_timeout_ms=1, logger=LOG, wait=lambda _: False
    ).start()
    locks = [line for line in journal if "LOCK TABLES" in line]
    assert locks == [
        "control: LOCK TABLES `d`.`t` READ",
        "control: UNLOCK TABLES",
        "control: LOCK TABLES `d`.`t` READ, `d`.`u` READ",
        "control: UNLOCK TABLES",
    ]
    assert [s.table.id.name for s in start.tables] == ["t", "u"]


def test_a_table_that_is_dropped_before_it_is_locked_is_forgotten() -> None:
    journal: list[str] = []
    control = server(journal, "control", FLUSH=DatabaseError("no", 1227), LOCK=["in turn", DatabaseError("gone", 1146), []])
    starter([control, server(journal, "reader")]).start()
    assert [s for s in steps(journal) if "LOCK" in s] == ["control: LOCK", "control: LOCK", "control: UNLOCK"]
    control = server(journal, "control", FLUSH=DatabaseError("no", 1227), LOCK=DatabaseError("gone", 1146))
    with pytest.raises(RetriableError, match="tries to lock"):
        starter([control, server(journal, "reader")]).start()


def test_without_locks_a_moment_without_writes_is_looked_for() -> None:
    journal: list[str] = []
    other = [{"file": "b.1", "position": "200", "executed_gtid_set": "u:1-6"}]
    control = server(journal, "control")
    control.on("SHOW BINARY LOG STATUS", ["in turn", STATUS, other, other, other])
    start = starter([control, server(journal, "reader")], "none").start()
    assert [s for s in steps(journal) if s.startswith("reader")] == ["reader: START", "reader: ROLLBACK", "reader: START"]
    assert start.position.position.pos == 200


def test_without_locks_and_never_a_quiet_moment_the_position_is_the_earlier_one() -> None:
    places = iter(range(1000))
    control = server([], "control")
    control.on("SHOW BINARY LOG STATUS", lambda: [{"file": "b.1", "position": str(next(places)), "executed_gtid_set": "u:1"}])
    start = starter([control, server([], "reader")], "none").start()
    assert start.position.position.pos % 2 == 0, "the first of the two that an attempt reads"


def test_without_locks_and_gtids_what_is_in_the_log_is_given_time_to_be_seen() -> None:
    waits: list[float] = []
    control = server([], "control").on("SHOW BINARY LOG STATUS", [{"file": "b.1", "position": "4", "executed_gtid_set": ""}])
    control.on("SELECT @@GLOBAL.gtid_mode", [("OFF",)])

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return False

    start = starter([control, server([], "reader")], "none", wait).start()
    assert waits == [0.5] and start.position.gtids is None


def test_a_stop_while_waiting_leaves_nothing_open() -> None:
    control, reader = server([], "control", XA=[("1", "1", "0", "a")]), server([], "reader")
    with pytest.raises(Stopped):
        starter([control, reader], wait=lambda _: True).start()
    assert control.closed and reader.closed


def test_prepared_transactions_move_the_position_back_when_others_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = ("1", "1", "0", "a"), ("1", "1", "0", "b")
    control = server([], "control", XA=["in turn", [a], [a], [b], [b]])
    places = iter(("100", "200"))
    control.on("SHOW BINARY LOG STATUS", lambda: [{"file": "b.1", "position": next(places), "executed_gtid_set": "u:1"}])
    start = starter([control, server([], "reader")]).start()
    assert start.position.position.pos == 100


def test_a_transaction_that_is_never_decided_asks_for_table_locks_or_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshotstart, "DECISIONS_SECONDS", -1.0)
    journal: list[str] = []
    control = server(journal, "control", XA=[("1", "1", "0", "a")])
    starter([control, server(journal, "reader")]).start()
    assert [s for s in steps(journal) if "LOCK" in s or "FLUSH" in s] == [
        "control: FLUSH",
        "control: UNLOCK",
        "control: LOCK",
        "control: UNLOCK",
    ]
    with pytest.raises(RetriableError, match="XA COMMIT or XA ROLLBACK"):
        starter([server([], "control", XA=[("1", "1", "0", "a")]), server([], "reader")], "none").start()


def test_a_server_without_a_log_has_no_moment() -> None:
    control = server([], "control").on("SHOW BINARY LOG STATUS", [])
    with pytest.raises(ConnectError, match="log_bin"):
        starter([control, server([], "reader")]).start()


def test_a_structure_that_cannot_be_read_stops_only_when_it_is_captured() -> None:
    start = starter([server([], "control"), server([], "reader")]).start(everything=True)
    assert start.others == ()
    control = server([], "control").on("SHOW CREATE TABLE `d`.`t`", [("t", "nonsense")])
    with pytest.raises(ConnectError, match=r"structure of d\.t, .*table\.exclude\.list"):
        starter([control, server([], "reader")]).start()


def test_tables_without_transactions_are_told(caplog: pytest.LogCaptureFixture) -> None:
    for locking, told in (("minimal", True), ("extended", False)):
        caplog.clear()
        control = server([], "control").on("SELECT TABLE_SCHEMA", [("d", "t", "BASE TABLE", "MyISAM")])
        starter([control, server([], "reader")], locking).start()
        assert ("d.t (MyISAM)" in caplog.text) is told
