"""Every name that can be created can be reached, shown and deleted."""

from __future__ import annotations

import json
from urllib.parse import quote, urljoin

import pytest

NAMES = [
    "plain", "a b", "a+b", "a%b", "a%41", "a%2Fb", "a/b", "a/b/c", "/a", "a/", "a//b", "a;v=1", "a?b", "a#b", "a\\b", "żółw-日本",
    "..", ".",
    "a/status", "a/tasks/0", "'\"<>", "{name}", "status", "100%", "a&b=c", "🐘", "~a", "a:b@c",
]


def at(name: str, rest: str = "") -> str:
    return "/connectors/" + quote(name, safe="").replace(".", "%2E") + rest


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_reachable_until_it_is_deleted(api, name) -> None:
    assert api.create(name).status_code == 201
    assert name in api("GET", "/connectors").json()
    assert api("GET", at(name)).json()["name"] == name
    assert api("GET", at(name, "/status")).json()["name"] == name
    assert api("GET", at(name, "/tasks/0/status")).json()["id"] == 0
    assert api("GET", at(name, "/topics")).json() == {name: {"topics": ["p.public.t"]}}
    assert api("PUT", at(name, "/pause")).status_code == 202
    assert api("PUT", at(name, "/stop/")).status_code == 204
    assert api("DELETE", at(name)).status_code == 204
    assert api("GET", at(name)).status_code == 404
    assert api.herder.configs == {}


@pytest.mark.parametrize("name", [n for n in NAMES if n not in (".", "..", "/a", "a/", "a//b", "a/status", "a/tasks/0")])
def test_the_location_of_a_created_connector_leads_to_it(api, name) -> None:
    where = urljoin("http://worker/connectors", api.create(name).headers["location"]).removeprefix("http://worker")
    assert api("GET", where).json()["name"] == name


@pytest.mark.parametrize("name, expected", [
    ("a b c", "a%20b%20c"), ("a+p", "a+p"), ("a%p", "a%25p"), ("a/s", "a/s"), ("a;v=1", "a;v=1"),
    ("żółw", "%C5%BC%C3%B3%C5%82w"), ("a#b?", "a%23b%3F"),
])
def test_location_is_escaped_as_kafka_connect_does(api, name, expected) -> None:
    assert api.create(name).headers["location"] == "/connectors/" + expected
    api.herder.configs.clear()
    assert api("PUT", at(name, "/config"), json={"connector.class": "x"}).headers["location"] == "/connectors/" + expected


def test_names_are_trimmed_in_post_and_not_in_put(api) -> None:
    assert api.create("  t ").json()["name"] == "t"
    assert api("PUT", "/connectors/%20t/config", json={"connector.class": "x"}).json()["name"] == " t"
    assert list(api.herder.configs) == ["t", " t"]


@pytest.mark.parametrize("path", [
    "/connectors/", "/connectors//", "/connectors/c/", "/connectors/c/status/", "/health/", "/admin/loggers/",
])
def test_trailing_slashes_do_not_matter(api, path) -> None:
    api.create()
    assert api("GET", path).status_code == 200


def test_a_path_that_is_not_utf8_is_400(api) -> None:
    answer = api("GET", "/connectors/%FF")
    assert answer.status_code == 400 and "UTF-8" in answer.json()["message"]


def test_the_name_in_the_config_must_be_the_name(api) -> None:
    answer = api("POST", "/connectors", json={"name": "x", "config": {"connector.class": "k", "name": "y"}})
    assert answer.status_code == 400 and "(y)" in answer.json()["message"] and "(x)" in answer.json()["message"]
    api.create()
    for method in ("PUT", "PATCH"):
        assert api(method, "/connectors/c/config", json={"connector.class": "k", "name": "z"}).status_code == 400


def test_a_missing_name_is_filled_in_last(api) -> None:
    answer = api("POST", "/connectors", json={"name": "c", "config": {"z": "1", "connector.class": "k", "a": 2}})
    assert list(json.loads(answer.text)["config"].items()) == [("z", "1"), ("connector.class", "k"), ("a", "2"), ("name", "c")]
