from typing import Any

import pytest

from schemas.avro import avro_schema
from schemas.differences import differences, same_layout
from schemas.envelope import POSTGRES_SOURCE, envelope_schema, row_schema
from schemas.model import INT32, INT64, STRING, Schema, array_of, decimal_of, map_of


def envelope(*columns: tuple[str, Schema]) -> Any:
    return avro_schema(envelope_schema("p.t.Envelope", row_schema("p.t.Value", columns), POSTGRES_SOURCE))


OLD = envelope(("id", INT32), ("note", STRING.opt()))


@pytest.mark.parametrize(("new", "lines"), [
    (OLD, []),
    (envelope(("id", INT64), ("note", STRING.opt())), ["changed before.id: int → long", "changed after.id: int → long"]),
    (envelope(("id", INT32)),
     ["removed before.note: [null, string], default None", "removed after.note: [null, string], default None"]),
    (envelope(("id", INT32), ("note", STRING.opt()), ("n", decimal_of(2, 5))),
     ["added before.n: bytes decimal(5,2)", "added after.n: bytes decimal(5,2)"]),
    (envelope(("id", INT32), ("note", STRING)),
     ["changed before.note: [null, string], default None → string", "changed after.note: [null, string], default None → string"]),
])
def test_differences_are_told_field_by_field(new: Any, lines: list[str]) -> None:
    assert differences(OLD, new) == lines


def test_a_change_deep_inside_arrays_and_maps_has_its_path() -> None:
    def nested(inner: Schema) -> Any:
        return envelope(("a", array_of(map_of(STRING, row_schema("x.R", [("v", inner)]).required()))))

    assert differences(nested(INT32), nested(INT64))[0] == "changed before.a[]{}.v: int → long"


@pytest.mark.parametrize("other", [
    envelope(("id", INT32.but(doc="a comment")), ("note", STRING.opt())),
    envelope(("id", INT32.but(default=5)), ("note", STRING.opt())),
])
def test_comments_and_defaults_do_not_change_the_layout(other: Any) -> None:
    assert same_layout(OLD, other)


@pytest.mark.parametrize("other", [
    envelope(("id", INT64), ("note", STRING.opt())), envelope(("note", STRING.opt()), ("id", INT32)),
    envelope(("id", INT32), ("note", STRING.opt("x"))), envelope(("id", INT32)),
])
def test_types_order_and_branches_do(other: Any) -> None:
    assert not same_layout(OLD, other)


def test_full_and_short_references_are_the_same_layout() -> None:
    one = {"type": "record", "name": "a.S", "fields": [
        {"name": "x", "type": {"type": "record", "name": "R", "fields": [{"name": "i", "type": "int"}]}},
        {"name": "y", "type": "R"}]}
    two = {"type": "record", "name": "S", "namespace": "a", "fields": [
        {"name": "x", "type": {"type": "record", "name": "a.R", "fields": [{"name": "i", "type": {"type": "int"}}]}},
        {"name": "y", "type": "a.R"}]}
    assert same_layout(one, two)


def test_a_recursive_schema_ends() -> None:
    tree = {"type": "record", "name": "T", "fields": [{"name": "next", "type": ["null", "T"]}]}
    assert same_layout(tree, tree)
    assert differences(tree, tree) == []
    assert differences(tree, {**tree, "fields": []}) == ["removed next: [null, record T]"]
