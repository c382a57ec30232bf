"""The connector's answers that need no server."""

from __future__ import annotations

from typing import Any

import pytest

from connect.api.errors import ConnectError
from connect.api.source import ExactlyOnceSupport
from connectors.postgres.connector import PostgresConnector

PROPS = {
    "topic.prefix": "p", "database.hostname": "h", "database.user": "u", "database.password": "s3cret", "database.dbname": "d"}


@pytest.fixture
def connector() -> PostgresConnector:
    return PostgresConnector()


def test_there_is_one_task_with_the_whole_configuration(connector: PostgresConnector) -> None:
    assert connector.task_configs(PROPS, 8) == [PROPS]


def test_no_task_is_an_error(connector: PostgresConnector) -> None:
    with pytest.raises(ConnectError, match=r"tasks\.max"):
        connector.task_configs(PROPS, 0)


def test_its_version_is_the_project_s(connector: PostgresConnector) -> None:
    assert connector.version[0].isdigit()


def test_exactly_once_is_supported(connector: PostgresConnector) -> None:
    assert connector.exactly_once_support(PROPS) is ExactlyOnceSupport.SUPPORTED


@pytest.mark.parametrize("offset", [
    {"lsn": 1, "txId": 1, "ts_usec": 1}, {"lsn": 24023128}, {"lsn": 5, "lsn_commit": 4, "lsn_proc": 5, "messageType": "INSERT"},
    {"lsn": 5, "snapshot": "INITIAL", "snapshot_completed": True, "last_snapshot_record": True}])
def test_an_offset_with_a_log_position_is_accepted(connector: PostgresConnector, offset: dict[str, Any]) -> None:
    assert connector.alter_offsets(PROPS, [({"server": "p"}, offset)])


@pytest.mark.parametrize("partition", [{"server": "p"}, {"server": "other"}, {}, {"file": "x"}])
def test_a_reset_is_accepted_for_every_partition(connector: PostgresConnector, partition: dict[str, str]) -> None:
    assert connector.alter_offsets(PROPS, [(partition, None)])


@pytest.mark.parametrize("partition", [{"server": "other"}, {}, {"file": "x"}, {"server": "p", "database": "d"}])
def test_another_partition_is_refused(connector: PostgresConnector, partition: dict[str, str]) -> None:
    with pytest.raises(ConnectError, match=r"is none of this connector's; expected \{'server': 'p'\}"):
        connector.alter_offsets(PROPS, [(partition, {"lsn": 1})])


@pytest.mark.parametrize("offset", [{}, {"lsn": "16/B374D848"}, {"lsn": "1"}, {"lsn": True}, {"lsn": 1.5}, {"lsn": None},
                                    {"txId": 1}])
def test_an_offset_without_a_whole_number_is_refused(connector: PostgresConnector, offset: dict[str, Any]) -> None:
    with pytest.raises(ConnectError, match=r"'lsn' is .*expected a log position as a whole number"):
        connector.alter_offsets(PROPS, [({"server": "p"}, offset)])


@pytest.mark.parametrize("offset", [{"lsn": 1, "lsn_commit": "x"}, {"lsn": 1, "txId": "x"}, {"lsn": 1, "snapshot": 5}])
def test_another_wrong_key_of_an_offset_is_named(connector: PostgresConnector, offset: dict[str, Any]) -> None:
    with pytest.raises(ConnectError, match=r"lsn_commit|txId|snapshot"):
        connector.alter_offsets(PROPS, [({"server": "p"}, offset)])


def test_a_wrong_identity_rule_is_told_at_its_key(connector: PostgresConnector) -> None:
    errors = connector.validate({**PROPS, "replica.identity.autoset.values": "public.a:SOME"})
    assert list(errors) == ["replica.identity.autoset.values"]


def test_the_wrong_plugin_is_refused_by_the_definition(connector: PostgresConnector) -> None:
    errors = connector.validate({**PROPS, "plugin.name": "decoderbufs"})
    assert "plugin.name" in errors
