"""PostgreSQL's text forms that the I/O side writes and reads: quoted names and literals, one-dimensional arrays.

Facts: PostgreSQL documentation, "Lexical Structure" and "Array Input and Output Syntax". Literals rely on
standard_conforming_strings.
"""

from __future__ import annotations

import re

__all__ = ["quote_literal", "quote_name", "quote_table", "read_array", "write_array"]

_ITEM = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,"{}]+)', re.DOTALL)


def quote_name(name: str) -> str:
    """An identifier, always in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def quote_table(schema: str, table: str) -> str:
    """A table with its schema."""
    return f"{quote_name(schema)}.{quote_name(table)}"


def quote_literal(text: str) -> str:
    """A string constant that reads the same whatever standard_conforming_strings says."""
    escaped = text.replace("'", "''")
    return "E'" + escaped.replace("\\", "\\\\") + "'" if "\\" in text else f"'{escaped}'"


def read_array(text: str) -> list[str | None]:
    """The items of a one-dimensional array as the server prints it."""
    return [
        re.sub(r"\\(.)", r"\1", m[1], flags=re.DOTALL) if m[1] is not None else None if m[2] == "NULL" else m[2]
        for m in _ITEM.finditer(text[1:-1])
    ]


def write_array(items: list[str]) -> str:
    """A one-dimensional array of texts as the server reads it."""
    return "{" + ",".join('"' + i.replace("\\", "\\\\").replace('"', '\\"') + '"' for i in items) + "}"
