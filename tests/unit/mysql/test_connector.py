"""The connectors' answers that need no server."""

from __future__ import annotations

from typing import Any

import pytest

from connect.api.errors import ConnectError
from connect.api.source import ExactlyOnceSupport
from connect.plugins.discovery import Kind, registry
from connectors.mysql.connector import MariaDbConnector, MySqlConnector

PROPS = {
    "topic.prefix": "p", "database.hostname": "h", "database.user": "u", "database.password": "s3cret", "database.server.id": "7"}
GTIDS = "24bc7850-2c16-11e6-a073-0242ac110002:1-77:foo:1-3"


@pytest.fixture(params=[MySqlConnector, MariaDbConnector])
def connector(request: pytest.FixtureRequest) -> MySqlConnector:
    made: MySqlConnector = request.param()
    return made


def test_there_is_one_task_with_the_whole_configuration(connector: MySqlConnector) -> None:
    assert connector.task_configs(PROPS, 8) == [PROPS]


def test_no_task_is_an_error(connector: MySqlConnector) -> None:
    with pytest.raises(ConnectError, match=r"tasks\.max"):
        connector.task_configs(PROPS, 0)


def test_its_version_is_the_project_s(connector: MySqlConnector) -> None:
    assert connector.version[0].isdigit()


def test_exactly_once_is_supported(connector: MySqlConnector) -> None:
    assert connector.exactly_once_support(PROPS) is ExactlyOnceSupport.SUPPORTED


@pytest.mark.parametrize("name", [
    "io.debezium.connector.mysql.MySqlConnector", "io.debezium.connector.mariadb.MariaDbConnector", "MySqlConnector", "MariaDb",
    "mysql", "mariadb"])
def test_it_is_found_by_its_names(name: str) -> None:
    made = registry().resolve(Kind.CONNECTOR, name).make()
    assert type(made) is (MariaDbConnector if "maria" in name.lower() else MySqlConnector)


@pytest.mark.parametrize("offset", [
    {"file": "binlog.000003", "pos": 4}, {"ts_sec": 1, "file": "b.1", "pos": 197, "event": 2, "row": 1, "server_id": 1},
    {"file": "b.1", "pos": 197, "snapshot": True}, {"file": "b.1", "pos": 197, "snapshot": "INITIAL"}])
def test_an_offset_with_a_position_is_accepted(connector: MySqlConnector, offset: dict[str, Any]) -> None:
    assert connector.alter_offsets(PROPS, [({"server": "p"}, offset)])


def test_gtids_are_those_of_the_flavor() -> None:
    assert MySqlConnector().alter_offsets(PROPS, [({"server": "p"}, {"gtids": GTIDS})])
    assert MariaDbConnector().alter_offsets(PROPS, [({"server": "p"}, {"gtids": "0-1-100,1-2-5"})])
    for connector, gtids in ((MySqlConnector(), "0-1-100"), (MariaDbConnector(), GTIDS)):
        with pytest.raises(ConnectError, match="'gtids' is no set of GTIDs"):
            connector.alter_offsets(PROPS, [({"server": "p"}, {"gtids": gtids})])


@pytest.mark.parametrize("partition", [{"server": "p"}, {"server": "other"}, {}, {"file": "x"}])
def test_a_reset_is_accepted_for_every_partition(connector: MySqlConnector, partition: dict[str, str]) -> None:
    assert connector.alter_offsets(PROPS, [(partition, None)])


@pytest.mark.parametrize("partition", [{"server": "other"}, {}, {"server": "p", "database": "d"}])
def test_another_partition_is_refused(connector: MySqlConnector, partition: dict[str, str]) -> None:
    with pytest.raises(ConnectError, match=r"is none of this connector's; expected \{'server': 'p'\}"):
        connector.alter_offsets(PROPS, [(partition, {"file": "b.1", "pos": 4})])


@pytest.mark.parametrize(("offset", "said"), [
    ({}, "needs a position"), ({"pos": 4}, "needs a position"), ({"ts_sec": 1}, "needs a position"),
    ({"file": "b.1"}, "'pos' is None"), ({"file": "b.1", "pos": 3}, "'pos' is 3"), ({"file": "b.1", "pos": "4"}, "'pos' is '4'"),
    ({"file": 1, "pos": 4}, "'file' is 1"), ({"file": "b.1", "pos": 4, "event": -1}, "'event' is -1"),
    ({"file": "b.1", "pos": 4, "row": True}, "'row' is True"), ({"file": "b.1", "pos": 4, "headgate_xa": "x"}, "headgate_xa")])
def test_a_wrong_offset_is_refused_naming_the_key(connector: MySqlConnector, offset: dict[str, Any], said: str) -> None:
    with pytest.raises(ConnectError, match=said):
        connector.alter_offsets(PROPS, [({"server": "p"}, offset)])


def test_wrong_properties_are_told_before_any_connection(connector: MySqlConnector) -> None:
    errors = connector.validate({**PROPS, "time.precision.mode": "adaptive", "database.server.id": "0"})
    assert set(errors) == {"time.precision.mode", "database.server.id"}


def test_properties_without_effect_are_known(connector: MySqlConnector) -> None:
    assert "binlog.buffer.size" in connector.not_honoured and connector.recognises("schema.history.internal.producer.acks")
