"""The compiled codecs of numeric and timestamptz write what the general ones write, or leave the value to them."""

from __future__ import annotations

import pytest

from connectors.postgres.types import TypeOptions
from connectors.postgres.types.numbers import numeric
from connectors.postgres.types.temporal import timestamptz
from tests.unit.postgres.encoding import fast, general


def typmod(precision: int, scale: int) -> int:
    return (precision << 16 | scale) + 4


NUMBERS = [
    "0", "0.00", "-0.01", "1", "-1", "127", "128", "-128", "-129", "255", "256", "32767", "32768", "-32768", "-32769",
    "99999999999999.99", "-99999999999999.99", "999999999999999999", "9999999999999999999", "12345678901234567890.12", "0.5",
]


@pytest.mark.parametrize("scale", [0, 2, 6, 18])
@pytest.mark.parametrize("text", NUMBERS)
def test_a_numeric_is_the_same_fast_and_general(text: str, scale: int) -> None:
    codec = numeric(typmod(38, scale), TypeOptions())
    assert fast(codec, text.encode()) == general(codec, text.encode())


@pytest.mark.parametrize("text", ["", "-", ".", "NaN", "Infinity", "-Infinity", "1,5", "--1", "1.2.3", "+"])
def test_a_numeric_that_is_none_is_refused_by_both(text: str) -> None:
    codec = numeric(typmod(10, 2), TypeOptions())
    for write in (general, fast):
        try:
            written = write(codec, text.encode())
        except (ValueError, ArithmeticError):
            written = b"refused"
        assert written == b"refused"


INSTANTS = [
    "2026-01-01 00:00:00+00", "2026-01-01 00:00:01.5+00", "1999-12-31 23:59:59.123456+00", "0001-01-01 00:00:00+00",
    "9999-12-31 23:59:59.999999+00", "10000-01-01 00:00:00+00", "21016-11-04 06:51:30.123456+00", "0044-03-15 00:00:00+00 BC",
    "infinity", "-infinity",
]


@pytest.mark.parametrize("digits", [-1, 0, 3, 6])
@pytest.mark.parametrize("text", INSTANTS)
def test_an_instant_is_the_same_fast_and_general(text: str, digits: int) -> None:
    codec = timestamptz(digits)
    if digits in (0, 3) and "." in text:
        text = text.replace(".123456", ".123").replace(".999999", ".999") if digits else text.split(".")[0] + "+00"
    assert fast(codec, text.encode()) == general(codec, text.encode())


@pytest.mark.parametrize("text", ["2026-01-01 00:00:00", "2026-13-01 00:00:00+00", "2026-01-01T00:00:00+00", "x" * 25])
def test_a_text_that_is_no_instant_is_refused_by_both_or_read_alike(text: str) -> None:
    codec = timestamptz(-1)
    results = []
    for write in (general, fast):
        try:
            results.append(write(codec, text.encode()))
        except ValueError:
            results.append(b"refused")
    assert results[0] == results[1]
