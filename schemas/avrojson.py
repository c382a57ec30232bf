"""From a schema to what turns its Avro bodies (:mod:`schemas.encode`) into the JSON of :mod:`schemas.connectjson`."""

from __future__ import annotations

import schemas.core  # noqa: F401  (chooses the core's implementation before anything of it is imported)
from schemas.avro import null_first
from schemas.connectjson import JsonStyle, value_text
from schemas.core.jsonwriter import ARRAY, BOOLEAN, BYTES, DOUBLE, FLOAT, LONG, MAP, PAIRS, STRING, STRUCT, Node
from schemas.javajson import string_text
from schemas.model import Schema, Type

__all__ = ["can_follow", "node_of"]

_KINDS = {
    Type.INT8: LONG, Type.INT16: LONG, Type.INT32: LONG, Type.INT64: LONG, Type.FLOAT32: FLOAT, Type.FLOAT64: DOUBLE,
    Type.BOOLEAN: BOOLEAN, Type.STRING: STRING, Type.BYTES: BYTES, Type.STRUCT: STRUCT, Type.ARRAY: ARRAY,
}


def can_follow(style: JsonStyle) -> bool:
    """Whether values in that style can be told from their Avro form: Decimals as numbers have more to tell."""
    return not style.numeric_decimals


def node_of(schema: Schema, style: JsonStyle) -> Node:
    """How Avro bodies of the schema are written as JSON in that style. Kept on the schema."""
    name = style.memo + ".node"
    made: Node | None = schema._memo.get(name)
    if made is None:
        made = schema._memo[name] = _node(schema, style)
    return made


def _node(s: Schema, style: JsonStyle) -> Node:
    branch, null = -1, b""
    if s.optional:
        branch = _branch(s)
        null = value_text(s, style)(None).encode()
    marks: list[bytes] = []
    members: list[Node] = []
    if s.type is Type.STRUCT:
        marks = [(("{" if f.index == 0 else ",") + string_text(f.name) + ":").encode() for f in s.fields]
        members = [node_of(f.schema, style) for f in s.fields]
        kind = STRUCT
    elif s.type is Type.MAP:
        assert s.key_schema is not None and s.value_schema is not None
        if s.key_schema.type is Type.STRING:
            # A key that is null has the name "null".
            kind, key = MAP, Node(STRING, _branch(s.key_schema) if s.key_schema.optional else -1, b'"null"', [], [])
        else:
            kind, key = PAIRS, node_of(s.key_schema, style)
        members = [key, node_of(s.value_schema, style)]
    else:
        kind = _KINDS[s.type]
        if s.type is Type.ARRAY:
            assert s.value_schema is not None
            members = [node_of(s.value_schema, style)]
    return Node(kind, branch, null, marks, members)


def _branch(s: Schema) -> int:
    return 0 if null_first(s) else 1
