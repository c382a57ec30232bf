"""A stack goes on without an optional server that cannot be had, and says why; any other failure is an error."""

from pathlib import Path

import pytest

from devstack.errors import DevstackError
from devstack.mysql import MySql
from devstack.stack import Stack


def unavailable(_server: MySql) -> None:
    raise DevstackError("this machine has no apt-get")


def test_an_optional_server_that_cannot_be_had_is_missing_with_its_reason(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MySql, "install", unavailable)
    with Stack(["mysql"], tmp_path, optional=["mysql"]) as stack:
        assert stack.missing == {"mysql": "this machine has no apt-get"}
        assert stack.mysql.process is None


def test_without_the_word_optional_it_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MySql, "install", unavailable)
    stack = Stack(["mysql"], tmp_path)
    with pytest.raises(DevstackError, match="no apt-get"):
        stack.start()
    assert stack.missing == {}
