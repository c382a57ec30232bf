"""The frame around a message body: magic byte 0 and the schema's id, four bytes, big endian (Confluent's wire format)."""

from __future__ import annotations

import struct

from schemas.model import SchemaError

__all__ = ["FRAME_SIZE", "frame", "unframe"]

FRAME_SIZE = 5
_FRAME = struct.Struct(">bI")
_MAGIC_ID = 0
_MAGIC_GUID = 1


def frame(schema_id: int) -> bytes:
    """The five bytes before a body. Raises SchemaError for an id that does not fit."""
    if not 0 <= schema_id < 2**32:
        raise SchemaError(f"schema id {schema_id} does not fit the four bytes of a frame")
    return _FRAME.pack(_MAGIC_ID, schema_id)


def unframe(data: bytes) -> tuple[int, bytes]:
    """The schema id and the body. Raises SchemaError when the bytes are no framed message, saying what they look like."""
    if len(data) < FRAME_SIZE:
        raise SchemaError(f"{len(data)} bytes are too few for a framed message (magic byte and schema id are {FRAME_SIZE})")
    magic, schema_id = _FRAME.unpack_from(data)
    if magic == _MAGIC_GUID:
        raise SchemaError("the message names its schema by GUID (magic byte 1); only ids (magic byte 0) can be read")
    if magic != _MAGIC_ID:
        raise SchemaError(
            f"the message starts with byte {magic & 0xFF:#04x}, not with magic byte 0: it was not written with a schema registry")
    return schema_id, data[FRAME_SIZE:]
