"""Debezium's offset keys, read and written; LSNs as the database prints them."""

from __future__ import annotations

from typing import Any

import pytest

from connect.api.errors import ConnectError
from connectors.postgres.lsn import LSN
from connectors.postgres.offsets import PgOffset, partition_of

STREAMING = {"lsn_proc": 24023128, "messageType": "INSERT", "lsn_commit": 24023000, "lsn": 24023128, "txId": 555,
    "ts_usec": 1700000000000000}
SNAPSHOT = {"snapshot": "INITIAL", "snapshot_completed": True, "last_snapshot_record": True, "lsn": 24023128, "txId": 555,
    "ts_usec": 1}


@pytest.mark.parametrize("offset", [
    STREAMING, SNAPSHOT, {**STREAMING, "headgate_tx_lsn": 24023200, "headgate_tx_index": 3, "headgate_system_id": "7",
    "headgate_timeline": 1},
    {**STREAMING, "transaction_id": "555:24023128", "transaction_data_collection_order_public.t": 4}, {"lsn": -1}])
def test_an_offset_is_written_as_it_was_read(offset: dict[str, Any]) -> None:
    read = PgOffset.read(offset)
    assert read is not None and read.write() == offset


def test_nothing_is_read_from_nothing() -> None:
    assert PgOffset.read(None) is None and PgOffset.read({}) is None


def test_the_partition_is_the_server() -> None:
    assert partition_of("p") == {"server": "p"}


@pytest.mark.parametrize(("offset", "lsn"), [
    (STREAMING, 24023000), (SNAPSHOT, 24023128), ({"lsn_proc": 5}, 5), ({"txId": 1}, 0), ({"lsn": 9, "lsn_proc": 5}, 9)])
def test_where_a_restart_goes_on(offset: dict[str, Any], lsn: int) -> None:
    read = PgOffset.read(offset)
    assert read is not None and read.resume_lsn == lsn


@pytest.mark.parametrize(("value", "running"), [
    (True, True), ("INITIAL", True), (False, False), ("", False), (None, False)])
def test_a_snapshot_that_was_not_finished_is_known(value: Any, running: bool) -> None:
    read = PgOffset.read({"snapshot": value, "snapshot_completed": False, "lsn": 1})
    assert read is not None and read.snapshot_running is running


@pytest.mark.parametrize("offset", [{"lsn": "x"}, {"lsn": 1.5}, {"lsn": True}, {"txId": "1"}, {"lsn_commit": 2**70},
    {"snapshot": 5}, {"lsn": "a/zz"}])
def test_a_wrong_offset_names_the_key_and_the_cure(offset: dict[str, Any]) -> None:
    with pytest.raises(ConnectError, match=f"{next(iter(offset))}.*offsets"):
        PgOffset.read(offset)


def test_an_lsn_as_text_is_taken() -> None:
    read = PgOffset.read({"lsn": "0/16E9130"})
    assert read is not None and read.lsn == 0x16E9130


@pytest.mark.parametrize(("text", "number"),
    [("0/0", 0), ("16/B374D848", 0x16B374D848), ("FFFFFFFF/FFFFFFFF", 2**64 - 1), ("0/a", 10)])
def test_an_lsn_is_read_from_the_databases_text(text: str, number: int) -> None:
    assert LSN.parse(text) == number and str(LSN(number)) == text.upper()


@pytest.mark.parametrize("text", ["", "0", "0/", "/1", "0/g", "100000000/0", "0/1/2"])
def test_another_text_is_no_lsn(text: str) -> None:
    with pytest.raises(ValueError, match="not an LSN"):
        LSN.parse(text)


@pytest.mark.parametrize("number", [-1, 2**64])
def test_an_lsn_has_64_bits(number: int) -> None:
    with pytest.raises(ValueError):
        LSN(number)


def test_lsns_order_as_numbers_and_show_themselves() -> None:
    assert LSN(5) < LSN(16) and repr(LSN(16)) == "LSN(0/10)"
