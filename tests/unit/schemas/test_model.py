import copy
from typing import Any

import pytest

from schemas.model import (
    BOOLEAN,
    FLOAT64,
    INT8,
    INT32,
    INT64,
    STRING,
    Schema,
    SchemaError,
    Type,
    array_of,
    decimal_of,
    map_of,
    struct_of,
    walk,
)


def sample() -> Schema:
    members = [("id", INT32), ("tags", array_of(STRING.opt()).opt())]
    return struct_of(members, "a.S", version=2, doc="d", parameters={"x": "1", "y": "2"})


def test_schemas_of_one_structure_are_equal_and_hash_alike() -> None:
    assert sample() == sample() and sample() is not sample()
    assert len({sample(), sample()}) == 1


@pytest.mark.parametrize("change", [
    {"optional": True}, {"name": "a.T"}, {"version": 3}, {"version": None}, {"doc": None}, {"parameters": {"x": "1"}},
    {"default": {"id": 1}}, {"fields": ()},
])
def test_a_difference_in_any_attribute_makes_schemas_differ(change: dict[str, Any]) -> None:
    assert sample().but(**change) != sample()


def test_the_order_of_parameters_does_not_count() -> None:
    assert sample().but(parameters={"y": "2", "x": "1"}) == sample()


@pytest.mark.parametrize(("a", "b"), [
    (FLOAT64.but(default=1.0), FLOAT64.but(default=1)), (BOOLEAN.but(default=True), BOOLEAN.but(default=1))])
def test_defaults_that_python_calls_equal_are_not(a: Schema, b: Schema) -> None:
    assert a != b


def test_a_nan_default_equals_itself() -> None:
    assert FLOAT64.but(default=float("nan")) == FLOAT64.but(default=float("nan"))


@pytest.mark.parametrize("default", [b"x", bytearray(b"x"), [1, [2]], {"a": [1]}, {"k": {"l": None}}])
def test_a_default_of_any_shape_can_be_hashed(default: Any) -> None:
    assert hash(STRING.but(default=default)) == hash(STRING.but(default=copy.deepcopy(default)))


def test_a_struct_knows_its_fields() -> None:
    assert sample().field("id").index == 0
    assert sample().has("tags") and not sample().has("nope")
    with pytest.raises(SchemaError, match="it has id, tags"):
        sample().field("nope")


def test_a_field_given_twice_is_an_error() -> None:
    with pytest.raises(SchemaError, match="'a' is given twice"):
        struct_of([("a", INT32), ("a", INT64)], "x.S")


def test_opt_and_required_undo_each_other() -> None:
    assert INT32.opt().required() == INT32
    assert INT32.required() is INT32


def test_a_derived_schema_does_not_share_what_was_compiled_for_the_first() -> None:
    first = sample()
    first._memo["x"] = 1
    assert first.but(doc="other")._memo == {}


def test_parameters_are_read_only() -> None:
    with pytest.raises(TypeError):
        sample().parameters["z"] = "3"  # type: ignore[index]


def test_walk_gives_parents_before_children() -> None:
    inner = struct_of([("x", INT8)], "a.I")
    outer = struct_of([("m", map_of(STRING, array_of(inner)))], "a.O")
    assert [s.type for s in walk(outer)] == [Type.STRUCT, Type.MAP, Type.STRING, Type.ARRAY, Type.STRUCT, Type.INT8]


def test_a_decimal_keeps_scale_and_precision_as_parameters() -> None:
    assert dict(decimal_of(2, 5).parameters) == {"scale": "2", "connect.decimal.precision": "5"}
    assert dict(decimal_of(2).parameters) == {"scale": "2"}
