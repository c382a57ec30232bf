"""The replication stream of a real server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connect.api.errors import ConnectError, RetriableError
from connectors.postgres.address import Address
from connectors.postgres.lsn import LSN
from connectors.postgres.session import Session
from connectors.postgres.slots import CreatedSlot, create_slot
from connectors.postgres.stream import ReplicationStream


@pytest.fixture(params=["direct", "libpq"], autouse=True)
def copies(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies are read by ourselves and by libpq."""
    monkeypatch.setenv("HEADGATE_POSTGRES_COPIES", request.param)


class Reading:
    """A slot, a publication for table t, and a stream of it."""

    def __init__(self, lab: Any, port: int | None = None, **more: Any) -> None:
        self.lab = lab
        self.frames: list[bytes] = []
        lab.sql("CREATE TABLE t (id int PRIMARY KEY)")
        lab.sql(f"CREATE PUBLICATION {lab.name} FOR TABLE t")
        self.session = Session.open(
            Address(lab.host, port or lab.port, lab.user, lab.password, lab.name), "stream", replication=True,
            copies=True)
        self.slot: CreatedSlot = create_slot(self.session, lab.name)
        self.stream = ReplicationStream.start(self.session, lab.name, lab.name, self.slot.consistent_point, **more)

    def until(self, done: Callable[[], bool], patience: float = 20.0) -> None:
        limit = time.monotonic() + patience
        while not done():
            assert time.monotonic() < limit
            self.frames += self.stream.read(0.1)

    @property
    def kinds(self) -> str:
        return "".join(chr(f[25]) for f in self.frames if f[:1] == b"w")


@pytest.fixture
def reading(each_lab: Any) -> Iterator[Reading]:
    made = Reading(each_lab)
    yield made
    made.stream.close()


def test_a_transaction_comes_in_its_order(each_lab: Any, reading: Reading) -> None:
    each_lab.sql("INSERT INTO t SELECT generate_series(1, 3)")
    reading.until(lambda: "C" in reading.kinds)
    assert reading.kinds == "BRIIIC"


def test_a_gulp_is_bounded_in_frames(lab: Any) -> None:
    reading = Reading(lab, gulp_frames=10)
    lab.sql("INSERT INTO t SELECT generate_series(1, 100)")
    gulps: list[int] = []

    def done() -> bool:
        gulp = reading.stream.read(0.1)
        reading.frames += gulp
        gulps.append(len(gulp))
        return "C" in reading.kinds

    reading.until(done)
    assert max(gulps) <= 10
    assert reading.kinds == "BR" + "I" * 100 + "C"
    reading.stream.close()


def test_logical_messages_come_when_asked_for(each_lab: Any, reading: Reading) -> None:
    each_lab.sql("SELECT pg_logical_emit_message(false, 'a', 'b')")
    reading.until(lambda: "M" in reading.kinds)


def test_only_what_is_confirmed_moves_the_slot(each_lab: Any, reading: Reading) -> None:
    each_lab.sql("INSERT INTO t VALUES (1)")
    reading.until(lambda: "C" in reading.kinds)
    reading.stream.tell()
    reading.stream.read(0.3)
    assert each_lab.confirmed == reading.slot.consistent_point
    commit = next(f for f in reading.frames if f[25:26] == b"C")
    end = LSN(int.from_bytes(commit[35:43], "big"))
    reading.stream.confirm(end)
    each_lab.wait(lambda: each_lab.confirmed == end)


def test_a_confirmed_position_never_goes_back(lab: Any) -> None:
    reading = Reading(lab)
    reading.stream.confirm(reading.slot.consistent_point)
    reading.stream.confirm(LSN(5))
    assert reading.stream.confirmed == reading.slot.consistent_point
    reading.stream.close()


def test_keepalives_are_sent_while_nobody_reads(lab: Any) -> None:
    reading = Reading(lab, status_interval=0.1)
    before = lab.one("SELECT reply_time FROM pg_stat_replication WHERE pid = %s", reading.session.backend_pid)

    def answered() -> bool:
        reading.stream.keepalive()
        now = lab.one("SELECT reply_time FROM pg_stat_replication WHERE pid = %s", reading.session.backend_pid)
        return now is not None and now != before

    lab.wait(answered)
    reading.stream.close()


def test_a_silent_connection_is_an_error(lab: Any, proxy: Any) -> None:
    reading = Reading(lab, proxy.port, status_interval=0.2, silence_limit=1.0)
    lab.sql("INSERT INTO t VALUES (1)")
    reading.until(lambda: "C" in reading.kinds)
    proxy.freeze()
    with pytest.raises(RetriableError, match="nothing came from the server for 1 s, not even an answer"):
        reading.until(lambda: False, 10.0)
    reading.stream.close()


def test_a_quiet_server_that_answers_is_not_silent(lab: Any, proxy: Any) -> None:
    reading = Reading(lab, proxy.port, status_interval=0.2, silence_limit=1.0)
    began = time.monotonic()
    reading.until(lambda: time.monotonic() - began > 2.5)
    lab.sql("INSERT INTO t VALUES (1)")
    reading.until(lambda: "C" in reading.kinds)
    reading.stream.close()


def test_a_cut_connection_is_a_passing_fault(lab: Any, proxy: Any) -> None:
    reading = Reading(lab, proxy.port)
    proxy.cut()
    with pytest.raises(RetriableError):
        reading.until(lambda: False)
    reading.stream.close()


def test_a_stream_ended_by_an_administrator_is_a_passing_fault(each_lab: Any, reading: Reading) -> None:
    each_lab.sql("SELECT pg_terminate_backend(%s)", reading.session.backend_pid)
    with pytest.raises(RetriableError):
        reading.until(lambda: False)


def test_a_publication_that_vanished_is_an_error_on_every_version(each_lab: Any, reading: Reading) -> None:
    each_lab.sql("INSERT INTO t VALUES (1)")
    reading.until(lambda: "C" in reading.kinds)
    each_lab.sql(f"DROP PUBLICATION {each_lab.name}")
    each_lab.sql("INSERT INTO t VALUES (2)")
    each_lab.sql(f"CREATE PUBLICATION {each_lab.name} FOR TABLE t")
    each_lab.sql("INSERT INTO t VALUES (3)")
    with pytest.raises(ConnectError, match=r"publication.*To do: create the publication"):
        reading.until(lambda: False)
    assert reading.kinds.count("I") == 1


def test_what_came_before_an_error_is_handed_out_first(each_lab: Any) -> None:
    reading = Reading(each_lab)
    each_lab.sql("INSERT INTO t VALUES (1)")
    each_lab.sql(f"DROP PUBLICATION {each_lab.name}")
    each_lab.sql("INSERT INTO t VALUES (2)")
    with pytest.raises(ConnectError):
        reading.until(lambda: False)
    assert reading.kinds == "BRIC"
    reading.stream.close()


def test_a_slot_in_use_has_its_own_sqlstate(lab: Any) -> None:
    reading = Reading(lab)
    second = Session.open(Address(lab.host, lab.port, lab.user, lab.password, lab.name), "stream", replication=True)
    with pytest.raises(ConnectError) as caught:
        ReplicationStream.start(second, lab.name, lab.name, LSN(0))
    assert caught.value.sqlstate == "55006"  # type: ignore[attr-defined]
    second.close()
    reading.stream.close()


def test_transactions_before_the_start_are_not_sent(each_lab: Any) -> None:
    reading = Reading(each_lab)
    each_lab.sql("INSERT INTO t VALUES (1)")
    reading.until(lambda: "C" in reading.kinds)
    commit = next(f for f in reading.frames if f[25:26] == b"C")
    end = LSN(int.from_bytes(commit[35:43], "big"))
    reading.stream.close()
    each_lab.sql("INSERT INTO t VALUES (2)")
    each_lab.wait(lambda: each_lab.one("SELECT active FROM pg_replication_slots WHERE slot_name = %s", each_lab.name) is False)
    session = Session.open(
        Address(each_lab.host, each_lab.port, each_lab.user, each_lab.password, each_lab.name), "stream", replication=True)
    reading.stream = ReplicationStream.start(session, each_lab.name, each_lab.name, end)
    reading.frames.clear()
    reading.until(lambda: "C" in reading.kinds)
    assert reading.kinds == "BRIC"
    reading.stream.close()
