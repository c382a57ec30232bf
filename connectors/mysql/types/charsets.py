"""Character sets: from a collation's number or name to the set, and from a set to what decodes its bytes.

The tables are what the servers' own conversion to Unicode gives. UTF-8 and ASCII are what the compiled core may copy as they
are (:func:`is_utf8`); everything else is decoded here. Bytes that are no text in their set are an error, never a guess.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Sequence

from connect.api.errors import ConnectError
from connectors.mysql.types.charset_tables import EUCJPMS_IBM, FOREIGN, UNDEFINED, UPPER

__all__ = ["Charsets", "charset_of", "charset_of_collation", "is_utf8", "read_table", "table_query"]

Decode = Callable[[bytes], str]

_ASCII = "".join(map(chr, range(128)))

# By name in information_schema.COLLATIONS; MariaDB's NOPAD collations are these plus 1024.
_COLLATIONS: dict[str, str] = {
    "armscii8": "32 64", "ascii": "11 65", "big5": "1 84", "binary": "63", "cp1250": "26 34 44 66 99",
    "cp1251": "14 23 50-52", "cp1256": "57 67", "cp1257": "29 58-59", "cp850": "4 80", "cp852": "40 81", "cp866": "36 68",
    "cp932": "95-96", "dec8": "3 69", "eucjpms": "97-98", "euckr": "19 85", "gb18030": "248-250", "gb2312": "24 86",
    "gbk": "28 87", "geostd8": "92-93", "greek": "25 70", "hebrew": "16 71", "hp8": "6 72", "keybcs2": "37 73",
    "koi8r": "7 74", "koi8u": "22 75", "latin1": "5 8 15 31 47-49 94", "latin2": "2 9 21 27 77", "latin5": "30 78",
    "latin7": "20 41-42 79", "macce": "38 43", "macroman": "39 53", "sjis": "13 88", "swe7": "10 82", "tis620": "18 89",
    "ucs2": "35 90 128-159 640-671 2560-2815", "ujis": "12 91", "utf16": "54-55 101-124 672-703 2816-3071",
    "utf16le": "56 62", "utf32": "60-61 160-183 736-767 3072-3327", "utf8mb3": "33 76 83 192-223 576-607 2048-2303",
    "utf8mb4": "45-46 224-247 255-323 608-639 2304-2559",
}
_PYTHON: dict[str, str] = {
    "ascii": "utf-8", "cp1250": "cp1250", "cp1251": "cp1251", "cp1256": "cp1256", "cp1257": "cp1257", "cp850": "cp850",
    "cp852": "cp852", "cp866": "cp866", "cp932": "cp932", "euckr": "cp949", "gb18030": "gb18030", "gb2312": "gb2312",
    "gbk": "gbk", "greek": "iso8859-7", "hebrew": "iso8859-8", "hp8": "hp-roman8", "koi8r": "koi8-r", "koi8u": "koi8-u",
    "latin1": "cp1252", "latin2": "iso8859-2", "latin5": "iso8859-9", "latin7": "iso8859-13", "macce": "mac-latin2",
    "macroman": "mac-roman", "tis620": "tis-620", "ucs2": "utf-16-be", "utf16": "utf-16-be", "utf16le": "utf-16-le",
    "utf32": "utf-32-be", "utf8mb3": "utf-8", "utf8mb4": "utf-8",
}
_WIDE = frozenset({
    "ascii", "cp932", "euckr", "gb18030", "gb2312", "gbk", "ucs2", "utf16", "utf16le", "utf32", "utf8mb3", "utf8mb4"})
_ALIASES = {"utf8": "utf8mb3", "ucs": "ucs2", "euc_jp_ms": "eucjpms"}


def _by_number() -> dict[int, str]:
    found = {}
    for name, ranges in _COLLATIONS.items():
        for part in ranges.split():
            first, _, last = part.partition("-")
            for number in range(int(first), int(last or first) + 1):
                found[number] = name
    return found


_NUMBERS = _by_number()


def charset_of(collation: int) -> str:
    """The character set of a collation by its number. Raises ValueError for a number that no known server has."""
    found = _NUMBERS.get(collation)
    if found is None and 1024 < collation < 2048:
        found = _NUMBERS.get(collation - 1024)
    if found is None:
        raise ValueError(f"collation number {collation} is not known")
    return found


def charset_of_collation(name: str) -> str:
    """The character set of a collation by its name: what stands before its first underscore. Raises ValueError for a name
    that tells none (MariaDB's ``uca1400_ai_ci``, which takes its set from where it stands)."""
    first = name.lower().partition("_")[0]
    first = _ALIASES.get(first, first)
    if first not in _COLLATIONS:
        raise ValueError("the collation's name does not tell its character set")
    return first


def is_utf8(charset: str) -> bool:
    """Whether text of that set is stored as UTF-8."""
    return charset in ("utf8mb4", "utf8mb3", "utf8", "ascii")


def table_query(charset: str) -> str:
    """The SELECT that asks a server for the characters of a single-byte set; :func:`read_table` reads its one row. Raises
    ValueError for what is no name of a character set."""
    if not re.fullmatch(r"[a-z0-9_]+", charset):
        raise ValueError("not the name of a character set")
    return "SELECT " + ", ".join(f"HEX(CONVERT(_{charset} X'{code:02X}' USING utf8mb4))" for code in range(256))


def read_table(row: Sequence[bytes | str | None]) -> str:
    """The answer to :func:`table_query` as a table of 256 characters. Raises ValueError when it is not one."""
    if len(row) != 256:
        raise ValueError("a table of a character set has 256 characters")
    table = ""
    for code, cell in enumerate(row):
        text = cell.decode("ascii") if isinstance(cell, bytes) else cell
        char = UNDEFINED if text is None else bytes.fromhex(text).decode("utf-8")
        # The server's sign for a code without a character.
        table += UNDEFINED if len(char) != 1 or (char == "?" and code != 0x3F) else char
    return table


class Charsets:
    """What decodes text by its character set. One for a connector; sets it does not know can be added with :meth:`learn`."""

    def __init__(self) -> None:
        self._decoders: dict[str, Decode] = {}

    def knows(self, charset: str) -> bool:
        """Whether the set's text can be decoded."""
        return charset in self._decoders or _decoder(charset) is not None

    def learn(self, charset: str, table: str) -> None:
        """Add a single-byte set by its 256 characters, U+FFFE for a code without one. Raises ValueError on another length."""
        if len(table) != 256:
            raise ValueError("a table of a character set has 256 characters")
        self._decoders[charset] = _strict(charset, _mapped(table))

    def decoder(self, charset: str) -> Decode:
        """What turns the set's bytes into text and raises ValueError for bytes that are none. Raises ConnectError for an
        unknown set."""
        found = self._decoders.get(charset)
        if found is None:
            made = _decoder(charset)
            if made is None:
                raise ConnectError(
                    f"character set {charset!r} is not known; convert the column to utf8mb4, or leave it out with "
                    "column.exclude.list")
            found = self._decoders[charset] = _strict(charset, made)
        return found


def _strict(charset: str, decode: Decode) -> Decode:
    def strict(raw: bytes) -> str:
        try:
            return decode(raw)
        except ValueError:
            raise ValueError(f"bytes that are no text in character set {charset}") from None

    return strict


def _mapped(table: str) -> Decode:
    return lambda raw: codecs.charmap_decode(raw, "strict", table)[0]


def _decoder(charset: str) -> Decode | None:
    charset = _ALIASES.get(charset, charset)
    if charset in _WIDE:
        return _plain(_PYTHON[charset])
    if charset in _FAR_EAST:
        return _FAR_EAST[charset]
    if charset in _PYTHON:
        name = _PYTHON[charset]
        table = [bytes([code]).decode(name, "replace").replace("\ufffd", UNDEFINED) for code in range(256)]
    elif charset in UPPER:
        table = list(_ASCII + UPPER[charset])
    else:
        return None
    for code, char in FOREIGN.get(charset, {}).items():
        table[code] = char
    return _mapped("".join(table))


def _plain(name: str) -> Decode:
    return lambda raw: raw.decode(name)


_BIG5_ETEN = dict(zip((bytes([0xF9, b]) for b in range(0xD6, 0xDD)), "碁銹裏墻恒粧嫺", strict=True))


def _big5_more(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    char = _BIG5_ETEN.get(error.object[error.start:error.start + 2])
    if char is None:
        raise error
    return char, error.start + 2


def _ujis_more(error: UnicodeError) -> tuple[str, int]:
    """The user-defined rows of EUC-JP are the private use area."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    three = error.object[error.start:error.start + 1] == b"\x8f"
    pair = error.object[error.start + three:error.start + three + 2]
    if len(pair) != 2 or not 0xF5 <= pair[0] <= 0xFE or not 0xA1 <= pair[1] <= 0xFE:
        raise error
    return chr(0xE000 + 940 * three + (pair[0] - 0xF5) * 94 + pair[1] - 0xA1), error.start + three + 2


def _eucjpms_more(error: UnicodeError) -> tuple[str, int]:
    """NEC's row 13, which cp932 has, and IBM's characters."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    at = error.start
    code = error.object[at:at + 3]
    if len(code) >= 2 and code[0] == 0xAD and 0xA1 <= code[1] <= 0xFE:
        cell = code[1] - 0xA1
        return bytes([0x87, cell + 0x40 + (cell >= 63)]).decode("cp932"), at + 2
    if len(code) == 3 and code[0] == 0x8F and (0xF3F3 <= (pair := code[1] << 8 | code[2]) <= 0xF4FE):
        if code[1] == 0xF3 and code[2] != 0xFF:
            return EUCJPMS_IBM[pair - 0xF3F3], at + 3
        if code[1] == 0xF4 and code[2] >= 0xA1:
            return EUCJPMS_IBM[12 + pair - 0xF4A1], at + 3
    return _ujis_more(error)


codecs.register_error("headgate.big5", _big5_more)
codecs.register_error("headgate.ujis", _ujis_more)
codecs.register_error("headgate.eucjpms", _eucjpms_more)

_SJIS = str.maketrans("＼", "\\")
_EUCJPMS = str.maketrans("〜‖−¢£¬¦", "～∥－￠￡￢￤")


def _eucjpms(raw: bytes) -> str:
    # 8F A2B7 is the wide tilde here, and the plain one in Python. 8F is always the first byte of three.
    parts = raw.split(b"\x8f\xa2\xb7")
    return "～".join(part.decode("euc_jp", "headgate.eucjpms").translate(_EUCJPMS) for part in parts)


_FAR_EAST: dict[str, Decode] = {
    "big5": lambda raw: raw.decode("big5", "headgate.big5"),
    "sjis": lambda raw: raw.decode("shift_jis").translate(_SJIS),
    "ujis": lambda raw: raw.decode("euc_jp", "headgate.ujis").translate(_SJIS),
    "eucjpms": _eucjpms,
}
