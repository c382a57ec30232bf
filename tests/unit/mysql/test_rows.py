"""Row images and text rows: where the columns are; hostile lengths raise and say where."""

from __future__ import annotations

import pytest

from connectors.core.spans import NULL, SENT, UNCHANGED
from connectors.mysql.core.rows import ImageSpans, RowLayout, TextSpans
from tests.unit.mysql.rowbytes import ABSENT, bitmap, image, text_row

EVERY = [
    (1, 0, b"\x01"), (2, 0, b"\x01\x02"), (9, 0, b"abc"), (3, 0, b"abcd"), (8, 0, b"abcdefgh"), (4, 4, b"abcd"),
    (5, 8, b"abcdefgh"), (13, 0, b"\x01"), (10, 0, b"abc"), (14, 0, b"abc"), (11, 0, b"abc"), (12, 0, b"abcdefgh"),
    (7, 0, b"abcd"), (17, 0, b"abcd"), (17, 1, b"abcde"), (17, 6, b"abcdefg"), (18, 0, b"abcde"), (18, 3, b"abcdefg"),
    (18, 6, b"abcdefgh"), (19, 0, b"abc"), (19, 2, b"abcd"), (19, 5, b"abcdef"), (16, 0x0001, b"\x01"),
    (16, 0x0100, b"\xff"), (16, 0x0701, b"abcdefgh"), (16, 0x0800, b"abcdefgh"), (246, 0x020A, b"abcde"),
    (246, 0x001, b"\x80"), (246, 0x1E41, b"x" * 30), (247, 1, b"\x01"), (247, 2, b"\x01\x02"), (248, 1, b"\x01"),
    (248, 8, b"abcdefgh"), (15, 255, b"x" * 255), (15, 256, b"x" * 256), (15, 10, b""), (254, 40, b"ab"),
    (254, 1020, b"x" * 300), (253, 300, b"ab"), (141, 100, b"\x00ab"), (140, 3, b"\x00abc"), (249, 1, b"t" * 200),
    (252, 2, b"b" * 70), (250, 3, b"m" * 70000), (251, 4, b"l" * 70000), (252, 1, b""), (245, 4, b"\x00\x01"),
    (255, 4, b"g" * 25), (242, 4, b"v" * 8), (6, 0, b""),
]


def layout(wires: list[tuple[int, int]]) -> RowLayout:
    return RowLayout([k for k, _ in wires], [m for _, m in wires])


def test_every_type_is_read_without_its_length() -> None:
    wires = [(k, m) for k, m, _ in EVERY]
    row, present = image(wires, [v for _, _, v in EVERY])
    spans = ImageSpans()
    assert spans.parse(b"head" + row + b"tail", 4, layout(wires), present) == 4 + len(row)
    assert [spans.raw(i) for i in range(spans.count)] == [v for _, _, v in EVERY]


@pytest.mark.parametrize("case", EVERY, ids=lambda c: f"{c[0]}-{c[1]}")
def test_a_row_cut_anywhere_in_a_value_is_refused(case: tuple[int, int, bytes]) -> None:
    kind, meta, value = case
    row, present = image([(kind, meta)], [value])
    spans = ImageSpans()
    for size in {0, 1, 2, 3, len(row) // 2, len(row) - 1}:
        if size < len(row):
            with pytest.raises(ValueError, match="at byte"):
                spans.parse(row[:size], 0, layout([(kind, meta)]), present)


def test_nulls_and_absent_columns_take_no_bytes_and_count_only_when_present() -> None:
    wires = [(3, 0)] * 10
    cells = [b"aaaa", None, ABSENT, b"bbbb", ABSENT, None, None, b"cccc", b"dddd", None]
    row, present = image(wires, cells)
    assert len(row) == 1 + 4 * 4
    spans = ImageSpans()
    assert spans.parse(row, 0, layout(wires), present) == len(row)
    kinds = {id(ABSENT): UNCHANGED, id(None): NULL}
    assert [spans.kind(i) for i in range(10)] == [kinds.get(id(c), SENT) for c in cells]
    assert spans.raw(3) == b"bbbb" and spans.raw(1) is None and spans.raw(2) is None


def test_no_bitmap_is_all_columns_and_unused_bits_say_nothing() -> None:
    wires = [(1, 0)] * 3
    row, present = image(wires, [b"a", None, b"c"])
    for bits in (b"", present, b"\xff", b"\xff\xff"):
        spans = ImageSpans()
        assert spans.parse(row, 0, layout(wires), bits) == len(row)
        assert [spans.raw(i) for i in range(3)] == [b"a", None, b"c"]


def test_a_bitmap_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="a bitmap of 1 bytes for 9 columns"):
        ImageSpans().parse(b"\0" * 20, 0, layout([(1, 0)] * 9), b"\x01")


@pytest.mark.parametrize("offset", [-1, 21, 1 << 40])
def test_an_offset_outside_the_buffer_is_refused(offset: int) -> None:
    with pytest.raises(ValueError, match="ends too early"):
        ImageSpans().parse(b"\0" * 20, offset, layout([(1, 0)]), b"")
    with pytest.raises(ValueError, match="ends too early"):
        TextSpans().parse(b"\0" * 20, offset, 1)


@pytest.mark.parametrize(("kind", "meta"), [
    (0, 0), (21, 0), (139, 0), (243, 4), (244, 0), (17, 7), (18, 255), (252, 0), (252, 5), (245, 0), (246, 0), (246, 0x0042),
    (246, 0x0B0A), (16, 0x0900), (16, 0x0008), (247, 0), (247, 3), (248, 9), (15, 70000)])
def test_a_type_that_is_not_known_is_refused_with_its_number(kind: int, meta: int) -> None:
    with pytest.raises(ValueError, match=f"type {kind} with metadata {meta}"):
        RowLayout([kind], [meta])


def test_an_array_of_an_index_is_refused_only_when_it_is_sent() -> None:
    spans = ImageSpans()
    plan = layout([(3, 0), (20, 0)])
    row, present = image([(3, 0), (252, 1)], [b"abcd", ABSENT])
    assert spans.parse(row, 0, plan, present) == 5
    assert spans.parse(b"\x02abcd", 0, plan, b"\x03") == 5
    with pytest.raises(ValueError, match="TYPED_ARRAY"):
        spans.parse(b"\x00abcd\x01", 0, plan, b"\x03")


def test_a_table_of_4096_columns_is_read_and_a_wider_one_refused() -> None:
    spans = ImageSpans()
    assert spans.parse(bitmap([True] * 4096), 0, layout([(1, 0)] * 4096), b"") == 512
    assert spans.count == 4096
    with pytest.raises(ValueError, match="4097 columns"):
        layout([(1, 0)] * 4097)


def test_a_row_that_cannot_be_read_leaves_no_columns_behind() -> None:
    spans = ImageSpans()
    spans.parse(b"\0ab", 0, layout([(1, 0), (1, 0)]), b"")
    with pytest.raises(ValueError, match="at byte"):
        spans.parse(b"\0a", 0, layout([(1, 0), (1, 0)]), b"")
    assert spans.count == 0
    with pytest.raises(IndexError):
        spans.raw(0)


@pytest.mark.parametrize("cells", [
    [], [b""], [None, b"a", b"x" * 250, b"x" * 251, b"x" * 65535, b"x" * 65536, None, b"z"]])
def test_a_text_row_is_read(cells: list[bytes | None]) -> None:
    row = text_row(cells)
    spans = TextSpans()
    assert spans.parse(b"--" + row, 2, len(cells)) == 2 + len(row)
    assert [spans.raw(i) for i in range(len(cells))] == cells


@pytest.mark.parametrize(("row", "why"), [
    (b"", "ends too early"), (b"\x05abcd", "5 bytes at byte 1, but 4 are left"), (b"\xfc\x01", "ends too early"),
    (b"\xfd\xff\xff", "ends too early"), (b"\xfe\xff\xff\xff\xff\xff\xff\xff", "ends too early"), (b"\xff", "0xFF"),
    (b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff", "impossible length"), (b"\xfe\xff\xff\xff\xff\xff\xff\xff\x00", "are left"),
    (b"\xfd\xff\xff\xffabc", "16777215 bytes at byte 4, but 3 are left")])
def test_a_damaged_text_row_is_refused(row: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        TextSpans().parse(row, 0, 1)


def test_a_text_row_of_an_impossible_width_is_refused() -> None:
    for count in (-1, 4097):
        with pytest.raises(ValueError, match=f"a row of {count} columns"):
            TextSpans().parse(b"", 0, count)


def test_where_the_bytes_of_a_column_are() -> None:
    spans = TextSpans()
    spans.parse(b"\x02ab\xfb", 0, 2)
    assert (spans.start(0), spans.end(0)) == (1, 3)
    for column in (-1, 1, 2):
        with pytest.raises(IndexError):
            spans.start(column)
        with pytest.raises(IndexError):
            spans.end(column)
