"""The compiled codecs write what they know and leave what they do not know to the general one."""

from __future__ import annotations

import datetime as dt
import struct

import pytest

from connectors.core.plan import CALL, CellError, NullError
from connectors.mysql.core import codes
from connectors.mysql.core.rows import RowPlan, TextSpans
from schemas.core.writer import Writer
from tests.unit.mysql import rowbytes

LEFT = b"left"


def long(number: int) -> bytes:
    writer = Writer()
    writer.write_long(number)
    return writer.take()


def sized(data: bytes) -> bytes:
    return long(len(data)) + data


def unscaled(number: int) -> bytes:
    return sized(number.to_bytes((8 + (number + (number < 0)).bit_length()) // 8, "big", signed=True))


def written(code: int, bound: int, raw: bytes, before: bytes = b"", whole: bool = False) -> bytes:
    spans, writer = TextSpans(), Writer()
    spans.parse(rowbytes.text_row([raw]), 0, 1)
    plan = RowPlan([(0, code, bound, before, b"\0", b"?", lambda raw, writer: writer.write_raw(LEFT), whole)])
    plan.write(spans, writer, None)
    return writer.take()


def micros(value: dt.datetime) -> int:
    return (value - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)


MOMENT = dt.datetime(2024, 2, 29, 23, 59, 58, 123456)
OLD = dt.datetime(1582, 10, 4, 0, 0, 1, 999999)


@pytest.mark.parametrize(("code", "bound", "raw", "expected"), [
    (codes.INT, 0, b"\xff", long(-1)), (codes.INT, 0, b"\x00\x80", long(-32768)),
    (codes.INT, 0, b"\xff\xff\x7f", long(2**23 - 1)), (codes.INT, 0, b"\0\0\0\x80", long(-(2**31))),
    (codes.INT, 0, b"\0" * 7 + b"\x80", long(-(2**63))), (codes.INT, 0, b"\xff" * 7 + b"\x7f", long(2**63 - 1)),
    (codes.INT, 0, b"\0" * 7 + b"\xc0", long(-(2**62))), (codes.UINT, 0, b"\xff", long(255)),
    (codes.UINT, 0, b"\xff" * 3, long(2**24 - 1)), (codes.UINT, 0, b"\xff" * 4, long(2**32 - 1)),
    (codes.UINT, 0, b"\xff" * 8, long(-1)), (codes.UINT, 0, b"\0" * 7 + b"\x80", long(-(2**63))),
    (codes.FLOAT, 0, struct.pack("<f", -1.5), struct.pack("<f", -1.5)),
    (codes.DOUBLE, 0, struct.pack("<d", 1e300), struct.pack("<d", 1e300)), (codes.UTF8, 0, b"", sized(b"")),
    (codes.UTF8, 0, "héllo wörld 日本\U0001f600".encode(), sized("héllo wörld 日本\U0001f600".encode())),
    (codes.RAW, 0, b"\xff\0", sized(b"\xff\0")),
    (codes.DAYS, 0, rowbytes.date(dt.date(2024, 2, 29)), long((dt.date(2024, 2, 29) - dt.date(1970, 1, 1)).days)),
    (codes.DAYS, 0, rowbytes.date(dt.date(100, 1, 1)), long((dt.date(100, 1, 1) - dt.date(1970, 1, 1)).days)),
    (codes.DATETIME2_MICROS, 6, rowbytes.datetime2(MOMENT, 6), long(micros(MOMENT))),
    (codes.DATETIME2_MICROS, 6, rowbytes.datetime2(OLD, 6), long(micros(OLD))),
    (codes.DATETIME2_MICROS, 4, rowbytes.datetime2(MOMENT, 4), long(micros(MOMENT) // 100 * 100)),
    (codes.DATETIME2_MICROS, 0, rowbytes.datetime2(MOMENT, 0), long(micros(MOMENT) // 1_000_000 * 1_000_000)),
    (codes.DATETIME2_MILLIS, 6, rowbytes.datetime2(OLD, 6), long(micros(OLD) // 1000)),
    (codes.DATETIME2_MILLIS, 1, rowbytes.datetime2(MOMENT, 1), long(micros(MOMENT) // 10_000 * 10)),
    (codes.ZONED, 0, rowbytes.timestamp2(MOMENT, 0), sized(b"2024-02-29T23:59:58Z")),
    (codes.ZONED, 3, rowbytes.timestamp2(MOMENT.replace(microsecond=120_000), 3), sized(b"2024-02-29T23:59:58.120Z")),
    (codes.ZONED, 6, rowbytes.timestamp2(MOMENT, 6), sized(b"2024-02-29T23:59:58.123456Z")),
    (codes.ZONED, 0, b"\0\0\0\1", sized(b"1970-01-01T00:00:01Z")),
    (codes.ZONED, 0, b"\xff" * 4, sized(b"2106-02-07T06:28:15Z")),
    (codes.TIME2_MICROS, 0, rowbytes.time2(-3_020_399_000_000, 0), long(-3_020_399_000_000)),
    (codes.TIME2_MICROS, 2, rowbytes.time2(-10_000, 2), long(-10_000)),
    (codes.TIME2_MICROS, 6, rowbytes.time2(-1, 6), long(-1)),
    (codes.TIME2_MICROS, 4, rowbytes.time2(3_661_000_100, 4), long(3_661_000_100)),
    (codes.DECIMAL, 10 * 256 + 2, rowbytes.newdecimal(-125, 10, 2), unscaled(-125)),
    (codes.DECIMAL, 18 * 256 + 9, rowbytes.newdecimal(10**18 - 1, 18, 9), unscaled(10**18 - 1)),
    (codes.DECIMAL, 65 * 256 + 30, rowbytes.newdecimal(-(10**17), 65, 30), unscaled(-(10**17))),
    (codes.DECIMAL, 1 * 256, rowbytes.newdecimal(0, 1, 0), unscaled(0)), (codes.YEAR, 0, b"\0", long(0)),
    (codes.YEAR, 0, b"\x01", long(1901)), (codes.YEAR, 0, b"\xff", long(2155)),
    (codes.TEXT_INT, 0, b"-123456789012345678", long(-123456789012345678)), (codes.TEXT_INT, 0, b"0", long(0)),
    (codes.TEXT_FLOAT, 0, b"1.5e-3", struct.pack("<f", 1.5e-3)),
    (codes.TEXT_DOUBLE, 0, b"-1.7976931348623157e308", struct.pack("<d", -1.7976931348623157e308)),
    (codes.TEXT_DOUBLE, 0, b"1e400", struct.pack("<d", float("inf"))),
    (codes.TEXT_DAYS, 0, b"1969-12-31", long(-1)),
    (codes.TEXT_DATETIME_MICROS, 6, b"1582-10-04 00:00:01.999999", long(micros(OLD))),
    (codes.TEXT_DATETIME_MICROS, 0, b"1970-01-01 00:00:00", long(0)),
    (codes.TEXT_DATETIME_MILLIS, 6, b"1969-12-31 23:59:59.9999", long(-1)),
    (codes.TEXT_ZONED, 6, b"2024-02-29 23:59:58.123456", sized(b"2024-02-29T23:59:58.123456Z")),
    (codes.TEXT_ZONED, 3, b"2024-02-29 23:59:58", sized(b"2024-02-29T23:59:58.000Z")),
    (codes.TEXT_ZONED, 0, b"2024-02-29 23:59:58", sized(b"2024-02-29T23:59:58Z")),
    (codes.TEXT_TIME_MICROS, 0, b"-838:59:59", long(-3_020_399_000_000)),
    (codes.TEXT_TIME_MICROS, 1, b"00:00:00.1", long(100_000)), (codes.TEXT_DECIMAL, 2, b"-1.25", unscaled(-125)),
    (codes.TEXT_DECIMAL, 0, b"999999999999999999", unscaled(10**18 - 1)),
])
def test_what_a_fast_codec_knows_it_writes(code: int, bound: int, raw: bytes, expected: bytes) -> None:
    assert written(code, bound, raw) == expected


@pytest.mark.parametrize(("code", "bound", "raw"), [
    (CALL, 0, b"x"), (codes.INT, 0, b""), (codes.INT, 0, b"x" * 9), (codes.UINT, 0, b"x" * 9), (codes.FLOAT, 0, b"abc"),
    (codes.FLOAT, 0, b"\0\0\x80\x7f"), (codes.FLOAT, 0, b"\x01\0\x80\xff"), (codes.DOUBLE, 0, b"abc"), (codes.UTF8, 0, b"\x80"),
    (codes.UTF8, 0, b"abcdefgh\xff"), (codes.UTF8, 0, b"\xed\xa0\x80"), (codes.UTF8, 0, b"\xc1\xbf"),
    (codes.UTF8, 0, b"\xf4\x90\x80\x80"), (codes.UTF8, 0, b"\xf0\x8f\xbf\xbf"), (codes.UTF8, 0, b"abcdefgh\xe2\x82"),
    (codes.DAYS, 0, b"\0\0\0"), (codes.DAYS, 0, b"ab"), (codes.DAYS, 0, (30 | 2 << 5 | 2024 << 9).to_bytes(3, "little")),
    (codes.DAYS, 0, (29 | 2 << 5 | 1900 << 9).to_bytes(3, "little")),
    (codes.DAYS, 0, (31 | 4 << 5 | 2024 << 9).to_bytes(3, "little")),
    (codes.DAYS, 0, (1 | 1 << 5 | 99 << 9).to_bytes(3, "little")), (codes.DATETIME2_MICROS, 0, b"\x80\0\0\0\0"),
    (codes.DATETIME2_MICROS, 0, b"\x7f\0\0\0\0"), (codes.DATETIME2_MICROS, 0, b"\xff" * 5),
    (codes.DATETIME2_MICROS, 2, b"\xff" * 5), (codes.DATETIME2_MICROS, 2, rowbytes.datetime2(MOMENT, 0) + b"\x64"),
    (codes.DATETIME2_MICROS, 7, b"\x99" * 9), (codes.ZONED, 0, b"\0\0\0\0"), (codes.ZONED, 2, b"\0\0\0\1\x64"),
    (codes.ZONED, 0, b"abc"), (codes.TIME2_MICROS, 0, b"\xbf\xff\xff"), (codes.TIME2_MICROS, 0, b"ab"),
    (codes.DECIMAL, 10 * 256 + 2, b"abcd"), (codes.DECIMAL, 10 * 256 + 2, b"\xff" * 5), (codes.DECIMAL, 0, b""),
    (codes.DECIMAL, 65 * 256 + 30, rowbytes.newdecimal(10**18, 65, 30)), (codes.DECIMAL, 5 * 256 + 9, b"abcde"),
    (codes.YEAR, 0, b"ab"), (codes.TEXT_INT, 0, b""), (codes.TEXT_INT, 0, b"-"), (codes.TEXT_INT, 0, b"12a"),
    (codes.TEXT_INT, 0, b"1234567890123456789"), (codes.TEXT_DOUBLE, 0, b"x"), (codes.TEXT_DOUBLE, 0, b""),
    (codes.TEXT_DOUBLE, 0, b"1" * 41), (codes.TEXT_DAYS, 0, b"0000-00-00"), (codes.TEXT_DAYS, 0, b"2024-02-30"),
    (codes.TEXT_DAYS, 0, b"2024-2-03"), (codes.TEXT_DAYS, 0, b"12024-02-03"),
    (codes.TEXT_DATETIME_MICROS, 0, b"2024-02-03 24:00:00"), (codes.TEXT_DATETIME_MICROS, 0, b"2024-02-03"),
    (codes.TEXT_DATETIME_MICROS, 0, b"2024-02-03 10:00:00."), (codes.TEXT_DATETIME_MICROS, 0, b"2024-02-03 10:00:00.1234567"),
    (codes.TEXT_DATETIME_MICROS, 0, b"2024-02-03 10:60:00"), (codes.TEXT_ZONED, 0, b"0000-00-00 00:00:00"),
    (codes.TEXT_ZONED, 3, b"2024-02-03 10:00:00.1234"), (codes.TEXT_TIME_MICROS, 0, b"839:00:00"),
    (codes.TEXT_TIME_MICROS, 0, b"-"), (codes.TEXT_TIME_MICROS, 0, b"1:00:00"), (codes.TEXT_DECIMAL, 2, b""),
    (codes.TEXT_DECIMAL, 2, b"1.255"), (codes.TEXT_DECIMAL, 0, b"1" * 19),
])
def test_what_a_fast_codec_does_not_know_it_leaves_and_writes_nothing(code: int, bound: int, raw: bytes) -> None:
    assert written(code, bound, raw, b"\x02") == b"\x02" + LEFT


def test_a_general_codec_of_the_whole_field_writes_the_branch_itself() -> None:
    assert written(codes.DAYS, 0, b"\0\0\0", b"\x02", True) == LEFT
    assert written(codes.DAYS, 0, rowbytes.date(dt.date(1970, 1, 2)), b"\x02", True) == b"\x02" + long(1)


def test_an_unknown_code_is_refused_with_its_number() -> None:
    with pytest.raises(CellError, match="fast codec 99"):
        written(99, 0, b"x")


def test_an_impossible_number_for_32_bits_is_refused() -> None:
    with pytest.raises(CellError, match=r"too large|float"):
        written(codes.TEXT_FLOAT, 0, b"1e300")


def test_null_goes_through_the_shared_loop() -> None:
    spans, writer = TextSpans(), Writer()
    spans.parse(b"\xfb", 0, 1)
    RowPlan([(0, codes.INT, 0, b"\x02", b"\x00", None, None)]).write(spans, writer, None)
    assert writer.take() == b"\0"
    with pytest.raises(NullError):
        RowPlan([(0, codes.INT, 0, b"\x02", None, None, None)]).write(spans, writer, None)
