from __future__ import annotations

import pytest

from connect.config.javaregex import compile_java, java_replacement


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a.*", "abc", True),
        (r"\Qa.b\E", "a.b", True),
        (r"\Qa.b\E", "axb", False),
        (r"\Qopen", "open", True),
        (r"(?<x>a)\k<x>", "aa", True),
        (r"(?<=a)b", "b", False),
        (r"\p{Alpha}+\p{Digit}", "ab1", True),
        (r"[\p{Upper}_]+", "A_B", True),
        (r"\P{Digit}", "1", False),
        (r"\d", "٣", False),
        (r"\w+", "é", False),
        (r"a\z", "a", True),
        (r"\x{1F600}", "😀", True),
        (r"[a|b]", "|", True),
        (r"(?i)ABC", "abc", True),
        (r"a{2,3}+", "aaa", True),
        (r"[]a]", "]", True),
        (r"\h", " ", True),
    ],
)
def test_java_syntax_means_what_it_means_in_java(pattern: str, text: str, matches: bool) -> None:
    assert (compile_java(pattern).fullmatch(text) is not None) is matches


@pytest.mark.parametrize("pattern", ["[a-z&&[^b]]", "[a[bc]]", r"\p{IsLatin}", r"\G", "(", "[a", "a\\", "*"])
def test_what_python_does_not_have_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="Invalid regex"):
        compile_java(pattern)


@pytest.mark.parametrize(
    ("pattern", "replacement", "text", "expected"),
    [
        ("(a)(b)", "$2$1", "ab", "ba"),
        ("(a)", "$12", "a", "a2"),
        ("(?<n>a)", "${n}!", "a", "a!"),
        ("a", r"\$1", "a", "$1"),
        ("(a)|(b)", "$1-$2", "b", "-b"),
        ("a", "x$0x", "a", "xax"),
    ],
)
def test_a_replacement_is_read_as_java_reads_it(pattern: str, replacement: str, text: str, expected: str) -> None:
    compiled = compile_java(pattern)
    found = compiled.search(text)
    assert found is not None
    assert java_replacement(replacement, compiled)(found) == expected


@pytest.mark.parametrize("replacement", ["$2", "${x}", "$", "$x", "a\\"])
def test_a_group_that_does_not_exist_is_refused(replacement: str) -> None:
    with pytest.raises(ValueError, match=r"group|escaped"):
        java_replacement(replacement, compile_java("(a)"))
