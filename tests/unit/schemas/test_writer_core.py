import io
import os
import struct

import fastavro
import pytest

import schemas.core.writer as writer_module
from schemas.core.writer import Writer
from schemas.core_select import implementation, load, loaded


def written(method: str, value: object) -> bytes:
    w = Writer()
    getattr(w, method)(value)
    return w.take()


def test_the_core_that_runs_is_the_one_that_was_asked_for() -> None:
    load("schemas.core.writer")
    asked = os.environ.get("HEADGATE_CORE", "auto") or "auto"
    native = not str(writer_module.__file__).endswith(".py")
    assert loaded()["schemas.core.writer"] == ("native" if native else "python")
    if asked != "auto":
        assert loaded()["schemas.core.writer"] == asked
        assert implementation() == asked


@pytest.mark.parametrize(("value", "expected"), [
    (0, "00"), (-1, "01"), (1, "02"), (-2, "03"), (2, "04"), (-64, "7f"), (64, "8001"), (-65, "8101"), (8192, "808001"),
    (2**31 - 1, "feffffff0f"), (-(2**31), "ffffffff0f"),
    (2**63 - 1, "feffffffffffffffff01"), (-(2**63), "ffffffffffffffffff01"),
])
def test_a_long_is_zig_zag_with_the_low_group_first(value: int, expected: str) -> None:
    assert written("write_long", value).hex() == expected


@pytest.mark.parametrize("value", [0, 1, -1, 127, 128, -129, 2**14, 2**21, 2**35, -(2**42), 2**56, 2**62, 2**63 - 1, -(2**63)])
def test_a_long_is_what_fastavro_writes(value: int) -> None:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, "long", value)
    assert written("write_long", value) == out.getvalue()


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 2**100, -(2**100)])
def test_a_number_of_more_than_64_bits_is_an_overflow(value: int) -> None:
    w = Writer()
    with pytest.raises(OverflowError):
        w.write_long(value)
    assert w.size() == 0


@pytest.mark.parametrize("value", [0.0, -0.0, 1.5, 3.4028234663852886e38, 1e-45, float("inf"), float("-inf")])
def test_a_float_is_four_bytes_little_endian(value: float) -> None:
    assert written("write_float", value) == struct.pack("<f", value)


@pytest.mark.parametrize("value", [0.0, 1.5, 1.7976931348623157e308, 5e-324, float("inf")])
def test_a_double_is_eight_bytes_little_endian(value: float) -> None:
    assert written("write_double", value) == struct.pack("<d", value)


def test_a_finite_number_too_large_for_a_float_is_an_overflow_not_infinity() -> None:
    with pytest.raises(OverflowError):
        written("write_float", 1e39)


def test_nan_stays_nan() -> None:
    assert written("write_double", float("nan")) == struct.pack("<d", float("nan"))


@pytest.mark.parametrize(("value", "expected"), [(True, b"\x01"), (False, b"\x00")])
def test_a_boolean_is_one_byte(value: bool, expected: bytes) -> None:
    assert written("write_boolean", value) == expected


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_of_every_kind_have_their_length_before_them(kind: type) -> None:
    assert written("write_bytes", kind(b"\x00\xff\x00")) == b"\x06\x00\xff\x00"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_raw_bytes_have_nothing_before_them(kind: type) -> None:
    assert written("write_raw", kind(b"\x00\xff")) == b"\x00\xff"


@pytest.mark.parametrize("value", [5, "text", None, 1.5])
def test_what_is_not_bytes_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        written("write_raw", value)
    with pytest.raises(TypeError):
        written("write_bytes", value)


def test_a_string_is_utf8_with_its_length_in_bytes() -> None:
    assert written("write_string", "é€😀") == bytes([18]) + "é€😀".encode()


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        written("write_string", "a\ud800")


@pytest.mark.parametrize(("start", "end"), [(0, 0), (0, 6), (2, 4), (6, 6)])
def test_a_part_of_bytes_is_written_as_the_slice_would_be(start: int, end: int) -> None:
    w = Writer()
    w.write_part(b"abcdef", start, end)
    assert w.take() == written("write_bytes", b"abcdef"[start:end])


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2), (0, 7), (7, 8), (2**40, 2**41)])
def test_a_part_outside_the_bytes_is_refused(start: int, end: int) -> None:
    w = Writer()
    with pytest.raises(ValueError, match="bytes"):
        w.write_part(b"abcdef", start, end)
    assert w.size() == 0


@pytest.mark.parametrize("size", [0, 1, 1013, 1014, 1023, 1024, 1025, 5000, 3_000_000])
def test_the_buffer_grows_as_needed_around_its_edges(size: int) -> None:
    w = Writer()
    w.write_long(7)
    w.write_raw(b"x" * size)
    w.write_long(2**62)
    w.write_bytes(b"y" * size)
    w.write_boolean(True)
    out = w.take()
    assert out[0] == 14
    assert out[1:1 + size] == b"x" * size
    assert out.endswith(b"y" * size + b"\x01")
    assert w.size() == 0 and w.take() == b""


def test_after_a_huge_record_small_ones_are_right() -> None:
    w = Writer()
    w.write_raw(b"x" * 2_000_000)
    assert len(w.take()) == 2_000_000
    w.write_string("small")
    assert w.take() == b"\x0asmall"


def test_truncate_goes_back_and_what_follows_overwrites() -> None:
    w = Writer()
    w.write_raw(b"abcdef")
    w.truncate(2)
    assert w.size() == 2
    w.write_raw(b"X")
    assert w.take() == b"abX"


@pytest.mark.parametrize("size", [-1, 4])
def test_truncate_beyond_what_is_there_is_refused(size: int) -> None:
    w = Writer()
    w.write_raw(b"abc")
    with pytest.raises(ValueError, match="truncate"):
        w.truncate(size)


def test_bytes_taken_do_not_change_afterwards() -> None:
    w = Writer()
    w.write_raw(b"first")
    taken = w.take()
    w.write_raw(b"later")
    assert taken == b"first"
