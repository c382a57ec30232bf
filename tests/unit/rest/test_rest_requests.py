"""Bodies, types, methods and parameters: what is taken, and what is refused with which status."""

from __future__ import annotations

import pytest

from connect.api.errors import ConfigError, ConnectError
from connect.herder.requests import InitialState, RequestError

JSON = {"Content-Type": "application/json"}
ALTER = "/connectors/c/offsets"


def is_problem(answer, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"error_code", "message"} and body["error_code"] == status
    for word in words:
        assert word in body["message"]


@pytest.mark.parametrize("body, words", [
    ('{"name": "x"', ["Malformed JSON"]),
    ("", ["body"]),
    ("null", ["body"]),
    ('"x"', ["the body"]),
    ("[]", ["the body"]),
    ("{}", ["'config' is missing"]),
    ('{"name": "x", "config": {}, "extra": 1}', ["Unrecognized field 'extra'"]),
    ('{"name": {}, "config": {}}', ["'name'", "object"]),
    ('{"name": "x", "config": {"a": {"b": 1}}}', ["'config.a'", "object"]),
    ('{"name": "x", "config": {"a": [1]}}', ["'config.a'", "array"]),
    ('{"name": "x", "config": []}', ["'config'", "array"]),
    ('{"name": "x", "config": {}, "initial_state": "ASLEEP"}', ["'initial_state'", "PAUSED", "ASLEEP"]),
    ('{"name": "x", "config": {}, "initial_state": 7}', ["'initial_state'", "PAUSED"]),
    ('{"name": "x", "config": {"a": NaN}}', ["NaN"]),
    ('{"name": "x", "config": {"a": "\\ud800"}}', ["surrogate"]),
    ("[" * 100_000, ["Malformed JSON"]),
    (b"\xff{}", ["UTF-8"]),
])
def test_a_wrong_body_is_400_and_says_where(api, body, words) -> None:
    is_problem(api("POST", "/connectors", content=body, headers=JSON), 400, *words)
    assert api.herder.calls == []


def test_a_wrong_value_is_not_repeated_in_the_message(api) -> None:
    answer = api("PUT", "/connectors/c/config", json={"database.password": ["s3cret"]})
    is_problem(answer, 400, "database.password")
    assert "s3cret" not in answer.text


@pytest.mark.parametrize("method, path", [
    ("POST", "/connectors"), ("PUT", "/connectors/c/config"), ("PATCH", "/connectors/c/config"), ("PATCH", ALTER),
    ("PUT", "/connector-plugins/P/config/validate"), ("PUT", "/admin/loggers/root"),
])
@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_a_body_that_is_not_json_is_415(api, method, path, content_type) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    is_problem(api(method, path, content="{}", headers=headers), 415, "HTTP 415 Unsupported Media Type")


def test_a_charset_in_the_content_type_is_fine(api) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    answer = api("PUT", "/connectors/c/config", content='{"connector.class": "x"}', headers=headers)
    assert answer.status_code == 201


@pytest.mark.parametrize("method, path", [
    ("GET", "/nope"), ("GET", "/connectors/c/tasks-config"), ("GET", "/connectors/c/tasks/abc/status"),
    ("POST", "/connectors/c/tasks/x/restart"), ("GET", "/connector-plugins/P"), ("GET", "//connectors"),
    ("GET", "/ui/secret.css"),
    ("GET", "/metrics"), ("GET", "/connectors/c/tasks/99999999999999999999/status"),
])
def test_an_unknown_route_is_404(api, method, path) -> None:
    is_problem(api(method, path), 404, "HTTP 404 Not Found")


@pytest.mark.parametrize("method, path, allow", [
    ("POST", "/", "GET, HEAD, OPTIONS"), ("DELETE", "/connectors", "GET, HEAD, OPTIONS, POST"),
    ("GET", "/connectors/c/restart", "OPTIONS, POST"), ("POST", "/connector-plugins", "GET, HEAD, OPTIONS"),
    ("GET", "/connector-plugins/P/config/validate", "OPTIONS, PUT"), ("POST", ALTER, "DELETE, GET, HEAD, OPTIONS, PATCH"),
    ("DELETE", "/admin/loggers/root", "GET, HEAD, OPTIONS, PUT"), ("POST", "/connectors/c", "DELETE, GET, HEAD, OPTIONS"),
])
def test_a_method_a_path_does_not_have_is_405_with_allow(api, method, path, allow) -> None:
    answer = api(method, path)
    is_problem(answer, 405, "HTTP 405 Method Not Allowed")
    assert answer.headers["allow"] == allow


def test_options_tells_the_methods(api) -> None:
    answer = api("OPTIONS", "/connectors")
    assert (answer.status_code, answer.headers["allow"]) == (200, "GET, HEAD, OPTIONS, POST")


@pytest.mark.parametrize("path", ["/", "/connectors", "/health", "/ui"])
def test_head_is_get_without_a_body(api, path) -> None:
    got, head = api("GET", path), api("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize("accept, status", [
    ("text/html", 406), ("application/json;q=0, text/html", 406), ("application/xml", 406),
    ("*/*", 200), ("application/*", 200), ("text/html, */*;q=0.1", 200), ("application/json", 200), ("", 200),
])
def test_what_a_client_accepts_is_heeded(api, accept, status) -> None:
    assert api("GET", "/connectors", headers={"Accept": accept}).status_code == status


@pytest.mark.parametrize("query, call", [
    ("", ("restart_connector", "c")),
    ("?includeTasks=false&onlyFailed=false", ("restart_connector", "c")),
    ("?includeTasks=False&onlyFailed=False", ("restart_connector", "c")),
    ("?includeTasks=True&onlyFailed=False", ("restart_connector_and_tasks", "c", True, False)),
    ("?includeTasks=TRUE&onlyFailed=true", ("restart_connector_and_tasks", "c", True, True)),
    ("?onlyFailed=true", ("restart_connector_and_tasks", "c", False, True)),
])
def test_restart_parameters_in_any_case(api, query, call) -> None:
    api.create()
    answer = api("POST", "/connectors/c/restart" + query)
    assert call in api.herder.calls
    assert answer.status_code == (204 if call[0] == "restart_connector" else 202)


@pytest.mark.parametrize("path", ["/connectors/c/restart?includeTasks=yes", "/connectors/c/restart?onlyFailed="])
def test_a_flag_that_is_neither_true_nor_false_is_400(api, path) -> None:
    is_problem(api("POST", path), 400, "true or false", "parameter")


@pytest.mark.parametrize("literal, text", [
    ("1", "1"), ("-0", "0"), ("1.5", "1.5"), ("1.50", "1.5"), ("1.0", "1.0"), ("1e3", "1e3"), ("true", "true"),
    ("false", "false"), ('"x"', "x"), ('""', ""), ("123456789012345678901234567890", "123456789012345678901234567890"),
])
def test_scalars_become_text(api, literal, text) -> None:
    api("PUT", "/connectors/c/config", content=f'{{"connector.class": "x", "k": {literal}}}', headers=JSON)
    assert api.herder.configs["c"]["k"] == text


def test_null_reaches_the_herder(api) -> None:
    api.create()
    api("PATCH", "/connectors/c/config", json={"gone": None})
    assert ("patch_config", "c", {"gone": None}) in api.herder.calls


@pytest.mark.parametrize("sent, state", [
    ("stopped", InitialState.STOPPED), ("PAUSED", InitialState.PAUSED), ("Running", InitialState.RUNNING), (None, None),
])
def test_the_initial_state_in_any_case(api, sent, state) -> None:
    assert api.create(initial_state=sent).status_code == 201
    assert api.herder.calls[-1][-1] is state


@pytest.mark.parametrize("body, word", [
    ({}, "need to be provided"), ({"offsets": []}, "need to be provided"), ([], "the body"),
    ({"offsets": [{"partition": {"server": "a"}, "offset": None, "x": 1}]}, "offsets[0].x"),
    ({"offsets": [{"partition": {"server": "a"}, "offset": {"lsn": {"a": 1}}}]}, "lsn"),
    ({"offsets": [{"partition": "x", "offset": None}]}, "offsets[0].partition"),
    ({"offsets": [{"offset": {"lsn": 1}}]}, "offsets[0].partition"),
    ({"offsets": [{"partition": {}, "offset": {"lsn": 1}}]}, "partition"),
    ({"offsets": [{"partition": {"a": 1}}, {"partition": {"a": 1}, "offset": {"b": 1}}]}, "twice"),
])
def test_offsets_that_cannot_be_are_400(api, body, word) -> None:
    api.create(initial_state="STOPPED")
    is_problem(api("PATCH", ALTER, json=body), 400, word)
    assert not [c for c in api.herder.calls if c[0] == "alter_offsets"]


def test_offsets_keep_their_json_types(api) -> None:
    api.create(initial_state="STOPPED")
    offset = {"lsn": 2**62, "snapshot": True, "name": "x", "f": 0.5, "n": None}
    assert api("PATCH", ALTER, json={"offsets": [{"partition": {"server": "a"}, "offset": offset}]}).status_code == 200
    assert api("GET", ALTER).json() == {"offsets": [{"partition": {"server": "a"}, "offset": offset}]}


@pytest.mark.parametrize("error, status, text", [
    (RequestError(409, "busy"), 409, "busy"), (ConfigError({"a": ["a is wrong"]}), 400, "a is wrong"),
    (ConnectError("no way"), 500, "no way"), (ValueError("oops"), 500, "oops"), (KeyError(), 500, "KeyError"),
])
def test_every_failure_has_the_error_body(api, error, status, text) -> None:
    api.herder.failures["connectors"] = error
    is_problem(api("GET", "/connectors"), status, text)


def test_a_request_that_takes_too_long_is_answered(make_api) -> None:
    import asyncio

    api = make_api(request_timeout=0.01, health_timeout=0.01)

    async def never():
        await asyncio.Event().wait()

    api.herder.connectors = api.herder.health = never
    is_problem(api("GET", "/connectors"), 500, "Request timed out", "GET /connectors")
    assert api("GET", "/health").status_code == 500


def test_internal_requests_need_a_signature(api) -> None:
    is_problem(api("POST", "/connectors/c/tasks", json=[]), 400, "signature")
    is_problem(api("PUT", "/connectors/c/fence"), 400, "signature")
    headers = {"X-Connect-Authorization": "AAAA", "X-Connect-Request-Signature-Algorithm": "HmacSHA256"}
    is_problem(api("POST", "/connectors/c/tasks", json=[], headers=headers), 403, "invalid signature")
