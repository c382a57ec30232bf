"""Validation against real servers."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from connectors.postgres.connector import PostgresConnector


def errors(lab: Any, **more: str | None) -> dict[str, list[str]]:
    return {k: list(v) for k, v in PostgresConnector().validate(lab.config(**more)).items()}


def test_a_good_configuration_has_no_errors(each_lab: Any) -> None:
    assert errors(each_lab) == {}


def test_a_wrong_password_is_told_in_the_server_s_words(each_lab: Any) -> None:
    assert errors(each_lab, database__password="s3cret") == {"database.hostname": [
        f'Error while validating connector config: FATAL: password authentication failed for user "{each_lab.user}"']}


def test_a_database_that_is_not_there_is_told_with_the_cure(lab: Any) -> None:
    (message,) = errors(lab, database__dbname="nothing_here")["database.hostname"]
    assert message == ('Error while validating connector config: FATAL: database "nothing_here" does not exist. '
                       "To do: correct database.dbname")


def test_a_server_that_is_not_there_is_told(lab: Any) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (message,) = errors(lab, database__port=str(port))["database.hostname"]
    assert "Connection refused" in message


def test_a_role_that_may_not_replicate_is_told_at_the_user(each_lab: Any) -> None:
    role = each_lab.role("plain", "")
    found = errors(each_lab, database__user=role, database__password=role)
    assert found == {"database.user": [f'role {role} has no right to replicate. To do: ALTER ROLE "{role}" REPLICATION']}


@pytest.mark.parametrize("attributes", ["REPLICATION", "SUPERUSER"])
def test_a_role_that_may_replicate_is_good(lab: Any, attributes: str) -> None:
    role = lab.role("good", attributes)
    assert errors(lab, database__user=role, database__password=role) == {}


def test_a_snapshot_alone_needs_no_right_to_replicate(lab: Any) -> None:
    role = lab.role("plain", "")
    assert errors(lab, database__user=role, database__password=role, snapshot__mode="initial_only") == {}
