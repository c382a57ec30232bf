"""Character types, and the types that appear as the server's text."""

from __future__ import annotations

import base64
import hashlib
import uuid as uuids
from collections.abc import Callable, Sequence

from connectors.codec import Codec
from connectors.postgres.core.rows import TEXT
from connectors.postgres.types.options import TypeOptions
from schemas import model, semantic
from schemas.model import Schema, Value

__all__ = ["bits", "bytea", "character", "enum", "json", "opaque", "plain", "uuid"]


def _text(raw: bytes) -> str:
    return raw.decode("utf-8")


def plain(options: TypeOptions, schema: Schema = model.STRING) -> Codec:
    """The server's text as it is, under a schema of type STRING."""
    return Codec(schema, _text, "", TEXT, unavailable=options.placeholder_text)


def character(options: TypeOptions) -> Codec:
    """text, varchar, char(n) with its padding, name, citext."""
    return plain(options).but(literal=True, computed="", character=True)


def json(options: TypeOptions) -> Codec:
    """json and jsonb."""
    return plain(options, semantic.json()).but(zero="{}", literal=True, computed="{}")


def uuid(options: TypeOptions) -> Codec:
    """uuid."""
    return plain(options, semantic.uuid()).but(
        literal=True, computed=str(uuids.UUID(int=0)),
        unavailable=str(uuids.UUID(bytes=_md5(options.placeholder), version=3)))


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def enum(labels: Sequence[str], options: TypeOptions) -> Codec:
    """An enum with its labels in order."""
    return plain(options, semantic.enum(labels)).but(literal=True, computed="")


def bytea(options: TypeOptions) -> Codec:
    """bytea, which the session makes the server write in hexadecimal."""
    return _binary(_bytes, options)


def opaque(options: TypeOptions) -> Codec:
    """A type that is not known, as the bytes of its text (include.unknown.datatypes)."""
    return _binary(lambda raw: raw, options)


def _bytes(raw: bytes) -> bytes:
    if raw[:2] != b"\\x":
        raise ValueError("not a bytea as the server writes it with bytea_output=hex")
    return bytes.fromhex(raw[2:].decode("ascii"))


def _binary(read: Callable[[bytes], bytes], options: TypeOptions) -> Codec:
    p = options.placeholder
    match options.binary:
        case "base64":
            return Codec(model.STRING, lambda raw: base64.b64encode(read(raw)).decode(), "",
                         unavailable=base64.b64encode(p).decode())
        case "base64-url-safe":
            return Codec(model.STRING, lambda raw: base64.urlsafe_b64encode(read(raw)).decode(), "",
                         unavailable=base64.urlsafe_b64encode(p).decode())
        case "hex":
            return Codec(model.STRING, lambda raw: read(raw).hex(), "", unavailable=options.placeholder_text)
        case _:
            return Codec(model.BYTES, read, b"", unavailable=p)


def bits(typmod: int, fixed: bool) -> Codec:
    """bit(n) (``fixed``) and bit varying(n): BOOLEAN for one bit, else little-endian bytes without high zeros."""
    length = typmod if typmod > 0 else 1 if fixed else 2147483647
    if length == 1:
        return Codec(model.BOOLEAN, lambda raw: _bit_number(raw) == 1, False)
    return Codec(semantic.bits(length), _bits, b"")


def _bit_number(raw: bytes) -> int:
    if raw.strip(b"01"):
        raise ValueError("not a bit string as PostgreSQL writes it")
    return int(raw, 2) if raw else 0


def _bits(raw: bytes) -> Value:
    number = _bit_number(raw)
    return number.to_bytes((number.bit_length() + 7) // 8, "little")
