"""What the names of character sets and collations tell by themselves."""

from __future__ import annotations

__all__ = ["charset_of", "max_bytes", "plain_charset", "plain_collation"]

_MAX_BYTES = {
    "utf8mb4": 4, "utf8mb3": 3, "ucs2": 2, "utf16": 4, "utf16le": 4, "utf32": 4, "big5": 2, "gbk": 2, "gb2312": 2, "gb18030": 4,
    "sjis": 2,
    "cp932": 2, "euckr": 2, "ujis": 3, "eucjpms": 3,
}  # fmt: skip


def plain_charset(name: str) -> str:
    """The name as we use it: lower case, "utf8" is utf8mb3 (that is what it means to every server we know)."""
    low = name.lower()
    return "utf8mb3" if low == "utf8" else low


def plain_collation(name: str) -> str:
    """The collation's name, likewise."""
    low = name.lower()
    return "utf8mb3_" + low[5:] if low.startswith("utf8_") else low


def charset_of(collation: str) -> str | None:
    """The character set that a collation belongs to; None for MariaDB's short names (uca1400_…), which fit several."""
    low = plain_collation(collation)
    if low.startswith("uca1400_"):
        return None
    return low.split("_", 1)[0]


def max_bytes(charset: str | None) -> int:
    """The longest character of a set, in bytes."""
    return _MAX_BYTES.get(charset or "", 1)
