"""A snapshot's lines → records."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.facts import SnapshotMarks
from connectors.postgres.facts import SnapshotPosition
from connectors.postgres.lsn import LSN
from connectors.postgres.tables import TableBuilder
from tests.unit.postgres.people import PEOPLE, REL, catalog, in_tx, row
from tests.unit.postgres.wire import (
    begin,
    both_ways,
    commit,
    decoder,
    insert,
    table,
)

AT = SnapshotPosition(LSN(77), 5, 1_600_000_000_000_000)


def test_copy_lines_are_read_events_with_markers_and_a_final_offset() -> None:
    d = decoder(catalog())
    t = d.table_for_snapshot(PEOPLE)
    assert t is not None
    assert t.columns == ("id", "name", "note")
    batch = d.snapshot_batch(t, [b"1\ta\\tb\t\\N\n", b"2\t\tx\n", b"3\tc\t\\\\N\n"], AT,
        SnapshotMarks(first=True, last=True, last_of_table=True))
    records = list(batch.records())
    assert [(r.value["op"], r.value["source"]["snapshot"]) for r in records] == [("r", "first"), ("r", "true"), ("r", "last")]
    assert [r.value["after"] for r in records] == [row(1, "a\tb", None), row(2, "", "x"), row(3, "c", "\\N")]
    assert [r.source_offset["snapshot_completed"] for r in records] == [False, False, True]
    native, generic = both_ways(batch)
    assert native == generic
    ((_, offset),) = batch.offsets()
    assert (offset["snapshot"], offset["snapshot_completed"], offset["last_snapshot_record"], offset["lsn"]) == ("INITIAL",
        True, True, 77)


@pytest.mark.parametrize(("marks", "marker"), [
    (SnapshotMarks(True, True, True, True), "last"), (SnapshotMarks(True, True, True, False), "first"),
    (SnapshotMarks(False, True, True, False), "last_in_data_collection"),
    (SnapshotMarks(False, True, False, False), "first_in_data_collection"),
    (SnapshotMarks(), "true")])
def test_the_stronger_marker_wins_on_a_single_row(marks: SnapshotMarks, marker: str) -> None:
    d = decoder(catalog())
    t = d.table_for_snapshot(PEOPLE)
    assert t is not None
    (r,) = d.snapshot_batch(t, [b"1\ta\t\\N\n"], AT, marks).records()
    assert r.value["source"]["snapshot"] == marker


def test_the_stream_after_a_snapshot_starts_at_its_position_and_drops_the_snapshot_keys() -> None:
    d = decoder(catalog())
    d.snapshot_done(AT)
    batch = d.feed([begin(70), REL, insert(1, 1, "in the snapshot", None), commit(70, 77), begin(77), insert(1, 2, "b", None),
        commit(77, 90)])
    assert [r.key["id"] for r in batch.records()] == [2]
    assert "snapshot" not in d.offset.write()


def test_the_snapshot_reads_excluded_key_columns_and_leaves_out_generated_ones() -> None:
    t = table(1, "people", [("id", "int4", True), ("name", "text", False), ("secret", "text", False)])
    d = decoder(catalog(), None, {"column.include.list": "public.people.name"})
    made = d.table_for_snapshot(t)
    assert made is not None
    assert made.columns == ("id", "name")


def test_a_table_that_is_not_captured_is_not_read() -> None:
    assert decoder(catalog(), None, {"table.exclude.list": "public.people"}).table_for_snapshot(PEOPLE) is None


def test_a_batch_says_where_a_record_came_from() -> None:
    batch = decoder(catalog()).feed(in_tx(insert(1, 5, "sesame", None, lsn=0x1F)))
    said = batch.describe(0)
    assert "public.people" in said and "0/1F" in said and "id" in said and "sesame" not in said


@pytest.mark.parametrize(("props", "builds"), [({}, 1), ({"column.include.list": "public.people.name"}, 2)])
def test_a_table_read_whole_is_built_once(monkeypatch: pytest.MonkeyPatch, props: dict[str, str], builds: int) -> None:
    d = decoder(catalog(), None, props)
    built: list[Any] = []
    build = TableBuilder.build

    def counting(*args: Any, **more: Any) -> Any:
        built.append(args)
        return build(*args, **more)

    monkeypatch.setattr(TableBuilder, "build", counting)
    assert d.table_for_snapshot(PEOPLE) is not None
    assert len(built) == builds
