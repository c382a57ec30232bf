"""Dates and times: both forms of a value are one, zero dates are gaps, what no clock shows is refused."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mysql.structure import ColumnDef, Wire
from connectors.mysql.types import Charsets, TypeOptions, codec_of
from connectors.mysql.types.moments import date_reader, datetime_reader, time_reader, timestamp_reader
from schemas.model import Value

CHARSETS = Charsets()
EPOCH = dt.datetime(1970, 1, 1)


def read(kind: str, raw: bytes, wire: Wire | None = None, scale: int = 0, time: str = "", adjust: bool = True) -> Value:
    options = TypeOptions(time=time or "adaptive_time_microseconds", time_adjuster=adjust)
    codec = codec_of(ColumnDef("c", kind, scale=scale), wire, options, CHARSETS)
    assert codec is not None
    return codec.read(raw)


def datetime2(m: dt.datetime, digits: int) -> bytes:
    packed = ((m.year * 13 + m.month) << 5 | m.day) << 17 | m.hour << 12 | m.minute << 6 | m.second
    size = (digits + 1) // 2
    fraction = m.microsecond // 10 ** (6 - 2 * size)
    return (packed + 0x8000000000).to_bytes(5, "big") + fraction.to_bytes(size, "big")


def time2(micros: int, digits: int) -> bytes:
    size = (digits + 1) // 2
    clock, fraction = divmod(abs(micros), 1_000_000)
    packed = (clock // 3600 << 12 | clock // 60 % 60 << 6 | clock % 60) << 8 * size | fraction // 10 ** (6 - 2 * size)
    return ((0x800000 << 8 * size) + (-packed if micros < 0 else packed)).to_bytes(3 + size, "big")


def cut(micro: int, digits: int) -> int:
    return micro // 10 ** (6 - digits) * 10 ** (6 - digits)


@given(st.datetimes(dt.datetime(100, 1, 1)), st.integers(0, 6), st.sampled_from(["", "connect", "isostring", "microseconds"]))
def test_datetimes_are_one_in_both_forms(moment: dt.datetime, digits: int, mode: str) -> None:
    moment = moment.replace(microsecond=cut(moment.microsecond, digits))
    text = f"{moment:%H:%M:%S}.{moment.microsecond:06d}"[:9 + digits] if digits else f"{moment:%H:%M:%S}"
    raw = f"{moment.date().isoformat()} {text}".encode()
    value = read("datetime", datetime2(moment, digits), Wire(18, digits), digits, mode)
    assert value == read("datetime", raw, None, digits, mode)
    micros = (moment - EPOCH) // dt.timedelta(microseconds=1)
    if mode == "microseconds":
        assert value == micros
    elif mode == "isostring":
        assert value == (moment.isoformat().rstrip("0") if moment.microsecond else moment.isoformat()) + "Z"
    else:
        assert value == (micros // 1000 if digits <= 3 or mode == "connect" else micros)


@given(st.integers(-(838 * 3600 + 3599) * 1_000_000, (838 * 3600 + 3599) * 1_000_000), st.integers(0, 6))
def test_times_are_one_in_both_forms(micros: int, digits: int) -> None:
    micros = cut(abs(micros), digits) * (-1 if micros < 0 else 1)
    clock, fraction = divmod(abs(micros), 1_000_000)
    text = f"{'-' if micros < 0 else ''}{clock // 3600:02d}:{clock // 60 % 60:02d}:{clock % 60:02d}"
    text += f".{fraction:06d}"[:1 + digits] if digits else ""
    assert read("time", time2(micros, digits), Wire(19, digits), digits) == read("time", text.encode(), None, digits) == micros
    for mode in ("connect", "isostring"):
        if 0 <= micros <= 86_400_000_000:
            read("time", text.encode(), None, digits, mode)
        else:
            with pytest.raises(ValueError, match=f"a TIME outside 00:00 … 24:00, which time.precision.mode={mode}"):
                read("time", text.encode(), None, digits, mode)


def test_midnight_at_the_end_of_the_day() -> None:
    assert read("time", b"24:00:00", time="connect") == 86_400_000
    assert read("time", b"24:00:00", time="isostring") == "00:00:00Z"
    assert read("time", b"24:00:00", time="nanoseconds") == 86_400_000_000_000


@given(st.integers(1, 2**32 - 1), st.integers(0, 6), st.integers(0, 999_999))
def test_timestamps_have_their_columns_digits_in_both_forms(seconds: int, digits: int, micro: int) -> None:
    moment = EPOCH + dt.timedelta(seconds=seconds)
    fraction = f".{micro:06d}"[:1 + digits] if digits else ""
    size = (digits + 1) // 2
    raw = seconds.to_bytes(4, "big") + (cut(micro, digits) // 10 ** (6 - 2 * size)).to_bytes(size, "big")
    wanted = f"{moment.isoformat()}{fraction}Z"
    assert read("timestamp", raw, Wire(17, digits), digits) == wanted
    assert read("timestamp", f"{moment}{fraction}".encode(), None, digits) == wanted
    if not digits:
        assert read("timestamp", seconds.to_bytes(4, "little"), Wire(7)) == wanted


def test_zero_dates_are_gaps() -> None:
    for kind in ("date", "datetime"):
        for zero in (b"0000-00-00", b"2010-00-01", b"2010-01-00", b"0000-01-01"):
            assert read(kind, zero) is None
    assert read("timestamp", b"0000-00-00 00:00:00") is None
    assert read("timestamp", bytes(4), Wire(17)) is None and read("timestamp", bytes(4), Wire(7)) is None
    assert read("date", bytes(3), Wire(10)) is None and read("datetime", bytes(8), Wire(12)) is None
    codec = codec_of(ColumnDef("c", "datetime"), None, TypeOptions(), CHARSETS)
    assert codec is not None and codec.gaps and codec.zero == 0


@pytest.mark.parametrize(("text", "year"), [
    ("0001-01-01", 2001), ("0069-12-31", 2069), ("0070-01-01", 1970), ("0099-01-01", 1999), ("0004-02-29", 2004),
    ("0100-01-01", 100)])
def test_years_below_a_hundred_are_adjusted_when_wanted(text: str, year: int) -> None:
    plain = dt.date.fromisoformat(text)
    assert read("date", text.encode()) == (plain.replace(year=year) - EPOCH.date()).days
    assert read("date", text.encode(), adjust=False) == (plain - EPOCH.date()).days
    assert read("timestamp", b"0070-01-01 00:00:00").startswith("0070")


@pytest.mark.parametrize("text", ["2010-02-31", "2011-02-29", "1900-02-29", "2010-04-31", "2010-13-01"])
def test_a_date_that_is_in_no_calendar_cannot_be_converted(text: str) -> None:
    with pytest.raises(ValueError, match="not in the calendar"):
        read("date", text.encode())


def test_the_old_forms() -> None:
    assert read("datetime", (20260228131415).to_bytes(8, "little"), Wire(12)) == read("datetime", b"2026-02-28 13:14:15")
    assert read("time", (-8385959).to_bytes(3, "little", signed=True), Wire(11)) == read("time", b"-838:59:59")
    assert read("date", (2026 << 9 | 2 << 5 | 28).to_bytes(3, "little"), Wire(14)) == read("date", b"2026-02-28")
    with pytest.raises(ValueError, match="mysql56_temporal_format"):
        codec_of(ColumnDef("c", "time", scale=3), Wire(11), TypeOptions(), CHARSETS)


def test_nanoseconds_have_bounds() -> None:
    assert read("datetime", b"2262-04-11 23:47:16", time="nanoseconds") == 9223372036000000000
    with pytest.raises(ValueError, match="outside 1677-09-21"):
        read("datetime", b"2262-04-12 00:00:00", time="nanoseconds")


@given(st.sampled_from([None, 7, 10, 11, 12, 17, 18, 19]), st.integers(0, 6), st.binary(max_size=30))
def test_damaged_times_raise_value_errors_only(wire: int | None, digits: int, raw: bytes) -> None:
    readers = date_reader(wire), datetime_reader(wire, digits), time_reader(wire, digits), timestamp_reader(wire or 17, digits)
    for reader in readers:
        try:
            reader(raw)
        except ValueError:
            continue
