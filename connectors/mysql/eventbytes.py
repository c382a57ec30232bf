"""What every decoder of binary log events needs: the errors, and the two packed forms of whole numbers.

All readers here take (buffer, position, end) and give (value, next position); they raise EventError rather than read past end.
"""

from __future__ import annotations

__all__ = ["EventError", "UnknownEvent", "counted", "packed", "serialized"]


class EventError(ValueError):
    """Bytes that are not what their event type says. The text names the event and what is wrong, never a value."""


class UnknownEvent(EventError):
    """An event type that is not known, or known and not supported, and that its writer does not allow to be skipped.

    ``type`` is its number; the reader adds file and position.
    """

    def __init__(self, number: int, why: str = "is not known to this version") -> None:
        super().__init__(f"binary log event type {number} {why}")
        self.type = number


_WIDTHS = {252: 2, 253: 3, 254: 8}


def packed(buffer: bytes, at: int, end: int) -> tuple[int, int]:
    """A length-encoded integer ("packed integer"): 1, 3, 4 or 9 bytes."""
    if at >= end:
        raise EventError("an event ends where a length is expected")
    first = buffer[at]
    if first < 251:
        return first, at + 1
    width = _WIDTHS.get(first)
    if width is None or at + 1 + width > end:
        raise EventError("an event has a length that is none")
    return int.from_bytes(buffer[at + 1:at + 1 + width], "little"), at + 1 + width


def counted(buffer: bytes, at: int, end: int) -> tuple[bytes, int]:
    """Bytes after their length as a packed integer."""
    length, at = packed(buffer, at, end)
    if length > end - at:
        raise EventError("an event ends inside a text")
    return buffer[at:at + length], at + length


def serialized(buffer: bytes, at: int, end: int) -> tuple[int, int]:
    """An unsigned integer of MySQL's serialization library: as many trailing ones as bytes follow the first."""
    if at >= end:
        raise EventError("an event ends where a number is expected")
    first = buffer[at]
    size = ((first + 1) & ~first).bit_length()
    if at + size > end:
        raise EventError("an event ends inside a number")
    if size == 9:
        return int.from_bytes(buffer[at + 1:at + 9], "little"), at + 9
    return int.from_bytes(buffer[at:at + size], "little") >> size, at + size
