"""What real servers tell of themselves, and what a start decides by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from connect.api.errors import ConnectError
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.opening import SnapshotKind, decide
from connectors.mysql.requirements import Wish, check, problems
from connectors.mysql.server import inspect, log_status
from connectors.mysql.stream import BinlogStream, replica_uuid
from connectors.mysql.structure import Flavor
from tests.integration.mysql.io.conftest import Lab

pytestmark = pytest.mark.integration


def wish(lab: Lab) -> Wish:
    return Wish(Flavor(lab.flavor), lab.server_id, replica_uuid(lab.database, "p"), lab.database)


def test_a_server_as_it_should_be(lab: Lab) -> None:
    facts = inspect(lab.sql)
    assert problems(facts, wish(lab)) == []
    assert facts.flavor == lab.flavor
    assert facts.server_id == int(lab.sql.value("SELECT @@server_id") or 0)
    assert facts.uuid == lab.sql.value("SELECT @@server_uid" if lab.flavor == "mariadb" else "SELECT @@server_uuid")
    assert (facts.log_bin, facts.binlog_format, facts.row_image, facts.row_metadata) == (True, "ROW", "FULL", "FULL")
    assert facts.gtids_on
    assert facts.full_metadata
    assert facts.files
    assert facts.status is not None
    assert facts.files[-1].name >= facts.status.position.file
    assert facts.rights
    assert facts.may("REPLICATION SLAVE")
    assert facts.purged is not None
    assert facts.charset == "utf8mb4"


def test_the_position_moves_with_what_is_written(lab: Lab) -> None:
    before = log_status(lab.sql)
    lab.sql.execute("CREATE TABLE t (a INT)")
    after = log_status(lab.sql)
    assert before is not None
    assert after is not None
    assert (after.position.file, after.position.pos) > (before.position.file, before.position.pos)
    assert before.gtids
    assert after.gtids != before.gtids


def test_long_gtid_sets_are_read_in_full(lab_of: Callable[[str], Lab]) -> None:
    lab = lab_of("mysql")
    assert inspect(lab.sql).executed == "".join((lab.sql.value("SELECT @@GLOBAL.gtid_executed") or "").split())


def test_a_user_without_rights_is_told_all_that_is_missing(lab: Lab) -> None:
    user = lab.user("x", f"SELECT ON {lab.database}.*")
    facts = inspect(lab.open(lab.address(user=user, password="x")))
    with pytest.raises(ConnectError, match=r"GRANT (REPLICATION CLIENT|BINLOG MONITOR) ON .*GRANT REPLICATION SLAVE ON"):
        check(facts, wish(lab))


def test_a_user_with_just_the_rights(lab: Lab) -> None:
    user = lab.user("x", "REPLICATION SLAVE, REPLICATION CLIENT ON *.*")
    facts = inspect(lab.open(lab.address(user=user, password="x")))
    assert problems(facts, wish(lab)) == []
    assert facts.status is not None


def test_rights_of_a_role_count(lab: Lab) -> None:
    user = lab.user("x")
    role = f"{lab.database}_role"
    lab.sql.execute(f"CREATE ROLE {role}")
    try:
        lab.sql.execute(f"GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO {role}")
        lab.sql.execute(f"GRANT {role} TO '{user}'")
        lab.sql.execute(f"SET DEFAULT ROLE {role} {'FOR' if lab.flavor == 'mariadb' else 'TO'} '{user}'")
        facts = inspect(lab.open(lab.address(user=user, password="x")))
        assert problems(facts, wish(lab)) == []
        assert facts.rights is not None
        assert "REPLICATION SLAVE" in facts.rights
    finally:
        lab.sql.execute(f"DROP ROLE {role}")


def test_an_id_that_somebody_uses_is_refused_before_anything_is_thrown_out(lab: Lab) -> None:
    status = log_status(lab.sql)
    assert status is not None
    stream = BinlogStream.start(lab.open(), lab.server_id, status.position, replica=replica_uuid("theirs", "p"), host="theirs")
    with pytest.raises(ConnectError, match=f"server.id={lab.server_id} is in use: replica theirs"):
        check(inspect(lab.sql), wish(lab))
    mine = replace(wish(lab), replica=replica_uuid("theirs", "p"), host="theirs")
    assert problems(inspect(lab.sql), mine) == []
    stream.close(lab.sql)


def test_a_stored_position_of_this_server_is_gone_on_from(lab: Lab) -> None:
    status = log_status(lab.sql)
    facts = inspect(lab.sql)
    assert status is not None
    offset = BinlogOffset(status.position.file, status.position.pos, gtids=status.gtids, server_uuid=facts.uuid)
    for stored in (offset, offset.but(gtids=None)):
        plan = decide("initial", stored, facts)
        assert plan.snapshot is SnapshotKind.NONE
        assert plan.start is not None
        BinlogStream.start(lab.open(), lab.server_id, plan.start).close(lab.sql)
    with pytest.raises(ConnectError, match=r"newest log file|ends at"):
        decide("initial", BinlogOffset(facts.files[-1].name if facts.files else "", 2**40, server_uuid=facts.uuid), facts)
