"""Our bytes are fastavro's, for any schema and any value; and the registered text tells a reader everything back."""

import io
import json
import string
from decimal import Context, Decimal
from typing import Any

import fastavro
from hypothesis import given, settings
from hypothesis import strategies as st

from connect.converters.avro_read import connect_schema, connect_value
from schemas import semantic
from schemas.avro import avro_json, avro_schema, is_avro_map
from schemas.core.writer import Writer
from schemas.encode import encoder_of
from schemas.model import (
    BOOLEAN,
    BYTES,
    CONNECT_DECIMAL,
    FLOAT32,
    FLOAT64,
    INT8,
    INT16,
    INT32,
    INT64,
    STRING,
    Schema,
    Type,
    array_of,
    connect_date,
    connect_timestamp,
    decimal_of,
    map_of,
    struct_of,
)
from schemas.numbers import decimal_bytes, decimal_scale

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = st.text(string.ascii_letters, min_size=1, max_size=6)
LEAVES = st.sampled_from([
    INT8, INT16, INT32, INT64, FLOAT32, FLOAT64, BOOLEAN, STRING, BYTES, decimal_of(2, 10), decimal_of(0), connect_date(),
    connect_timestamp(), semantic.uuid(), semantic.bits(9), semantic.time("MicroTimestamp"), semantic.enum(["a", "b"]),
    semantic.point(), semantic.variable_scale_decimal(), semantic.sparse_double_vector(),
])


def values(s: Schema, bare: bool = False) -> st.SearchStrategy[Any]:
    """Any value of the schema, null among them where it is allowed."""
    if s.optional and not bare:
        return st.none() | values(s, bare=True)
    if s.name == CONNECT_DECIMAL:
        scale = decimal_scale(s)
        return st.integers(-(10**12), 10**12).map(lambda n: Decimal(n).scaleb(-scale, Context(prec=40)))
    match s.type:
        case Type.INT8 | Type.INT16 | Type.INT32 | Type.INT64:
            bits = int(s.type[3:])
            return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        case Type.FLOAT32:
            return st.floats(width=32)
        case Type.FLOAT64:
            return st.floats()
        case Type.BOOLEAN:
            return st.booleans()
        case Type.STRING:
            return TEXT
        case Type.BYTES:
            return st.binary(max_size=20)
        case Type.ARRAY:
            assert s.value_schema is not None
            return st.lists(values(s.value_schema), max_size=4)
        case Type.MAP:
            assert s.key_schema is not None and s.value_schema is not None
            return st.dictionaries(values(s.key_schema), values(s.value_schema), max_size=4)
        case Type.STRUCT:
            return st.fixed_dictionaries({f.name: values(f.schema) for f in s.fields})


@st.composite
def optional(draw: Any, inner: st.SearchStrategy[Schema]) -> Schema:
    s = draw(inner)
    if not draw(st.booleans()):
        return s
    plain = s.type in (Type.INT32, Type.INT64, Type.STRING, Type.BOOLEAN, Type.BYTES) or s.name == CONNECT_DECIMAL
    return s.opt(draw(values(s)) if plain and draw(st.booleans()) else None)


@st.composite
def structs(draw: Any, inner: st.SearchStrategy[Schema]) -> Schema:
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    members = [(n, draw(optional(inner))) for n in names]
    # The name is made of the fields, so that one name never has two definitions.
    shape = "".join(c for c in json.dumps([n + str(hash(m)) for n, m in members]) if c in string.ascii_letters + string.digits)
    return struct_of(members, f"law.S{shape}")


KEYS = st.sampled_from([STRING, INT16, INT64, STRING.opt()])
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: structs(inner) | optional(inner).map(array_of) | optional(inner).map(lambda s: map_of(STRING, s)),
    max_leaves=8,
)
ROWS = structs(SCHEMAS)
# A sparse vector holds a map with other keys itself, and Confluent gives all nameless ones one name.
MAPS = optional(st.builds(map_of, KEYS, LEAVES.filter(lambda s: s.name != semantic.sparse_double_vector().name)))


@st.composite
def rows(draw: Any) -> tuple[Schema, Any]:
    s = draw(ROWS)
    return s, draw(values(s))


def for_fastavro(s: Schema, v: Any) -> Any:
    """The value as fastavro wants it under the schema without logical types."""
    if v is None:
        return None
    if s.name == CONNECT_DECIMAL:
        return decimal_bytes(s, v)
    if s.type is Type.STRUCT:
        return {f.name: for_fastavro(f.schema, v[f.name]) for f in s.fields}
    if s.type is Type.ARRAY and s.value_schema is not None:
        return [for_fastavro(s.value_schema, x) for x in v]
    if s.type is Type.MAP and s.key_schema is not None and s.value_schema is not None:
        if is_avro_map(s):
            return {k: for_fastavro(s.value_schema, x) for k, x in v.items()}
        return [{"key": for_fastavro(s.key_schema, k), "value": for_fastavro(s.value_schema, x)} for k, x in v.items()]
    return v


def without_logical_types(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {k: without_logical_types(v) for k, v in tree.items() if k != "logicalType"}
    return [without_logical_types(v) for v in tree] if isinstance(tree, list) else tree


def encoded(s: Schema, v: Any) -> bytes:
    w = Writer()
    encoder_of(s).encode(v, w)
    return w.take()


def same(a: Any, b: Any) -> bool:
    """Equal, with nan equal to itself and -0.0 different from 0.0; the order of a dict's keys does not count."""
    return repr(_ordered(a)) == repr(_ordered(b))


def _ordered(v: Any) -> Any:
    if isinstance(v, dict):
        return sorted(((repr(k), _ordered(x)) for k, x in v.items()), key=lambda pair: pair[0])
    return [_ordered(x) for x in v] if isinstance(v, list) else v


@settings(max_examples=100, deadline=None)
@given(rows())
def test_the_bytes_are_those_of_fastavro(row: tuple[Schema, Any]) -> None:
    schema, value = row
    parsed = fastavro.parse_schema(without_logical_types(avro_schema(schema)))
    out = io.BytesIO()
    fastavro.schemaless_writer(out, parsed, for_fastavro(schema, value))
    assert encoded(schema, value) == out.getvalue()


@settings(max_examples=100, deadline=None)
@given(rows())
def test_what_was_written_is_read_back(row: tuple[Schema, Any]) -> None:
    schema, value = row
    parsed = fastavro.parse_schema(without_logical_types(json.loads(avro_json(schema))))
    tree = fastavro.schemaless_reader(io.BytesIO(encoded(schema, value)), parsed, None)
    assert same(connect_value(schema, tree), value)


@settings(max_examples=100, deadline=None)
@given(ROWS)
def test_the_registered_text_gives_the_connect_schema_back(schema: Schema) -> None:
    assert connect_schema(json.loads(avro_json(schema))) == schema


@settings(max_examples=100, deadline=None)
@given(MAPS.flatmap(lambda s: st.tuples(st.just(s), values(s))))
def test_maps_with_any_keys_come_back(row: tuple[Schema, Any]) -> None:
    schema, value = row
    parsed = fastavro.parse_schema(without_logical_types(avro_schema(schema)))
    tree = fastavro.schemaless_reader(io.BytesIO(encoded(schema, value)), parsed, None)
    assert same(connect_value(schema, tree), value)
