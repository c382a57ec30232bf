"""Connections to a real server."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connect.api.errors import ConnectError, RetriableError
from connectors.postgres.address import PINNED, Address
from connectors.postgres.directcopies import DirectCopies
from connectors.postgres.libpqcopies import LibpqCopies
from connectors.postgres.session import CopyEnded, Session
from connectors.waiting import Stop, Stopped
from tests.tlsfront import TlsFront

SETTINGS = {
    "bytea_output": "escape", "DateStyle": "German, DMY", "IntervalStyle": "sql_standard", "extra_float_digits": "0",
    "TimeZone": "Asia/Tokyo", "search_path": "public", "client_encoding": "LATIN1", "statement_timeout": "7ms",
    "idle_in_transaction_session_timeout": "8ms", "lock_timeout": "9ms", "default_transaction_read_only": "on",
    "quote_all_identifiers": "on",
}


@pytest.fixture
def address(lab: Any) -> Address:
    return Address(lab.host, lab.port, lab.user, lab.password, lab.name)


@pytest.fixture(params=["direct", "libpq"])
def session(address: Address, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """One that reads copies itself, and one that leaves them to libpq."""
    monkeypatch.setenv("HEADGATE_POSTGRES_COPIES", request.param)
    made = Session.open(address, "test", copies=True)
    assert isinstance(made.copies, DirectCopies) == (request.param == "direct")
    yield made
    made.close()


@pytest.mark.parametrize("replication", [False, True])
def test_settings_of_role_and_database_never_win(each_lab: Any, replication: bool) -> None:
    role = each_lab.role("odd")
    for name, value in SETTINGS.items():
        each_lab.sql(f"ALTER ROLE {role} SET {name} = '{value}'")
        each_lab.sql(f"ALTER DATABASE {each_lab.name} SET {name} = '{value}'")
    mine = Address(each_lab.host, each_lab.port, role, role, each_lab.name)
    session = Session.open(mine, "test", replication=replication)
    try:
        seen = {name: session.value(f"SHOW {name}") for name in SETTINGS}
    finally:
        session.close()
    assert seen == {name: PINNED[name] for name in SETTINGS}


def test_the_role_s_transaction_timeout_never_wins(lab: Any) -> None:
    role = lab.role("slow")
    lab.sql(f"ALTER ROLE {role} SET transaction_timeout = '1s'")
    session = Session.open(Address(lab.host, lab.port, role, role, lab.name), "test")
    assert session.value("SHOW transaction_timeout") == "0"
    session.close()


@pytest.mark.parametrize(("change", "state", "cure"), [
    ({"password": "wr0ng-s3cret"}, "28P01", "database.password"),
    ({"user": "nobody_here"}, "28P01", "database.user"),
    ({"database": "nothing_here"}, "3D000", "database.dbname"),
])
def test_a_refused_connection_is_a_clear_error_without_the_password(
        address: Address, change: dict[str, str], state: str, cure: str) -> None:
    with pytest.raises(ConnectError) as caught:
        Session.open(replace(address, **change), "test")  # type: ignore[arg-type]
    assert caught.value.sqlstate == state  # type: ignore[attr-defined]
    assert cure in str(caught.value)
    assert "wr0ng-s3cret" not in str(caught.value)


def test_a_role_without_the_right_to_replicate_is_told_the_statement(each_lab: Any) -> None:
    role = each_lab.role("plain", "")
    with pytest.raises(ConnectError, match=r"ALTER ROLE .* REPLICATION"):
        Session.open(Address(each_lab.host, each_lab.port, role, role, each_lab.name), "test", replication=True)


def test_nobody_listening_is_a_passing_fault(address: Address) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(RetriableError, match="refused"):
        Session.open(replace(address, port=port), "test")


def test_a_server_that_does_not_answer_is_given_up(address: Address) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        with pytest.raises(RetriableError, match="no answer within"):
            Session.open(replace(address, port=deaf.getsockname()[1], connect_timeout=0.5), "test")


def test_connecting_ends_when_asked_to_stop(address: Address) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        with pytest.raises(Stopped):
            Session.open(replace(address, port=deaf.getsockname()[1]), "test", stop=Stop(lambda: True))


def test_rows_come_as_the_servers_text(session: Session) -> None:
    assert session.execute("SELECT 1, NULL, 'ä', $1::text", ("x'y",)) == [("1", None, "ä", "x'y")]


def test_an_error_names_what_was_done_and_its_sqlstate(session: Session) -> None:
    with pytest.raises(ConnectError, match=r"^looking: relation \"nothing\" does not exist \(SQLSTATE 42P01\)"):
        session.execute("SELECT * FROM nothing", doing="looking")
    assert session.value("SELECT 1") == "1"


def test_an_error_never_shows_a_row_s_value(session: Session) -> None:
    with pytest.raises(ConnectError) as caught:
        session.execute("SELECT $1::int", ("s3cret",))
    assert "s3cret" not in str(caught.value)


def test_a_command_is_cancelled_on_the_server_when_asked_to_stop(lab: Any, address: Address) -> None:
    stop = threading.Event()
    session = Session.open(address, "test-cancel", stop=Stop(stop.is_set))
    threading.Timer(0.3, stop.set).start()
    with pytest.raises(Stopped):
        session.execute("SELECT pg_sleep(60)")
    lab.wait(lambda: lab.one("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test-cancel'") == 0)


def test_a_command_that_takes_too_long_is_cancelled(lab: Any, address: Address) -> None:
    session = Session.open(address, "test-late")
    with pytest.raises(RetriableError, match=r"no answer within 0\.5 s"):
        session.execute("SELECT pg_sleep(60)", doing="sleeping", timeout=0.5)
    lab.wait(lambda: lab.one("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test-late'") == 0)


def test_a_connection_ended_by_an_administrator_is_a_passing_fault(lab: Any, session: Session) -> None:
    lab.sql("SELECT pg_terminate_backend(%s)", session.backend_pid)
    time.sleep(0.1)
    with pytest.raises(RetriableError):
        session.execute("SELECT 1")
        session.execute("SELECT 1")
    assert session.closed


def test_a_copy_comes_in_bounded_gulps(session: Session) -> None:
    session.start_copy("COPY (SELECT g FROM generate_series(1, 1000) g) TO STDOUT", "copying")
    gulps: list[list[bytes]] = []
    with pytest.raises(CopyEnded):
        while True:
            gulps.append(session.read_copy(1 << 20, 100, 1.0, "copying"))
    assert [int(line) for gulp in gulps for line in gulp] == list(range(1, 1001))
    assert max(map(len, gulps)) <= 100
    assert session.value("SELECT 1") == "1"


@pytest.mark.parametrize("replication", [False, True])
def test_copies_of_an_encrypted_connection_are_read_by_libpq(address: Address, replication: bool, tmp_path: Path) -> None:
    with TlsFront(address.host, address.port, tmp_path) as front, contextlib.closing(Session.open(
            replace(address, host="127.0.0.1", port=front.port, ssl={"sslmode": "require"}), "test",
            replication=replication, copies=True)) as session:
        assert isinstance(session.copies, LibpqCopies)
        session.start_copy("COPY (SELECT g FROM generate_series(1, 1000) g) TO STDOUT", "copying")
        lines: list[bytes] = []
        with pytest.raises(CopyEnded):
            while True:
                lines += session.read_copy(1 << 20, 100, 1.0, "copying")
        assert list(map(int, lines)) == list(range(1, 1001))
        assert session.value("SELECT 1") == "1"


def test_a_copy_s_gulps_are_bounded_in_bytes(session: Session) -> None:
    session.start_copy("COPY (SELECT repeat('x', 1000) FROM generate_series(1, 500)) TO STDOUT", "copying")
    gulps: list[int] = []
    with pytest.raises(CopyEnded):
        while True:
            gulps.append(sum(map(len, session.read_copy(10_000, 1_000_000, 1.0, "copying"))))
    assert max(gulps) <= 11_001
    assert sum(gulps) == 500 * 1001


def test_a_copy_that_fails_midway_tells_why_after_what_came_before(session: Session) -> None:
    session.start_copy("COPY (SELECT 100 / (50 - g) FROM generate_series(1, 100) g) TO STDOUT", "copying")
    lines: list[bytes] = []
    with pytest.raises(ConnectError, match="division by zero"):
        while True:
            lines += session.read_copy(1 << 20, 10, 1.0, "copying")
    assert len(lines) == 49
    assert session.value("SELECT 1") == "1"


def test_the_application_name_says_who_it_is(lab: Any, address: Address) -> None:
    session = Session.open(address, "headgate orders-0")
    assert lab.one("SELECT application_name FROM pg_stat_activity WHERE pid = %s", session.backend_pid) == "headgate orders-0"
    session.close()
