from __future__ import annotations

import json

import pytest

from connect.api.errors import ConfigError, ConnectError, HeadgateError, NotFoundError, RetriableError
from connect.herder.requests import RequestError
from connect.tasks.calls import decode_error, encode_error, invoke


def travelled(error: Exception) -> Exception:
    return decode_error(json.loads(json.dumps(encode_error(error))))


def test_a_config_error_keeps_its_keys() -> None:
    back = travelled(ConfigError({"a": ["wrong", "very"], "b": ["bad"]}))
    assert isinstance(back, ConfigError) and back.errors == {"a": ["wrong", "very"], "b": ["bad"]}


def test_a_request_error_keeps_its_status() -> None:
    back = travelled(RequestError(409, "busy"))
    assert isinstance(back, RequestError) and (back.status, str(back)) == (409, "busy")


@pytest.mark.parametrize("kind", [ConnectError, NotFoundError, RetriableError, HeadgateError])
def test_errors_of_our_tree_keep_their_class(kind: type[HeadgateError]) -> None:
    back = travelled(kind("text"))
    assert type(back) is kind and str(back) == "text"


def test_any_other_error_is_a_connect_error_with_its_trace() -> None:
    try:
        int("x")
    except ValueError as e:
        back = travelled(e)
    assert type(back) is ConnectError
    assert str(back).startswith("ValueError: ") and "test_calls.py" in str(back)


def test_an_error_class_this_process_does_not_know_is_a_connect_error() -> None:
    assert type(decode_error({"text": "t", "trace": "tr", "module": "not.loaded", "class": "Odd"})) is ConnectError


def test_a_class_outside_our_tree_is_never_made() -> None:
    assert type(decode_error({"text": "t", "trace": "tr", "module": "builtins", "class": "SystemExit"})) is ConnectError


def test_a_function_is_called_by_its_path() -> None:
    assert invoke("json:dumps", [1]) == "[1]"


@pytest.mark.parametrize("name", ["json", "json:nothing", "no.module:f", ""])
def test_what_is_no_function_is_refused(name: str) -> None:
    with pytest.raises(ConnectError):
        invoke(name, None)
