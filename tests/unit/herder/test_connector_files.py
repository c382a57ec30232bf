"""Connector files of a standalone worker, in the three forms Kafka Connect takes."""

from pathlib import Path

import pytest

from connect.api.errors import ConfigError
from connect.cli.standalone import read_connector_file
from connect.herder.requests import InitialState


@pytest.mark.parametrize(
    ("text", "config", "initial"),
    [
        ('{"name": "a", "tasks.max": 2, "x": true}', {"name": "a", "tasks.max": "2", "x": "true"}, None),
        ('{"name": "a", "config": {"x": "1", "y": null}, "initial_state": "stopped"}', {"x": "1"}, InitialState.STOPPED),
        ('{"config": {"name": "a"}}', {"name": "a"}, None),
        ("name=a\nx = 1\n", {"name": "a", "x": "1"}, None),
    ],
)
def test_a_file_is_read(tmp_path: Path, text: str, config: dict[str, str], initial: InitialState | None) -> None:
    file = tmp_path / "c"
    file.write_text(text)
    found = read_connector_file(file)
    assert (found.name, dict(found.config), found.initial) == ("a", config, initial)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"x": "1"}', "no name"), ("x=1", "no name"), ("[]", "expected an object"), ('{"name": "a", "x": {}}', "values of x"),
        ('{"name": "a", "config": {}, "state": "x"}', "unknown members state"),
        ('{"name": "a", "config": {}, "initial_state": "SLEEPING"}', "SLEEPING"),
    ],
)
def test_a_file_that_cannot_be_is_refused_by_name(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "c.json"
    file.write_text(text)
    with pytest.raises(ConfigError, match=words) as caught:
        read_connector_file(file)
    assert str(file) in str(caught.value)
