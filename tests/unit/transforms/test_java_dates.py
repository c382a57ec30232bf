from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect.transforms.javadate import JavaDateFormat

MOMENT = 1_709_210_096_007  # 2024-02-29T12:34:56.007Z, a Thursday


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2024-02-29T12:34:56.007Z"),
        ("yyyyMMddHHmmss", "20240229123456"),
        ("yy/M/d", "24/2/29"),
        ("d MMM yyyy", "29 Feb 2024"),
        ("EEEE, d MMMM yyyy", "Thursday, 29 February 2024"),
        ("hh:mm a", "12:34 PM"),
        ("KK:mm a", "00:34 PM"),
        ("kk", "12"),
        ("yyyy-DDD", "2024-060"),
        ("HH 'o''clock' z Z", "12 o'clock UTC +0000"),
    ],
)
def test_a_moment_is_printed_as_java_prints_it(pattern: str, text: str) -> None:
    assert JavaDateFormat(pattern).format(MOMENT) == text


@pytest.mark.parametrize(
    ("pattern", "text", "millis"),
    [
        ("yyyy-MM-dd", "2024-02-29", 1_709_164_800_000),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "2024-02-29T13:34:56+01:00", 1_709_210_096_000),
        ("yyyy-MM-dd HH:mm:ss Z", "2024-02-29 07:34:56 -0500", 1_709_210_096_000),
        ("d MMM yyyy hh:mm a", "29 feb 2024 12:34 pm", 1_709_210_040_000),
        ("yyyyMMdd", "20240229xyz", 1_709_164_800_000),
        ("yyyy-MM-dd", "2024-02-30", 1_709_251_200_000),
        ("yyyy", "1970", 0),
        ("yyyy-DDD", "2024-060", 1_709_164_800_000),
    ],
)
def test_a_text_is_read_as_java_reads_it(pattern: str, text: str, millis: int) -> None:
    assert JavaDateFormat(pattern).parse(text) == millis


@pytest.mark.parametrize("pattern", ["YYYY", "yyyy'", "w", "G"])
def test_a_pattern_that_is_not_understood_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"not supported|not closed"):
        JavaDateFormat(pattern)


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_what_is_printed_is_read_back(millis: int) -> None:
    form = JavaDateFormat("yyyy-MM-dd'T'HH:mm:ss.SSSXXX")
    assert form.parse(form.format(millis)) == millis
