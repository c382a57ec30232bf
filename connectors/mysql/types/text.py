"""Character types, ENUM and SET, binary types, MariaDB's UUID and network addresses."""

from __future__ import annotations

import base64
import re
import uuid as uuids
from collections.abc import Callable, Sequence
from typing import TypeVar

from connectors.codec import Codec
from connectors.core.plan import CALL
from connectors.mysql.core import codes
from connectors.mysql.structure import ColumnDef, Wire
from connectors.mysql.types import wires
from connectors.mysql.types.charsets import Charsets, is_utf8
from connectors.mysql.types.options import TypeOptions
from schemas import model, semantic

__all__ = ["address", "binary", "character", "enum", "enum_set", "inet6_text", "uuid"]

T = TypeVar("T")


def character(column: ColumnDef, wire: Wire | None, options: TypeOptions, charsets: Charsets) -> Codec:
    """CHAR, VARCHAR and the TEXT family, decoded by the column's character set. CHAR comes without its padding, as the server
    gives it."""
    if wire is not None and wire.type not in wires.STRINGS + wires.BLOBS:
        raise wires.mismatch(column, wire)
    charset = column.charset or "utf8mb4"
    read, fast = charsets.decoder(charset), codes.UTF8 if is_utf8(charset) else CALL
    if _compressed(wire):
        read, fast = _inflated(read), CALL
    return Codec(model.STRING, read, "", fast, unavailable=options.placeholder_text, character=True)


def _compressed(wire: Wire | None) -> bool:
    return wire is not None and wire.type in (wires.BLOB_COMPRESSED, wires.VARCHAR_COMPRESSED)


def _inflated(read: Callable[[bytes], T]) -> Callable[[bytes], T]:
    return lambda raw: read(wires.inflate(raw))


def _escaped(labels: Sequence[str]) -> list[str]:
    """The labels for the ``allowed`` parameter, in which commas stand between them."""
    return [label.replace("\\", "\\\\").replace(",", "\\,") for label in labels]


def enum(column: ColumnDef, wire: Wire | None, options: TypeOptions, charsets: Charsets) -> Codec:
    """ENUM: the plain label, "" for what is none of the labels (index 0)."""
    schema, labels = semantic.enum(_escaped(column.labels)), column.labels
    if wire is None:
        return Codec(schema, charsets.decoder(column.charset or "utf8mb4"), "")
    if wire.type != wires.ENUM:
        raise wires.mismatch(column, wire)

    def read(raw: bytes) -> str:
        if not 1 <= len(raw) <= 2:
            raise ValueError("an ENUM of another size than its type")
        index = int.from_bytes(raw, "little")
        if index > len(labels):
            raise ValueError(f"label {index} of an ENUM that has {len(labels)}; the table is known otherwise than it was written")
        return labels[index - 1] if index else ""

    return Codec(schema, read, "")


def enum_set(column: ColumnDef, wire: Wire | None, options: TypeOptions, charsets: Charsets) -> Codec:
    """SET: the labels in their declared order with commas between them."""
    schema, labels = semantic.enum_set(_escaped(column.labels)), column.labels
    if wire is None:
        return Codec(schema, charsets.decoder(column.charset or "utf8mb4"), "")
    if wire.type != wires.SET:
        raise wires.mismatch(column, wire)

    def read(raw: bytes) -> str:
        if not 1 <= len(raw) <= 8:
            raise ValueError("a SET of another size than its type")
        members = int.from_bytes(raw, "little")
        if members >> len(labels):
            raise ValueError(f"a member beyond the {len(labels)} of a SET; the table is known otherwise than it was written")
        return ",".join(label for place, label in enumerate(labels) if members >> place & 1)

    return Codec(schema, read, "")


def binary(column: ColumnDef, wire: Wire | None, options: TypeOptions) -> Codec:
    """BINARY, VARBINARY and the BLOB family. The log cuts the zero bytes at the end of a BINARY(n): they are put back."""
    if wire is not None and wire.type not in wires.STRINGS + wires.BLOBS:
        raise wires.mismatch(column, wire)
    size = 0
    if column.type == "binary":
        size = column.length if column.length is not None else 1 if wire is None else wire.meta

    def padded(raw: bytes) -> bytes:
        return raw if len(raw) >= size else raw.ljust(size, b"\0")

    read: Callable[[bytes], bytes] = padded
    # In the text form a BINARY is whole.
    fast = codes.RAW if not size or wire is None else CALL
    if _compressed(wire):
        read, fast = _inflated(read), CALL
    return _binary(read, fast, bytes(size), options)


def _binary(read: Callable[[bytes], bytes], fast: int, zero: bytes, options: TypeOptions) -> Codec:
    p = options.placeholder
    match options.binary:
        case "base64":
            return Codec(model.STRING, lambda raw: base64.b64encode(read(raw)).decode(), base64.b64encode(zero).decode(),
                         unavailable=base64.b64encode(p).decode())
        case "base64-url-safe":
            return Codec(model.STRING, lambda raw: base64.urlsafe_b64encode(read(raw)).decode(),
                         base64.urlsafe_b64encode(zero).decode(), unavailable=base64.urlsafe_b64encode(p).decode())
        case "hex":
            return Codec(model.STRING, lambda raw: read(raw).hex(), zero.hex(), unavailable=options.placeholder_text)
        case _:
            return Codec(model.BYTES, read, zero, fast, unavailable=p)


def uuid(column: ColumnDef, wire: Wire | None) -> Codec:
    """MariaDB's UUID. The log has its bytes in the order of its text, whatever the order on disk, without the zero bytes at the
    end."""
    schema, zero = semantic.uuid(), str(uuids.UUID(int=0))
    if wire is None:
        return Codec(schema, _text_uuid, zero)
    return Codec(schema, _sixteen(column, wire, lambda raw: str(uuids.UUID(bytes=raw))), zero)


def _text_uuid(raw: bytes) -> str:
    if not re.fullmatch(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", raw):
        raise ValueError("not a UUID as the server writes it")
    return raw.decode("ascii").lower()


def _sixteen(column: ColumnDef, wire: Wire, form: Callable[[bytes], str], size: int = 16) -> Callable[[bytes], str]:
    if wire.type not in (wires.STRING, wires.VAR_STRING):
        raise wires.mismatch(column, wire)

    def read(raw: bytes) -> str:
        if len(raw) > size:
            raise ValueError(f"a {column.type} of more than {size} bytes")
        return form(raw.ljust(size, b"\0"))

    return read


def address(column: ColumnDef, wire: Wire | None) -> Codec:
    """MariaDB's INET4 and INET6 as the server's text."""
    if column.type == "inet4":
        zero, form, size = "0.0.0.0", _inet4, 4
    else:
        zero, form, size = "::", inet6_text, 16
    if wire is None:
        return Codec(model.STRING, _text_address, zero)
    return Codec(model.STRING, _sixteen(column, wire, form, size), zero)


def _text_address(raw: bytes) -> str:
    if not re.fullmatch(rb"[0-9a-fA-F:.]{2,39}", raw):
        raise ValueError("not an address as the server writes it")
    return raw.decode("ascii")


def _inet4(raw: bytes) -> str:
    return ".".join(map(str, raw))


def inet6_text(raw: bytes) -> str:
    """The server's text of an IPv6 address. The longest run of zero groups, be it one, is ``::``, the first of equal ones; an
    IPv4 address at the end stands as one."""
    groups = [raw[i] << 8 | raw[i + 1] for i in range(0, 16, 2)]
    best, at, i = 0, -1, 0
    while i < 8:
        run = 0
        while i + run < 8 and groups[i + run] == 0:
            run += 1
        if run > best:
            best, at = run, i
        i += run or 1
    if at == 0 and (best == 6 or (best == 5 and groups[5] == 0xFFFF)):
        return ("::" if best == 6 else "::ffff:") + _inet4(raw[12:])
    parts = [f"{group:x}" for group in groups]
    if not best:
        return ":".join(parts)
    return ":".join(parts[:at]) + "::" + ":".join(parts[at + best:])
