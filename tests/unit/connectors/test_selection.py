"""Include and exclude lists: anchored, in any case, commas escaped; the order of a snapshot; keys of one's own."""

from __future__ import annotations

import re

import pytest

from connectors import selection
from connectors.selection import KeyColumns, Patterns, Selection, java_pattern

P = Patterns.parse


@pytest.mark.parametrize(("patterns", "name", "found"), [
    ("public.t", "public.t", True), ("public.t", "PUBLIC.T", True), ("public.t", "public.tt", False),
    ("public.t", "xpublic.t", False),
    (r"public\.a.*", "public.abc", True), ("a, b ,c", "b", True), (r"a{1\,2}", "aa", True), (r"\Qa.b\E", "axb", False),
    (r"\Qa.b\E", "a.b", True),
    ("public.t", "publicxt", True), (r"public\.t", "publicxt", False), ("public.t", "public\nt", False),
    ("a b-c_1", "A B-C_1", True),
    ("straße", "STRAßE", True), ("k", "\N{KELVIN SIGN}", True), (r"a\d", "a7", True), (r"a\d", "ad", False), ("a.c", "aüc", True),
    ("(?<x>a)b", "ab", True), ("", "", False), (".*", "anything", True), (r"a|b", "b", True)])
def test_patterns_match_whole_names(patterns: str, name: str, found: bool) -> None:
    assert P(patterns).match(name) is found


def test_the_first_of_many_that_matches_is_found_as_one_by_one() -> None:
    texts = ["s.t1", r"s\.t2", "s.*", "S.T1", "x.t1", "..t3", "q.t3"]
    names = ["s.t1", "s.t2", "s.t3", "sxt1", "S.T2", "x.t1", "q.t3", "sst3", "none", "x.t1\n", ""]
    one_by_one = [next((i for i, t in enumerate(texts) if re.fullmatch(t, n, re.IGNORECASE)), len(texts)) for n in names]
    assert [P(",".join(texts)).first(n) for n in names] == one_by_one


def test_names_are_looked_up_and_only_expressions_are_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    monkeypatch.setattr(selection, "java_pattern", lambda text: compiled.append(text) or java_pattern(text))
    many = Patterns((*(f"public.t{n}" for n in range(5000)), "other.*"))
    assert (many.first("public.t4999"), many.first("other.x"), many.match("public.t5000")) == (4999, 5000, False)
    assert compiled == ["other.*"]


def test_a_wrong_expression_is_named() -> None:
    with pytest.raises(ValueError, match=r"'a\[' is not a regular expression"):
        P("ok,a[")


@pytest.mark.parametrize(("chosen", "captured"), [
    (Selection(), "public.a public.b sales.a"),
    (Selection(table_include=P("public.*")), "public.a public.b"),
    (Selection(table_exclude=P(r".*\.a")), "public.b"),
    (Selection(schema_include=P("sales")), "sales.a"),
    (Selection(schema_exclude=P("sales")), "public.a public.b"),
    (Selection(schema_include=P("public"), table_exclude=P("public.b")), "public.a"),
    (Selection(system_schemas=frozenset({"public"})), "sales.a")])
def test_tables(chosen: Selection, captured: str) -> None:
    tables = [("public", "a"), ("public", "b"), ("sales", "a")]
    assert [f"{s}.{t}" for s, t in tables if chosen.table(s, t)] == captured.split()


def test_columns() -> None:
    assert not Selection(column_exclude=P("s.t.x")).column("s", "t", "X")
    assert not Selection(column_include=P("s.t.x")).column("s", "t", "y")
    assert Selection().column("s", "t", "y")


def test_a_snapshot_follows_the_order_of_the_include_list_then_the_name() -> None:
    tables = [("public", "b"), ("public", "a"), ("sales", "z"), ("sales", "y")]
    assert Selection(table_include=P(r"sales\..*,public\..*")).in_order(tables) == [
        ("sales", "y"), ("sales", "z"), ("public", "a"), ("public", "b")]
    assert Selection().in_order(tables)[0] == ("public", "a")


@pytest.mark.parametrize(("text", "table", "key"), [
    ("public.t:b,a", "public.t", ("a", "b")), ("public.t:a;public.u:b", "public.u", ("b",)), (".*:id", "x.y", ()),
    ("public.t:A", "public.t", ("a",)),
    ("public.*:a", "public.t", ("a",)), (None, "public.t", ())])
def test_keys_of_ones_own_come_in_the_tables_order(text: str | None, table: str, key: tuple[str, ...]) -> None:
    assert KeyColumns.parse(text).of(table, ("a", "b")) == key


@pytest.mark.parametrize("text", ["t", ":a", "t:", "t:,"])
def test_a_key_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="<table>:<column>"):
        KeyColumns.parse(text)
