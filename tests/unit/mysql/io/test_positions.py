"""Is the stored position still on the server?"""

from __future__ import annotations

import pytest

from connect.api.errors import ConnectError
from connectors.mysql.offsets import BinlogOffset, PreparedXa
from connectors.mysql.positions import Loss, Lost, Resume, resume
from connectors.mysql.server import ServerFacts
from connectors.mysql.stream import FilePosition
from tests.unit.mysql.io.facts import A, B, C, mariadb, mysql


def gone(offset: BinlogOffset, facts: ServerFacts, **more: object) -> Lost:
    place = resume(offset, facts, **more)  # type: ignore[arg-type]
    assert isinstance(place, Lost)
    return place


def found(offset: BinlogOffset, facts: ServerFacts, **more: object) -> Resume:
    place = resume(offset, facts, **more)  # type: ignore[arg-type]
    assert isinstance(place, Resume)
    return place


# GTIDs.

def test_the_stored_set_is_asked_for() -> None:
    offset = BinlogOffset("binlog.000005", 400, gtids=f"{A}:1-90", event=3, row=2, server_uuid=A)
    place = found(offset, mysql())
    assert str(place.start) == f"{A}:1-90"
    assert place.offset == offset


def test_tags_are_kept() -> None:
    offset = BinlogOffset("f", 4, gtids=f"{A}:1-90:backup:1-3")
    assert str(found(offset, mysql(executed=f"{A}:1-100:backup:1-5")).start) == f"{A}:1-90:backup:1-3"


def test_what_was_read_may_be_purged() -> None:
    assert str(found(BinlogOffset("x", 4, gtids=f"{A}:1-90"), mysql(purged=f"{A}:1-90")).start) == f"{A}:1-90"


def test_what_was_not_read_may_not() -> None:
    lost = gone(BinlogOffset("x", 4, gtids=f"{A}:1-90"), mysql(purged=f"{A}:1-95"))
    assert lost.loss is Loss.PURGED
    assert f"{A}:91-95" in lost.text


def test_a_server_without_the_stored_transactions_is_refused() -> None:
    lost = gone(BinlogOffset("x", 4, gtids=f"{A}:1-101"), mysql())
    assert lost.loss is Loss.AHEAD
    assert f"{A}:101" in lost.text


def test_a_replica_that_has_everything_will_do_and_a_transaction_is_read_as_a_whole_there() -> None:
    offset = BinlogOffset("binlog.000005", 400, gtids=f"{A}:1-90", event=3, row=2, server_uuid=A, transaction_id="x",
                          tx_counts={"t": 1})
    place = found(offset, mysql(uuid=B, executed=f"{A}:1-95,{B}:1-7", files=()))
    assert str(place.start) == f"{A}:1-90"
    assert place.offset == offset.but(event=0, row=0, file="", pos=0, transaction_id=None, tx_counts={})


def test_a_new_primary_whose_own_start_is_purged_is_refused() -> None:
    facts = mysql(uuid=B, executed=f"{A}:1-95,{B}:1-7", purged=f"{B}:1-2")
    lost = gone(BinlogOffset("x", 4, gtids=f"{A}:1-90", server_uuid=A), facts)
    assert lost.loss is Loss.PURGED
    assert f"{B}:1-2" in lost.text


def test_sources_that_do_not_count_are_neither_missed_nor_asked_for() -> None:
    facts = mysql(executed=f"{A}:1-100,{B}:1-50", purged=f"{B}:1-20")
    offset = BinlogOffset("x", 4, gtids=f"{A}:1-90,{B}:1-10:30,{C}:1-5")
    assert gone(offset, facts).loss is Loss.AHEAD
    place = found(offset, facts, counts=lambda source: source == A)
    assert str(place.start) == f"{A}:1-90,{B}:1-20:30"


def test_a_prepared_xa_transaction_is_asked_for_again() -> None:
    xa = PreparedXa("X'01',X'',1", "binlog.000004", 300, f"{A}:70")
    offset = BinlogOffset("binlog.000005", 400, gtids=f"{A}:1-90", xa=(xa,), server_uuid=A)
    assert str(found(offset, mysql()).start) == f"{A}:1-69:71-90"
    lost = gone(offset, mysql(purged=f"{A}:1-75"))
    assert lost.loss is Loss.PURGED
    assert f"{A}:70" in lost.text


@pytest.mark.parametrize("gtids", ["0-1-5", "nonsense", f"{A}:9-3"])
def test_gtids_that_are_none_are_named(gtids: str) -> None:
    with pytest.raises(ConnectError, match="gtids"):
        resume(BinlogOffset("x", 4, gtids=gtids), mysql())


def test_gtid_mode_that_was_switched_off() -> None:
    offset = BinlogOffset("binlog.000004", 400, gtids=f"{A}:1-90", server_uuid=A)
    assert found(offset, mysql(gtid_mode="OFF")).start == FilePosition("binlog.000004", 400)
    lost = gone(offset.but(server_uuid=None), mysql(gtid_mode="OFF_PERMISSIVE"))
    assert lost.loss is Loss.FOREIGN
    assert "OFF_PERMISSIVE" in lost.text


# MariaDB's GTIDs.

def test_mariadbs_position_is_asked_for() -> None:
    place = found(BinlogOffset("x", 4, gtids="0-1-90,5-2-7"), mariadb())
    assert str(place.start) == "0-1-90,5-2-7"


def test_a_domain_that_is_ahead_of_the_server() -> None:
    lost = gone(BinlogOffset("x", 4, gtids="0-1-101"), mariadb())
    assert lost.loss is Loss.AHEAD


def test_failover_to_a_server_with_the_same_domain() -> None:
    assert str(found(BinlogOffset("x", 4, gtids="0-1-90"), mariadb(executed="0-9-100", uuid="other")).start) == "0-1-90"


def test_the_start_of_the_oldest_file_tells_what_is_purged() -> None:
    offset = BinlogOffset("x", 4, gtids="0-1-90")
    assert str(found(offset, mariadb(purged="0-1-90")).start) == "0-1-90"
    assert gone(offset, mariadb(purged="0-1-91")).loss is Loss.PURGED
    assert gone(offset, mariadb(purged="0-1-50,5-2-3")).loss is Loss.PURGED
    place = found(offset, mariadb(purged="0-1-50,5-2-3"), counts=lambda source: source.startswith("0-"))
    assert str(place.start) == "0-1-90,5-2-3"
    assert str(found(offset, mariadb(purged=None)).start) == "0-1-90"


def test_mariadbs_prepared_xa_transaction_is_read_by_its_file() -> None:
    xa = PreparedXa("X'01',X'',1", "binlog.000003", 300, "0-1-70")
    offset = BinlogOffset("binlog.000005", 400, gtids="0-1-90", xa=(xa,), server_uuid="uid=")
    assert found(offset, mariadb()).start == FilePosition("binlog.000003", 300)
    assert gone(offset, mariadb(uuid="other=")).loss is Loss.FOREIGN


# Files.

def test_a_file_that_is_still_there() -> None:
    offset = BinlogOffset("binlog.000004", 400, event=2, server_uuid=A)
    place = found(offset, mysql())
    assert (place.start, place.offset) == (FilePosition("binlog.000004", 400), offset)


@pytest.mark.parametrize(("file", "pos", "loss", "says"), [
    ("binlog.000002", 4, Loss.PURGED, "binlog.000003 to binlog.000005"),
    ("other.000004", 4, Loss.PURGED, "other.000004"),
    ("binlog.000006", 4, Loss.AHEAD, "newest log file is binlog.000005"),
    ("binlog.000005", 1001, Loss.AHEAD, "ends at 1000"),
])
def test_a_position_that_is_not_there(file: str, pos: int, loss: Loss, says: str) -> None:
    lost = gone(BinlogOffset(file, pos), mysql(gtid_mode="OFF"))
    assert lost.loss is loss
    assert says in lost.text
    assert f"{file}:{pos}" in lost.text


def test_the_end_of_the_log_is_there() -> None:
    assert isinstance(resume(BinlogOffset("binlog.000005", 1000), mysql()), Resume)


def test_another_server_means_something_else_by_a_file() -> None:
    lost = gone(BinlogOffset("binlog.000004", 400, server_uuid=B), mysql(gtid_mode="OFF"))
    assert lost.loss is Loss.FOREIGN
    assert A in lost.text
    assert B in lost.text


def test_a_debezium_offset_names_no_server() -> None:
    assert isinstance(resume(BinlogOffset("binlog.000004", 400, server_id=77), mysql()), Resume)


def test_without_gtids_reading_begins_at_the_oldest_prepared_xa_transaction() -> None:
    xa = (PreparedXa("X'01',X'',1", "binlog.000004", 900), PreparedXa("X'02',X'',1", "binlog.000004", 300))
    offset = BinlogOffset("binlog.000005", 400, xa=xa)
    assert found(offset, mysql(gtid_mode="OFF")).start == FilePosition("binlog.000004", 300)
    assert gone(offset.but(xa=(PreparedXa("X'02',X'',1", "binlog.000001", 4),)), mysql()).loss is Loss.PURGED


def test_a_list_that_may_not_be_seen_is_no_loss() -> None:
    assert isinstance(resume(BinlogOffset("binlog.000001", 4), mysql(files=None)), Resume)


def test_an_offset_without_a_place_is_an_error() -> None:
    with pytest.raises(ConnectError, match="neither 'file' and 'pos' nor 'gtids'"):
        resume(BinlogOffset(ts_sec=5), mysql())


def test_the_empty_set_goes_by_its_file() -> None:
    assert found(BinlogOffset("binlog.000003", 4, gtids=""), mysql()).start == FilePosition("binlog.000003", 4)
