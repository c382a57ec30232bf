"""JSON documents in MySQL's binary form, changes to them, the text the server prints, and compressed columns.

The corpus has what real servers wrote. A document that is read must be the same as a tree, be written again as a document of the
same text, and its text must be JSON that is in no way larger than the document allows. An input of "json_diff" is four bytes of
length, the document, and the changes.
"""

from __future__ import annotations

import json as jsons

from connectors.mysql.types.json_diff import apply_diffs
from connectors.mysql.types.json_dom import encode, parse
from connectors.mysql.types.json_text import compact, json_text, walked_text
from connectors.mysql.types.wires import inflate
from tests.fuzz.targets import Target

__all__ = ["TARGETS"]


def json(data: bytes) -> None:
    """A document; with the core or without it is the same text, or damaged."""
    try:
        text = json_text(data)
    except ValueError:
        walked_text(data)
        raise AssertionError("only the core refuses it") from None
    assert walked_text(data) == text
    assert len(text) <= 12 * len(data) + 128
    jsons.loads(text)
    assert compact(text) == text
    tree = parse(data)
    assert json_text(encode(tree)) == text or _duplicates(data)


def _duplicates(data: bytes) -> bool:
    """Whether an object has a key twice, or keys out of order, which no server writes and a tree cannot tell."""
    pairs = jsons.loads(json_text(data), object_pairs_hook=_Pairs)
    return _disordered(pairs)


class _Pairs(list[tuple[str, object]]):
    """The members of an object, in order."""


def _disordered(value: object) -> bool:
    if isinstance(value, _Pairs):
        keys = [(len(k.encode()), k.encode()) for k, _ in value]
        return sorted(set(keys)) != keys or any(_disordered(v) for _, v in value)
    return isinstance(value, list) and any(map(_disordered, value))


def json_diff(data: bytes) -> None:
    """Changes to a document."""
    size = int.from_bytes(data[:4], "little")
    before, changes = data[4:4 + size], data[4 + size:]
    after = apply_diffs(before, changes)
    assert len(after) <= 2 * len(before) + 8 * len(changes) + 64
    json_text(after)


def json_server_text(data: bytes) -> None:
    """The text of a document."""
    text = data.decode("utf-8")
    short = compact(text)
    assert len(short) <= len(text) and compact(short) == short


def compressed_column(data: bytes) -> None:
    """A value of a COMPRESSED column: at most what deflate can hold."""
    assert len(inflate(data)) <= 1200 * len(data)


TARGETS = [Target("json", json), Target("json_diff", json_diff), Target("json_server_text", json_server_text),
           Target("compressed_column", compressed_column)]
