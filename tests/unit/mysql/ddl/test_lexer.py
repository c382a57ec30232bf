"""Tokens under every setting of a session that matters."""

from __future__ import annotations

import pytest

from connectors.mysql.ddl.context import ANSI_QUOTES, NO_BACKSLASH_ESCAPES, DdlContext, DdlError, sql_mode_bits
from connectors.mysql.ddl.lexer import tokenize
from connectors.mysql.structure import Flavor

MYSQL = DdlContext(version=90704)
MARIADB = DdlContext(Flavor.MARIADB, version=101118)


def tokens(sql: str, context: DdlContext = MYSQL, mode: int = 0) -> list[tuple[str, str]]:
    if mode:
        context = DdlContext(context.flavor, mode, context.version)
    return [(t.kind, t.value) for t in tokenize(sql, context)[:-1]]


@pytest.mark.parametrize(("text", "value"), [
    ("'a'", "a"), ("''", ""), ("'it''s'", "it's"), (r"'it\'s'", "it's"), (r"'\\'", "\\"), (r"'\\''x'", "\\'x"),
    ('\'a""b\'', 'a""b'),
    (r"'\n\t\0\Z\b\r'", "\n\t\0\x1a\b\r"), (r"'\%\_\x'", "\\%\\_x"), ('"d""q\'"', "d\"q'"), ("'é漢\n'", "é漢\n"),
    ("'--x'", "--x"),
    ("'/*!99999 x'", "/*!99999 x"), ("'#'", "#"), ('\'"\'', '"'),
])
def test_texts(text: str, value: str) -> None:
    assert tokens(text) == [("string", value)]
    assert tokens(f"{text} X") == [("string", value), ("word", "X")]


@pytest.mark.parametrize(("text", "value"), [("`a``b`", "a`b"), ("`it's`", "it's"), (r"`a\`", "a\\"), ("`/*x*/`", "/*x*/"),
                                             ("`a\"b`", 'a"b')])
def test_quoted_names(text: str, value: str) -> None:
    assert tokens(text) == [("quoted", value)]


def test_double_quotes_are_names_under_ansi_quotes() -> None:
    assert tokens('"a""b" \'"\' \'it\'\'s "x"\'', mode=ANSI_QUOTES) == [("quoted", 'a"b'), ("string", '"'),
            ("string", 'it\'s "x"')]
    assert tokens(r"'a\'b'", mode=ANSI_QUOTES) == [("string", "a'b")]


def test_a_backslash_is_itself_when_the_mode_says_so() -> None:
    assert tokens(r"'a\' 'b\n' " + r'"c\"', mode=NO_BACKSLASH_ESCAPES) == [("string", "a\\"), ("string", "b\\n"),
            ("string", "c\\")]
    assert tokens(r"'a\'''", mode=NO_BACKSLASH_ESCAPES) == [("string", "a\\'")]
    assert tokens(r"""'\' "\" """, mode=NO_BACKSLASH_ESCAPES | ANSI_QUOTES) == [("string", "\\"), ("quoted", "\\")]


def test_words_may_begin_with_digits_and_be_of_any_letters() -> None:
    assert [v for _, v in tokens("1tab t.1x a$b _x é漢 0bx 0xzz 1e3b 2024_t")] == [
        "1TAB", "T", ".", "1X", "A$B", "_X", "É漢", "0BX", "0XZZ", "1E3B", "2024_T"]
    assert {k for k, _ in tokens("1tab a$b _x é漢 0bx 0xzz 1e3b 2024_t")} == {"word"}


def test_numbers() -> None:
    assert tokens("12 1.5 1e3 0x1F 0b01 x'1F' b'01'") == [("number", v) for v in ("12", "1.5", "1e3", "0x1F", "0b01", "x'1F'",
            "b'01'")]
    assert tokens("N'a' n'b' _utf8mb4'c'") == [
        ("word", "N"), ("string", "a"), ("word", "N"), ("string", "b"), ("word", "_UTF8MB4"), ("string", "c")]


def test_comments_are_gone() -> None:
    assert tokens("a -- b ' c\n d # e \"\n f /* g ' */ h --\ti\n") == [("word", w) for w in "ADFH"]
    assert tokens("5--3") == [("number", "5"), ("punct", "-"), ("punct", "-"), ("number", "3")]
    assert tokens("2*/*x*/3") == [("number", "2"), ("punct", "*"), ("number", "3")]


@pytest.mark.parametrize(("sql", "mysql", "mariadb"), [
    ("a /*!50100 b */ c", "ABC", "ABC"), ("a /*!50100b*/c", "ABC", "ABC"), ("a /*! b */ c", "ABC", "ABC"),
    ("a /*!999999 b ' */ c", "AC", "AC"),
    ("a /*!50701 b */ c", "ABC", "AC"), ("a /*M!100100 b */ c", "AC", "ABC"), ("a /*M! b */ c", "AC", "ABC"),
    ("a /*!100301 b */ c", "AC", "ABC"),
    ("a /*!999999 b /* c */ d */ e", "AE", "AE"), ("a /*!50100 b /* c */ d */ e", "ABDE", "ABDE"),
    ("a /* b /* c */ d", "AD", "AD"),
    ("a /*!080023 b */ c", "ABC", "ABC"), ("a /*!999999 b", "A", "A"), ("a /* b", "A", "A"),
])
def test_versioned_comments(sql: str, mysql: str, mariadb: str) -> None:
    context = {"mysql": MYSQL, "mariadb": MARIADB}
    for name, expected in (("mysql", mysql), ("mariadb", mariadb)):
        assert "".join(v for _, v in tokens(sql, context[name])) == expected, name


def test_offsets_are_those_of_the_statement() -> None:
    sql = "CREATE /*!50100 TABLE */ `t` ('x')"
    assert [sql[t.start:t.end] for t in tokenize(sql, MYSQL)] == ["CREATE", "TABLE", "`t`", "(", "'x'", ")", ""]


@pytest.mark.parametrize("sql", ["'a", '"a', "`a", "'a\\'", "x'1"])
def test_an_open_quote_is_an_error(sql: str) -> None:
    with pytest.raises(DdlError, match="quoted"):
        tokenize(sql, MYSQL)


def test_modes_by_name() -> None:
    assert sql_mode_bits("") == 0
    assert sql_mode_bits("ANSI_QUOTES, NO_ZERO_DATE,no_backslash_escapes") == ANSI_QUOTES | NO_BACKSLASH_ESCAPES
    assert sql_mode_bits(["ANSI"]) & ANSI_QUOTES
