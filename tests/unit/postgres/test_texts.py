"""Texts that PostgreSQL does not write are refused, whatever reads them, and are in no error."""

from __future__ import annotations

import pytest

from connectors.codec import Codec
from connectors.core.plan import CALL, CellError
from connectors.postgres.core.rows import TuplePlan, TupleSpans
from connectors.postgres.core.texts import date_days, time_micros, timestamp_micros, timetz_micros, whole_number
from connectors.postgres.types import TypeOptions, numbers
from schemas.core.writer import Writer
from tests.unit.postgres import wire
from tests.unit.postgres.encoding import fast, general


@pytest.mark.parametrize("text", ["2026-02-29", "1900-02-29", "2026-04-31", "2026-06-31", "2026-11-31", "0002-02-29 BC"])
def test_a_day_that_its_month_does_not_have(text: str) -> None:
    with pytest.raises(ValueError, match="not a date"):
        date_days(text.encode(), 0, len(text))


@pytest.mark.parametrize("text", ["2024-02-29", "2000-02-29", "0001-02-29 BC", "2026-12-31", "2026-04-30"])
def test_the_last_day_of_a_month(text: str) -> None:
    date_days(text.encode(), 0, len(text))


@pytest.mark.parametrize("text", ["25:00:00", "10:60:00", "10:00:60", "24:00:01", "24:00:00.000001", "24:01:00"])
def test_a_time_that_no_day_has(text: str) -> None:
    with pytest.raises(ValueError, match="not a time"):
        time_micros(text.encode(), 0, len(text))


def test_the_end_of_a_day_is_a_time_but_no_timestamp() -> None:
    assert time_micros(b"24:00:00", 0, 8) == 86_400_000_000
    with pytest.raises(ValueError, match="not a timestamp"):
        timestamp_micros(b"2026-01-01 24:00:00", 0, 19)


@pytest.mark.parametrize("zone", ["-05+00", "+05.30", "+05:30.15", "-05:00+00"])
def test_a_time_zone_without_its_colons(zone: str) -> None:
    with pytest.raises(ValueError, match="time zone"):
        timetz_micros(f"10:11:12{zone}".encode(), 0, 8 + len(zone))


@pytest.mark.parametrize("text", ["1_234567890123456789", " 123456789012345678", "123456789012345678 ", "-1_23456789012345678"])
def test_a_long_whole_number_is_nothing_but_digits(text: str) -> None:
    with pytest.raises(ValueError, match="whole number"):
        whole_number(text.encode(), 0, len(text))


@pytest.mark.parametrize("text", ["1e400", "-1e400"])
def test_a_float_beyond_64_bits_is_an_infinity_fast_and_general(text: str) -> None:
    assert fast(numbers.float8(), text.encode()) == general(numbers.float8(), text.encode())


@pytest.mark.parametrize("codec", [
    numbers.float4(), numbers.float8(), numbers.numeric(-1, TypeOptions(decimal="double")), numbers.numeric(-1, TypeOptions()),
    numbers.numeric((9 << 16 | 2) + 4, TypeOptions())])
@pytest.mark.parametrize("text", [b"secret", b"1_0", b"1e-_7", b""])
def test_a_number_that_is_none_is_refused_fast_and_general(codec: Codec, text: bytes) -> None:
    with pytest.raises(CellError) as quick:
        fast(codec, text)
    with pytest.raises(ValueError) as slow:
        general(codec, text)
    assert "secret" not in f"{quick.value}{slow.value}"


def test_a_real_beyond_32_bits_is_refused_fast_and_general() -> None:
    with pytest.raises(CellError):
        fast(numbers.float4(), b"1e39")
    with pytest.raises(ValueError):
        general(numbers.float4(), b"1e39")


@pytest.mark.parametrize("text", [b"1e999999", b"1e5", b"1e-999999"])
def test_a_few_bytes_are_no_number_of_many_digits(text: bytes) -> None:
    for typmod in (-1, (9 << 16 | 2) + 4):
        with pytest.raises(ValueError, match="not a number"):
            general(numbers.numeric(typmod, TypeOptions()), text)


def test_arithmetic_that_fails_names_the_column() -> None:
    def failing(raw: bytes, writer: Writer) -> None:
        raise ZeroDivisionError("no")

    spans = TupleSpans()
    spans.parse(wire.row(["1"]), 0)
    with pytest.raises(CellError) as e:
        TuplePlan([(0, CALL, 0, b"", None, None, failing)]).write(spans, Writer(), None)
    assert e.value.column == 0
