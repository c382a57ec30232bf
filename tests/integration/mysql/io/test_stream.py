"""The binary log as real servers send it."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable

import pytest

import connectors.mysql.stream as module
from connect.api.errors import ConnectError
from connectors.mysql.address import Tls
from connectors.mysql.failures import ConnectionLost, DatabaseError, DumpFault, DumpRefused
from connectors.mysql.gtid import MariaDbGtidSet, MySqlGtidSet
from connectors.mysql.server import log_status
from connectors.mysql.stream import BinlogStream, FilePosition, end_dump, replica_uuid
from tests.integration.mysql.io.conftest import Lab
from tests.proxy import Proxy
from tests.waiting import until

pytestmark = pytest.mark.integration

HEARTBEATS = {27, 41}
DESCRIPTIONS = {4, 15, 35, 163, 161}
"""What describes a file: rotate, format description, previous GTIDs, GTID list, checkpoint."""


class Reader:
    """A stream, and what it gave."""

    def __init__(self, stream: BinlogStream) -> None:
        self.stream = stream
        self.events: list[bytes] = []

    def until(self, text: bytes, seconds: float = 20) -> list[bytes]:
        """Read until an event has this text; the events up to it."""
        deadline = time.monotonic() + seconds
        while not any(text in e for e in self.events):
            assert time.monotonic() < deadline, f"waited {seconds} s for {text!r}"
            self.events += self.stream.read(0.5)
        return self.events

    def wait_for_error(self, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.events += self.stream.read(0.5)


@pytest.fixture
def dump(lab: Lab) -> Callable[..., Reader]:
    def start(position: FilePosition | MySqlGtidSet | MariaDbGtidSet | None = None, **options: object) -> Reader:
        through = {"host": "127.0.0.1", "port": options.pop("port")} if "port" in options else {}
        session = lab.open(lab.address(**through))
        given = {"server_id": lab.server_id, "heartbeat": 0.3, "replica": replica_uuid(lab.database, "p")}
        return Reader(BinlogStream.start(session, position=position or here(lab), **(given | options)))  # type: ignore[arg-type]

    return start


def here(lab: Lab) -> FilePosition:
    status = log_status(lab.sql)
    assert status is not None
    return status.position


def gtids(lab: Lab) -> MySqlGtidSet | MariaDbGtidSet:
    status = log_status(lab.sql)
    assert status is not None
    return (MariaDbGtidSet if lab.flavor == "mariadb" else MySqlGtidSet).parse(status.gtids or "")


def fill(lab: Lab, *texts: str) -> None:
    lab.sql.execute("CREATE TABLE IF NOT EXISTS t (a INT PRIMARY KEY AUTO_INCREMENT, b LONGTEXT)")
    for text in texts:
        lab.sql.execute("INSERT INTO t (b) VALUES (%s)", (text,))


def kinds(events: list[bytes]) -> list[int]:
    return [e[4] for e in events]


@pytest.mark.parametrize("by", ["file", "gtid"])
def test_everything_after_the_position_comes_once_and_whole(lab: Lab, dump: Callable[..., Reader], by: str) -> None:
    fill(lab, "before")
    start = here(lab)
    reader = dump(start if by == "file" else gtids(lab))
    fill(lab, "first", "last")
    events = reader.until(b"last")
    assert not any(b"before" in e for e in events)
    assert sum(b"first" in e for e in events) == 1
    for event in events:
        assert struct.unpack_from("<I", event, 9)[0] == len(event)
    logged = [e for e in events if e[4] not in DESCRIPTIONS | HEARTBEATS]
    ends = [struct.unpack_from("<I", e, 13)[0] for e in logged]
    starts = [end - len(e) for end, e in zip(ends, logged, strict=True)]
    if lab.flavor == "mysql":  # MariaDB leaves the statements' texts out when they are not asked for
        assert starts[1:] == ends[:-1]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
    if by == "file":
        assert starts[0] == start.pos


def test_over_tls(lab_of: Callable[[str], Lab]) -> None:
    lab = lab_of("mysql")
    session = lab.open(lab.address(tls=Tls("required")))
    reader = Reader(BinlogStream.start(session, lab.server_id, here(lab)))
    fill(lab, *["x" * 100_000 for _ in range(30)], "last")
    assert sum(len(e) > 100_000 for e in reader.until(b"last")) == 30


def test_an_event_of_many_megabytes_is_one(lab: Lab, dump: Callable[..., Reader]) -> None:
    fill(lab)
    reader = dump()
    for size in (2**24 - 200, 2**24 + 10):
        lab.sql.execute("INSERT INTO t (b) VALUES (CONCAT(REPEAT('z', %s), 'mark%s'))", (size, size))
        reader.until(f"mark{size}".encode())
        assert reader.events[-1][4] in (16, 23, 30) or len(reader.events[-1]) > size
        assert any(len(e) > size and struct.unpack_from("<I", e, 9)[0] == len(e) for e in reader.events)
        reader.events.clear()


def test_a_gulp_has_bounds(lab: Lab, dump: Callable[..., Reader]) -> None:
    start = here(lab)
    fill(lab, *["x" * 1000 for _ in range(100)], "last")
    stream = dump(start, gulp_events=20, gulp_bytes=8000).stream
    sizes: list[tuple[int, int]] = []
    gulp: list[bytes] = []
    while not any(b"last" in e for e in gulp):
        gulp = stream.read(5)
        sizes.append((len(gulp), sum(map(len, gulp))))
    assert max(n for n, _ in sizes) <= 20
    assert max(b for _, b in sizes) <= 8000 + 2000


def test_a_server_with_nothing_to_say_sends_heartbeats(lab: Lab, dump: Callable[..., Reader]) -> None:
    reader = dump(heartbeat=0.2)
    until(lambda: sum(k in HEARTBEATS for k in kinds(collect(reader))) >= 3, 20, "heartbeats")
    start = here(lab)
    beat = [e for e in reader.events if e[4] in HEARTBEATS][-1]
    assert start.file.encode() in beat


def collect(reader: Reader) -> list[bytes]:
    reader.events += reader.stream.read(0.5)
    return reader.events


def test_it_is_seen_among_the_servers_replicas(lab_of: Callable[[str], Lab]) -> None:
    lab = lab_of("mysql")
    uuid = replica_uuid(lab.database, "p")
    BinlogStream.start(lab.open(), lab.server_id, here(lab), replica=uuid, host="headgate-orders")
    (mine,) = [r for r in lab.sql.records("SHOW REPLICAS") if r["server_id"] == str(lab.server_id)]
    assert (mine["host"], mine["replica_uuid"]) == ("headgate-orders", uuid)


def test_the_older_of_two_with_one_id_is_told_so(lab: Lab, dump: Callable[..., Reader]) -> None:
    first = dump()
    second = dump()
    with pytest.raises(DumpRefused, match=str(lab.server_id)) as caught:
        first.wait_for_error()
    assert caught.value.fault is DumpFault.DUPLICATE_SERVER_ID
    fill(lab, "last")
    second.until(b"last")


def test_two_connectors_with_one_id_do_not_throw_each_other_out_of_mysql(lab_of: Callable[[str], Lab]) -> None:
    lab = lab_of("mysql")
    readers = [Reader(BinlogStream.start(lab.open(), lab.server_id, here(lab), replica=replica_uuid(name, "p"))) for name in "ab"]
    fill(lab, "last")
    for reader in readers:
        reader.until(b"last")


def test_a_dump_that_is_killed_is_tried_again(lab: Lab, dump: Callable[..., Reader]) -> None:
    reader = dump()
    assert end_dump(lab.sql, reader.stream.thread_id)
    with pytest.raises(ConnectionLost):
        reader.wait_for_error()


def test_closing_leaves_nothing_on_the_server(lab: Lab, dump: Callable[..., Reader]) -> None:
    stream = dump(heartbeat=60).stream
    assert str(stream.thread_id) in lab.threads()
    stream.close(lab.sql)
    until(lambda: str(stream.thread_id) not in lab.threads(), 10, "the end of the dump")
    other = lab.open()
    assert not end_dump(lab.sql, other.thread_id)
    assert other.value("SELECT 1") == "1"
    assert not end_dump(lab.sql, 2**31)


def test_a_server_that_freezes_is_given_up(lab: Lab, dump: Callable[..., Reader]) -> None:
    with Proxy(lab.server.host, lab.server.port) as proxy:
        reader = dump(port=proxy.port, heartbeat=0.2, silence_limit=1.0)
        reader.until(here(lab).file.encode())
        proxy.freeze()
        with pytest.raises(ConnectionLost, match="nothing came from the server for 1 s"):
            reader.wait_for_error()


def test_a_connection_that_is_cut(lab: Lab, dump: Callable[..., Reader]) -> None:
    with Proxy(lab.server.host, lab.server.port) as proxy:
        reader = dump(port=proxy.port)
        proxy.cut()
        with pytest.raises(ConnectionLost, match=r"the connection broke|closed the connection"):
            reader.wait_for_error()


def test_a_dump_left_behind_by_a_lost_connection_is_no_rival(lab: Lab, dump: Callable[..., Reader]) -> None:
    with Proxy(lab.server.host, lab.server.port) as proxy:
        left = dump(port=proxy.port, heartbeat=60)
        proxy.cut_silently()
        again = dump()
        fill(lab, "last")
        again.until(b"last")
        until(lambda: str(left.stream.thread_id) not in lab.threads(), 10, "the end of the dump that was left behind")
        with pytest.raises(AssertionError, match="never"):
            again.until(b"never", 1)


# Refusals.

def test_a_file_that_is_not_there(dump: Callable[..., Reader]) -> None:
    with pytest.raises(DumpRefused, match="when_needed") as caught:
        dump(FilePosition("nowhere.000001", 4))
    assert caught.value.fault is DumpFault.PURGED


def test_a_position_past_the_end(lab: Lab, dump: Callable[..., Reader]) -> None:
    with pytest.raises(DumpRefused, match="past the end") as caught:
        dump(FilePosition(here(lab).file, 2**31))
    assert caught.value.fault is DumpFault.PURGED


def test_a_position_inside_an_event(lab: Lab, dump: Callable[..., Reader]) -> None:
    start = here(lab)
    fill(lab, "x" * 1000)
    with pytest.raises(DumpRefused) as caught:
        dump(FilePosition(start.file, start.pos + 5)).wait_for_error()
    assert caught.value.fault in (DumpFault.CORRUPTED, DumpFault.TOO_LARGE)


def test_gtids_that_the_server_does_not_have(lab: Lab, dump: Callable[..., Reader]) -> None:
    more = gtids(lab)
    if isinstance(more, MySqlGtidSet):
        more.add(f"{lab.sql.value('SELECT @@server_uuid')}:999999999")
    else:
        more.add(f"0-{lab.sql.value('SELECT @@server_id')}-999999999")
    with pytest.raises(DumpRefused) as caught:
        dump(more).wait_for_error()
    assert caught.value.fault is DumpFault.UNKNOWN_GTID


def test_gtids_of_the_other_family(lab: Lab, dump: Callable[..., Reader]) -> None:
    mysql, mariadb = MySqlGtidSet.parse("aaaaaaaa-0000-11f1-9771-02fc00000001:1"), MariaDbGtidSet.parse("0-1-1")
    wrong = mysql if lab.flavor == "mariadb" else mariadb
    with pytest.raises(ConnectError, match="mean nothing to a"):
        dump(wrong)


def test_a_user_without_the_right(lab: Lab) -> None:
    user = lab.user("x", f"SELECT ON {lab.database}.*")
    with pytest.raises(DatabaseError, match="GRANT REPLICATION SLAVE"):
        BinlogStream.start(lab.open(lab.address(user=user, password="x")), lab.server_id, here(lab))


def test_a_position_that_does_not_fit_is_reached_from_the_start_of_the_file(
    lab: Lab, dump: Callable[..., Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.sql.execute("FLUSH BINARY LOGS")
    fill(lab, "before")
    start = here(lab)
    fill(lab, "first", "last")
    straight = dump(start).until(b"last")
    monkeypatch.setattr(module, "FARTHEST", 100)
    around = dump(start).until(b"last")
    logged = [[e for e in events if e[4] not in DESCRIPTIONS | HEARTBEATS] for events in (straight, around)]
    assert logged[0] == logged[1]
    with pytest.raises(ConnectError, match="inside an event"):
        dump(FilePosition(start.file, start.pos + 1)).wait_for_error()


def test_statements_are_told_when_they_are_asked_for(lab: Lab, dump: Callable[..., Reader]) -> None:
    fill(lab)
    setting = "binlog_annotate_row_events" if lab.flavor == "mariadb" else "binlog_rows_query_log_events"
    lab.sql.execute(f"SET SESSION {setting} = 1")
    start = here(lab)
    fill(lab, "told")
    for statements in (False, True):
        events = dump(start, statements=statements).until(b"told")
        texts = [e for e in events if e[4] in (29, 160)]
        assert bool(texts) == (statements or lab.flavor == "mysql")
        assert not texts or b"INSERT INTO t (b) VALUES ('told')" in texts[0]
