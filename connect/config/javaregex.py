r"""Regular expressions as ``java.util.regex`` writes them, translated to Python's :mod:`re`, or refused.

What both write alike is kept. Translated: ``\Q…\E``, ``(?<name>…)``, ``\k<name>``, ``\p{…}`` classes that have a Python
form, ``\h``, ``\R``, ``\z``, ``\Z``, ``\e``. Refused, since Python has no such thing: class intersections (``&&``), other ``\p``
properties, ``\G``, ``\X``. Without flags ``\d``, ``\w``, ``\s`` and ``\b`` mean ASCII in Java, and so they do here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

__all__ = ["compile_java", "java_replacement", "translate_java"]

_CLASSES = {
    "Lower": "a-z", "Upper": "A-Z", "ASCII": r"\x00-\x7f", "Alpha": "a-zA-Z", "Digit": "0-9", "Alnum": "a-zA-Z0-9",
    "Punct": r"!-/:-@\[-`{-~", "Graph": "!-~", "Print": " -~", "Blank": r" \t", "Cntrl": r"\x00-\x1f\x7f", "XDigit": "0-9a-fA-F",
    "Space": r" \t\n\x0b\f\r",
}
_SPACES = r" \t\xA0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000"
_LINE_BREAK = r"(?:\r\n|[\n\x0b\f\r\x85\u2028\u2029])"


class _Reader:
    """Walks through a pattern once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.out: list[str] = []

    def fail(self, what: str) -> ValueError:
        return ValueError(f"Invalid regex: {what} near index {self.at} of {self.text!r}")

    def run(self) -> str:
        while self.at < len(self.text):
            c = self.text[self.at]
            if c == "\\":
                self.out.append(self._escape(inside=False))
            elif c == "[":
                self.out.append(self._set())
            elif self.text.startswith("(?<", self.at) and self.text[self.at + 3 : self.at + 4] not in ("=", "!"):
                self.out.append("(?P<")
                self.at += 3
            else:
                self.out.append(c)
                self.at += 1
        return "".join(self.out)

    def _escape(self, inside: bool) -> str:
        text, start = self.text, self.at
        if start + 1 >= len(text):
            raise self.fail("a single backslash at the end")
        c = text[start + 1]
        self.at = start + 2
        if c == "Q":
            end = text.find("\\E", self.at)
            literal = text[self.at : end if end >= 0 else len(text)]
            self.at = end + 2 if end >= 0 else len(text)
            return re.escape(literal)
        if c in "pP":
            return self._property(negated=c == "P", inside=inside)
        if c == "k" and not inside and (m := re.compile(r"<(\w+)>").match(text, self.at)):
            self.at = m.end()
            return f"(?P={m[1]})"
        if c == "x" and (m := re.compile(r"\{([0-9a-fA-F]+)\}").match(text, self.at)):
            self.at = m.end()
            return re.escape(chr(int(m[1], 16)))
        if c == "0" and (m := re.compile(r"[0-3]?[0-7]{1,2}").match(text, self.at)):
            self.at = m.end()
            return re.escape(chr(int(m[0], 8)))
        return self._simple(c, inside)

    def _simple(self, c: str, inside: bool) -> str:
        if c == "h":
            return _SPACES if inside else f"[{_SPACES}]"
        if c == "H" and not inside:
            return f"[^{_SPACES}]"
        if c == "R" and not inside:
            return _LINE_BREAK
        if c == "z" and not inside:
            return r"\Z"
        if c == "Z" and not inside:
            return r"(?=\n?\Z)"
        if c == "e":
            return r"\x1b"
        if c.isascii() and c.isalpha() and c not in "dDwWsSbBAtnrfaux" + "v":
            raise self.fail(f"\\{c} has no equivalent here")
        return f"\\{c}"

    def _property(self, negated: bool, inside: bool) -> str:
        m = re.compile(r"\{(\w+)\}|(\w)").match(self.text, self.at)
        name = (m[1] or m[2]) if m else ""
        if m is None or name not in _CLASSES or (negated and inside):
            raise self.fail(f"the property \\{'P' if negated else 'p'}{{{name}}} is not supported; write the characters out")
        self.at = m.end()
        body = _CLASSES[name]
        return body if inside else f"[{'^' if negated else ''}{body}]"

    def _set(self) -> str:
        out = ["["]
        self.at += 1
        if self.text.startswith("^", self.at):
            out.append("^")
            self.at += 1
        first = True
        while True:
            if self.at >= len(self.text):
                raise self.fail("a character class is not closed")
            c = self.text[self.at]
            if c == "]" and not first:
                self.at += 1
                return "".join(out) + "]"
            if c == "[":
                raise self.fail("a class inside a class is not supported; write one class or alternatives")
            if self.text.startswith("&&", self.at):
                raise self.fail("&& (intersection of classes) is not supported; write the characters out")
            if c == "\\":
                out.append(self._escape(inside=True))
            else:
                out.append("\\" + c if c in "|~&" or (c == "]" and first) else c)
                self.at += 1
            first = False


def translate_java(text: str) -> str:
    """The same expression for Python. Raises ValueError saying what is not supported."""
    return _Reader(text).run()


@lru_cache(maxsize=256)
def compile_java(text: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """Compile a Java expression. Raises ValueError with the reason."""
    try:
        return re.compile(translate_java(text), re.ASCII | (re.IGNORECASE if ignore_case else 0))
    except re.error as e:
        raise ValueError(f"Invalid regex: {e.msg}{f' near index {e.pos}' if e.pos is not None else ''}: {text}") from None


def java_replacement(text: str, pattern: re.Pattern[str]) -> Callable[[re.Match[str]], str]:
    r"""``$1``, ``${name}`` and ``\c`` of a Java replacement, as a function of the match. A group that took no part is empty.

    As in Java, digits after ``$n`` belong to the number as long as such a group exists. Raises ValueError for a group that does
    not exist.
    """
    parts: list[str | int] = []
    at = 0
    while at < len(text):
        c = text[at]
        if c == "\\":
            if at + 1 >= len(text):
                raise ValueError("character to be escaped is missing at the end of the replacement")
            parts.append(text[at + 1])
            at += 2
        elif c == "$":
            group, at = _group(text, at + 1, pattern)
            parts.append(group)
        else:
            parts.append(c)
            at += 1

    def replace(m: re.Match[str]) -> str:
        return "".join(p if isinstance(p, str) else (m[p] or "") for p in parts)

    return replace


def _group(text: str, at: int, pattern: re.Pattern[str]) -> tuple[int, int]:
    named = re.compile(r"\{(\w+)\}").match(text, at)
    if named:
        if named[1] not in pattern.groupindex:
            raise ValueError(f"no group with name {{{named[1]}}} in {pattern.pattern!r}")
        return pattern.groupindex[named[1]], named.end()
    if at >= len(text) or not (text[at].isascii() and text[at].isdigit()):
        raise ValueError("illegal group reference: after $ a group's number or {name} is expected; write \\$ for a dollar sign")
    number = int(text[at])
    if number > pattern.groups:
        raise ValueError(f"no group {number} in {pattern.pattern!r}")
    at += 1
    while at < len(text) and text[at].isascii() and text[at].isdigit() and number * 10 + int(text[at]) <= pattern.groups:
        number = number * 10 + int(text[at])
        at += 1
    return number, at
