"""Character sets: what the servers make of bytes, and errors for what is no text."""

from __future__ import annotations

import pytest

from connect.api.errors import ConnectError
from connectors.mysql.types.charsets import Charsets, charset_of, charset_of_collation, is_utf8, read_table, table_query

CHARSETS = Charsets()


@pytest.mark.parametrize(("charset", "raw", "text"), [
    ("latin1", "80 81 8d 8f 90 9d ff", "€\x81\x8d\x8f\x90\x9dÿ"), ("latin1", "63 61 66 e9", "café"),
    ("utf8mb4", "f0 9f 98 80", "😀"), ("utf8mb3", "c5 bc", "ż"), ("utf8", "c5 bc", "ż"), ("ascii", "7e", "~"),
    ("ucs2", "03 a9 65 e5", "Ω日"), ("utf16", "d8 3d de 00 00 78", "😀x"), ("utf16le", "3d d8 00 de", "😀"),
    ("utf32", "00 01 f6 00", "😀"), ("cp1251", "cf f0", "Пр"), ("koi8r", "f0 d2", "Пр"), ("koi8u", "95", "•"),
    ("greek", "d9 ec a1", "Ωμʽ"), ("latin2", "b3 f3", "łó"), ("gbk", "d6 d0", "中"),
    ("gb18030", "81 30 81 30", "\x80"), ("sjis", "83 4a b1 5c 81 5f", "カｱ\\\\"), ("cp932", "87 40 81 5f", "①＼"),
    ("ujis", "c6 fc a1 c0 f5 a1 8f fe fe", "日\\\ue000\ue757"), ("euckr", "81 41 c7 d1", "갂한"),
    ("big5", "a4 a4 f9 d6", "中碁"),
    ("eucjpms", "ad a1 8f f3 f3 8f f4 fe a1 c1 8f a2 b7 7e f5 a1 a1 dd", "①ⅰ黑～～~\ue000－"),
    ("cp866", "fc fd", "ⁿ²"), ("hebrew", "af e0", "‾א"), ("tis620", "a1", "ก"), ("armscii8", "b2", "Ա"),
    ("dec8", "d7 a8", "Œ¤"), ("geostd8", "80 c0 fd", "€ა№"), ("hp8", "a1", "À"), ("keybcs2", "80 a0", "Čá"),
    ("macce", "81", "Ā"), ("macroman", "80", "Ä"), ("swe7", "5b 40 41", "ÄÉA"), ("cp1250", "9a", "š"),
    ("cp1256", "c7", "ا"), ("cp1257", "e0", "ą"), ("cp850", "80", "Ç"), ("cp852", "a5", "ą"), ("latin5", "fd", "ı"),
    ("latin7", "e0", "ą"),
])
def test_bytes_are_the_servers_text(charset: str, raw: str, text: str) -> None:
    assert CHARSETS.decoder(charset)(bytes.fromhex(raw)) == text
    assert CHARSETS.decoder(charset)(b"") == ""


@pytest.mark.parametrize(("charset", "raw"), [
    ("utf8mb4", "ff"), ("utf8mb4", "ed a0 80"), ("utf8mb3", "c3"), ("cp1251", "98"), ("tis620", "a0"),
    ("utf16", "d8 3d"), ("utf32", "00"), ("gbk", "ff"), ("swe7", "7f"), ("dec8", "a4"), ("big5", "f9 d6 f9"),
    ("ujis", "8f fe"), ("eucjpms", "8f f3 f2"), ("eucjpms", "ad ff"), ("geostd8", "81"), ("sjis", "81"),
])
def test_bytes_that_are_no_text_are_an_error_without_them(charset: str, raw: str) -> None:
    with pytest.raises(ValueError, match=rf"^bytes that are no text in character set {charset}$"):
        CHARSETS.decoder(charset)(bytes.fromhex(raw))


def test_utf8_is_what_the_core_may_copy() -> None:
    assert [name for name in ("utf8mb4", "utf8mb3", "utf8", "ascii", "latin1", "utf16", "binary") if is_utf8(name)] == [
        "utf8mb4", "utf8mb3", "utf8", "ascii"]


@pytest.mark.parametrize(("number", "charset"), [
    (8, "latin1"), (33, "utf8mb3"), (45, "utf8mb4"), (63, "binary"), (255, "utf8mb4"), (309, "utf8mb4"),
    (608, "utf8mb4"), (1032, "latin1"), (1248, "utf8mb4"), (2048, "utf8mb3"), (2304, "utf8mb4"), (2560, "ucs2"),
    (2816, "utf16"), (3072, "utf32"), (248, "gb18030"),
])
def test_a_collations_number_tells_its_set(number: int, charset: str) -> None:
    assert charset_of(number) == charset


@pytest.mark.parametrize("number", [-1, 0, 17, 1024, 1041, 5000])
def test_an_unknown_number_is_an_error(number: int) -> None:
    with pytest.raises(ValueError, match=f"collation number {number} is not known"):
        charset_of(number)


def test_a_collations_name_tells_its_set() -> None:
    names = ["utf8mb4_0900_ai_ci", "utf8_general_ci", "latin1_swedish_ci", "binary", "UTF8MB4_BIN"]
    assert [charset_of_collation(n) for n in names] == ["utf8mb4", "utf8mb3", "latin1", "binary", "utf8mb4"]
    with pytest.raises(ValueError, match="does not tell"):
        charset_of_collation("uca1400_ai_ci")


def test_an_unknown_set_can_be_learnt() -> None:
    charsets = Charsets()
    assert not charsets.knows("klingon")
    with pytest.raises(ConnectError, match="'klingon' is not known; convert the column to utf8mb4"):
        charsets.decoder("klingon")
    cells = [f"{code:02X}" if code < 128 else "3F" for code in range(256)]
    cells[200] = "C3A9"
    charsets.learn("klingon", read_table(cells))
    assert charsets.decoder("klingon")(b"a?\xc8") == "a?é"
    with pytest.raises(ValueError, match="klingon"):
        charsets.decoder("klingon")(b"\xc9")
    for wrong in ("", "x" * 255):
        with pytest.raises(ValueError, match="256 characters"):
            charsets.learn("klingon", wrong)
    with pytest.raises(ValueError, match="256 characters"):
        read_table(cells[1:])


def test_the_query_takes_a_name_only() -> None:
    assert "_dec8 X'FF' USING utf8mb4" in table_query("dec8")
    with pytest.raises(ValueError, match="not the name"):
        table_query("x'; DROP")
