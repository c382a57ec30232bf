"""Numbers: what no server writes is refused, and the binary decimal is the decimal."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mysql.structure import ColumnDef, Wire
from connectors.mysql.types import Charsets, Codec, TypeOptions, codec_of
from connectors.mysql.types.wires import decimal_size, inflate, unscaled_decimal
from schemas.model import Type

CHARSETS = Charsets()


def codec(column: ColumnDef, wire: Wire | None = None, options: TypeOptions | None = None) -> Codec:
    found = codec_of(column, wire, options or TypeOptions(), CHARSETS)
    assert found is not None
    return found


def packed(number: int, precision: int, scale: int) -> bytes:
    """The binary form, digit group by digit group."""
    sizes = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)
    digits = str(abs(number)).rjust(precision, "0")
    whole = precision - scale
    cuts = [whole % 9] + [9] * (whole // 9) + [9] * (scale // 9) + [scale % 9]
    out, at = b"", 0
    for cut in cuts:
        if cut:
            out += int(digits[at:at + cut]).to_bytes(sizes[cut], "big")
            at += cut
    if number < 0:
        out = bytes(b ^ 0xFF for b in out)
    return bytes([out[0] ^ 0x80]) + out[1:]


@given(st.data())
def test_a_binary_decimal_is_its_unscaled_number(data: st.DataObject) -> None:
    precision = data.draw(st.integers(1, 65))
    scale = data.draw(st.integers(0, min(precision, 30)))
    number = data.draw(st.integers(-(10**precision) + 1, 10**precision - 1))
    raw = packed(number, precision, scale)
    assert len(raw) == decimal_size(precision, scale)
    assert unscaled_decimal(raw, precision, scale) == number
    column = ColumnDef("d", "decimal", length=precision, scale=scale)
    log = codec(column, Wire(246, precision | scale << 8))
    digits = str(abs(number)).rjust(scale + 1, "0")
    sql = ("-" if number < 0 else "") + (f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits)
    assert str(log.read(raw)) == str(codec(column).read(sql.encode())) == str(Decimal(sql)) or number == 0


@given(st.binary(max_size=40), st.integers(0, 70), st.integers(-3, 40))
def test_a_damaged_decimal_is_refused_or_a_number_within_its_precision(raw: bytes, precision: int, scale: int) -> None:
    try:
        number = unscaled_decimal(raw, precision, scale)
    except ValueError:
        return
    assert abs(number) < 10**precision


@pytest.mark.parametrize(("kind", "wire", "size"), [
    ("tinyint", 1, 1), ("smallint", 2, 2), ("mediumint", 9, 3), ("int", 3, 4), ("bigint", 8, 8)])
@pytest.mark.parametrize("unsigned", [False, True])
def test_a_whole_number_is_in_its_range_in_both_forms(kind: str, wire: int, size: int, unsigned: bool) -> None:
    column = ColumnDef("n", kind, unsigned=unsigned)
    text = codec(column)
    log = codec(column, Wire(wire))
    low, high = (0, (1 << 8 * size) - 1) if unsigned else (-(1 << 8 * size - 1), (1 << 8 * size - 1) - 1)
    for number in (low, high, 0, 1):
        assert text.read(str(number).encode()) == log.read(number.to_bytes(size, "little", signed=not unsigned))
    for bad in (str(low - 1), str(high + 1), "1.5", "", "1e3", "- 1", "٣"):
        with pytest.raises(ValueError, match="whole number"):
            text.read(bad.encode())
    for raw in (b"", bytes(size - 1), bytes(size + 1)):
        with pytest.raises(ValueError, match="another size"):
            log.read(raw)


def test_another_type_in_the_log_than_is_known_is_told() -> None:
    kinds = (
        "tinyint", "bigint", "float", "double", "decimal", "bit", "year", "date", "time", "datetime", "timestamp", "char", "blob",
        "enum", "set", "json", "geometry", "point", "vector", "uuid", "inet4", "inet6")
    for kind in kinds:
        with pytest.raises(ValueError, match=f"column 'c' is known as {kind}, the binary log has type number 6"):
            codec_of(ColumnDef("c", kind, length=4), Wire(6), TypeOptions(), CHARSETS)


def test_a_type_that_is_not_known_has_no_codec() -> None:
    assert codec_of(ColumnDef("c", "xmltype"), None, TypeOptions(), CHARSETS) is None


def test_bits_are_little_endian_and_padded() -> None:
    nine = codec(ColumnDef("b", "bit", length=9), Wire(16, 0x0101))
    assert nine.read(b"\x01\x02") == b"\x02\x01"
    assert codec(ColumnDef("b", "bit"), Wire(16, 0x0101)).schema.parameters["length"] == "9"
    assert codec(ColumnDef("b", "bit", length=1)).schema.type is Type.BOOLEAN
    with pytest.raises(ValueError, match="another size"):
        nine.read(b"\x01")


def test_the_year_zero_is_zero() -> None:
    column = ColumnDef("y", "year")
    assert codec(column).read(b"0000") == codec(column, Wire(13)).read(b"\0") == 0
    assert codec(column).read(b"2155") == codec(column, Wire(13)).read(b"\xff") == 2155


def test_a_float_with_digits_is_the_widened_float() -> None:
    column = ColumnDef("f", "float", length=10, scale=2)
    assert codec(column).read(b"-0.009999999776482582") == codec(column, Wire(4, 4)).read(bytes.fromhex("0ad723bc"))
    assert codec(column).schema.type is Type.FLOAT64 and codec(ColumnDef("f", "float")).schema.type is Type.FLOAT32
    for bad in (b"x", b"1e39"):
        with pytest.raises(ValueError, match="a float"):
            codec(ColumnDef("f", "float")).read(bad)


def test_compressed_values_of_mariadb_are_inflated_within_what_they_say() -> None:
    import zlib

    text = b"ab" * 400
    raw = b"\x82" + len(text).to_bytes(2, "big") + zlib.compress(text)
    assert inflate(raw) == text and inflate(b"\0plain") == b"plain" and inflate(b"") == b""
    stream = zlib.compressobj(wbits=-15)
    assert inflate(b"\x8a" + len(text).to_bytes(2, "big") + stream.compress(text) + stream.flush()) == text
    lies = [b"\x82" + (len(text) + n).to_bytes(2, "big") + raw[3:] for n in (-1, 1)]
    for bad in (b"\x90x", b"\x80x", b"\x82\x01", b"\x82\x03\x20x", raw[:-3], *lies):
        with pytest.raises(ValueError, match="compressed"):
            inflate(bad)
    column = ColumnDef("c", "varchar", charset="utf8mb4", compressed=True)
    assert codec(column, Wire(141, 300)).read(raw) == text.decode()
    assert codec(column, Wire(141, 300)).fast == 0
