"""What real PostgreSQL servers sent, as the golden recordings have it: frames and the rows in them."""

from __future__ import annotations

import base64
import functools
import json
from pathlib import Path
from typing import Any

from connectors.postgres.core.rows import TupleSpans
from connectors.postgres.pgoutput import row_tuples
from tests.unit.postgres.wire import UNCHANGED, begin, commit, delete, insert, keepalive, relation, row, update

__all__ = ["PEOPLE", "cases", "frames", "message", "messages", "people", "rows"]

FOLDER = Path(__file__).parents[1] / "golden" / "wire"
PEOPLE = "people"
"""The name of the case that is generated; its table has the OID 1."""


@functools.cache
def cases() -> dict[str, dict[str, Any]]:
    """The recordings by name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def frames(name: str) -> list[bytes]:
    """The frames of a recording in their order."""
    return [base64.b64decode(frame) for gulp in cases()[name]["gulps"] for frame in gulp]


def message(frame: bytes) -> bytes:
    """A frame as the CopyData message that brings it."""
    return b"d" + (len(frame) + 4).to_bytes(4, "big") + frame


def messages(stream: bytes) -> list[bytes]:
    """The frames of CopyData messages, as far as their lengths make sense; the rest is the last frame."""
    found, at = [], 0
    while at + 5 <= len(stream):
        size = int.from_bytes(stream[at + 1:at + 5], "big")
        if not 4 <= size <= len(stream) - at - 1:
            break
        found.append(stream[at + 5:at + 1 + size])
        at += 1 + size
    return [*found, stream[at:]] if at < len(stream) else found


def rows() -> list[bytes]:
    """All rows, as TupleData."""
    made = [row([None, UNCHANGED, "", "ž", -5, "t"]), row([]), row(["x" * 300] * 3), row(["1"] * 40)]
    spans = TupleSpans()
    for name in cases():
        for frame in frames(name):
            if frame[:1] != b"w" or frame[25:26] not in (b"I", b"U", b"D"):
                continue
            at = row_tuples(frame)[1]
            while at < len(frame):
                end = spans.parse(frame, at)
                made.append(frame[at:end])
                at = end + 1
    return made


def people() -> list[list[bytes]]:
    """Streams of many short transactions, with what a walk takes and what it must leave to the decoder."""
    described = [begin(900), relation(1, PEOPLE, [("id", "int4", True), ("name", "text", True)], "f"), commit(900, 910)]
    changes = {
        "insert": [insert(1, 1, "a"), insert(1, 2, "ž" * 40)],
        "update": [update(1, 1, "b"), update(1, 1, "b", old=[1, "a"], kind="O"), update(1, 1, UNCHANGED, old=[1, "a"], kind="O")],
        "move": [update(1, 2, "b", old=[1, "a"], kind="O"), update(1, 2, "b", old=[1, None])],
        "delete": [delete(1, 1, "a", kind="O"), delete(1, 1, None)],
        "null": [insert(1, 1, None), insert(1, None, "a")],
        "high": [insert(1, 1, "a", lsn=0xFFFFFFFFFFFFFFF0), insert(1, 2, "b", lsn=1 << 63)],
    }
    streams = []
    for kind, some in changes.items():
        stream = list(described)
        for number, change in enumerate(some + changes["insert"] + some):
            final = 1000 + 100 * number
            stream += [begin(final, 50 + number, final - 50, -(10**15) * (number % 3)), change]
            stream += [*([insert(1, 7, kind)] * (number % 3)), commit(final, final + 10, 10**15 * (number % 3))]
            if number % 2:
                stream.append(keepalive(final + 20, number == 3))
        streams.append(stream)
    return streams
