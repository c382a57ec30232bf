"""Log sequence numbers: positions in PostgreSQL's write-ahead log."""

from __future__ import annotations

import re

__all__ = ["LSN"]

_TEXT = re.compile(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})")


class LSN(int):
    """A position in the log: an unsigned 64-bit number that prints as the database prints it (``16/B374D848``)."""

    __slots__ = ()

    def __new__(cls, value: int = 0) -> LSN:
        """From a number. Raises ValueError outside 0 … 2⁶⁴−1."""
        if not 0 <= value <= 0xFFFFFFFFFFFFFFFF:
            raise ValueError(f"an LSN is a number from 0 to 2^64-1, not {int(value)}")
        return super().__new__(cls, value)

    @classmethod
    def parse(cls, text: str) -> LSN:
        """From the database's text, ``X/Y`` in hexadecimal. Raises ValueError."""
        found = _TEXT.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"{text!r} is not an LSN: expected two hexadecimal numbers with a slash, like 16/B374D848")
        return cls(int(found[1], 16) << 32 | int(found[2], 16))

    def __str__(self) -> str:
        return f"{self >> 32:X}/{self & 0xFFFFFFFF:X}"

    def __repr__(self) -> str:
        return f"LSN({self})"
