"""Servers of their own, whose logs are purged and which are stopped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connect.api.errors import ConnectError
from connectors.mysql.failures import ConnectionLost, DumpFault, DumpRefused
from connectors.mysql.gtid import MariaDbGtidSet, MySqlGtidSet
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.opening import SnapshotKind, decide
from connectors.mysql.server import inspect, log_status
from connectors.mysql.stream import BinlogStream, FilePosition
from devstack.stack import Stack
from tests.conftest import MySqlServer
from tests.integration.mysql.io.conftest import Lab
from tests.waiting import until

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(["mysql", "mariadb"]) as made:
        yield made


@pytest.fixture(params=["mysql", "mariadb"])
def own(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Lab]:
    url = stack.exports()["HEADGATE_MARIADB_URL" if request.param == "mariadb" else "HEADGATE_MYSQL_URL"]
    lab = Lab(request.param, MySqlServer.of(url))
    yield lab
    lab.close()


def now(lab: Lab) -> BinlogOffset:
    status = log_status(lab.sql)
    assert status is not None
    return BinlogOffset(status.position.file, status.position.pos, gtids=status.gtids, server_uuid=inspect(lab.sql).uuid)


def purge(lab: Lab) -> bool:
    """MariaDB keeps a file until the checkpoint behind it is written."""
    lab.sql.execute("PURGE BINARY LOGS TO %s", (now(lab).file,))
    return len(inspect(lab.sql).files or ()) == 1


def test_purged(own: Lab) -> None:
    own.sql.execute("CREATE TABLE t (a INT)")
    behind = now(own)
    own.sql.execute("INSERT INTO t VALUES (1)")
    level = now(own)
    own.sql.execute("FLUSH BINARY LOGS")
    until(lambda: purge(own), 20, "the purge")
    own.sql.execute("INSERT INTO t VALUES (2)")
    facts = inspect(own.sql)
    family = MariaDbGtidSet if own.flavor == "mariadb" else MySqlGtidSet
    # What is missing is told by the offset and the facts, and by the server when it is asked all the same.
    for offset, start in ((behind, family.parse(behind.gtids or "")),
                          (behind.but(gtids=None), FilePosition(behind.file, behind.pos))):
        with pytest.raises(ConnectError, match=r"purged|oldest log file|any more.*snapshot\.mode=when_needed"):
            decide("initial", offset, facts)
        assert decide("when_needed", offset, facts).snapshot is SnapshotKind.ROWS
        with pytest.raises(DumpRefused) as caught:
            stream = BinlogStream.start(own.open(), own.server_id, start)  # type: ignore[arg-type]
            until(lambda stream=stream: not stream.read(1), 20)
        assert caught.value.fault is DumpFault.PURGED
    # With GTIDs everything is there that was not read yet, though the file is gone.
    plan = decide("initial", level, facts)
    assert plan.snapshot is SnapshotKind.NONE
    assert plan.start is not None
    stream = BinlogStream.start(own.open(), own.server_id, plan.start)
    seen: list[bytes] = []
    until(lambda: seen.extend(stream.read(1)) or any(e[4] in (23, 30) for e in seen), 20, "the row")
    stream.close(own.sql)


def test_a_server_that_stops_is_tried_again_and_found_again(own: Lab, stack: Stack) -> None:
    own.sql.execute("CREATE TABLE u (a INT)")
    offset = now(own)
    stream = BinlogStream.start(own.open(), own.server_id, FilePosition(offset.file, offset.pos))
    server = stack.servers[own.flavor]
    server.stop()
    with pytest.raises(ConnectionLost):
        while True:
            stream.read(1)
    with pytest.raises(ConnectionLost, match=r"database\.hostname"):
        own.open()
    server.start()
    own.sql = own.open()
    own.sql.execute(f"USE {own.database}")
    plan = decide("initial", offset, inspect(own.sql))
    assert plan.start is not None
    own.sql.execute("INSERT INTO u VALUES (5)")
    again = BinlogStream.start(own.open(), own.server_id, plan.start)
    seen: list[bytes] = []
    until(lambda: seen.extend(again.read(1)) or any(e[4] in (23, 30) for e in seen), 20, "the row")
