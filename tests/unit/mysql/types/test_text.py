"""Texts, labels, bytes, UUIDs and addresses, geometries and vectors."""

from __future__ import annotations

import struct
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mysql.core import codes
from connectors.mysql.structure import ColumnDef, Flavor, Wire
from connectors.mysql.types import Charsets, Codec, TypeOptions, codec_of, select_expression
from connectors.mysql.types.text import inet6_text
from schemas.model import Value

CHARSETS = Charsets()


def codec(column: ColumnDef, wire: Wire | None = None, options: TypeOptions | None = None) -> Codec:
    found = codec_of(column, wire, options or TypeOptions(), CHARSETS)
    assert found is not None
    return found


def read(kind: str, raw: bytes, wire: Wire | None = None, **more: object) -> Value:
    return codec(ColumnDef("c", kind).but(**more), wire).read(raw)


def test_utf8_is_copied_and_other_sets_are_decoded() -> None:
    for charset, fast in (("utf8mb4", codes.UTF8), ("ascii", codes.UTF8), ("latin1", codes.CALL), ("utf16", codes.CALL)):
        for wire in (None, Wire(15, 40), Wire(254, 40)):
            made = codec(ColumnDef("c", "char", charset=charset), wire)
            assert made.fast == fast and made.character and made.unavailable == "__debezium_unavailable_value"


def test_the_log_cuts_the_zero_bytes_of_a_binary_and_not_of_a_varbinary() -> None:
    assert read("binary", b"\1", Wire(254, 4), length=4) == b"\1\0\0\0" == read("binary", b"\1\0\0\0", length=4)
    assert read("binary", b"", Wire(254, 3)) == bytes(3)
    assert read("varbinary", b"\1", Wire(15, 4), length=4) == b"\1"
    column = ColumnDef("c", "binary", length=2)
    shown = {mode: codec(column, Wire(254, 2), TypeOptions(binary=mode)).read(b"\xfb")
             for mode in ("bytes", "base64", "base64-url-safe", "hex")}
    assert shown == {"bytes": b"\xfb\0", "base64": "+wA=", "base64-url-safe": "-wA=", "hex": "fb00"}
    assert codec(column, Wire(254, 2)).fast == codes.CALL and codec(ColumnDef("c", "blob"), Wire(252, 2)).fast == codes.RAW


def test_labels_are_plain_text() -> None:
    labels = ("a", "x,y", "it's", "back\\slash", "")
    one = codec(ColumnDef("e", "enum", charset="utf8mb4", labels=labels), Wire(247, 1))
    assert [one.read(bytes([n])) for n in range(6)] == ["", *labels]
    assert one.schema.parameters["allowed"] == "a,x\\,y,it's,back\\\\slash,"
    with pytest.raises(ValueError, match="label 6 of an ENUM that has 5"):
        one.read(b"\6")
    some = codec(ColumnDef("s", "set", charset="utf8mb4", labels=("r", "g", "b")), Wire(248, 1))
    assert [some.read(bytes([n])) for n in (0, 5, 7)] == ["", "r,b", "r,g,b"]
    with pytest.raises(ValueError, match="a member beyond the 3 of a SET"):
        some.read(b"\x08")
    for damaged in (b"", bytes(9)):
        with pytest.raises(ValueError, match="another size"):
            some.read(damaged)
        with pytest.raises(ValueError, match="another size"):
            one.read(damaged)
    assert read("enum", "é".encode("latin-1"), charset="latin1", labels=("é",)) == "é"
    assert read("set", "日,é".encode(), charset="utf8mb4") == "日,é"


@given(st.uuids())
def test_uuids_are_padded_on_the_right(value: uuid.UUID) -> None:
    raw = value.bytes.rstrip(b"\0")
    assert read("uuid", raw, Wire(254, 16)) == str(value) == read("uuid", str(value).upper().encode())


def test_addresses() -> None:
    assert read("inet4", b"\x0a", Wire(254, 4)) == "10.0.0.0" == read("inet4", b"10.0.0.0")
    assert read("inet6", b"\x20\x01\x0d\xb8", Wire(254, 16)) == "2001:db8::"
    assert inet6_text(bytes(10) + b"\xff\xff\1\2\3\4") == "::ffff:1.2.3.4"
    assert inet6_text(bytes.fromhex("00010000000200030004000500060007")) == "1::2:3:4:5:6:7"
    assert inet6_text(bytes.fromhex("00010002000300040005000600070008")) == "1:2:3:4:5:6:7:8"
    for kind, raw in (("inet4", bytes(5)), ("inet6", bytes(17)), ("uuid", bytes(17))):
        with pytest.raises(ValueError, match=f"a {kind} of more than"):
            read(kind, raw, Wire(254, 16))
    for kind, raw in (("inet4", b"x"), ("inet6", b"1;2"), ("uuid", b"12")):
        with pytest.raises(ValueError, match="as the server writes it"):
            read(kind, raw)


def test_geometries_are_split_into_srid_and_wkb() -> None:
    wkb = struct.pack("<BIdd", 1, 1, 19.04, 47.5)
    raw = (4326).to_bytes(4, "little") + wkb
    assert read("geometry", raw, Wire(255, 4)) == {"wkb": wkb, "srid": 4326} == read("geometry", raw)
    assert read("point", raw, Wire(255, 4)) == {"x": 19.04, "y": 47.5, "wkb": wkb, "srid": 4326}
    assert read("point", bytes(4) + struct.pack(">BIdd", 0, 1, 1.0, 2.0))["x"] == 1.0
    for bad in (b"", raw[:8], bytes(4) + b"\2" + wkb[1:]):
        with pytest.raises(ValueError, match="no SRID and WKB"):
            read("polygon", bad)
    for bad in (raw + b"\0", bytes(4) + struct.pack("<BIdd", 1, 2, 1.0, 2.0)):
        with pytest.raises(ValueError, match="no point"):
            read("point", bad)


def test_vectors_are_floats() -> None:
    assert read("vector", struct.pack("<3f", 1, 2.5, -3), Wire(242, 4)) == [1.0, 2.5, -3.0]
    with pytest.raises(ValueError, match="no row of floats"):
        read("vector", b"\0\0\0")


def test_floats_are_selected_exactly() -> None:
    def chosen(kind: str, scale: int | None = None) -> str | None:
        return select_expression(ColumnDef("a`b", kind, scale=scale), Flavor.MYSQL)

    assert chosen("float") == chosen("float", 2) == chosen("double", 3) == "`a``b` * 1e0"
    assert chosen("double") is None and chosen("decimal", 2) is None and chosen("point") is None


def test_the_configuration_decides() -> None:
    class Settings:
        flavor = Flavor.MARIADB
        decimal_handling_mode, binary_handling_mode, time_precision_mode = "string", "hex", "connect"
        bigint_unsigned_handling_mode, time_adjuster, unavailable_value_placeholder = "precise", False, "hex:00ff"

    options = TypeOptions.of(Settings())
    assert options == TypeOptions("string", "hex", "connect", "precise", False, Flavor.MARIADB, b"\0\xff")
    assert options.placeholder_text == "\0\ufffd"
