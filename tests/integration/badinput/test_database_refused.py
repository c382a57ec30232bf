"""A database that refuses or does not answer: a 400 at creation, and where it changes later FAILED with the cure, or a visible
retry."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from devstack.ports import find_free_port
from devstack.stack import Stack
from tests.integration.badinput.scene import SECRET

pytestmark = pytest.mark.integration


@pytest.fixture
def rows(scene: Any) -> Any:
    scene.sql("CREATE TABLE a (id int PRIMARY KEY, v text)")
    scene.sql("INSERT INTO a VALUES (1, 'x')")
    return scene


@pytest.fixture
def mute() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_wrong_password_is_a_400_in_the_server_s_words(rows: Any) -> None:
    message = rows.refused(database__password=SECRET)
    assert f'password authentication failed for user "{rows.server.user}"' in message
    assert SECRET not in message
    assert SECRET not in rows.log()


def test_a_database_that_does_not_exist_is_a_400_naming_it(rows: Any) -> None:
    message = rows.refused(database__dbname="nothing_here")
    assert 'database "nothing_here" does not exist' in message
    assert "To do: correct database.dbname" in message


def test_a_role_that_does_not_exist_is_a_400_naming_it(rows: Any) -> None:
    assert '"nobody_here"' in rows.refused(database__user="nobody_here", database__password=SECRET)


def test_a_port_where_nobody_listens_is_a_400(rows: Any) -> None:
    port = find_free_port()
    message = rows.refused(database__port=str(port))
    assert f"port {port}" in message
    assert "Connection refused" in message
    assert "To do: see that the server runs" in message


def test_a_host_that_does_not_answer_is_a_400_within_the_limit(rows: Any, mute: int) -> None:
    message = rows.refused(database__port=str(mute))
    assert "no answer within 10 s" in message
    assert str(mute) in message


def test_a_host_that_cannot_be_found_is_a_400_naming_it(rows: Any) -> None:
    assert "no-such-host.invalid" in rows.refused(database__hostname="no-such-host.invalid")


def test_a_role_that_may_not_replicate_is_a_400_with_the_statement(rows: Any) -> None:
    role = rows.role("plain", "NOREPLICATION")
    message = rows.refused(database__user=role, database__password=SECRET)
    assert f"role {role} has no right to replicate" in message
    assert f'ALTER ROLE "{role}" REPLICATION' in message


def test_a_role_without_select_fails_the_task_until_it_is_granted(rows: Any) -> None:
    role = rows.role("blind")
    rows.sql(f"CREATE PUBLICATION {rows.name} FOR TABLE a")
    rows.create(database__user=role, database__password=SECRET)
    trace = rows.trace()
    assert f'may not read all captured tables. To do: GRANT SELECT ON "public"."a" TO "{role}"' in trace
    assert SECRET not in rows.log()
    rows.sql(f"GRANT SELECT ON a TO {role}")
    rows.restart()
    assert rows.ids("a", 1) == [1]


def test_a_role_that_may_not_make_the_publication_is_told_the_statement(rows: Any) -> None:
    role = rows.role("guest")
    rows.sql(f"GRANT SELECT ON a TO {role}")
    rows.create(database__user=role, database__password=SECRET)
    trace = rows.trace()
    assert "CREATE PUBLICATION" in trace
    assert 'must be owner of table a' in trace
    rows.sql(f"CREATE PUBLICATION {rows.name} FOR TABLE a")
    rows.restart()
    assert rows.ids("a", 1) == [1]


def test_a_password_changed_while_running_fails_the_task_until_it_is_corrected(rows: Any) -> None:
    role = rows.role("reader")
    rows.sql(f"GRANT SELECT ON a TO {role}")
    rows.sql(f"CREATE PUBLICATION {rows.name} FOR TABLE a")
    rows.create(database__user=role, database__password=SECRET)
    rows.streams()
    rows.sql(f"ALTER ROLE {role} PASSWORD '{SECRET}2'")
    rows.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = %s", rows.name)
    rows.sql("INSERT INTO a VALUES (2, 'y')")
    trace = rows.trace()
    assert "password authentication failed" in trace
    assert "To do: correct database.user and database.password" in trace
    rows.reconfigure(database__user=role, database__password=f"{SECRET}2")
    assert rows.ids("a", 2) == [1, 2]
    assert SECRET not in rows.log()


def test_a_right_to_replicate_taken_away_while_running_fails_the_task_until_it_is_given_back(rows: Any) -> None:
    role = rows.role("reader")
    rows.sql(f"GRANT SELECT ON a TO {role}")
    rows.sql(f"CREATE PUBLICATION {rows.name} FOR TABLE a")
    rows.create(database__user=role, database__password=SECRET)
    rows.streams()
    rows.sql(f"ALTER ROLE {role} NOREPLICATION")
    rows.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = %s", rows.name)
    rows.sql("INSERT INTO a VALUES (2, 'y')")
    assert "ALTER ROLE … REPLICATION" in rows.trace()
    rows.sql(f"ALTER ROLE {role} REPLICATION")
    rows.restart()
    assert rows.ids("a", 2) == [1, 2]


def test_a_server_without_logical_wal_is_a_400(scene: Any) -> None:
    with Stack(["postgres"], settings={"postgres": {"wal_level": "replica"}}) as stack:
        with psycopg.connect(stack.postgres.dsn, autocommit=True) as connection:
            connection.execute("CREATE TABLE a (id int PRIMARY KEY)")
        parts = psycopg.conninfo.conninfo_to_dict(stack.postgres.dsn)
        message = scene.refused(database__port=str(stack.postgres.port), database__dbname=str(parts["dbname"]),
                                database__user=str(parts["user"]), database__password=str(parts["password"]))
    assert "wal_level property must be 'logical' but is: 'replica'" in message
    assert "To do: set it in postgresql.conf and restart the server" in message
