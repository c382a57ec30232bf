"""Row images under random layouts: what the row decoder does with hostile bytes. May raise only ValueError."""

from __future__ import annotations

from connectors.core.plan import CellError
from connectors.core.spans import UNCHANGED
from connectors.mysql.core import codes
from connectors.mysql.core.rows import ImageSpans, RowLayout, RowPlan, TextSpans
from schemas.core.writer import Writer

__all__ = ["rows", "text_rows"]

_TYPES = (
    (1, 0), (2, 0), (9, 0), (3, 0), (8, 0), (4, 4), (5, 8), (10, 0), (13, 0), (11, 0), (12, 0), (7, 0), (17, 0), (17, 3),
    (18, 6), (18, 0), (19, 0), (19, 4), (16, 1), (16, 0x0800), (246, 0x020A), (246, 0x1E41), (247, 1), (248, 8), (15, 255),
    (15, 700), (254, 30), (254, 900), (140, 3), (141, 40), (252, 1), (252, 2), (252, 3), (252, 4), (245, 4), (255, 4),
    (242, 4), (20, 0), (6, 0), (253, 9),
)
_BINARY = (
    codes.INT, codes.UINT, codes.FLOAT, codes.DOUBLE, codes.UTF8, codes.RAW, codes.DAYS, codes.DATETIME2_MICROS,
    codes.DATETIME2_MILLIS, codes.ZONED, codes.TIME2_MICROS, codes.DECIMAL, codes.YEAR,
)
_TEXT = (
    codes.TEXT_INT, codes.TEXT_FLOAT, codes.TEXT_DOUBLE, codes.TEXT_DAYS, codes.TEXT_DATETIME_MICROS,
    codes.TEXT_DATETIME_MILLIS, codes.TEXT_ZONED, codes.TEXT_TIME_MICROS, codes.TEXT_DECIMAL, codes.UTF8,
)
_IMAGE, _OLD, _ROW = ImageSpans(), ImageSpans(), TextSpans()


def _general(raw: bytes, writer: Writer) -> None:
    writer.write_bytes(raw)


def _plan(count: int, seed: int, among: tuple[int, ...]) -> RowPlan:
    """A plan whose codecs and bounds have nothing to do with the columns: the worst that a wrong table could do."""
    def bound(i: int) -> int:
        return (seed * 7 + i) % 9 if i % 2 else (seed + i) % 70 * 256 + (seed * i) % 40

    return RowPlan([
        (i, among[(seed + i) % len(among)], bound(i), b"\x02", b"\x00", b"\x02\x02?", _general) for i in range(count)])


def rows(data: bytes) -> None:
    """An update's two images. The first bytes choose the layout and the columns present. Raises ValueError."""
    if len(data) < 4:
        raise ValueError("too short to choose a layout")
    count, seed = data[0] % 40 + 1, data[1]
    chosen = [_TYPES[(seed * (i + 1) + i * i) % len(_TYPES)] for i in range(count)]
    layout = RowLayout([kind for kind, _ in chosen], [meta for _, meta in chosen])
    size = (count + 7) // 8
    present = b"" if data[2] % 4 == 0 else bytes(b | data[2] for b in data[3:3 + size])
    body, at = data, 3 + size
    middle = _OLD.parse(body, at, layout, b"" if data[2] % 4 == 1 else present)
    end = _IMAGE.parse(body, middle, layout, present)
    if not at <= middle <= end <= len(body):
        raise AssertionError("a row ends outside its bytes")
    for i in range(count):
        if _IMAGE.kind(i) != UNCHANGED:
            _IMAGE.same(_OLD, i)
    writer = Writer()
    try:
        _plan(count, seed, _BINARY).write(_IMAGE, writer, _OLD)
    except CellError:
        pass
    if writer.size() > 64 * len(data) + 4096:
        raise AssertionError("more is written than was sent")


def text_rows(data: bytes) -> None:
    """A row of the text protocol. Raises ValueError."""
    if len(data) < 2:
        raise ValueError("too short to choose a width")
    count = data[0] % 12
    end = _ROW.parse(data, 2, count)
    if not 2 <= end <= len(data):
        raise AssertionError("a row ends outside its bytes")
    writer = Writer()
    try:
        _plan(count, data[1], _TEXT).write(_ROW, writer, None)
    except CellError:
        pass
    if writer.size() > 64 * len(data) + 4096:
        raise AssertionError("more is written than was sent")
