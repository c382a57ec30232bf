import pytest

from schemas.model import INT32, STRING, SchemaError, array_of, struct_of
from schemas.names import (
    Adjustment,
    adjust_field_name,
    adjust_schema_name,
    avro_full_name,
    sanitise_topic,
    subject_strategy,
)


@pytest.mark.parametrize(("name", "mode", "expected"), [
    ("p.public.my-table.Value", "none", "p.public.my-table.Value"),
    ("p.public.my-table.Value", "avro", "p.public.my_table.Value"),
    ("p.1st.t.Value", "avro", "p._1st.t.Value"),
    ("é.t", "avro", "_.t"),
    ("p.my_table.Value", "avro", "p.my_table.Value"),
    ("p.my_table.Value", "avro_unicode", "p.my_u005ftable.Value"),
    ("a-b_c", "avro_unicode", "a_u002db_u005fc"),
    ("ā", "avro_unicode", "_u101"),
    ("1a1", "avro_unicode", "_u0031a1"),
    ("😀", "avro_unicode", "_ud83d_ude00"),
])
def test_a_schema_name_is_adjusted(name: str, mode: str, expected: str) -> None:
    assert adjust_schema_name(name, mode) == expected
    assert adjust_schema_name(name, Adjustment(mode)) == expected


@pytest.mark.parametrize(("name", "mode", "expected"), [
    ("a.b", "none", "a.b"), ("a.b", "avro", "a_b"), ("a.b", "avro_unicode", "a_u002eb"), ("2nd", "avro", "_2nd"),
    ("with space", "avro", "with_space"), ("", "avro", ""), ("", "avro_unicode", ""), ("_", "avro", "_"),
    ("_", "avro_unicode", "_u005f"), ("ÿ", "avro_unicode", "_u00ff"),
])
def test_a_field_name_is_adjusted(name: str, mode: str, expected: str) -> None:
    assert adjust_field_name(name, mode) == expected


@pytest.mark.parametrize(("name", "expected"), [
    ("p.public.t", "p.public.t"), ("p.public.mein täbel", "p.public.mein_t_bel"), ("a$b", "a_b"), (".", "_"), ("..", "__"),
    ("x" * 300, "x" * 249), ("A-z_0.9", "A-z_0.9"),
])
def test_a_topic_name_is_made_legal(name: str, expected: str) -> None:
    assert sanitise_topic(name) == expected


PACKAGE = "io.confluent.kafka.serializers.subject."


@pytest.mark.parametrize(("strategy", "is_key", "expected"), [
    ("TopicNameStrategy", False, "t-value"), ("TopicNameStrategy", True, "t-key"),
    (PACKAGE + "TopicNameStrategy", False, "t-value"), (PACKAGE + "RecordNameStrategy", False, "a.R"),
    ("TopicRecordNameStrategy", True, "t-a.R"),
])
def test_a_strategy_names_the_subject(strategy: str, is_key: bool, expected: str) -> None:
    assert subject_strategy(strategy)("t", is_key, "a.R") == expected


@pytest.mark.parametrize("name", ["Nonsense", "com.example.TopicNameStrategy", ""])
def test_an_unknown_strategy_is_an_error_naming_the_known_ones(name: str) -> None:
    with pytest.raises(ValueError, match="RecordNameStrategy"):
        subject_strategy(name)


@pytest.mark.parametrize("name", ["RecordNameStrategy", "TopicRecordNameStrategy"])
def test_a_subject_named_after_a_record_needs_one(name: str) -> None:
    with pytest.raises(SchemaError, match="TopicNameStrategy"):
        subject_strategy(name)("t", True, None)


def test_the_full_name_of_a_record() -> None:
    assert avro_full_name(struct_of([("a", INT32)], "x.y.Z")) == "x.y.Z"
    assert avro_full_name(struct_of([("a", INT32)], "Z")) == "Z"
    assert avro_full_name(STRING) is None
    assert avro_full_name(array_of(STRING)) is None
    assert avro_full_name(struct_of([], "x.Z").opt()) is None
