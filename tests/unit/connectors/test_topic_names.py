"""Topic names: Debezium's, and two tables never share one."""

from __future__ import annotations

import re

import pytest

from connect.api.errors import ConnectError
from connectors.naming import TopicNames, java_replacement, sanitise, sanitise_unicode


@pytest.mark.parametrize(("name", "clean"), [
    ("p.public.t", "p.public.t"), ("p.Odd Schema.Täble-1 x.y", "p.Odd_Schema.T_ble-1_x.y"), ("日本", "__"), (".", "_"),
    ("..", "__"),
    ("a" * 300, "a" * 249)])
def test_sanitise(name: str, clean: str) -> None:
    assert sanitise(name) == clean


@pytest.mark.parametrize(("name", "clean"), [("a_b", "a_u005fb"), ("ä", "_u00e4"), ("🙂", "_ud83d_ude42"), ("a-b.c", "a-b.c")])
def test_sanitise_unicode(name: str, clean: str) -> None:
    assert sanitise_unicode(name) == clean


def test_two_tables_that_would_share_a_topic_are_refused_by_name() -> None:
    names = TopicNames("p")
    names.data("public", "a b")
    with pytest.raises(ConnectError, match=r"'public\.a b' and 'public\.a_b'"):
        names.data("public", "a_b")


def test_the_same_table_may_ask_again() -> None:
    names = TopicNames("p")
    assert names.data("public", "t") == names.data("public", "t") == "p.public.t"


def test_a_regex_strategy_may_put_tables_together() -> None:
    names = TopicNames("p", strategy="schema_regex", regex=re.compile(r"(.*)shard_\d+"), replacement="$1shards")
    assert [names.data("public", t) for t in ("shard_1", "shard_2", "other")] == ["p.public.shards", "p.public.shards",
        "p.public.other"]


def test_the_other_topics() -> None:
    names = TopicNames("p", delimiter="_", heartbeat_prefix="hb", transaction_suffix="tx")
    assert (names.heartbeat, names.transaction, names.message, names.data("s", "t")) == ("hb_p", "p_tx", "p_message", "p_s_t")


def test_the_heartbeats_topic_can_be_named() -> None:
    assert TopicNames("p", heartbeat_name="beats").heartbeat == "beats"


@pytest.mark.parametrize(("java", "python"),
    [("$1x", r"\g<1>x"), ("${a}", r"\g<a>"), (r"\$1", "$1"), ("a\\\\b", r"a\\b"), ("$", "$")])
def test_java_replacements(java: str, python: str) -> None:
    assert java_replacement(java) == python
