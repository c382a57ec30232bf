# cython: annotation_typing=False
"""Many whole CopyData messages out of a buffer at once (PostgreSQL documentation, "Message Formats")."""

__all__ = ["split"]


def _piece(buffer: bytearray, start: int, end: int) -> bytes:
    return bytes(memoryview(buffer)[start:end])


# Compiled, this is the inline function of split.pxd and the line has no effect on it.
globals().setdefault("piece", _piece)


def split(buffer: bytearray, at: int, end: int, room: int, most: int, out: list[bytes]) -> int:
    """Append the payloads of the CopyData messages in ``buffer[at:end]`` to ``out``: at most ``room``, and none once
    ``most`` bytes of messages were taken. Stops at any other message, and at one that is not whole or says an impossible length;
    where. Raises ValueError when the bounds are not the buffer's."""
    if at < 0 or end > len(buffer):
        raise ValueError("not in the buffer")
    begun = at
    while room > 0 and at - begun < most and end - at >= 5 and buffer[at] == 100:
        b0 = buffer[at + 1]
        b1 = buffer[at + 2]
        b2 = buffer[at + 3]
        b3 = buffer[at + 4]
        length = (b0 << 24) | (b1 << 16) | (b2 << 8) | b3
        if length < 4 or length > end - at - 1:
            break
        out.append(piece(buffer, at + 5, at + 1 + length))  # type: ignore[name-defined]  # noqa: F821
        at += 1 + length
        room -= 1
    return at
