# cython: annotation_typing=False
"""What the walk has to know of one event's bytes: its header, its checksum, numbers in it."""

from zlib import crc32

__all__ = ["EventHead"]


def _tables() -> list[int]:
    """The tables of CRC-32 (zlib's) for eight bytes at a time, one after the other."""
    first = []
    for n in range(256):
        c = n
        for _ in range(8):
            c = (c >> 1) ^ (0xEDB88320 if c & 1 else 0)
        first.append(c)
    out = list(first)
    for _ in range(7):
        last = out[len(out) - 256:]
        out += [first[c & 255] ^ (c >> 8) for c in last]
    return out


def _checksum(data: bytes, size: int) -> int:
    return crc32(memoryview(data)[:size])


TABLES = _tables()
# Compiled, this is the inline function of heads.pxd and the line has no effect on it.
globals().setdefault("checksum", _checksum)


class EventHead:
    """The event at hand. ``end`` is where its body ends, ``time`` in microseconds."""

    def __init__(self) -> None:
        self.packet = b""
        self.kind = 0
        self.end = 0
        self.time = 0
        self.server = 0

    def read(self, packet: bytes, checked: bool) -> bool:
        """Whether the packet is one event of the file, whole and undamaged."""
        size = len(packet)
        self.packet = packet
        if size < 23 or self.number(9, 4) != size or self.number(13, 4) == 0 or packet[17] & 0x20:
            return False
        self.kind = packet[4]
        self.time = self.number(0, 4) * 1000000
        self.server = self.number(5, 4)
        self.end = size
        if checked:
            self.end = size - 4
            if (crc32(memoryview(packet)[:size - 4]) if size > 4096 else
                    checksum(packet, size - 4)) != self.number(size - 4, 4):  # type: ignore[name-defined]  # noqa: F821
                return False
        return True

    def number(self, at: int, width: int) -> int:
        """The unsigned whole number of so many bytes, of at most seven."""
        value = 0
        packet = self.packet
        i = width - 1
        while i >= 0:
            value = (value << 8) | packet[at + i]
            i -= 1
        return value

    def statement(self, text: bytes) -> bool:
        """Whether the event is a query event of exactly this statement, in a database with an ordinary name."""
        packet = self.packet
        end = self.end
        if end < 32:
            return False
        at = 32 + self.number(30, 2)
        name_end = at + packet[27]
        if name_end >= end or packet[name_end] != 0 or end - name_end - 1 != len(text):
            return False
        while at < name_end:
            if packet[at] > 127:
                return False
            at += 1
        return packet[name_end + 1:end] == text

    def release(self) -> None:
        """Hold no packet."""
        self.packet = b""
