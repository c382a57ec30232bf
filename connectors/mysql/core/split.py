# cython: annotation_typing=False
"""Many whole packets out of a buffer at once."""

__all__ = ["split"]


def _piece(buffer: bytearray, start: int, end: int) -> bytes:
    return bytes(memoryview(buffer)[start:end])


# Compiled, this is the inline function of split.pxd and the line has no effect on it.
globals().setdefault("piece", _piece)


def split(buffer: bytearray, at: int, end: int, sequence: int, marked: bool, room: int, most: int,
          out: list[bytes]) -> tuple[int, int, int]:
    """Append the payloads of the packets in ``buffer[at:end]`` to ``out``: at most ``room``, and none once ``most`` bytes were
    taken. Stops at a packet that is not whole, empty, of 2^24-1 bytes, out of ``sequence``, or with ``marked`` does not begin
    with a byte 0, which is left out. Returns where it stopped, the number due there, and how many bytes were taken. Raises
    ValueError when the bounds are not the buffer's.
    """
    if at < 0 or end > len(buffer):
        raise ValueError("not in the buffer")
    taken = 0
    skip = 1 if marked else 0
    while room > 0 and taken < most and end - at >= 4:
        length = buffer[at] | buffer[at + 1] << 8 | buffer[at + 2] << 16
        body = at + 4
        if buffer[at + 3] != sequence or length == 0 or length == 0xFFFFFF or length > end - body:
            break
        if marked and buffer[body] != 0:
            break
        out.append(piece(buffer, body + skip, body + length))  # type: ignore[name-defined]  # noqa: F821
        taken += length
        at = body + length
        sequence = (sequence + 1) & 255
        room -= 1
    return at, sequence, taken
