"""SQL text → tokens: sqlglot's tokenizer in MySQL's dialect, without its keywords.

MySQL reserves few words and takes all others as names, so every word comes out as a word and the grammar decides. What depends on
the session (quotes, backslashes) picks the tokenizer; versioned comments are resolved here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from sqlglot.dialects.mysql import MySQL
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import TokenType

from connectors.mysql.ddl.context import ANSI_QUOTES, NO_BACKSLASH_ESCAPES, DdlContext, DdlError

__all__ = ["Token", "tokenize"]

WORD, QUOTED, STRING, NUMBER, PUNCT, END = "word", "quoted", "string", "number", "punct", "end"


@dataclass(slots=True)
class Token:
    """``text`` is the source text of a token; ``value`` what it means: a word in upper case, a quoted name or string without its
    quotes and escapes, anything else as it is. ``start`` and ``end`` (exclusive) are offsets in the statement."""

    kind: str
    text: str
    value: str
    start: int
    end: int


class _Lexer(MySQL.Tokenizer):
    KEYWORDS: ClassVar[dict[str, TokenType]] = {}
    COMMANDS: ClassVar[set[TokenType]] = set()


class _NoEscapes(_Lexer):
    STRING_ESCAPES: ClassVar[list[str]] = ["'", '"']


class _Ansi(_Lexer):
    STRING_ESCAPES: ClassVar[list[str]] = ["'", "\\"]
    QUOTES: ClassVar[list[tuple[str, str] | str]] = ["'"]
    IDENTIFIERS: ClassVar[list[tuple[str, str] | str]] = ["`", '"']


class _AnsiNoEscapes(_Ansi):
    STRING_ESCAPES: ClassVar[list[str]] = ["'"]


_NUMBERS = (TokenType.NUMBER, TokenType.HEX_STRING, TokenType.BIT_STRING)

for _class in (_Lexer, _NoEscapes, _Ansi, _AnsiNoEscapes):
    _class._COMMENTS.pop("{#", None)  # templates are not SQL


@cache
def _lexer(ansi: bool, literal_backslash: bool) -> MySQL.Tokenizer:
    if ansi:
        return (_AnsiNoEscapes if literal_backslash else _Ansi)(dialect="mysql")
    return (_NoEscapes if literal_backslash else _Lexer)(dialect="mysql")


_ESCAPES = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}
_BACKSLASH = re.compile(r"\\(.)", re.DOTALL)


def _unquote(text: str, escapes: bool) -> str:
    quote, body = text[0], text[1:-1]
    if escapes and "\\" in body:
        # Doubled quotes and escapes are told apart from the left: '\\''' is a backslash and a quote.
        pattern = re.compile(rf"{quote}{quote}|\\(.)", re.DOTALL)
        return pattern.sub(lambda m: quote if m[1] is None else _ESCAPES.get(m[1], m[1]), body)
    return body.replace(quote * 2, quote)


def tokenize(sql: str, context: DdlContext) -> list[Token]:
    """The tokens of one statement without comments, an END token last. Raises DdlError for text that has no end (an open
    quote)."""
    escapes = not context.sql_mode & NO_BACKSLASH_ESCAPES
    text = _without_versions(sql, escapes, context) if "/*" in sql else sql
    try:
        raw = _lexer(bool(context.sql_mode & ANSI_QUOTES), not escapes).tokenize(text)
    except TokenError:
        raise DdlError("the statement ends inside a quoted text") from None
    out: list[Token] = []
    for token in raw:
        start, end, kind = token.start, token.end + 1, token.token_type
        piece = text[start:end]
        if kind is TokenType.NATIONAL_STRING:
            out.append(Token(WORD, piece[0], "N", start, start + 1))
            out.append(Token(STRING, piece[1:], _unquote(piece[1:], escapes), start + 1, end))
        elif kind is TokenType.STRING:
            out.append(Token(STRING, piece, _unquote(piece, escapes), start, end))
        elif kind is TokenType.IDENTIFIER and piece[0] in '`"':
            out.append(Token(QUOTED, piece, piece[1:-1].replace(piece[0] * 2, piece[0]), start, end))
        elif kind in _NUMBERS:
            out.append(Token(NUMBER, piece, piece, start, end))
        elif len(piece) == 1 and not (piece.isalnum() or piece in "_$" or ord(piece) > 127):
            out.append(Token(PUNCT, piece, piece, start, end))
        else:
            out.append(Token(WORD, piece, piece.upper(), start, end))
    out.append(Token(END, "", "", len(sql), len(sql)))
    return out


_PIECES = (
    r"""(?P<quoted>'(?:[^'{0}]|{1}'')*'|"(?:[^"{0}]|{1}"")*"|`[^`]*`|--(?=\s|$)[^\n]*|\#[^\n]*)"""
    r"""|(?P<open>/\*M?!)(?P<version>\d{{5,6}})?|(?P<plain>/\*)|(?P<close>\*/)""")
_ESCAPING = re.compile(_PIECES.format("\\\\", r"\\.|"), re.DOTALL)
_LITERAL = re.compile(_PIECES.format("", ""), re.DOTALL)
_MARK = re.compile(r"/\*|\*/")


def _without_versions(sql: str, escapes: bool, context: DdlContext) -> str:
    """The statement with versioned comments resolved: what counts stands free, the rest is blank. Offsets stay."""
    out: list[str] = []
    at = done = opened = 0
    pattern = _ESCAPING if escapes else _LITERAL
    while match := pattern.search(sql, at):
        start, at = match.span()
        if match["quoted"]:
            continue
        if match["open"] and _counts(match["open"], match["version"], context):
            opened += 1
        elif match["close"] and opened:
            opened -= 1
        elif match["close"]:
            at = start + 1
            continue
        else:
            # An ordinary comment ends at the first mark; one that is passed over for its version may hold others.
            at = _end_of_comment(sql, at, nested=match["plain"] is None)
        out.append(sql[done:start])
        out.append(" " * (at - start))
        done = at
    return "".join(out) + sql[done:]


def _counts(mark: str, version: str | None, context: DdlContext) -> bool:
    number = int(version) if version else 0
    if context.mariadb:
        # MariaDB does not take what MySQL 5.7 and later mean by their versions.
        return number <= context.version and (mark == "/*M!" or not 50700 <= number <= 50999)
    return mark == "/*!" and number <= context.version


def _end_of_comment(sql: str, at: int, nested: bool) -> int:
    depth = 1
    while match := _MARK.search(sql, at):
        at = match.end()
        if match[0] == "*/":
            depth -= 1
        elif nested:
            depth += 1
        if depth == 0:
            return at
    return len(sql)
