"""MySQL and MariaDB servers that go away and come back, purge their logs, or are cut off: the task waits or says why, and
loses nothing."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.chaos.scene import Scene
from tests.chaos.witness import Witness
from tests.proxy import Proxy
from tests.waiting import until

pytestmark = [pytest.mark.chaos, pytest.mark.integration]
SERVERS = ["mysql", "mariadb"]
both = pytest.mark.parametrize("source", ["mysql", "mariadb"], indirect=True)
mysql = pytest.mark.parametrize("source", ["mysql"], indirect=True)
LONG = bool(os.environ.get("CHAOS_RUNS"))
in_turn = both if LONG else mysql
"""Both in the long run only."""


@both
def test_a_server_restarted_and_one_killed_like_a_power_cut(scene: Scene) -> None:
    seen = scene.witness()
    server = scene.source.server
    server.restart()
    scene.await_reading()
    scene.assert_goes_on(seen)
    server.kill()
    server.start()
    scene.await_reading(90)
    assert scene.task_state() == "RUNNING"
    scene.assert_all_arrived(seen)


@in_turn
def test_a_network_that_is_cut_and_one_that_falls_silent(unopened: Scene) -> None:
    scene = unopened
    with Proxy("127.0.0.1", scene.source.port) as proxy:
        scene.source.port = proxy.port
        scene.more = {"connect.keep.alive.interval.ms": "1000", "connect.timeout.ms": "2000"}
        scene.open()
        seen = scene.witness()
        proxy.cut()
        scene.assert_goes_on(seen)
        proxy.cut_silently()
        scene.assert_goes_on(seen)
        assert scene.task_state() == "RUNNING"
        scene.assert_all_arrived(seen)


def files(session: Any) -> list[str]:
    return [row[0] for row in session.execute("SHOW BINARY LOGS")]


def purge(scene: Scene) -> None:
    """Throw away all log files but the newest."""
    with scene.source.root() as session:
        session.execute("FLUSH BINARY LOGS")

        def purged() -> bool:
            # A reader that is gone may not have been missed yet, and MariaDB keeps a file until its checkpoint is written.
            session.execute("PURGE BINARY LOGS TO %s", [files(session)[-1]])
            return len(files(session)) == 1

        until(purged, 60, "the purge")


@both
def test_a_purge_behind_the_position_is_harmless_one_ahead_is_told(scene: Scene) -> None:
    seen = scene.witness()
    for _ in range(2):
        scene.assert_goes_on(seen)
        purge(scene)
    scene.assert_goes_on(seen)
    assert scene.task_state() == "RUNNING"
    scene.source.killing()
    scene.ask("PUT", "stop")
    until(lambda: not scene.task_state(), 60, "the task to be stopped")
    assert scene.workload is not None
    writer, before = scene.workload, len(scene.workload.committed)
    until(lambda: len(writer.committed) > before + 20, 30, "the writer to go on")
    purge(scene)
    scene.ask("PUT", "resume")
    trace = str(until(lambda: scene.status().get("trace"), 60, "the task to fail"))
    assert "snapshot.mode=when_needed" in trace and ("purged" in trace or "oldest log file" in trace), trace
    seen.catch_up()
    snapshots = seen.snapshots
    scene.register({"snapshot.mode": "when_needed"})
    scene.await_reading()
    writer.stop()
    with scene.source.session() as session:
        table = dict(session.execute("SELECT id, version FROM accounts"))

    def arrived() -> bool:
        seen.catch_up()
        return table.items() <= seen.state.items()

    until(arrived, 60, "the table to arrive")
    assert seen.snapshots > snapshots


@in_turn
def test_a_log_that_begins_a_new_file_during_and_after_every_transaction(unopened: Scene) -> None:
    scene = unopened
    scene.source.setup()
    scene.start_reading()
    seen = scene.witness("bulk")
    with scene.source.session() as one, scene.source.session() as other:
        size = other.execute("SELECT @@GLOBAL.max_binlog_size")[0][0]
        before = len(files(other))
        other.execute("SET GLOBAL max_binlog_size = 4096")
        for version in range(1, 9):
            one.execute("BEGIN")
            if version == 1:
                one.execute("INSERT INTO bulk VALUES " + ", ".join(f"({n}, 1, '{'n' * 80}')" for n in range(100)))
            else:
                one.execute("UPDATE bulk SET version = %s", [version])
            other.execute("FLUSH BINARY LOGS")
            one.execute("DELETE FROM bulk WHERE id = %s", [version])
            one.execute("COMMIT")
        assert len(files(other)) >= before + 15
        other.execute("SET GLOBAL max_binlog_size = %s", [size])
        table = dict(one.execute("SELECT id, version FROM bulk"))
    assert_exactly(seen, table, 100 + sum(100 - n for n in range(1, 8)) + 8)


def assert_exactly(seen: Witness, table: dict[int, int], records: int) -> None:
    """What the topic shows at last is the table, by so many records, none of them twice."""
    def arrived() -> bool:
        seen.catch_up()
        return seen.records >= records

    until(arrived, 60, f"{records} records")
    assert (seen.state, seen.records, seen.repeats, seen.faults) == (table, records, 0, [])


@pytest.mark.parametrize(("source", "restarted"), [
    ("mysql", "server"), ("mariadb", "worker"), *([("mysql", "worker"), ("mariadb", "server")] if LONG else [])],
    indirect=["source"])
def test_xa_transactions_prepared_before_a_restart_and_decided_after_it(unopened: Scene, restarted: str) -> None:
    scene = unopened
    scene.source.setup()
    scene.start_reading()
    seen = scene.witness("bulk")
    for key, xid in ((1, "kept"), (2, "undone")):
        with scene.source.session() as session:
            session.execute(f"XA START '{scene.name}-{xid}'")
            session.execute("INSERT INTO bulk VALUES (%s, 1, 'xa')", [key])
            session.execute("UPDATE bulk SET version = 2 WHERE id = %s", [key])
            session.execute(f"XA END '{scene.name}-{xid}'")
            session.execute(f"XA PREPARE '{scene.name}-{xid}'")
    with scene.source.session() as session:
        session.execute("INSERT INTO bulk VALUES (3, 1, 'plain')")
    assert_exactly(seen, {3: 1}, 1)
    until(lambda: len(str((scene.offset() or {}).get("headgate_xa", "")).split('"xid"')) == 3, 60, "both in the offset")
    if restarted == "server":
        scene.source.server.restart()
    else:
        scene.kill_worker()
        scene.worker.start()
    scene.await_reading()
    assert_exactly(seen, {3: 1}, 1)
    with scene.source.session() as session:
        session.execute(f"XA COMMIT '{scene.name}-kept'")
        session.execute(f"XA ROLLBACK '{scene.name}-undone'")
        session.execute("INSERT INTO bulk VALUES (4, 1, 'plain')")
        table = dict(session.execute("SELECT id, version FROM bulk"))
    assert_exactly(seen, table, 4)
    assert table == {1: 2, 3: 1, 4: 1}


@mysql
def test_registry_down_for_a_moment_while_a_new_schema_is_needed(scene: Scene) -> None:
    seen = scene.witness()
    writer = scene.workload
    assert writer is not None
    scene.stack.registry.stop()
    with scene.source.session() as session:
        session.execute("ALTER TABLE accounts ADD COLUMN colour VARCHAR(10) DEFAULT 'red'")
    before = len(writer.committed)
    until(lambda: len(writer.committed) > before + 50, 30, "the writer to go on")
    assert scene.task_state() == "RUNNING"
    scene.stack.registry.start()
    scene.assert_all_arrived(seen, 90)
    assert scene.task_state() == "RUNNING"
