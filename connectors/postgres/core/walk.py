# cython: annotation_typing=False
"""Replication frames and pgoutput's row messages: where things are, nothing more.

A frame is the payload of one CopyData message. Lengths that came off the wire are checked before they are used.
"""


from collections.abc import Sequence

TRUNCATED = "a replication message ends too early"


def scan(frames: Sequence[bytes], out: list[tuple[int, int, int, int, bytes]]) -> int:
    """Append to ``out`` for each frame: ``(kind, lsn, wal_end, oid, frame)``; the greatest ``wal_end``.

    ``kind`` is the pgoutput message's letter as a number, or 107 (``k``) for a keepalive, whose ``oid`` is 1 when it asks for
    a reply. ``oid`` is the relation of I, U and D messages, else 0. Raises ValueError on a frame that is neither, or is too
    short.
    """
    newest = 0
    for frame in frames:
        if len(frame) < 1:
            raise ValueError("an empty replication frame")
        first = frame[0]
        if first == 119:
            if len(frame) < 26:
                raise ValueError(f"{TRUNCATED}: {len(frame)} bytes of an XLogData frame")
            kind = frame[25]
            oid = 0
            if kind == 73 or kind == 85 or kind == 68:
                if len(frame) < 31:
                    raise ValueError(f"{TRUNCATED}: {len(frame)} bytes of a row message")
                oid = u32(frame, 26)
            end = u64(frame, 9)
            out.append((kind, u64(frame, 1), end, oid, frame))
        elif first == 107:
            if len(frame) < 18:
                raise ValueError(f"{TRUNCATED}: {len(frame)} bytes of a keepalive")
            end = u64(frame, 1)
            out.append((107, 0, end, 1 if frame[17] else 0, frame))
        else:
            raise ValueError(f"a replication frame begins with {chr(first)!r}, expected 'w' or 'k'")
        if end > newest:
            newest = end
    return newest


def u32(buf: bytes, offset: int) -> int:
    """Four bytes, big endian. Raises ValueError naming the offset."""
    if offset < 0 or offset + 4 > len(buf):
        raise ValueError(f"{TRUNCATED}: at byte {offset}")
    a = buf[offset]
    b = buf[offset + 1]
    c = buf[offset + 2]
    d = buf[offset + 3]
    return (a << 24) | (b << 16) | (c << 8) | d


def u64(buf: bytes, offset: int) -> int:
    """Eight bytes, big endian."""
    high = u32(buf, offset)
    low = u32(buf, offset + 4)
    return (high << 32) | low
