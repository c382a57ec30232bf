"""Reading tokens one after the other: the few moves from which the grammar is made."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.mysql.ddl.context import DdlContext, DdlError
from connectors.mysql.ddl.lexer import END, NUMBER, PUNCT, QUOTED, STRING, WORD, Token, tokenize

__all__ = ["Cursor", "TableName"]


@dataclass(frozen=True, slots=True)
class TableName:
    """A table as a statement names it; ``database`` None = the session's."""

    database: str | None
    name: str


class Cursor:
    """A place in a statement's tokens. Methods that take words move past them and say so; ``need_*`` raise DdlError instead."""

    __slots__ = ("at", "context", "sql", "tokens")

    def __init__(self, sql: str, context: DdlContext) -> None:
        self.sql = sql
        self.context = context
        self.tokens = tokenize(sql, context)
        self.at = 0

    def peek(self, ahead: int = 0) -> Token:
        """The token here, or some further on; behind the last one it is END."""
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def next(self) -> Token:
        """The token here; goes on."""
        token = self.tokens[self.at]
        if token.kind != END:
            self.at += 1
        return token

    def error(self, what: str) -> DdlError:
        """What is wrong at this place."""
        token = self.peek()
        line = self.sql.count("\n", 0, token.start) + 1
        near = "at its end" if token.kind == END else f"near {token.text[:40]!r}"
        return DdlError(f"{what} (line {line}, character {token.start + 1}, {near})")

    def ends(self) -> bool:
        """Whether the statement is over (a closing semicolon does not count)."""
        token = self.peek()
        return token.kind == END or (token.kind == PUNCT and token.value == ";")

    def sees(self, *words: str, ahead: int = 0) -> bool:
        """Whether these words come next."""
        tokens, at = self.tokens, self.at + ahead
        for word in words:
            token = tokens[at] if at < len(tokens) else tokens[-1]
            if token.kind != WORD or token.value != word:
                return False
            at += 1
        return True

    def sees_any(self, words: frozenset[str] | tuple[str, ...], ahead: int = 0) -> bool:
        """Whether one of these words comes next."""
        token = self.peek(ahead)
        return token.kind == WORD and token.value in words

    def takes(self, *words: str) -> bool:
        """Goes past these words if they come next."""
        if not self.sees(*words):
            return False
        self.at += len(words)
        return True

    def takes_any(self, *words: str) -> str | None:
        """Goes past one of these words and returns it."""
        token = self.peek()
        if token.kind != WORD or token.value not in words:
            return None
        self.at += 1
        return token.value

    def need(self, *words: str) -> None:
        """Goes past these words."""
        if not self.takes(*words):
            raise self.error(f"{' '.join(words)} expected")

    def sees_mark(self, mark: str, ahead: int = 0) -> bool:
        """Whether this punctuation comes next."""
        token = self.peek(ahead)
        return token.kind == PUNCT and token.value == mark

    def takes_mark(self, mark: str) -> bool:
        """Goes past this punctuation if it comes next."""
        if not self.sees_mark(mark):
            return False
        self.at += 1
        return True

    def need_mark(self, mark: str) -> None:
        """Goes past this punctuation."""
        if not self.takes_mark(mark):
            raise self.error(f"{mark!r} expected")

    def sees_name(self, ahead: int = 0) -> bool:
        """Whether something comes next that can be a name."""
        return self.peek(ahead).kind in (WORD, QUOTED)

    def name(self) -> str:
        """A name, quoted or not."""
        token = self.peek()
        if token.kind == WORD:
            self.at += 1
            return token.text
        if token.kind == QUOTED:
            self.at += 1
            return token.value
        raise self.error("a name expected")

    def column(self) -> str:
        """A column's name; a table and database in front of it are dropped."""
        name = self.name()
        while self.takes_mark("."):
            name = self.name()
        return name

    def table(self) -> TableName:
        """``[database.]table``."""
        if self.takes_mark("."):
            return TableName(None, self.name())
        first = self.name()
        if self.takes_mark("."):
            return TableName(first, self.name())
        return TableName(None, first)

    def word_or_string(self) -> str:
        """A name, a text or a number: the value of an option."""
        token = self.peek()
        if token.kind in (STRING, QUOTED):
            self.at += 1
            return token.value
        if token.kind in (WORD, NUMBER):
            self.at += 1
            return token.text
        raise self.error("a value expected")

    def string(self) -> str:
        """A quoted text. (Under ANSI_QUOTES too: only single quotes then.)"""
        token = self.peek()
        if token.kind != STRING:
            raise self.error("a quoted text expected")
        self.at += 1
        return token.value

    def integer(self) -> int:
        """A plain number."""
        token = self.peek()
        if token.kind != NUMBER or not token.text.isdecimal():
            raise self.error("a number expected")
        self.at += 1
        return int(token.text[:20])

    def skip_group(self) -> str:
        """Goes past a balanced pair of parentheses and returns its text, parentheses included."""
        start = self.peek().start
        self.need_mark("(")
        depth = 1
        while depth:
            token = self.next()
            if token.kind == END:
                raise self.error("')' expected")
            if token.kind == PUNCT:
                depth += (token.value == "(") - (token.value == ")")
        return self.sql[start : self.tokens[self.at - 1].end]

    def skip_clause(self) -> None:
        """Goes to the comma, the closing parenthesis or the end that ends the clause here."""
        while not self.ends() and not self.sees_mark(",") and not self.sees_mark(")"):
            if self.sees_mark("("):
                self.skip_group()
            else:
                self.at += 1

    def text_since(self, index: int) -> str:
        """The source text from the token of that index to the one before this place."""
        return self.sql[self.tokens[index].start : self.tokens[self.at - 1].end] if self.at > index else ""
