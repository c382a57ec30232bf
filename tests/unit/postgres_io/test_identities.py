"""replica.identity.autoset.values."""

import pytest

from connectors.postgres.identities import parse_identity_rules


def test_rules_are_read_in_order() -> None:
    rules = parse_identity_rules("public.a:FULL, s[.]b : default,x.y:INDEX my_ix,z.*:nothing")
    assert [(r.pattern.pattern, r.identity, r.index) for r in rules] == [
        ("public.a", "FULL", None), ("s[.]b", "DEFAULT", None), ("x.y", "INDEX", "my_ix"), ("z.*", "NOTHING", None)]


@pytest.mark.parametrize("text", [None, "", " , "])
def test_no_value_is_no_rule(text: str | None) -> None:
    assert parse_identity_rules(text) == ()


@pytest.mark.parametrize("text", ["public.a", ":FULL", "a:", "a:SOME", "a:INDEX", "a:FULL x", "a(:FULL"])
def test_a_wrong_rule_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"a|FULL"):
        parse_identity_rules(text)
