"""Where a start goes on: never a silent gap."""

from __future__ import annotations

import pytest

from connect.api.errors import ConnectError
from connectors.postgres.lsn import LSN
from connectors.postgres.offsets import PgOffset
from connectors.postgres.positions import SnapshotNeed, check_identity, plan_start, resume_position, snapshot_need
from connectors.postgres.slots import Identity, Slot

SERVER = Identity("7000", 2, LSN(1000), "lab")
STORED = PgOffset(lsn=LSN(510), lsn_commit=LSN(500), system_id="7000", timeline=2)
HALF = PgOffset(lsn=LSN(400), snapshot="INITIAL")
WHOLE = PgOffset(lsn=LSN(400), snapshot="INITIAL", snapshot_completed=True)


def slot(confirmed: int = 500, restart: int = 450, wal_status: str = "reserved", invalid: str | None = None) -> Slot:
    return Slot("s", "pgoutput", "logical", "lab", False, None, LSN(restart), LSN(confirmed), wal_status, invalid)


@pytest.mark.parametrize(("mode", "offset", "reads"), [
    ("initial", None, True), ("initial", HALF, True), ("initial", WHOLE, False), ("initial", STORED, False),
    ("initial_only", None, True), ("initial_only", HALF, True), ("initial_only", WHOLE, False),
    ("always", None, True), ("always", STORED, True), ("always", HALF, True),
    ("no_data", None, False), ("no_data", STORED, False), ("no_data", WHOLE, False),
    ("when_needed", None, True), ("when_needed", STORED, False), ("when_needed", HALF, True),
])
def test_the_mode_and_the_offset_decide_whether_rows_are_read(mode: str, offset: PgOffset | None, reads: bool) -> None:
    assert snapshot_need(mode, offset, slot(), SERVER) is (SnapshotNeed.SNAPSHOT if reads else SnapshotNeed.NONE)


@pytest.mark.parametrize("state", [None, slot(confirmed=501), slot(wal_status="lost"), slot(invalid="wal_removed")])
def test_when_needed_reads_rows_when_the_position_is_gone(state: Slot | None) -> None:
    assert snapshot_need("when_needed", STORED, state, SERVER) is SnapshotNeed.SNAPSHOT


def test_when_needed_reads_rows_on_another_server() -> None:
    assert snapshot_need("when_needed", STORED.but(system_id="8"), slot(), SERVER) is SnapshotNeed.SNAPSHOT


def test_an_unfinished_snapshot_is_an_error_when_the_mode_never_reads_rows() -> None:
    with pytest.raises(ConnectError, match=r"no_data never reads rows.*snapshot\.mode=initial"):
        snapshot_need("no_data", HALF, slot(), SERVER)


def test_an_unknown_mode_is_named() -> None:
    with pytest.raises(ConnectError, match=r"snapshot\.mode=never .*expected one of initial"):
        snapshot_need("never", None, None)


def resume(offset: PgOffset, state: Slot | None, strategy: str = "no_validation", server: Identity = SERVER) -> LSN:
    return resume_position(offset, state, "s", strategy, server)


@pytest.mark.parametrize("confirmed", [100, 499, 500])
def test_the_stream_goes_on_at_the_stored_commit(confirmed: int) -> None:
    assert resume(STORED, slot(confirmed, restart=90)) == 500


def test_an_offset_right_after_a_snapshot_goes_on_at_the_snapshots_position() -> None:
    assert resume(WHOLE, slot(400, 390)) == 400


def test_a_missing_slot_is_an_error_that_says_what_is_lost() -> None:
    with pytest.raises(ConnectError, match=r'slot "s" is missing although an offset is stored: changes since LSN 0/1F4'):
        resume(STORED, None)


@pytest.mark.parametrize("strategy", ["no_validation", "trust_offset"])
def test_a_slot_that_is_ahead_is_an_error_naming_the_gap(strategy: str) -> None:
    with pytest.raises(ConnectError, match=r"changes from LSN 0/1F4 to 0/1F5 cannot be read.*trust_slot"):
        resume(STORED, slot(501), strategy)


@pytest.mark.parametrize("strategy", ["trust_slot", "trust_greater_lsn"])
def test_a_slot_that_is_ahead_wins_when_it_is_trusted(strategy: str) -> None:
    assert resume(STORED, slot(501), strategy) == 501


@pytest.mark.parametrize("strategy", ["trust_slot", "trust_greater_lsn", "trust_offset"])
def test_a_slot_that_is_behind_never_brings_back_what_is_stored(strategy: str) -> None:
    assert resume(STORED, slot(450), strategy) == 500


@pytest.mark.parametrize("state", [slot(wal_status="lost"), slot(invalid="wal_removed"), slot(invalid="idle_timeout")])
def test_an_invalidated_slot_is_an_error(state: Slot) -> None:
    with pytest.raises(ConnectError, match="invalidated"):
        resume(STORED, state)


def test_an_offset_beyond_the_servers_log_is_an_error() -> None:
    with pytest.raises(ConnectError, match=r"log ends at 0/190.*older backup"):
        resume(STORED, slot(), server=Identity("7000", 2, LSN(400), "lab"))


def test_another_server_is_an_error() -> None:
    with pytest.raises(ConnectError, match="system identifier 8, this one is 7000"):
        check_identity(STORED.but(system_id="8"), SERVER)


def test_an_older_timeline_is_an_error() -> None:
    with pytest.raises(ConnectError, match="timeline 3, the server is on timeline 2"):
        check_identity(STORED.but(timeline=3), SERVER)


@pytest.mark.parametrize("offset", [STORED, STORED.but(timeline=1), STORED.but(system_id=None, timeline=None)])
def test_the_same_server_after_a_failover_or_an_offset_without_identity_is_good(offset: PgOffset) -> None:
    check_identity(offset, SERVER)


def test_a_first_start_takes_a_snapshot_and_streams() -> None:
    plan = plan_start("initial", None, None, "s", "no_validation", SERVER)
    assert (plan.snapshot, plan.stream, plan.resume) == (True, True, None)


def test_a_later_start_only_streams() -> None:
    plan = plan_start("initial", STORED, slot(), "s", "no_validation", SERVER)
    assert (plan.snapshot, plan.stream, plan.resume) == (False, True, 500)


def test_initial_only_never_streams() -> None:
    assert plan_start("initial_only", WHOLE, None, "s", "no_validation", SERVER).stream is False


def test_always_does_not_ask_whether_the_old_position_is_there() -> None:
    assert plan_start("always", STORED, None, "s", "no_validation", SERVER).snapshot


def test_no_data_without_an_offset_streams_from_the_slot() -> None:
    plan = plan_start("no_data", None, slot(), "s", "no_validation", SERVER)
    assert (plan.snapshot, plan.stream, plan.resume) == (False, True, None)
