# cython: annotation_typing=False
"""An output buffer that writes Avro's binary encoding (Avro 1.12 specification, "Binary Encoding").

Plain Python that Cython compiles with the C types of ``writer.pxd``. One writer is reused for many records: take what was
written with :meth:`Writer.take`, or go back with :meth:`Writer.truncate`. Not safe for use by several threads at once.

``space`` has room to spare; what was written are its first ``end`` bytes. Every method makes room before it writes, so that
the compiled code may write through a plain pointer.
"""

import struct

__all__ = ["Writer"]

_FLOAT = struct.Struct("<f")
_LEAST, _MOST = -0x8000000000000000, 0x7FFFFFFFFFFFFFFF
_START = 1024
_KEPT = 1 << 20


def _copy(space: bytearray, at: int, data: bytes, start: int, size: int) -> None:
    space[at:at + size] = data[start:start + size]


def _copy_space(space: bytearray, at: int, data: bytearray, start: int, size: int) -> None:
    space[at:at + size] = data[start:start + size]


def _cut(space: bytearray, start: int, end: int) -> bytes:
    return bytes(space[start:end])


def _put_double(space: bytearray, at: int, value: float) -> None:
    struct.pack_into("<d", space, at, float(value))


# Compiled, these are the inline functions of writer.pxd (memcpy) and the lines have no effect on them.
globals().setdefault("copy", _copy)
globals().setdefault("copy_space", _copy_space)
globals().setdefault("cut", _cut)
globals().setdefault("put_double", _put_double)


class Writer:
    """A growing byte buffer with one method for each primitive of Avro."""

    def __init__(self) -> None:
        self.space = bytearray(_START)
        self.end = 0

    def size(self) -> int:
        """Bytes written since the last take or truncate to zero."""
        return self.end

    def truncate(self, size: int) -> None:
        """Forget what was written after the first ``size`` bytes. Raises ValueError beyond what is there."""
        if size < 0 or size > self.end:
            raise ValueError(f"cannot truncate {self.end} bytes to {size}")
        self.end = size

    def take(self) -> bytes:
        """Everything written, as bytes; the buffer is empty afterwards. One huge record does not keep its memory."""
        space = self.space
        out: bytes = cut(space, 0, self.end)  # type: ignore[name-defined]  # noqa: F821
        self.end = 0
        if len(space) > _KEPT:
            self.space = bytearray(_START)
        return out

    def room(self, size: int) -> None:
        """Make sure that ``size`` more bytes fit."""
        have = len(self.space)
        if size > have - self.end:
            self.space.extend(bytes(max(have, size)))

    def write_raw(self, data: bytes | bytearray | memoryview) -> None:
        """Bytes as they are: a frame, or a part encoded before."""
        if type(data) is not bytes:
            data = bytes(memoryview(data))
        size = len(data)
        self.room(size)
        copy(self.space, self.end, data, 0, size)  # type: ignore[name-defined]  # noqa: F821
        self.end += size

    def write_boolean(self, value: bool) -> None:
        """One byte, 0 or 1."""
        self.room(1)
        out = self.space
        out[self.end] = 1 if value else 0
        self.end += 1

    def write_byte(self, value: int) -> None:
        """One byte as it is, 0 to 255."""
        self.room(1)
        out = self.space
        out[self.end] = value
        self.end += 1

    def write_long(self, value: int) -> None:
        """int and long: zig-zag, then base 128 with the low group first. Raises OverflowError outside 64 bits."""
        if value < _LEAST or value > _MOST:
            raise OverflowError("an Avro long has 64 bits")
        self.room(10)
        out = self.space
        at = self.end
        n = (value << 1) ^ (value >> 63)
        while n > 0x7F:
            out[at] = (n & 0x7F) | 0x80
            at += 1
            n >>= 7
        out[at] = n
        self.end = at + 1

    def write_float(self, value: float) -> None:
        """Four bytes, little endian. Raises OverflowError for a finite number too large for 32 bits."""
        self.write_raw(_FLOAT.pack(float(value)))

    def write_double(self, value: float) -> None:
        """Eight bytes, little endian. Raises OverflowError for an int too large for 64 bits."""
        self.room(8)
        put_double(self.space, self.end, value)  # type: ignore[name-defined]  # noqa: F821
        self.end += 8

    def write_bytes(self, data: bytes | bytearray | memoryview) -> None:
        """Length as a long, then the bytes. Also a string that is UTF-8 already."""
        if type(data) is not bytes:
            data = bytes(memoryview(data))
        self.write_long(len(data))
        self.write_raw(data)

    def write_part(self, data: bytes, start: int, end: int) -> None:
        """Length and bytes of ``data[start:end]``, without making an object of it. Raises ValueError outside the data."""
        if start < 0 or end < start or end > len(data):
            raise ValueError(f"bytes {start} to {end} of {len(data)}")
        self.write_long(end - start)
        self.write_slice(data, start, end)

    def write_slice(self, data: bytes, start: int, end: int) -> None:
        """``data[start:end]`` as it is, without making an object of it. Raises ValueError outside the data."""
        if start < 0 or end < start or end > len(data):
            raise ValueError(f"bytes {start} to {end} of {len(data)}")
        size = end - start
        self.room(size)
        copy(self.space, self.end, data, start, size)  # type: ignore[name-defined]  # noqa: F821
        self.end += size

    def write_string(self, text: str) -> None:
        """A str as UTF-8. Raises UnicodeEncodeError for a lone surrogate."""
        self.write_bytes(text.encode("utf-8"))

    def piece(self, start: int, end: int) -> bytes:
        """A part of what was written, as bytes. Raises ValueError outside of it."""
        if start < 0 or end < start or end > self.end:
            raise ValueError(f"bytes {start} to {end} of {self.end}")
        return bytes(cut(self.space, start, end))  # type: ignore[name-defined]  # noqa: F821

    def write_from(self, other: "Writer", start: int, end: int) -> None:
        """Append a part of what another writer holds. Raises ValueError outside of it, or when it is this one."""
        if start < 0 or end < start or end > other.end or other is self:
            raise ValueError(f"bytes {start} to {end} of {other.end}")
        size = end - start
        self.room(size)
        copy_space(self.space, self.end, other.space, start, size)  # type: ignore[name-defined]  # noqa: F821
        self.end += size
