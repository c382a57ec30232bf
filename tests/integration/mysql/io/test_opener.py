"""The connections of a task, out of its configuration."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connect.api.errors import ConnectError
from connectors.mysql.config import MariaDbConfig, MySqlConfig
from connectors.mysql.opening import Opener
from connectors.mysql.server import log_status
from tests.integration.mysql.io.conftest import Lab
from tests.taskcontext import Context
from tests.waiting import until

pytestmark = pytest.mark.integration


@pytest.fixture
def opener(lab: Lab) -> Callable[..., Opener]:
    def make(**but: str) -> Opener:
        props = {
            "topic.prefix": "p", "database.hostname": lab.server.host, "database.port": str(lab.server.port),
            "database.user": lab.server.user, "database.password": lab.server.password,
            "database.server.id": str(lab.server_id), **{k.replace("__", "."): v for k, v in but.items()}}
        kind = MariaDbConfig if lab.flavor == "mariadb" else MySqlConfig
        return Opener(kind.from_props(props), Context(props, None, lab.database))

    return make


def test_looking_and_streaming(lab: Lab, opener: Callable[..., Opener]) -> None:
    one = opener(connect__keep__alive__interval__ms="250", database__initial__statements="SET @mine = 5")
    session = one.ordinary()
    lab.opened.append(session)
    assert session.value("SELECT @mine") == "5"
    assert session.timeout == 605.0
    facts = one.inspect(session, stream=True)
    assert facts.flavor == lab.flavor
    status = log_status(session)
    assert status is not None
    stream = one.stream(status.position)
    try:
        seen: list[bytes] = []
        until(lambda: seen.extend(stream.read(1)) or any(e[4] in (27, 41) for e in seen), 10, "a heartbeat")
        assert one.inspect(session, stream=True).flavor == lab.flavor  # its own dump is no rival
        with pytest.raises(ConnectError, match="is in use: replica headgate-"):
            Opener(one._config, Context({}, None, "other")).inspect(session, stream=True)
    finally:
        stream.close(session)


def test_reading_tables_has_no_time_limit(lab: Lab, opener: Callable[..., Opener]) -> None:
    session = opener(database__query__timeout__ms="5000").ordinary(unlimited=True)
    lab.opened.append(session)
    assert session.timeout is None
    name = "@@max_statement_time" if lab.flavor == "mariadb" else "@@max_execution_time"
    assert float(session.value(f"SELECT {name}") or 1) == 0


def test_the_wrong_connector_is_named(lab: Lab, opener: Callable[..., Opener]) -> None:
    one = opener()
    wrong = MySqlConfig if lab.flavor == "mariadb" else MariaDbConfig
    one._config = wrong.from_props({
        "topic.prefix": "p", "database.hostname": "h", "database.user": "u", "database.server.id": "5"})
    with pytest.raises(ConnectError, match=r"connector\.class=io\.debezium\.connector\."):
        one.inspect(lab.sql, stream=True)
