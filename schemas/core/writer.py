# cython: annotation_typing=False
"""An output buffer that writes Avro's binary encoding (Avro 1.12 specification, "Binary Encoding").

Plain Python that Cython compiles with the C types of ``writer.pxd``. One writer is reused for many records: take what was
written with :meth:`Writer.take`, or go back with :meth:`Writer.truncate`. Not safe for use by several threads at once.
"""

import struct

_FLOAT = struct.Struct("<f")
_DOUBLE = struct.Struct("<d")


class Writer:
    """A growing byte buffer with one method for each primitive of Avro."""

    def __init__(self) -> None:
        self.buffer = bytearray()

    def size(self) -> int:
        """Bytes written since the last take or truncate to zero."""
        return len(self.buffer)

    def truncate(self, size: int) -> None:
        """Forget what was written after the first ``size`` bytes. Raises ValueError beyond what is there."""
        if size < 0 or size > len(self.buffer):
            raise ValueError(f"cannot truncate {len(self.buffer)} bytes to {size}")
        del self.buffer[size:]

    def take(self) -> bytes:
        """Everything written, as bytes; the buffer is empty afterwards."""
        out = bytes(self.buffer)
        self.buffer.clear()
        return out

    def write_raw(self, data: bytes | bytearray | memoryview) -> None:
        """Bytes as they are: a frame, or a part encoded before."""
        self.buffer += data

    def write_boolean(self, value: bool) -> None:
        """One byte, 0 or 1."""
        self.buffer.append(1 if value else 0)

    def write_long(self, value: int) -> None:
        """int and long: zig-zag, then base 128 with the low group first. Raises OverflowError outside 64 bits."""
        if value < -0x8000000000000000 or value > 0x7FFFFFFFFFFFFFFF:
            raise OverflowError("an Avro long has 64 bits")
        n = (value << 1) ^ (value >> 63)
        buffer = self.buffer
        while n > 0x7F:
            buffer.append((n & 0x7F) | 0x80)
            n >>= 7
        buffer.append(n)

    def write_float(self, value: float) -> None:
        """Four bytes, little endian."""
        self.buffer += _FLOAT.pack(value)

    def write_double(self, value: float) -> None:
        """Eight bytes, little endian."""
        self.buffer += _DOUBLE.pack(value)

    def write_bytes(self, data: bytes | bytearray | memoryview) -> None:
        """Length as a long, then the bytes. Also a string that is UTF-8 already."""
        self.write_long(len(data))
        self.buffer += data

    def write_string(self, text: str) -> None:
        """A str as UTF-8."""
        self.write_bytes(text.encode("utf-8"))
