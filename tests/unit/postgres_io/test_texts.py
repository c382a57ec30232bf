"""Names, literals and arrays as PostgreSQL writes them."""

import pytest

from connectors.postgres.texts import quote_literal, quote_name, quote_table, read_array, write_array


@pytest.mark.parametrize(("name", "quoted"), [("a", '"a"'), ('we"ird', '"we""ird"'), ("Ünï co", '"Ünï co"')])
def test_a_name_is_quoted(name: str, quoted: str) -> None:
    assert quote_name(name) == quoted


def test_a_table_is_quoted_part_by_part() -> None:
    assert quote_table("s.x", "t") == '"s.x"."t"'


@pytest.mark.parametrize(("text", "quoted"), [("a", "'a'"), ("it's", "'it''s'"), ("a\\b", "E'a\\\\b'"), ("\\'", "E'\\\\'''")])
def test_a_literal_is_quoted(text: str, quoted: str) -> None:
    assert quote_literal(text) == quoted


@pytest.mark.parametrize(("text", "items"), [
    ("{}", []),
    ("{a,b}", ["a", "b"]),
    ('{"a,b","c\\"d","e\\\\f",""}', ["a,b", 'c"d', "e\\f", ""]),
    ('{NULL,"NULL",x}', [None, "NULL", "x"]),

])
def test_an_array_is_read(text: str, items: list[str | None]) -> None:
    assert read_array(text) == items


@pytest.mark.parametrize("items", [[], ["a"], ["a,b", 'c"d', "e\\f", "", "NULL", "{}"]])
def test_an_array_that_was_written_is_read_back(items: list[str]) -> None:
    assert read_array(write_array(items)) == items
