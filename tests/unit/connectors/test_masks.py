"""Masks: recorded hashes of both versions, truncation, asterisks."""

from __future__ import annotations

import pytest

from connectors.masks import Masks, java_serialised

SALT = "CzQMA0cB5K"


def masks(**props: str) -> Masks:
    made, errors = Masks.read(props)
    assert not errors
    return made


@pytest.mark.parametrize(("version", "value", "length", "digest"), [
    ("", "078-05-1120", 20, "bdb534655ddea9a1c6a7"), ("v2.", "078-05-1120", 20, "1094569171744184db27"),
    ("v2.", "a@x.org", 40, "c82ba292c11412ba0eaab6eaedf4230cafaff845"),
    ("v2.", "b@x.org", 40, "8f86ed464d43f48f0bc01bdec522fa9857b77a51")])
def test_hashes_as_recorded(version: str, value: str, length: int, digest: str) -> None:
    made = masks(**{f"column.mask.hash.{version}SHA-256.with.salt.{SALT}": "public.c.ssn"}).of(["public.c.ssn"])
    assert made is not None
    assert (made.apply(value, length), made.apply(None, length), made.parameters()) == (digest, None, {"masked": "true"})


def test_a_hash_of_a_column_without_length_is_whole() -> None:
    made = masks(**{"column.mask.hash.v2.SHA-256.with.salt.s": "x"}).of(["x"])
    assert made is not None and len(made.apply("a") or "") == 64


@pytest.mark.parametrize(("n", "value", "masked"), [("6", "abc", "******"), ("6", None, "******"), ("0", "abc", "")])
def test_fixed_masks_hide_null_too(n: str, value: str | None, masked: str) -> None:
    made = masks(**{f"column.mask.with.{n}.chars": "x"}).of(["x"])
    assert made is not None and made.apply(value) == masked


def test_truncation_cuts_between_characters() -> None:
    made = masks(**{"column.truncate.to.3.chars": "x"}).of(["x"])
    assert made is not None
    assert [made.apply(v) for v in ("Ž日🙂本", "ab", None)] == ["Ž日🙂", "ab", None]
    assert made.parameters() == {"truncateLength": "3"}


def test_a_fixed_mask_wins_over_truncation_and_hash() -> None:
    made = masks(**{"column.mask.hash.MD5.with.salt.s": "x", "column.truncate.to.3.chars": "x",
        "column.mask.with.1.chars": "x"}).of(["x"])
    assert made is not None and made.kind == "fixed"


def test_no_rule_no_mask() -> None:
    assert masks(**{"column.mask.with.1.chars": "y"}).of(["x"]) is None


@pytest.mark.parametrize("key", ["column.mask.with.-1.chars", "column.truncate.to.0.chars", "column.mask.hash.NONE.with.salt.x",
    "column.mask.with.x.chars"])
def test_a_rule_of_another_form_is_refused_by_name(key: str) -> None:
    _, errors = Masks.read({key: "x"})
    assert list(errors) == [key]


@pytest.mark.parametrize(("text", "data"), [
    ("a", "aced0005740001" + "61"), ("", "aced0005740000"), ("é", "aced0005740002c3a9"), ("\0", "aced0005740002c080"),
    ("🙂", "aced0005740006eda0bdedb982")])
def test_a_string_as_java_serialises_it(text: str, data: str) -> None:
    assert java_serialised(text).hex() == data


def test_a_long_string_as_java_serialises_it() -> None:
    assert java_serialised("a" * 70000)[:13].hex() == "aced00057c" + f"{70000:016x}"
