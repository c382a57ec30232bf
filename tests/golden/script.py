"""The SQL scripts of recorded cases: statements and the directives between them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_COMMENT = r"--[^\n]*|/\*.*?\*/"
_POSTGRES = re.compile(
    _COMMENT + r"|\$(\w*)\$.*?\$\1\$|[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|;", re.S)
_MYSQL = re.compile(_COMMENT + r"|'(?:[^'\\]|''|\\.)*'|\"(?:[^\"\\]|\"\"|\\.)*\"|`[^`]*`|;", re.S)
_DIRECTIVE = re.compile(r"--\s*(wait|resume|session)\b\s*(\w*)\s*")


def steps(text: str, mysql: bool = False) -> Iterator[tuple[str, str]]:
    """Yield ("sql", statement) and ("wait" | "resume" | "session", argument), in order.

    Knows the quotes of PostgreSQL (or MySQL) and comments. A directive is a comment line of its own: ``-- session b``.
    """
    pending, last = "", 0
    for match in (_MYSQL if mysql else _POSTGRES).finditer(text):
        pending += text[last:match.start()]
        last, token = match.end(), match.group()
        directive = _DIRECTIVE.fullmatch(token)
        if token == ";" or directive:
            if pending.strip():
                yield "sql", pending.strip()
            pending = ""
            if directive:
                yield directive[1], directive[2]
        elif not token.startswith("--"):
            pending += token
    if (pending + text[last:]).strip():
        yield "sql", (pending + text[last:]).strip()
