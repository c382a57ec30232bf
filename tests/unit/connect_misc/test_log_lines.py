from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from connect.logs import Levels, connector_context, level_name, parse_level, setup


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    logging.captureWarnings(False)
    for name, lg in logging.root.manager.loggerDict.items():
        if name.startswith("hgtest") and isinstance(lg, logging.Logger):
            lg.setLevel(logging.NOTSET)


def lines(form: str, log: str = "hgtest.a", **extra: object) -> str:
    out = io.StringIO()
    setup(form, "INFO", stream=out)
    logging.getLogger(log).warning("hello %s", "you", extra=extra or None)
    return out.getvalue()


def test_a_line_of_the_worker_has_no_bracket() -> None:
    assert lines("text").endswith(" WARN hgtest.a: hello you\n")


def test_a_line_inside_a_connectors_context_carries_it() -> None:
    with connector_context("inv", 0):
        assert " WARN [inv|task-0] hgtest.a: hello you\n" in lines("text")
    with connector_context("inv"):
        assert " WARN [inv|worker] hgtest.a: hello you\n" in lines("text")
    assert "[" not in lines("text")


def test_a_line_that_came_from_a_task_carries_its_own() -> None:
    with connector_context("other", 5):
        assert "[inv|task-1]" in lines("text", connector="inv", task=1)


def test_json_lines_are_objects_with_connector_and_task() -> None:
    found = json.loads(lines("json", connector="inv", task=1))
    assert found.pop("timestamp").endswith("Z")
    assert found == {"level": "WARN", "logger": "hgtest.a", "message": "hello you", "connector": "inv", "task": 1}


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_are_cleaned_from_messages_and_tracebacks(form: str) -> None:
    out = io.StringIO()
    setup(form, stream=out, clean=lambda t: t.replace("hunter2", "[hidden]"))
    try:
        raise ValueError("password hunter2 refused")
    except ValueError:
        logging.getLogger("hgtest.b").exception("with %s", "hunter2")
    assert "hunter2" not in out.getvalue()
    assert out.getvalue().count("[hidden]") == 3


@pytest.mark.parametrize(("name", "number"), [("debug", 10), ("WARN", 30), ("Warning", 30), ("FATAL", 50), ("TRACE", 5),
    ("off", 60)])
def test_levels_have_kafkas_and_pythons_names(name: str, number: int) -> None:
    assert parse_level(name) == number


def test_an_unknown_level_lists_what_there_is() -> None:
    with pytest.raises(ValueError, match="invalid log level 'LOUD'; expected one of TRACE, DEBUG, INFO"):
        parse_level("LOUD")


@pytest.mark.parametrize(("number", "name"), [(0, "TRACE"), (5, "TRACE"), (10, "DEBUG"), (35, "WARN"), (50, "FATAL"),
    (99, "OFF")])
def test_a_level_is_shown_by_kafkas_name(number: int, name: str) -> None:
    assert level_name(number) == name


def test_setting_a_level_covers_what_is_below_and_tells_what_changed() -> None:
    for name in ("hgtest.x", "hgtest.x.y", "hgtest.xy"):
        logging.getLogger(name)
    logging.root.setLevel(logging.INFO)
    levels = Levels(now=lambda: 7)
    assert levels.set("hgtest.x", "DEBUG") == ["hgtest.x", "hgtest.x.y"]
    assert levels.get("hgtest.x.y") == ("DEBUG", 7)
    assert levels.get("hgtest.xy") == ("INFO", None)
    assert levels.set("hgtest.x", "debug") == []
    assert levels.set("hgtest.x", "INFO") == ["hgtest.x", "hgtest.x.y"]


def test_a_logger_nobody_uses_is_not_there() -> None:
    levels = Levels()
    assert levels.get("hgtest.never.made") is None
    assert levels.get("root") is not None
    assert "root" in levels.all()
