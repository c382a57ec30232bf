# cython: annotation_typing=False
"""Avro's binary encoding → JSON, as :mod:`schemas.connectjson` writes the value that was encoded.

So a row that is written straight from the wire can be JSON too, and no type is implemented twice: what is known of a value's
bytes is known by its Avro codec. A :class:`Node` says what Avro stands for; :mod:`schemas.avrojson` makes it of a schema.
"""

import struct
from binascii import b2a_base64
from collections.abc import Sequence

from schemas.core.jsontext import _read_double, write_text
from schemas.core.writer import Writer
from schemas.javajson import double_text, float_text

__all__ = ["ARRAY", "BOOLEAN", "BYTES", "DOUBLE", "FLOAT", "LONG", "MAP", "PAIRS", "STRING", "STRUCT", "JsonWriter", "Node"]

LONG, BOOLEAN, FLOAT, DOUBLE, STRING, BYTES, STRUCT, ARRAY, MAP, PAIRS = range(10)
"""What a node writes: both of the last two are maps, as an object and as an array of pairs."""
_HEX = b"0123456789ABCDEF"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_SHORT = 96


def _read_float(data: bytes, at: int) -> float:
    value: float = struct.unpack_from("<f", data, at)[0]
    return value


# Compiled, these are the inline functions of jsonwriter.pxd.
globals().setdefault("read_double", _read_double)
globals().setdefault("read_float", _read_float)


class Node:
    """How one Avro value is written. ``branch`` is that of null in its union, -1 when it is in none, and ``null`` what is
    written then. Of a struct ``marks`` are what stands before each member; ``members`` are its nodes, those of a map key and
    value, that of an array its item."""

    def __init__(self, kind: int, branch: int, null: bytes, marks: Sequence[bytes], members: Sequence["Node"]) -> None:
        if len(marks) != (len(members) if kind == STRUCT else 0):
            raise ValueError("a mark for each member of a struct")
        if kind > STRUCT and len(members) != (1 if kind == ARRAY else 2):
            raise ValueError("a node for each part of an array or map")
        self.kind = kind
        self.branch = branch
        self.null = null
        self.marks = list(marks)
        self.members = list(members)


class JsonWriter:
    """Writes one value after the other. Not safe for use by several threads at once."""

    def __init__(self) -> None:
        self.data = b""
        self.at = 0
        self.end = 0
        self.writer = Writer()

    def convert(self, node: Node, data: bytes, offset: int, head: bytes, tail: bytes) -> bytes:
        """``head``, the JSON of the Avro value from ``offset`` on, ``tail``. Raises ValueError when that is not one value, or
        has a text that is no UTF-8."""
        if offset < 0 or offset > len(data):
            raise ValueError(f"Avro ends too early, at byte {offset}")
        self.data = data
        self.at = offset
        self.end = len(data)
        writer = self.writer
        writer.truncate(0)
        writer.write_raw(head)
        self.value(node)
        if self.at != self.end:
            raise ValueError(f"an Avro value ends at byte {self.at} of {self.end}")
        writer.write_raw(tail)
        return writer.take()

    def value(self, node: Node) -> None:
        """Append the next value."""
        writer = self.writer
        present = True
        if node.branch >= 0:
            number = self.number()
            if number != node.branch and number != 1 - node.branch:
                raise ValueError(f"an Avro union of two has no branch {number}, at byte {self.at}")
            present = number != node.branch
        kind = node.kind
        if not present:
            writer.write_raw(node.null)
        elif kind == 0:
            self.digits(self.number())
        elif kind == 4:
            start = self.sized()
            self.text(start, self.at)
        elif kind == 6:
            self.record(node)
        elif kind == 5:
            start = self.sized()
            self.base64(start, self.at)
        elif kind == 1:
            self.need(1)
            if self.data[self.at] > 1:
                raise ValueError(f"an Avro boolean that is none, at byte {self.at}")
            writer.write_raw(b"true" if self.data[self.at] == 1 else b"false")
            self.at += 1
        elif kind == 3:
            self.need(8)
            real = read_double(self.data, self.at)  # type: ignore[name-defined]  # noqa: F821
            self.at += 8
            if (real >= 1e-3 and real < 1e7) or (real <= -1e-3 and real > -1e7):
                writer.write_raw(repr(real).encode("ascii"))
            else:
                writer.write_raw(double_text(real).encode("ascii"))
        elif kind == 2:
            self.need(4)
            real = read_float(self.data, self.at)  # type: ignore[name-defined]  # noqa: F821
            self.at += 4
            writer.write_raw(float_text(real).encode("ascii"))
        else:
            self.many(node)

    def record(self, node: Node) -> None:
        """Append a struct's members."""
        writer = self.writer
        size = len(node.members)
        i = 0
        while i < size:
            writer.write_raw(node.marks[i])
            self.value(node.members[i])
            i += 1
        if size == 0:
            writer.write_byte(123)
        writer.write_byte(125)

    def many(self, node: Node) -> None:
        """Append an array or a map: blocks of items, each after how many they are, until one of none."""
        writer = self.writer
        kind = node.kind
        first = True
        writer.write_byte(123 if kind == 8 else 91)
        while True:
            count = self.number()
            if count == 0:
                break
            # Every item has a byte at least; structs without members are left to others.
            if count < 0 or count > self.end - self.at:
                raise ValueError(f"an Avro block of {count} items, at byte {self.at}")
            while count > 0:
                if not first:
                    writer.write_byte(44)
                first = False
                if kind == 9:
                    writer.write_byte(91)
                self.value(node.members[0])
                if kind > 7:
                    writer.write_byte(58 if kind == 8 else 44)
                    self.value(node.members[1])
                if kind == 9:
                    writer.write_byte(93)
                count -= 1
        writer.write_byte(125 if kind == 8 else 93)

    def need(self, size: int) -> None:
        """Make sure that so many bytes are there."""
        if size < 0 or size > self.end - self.at:
            raise ValueError(f"Avro ends too early, at byte {self.at}")

    def number(self) -> int:
        """The next int or long."""
        data = self.data
        n = 0
        shift = 0
        while True:
            if self.at >= self.end or shift > 63:
                raise ValueError(f"an Avro number that does not end, at byte {self.at}")
            part = data[self.at]
            self.at += 1
            n |= (part & 127) << shift
            if part < 128:
                break
            shift += 7
        return (n >> 1) ^ -(n & 1)

    def sized(self) -> int:
        """Where bytes behind their length begin; ``at`` is where they end."""
        size = self.number()
        self.need(size)
        start = self.at
        self.at += size
        return start

    def digits(self, number: int) -> None:
        """Append a number of 64 bits."""
        writer = self.writer
        writer.room(20)
        if number < 0:
            writer.write_byte(45)
            n = -(number + 1)
            n += 1
        else:
            n = number
        left = n
        count = 1
        while left > 9:
            left //= 10
            count += 1
        out = writer.space
        at = writer.end + count
        writer.end = at
        while count > 0:
            at -= 1
            out[at] = 48 + n % 10
            n //= 10
            count -= 1

    def base64(self, start: int, end: int) -> None:
        """Append bytes."""
        data, writer = self.data, self.writer
        writer.write_byte(34)
        if end - start > _SHORT:
            writer.write_raw(b2a_base64(data[start:end], newline=False))
            start = end
        while start < end:
            a = data[start]
            b = data[start + 1] if start + 1 < end else 0
            c = data[start + 2] if start + 2 < end else 0
            writer.write_byte(_BASE64[a >> 2])
            writer.write_byte(_BASE64[(a & 3) << 4 | b >> 4])
            writer.write_byte(_BASE64[(b & 15) << 2 | c >> 6] if start + 1 < end else 61)
            writer.write_byte(_BASE64[c & 63] if start + 2 < end else 61)
            start += 3
        writer.write_byte(34)

    def text(self, start: int, end: int) -> None:
        """Append a text in quotes, escaped as Jackson does."""
        bad = write_text(self.data, start, end, _HEX, self.writer)
        if bad >= 0:
            raise ValueError(f"a text that is no UTF-8, at byte {bad}")
