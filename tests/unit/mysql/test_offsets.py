"""Offsets: Debezium's map and ours."""

from __future__ import annotations

from typing import Any

import pytest

from connect.api.errors import ConnectError
from connectors.mysql.offsets import BinlogOffset, PreparedXa, partition_of

DEBEZIUM = {"transaction_id": None, "ts_sec": 1750000000, "file": "mysql-bin.000003", "pos": 1354, "row": 1, "server_id": 223344,
            "event": 2, "gtids": "036d85a9-64e5-11e6-9b48-42010af0000c:1-2,\n7c1de3f2-3fd2-11e6-9cdc-42010af000bc:1-5"}


def read(offset: dict[str, Any]) -> BinlogOffset:
    found = BinlogOffset.read(offset)
    assert found is not None
    return found


def test_no_offset_is_none() -> None:
    assert BinlogOffset.read(None) is None
    assert BinlogOffset.read({}) is None


def test_a_debezium_offset_is_taken_over_exactly() -> None:
    offset = read(DEBEZIUM)
    assert offset == BinlogOffset("mysql-bin.000003", 1354, 2, 1,
                                  "036d85a9-64e5-11e6-9b48-42010af0000c:1-2,7c1de3f2-3fd2-11e6-9cdc-42010af000bc:1-5",
                                  1750000000, 223344)
    assert not offset.snapshot_running
    assert offset.write() == {k: v for k, v in DEBEZIUM.items() if k not in ("transaction_id", "gtids")} | {"gtids": offset.gtids}


@pytest.mark.parametrize(("stored", "meant"), [(True, "INITIAL"), ("true", "INITIAL"), ("INITIAL", "INITIAL"),
                                               ("BLOCKING", "BLOCKING"), (False, None), ("false", None), ("", None),
                                               (None, None)])
def test_every_form_of_snapshot_is_understood(stored: object, meant: str | None) -> None:
    offset = read({"file": "b.1", "pos": 4, "snapshot": stored})
    assert (offset.snapshot, offset.snapshot_running) == (meant, meant is not None)


def test_zero_counts_and_unknowns_are_left_out() -> None:
    assert BinlogOffset("b.1", 4).write() == {"file": "b.1", "pos": 4}
    assert BinlogOffset("b.1", 4, gtids="", server_id=0).write() == {"file": "b.1", "pos": 4, "gtids": ""}


def test_everything_survives_a_round_trip() -> None:
    offset = BinlogOffset("b.000009", 5_000_000_000, 7, 3, "0-1-100,1-2-5", 1, 9, "INITIAL", "tx", {"db.t": 4}, "uuid",
                          (PreparedXa("X'61',X'',1", "b.000008", 99, "0-1-3"), PreparedXa("X'62',X'',1", "b.000009", 4)))
    assert read(offset.write()) == offset


@pytest.mark.parametrize(("key", "value"), [
    ("pos", "4"), ("pos", -1), ("event", 1.5), ("row", True), ("file", 3), ("gtids", 1), ("snapshot", 1), ("server_id", "1"),
    ("ts_sec", []), ("transaction_id", 3), ("transaction_data_collection_order_a.b", "x"), ("headgate_xa", "{"),
    ("headgate_xa", "[1]"), ("headgate_xa", 3),
    ("headgate_xa", '[{"xid":"a","file":"b","pos":-1}]'), ("headgate_xa", '[{"xid":"a","file":"b","pos":1,"gtid":2}]')])
def test_a_wrong_value_is_refused_with_its_key(key: str, value: object) -> None:
    with pytest.raises(ConnectError, match=key):
        BinlogOffset.read({"file": "b.1", "pos": 4, key: value})


def test_a_copy_changes_only_what_is_named() -> None:
    assert BinlogOffset("b.1", 4, 1).but(event=2) == BinlogOffset("b.1", 4, 2)


def test_the_partition_is_debeziums() -> None:
    assert partition_of("p") == {"server": "p"}
