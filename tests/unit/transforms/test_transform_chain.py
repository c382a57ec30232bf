from __future__ import annotations

import pytest

from connect.api.errors import ConfigError, DataError
from connect.api.records import Header, SourceRecord
from connect.transforms.chain import TransformChain, build_chain

ROUTE = {"transforms": "a,b", "transforms.a.type": "org.apache.kafka.connect.transforms.RegexRouter",
    "transforms.a.regex": "(.*)",
         "transforms.a.replacement": "x.$1", "transforms.b.type": "regex_router", "transforms.b.regex": "x.(.*)",
         "transforms.b.replacement": "y.$1"}


def record(topic: str = "t", value: object = 1, headers: tuple[Header, ...] = ()) -> SourceRecord:
    return SourceRecord({}, {}, topic, value=value, headers=headers)


def test_transforms_are_applied_in_the_order_listed() -> None:
    out = build_chain(ROUTE).apply(record())
    assert out is not None
    assert out.topic == "y.t"


def test_no_transforms_is_an_empty_chain() -> None:
    chain = build_chain({"name": "x"})
    assert not chain
    assert chain.apply(record()) == record()


@pytest.mark.parametrize(
    ("kind", "props", "one", "kept"),
    [
        ("TopicNameMatches", {"pattern": "a.*"}, record("abc"), False),
        ("TopicNameMatches", {"pattern": "a"}, record("abc"), True),
        ("HasHeaderKey", {"name": "h"}, record(headers=(Header("h", 1),)), False),
        ("HasHeaderKey", {"name": "h"}, record(headers=(Header("i", 1),)), True),
        ("RecordIsTombstone", {}, record(value=None), False),
        ("RecordIsTombstone", {}, record(value=0), True),
    ],
)
@pytest.mark.parametrize("negate", [False, True])
def test_a_filter_drops_where_its_predicate_matches(
    kind: str, props: dict[str, str], one: SourceRecord, kept: bool, negate: bool
) -> None:
    chain = build_chain({
        "transforms": "f", "transforms.f.type": "Filter", "transforms.f.predicate": "p",
        "transforms.f.negate": str(negate).lower(),
        "predicates": "p", "predicates.p.type": f"org.apache.kafka.connect.transforms.predicates.{kind}",
        **{f"predicates.p.{k}": v for k, v in props.items()}})
    assert (chain.apply(one) is not None) is (kept is not negate)


def test_what_follows_a_drop_is_not_applied() -> None:
    chain = build_chain({"transforms": "f,v", "transforms.f.type": "Filter", "transforms.v.type": "ValueToKey",
        "transforms.v.fields": "a"})
    assert chain.apply(record()) is None


def test_an_error_says_which_transform_it_was() -> None:
    chain = build_chain({"transforms": "key", "transforms.key.type": "ValueToKey", "transforms.key.fields": "a"})
    with pytest.raises(DataError) as caught:
        chain.apply(record())
    assert caught.value.__notes__ == ["in transform 'key' (ValueToKey), topic t"]


@pytest.mark.parametrize(
    ("props", "key"),
    [
        ({"transforms": "a"}, "transforms.a.type"),
        ({"transforms": "a", "transforms.a.type": "com.example.Nope"}, "transforms.a.type"),
        ({"transforms": "a", "transforms.a.type": "RegexRouter", "transforms.a.replacement": "x"}, "transforms.a.regex"),
        ({"transforms": "a", "transforms.a.type": "Filter", "transforms.a.predicate": "p"}, "transforms.a.predicate"),
        ({"predicates": "p", "predicates.p.type": "TopicNameMatches", "predicates.p.pattern": "("}, "predicates.p.pattern"),
    ],
)
def test_a_wrong_chain_names_the_key_in_full(props: dict[str, str], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        TransformChain.from_props(props)
    assert list(caught.value.errors) == [key]


def test_closing_closes_every_transform() -> None:
    build_chain(ROUTE).close()
