"""kill -9 of what reads MySQL's and MariaDB's log, at random moments and named lines, and a stop inside a transaction."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest

from connect.failpoints import ENVIRONMENT, RELEASE
from tests.chaos.failing import assert_a_kill_there_loses_nothing, chosen
from tests.chaos.scene import Scene, kills, runs
from tests.chaos.witness import Witness
from tests.chaos.xa_workload import XaWorkload
from tests.waiting import until

pytestmark = [pytest.mark.chaos, pytest.mark.integration]
SERVERS = ["mysql", "mariadb"]
LONG = bool(os.environ.get("CHAOS_RUNS"))
ROWS = 6000


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("source", ["mysql", "mysql-file", "mariadb"] if LONG else ["mysql", "mariadb"], indirect=True)
def test_kills_of_task_and_worker_lose_nothing_and_store_nothing_early(scene: Scene) -> None:
    """Among transactions of several rows, deletes, changed keys, new structures, new log files, compressed transactions, and XA
    transactions that are prepared in front of a kill and decided behind it."""
    seen = scene.witness()
    xa = XaWorkload(scene.source)
    xa.start()
    try:
        kills(scene, seen, runs(2))
    finally:
        xa.stop()
    decided = scene.witness("bulk")

    def arrived() -> bool:
        decided.catch_up()
        return not decided.missing(xa.committed)

    until(arrived, 60, "the XA transactions to arrive")
    assert (decided.faults, decided.state) == ([], xa.versions)
    scene.assert_all_arrived(seen)


@pytest.mark.parametrize("source", ["mysql"], indirect=True)
@pytest.mark.parametrize("name", chosen(["snapshot.before_last_batch"], ["slot.after_create"]))
def test_a_process_killed_at_a_failpoint_loses_nothing(name: str, apart: Scene) -> None:
    assert_a_kill_there_loses_nothing(apart, name)


def write_bulk(scene: Scene, compressed: bool, rows: int = ROWS) -> None:
    """One transaction that inserts rows, changes all of them and deletes every fourth."""
    with scene.source.session() as session:
        scene.source.other_form(session, compressed)
        session.execute("BEGIN")
        for first in range(0, rows, 1000):
            session.execute("INSERT INTO bulk VALUES " + ", ".join(f"({first + n}, 1, 'row')" for n in range(1000)))
        session.execute("UPDATE bulk SET version = version + 1")
        session.execute("DELETE FROM bulk WHERE id % 4 = 0")
        session.execute("COMMIT")
        scene.source.other_form(session, False)


def assert_bulk_arrived(scene: Scene, seen: Witness, rows: int = ROWS) -> None:
    def arrived() -> bool:
        seen.catch_up()
        return seen.highest == {key: 2 if key % 4 else 3 for key in range(rows)}

    until(arrived, 60, "the transaction to arrive")
    assert not seen.faults, seen.faults[:5]
    assert seen.state == {key: 2 for key in range(rows) if key % 4}


def open_bulk(scene: Scene, failpoint: str, batch: int = 50) -> Witness:
    """A connector that streams in small batches, stores often, and meets that failpoint."""
    scene.worker.environment[ENVIRONMENT] = failpoint
    scene.worker.properties["offset.flush.interval.ms"] = "20"
    scene.more = {"max.batch.size": str(batch), "poll.interval.ms": "5"}
    scene.source.setup()
    scene.start_reading()
    return scene.witness("bulk")


def forms(*short: tuple[str, bool]) -> pytest.MarkDecorator:
    """The database, and whether it logs the transaction compressed."""
    chosen = [("mysql", False), ("mysql", True), ("mariadb", False), ("mariadb", True)] if LONG else short
    return pytest.mark.parametrize(("source", "compressed"), chosen, indirect=["source"])


@forms(("mysql", True), ("mariadb", False))
def test_a_kill_inside_a_transaction_of_many_rows_loses_none(apart: Scene, compressed: bool) -> None:
    scene = apart
    # In batches of one row the transaction takes seconds; each process dies right after some of the offsets in it were stored.
    rows = 4 * ROWS
    seen = open_bulk(scene, "commit.after_offset_write=kill:12", 1)
    scene.await_stored()
    write_bulk(scene, compressed, rows)
    until(lambda: scene.task_state() == "FAILED", 60, "the task to be killed")
    offset = scene.offset()
    assert offset is not None and offset.get("event", 0) > 1, "nothing was stored inside the transaction"
    seen.catch_up()
    assert 0 < seen.records < rows * 2 and not seen.faults
    # The new process comes to the failpoint again, further on: the end is not reached by luck.
    scene.restart_task()
    assert_bulk_arrived_after(scene, seen, rows)


def assert_bulk_arrived_after(scene: Scene, seen: Witness, rows: int) -> None:
    """Restarts the task each time it is killed."""
    kills = 1

    def arrived() -> bool:
        nonlocal kills
        if scene.task_state() == "FAILED":
            kills += 1
            scene.ask("POST", "tasks/0/restart")
        seen.catch_up()
        return len(seen.highest) == rows and seen.highest[rows - 4] == 3

    until(arrived, 120, "the transaction to arrive")
    assert kills > 1
    assert_bulk_arrived(scene, seen, rows)


@forms(("mysql", True), ("mariadb", True))
def test_a_clean_stop_inside_a_transaction_repeats_nothing(apart: Scene, compressed: bool, tmp_path: Path) -> None:
    scene, release = apart, tmp_path / "go on"
    scene.worker.environment[RELEASE] = str(release)
    seen = open_bulk(scene, "pipeline.before_produce=pause:60")
    write_bulk(scene, compressed)

    def begun() -> bool:
        seen.catch_up()
        return seen.records > 500

    until(begun, 60, "the first rows")
    scene.ask("PUT", "stop")
    release.touch()
    status = f"{scene.worker.url}/connectors/{scene.name}/status"
    until(lambda: not httpx.get(status, timeout=60).json()["tasks"], 60, "the task to be stopped")
    seen.catch_up()
    assert 0 < seen.records < ROWS * 2
    offset = scene.offset()
    assert offset is not None and offset["event"] > 1
    scene.ask("PUT", "resume")
    assert_bulk_arrived(scene, seen)
    assert seen.repeats == 0
    assert seen.records == ROWS * 2 + ROWS // 4
