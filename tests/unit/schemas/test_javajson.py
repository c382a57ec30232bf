import json
import struct
from decimal import Decimal
from typing import Any

import pytest

from schemas.javajson import Float32, double_text, float_text, json_text, string_text


@pytest.mark.parametrize(("value", "expected"), [
    (0.0, "0.0"), (-0.0, "-0.0"), (1.0, "1.0"), (0.1, "0.1"), (100.0, "100.0"), (1234567.0, "1234567.0"),
    (9999999.0, "9999999.0"), (1e7, "1.0E7"), (-1e7, "-1.0E7"), (12345678.0, "1.2345678E7"), (1e10, "1.0E10"),
    (123456789.98765433, "1.2345678998765433E8"), (0.001, "0.001"), (0.00099, "9.9E-4"), (1e-7, "1.0E-7"), (-1.5e-5, "-1.5E-5"),
    (1e21, "1.0E21"), (1e22, "1.0E22"), (1e23, "1.0E23"), (1e100, "1.0E100"), (5e-324, "4.9E-324"), (2e-323, "2.0E-323"),
    (1.7976931348623157e308, "1.7976931348623157E308"), (2.2250738585072014e-308, "2.2250738585072014E-308"),
    (9007199254740992.0, "9.007199254740992E15"), (3.0e-3, "0.003"),
    (float("nan"), '"NaN"'), (float("inf"), '"Infinity"'), (float("-inf"), '"-Infinity"'),
])
def test_a_double_is_printed_as_java_does(value: float, expected: str) -> None:
    assert double_text(value) == expected


@pytest.mark.parametrize(("value", "expected"), [
    (0.0, "0.0"), (-0.0, "-0.0"), (1.5, "1.5"), (0.1, "0.1"), (0.333333, "0.333333"), (100.0, "100.0"),
    (16777216.0, "1.6777216E7"), (9.5367431640625e-07, "9.536743E-7"),
    (1234567.0, "1234567.0"), (9999999.0, "9999999.0"), (1e7, "1.0E7"), (0.001, "0.001"), (1e-5, "1.0E-5"), (1e10, "1.0E10"),
    (3.4028234663852886e38, "3.4028235E38"), (1.1754943508222875e-38, "1.17549435E-38"), (1e-45, "1.4E-45"), (3e-45, "2.8E-45"),
    (0.009999999776482582, "0.01"), (2.5e-3, "0.0025"), (123456.79, "123456.79"), (700000.0, "700000.0"),
    (float("nan"), '"NaN"'), (float("-inf"), '"-Infinity"'),
])
def test_a_float_is_printed_with_the_digits_of_32_bits(value: float, expected: str) -> None:
    assert float_text(value) == expected


@pytest.mark.parametrize("bits", [
    1, 2, 3, 0x007FFFFF, 0x00800000, 0x3DCCCCCD, 0x4B189680, 0x7F7FFFFF, 0x3F800001, 0x42F6E979, 0x358637BD])
def test_a_float_read_back_is_the_same_float(bits: int) -> None:
    value = struct.unpack("<f", bits.to_bytes(4, "little"))[0]
    assert struct.pack("<f", float(float_text(value))) == bits.to_bytes(4, "little")


def test_a_number_too_large_for_a_float_is_an_overflow() -> None:
    with pytest.raises(OverflowError):
        float_text(1e39)


@pytest.mark.parametrize(("text", "expected"), [
    ("", '""'), ('a"b\\c/', '"a\\"b\\\\c/"'), ("\n\r\t\b\f", '"\\n\\r\\t\\b\\f"'), ("\x00\x1f\x0b", '"\\u0000\\u001F\\u000B"'),
    ("é\u2028😀\x7f", '"é\u2028😀\x7f"'), ("\\u001f", '"\\\\u001f"'), ("\\\x1f", '"\\\\\\u001F"'),
])
def test_a_string_is_escaped_as_jackson_does(text: str, expected: str) -> None:
    assert string_text(text) == expected
    assert json.loads(expected) == text


@pytest.mark.parametrize(("tree", "expected"), [
    (None, "null"), (True, "true"), (False, "false"), (5, "5"), (1.5, "1.5"), (Float32(0.1), "0.1"), (Decimal("1E+3"), "1E+3"),
    ([], "[]"), ({}, "{}"), ({"a": [1, {"b": None}], "c": "d"}, '{"a":[1,{"b":null}],"c":"d"}'),
])
def test_a_tree_is_compact_json(tree: Any, expected: str) -> None:
    assert json_text(tree) == expected
