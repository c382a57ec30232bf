"""Java properties texts, and worker properties from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect.api.errors import ConfigError
from connect.config.properties import environment_properties, load_properties, parse_properties


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1", {"a": "1"}),
        ("a = 1", {"a": "1"}),
        ("a:1", {"a": "1"}),
        ("a 1", {"a": "1"}),
        ("a", {"a": ""}),
        ("a==1", {"a": "=1"}),
        ("a=b=c:d", {"a": "b=c:d"}),
        ("# a=1\n! b=2\nc=3", {"c": "3"}),
        ("  \t a=1", {"a": "1"}),
        ("a=one \\\n   two", {"a": "one two"}),
        ("a=one\\\\\nb=2", {"a": "one\\", "b": "2"}),
        ("a=one\\\n# not a comment", {"a": "one# not a comment"}),
        ("a\\ b=1", {"a b": "1"}),
        ("a\\=b=1", {"a=b": "1"}),
        ("a=\\u00e9\\t\\n", {"a": "é\t\n"}),
        ("a=\\ud83d\\ude00", {"a": "😀"}),
        ("a=\\q", {"a": "q"}),
        ("a=1\r\nb=2\rc=3", {"a": "1", "b": "2", "c": "3"}),
        ("a=1\na=2", {"a": "2"}),
        ("\n\n", {}),
        ("a=1\\", {"a": "1"}),
        ("ä=ö", {"ä": "ö"}),
    ],
)
def test_a_text_is_read_as_java_reads_it(text: str, expected: dict[str, str]) -> None:
    assert parse_properties(text) == expected


def test_a_broken_escape_names_its_line() -> None:
    with pytest.raises(ValueError, match=r"line 2: \\u must be followed by four hexadecimal digits"):
        parse_properties("a=1\nb=\\u12g4")


@given(st.dictionaries(st.text(alphabet="abc.d_-", min_size=1), st.text(alphabet=st.characters(codec="utf-8"))))
def test_what_is_escaped_is_read_back(props: dict[str, str]) -> None:
    def escaped(text: str) -> str:
        units = text.encode("utf-16-be")
        return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))

    assert parse_properties("\n".join(f"{escaped(k)}={escaped(v)}" for k, v in props.items())) == props


@given(st.text())
def test_any_text_is_read_or_refused_by_line(text: str) -> None:
    try:
        parse_properties(text)
    except ValueError as e:
        assert str(e).startswith("line ")


def test_blanks_at_the_end_of_a_file_value_are_left_off(tmp_path: Path) -> None:
    file = tmp_path / "w.properties"
    file.write_text("a=1  \nb=2\n")
    assert load_properties(file) == {"a": "1", "b": "2"}


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*none.properties: No such file"):
        load_properties(tmp_path / "none.properties")


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "w.properties"
    file.write_bytes(b"a=\xe9")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load_properties(file)


@pytest.mark.parametrize(
    ("variable", "key"),
    [
        ("CONNECT_GROUP_ID", "group.id"),
        ("CONNECT_CONFIG_STORAGE_TOPIC", "config.storage.topic"),
        ("CONNECT_CONFIG_PROVIDERS_FILE_PARAM_ALLOWED__PATHS", "config.providers.file.param.allowed-paths"),
        ("CONNECT_KEY_CONVERTER_X___Y", "key.converter.x_y"),
        ("BOOTSTRAP_SERVERS", "bootstrap.servers"),
        ("GROUP_ID", "group.id"),
        ("STATUS_STORAGE_TOPIC", "status.storage.topic"),
        ("ADVERTISED_HOST_NAME", "rest.advertised.host.name"),
        ("OFFSET_FLUSH_INTERVAL_MS", "offset.flush.interval.ms"),
        ("LOG_LEVEL", "headgate.log.level"),
    ],
)
def test_variables_of_the_usual_images_are_worker_properties(variable: str, key: str) -> None:
    assert environment_properties({variable: "x"}).props == {key: "x"}


def test_the_long_name_wins_over_the_short_one() -> None:
    assert environment_properties({"GROUP_ID": "short", "CONNECT_GROUP_ID": "long"}).props == {"group.id": "long"}


def test_rest_port_makes_a_listener() -> None:
    assert environment_properties({"REST_PORT": "8084"}).props == {"listeners": "http://:8084"}


@pytest.mark.parametrize("variable", ["HEAP_OPTS", "KAFKA_OPTS", "ENABLE_JOLOKIA", "CONNECT_LOG4J_LOGGERS"])
def test_variables_of_the_jvm_are_ignored_with_a_note(variable: str) -> None:
    found = environment_properties({variable: "x"})
    assert found.props == {}
    assert found.notes == (f"{variable} is ignored: it belongs to the Java image, there is no JVM here",)


def test_other_variables_are_no_properties() -> None:
    assert environment_properties({"PATH": "/bin", "HOME": "/"}).props == {}
