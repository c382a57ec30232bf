"""The compiled core: rows, COPY lines, frames; hostile lengths raise and say where."""

from __future__ import annotations

import struct

import pytest

from connectors.core.numbers import days_from_civil
from connectors.core.plan import CALL, CellError, NullError
from connectors.core.spans import NULL, SENT, UNCHANGED
from connectors.postgres.core.rows import BOOL, INT, TEXT, CopySpans, TuplePlan, TupleSpans
from connectors.postgres.core.texts import timestamp_micros
from connectors.postgres.core.walk import Scanned, u32, u64
from schemas.core.writer import Writer
from tests.unit.postgres import wire


def spans(data: bytes) -> TupleSpans:
    made = TupleSpans()
    made.parse(data, 0)
    return made


def test_a_row_is_read_with_its_kinds() -> None:
    made = spans(wire.row([None, wire.UNCHANGED, "ab", ""]))
    assert [made.kind(i) for i in range(4)] == [NULL, UNCHANGED, SENT, SENT]
    assert [made.raw(i) for i in range(4)] == [None, None, b"ab", b""]


def test_parsing_tells_where_the_row_ends() -> None:
    data = wire.row(["ab"])
    assert TupleSpans().parse(b"xx" + data + b"rest", 2) == 2 + len(data)


@pytest.mark.parametrize("data", [
    b"", b"\0", b"\0\1", b"\0\1t", b"\0\1t\0\0\0", b"\0\1t\0\0\0\2a", b"\0\1t\xff\xff\xff\xff", b"\0\1t\x7f\xff\xff\xff",
    b"\0\2n",
    b"\xff\xff", b"\x06\x81" + b"n" * 1665, b"\0\1b\0\0\0\1a", b"\0\1?"])
def test_a_hostile_row_is_refused_with_its_offset(data: bytes) -> None:
    with pytest.raises(ValueError, match="byte"):
        TupleSpans().parse(data, 0)


@pytest.mark.parametrize("offset", [-1, 5, 2**40])
def test_an_offset_outside_the_buffer_is_refused(offset: int) -> None:
    with pytest.raises(ValueError, match="byte"):
        TupleSpans().parse(b"\0\0", offset)


def test_a_row_that_fails_leaves_no_columns_of_the_one_before() -> None:
    made = spans(wire.row(["a", "b"]))
    with pytest.raises(ValueError):
        made.parse(b"\0\2n", 0)
    with pytest.raises(IndexError):
        made.raw(0)


@pytest.mark.parametrize("column", [-1, 1, 5000])
def test_a_column_that_is_not_there_is_refused(column: int) -> None:
    with pytest.raises(IndexError):
        spans(wire.row(["a"])).kind(column)


@pytest.mark.parametrize("n", [0, 1, 1600, 1664])
def test_rows_of_every_width_are_read(n: int) -> None:
    made = spans(wire.row(["x"] * n))
    assert made.count == n


@pytest.mark.parametrize(("new", "old", "same"), [
    ("a", "a", True), ("a", "b", False), (None, None, True), (None, "a", False), ("a", None, False),
    (wire.UNCHANGED, "a", True), ("", None, False)])
def test_same(new: object, old: object, same: bool) -> None:
    assert spans(wire.row([new])).same(spans(wire.row([old])), 0) is same


def write(plan: TuplePlan, data: bytes, old: bytes | None = None) -> bytes:
    writer = Writer()
    plan.write(spans(data), writer, None if old is None else spans(old))
    return writer.take()


def test_a_plan_writes_the_columns_it_names_in_its_order() -> None:
    plan = TuplePlan([(2, TEXT, 0, b"\x02", b"\0", None, None), (0, INT, 0, b"", None, None, None),
        (1, BOOL, 0, b"", None, None, None)])
    assert write(plan, wire.row(["-3", "t", "ab"])) == b"\x02\x04ab" + b"\x05" + b"\x01"


def test_a_plan_writes_what_stands_for_null_and_for_unchanged() -> None:
    plan = TuplePlan([(0, TEXT, 0, b"\x02", b"\0", b"\x02\x02?", None), (1, TEXT, 0, b"\x02", b"\0", b"\x02\x02?", None)])
    assert write(plan, wire.row([None, wire.UNCHANGED])) == b"\0\x02\x02?"


def test_an_unchanged_value_is_taken_from_the_old_row() -> None:
    plan = TuplePlan([(0, TEXT, 0, b"", None, None, None)])
    assert write(plan, wire.row([wire.UNCHANGED]), wire.row(["old"])) == b"\x06old"


def test_any_other_codec_is_called_with_the_bytes() -> None:
    plan = TuplePlan([(0, CALL, 0, b"", None, None, lambda raw, writer: writer.write_bytes(raw[::-1]))])
    assert write(plan, wire.row(["abc"])) == b"\x06cba"


def test_a_null_that_is_not_allowed_names_the_column() -> None:
    with pytest.raises(NullError) as e:
        write(TuplePlan([(0, INT, 0, b"", None, None, None)]), wire.row([None]))
    assert e.value.column == 0


@pytest.mark.parametrize(("bound", "text"), [(2**15, "32768"), (2**15, "-32769"), (2**31, "2147483648"), (0, "x"), (0, "")])
def test_a_bad_value_names_the_column_and_not_the_value(bound: int, text: str) -> None:
    plan = TuplePlan([(1, INT, bound, b"", None, None, None)])
    with pytest.raises(CellError) as e:
        write(plan, wire.row(["1", text]))
    assert e.value.column == 0 and (not text or text not in str(e.value).replace("column 0", ""))


@pytest.mark.parametrize("place", [-1, 3, 10**6])
def test_a_plan_for_another_row_is_refused(place: int) -> None:
    with pytest.raises(CellError):
        write(TuplePlan([(place, INT, 0, b"", None, None, None)]), wire.row(["1"]))


@pytest.mark.parametrize(("line", "cells"), [
    (b"1\ta\n", [b"1", b"a"]), (b"1\t\\N\n", [b"1", None]), (b"\n", [b""]),
    (b"a\\tb\\nc\\\\d\\r\\b\\f\\v", [b"a\tb\nc\\d\r\x08\x0c\x0b"]),
    (b"\\\\N\n", [b"\\N"]), (b"\\.x", [b".x"]), ("ž\t日\n".encode(), ["ž".encode(), "日".encode()]), (b"\t\t", [b"", b"", b""])])
def test_a_copy_line_has_the_form_of_a_row(line: bytes, cells: list[bytes | None]) -> None:
    made = CopySpans()
    assert made.read(line, 0) == len(line)
    assert [made.raw(i) for i in range(made.count)] == cells


def test_a_copy_line_that_ends_in_a_backslash_is_refused() -> None:
    with pytest.raises(ValueError, match="backslash"):
        CopySpans().read(b"a\\\n", 0)


def test_scan_tells_kind_position_and_relation() -> None:
    found = Scanned()
    frames = [wire.insert(5, "a", lsn=7), wire.keepalive(9, True), wire.commit(1, 2)]
    assert found.scan(frames) == 9
    assert [(found.kind(i), found.lsn(i), found.end(i), found.oid(i)) for i in range(len(found))] == [
        (ord("I"), 7, 7, 5), (ord("k"), 0, 9, 1), (ord("C"), 2, 2, 0)]
    assert [found.frame(i) for i in range(3)] == frames


def test_what_was_scanned_grows_and_is_let_go() -> None:
    found = Scanned()
    for count in (3, 500, 20_000, 5):
        frames = [wire.insert(5, "a", lsn=n) for n in range(count)]
        found.scan(frames)
        assert [found.lsn(i) for i in range(len(found))] == list(range(count))
    found.release()
    assert len(found) == 0
    for what in (found.kind, found.lsn, found.end, found.oid, found.frame):
        for i in (0, -1, 4):
            with pytest.raises(IndexError):
                what(i)


@pytest.mark.parametrize("frame", [b"", b"w", b"w" + b"\0" * 24, b"w" + b"\0" * 24 + b"I\0\0", b"k\0", b"k" + b"\0" * 16,
    b"z" * 40])
def test_a_frame_that_is_too_short_is_refused(frame: bytes) -> None:
    with pytest.raises(ValueError):
        Scanned().scan([frame])


def test_of_frames_with_a_bad_one_none_counts() -> None:
    found = Scanned()
    with pytest.raises(ValueError, match="empty"):
        found.scan([wire.keepalive(9, True), b""])
    assert len(found) == 0


@pytest.mark.parametrize("offset", [-1, 1, 9, 2**50])
def test_reading_a_number_past_the_end_is_refused(offset: int) -> None:
    for read in (u32, u64):
        with pytest.raises(ValueError, match="byte"):
            read(b"abcd", offset)


def test_numbers_are_unsigned() -> None:
    assert (u32(b"\xff" * 4, 0), u64(b"\xff" * 8, 0)) == (2**32 - 1, 2**64 - 1)
    assert u64(struct.pack(">Q", 0x0123456789ABCDEF), 0) == 0x0123456789ABCDEF


@pytest.mark.parametrize(("date", "days"),
    [((1970, 1, 1), 0), ((2000, 3, 1), 11017), ((0, 3, 1), -719468), ((-1, 12, 31), -719529), ((1600, 2, 29), -135081)])
def test_days_from_civil(date: tuple[int, int, int], days: int) -> None:
    assert days_from_civil(*date) == days


@pytest.mark.parametrize(("text", "micros"), [
    (b"294247-01-10 04:00:54.775807", 2**63 - 1), (b"4714-11-24 00:00:00 BC", -210866803200000000),
])
def test_a_timestamp_is_right_up_to_64_bits(text: bytes, micros: int) -> None:
    assert timestamp_micros(text, 0, len(text)) == micros


@pytest.mark.parametrize("text", [
    b"294247-01-10 04:00:54.775808", b"294276-12-31 23:59:59.999999", b"999999-01-01 00:00:00", b"9999999-01-01 00:00:00",
    b"9999999-01-01 00:00:00 BC", b"294247-01-10 00:00:00-06",
])
def test_a_timestamp_of_more_than_64_bits_is_refused_and_does_not_wrap(text: bytes) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        timestamp_micros(text, 0, len(text))
