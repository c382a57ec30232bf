"""The rows of a snapshot: statements, gulps, markers, offsets."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from connect.api.errors import RetriableError
from connectors.changes import Facts
from connectors.mysql.catalog import TableInfo
from connectors.mysql.config import MySqlConfig
from connectors.mysql.failures import DatabaseError
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.server import LogStatus
from connectors.mysql.snapshot import SnapshotOptions, SnapshotReader, in_order_of_rows
from connectors.mysql.snapshotstart import SnapshotStart, Structure
from connectors.mysql.source import BinlogSource
from connectors.mysql.stream import FilePosition
from connectors.mysql.structure import ColumnDef, TableDef, TableId
from connectors.mysql.tablereader import Reading, read_rows, statement_for
from connectors.mysql.tables import TableBuilder
from connectors.mysql.types import Charsets
from connectors.selection import Patterns
from tests.unit.mysql.asking import Fake, FakeRows, session

LOG = logging.getLogger("tests.snapshot")


def test_the_order_of_rows_keeps_the_order_of_equals() -> None:
    tables = [TableDef(TableId("d", name), ()) for name in "abcd"]
    counts = {TableId("d", "a"): 5, TableId("d", "b"): 9, TableId("d", "d"): 5}
    assert [t.id.name for t in in_order_of_rows(tables, counts, "ascending")] == ["c", "a", "d", "b"]
    assert [t.id.name for t in in_order_of_rows(tables, counts, "descending")] == ["b", "a", "d", "c"]


# Statements.

READING = Reading(TableId("d", "t"), ("a", "b"), ("`a`", "`b`"))


def test_the_wanted_columns_are_selected_by_name() -> None:
    assert statement_for(session(Fake()), READING) == "SELECT `a`, `b` FROM `d`.`t`"


@pytest.mark.parametrize(
    ("columns", "expressions", "statement"),
    [
        (("A", "b"), ("`a`", "`b`"), "SELECT x -- all"),
        (("b", "a"), ("`a`", "`b`"), "SELECT `a`, `b` FROM (SELECT x -- all\n) AS t"),
        (("a", "b", "c"), ("`a`", "`b`"), "SELECT `a`, `b` FROM (SELECT x -- all\n) AS t"),
        (("a", "b"), ("`a`", "`b` * 1e0"), "SELECT `a`, `b` * 1e0 FROM (SELECT x -- all\n) AS t"),
    ],
)
def test_a_users_statement_is_kept_when_its_columns_are_the_wanted_ones(
    columns: tuple[str, ...], expressions: tuple[str, ...], statement: str
) -> None:
    fake = Fake().on("SELECT * FROM (SELECT x -- all\n) AS t LIMIT 0", FakeRows([], columns))
    assert statement_for(session(fake), Reading(TableId("d", "t"), ("a", "b"), expressions, "SELECT x -- all ;\n")) == statement


@pytest.mark.parametrize("number", [1054, 1146, 1412])
def test_a_table_that_changed_begins_the_snapshot_anew(number: int) -> None:
    fake = Fake().on("SELECT", DatabaseError("x", number))
    with pytest.raises(RetriableError, match=r"d\.t"):
        list(read_rows(session(fake), READING, 10, 10))


def test_an_error_of_a_users_statement_is_the_users() -> None:
    fake = Fake().on("SELECT * FROM (", FakeRows([], ("a", "b"))).on("SELECT", DatabaseError("x", 1146))
    with pytest.raises(DatabaseError):
        list(read_rows(session(fake), Reading(TableId("d", "t"), ("a", "b"), ("`a`", "`b`"), "SELECT y"), 10, 10))


# The rows.


def row(number: int) -> bytes:
    text = str(number).encode()
    return bytes([len(text)]) + text


def snapshot_of(tables: dict[str, list[list[int] | None]], announce: Any = None, **options: Any) -> tuple[SnapshotReader, Fake]:
    fake = Fake()
    structures = []
    for name, gulps in tables.items():
        definition = TableDef(TableId("d", name), (ColumnDef("id", "int", "INT", nullable=False),), ("id",))
        structures.append(Structure(TableInfo(definition.id, "InnoDB"), f"CREATE TABLE `{name}` (id INT)", definition))
        fake.on(f"SELECT `id` FROM `d`.`{name}`", FakeRows([None if gulp is None else [row(n) for n in gulp] for gulp in gulps]))
    start = SnapshotStart(
        LogStatus(FilePosition("b.1", 100), "u:1-5"),
        tuple(structures),
        (),
        (),
        "utf8mb4",
        "utf8mb4_bin",
        session(fake),
        None,
        (session(fake),),
    )
    config = MySqlConfig.from_props(
        {"topic.prefix": "p", "database.hostname": "h", "database.user": "u", "database.server.id": "1"}
    )
    facts = Facts("0", "mysql", "p", {"server": "p"})
    clock = iter(range(10**18, 2 * 10**18)).__next__
    reader = SnapshotReader(
        start,
        TableBuilder(config, Charsets()).snapshot_table,
        facts,
        BinlogSource(facts),
        BinlogOffset(server_uuid="me"),
        SnapshotOptions(**options),
        LOG,
        announce,
        clock,
    )
    return reader, fake


def told(reader: SnapshotReader) -> Iterator[tuple[str, int, str, str | None]]:
    for batch in reader:
        for record in [] if batch is None else batch.records():
            value: Any = record.value
            yield (
                value["source"]["table"],
                value["after"]["id"],
                value["source"]["snapshot"],
                record.source_offset.get("snapshot"),
            )


def test_the_first_and_last_rows_are_marked_across_gulps_and_tables() -> None:
    reader, _ = snapshot_of({"a": [[1], None, [2, 3]], "b": [[4]], "c": [], "e": [[5], [6]], "f": []})
    assert list(told(reader)) == [
        ("a", 1, "first", "INITIAL"),
        ("a", 2, "true", "INITIAL"),
        ("a", 3, "last_in_data_collection", "INITIAL"),
        ("b", 4, "last_in_data_collection", "INITIAL"),
        ("e", 5, "first_in_data_collection", "INITIAL"),
        ("e", 6, "last", None),
    ]
    assert reader.rows == 6


@pytest.mark.parametrize(
    ("tables", "markers"),
    [
        ({"a": [[1]]}, ["last"]),
        ({"a": [[1]], "b": [[2]]}, ["first", "last"]),
        ({"a": [], "b": [[1], [2]]}, ["first_in_data_collection", "last"]),
        ({"a": [], "b": []}, []),
    ],
)
def test_markers_of_small_snapshots(tables: dict[str, list[list[int] | None]], markers: list[str]) -> None:
    reader, _ = snapshot_of(tables)
    assert [marker for _, _, marker, _ in told(reader)] == markers
    assert not reader.offset.snapshot_running


def test_offsets_have_the_snapshots_place_and_only_the_last_is_complete() -> None:
    reader, fake = snapshot_of({"a": [[1, 2], [3]]})
    offsets = []
    for batch in reader:
        assert batch is not None
        (offset,) = [o for _, o in batch.offsets()]
        assert reader.offset.write() == offset
        offsets.append(offset)
    common = {"file": "b.1", "pos": 100, "gtids": "u:1-5", "ts_sec": 10**9, "headgate_server_uuid": "me"}
    assert offsets == [{**common, "snapshot": "INITIAL"}, {**common, "snapshot": "INITIAL"}, common]
    assert fake.asked[-1] == "COMMIT" and fake.closed


def test_structures_are_announced_before_the_rows() -> None:
    seen: list[Any] = []

    def announce(change: Any, where: Any, offset: BinlogOffset) -> list[Any]:
        seen.append((change.kind, str(where.table), offset.snapshot))
        return []

    reader, _ = snapshot_of({"a": [[1]]}, announce)
    assert [marker for _, _, marker, _ in told(reader)] == ["last"]
    assert seen == [
        ("DATABASE", ".", "INITIAL"),
        ("DROP", "d.a", "INITIAL"),
        *[("DATABASE", "d.", "INITIAL")] * 3,
        ("CREATE", "d.a", "INITIAL"),
    ]


def test_only_some_tables_are_read() -> None:
    reader, _ = snapshot_of({"a": [[1]], "b": [[2]]}, include=Patterns.parse("d.b"))
    assert [name for name, *_ in told(reader)] == ["b"]
