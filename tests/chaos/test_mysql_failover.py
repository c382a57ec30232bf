"""From a MySQL server that is gone to its replica, by GTIDs. In the long run only (conftest)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devstack.mysql import MySql
from devstack.progress import Progress
from devstack.stack import Stack
from tests.chaos.mysql import SMALL, MySqlSession
from tests.chaos.scene import Scene
from tests.chaos.workload import Workload
from tests.proxy import Proxy
from tests.waiting import until

pytestmark = [pytest.mark.chaos, pytest.mark.integration]
SERVERS = ["mysql"]


@pytest.fixture
def replica(stack: Stack) -> Iterator[MySql]:
    """A second server that follows the first."""
    made = MySql("replica", stack.directory / "replica", Progress(silent=True))
    made.configure(settings={**SMALL, "server_id": "7"})
    made.start()
    with MySqlSession(made.port, None) as session:
        session.execute("CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = %s, SOURCE_USER = 'cdc', "
                        "SOURCE_PASSWORD = 'cdc', SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1", [stack.mysql.port])
        session.execute("START REPLICA")
    yield made
    made.stop()


@pytest.mark.parametrize("source", ["mysql"], indirect=True)
def test_a_replica_takes_over_and_nothing_is_lost(replica: MySql, unopened: Scene) -> None:
    scene = unopened
    primary = scene.source.server
    with Proxy("127.0.0.1", primary.port) as proxy:
        scene.source.port = proxy.port
        scene.open()
        seen = scene.witness()
        scene.await_stored()
        # The task is behind when the server goes: it has to find its place in the other's log.
        scene.kill_task()
        first = scene.workload
        assert first is not None
        before = len(first.committed)
        until(lambda: len(first.committed) > before + 20, 30, "the writer to go on")
        first.stop()
        with scene.source.root() as session:
            executed = session.execute("SELECT @@GLOBAL.gtid_executed")[0][0]
        with MySqlSession(replica.port, None) as session:
            waited = session.execute("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, 50)", [executed])
            assert waited == [(0,)], "the replica did not come along"
            session.execute("STOP REPLICA")
            session.execute("RESET REPLICA ALL")
        primary.kill()
        proxy.target = ("127.0.0.1", replica.port)
        scene.source.server = replica
        scene.workload = second = Workload(scene.source)
        second.versions, second.alive, second.committed = first.versions, first.alive, first.committed
        second.start()
        scene.source.killing()
        scene.restart_task()
        scene.await_reading()
        scene.assert_goes_on(seen)
        assert scene.task_state() == "RUNNING"
        scene.assert_all_arrived(seen)
