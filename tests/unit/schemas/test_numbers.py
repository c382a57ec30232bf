from decimal import Decimal

import pytest

from schemas.model import BYTES, CONNECT_DECIMAL, Schema, SchemaError, Type, decimal_of
from schemas.numbers import decimal_bytes, decimal_of_bytes, decimal_scale, unscaled_bytes


@pytest.mark.parametrize(("n", "expected"), [
    (0, "00"), (1, "01"), (-1, "ff"), (127, "7f"), (128, "0080"), (-128, "80"), (-129, "ff7f"), (255, "00ff"), (256, "0100"),
    (-256, "ff00"), (32767, "7fff"), (-32768, "8000"), (2**63, "008000000000000000"),
])
def test_a_whole_number_has_javas_shortest_bytes(n: int, expected: str) -> None:
    assert unscaled_bytes(n).hex() == expected
    assert int.from_bytes(unscaled_bytes(n), "big", signed=True) == n


@pytest.mark.parametrize(("text", "scale"), [
    ("0.00", 2), ("-1.28", 2), ("1E2", -2), ("123456789012345678901234567890.5", 1), ("0E-16383", 16383)])
def test_a_decimal_comes_back_with_its_scale(text: str, scale: int) -> None:
    back = decimal_of_bytes(decimal_bytes(decimal_of(scale), Decimal(text)), scale)
    assert back.as_tuple() == Decimal(text).as_tuple()


@pytest.mark.parametrize("schema", [
    BYTES.but(name=CONNECT_DECIMAL), Schema(Type.BYTES, name=CONNECT_DECIMAL).but(parameters={"scale": "x"})])
def test_a_decimal_schema_without_a_scale_is_an_error(schema: Schema) -> None:
    with pytest.raises(SchemaError, match="scale"):
        decimal_scale(schema)
