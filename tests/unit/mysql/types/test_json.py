"""JSON: the server's text without spaces on both paths, bounded whatever the bytes, and changed as the server changes it."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mysql.core.document import write_document
from connectors.mysql.structure import ColumnDef, Wire
from connectors.mysql.types import Charsets, TypeOptions, codec_of
from connectors.mysql.types.json_diff import apply_diffs, packed_number
from connectors.mysql.types.json_dom import Json, encode, parse
from connectors.mysql.types.json_text import compact, double_text, json_text, walked_text
from connectors.mysql.types.json_walk import Opaque, UInt
from schemas.core.writer import Writer

CORPUS = Path(__file__).parents[3] / "fuzz" / "corpus"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.integers(0, 2**64 - 1).map(UInt) | texts | st.floats(
    allow_nan=False, allow_infinity=False)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12)


def ordered(value: Json) -> Json:
    """With keys in the server's order."""
    if isinstance(value, dict):
        return {k: ordered(value[k]) for k in sorted(value, key=lambda k: (len(k.encode()), k.encode()))}
    return [ordered(v) for v in value] if isinstance(value, list) else value


@given(documents)
def test_a_document_and_its_binary_form_are_one(document: Json) -> None:
    raw = encode(document)
    assert repr(parse(raw)) == repr(ordered(document))
    text = json_text(raw)
    assert compact(text) == text and json.loads(text) == json.loads(json.dumps(document))
    spaced = json.dumps(json.loads(text), ensure_ascii=False)
    assert json.loads(compact(spaced)) == json.loads(text)


@pytest.mark.parametrize("path", sorted((CORPUS / "json").glob("*")), ids=lambda p: p.name)
def test_what_servers_wrote_is_written_again_byte_for_byte_and_reads_as_their_text(path: Path) -> None:
    raw = path.read_bytes()
    assert encode(parse(raw)) == raw
    assert json_text(raw) == compact((CORPUS / "json_server_text" / path.name).read_text())


OPAQUES = st.builds(Opaque, st.sampled_from([245, 10, 11, 12, 246, 253, 15, 99]), st.binary(max_size=9))


@given(st.recursive(scalars | OPAQUES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
                    max_leaves=12), st.integers(0, 60), st.none() | st.integers(0, 255))
def test_the_core_writes_the_same_text_or_leaves_the_document(document: Json, at: int, byte: int | None) -> None:
    raw = encode(document)
    if byte is not None and at < len(raw):
        raw = raw[:at] + bytes([byte]) + raw[at + 1:]

    def outcome(text: Callable[[bytes], str]) -> str | None:
        try:
            return text(raw)
        except ValueError:
            return None

    walked = outcome(walked_text)
    assert outcome(json_text) == walked
    writer = Writer()
    if write_document(b"before" + raw + b"behind", 6, 6 + len(raw), writer, None):
        assert writer.take().decode() == walked
    else:
        assert writer.size() == 0


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_keeps_its_value_and_is_told_from_a_whole_number(value: float) -> None:
    text = double_text(value)
    assert float(text) == value and math.copysign(1, float(text)) == math.copysign(1, value)
    assert ("." in text or "e" in text) and "+" not in text


@pytest.mark.parametrize(("value", "text"), [
    (1e100, "1e100"), (-0.0, "-0.0"), (1e15, "1e15"), (1e14, "100000000000000.0"),
    (999999999999999.9, "999999999999999.9"), (1234567890123456.5, "1234567890123456.5"),
    (12345678901234567890.0, "1.2345678901234567e19"), (1e-15, "0.000000000000001"), (1e-16, "1e-16"),
    (-1.5e-20, "-1.5e-20"), (5e-324, "5e-324"), (0.00001, "0.00001"), (1e22, "1e22"),
])
def test_doubles_are_printed_as_the_server_does(value: float, text: str) -> None:
    assert double_text(value) == text


@pytest.mark.parametrize(("value", "text"), [
    (Opaque(15, b"abc"), '"base64:type15:YWJj"'), (Opaque(253, "é".encode()), '"é"'),
    (Opaque(246, bytes.fromhex("0503" "8c" "0154")), "12.340"), (Opaque(246, bytes.fromhex("0502" "7fffcd")), "-0.50"),
    (Opaque(16, bytes(58)), '"base64:type16:' + "A" * 76 + '\\nAA=="'),
])
def test_values_without_a_json_twin(value: Opaque, text: str) -> None:
    assert json_text(encode(value)) == text


def test_an_empty_document_is_null() -> None:
    assert json_text(b"") == "null" and parse(b"") is None


def _nested(depth: int) -> bytes:
    raw = b"\x02\x00\x00\x04\x00"
    for _ in range(depth - 1):
        body = raw[1:]
        raw = b"\x02" + struct.pack("<HHBH", 1, 7 + len(body), 2, 7) + body
    return raw


def test_depth_ends_where_the_servers_does() -> None:
    assert json_text(_nested(100)) == "[" * 100 + "]" * 100
    for read in (json_text, parse):
        with pytest.raises(ValueError, match="nested deeper than 100"):
            read(_nested(101))
    deep: Json = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(ValueError, match="nested deeper than 100"):
        encode(deep)


def test_members_that_share_their_bytes_do_not_blow_up() -> None:
    """Each of six levels has thirty members that are all the next level: a tree of 30^6 members in 1.5 kB."""
    raw = b"\x00\x00\x04\x00"
    for _ in range(6):
        head = 4 + 30 * 3
        raw = struct.pack("<HH", 30, head + len(raw)) + struct.pack("<BH", 2, head) * 30 + raw
    for read in (json_text, parse):
        with pytest.raises(ValueError, match="share their bytes"):
            read(b"\x02" + raw)


@pytest.mark.parametrize(("raw", "why"), [
    ("02", "cut off"), ("02 0100 0700", "larger than its place"), ("02 ffff 0400", "larger than its place"),
    ("00 0100 0b00 0b00 0100 04 0000", "key outside"), ("02 0100 0700 0c 0700", "member outside"), ("04 03", "literal"),
    ("04", "literal"), ("05 01", "cut off"), ("0a 00000000000000", "cut off"), ("0b 000000000000f07f", "not finite"),
    ("0b 00", "cut off"), ("0c 05 61", "cut off"), ("0c ffffffffff 61", "without its length"),
    ("0c 80", "without its length"), ("0c 01 ff", "not UTF-8"), ("0d", "unknown type 13"), ("0f 0f", "cut off"),
    ("0f f6 01 05", "decimal"), ("0f 0a 01 00", "eight bytes"), ("0f 0c 08 000000000000ff80", "before all dates"),
    ("0f 0b 08 00000000ffff0000", "no clock"),
])
def test_damaged_documents_are_refused(raw: str, why: str) -> None:
    for read in (json_text, lambda data: json_text(encode(parse(data)))):
        with pytest.raises(ValueError, match=why):
            read(bytes.fromhex(raw))


def test_values_that_no_document_can_hold() -> None:
    for value, why in ((2**64, "64 bits"), (object(), "no JSON document"), ({"k" * 70000: 1}, "65535 bytes")):
        with pytest.raises(ValueError, match=why):
            encode(value)


@pytest.mark.parametrize("bad", ["", " ", '"open', '{"a": "b}', '"a\\"'])
def test_a_text_that_does_not_end_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="not a JSON document as the server writes it"):
        compact(bad)


def test_the_column_reads_both_forms() -> None:
    column, options = ColumnDef("j", "json"), TypeOptions()
    text, log = codec_of(column, None, options, Charsets()), codec_of(column, Wire(245, 4), options, Charsets())
    assert text is not None and log is not None
    assert text.read(b'{"a": [1, 2.50, "x  y"]}') == '{"a":[1,2.50,"x  y"]}'
    assert log.read(encode({"a": [1]})) == '{"a":[1]}'
    with pytest.raises(ValueError, match="not UTF-8"):
        text.read(b'"\xff"')


def change(kind: int, path: str, value: Json = None) -> bytes:
    raw = path.encode()
    out = bytes([kind, len(raw)]) + raw
    document = encode(value)
    return out if kind == 2 else out + bytes([len(document)]) + document


@pytest.mark.parametrize(("kind", "path", "value", "after"), [
    (0, "$.a", 2, {"a": 2, "l": [1, 2]}), (0, "$.l[1]", "x", {"a": 1, "l": [1, "x"]}),
    (1, "$.b", None, {"a": 1, "b": None, "l": [1, 2]}), (1, "$.l[0]", 0, {"a": 1, "l": [0, 1, 2]}),
    (1, "$.l[9]", 3, {"a": 1, "l": [1, 2, 3]}), (2, "$.a", None, {"l": [1, 2]}),
    (2, "$.l[0]", None, {"a": 1, "l": [2]}), (1, '$."odd key.[1]"', 1, {"a": 1, "l": [1, 2], "odd key.[1]": 1}),
    (1, '$."q\\"\\u00e9"', 1, {"a": 1, "l": [1, 2], 'q"é': 1}), (1, "$.é", 1, {"a": 1, "é": 1, "l": [1, 2]}),
])
def test_changes_are_applied(kind: int, path: str, value: Json, after: Json) -> None:
    changed = apply_diffs(encode({"a": 1, "l": [1, 2]}), change(kind, path, value))
    assert parse(changed) == after
    assert apply_diffs(changed, b"") is changed


@pytest.mark.parametrize(("changes", "why"), [
    (change(0, "$.x", 1), "does not have"), (change(2, "$.l[2]"), "does not have"),
    (change(1, "$.a", 1), "does not have"), (change(1, "$.a[0]", 1), "does not have"),
    (change(0, "$.l.x", 1), "does not have"), (change(0, "$.x.y", 1), "does not have"),
    (change(0, "$", 1), "whole document"), (change(0, "a", 1), "start at the root"),
    (change(0, "$..a", 1), "unknown form"), (change(0, "$[*]", 1), "unknown form"), (b"\x03\x01$", "unknown kind 3"),
    (b"\x02\xff", "cut off"), (b"\x02\x09$.a", "cut off"), (b"\x02\xfc\x01", "cut off"), (b"\x00\x03$.a", "cut off"),
    (b"\x02\x03$.\xff", "not UTF-8"), (b"\x00\x03$.a\x02\x0d\x00", "unknown type"),
])
def test_changes_that_do_not_fit_are_refused(changes: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        apply_diffs(encode({"a": 1, "l": [1, 2]}), changes)


def test_packed_numbers() -> None:
    assert packed_number(b"\xfa", 0) == (250, 1)
    assert packed_number(b"\xfc\1\2", 0) == (513, 3) and packed_number(b"\xfd\1\2\3", 0) == (197121, 4)
    assert packed_number(b"\xfe" + bytes(7) + b"\1", 0) == (1 << 56, 9)
