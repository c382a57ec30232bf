"""JSON documents as compact text: from the binary form, and from the server's text.

Both give the same: the server's own text without the spaces between tokens; keys in the order in which they are stored.
"""

from __future__ import annotations

import base64
import re
from json.encoder import encode_basestring

import connectors.mysql.core  # noqa: F401  (chooses the core's implementation before anything of it is imported)
from connectors.mysql.core.document import double_text, write_document
from connectors.mysql.types.json_walk import ARRAYS, MAX_DEPTH, OBJECTS, Opaque, Scalar, Walk, opaque_text
from schemas.core.writer import Writer

__all__ = ["compact", "double_text", "json_text", "walked_text"]

_TOKENS = re.compile(r'(?:[^"\s]+|"[^"\\]*(?:\\.[^"\\]*)*")+', re.DOTALL)


def json_text(raw: bytes) -> str:
    """The text of a document in MySQL's binary form. Raises ValueError when it is damaged; neither its depth nor its memory
    can run away. An empty document, which a server in a lax mode can have, is null."""
    writer = Writer()
    if write_document(raw, 0, len(raw), writer, _opaque_of):
        return writer.take().decode("utf-8")
    return walked_text(raw)


def walked_text(raw: bytes) -> str:
    """The same without the core, which leaves to this what it does not know: an error, of nearly all servers' documents."""
    if not raw:
        return "null"
    out: list[str] = []
    _write(Walk(raw), raw[0], 1, len(raw), out, 0)
    return "".join(out)


def _write(walk: Walk, kind: int, at: int, end: int, out: list[str], depth: int) -> None:
    if kind in ARRAYS or kind in OBJECTS:
        if depth >= MAX_DEPTH:
            raise ValueError(f"a JSON document nested deeper than {MAX_DEPTH}")
        keys, members = walk.members(kind, at, end)
        mark = "[" if keys is None else "{"
        for i, (member, start, stop) in enumerate(members):
            out.append(mark if keys is None else f"{mark}{encode_basestring(keys[i])}:")
            _write(walk, member, start, stop, out, depth + 1)
            mark = ","
        out.append("[]" if keys is None and not members else "{}" if not members else "]" if keys is None else "}")
        return
    out.append(scalar_text(walk.scalar(kind, at, end)))


def scalar_text(value: Scalar) -> str:
    """The text of a scalar as the server prints it."""
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return double_text(value)
    return _opaque(value)


def _opaque_of(kind: int, data: bytes) -> str:
    return _opaque(Opaque(kind, data))


def _opaque(value: Opaque) -> str:
    quoted, text = opaque_text(value)
    if text is None:
        # The server breaks the lines of its base64.
        text = f"base64:type{value.type}:" + base64.encodebytes(value.data).decode("ascii").rstrip("\n")
    return encode_basestring(text) if quoted else text


def compact(text: str) -> str:
    """The server's text of a document without the spaces between its tokens; numbers and texts stay as they are. Raises
    ValueError for a text that does not end."""
    found = "".join(_TOKENS.findall(text))
    # Only the quote of a text without an end is in no token.
    if not found or found.count('"') != text.count('"'):
        raise ValueError("not a JSON document as the server writes it")
    return found
