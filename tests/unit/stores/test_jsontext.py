"""JSON as Java's Jackson writes it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect.stores.jsontext import dumps, loads


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"server": "x"}, '{"server":"x"}'), (["a", {"b": 1, "a": None}], '["a",{"b":1,"a":null}]'), (True, "true"),
        ("żółw/日本", '"żółw/日本"'), ('"\\\b\f\n\r\t\x00\x1f', '"\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001F"'),
        (2**63 - 1, "9223372036854775807"),
        (1.0, "1.0"), (-0.0, "-0.0"), (0.1, "0.1"), (1e7, "1.0E7"), (9999999.0, "9999999.0"), (1e-3, "0.001"), (9.5e-4, "9.5E-4"),
        (1.5e300, "1.5E300"), (-123456.789, "-123456.789"), (1e21, "1.0E21"), (123e10, "1.23E12"),
    ],
)
def test_a_value_is_written_as_java_does(value: Any, text: str) -> None:
    assert dumps(value).decode() == text


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_has_no_number_for_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="no form in JSON"):
        dumps(value)


@pytest.mark.parametrize("value", [b"x", {1: "x"}, object(), {"a": {1, 2}}])
def test_what_json_has_no_form_for_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        dumps(value)


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())


@given(st.recursive(scalars, lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(), x, max_size=3), max_leaves=6))
def test_what_is_written_is_read_back(value: Any) -> None:
    assert loads(dumps(value)) == value
    assert json.loads(dumps(value).decode("utf-8", "surrogatepass")) == value


def test_text_that_is_no_json_is_refused_without_showing_it() -> None:
    with pytest.raises(ValueError, match="not JSON at character") as caught:
        loads(b'{"password": s3cret}')
    assert "s3cret" not in str(caught.value)
