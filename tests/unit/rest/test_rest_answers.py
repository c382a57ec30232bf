"""What answers hold: shapes, masked passwords, headers, health, metrics."""

from __future__ import annotations

import logging

import pytest

from connect.api.errors import ConfigError
from connect.herder.requests import Health, RequestError, TaskStatus
from rest.settings import RestSettings, parse_header_rules
from tests.unit.rest.conftest import CONFIG

SECRET = "s3cret"


def failed(herder, name: str = "c") -> None:
    herder.task_states[name] = [TaskStatus(0, "FAILED", "w", trace="Boom", version="1")]


def everything_shown(api) -> list[str]:
    body = {**CONFIG, "name": "c"}
    return [r.text for r in [
        api.create(), api("GET", "/connectors/c"), api("GET", "/connectors/c/config"), api("GET", "/connectors/c/tasks"),
        api("GET", "/connectors?expand=info&expand=status"), api("PUT", "/connectors/c/config", json=body),
        api("PATCH", "/connectors/c/config", json={"a": "b"}), api("PUT", "/connector-plugins/P/config/validate", json=body),
        api("PUT", "/connectors/d/config", json=CONFIG),
    ]]


def test_no_answer_shows_a_password(api) -> None:
    for text in everything_shown(api):
        assert SECRET not in text and "[hidden]" in text


def test_passwords_are_shown_when_the_worker_is_told_so(make_api) -> None:
    assert all(SECRET in text for text in everything_shown(make_api(mask_passwords=False)))


@pytest.mark.parametrize("value, shown", [
    ("${file:/run/secrets:pw}", "${file:/run/secrets:pw}"), ("${env:A}x", "[hidden]"), ("", ""), ("x${env:A}", "[hidden]"),
])
def test_only_a_reference_is_no_secret(api, value, shown) -> None:
    api("PUT", "/connectors/c/config", json={**CONFIG, "database.password": value})
    assert api("GET", "/connectors/c/config").json()["database.password"] == shown


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_hidden_password_sent_back_keeps_the_stored_one(api, method) -> None:
    api.create()
    shown = api("GET", "/connectors/c/config").json()
    answer = api(method, "/connectors/c/config", json={**shown, "tasks.max": 1})
    assert answer.status_code == 200 and answer.json()["config"]["database.password"] == "[hidden]"
    assert api.herder.configs["c"]["database.password"] == SECRET


def test_a_hidden_password_without_a_stored_one_is_400(api) -> None:
    answer = api("POST", "/connectors", json={"name": "n", "config": {**CONFIG, "database.password": "[hidden]"}})
    assert answer.status_code == 400 and "database.password" in answer.json()["message"]


def test_status_has_a_trace_and_a_condition_only_when_there_is_one(api) -> None:
    api.create()
    assert api("GET", "/connectors/c/status").json() == {
        "name": "c", "connector": {"state": "RUNNING", "worker_id": "127.0.0.1:8083", "version": "1"},
        "tasks": [{"id": 0, "state": "RUNNING", "worker_id": "127.0.0.1:8083", "version": "1"}], "type": "source",
    }
    api.herder.task_states["c"] = [TaskStatus(0, "RUNNING", "w", condition="waiting for the slot", version=None)]
    task = {"id": 0, "state": "RUNNING", "worker_id": "w", "version": None, "condition": "waiting for the slot"}
    assert api("GET", "/connectors/c/status").json()["tasks"] == [task]
    failed(api.herder)
    assert api("GET", "/connectors/c/tasks/0/status").json()["trace"] == "Boom"


@pytest.mark.parametrize("task", [7, -1])
def test_a_task_that_is_not_there_is_404_and_named(api, task) -> None:
    api.create()
    answer = api("GET", f"/connectors/c/tasks/{task}/status")
    assert (answer.status_code, answer.json()["message"]) == (404, f"No status found for task c-{task}")
    assert api("GET", "/connectors/none/tasks/0/status").json()["message"] == "No status found for task none-0"


@pytest.mark.parametrize("query, members", [
    ("expand=info", {"info"}), ("expand=status", {"status"}), ("expand=info&expand=status", {"info", "status"}),
    ("expand=tasks", set()),
    ("expand=info,status", set()), ("expand=", set()),
])
def test_expansions(api, query, members) -> None:
    api.create()
    assert set(api("GET", f"/connectors?{query}").json()["c"]) == members


def test_a_connector_that_goes_while_listed_is_left_out(api) -> None:
    api.create()
    api.herder.failures["connector_status"] = RequestError(404, "gone")
    assert api("GET", "/connectors?expand=status").json() == {}


def test_root_has_kafkas_version_and_ours(api) -> None:
    body = api("GET", "/").json()
    assert body["version"] == "4.1.0" and body["core"] == "python" and body["headgate_version"] == "0.1.0"


def test_a_browser_gets_the_page_at_the_root_and_at_ui(api) -> None:
    at_root = api("GET", "/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert at_root.headers["content-type"].startswith("text/html") and at_root.text == api("GET", "/ui").text
    assert api("GET", "/ui/").headers["location"] == "../ui"


@pytest.mark.parametrize("health, status", [("healthy", 200), ("starting", 503), ("unhealthy", 500)])
def test_health_statuses(api, health, status) -> None:
    api.herder.state = Health(health, "why")
    answer = api("GET", "/health")
    assert (answer.status_code, answer.json()) == (status, {"status": health, "message": "why"})


def test_health_speaks_of_connectors_when_asked(api) -> None:
    api.create()
    assert api("GET", "/health?connectors=true").status_code == 200
    failed(api.herder)
    assert api("GET", "/health").status_code == 200
    answer = api("GET", "/health?connectors=True")
    assert answer.status_code == 503 and "c-0" in answer.json()["message"]


def test_metrics_are_what_the_worker_renders(make_api) -> None:
    async def render() -> bytes:
        return b"headgate_up 1\n"

    answer = make_api(metrics=render)("GET", "/metrics")
    assert answer.text == "headgate_up 1\n" and answer.headers["content-type"].startswith("text/plain; version=0.0.4")


def test_topic_tracking_can_be_off(make_api) -> None:
    api = make_api(topic_tracking=False)
    assert api("GET", "/connectors/c/topics").json() == {"error_code": 403, "message": "Topic tracking is disabled."}
    assert api("PUT", "/connectors/c/topics/reset").status_code == 403
    api = make_api(topic_tracking_reset=False)
    assert api("GET", "/connectors/c/topics").status_code == 200
    assert api("PUT", "/connectors/c/topics/reset").json()["message"] == "Topic tracking reset is disabled."


def test_admin_endpoints_can_be_off(make_api) -> None:
    assert make_api(admin=False)("GET", "/admin/loggers").status_code == 404


def test_logger_levels(api) -> None:
    assert api("GET", "/admin/loggers/root").json() == {"level": "INFO", "last_modified": None}
    assert api("PUT", "/admin/loggers/a.b", json={"level": "debug", "x": "y"}).json() == ["a.b"]
    assert api("PUT", "/admin/loggers/a.b?scope=Cluster", json={"level": "WARN"}).status_code == 204
    assert api("PUT", "/admin/loggers/a.b?scope=universe", json={"level": "WARN"}).status_code == 400
    assert "'level' parameter was not specified" in api("PUT", "/admin/loggers/a.b", json={}).json()["message"]
    assert api("PUT", "/admin/loggers/a.b", json={"level": "LOUD"}).status_code == 404


def test_plugins_of_every_kind_only_on_request(api) -> None:
    assert [p["type"] for p in api("GET", "/connector-plugins").json()] == ["source"]
    assert api("GET", "/connector-plugins?connectorsOnly=false").json()[1] == {"class": "a.Transform", "type": "transformation"}
    assert api("GET", "/connector-plugins/PostgresConnector/config?version=1").json()[0]["name"] == "name"
    assert ("plugin_config", "PostgresConnector", "1") in api.herder.calls


def test_configured_headers_are_on_every_answer(make_api) -> None:
    rules = parse_header_rules('set X-A: 1, add X-A: 2, "add Cache-Control: no-cache, no-store", setDate Expires: 0')
    api = make_api(response_headers=rules)
    for path in ("/", "/nope", "/ui"):
        headers = api("GET", path).headers
        assert headers.get_list("x-a") == ["1", "2"] and "no-store" in headers["cache-control"]
        assert headers["expires"].endswith("GMT")


@pytest.mark.parametrize("text", ["put X: 1", "set X", "set : 1", "set X Y: 1", "setDate X: tomorrow", "set X: a\nb"])
def test_a_wrong_header_rule_is_named(text) -> None:
    with pytest.raises(ConfigError) as e:
        parse_header_rules(text)
    assert list(e.value.errors) == ["response.http.headers.config"]


def test_cors_only_when_configured(api, make_api) -> None:
    origin = {"Origin": "http://ui.example"}
    assert "access-control-allow-origin" not in api("GET", "/", headers=origin).headers
    allowed = make_api(allow_origin=("http://ui.example",))
    assert allowed("GET", "/", headers=origin).headers["access-control-allow-origin"] == "http://ui.example"
    preflight = {**origin, "Access-Control-Request-Method": "POST"}
    assert allowed("OPTIONS", "/connectors", headers=preflight).status_code == 200
    assert "access-control-allow-origin" not in allowed("GET", "/", headers={"Origin": "http://evil.example"}).headers


def test_each_request_is_a_line_in_the_log(api, caplog) -> None:
    with caplog.at_level(logging.INFO, "rest.access"):
        api("GET", "/connectors?expand=info")
    (line,) = [r.getMessage() for r in caplog.records if r.name == "rest.access"]
    assert '"GET /connectors?expand=info" 200 2 bytes' in line and line.endswith(" ms")


def test_settings_come_from_the_workers_properties() -> None:
    settings = RestSettings.from_properties({
        "access.control.allow.origin": "a, b", "topic.tracking.enable": "False", "admin.listeners": "",
        "headgate.rest.mask.passwords": "false",
        "response.http.headers.config": "set X: 1",
    })
    assert settings.allow_origin == ("a", "b")
    assert not settings.topic_tracking and not settings.admin and not settings.mask_passwords
    assert RestSettings.from_properties({}) == RestSettings()
    with pytest.raises(ConfigError, match=r"maybe for configuration topic\.tracking\.enable"):
        RestSettings.from_properties({"topic.tracking.enable": "maybe"})
