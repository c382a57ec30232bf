"""Validation against real servers."""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Iterator
from typing import Any

import pymysql
import pytest

from connectors.mysql.connector import MariaDbConnector, MySqlConnector

pytestmark = pytest.mark.integration
_numbers = itertools.count(1)


class Lab:
    """A server and its connector."""

    def __init__(self, server: Any, connector: MySqlConnector) -> None:
        self.server, self.connector = server, connector
        self.admin = pymysql.connect(host=server.host, port=server.port, user=server.user, password=server.password)
        self.users: list[str] = []

    def errors(self, **more: str | None) -> dict[str, list[str]]:
        props: dict[str, Any] = {
            "name": "v", "topic.prefix": "p", "database.hostname": self.server.host, "database.port": str(self.server.port),
            "database.user": self.server.user, "database.password": self.server.password, "database.server.id": "1234567",
            **{k.replace("__", "."): v for k, v in more.items()}}
        found = self.connector.validate({k: v for k, v in props.items() if v is not None})
        return {k: list(v) for k, v in found.items()}

    def user(self, rights: str) -> str:
        """A user with its name as password and these rights on everything."""
        name = f"val_{os.getpid()}_{next(_numbers)}"
        self.users.append(name)
        with self.admin.cursor() as cursor:
            cursor.execute(f"CREATE USER {name} IDENTIFIED BY '{name}'")
            cursor.execute(f"GRANT {rights} ON *.* TO {name}")
        return name

    def close(self) -> None:
        with self.admin.cursor() as cursor:
            for name in self.users:
                cursor.execute(f"DROP USER {name}")
        self.admin.close()


@pytest.fixture(params=["mysql", "mariadb"])
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    connector = MySqlConnector() if request.param == "mysql" else MariaDbConnector()
    made = Lab(request.getfixturevalue(request.param), connector)
    yield made
    made.close()


def test_a_good_configuration_has_no_errors(lab: Lab) -> None:
    assert lab.errors() == {}


def test_a_wrong_password_is_told_with_the_cure_and_without_the_password(lab: Lab) -> None:
    (message,) = lab.errors(database__password="s3cr3t-Pa55")["database.hostname"]
    assert message.startswith("Error while validating connector config: ")
    assert f"Access denied for user '{lab.server.user}'" in message
    assert "correct database.user and database.password" in message and "s3cr3t" not in message


def test_a_server_that_is_not_there_is_told(lab: Lab) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (message,) = lab.errors(database__port=str(port))["database.hostname"]
    assert "Connection refused" in message and "database.port" in message


@pytest.mark.parametrize(("rights", "right"), [
    ("SELECT, REPLICATION SLAVE", "REPLICATION CLIENT"), ("SELECT, REPLICATION CLIENT", "REPLICATION SLAVE")])
def test_a_user_that_may_not_read_the_log_is_told_at_the_user(lab: Lab, rights: str, right: str) -> None:
    user = lab.user(rights)
    right = "BINLOG MONITOR" if right == "REPLICATION CLIENT" and isinstance(lab.connector, MariaDbConnector) else right
    found = lab.errors(database__user=user, database__password=user)
    assert list(found) == ["database.user"] and f"GRANT {right} ON *.*" in found["database.user"][0]


def test_a_user_with_the_rights_of_the_docs_is_good(lab: Lab) -> None:
    user = lab.user("SELECT, RELOAD, SHOW DATABASES, REPLICATION SLAVE, REPLICATION CLIENT")
    assert lab.errors(database__user=user, database__password=user) == {}


def test_the_server_s_own_number_is_refused(lab: Lab) -> None:
    with lab.admin.cursor() as cursor:
        cursor.execute("SELECT @@server_id")
        (number,) = cursor.fetchone()
    assert list(lab.errors(database__server__id=str(number))) == ["database.server.id"]


def test_the_connector_of_the_other_family_is_told(mysql: Any) -> None:
    lab = Lab(mysql, MariaDbConnector())
    (message,) = lab.errors()["database.hostname"]
    assert "io.debezium.connector.mysql.MySqlConnector" in message
    lab.close()


def test_stores_are_told_at_their_keys(lab: Lab) -> None:
    mode = "required" if not isinstance(lab.connector, MariaDbConnector) else "trust"
    assert list(lab.errors(database__ssl__mode=mode, database__ssl__keystore="/nowhere")) == ["database.ssl.keystore"]
