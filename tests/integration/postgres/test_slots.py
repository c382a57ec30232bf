"""Replication slots on real servers."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from connect.api.errors import ConnectError
from connectors.postgres.address import Address
from connectors.postgres.session import Session
from connectors.postgres.slots import (
    blockers,
    create_slot,
    drop_slot,
    find_slot,
    identify,
    refuse_unusable,
    wait_until_free,
)
from connectors.waiting import NEVER, Stop, Stopped


def open_session(lab: Any, *, replication: bool = False, stop: Stop = NEVER) -> Session:
    return Session.open(Address(lab.host, lab.port, lab.user, lab.password, lab.name), "slots", replication=replication,
                        stop=stop)


def test_the_server_says_who_it_is(each_lab: Any) -> None:
    replication = open_session(each_lab, replication=True)
    server = identify(replication)
    replication.close()
    assert server.system == str(each_lab.one("SELECT system_identifier FROM pg_control_system()"))
    assert server.timeline >= 1
    assert server.database == each_lab.name


def test_a_slot_is_made_found_and_dropped(each_lab: Any) -> None:
    sql, replication = open_session(each_lab), open_session(each_lab, replication=True)
    assert find_slot(sql, each_lab.name) is None
    created = create_slot(replication, each_lab.name)
    found = find_slot(sql, each_lab.name)
    assert found is not None
    assert (found.plugin, found.kind, found.database, found.active_pid) == ("pgoutput", "logical", each_lab.name, None)
    assert found.confirmed == created.consistent_point
    refuse_unusable(found, each_lab.name)
    drop_slot(sql, each_lab.name)
    drop_slot(sql, each_lab.name)
    assert each_lab.slots() == []
    sql.close()
    replication.close()


def test_its_snapshot_sees_exactly_what_was_committed_before(each_lab: Any) -> None:
    each_lab.sql("CREATE TABLE t (id int PRIMARY KEY)")
    each_lab.sql("INSERT INTO t VALUES (1)")
    replication = open_session(each_lab, replication=True)
    created = create_slot(replication, each_lab.name)
    each_lab.sql("INSERT INTO t VALUES (2)")
    reader = open_session(each_lab)
    reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    reader.execute(f"SET TRANSACTION SNAPSHOT '{created.snapshot}'")
    replication.close()
    assert reader.execute("SELECT id FROM public.t") == [("1",)]
    reader.close()


def test_a_temporary_slot_goes_with_its_connection(each_lab: Any) -> None:
    replication = open_session(each_lab, replication=True)
    create_slot(replication, each_lab.name, temporary=True)
    assert each_lab.slots() == [each_lab.name]
    replication.close()
    each_lab.wait(lambda: each_lab.slots() == [])


def test_a_slot_that_is_there_already_is_not_taken_for_ours(lab: Any) -> None:
    replication = open_session(lab, replication=True)
    create_slot(replication, lab.name)
    with pytest.raises(ConnectError, match="was made by somebody else"):
        create_slot(replication, lab.name)
    replication.close()


def test_making_a_slot_waits_visibly_for_old_transactions_and_leaves_nothing_when_stopped(each_lab: Any) -> None:
    writer = each_lab.connect(autocommit=False, application_name="old-writer")
    each_lab.sql("CREATE TABLE t (id int)")
    writer.execute("INSERT INTO t VALUES (1)")
    stop, seen = threading.Event(), []
    sql = open_session(each_lab)
    replication = open_session(each_lab, replication=True, stop=Stop(stop.is_set))

    def waiting() -> None:
        seen.append(blockers(sql))
        stop.set()

    with pytest.raises(Stopped):
        create_slot(replication, each_lab.name, waiting=waiting)
    each_lab.wait(lambda: each_lab.slots() == [])
    writer.rollback()
    assert "old-writer" in seen[0]
    assert each_lab.slots() == []
    sql.close()


def test_making_a_slot_goes_on_when_the_old_transaction_ends(lab: Any) -> None:
    writer = lab.connect(autocommit=False)
    lab.sql("CREATE TABLE t (id int)")
    writer.execute("INSERT INTO t VALUES (1)")
    replication = open_session(lab, replication=True)
    create_slot(replication, lab.name, waiting=writer.commit)
    replication.close()
    assert lab.slots() == [lab.name]


def test_a_failover_slot_is_made_where_there_are_such(lab: Any) -> None:
    replication = open_session(lab, replication=True)
    create_slot(replication, lab.name, failover=True)
    replication.close()
    assert lab.one("SELECT failover FROM pg_replication_slots WHERE slot_name = %s", lab.name) is True


def test_a_failover_slot_is_refused_where_there_are_none(each_lab: Any) -> None:
    replication = open_session(each_lab, replication=True)
    if replication.server_version >= 170000:
        create_slot(replication, each_lab.name, failover=True)
    else:
        with pytest.raises(ConnectError, match=r"needs PostgreSQL 17 or newer, this is 15.*slot\.failover=false"):
            create_slot(replication, each_lab.name, failover=True)
    replication.close()


def test_a_slot_of_another_plugin_is_refused(lab: Any) -> None:
    lab.sql("SELECT pg_create_logical_replication_slot(%s, 'test_decoding')", lab.name)
    sql = open_session(lab)
    found = find_slot(sql, lab.name)
    sql.close()
    assert found is not None
    with pytest.raises(ConnectError, match="was made for plugin test_decoding"):
        refuse_unusable(found, lab.name)


def test_a_physical_slot_is_refused(lab: Any) -> None:
    name = f"{lab.name}_physical"
    lab.sql("SELECT pg_create_physical_replication_slot(%s)", name)
    sql = open_session(lab)
    try:
        found = find_slot(sql, name)
        assert found is not None
        with pytest.raises(ConnectError, match="is a physical slot"):
            refuse_unusable(found, lab.name)
    finally:
        drop_slot(sql, name)
        sql.close()


def test_a_slot_of_another_database_is_refused(lab: Any) -> None:
    lab.sql("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", lab.name)
    sql = open_session(lab)
    found = find_slot(sql, lab.name)
    sql.close()
    assert found is not None
    with pytest.raises(ConnectError, match=f"belongs to database {lab.name}, this connector reads other"):
        refuse_unusable(found, "other")


class Reader:
    """Somebody else who reads the slot."""

    def __init__(self, lab: Any) -> None:
        lab.sql("CREATE PUBLICATION somebody")
        self.session = open_session(lab, replication=True)
        create_slot(self.session, lab.name)
        self.session.start_copy(
            f"START_REPLICATION SLOT {lab.name} LOGICAL 0/0 (proto_version '1', publication_names 'somebody')", "reading")


def test_a_slot_in_use_names_its_reader_after_the_last_try(lab: Any) -> None:
    reader = Reader(lab)
    context = lab.runner().context
    sql = open_session(lab)
    with pytest.raises(ConnectError, match=rf"in use by pid {reader.session.backend_pid} \(application slots.*waited 0\.2 s"):
        wait_until_free(sql, lab.name, context, 0.2)
    assert context.conditions[0][0] == "waiting"
    assert str(reader.session.backend_pid) in context.conditions[0][1]
    sql.close()
    reader.session.close()


def test_a_slot_in_use_is_taken_once_it_is_free(lab: Any) -> None:
    reader = Reader(lab)
    context = lab.runner().context
    sql = open_session(lab)

    def leave() -> bool:
        if context.conditions:
            reader.session.close()
        return False

    context.stop_when = leave
    wait_until_free(sql, lab.name, context, 20.0)
    assert context.conditions[-1] == (None, "")
    sql.close()


def test_waiting_for_a_slot_ends_when_asked_to_stop(lab: Any) -> None:
    reader = Reader(lab)
    context = lab.runner().context
    sql = open_session(lab)
    context.asked_to_stop = True
    with pytest.raises(Stopped):
        wait_until_free(sql, lab.name, context, 100.0)
    sql.close()
    reader.session.close()
