"""The source block, the offsets of records and what errors say of a place; batches of rows."""

from __future__ import annotations

from typing import Any

import pytest

from connect.api.errors import RecordError
from connectors.changes import Change, Facts, Kind, TableState
from connectors.mysql.source import BinlogSource
from connectors.mysql.structure import ColumnDef, TableId
from connectors.tables import Table
from schemas.core.writer import Writer
from schemas.encode import encoder_of
from schemas.envelope import MARIADB_SOURCE, MYSQL_SOURCE
from tests.batches import assert_avro, both_ways
from tests.unit.mysql import rowbytes, shop
from tests.unit.mysql.rowbytes import ABSENT

WIRES = [(3, 0), (15, 80), (252, 2)]
COLUMNS = [
    ColumnDef("id", "int", nullable=False), ColumnDef("v", "varchar", charset="utf8mb4", nullable=False), ColumnDef("b", "blob")]


def cells(number: int, text: str | None = "x", blob: Any = b"blob") -> list[Any]:
    return [rowbytes.whole(number, 4), None if text is None else text.encode(), blob]


def table(**props: str) -> Table:
    made = shop.builder(**props).stream_table(shop.table(COLUMNS, ("id",)), shop.wires(WIRES))
    assert made is not None
    return made


@pytest.mark.parametrize("changes", [
    {}, {"gtid": None}, {"thread": None}, {"query": "INSERT INTO t VALUES ('é')"}, {"table": TableId("db", "")},
    {"table": TableId("", "")}, {"server_id": 2**32 - 1}, {"pos": 2**40}, {"ts_us": 0}])
@pytest.mark.parametrize("marker", [None, "true", "last"])
def test_the_block_is_written_as_it_is_told(changes: dict[str, Any], marker: str | None) -> None:
    for name, schema in (("mysql", MYSQL_SOURCE), ("mariadb", MARIADB_SOURCE)):
        source = BinlogSource(Facts("1.0", name, "p", {}))
        where = shop.where(**changes)
        writer, expected = Writer(), Writer()
        for row in (0, 1, 2**31 - 1):
            change = Change(TableState(table()), b"", -1, -1, False, where, row, marker=marker)
            source.write(change, writer)
            encoder_of(schema).encode(source.value(change), expected)
        assert writer.take() == expected.take()


def test_the_block_says_what_debezium_says() -> None:
    change = Change(TableState(table()), b"", -1, -1, False, shop.where(), 3)
    assert BinlogSource(shop.FACTS).value(change) == {
        "version": "1.0", "connector": "mysql", "name": "p", "ts_ms": 1_600_000_000_123, "snapshot": None, "db": "db",
        "sequence": None, "ts_us": 1_600_000_000_123_456, "ts_ns": 1_600_000_000_123_456_000, "table": "t", "server_id": 77,
        "gtid": "3e11fa47-71ca-11e1-9e33-c80aa9429562:23", "file": "bin.000003", "pos": 1234, "row": 3, "thread": 9,
        "query": None}


def test_a_cached_block_is_not_used_for_another_event_or_marker() -> None:
    source = BinlogSource(shop.FACTS)
    state = TableState(table())
    one, two = shop.where(), shop.where(pos=99)
    for where, marker in ((one, None), (two, None), (two, "true"), (one, None)):
        change = Change(state, b"", -1, -1, False, where, marker=marker)
        writer, expected = Writer(), Writer()
        source.write(change, writer)
        encoder_of(MYSQL_SOURCE).encode(source.value(change), expected)
        assert writer.take() == expected.take()


@pytest.mark.parametrize(("row", "done", "total", "event", "rows"), [
    (0, False, -1, 2, 0), (0, True, -1, 2, 1), (4, False, 6, 2, 4), (4, True, 6, 2, 5), (5, False, 6, 2, 5), (5, True, 6, 3, 0)])
def test_a_record_s_offset_counts_the_rows_done_of_its_event(row: int, done: bool, total: int, event: int, rows: int) -> None:
    change = Change(TableState(table()), b"", -1, -1, False, shop.where(total=total), row)
    offset = BinlogSource(shop.FACTS).offset_of(change, done)
    assert (offset["file"], offset["pos"], offset.get("event", 0), offset.get("row", 0)) == ("bin.000003", 1000, event, rows)
    assert offset["gtids"].endswith(":1-22")


def block(order: int) -> dict[str, Any]:
    return {"id": "g:1", "total_order": order, "data_collection_order": order}


def entries() -> list[tuple[Kind, Change]]:
    made = table()
    create = shop.stream_change(made, WIRES, cells(1))
    update = shop.stream_change(made, WIRES, cells(1, "y", None), cells(1), row=1)
    delete = shop.stream_change(made, WIRES, None, cells(1, "y"), row=2)
    moved = shop.stream_change(made, WIRES, cells(2), cells(1), row=3, block=block(4), second_block=block(5))
    return [
        (Kind.CREATE, create), (Kind.UPDATE, update), (Kind.DELETE, delete), (Kind.TOMBSTONE, delete), (Kind.MOVED_FROM, moved),
        (Kind.MOVED_TOMBSTONE, moved), (Kind.MOVED_TO, moved)]


def test_rows_become_records_the_same_both_ways() -> None:
    batch = shop.batch(entries())
    native, generic = both_ways(batch)
    assert native == generic
    assert_avro(batch, native)
    records = list(batch.records())
    told = [(r.key["id"], None if r.value is None else r.value["op"]) for r in records]
    assert told == [(1, "c"), (1, "u"), (1, "d"), (1, None), (1, "d"), (1, None), (2, "c")]
    assert records[1].value["before"] == {"id": 1, "v": "x", "b": b"blob"}
    assert records[1].value["after"] == {"id": 1, "v": "y", "b": None}
    assert records[2].value["after"] is None and records[6].value["before"] is None
    assert [h.key for h in records[4].headers][-1] == "__debezium.newkey"
    assert records[6].headers[-1].value == {"id": 1}
    assert [records[i].source_offset.get("row", 0) for i in (0, 1, 4, 5, 6)] == [1, 2, 3, 3, 4]


def test_a_large_value_that_is_not_in_the_log_is_the_placeholder_or_comes_from_the_old_row() -> None:
    made = table()
    neither = shop.stream_change(made, WIRES, cells(1, blob=ABSENT), cells(1, blob=ABSENT))
    old = shop.stream_change(made, WIRES, cells(1, blob=ABSENT), cells(1, blob=b"kept"))
    batch = shop.batch([(Kind.UPDATE, neither), (Kind.UPDATE, old)])
    native, generic = both_ways(batch)
    assert native == generic
    placeholder = b"__debezium_unavailable_value"
    told = [(r.value["before"]["b"], r.value["after"]["b"]) for r in batch.records()]
    assert told == [(placeholder, placeholder), (b"kept", b"kept")]


def test_a_number_that_is_not_in_the_log_is_an_error_that_names_column_and_place() -> None:
    change = shop.stream_change(table(), WIRES, [ABSENT, b"x", None], None)
    batch = shop.batch([(Kind.CREATE, change)])
    for way in (lambda: list(batch.records()), lambda: both_ways(batch)):
        with pytest.raises(RecordError, match=r"column 'id' \(type INT.*of table db\.t .*is not in the log") as failed:
            way()
        assert "event at binlog bin.000003:1234, GTID 3e11fa47" in str(failed.value)


def test_a_null_in_a_not_null_column_makes_the_column_nullable() -> None:
    change = shop.stream_change(table(), WIRES, cells(1, None))
    batch = shop.batch([(Kind.CREATE, change)])
    native, generic = both_ways(batch)
    assert native == generic
    (record,) = batch.records()
    assert record.value["after"]["v"] is None and record.value_schema.field("after").schema.field("v").schema.optional


def test_a_damaged_row_is_an_error_that_says_where_and_not_what() -> None:
    change = shop.stream_change(table(), WIRES, cells(1, "secret"))
    change.frame = change.frame[:-6]
    with pytest.raises(RecordError, match=r"cannot be read: .*at byte") as failed:
        list(shop.batch([(Kind.CREATE, change)]).records())
    assert "secret" not in str(failed.value) and "topic p.db.t, table db.t, key columns id, row 0" in str(failed.value)


def test_a_snapshot_s_rows_say_so_and_have_the_offset_they_are_given() -> None:
    found = shop.builder().snapshot_table(shop.table(COLUMNS, ("id",)))
    assert found is not None
    where = shop.where(server_id=0, thread=None)
    done = shop.BinlogOffset("bin.000003", 1234)
    frame = rowbytes.text_row([b"7", "né".encode(), None])
    change = Change(TableState(found[0]), frame, 0, -1, False, where, marker="last", offset=done)
    batch = shop.batch([(Kind.READ, change)])
    native, generic = both_ways(batch)
    assert native == generic
    (record,) = batch.records()
    assert (record.value["op"], record.value["source"]["snapshot"]) == ("r", "last")
    assert record.value["after"] == {"id": 7, "v": "né", "b": None}
    assert record.source_offset == done.write()
    change.frame += b"\x01a"
    with pytest.raises(RecordError, match="ends at byte") as failed:
        list(batch.records())
    assert "in the snapshot at binlog bin.000003:1234" in str(failed.value)
