import pytest

from schemas.model import SchemaError
from schemas.wire import FRAME_SIZE, frame, unframe


@pytest.mark.parametrize(("schema_id", "expected"), [
    (0, "0000000000"), (1, "0000000001"), (0x01020304, "0001020304"), (2**32 - 1, "00ffffffff")])
def test_a_frame_is_zero_and_the_id_big_endian(schema_id: int, expected: str) -> None:
    assert frame(schema_id).hex() == expected
    assert len(frame(schema_id)) == FRAME_SIZE
    assert unframe(frame(schema_id) + b"body") == (schema_id, b"body")


@pytest.mark.parametrize("schema_id", [-1, 2**32])
def test_an_id_that_does_not_fit_is_refused(schema_id: int) -> None:
    with pytest.raises(SchemaError, match="four bytes"):
        frame(schema_id)


@pytest.mark.parametrize(("data", "reason"), [
    (b"", "too few"), (b"\x00\x00\x00\x01", "too few"), (b"\x01" + bytes(16), "GUID"), (b'{"a":1}', "0x7b"),
    (b"\xff" * 9, "0xff"),
])
def test_what_is_no_frame_is_an_error_saying_what_it_looks_like(data: bytes, reason: str) -> None:
    with pytest.raises(SchemaError, match=reason):
        unframe(data)
