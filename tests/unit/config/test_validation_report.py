from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from connect.api.errors import ConfigError, NotFoundError
from connect.config.report import IGNORED_GROUP, error_message, ignored_of
from connect.plugins.discovery import registry
from connect.plugins.resolving import resolver_for
from connect.plugins.validation import sensitive_definition, validate
from tests.unit.config.sample_connector import sample_registry

JSON = "org.apache.kafka.connect.json.JsonConverter"
WORKER = {"key.converter": JSON, "value.converter": JSON, "config.providers": "env"}
BASE = {"connector.class": "com.example.SampleConnector", "name": "v", "topic.prefix": "t"}
RECORDED = json.loads((Path(__file__).parent / "connect_reports.json").read_text())


def report(props: Mapping[str, str | None], worker: Mapping[str, str] = WORKER) -> dict[str, Any]:
    plugins = sample_registry()
    return validate({**BASE, **props}, worker, plugins, resolver_for(worker, plugins)).body()


def errors(found: Mapping[str, Any]) -> dict[str, list[str]]:
    return {c["value"]["name"]: c["value"]["errors"] for c in found["configs"] if c["value"]["errors"]}


def entry(found: Mapping[str, Any], name: str) -> Any:
    [one] = [c for c in found["configs"] if c["value"]["name"] == name]
    return one


@pytest.mark.parametrize("step", RECORDED["steps"], ids=lambda s: s["title"])
def test_the_runtimes_keys_and_errors_are_those_that_kafka_connect_answers(step: Mapping[str, Any]) -> None:
    props = {"name": None, **step["props"]}
    found = report(props)
    assert {k: len(v) for k, v in errors(found).items()} == step["errors"]
    assert found["error_count"] == sum(step["errors"].values())
    mine = {c["definition"]["name"]: c["definition"] for c in found["configs"] if c["definition"]}
    for name, wanted in {**{d["name"]: d for d in RECORDED["framework"]}, **step["definitions"]}.items():
        assert {k: v for k, v in mine[name].items() if k != "documentation"} == wanted
        assert mine[name]["documentation"]


def test_a_report_has_exactly_kafkas_members() -> None:
    found = report({"no.such.key": "1"})
    assert set(found) == {"name", "error_count", "groups", "configs"}
    for c in found["configs"]:
        assert set(c) == {"definition", "value"}
        assert set(c["value"]) == {"name", "value", "recommended_values", "errors", "visible"}


def test_the_name_of_the_report_is_the_class_as_written() -> None:
    assert report({"connector.class": "Sample"})["name"] == "Sample"


def test_a_password_is_hidden_and_internal_keys_are_not_shown() -> None:
    found = report({"database.password": "s3cret"})
    assert entry(found, "database.password")["value"]["value"] == "[hidden]"
    assert "s3cret" not in json.dumps(found)
    assert not [c for c in found["configs"] if c["value"]["name"] == "internal.thing"]


def test_values_are_shown_as_text() -> None:
    found = report({"table.include.list": "a , b", "tasks.max": " 2 ", "errors.log.enable": "TRUE"})
    assert entry(found, "table.include.list")["value"]["value"] == "a,b"
    assert entry(found, "tasks.max")["value"]["value"] == "2"
    assert entry(found, "errors.log.enable")["value"]["value"] == "true"


def test_the_connectors_own_checks_run_only_when_every_key_is_good() -> None:
    assert errors(report({"database.password": "wrong"})) == {"database.password": ["FATAL: password authentication failed"]}
    assert set(errors(report({"database.password": "wrong", "topic.prefix": None}))) == {"topic.prefix"}


@pytest.mark.parametrize(
    ("props", "key", "count", "text"),
    [
        ({"transforms": "a,a", "transforms.a.type": "Filter"}, "transforms", 1, "Duplicate alias"),
        ({"predicates": "p,p", "predicates.p.type": "RecordIsTombstone"}, "predicates", 1, "Duplicate alias"),
        ({"topic.creation.groups": "g,g", "topic.creation.default.partitions": "1",
            "topic.creation.default.replication.factor": "1",
          "topic.creation.g.include": "x"}, "topic.creation.groups", 1, "Duplicate alias"),
        ({"transforms": "a", "transforms.a.type": "Filter", "transforms.a.negate": "true"}, "transforms.a.negate", 1,
            "needs a predicate"),
        ({"transforms": "a", "transforms.a.type": "Filter", "transforms.a.predicate": "p"}, "transforms.a.predicate", 1,
            "no such predicate"),
        ({"transforms": "a", "transforms.a.type": "RegexRouter", "transforms.a.regex": "(", "transforms.a.replacement": "x"},
         "transforms.a.regex", 1, "Invalid regex"),
        ({"transforms": "a", "transforms.a.type": "RegexRouter", "transforms.a.regex": "a", "transforms.a.replacement": "$1"},
         "transforms.a.replacement", 1, "no group 1"),
        ({"predicates": "p", "predicates.p.type": "com.example.P"}, "predicates.p.type", 1, "could not be found"),
        ({"header.converter": "com.example.H"}, "header.converter", 1, "could not be found"),
        ({"name": "a\x07"}, "name", 1, "ASCII chars: 7"),
        ({"name": " "}, "name", 1, "may not be empty"),
        ({"tasks.max": "0"}, "tasks.max", 1, "at least 1"),
        ({"errors.tolerance": "some"}, "errors.tolerance", 1, "String must be one of: none, all"),
        ({"topic.creation.default.partitions": "1"}, "topic.creation.default.replication.factor", 1, "no default value"),
        ({"topic.creation.default.partitions": "0", "topic.creation.default.replication.factor": "-1"},
         "topic.creation.default.partitions", 1, "at least 1"),
        ({"topic.creation.groups": "g", "topic.creation.default.partitions": "1",
            "topic.creation.default.replication.factor": "1",
          "topic.creation.g.include": "("}, "topic.creation.g.include", 1, "Invalid regex"),
        ({"exactly.once.support": "required"}, "exactly.once.support", 1, "does not have exactly-once source support enabled"),
        ({"transaction.boundary": "connector"}, "transaction.boundary", 1, "connector-defined transaction boundaries"),
        ({"value.converter": "avro"}, "value.converter.schema.registry.url", 1, "no default value"),
        ({"database.password": "${env:HEADGATE_NO_SUCH_VARIABLE}"}, "database.password", 1, "could not be resolved"),
        ({"database.password": "********"}, "database.password", 1, "only stands for the stored value"),
        ({"database.password": "${vault:a:b}"}, "database.password", 1, "config providers of this worker: env"),
        ({"topic.prefix": "${env:HEADGATE_NO_SUCH_VARIABLE}"}, "topic.prefix", 1, "could not be resolved"),
    ],
)
def test_a_mistake_is_told_at_its_key_and_counted(props: dict[str, str], key: str, count: int, text: str) -> None:
    found = report(props)
    assert set(errors(found)) == {key}
    assert found["error_count"] == count
    assert text in errors(found)[key][0]


def test_a_connector_that_cannot_do_exactly_once_is_refused_where_it_is_required() -> None:
    found = report({"exactly.once.support": "required"}, {**WORKER, "exactly.once.source.support": "enabled"})
    assert "does not support exactly-once" in errors(found)["exactly.once.support"][0]


def test_client_overrides_are_judged_by_the_workers_policy() -> None:
    props = {"producer.override.acks": "1"}
    assert report(props)["error_count"] == 0
    found = report(props, {**WORKER, "connector.client.config.override.policy": "None"})
    assert found["error_count"] == 1
    assert entry(found, "producer.override.acks")["definition"] is None


def test_a_converters_wrong_keys_count_once_each() -> None:
    found = report({"value.converter": JSON, "value.converter.schemas.cache.size": "x", "value.converter.decimal.format": "y"})
    assert found["error_count"] == 2
    assert set(errors(found)) == {"value.converter.schemas.cache.size", "value.converter.decimal.format"}


def test_a_variable_is_resolved_before_it_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HG_TASKS", "many")
    assert "Invalid value many" in errors(report({"tasks.max": "${env:HG_TASKS}"}))["tasks.max"][0]


@pytest.mark.parametrize(
    ("name", "nearest", "text"),
    [
        ("task.max", "tasks.max", 'did you mean "tasks.max"?'),
        ("topic_prefix", "topic.prefix", 'did you mean "topic.prefix"?'),
        ("table.include.lists", "table.include.list", 'did you mean "table.include.list"?'),
        ("quite.another.thing", None, "no such property"),
        ("snapshot.max.threads", None, "tables are read one after the other"),
        ("signal.kafka.topic", None, "no signals yet"),
        ("transforms.x.type", None, 'not listed in "transforms"'),
        ("key.converter.schemas.enable", None, "key.converter is not set in this connector"),
        ("connector.plugin.version", None, "one version is installed, 1.2"),
    ],
)
def test_a_property_without_effect_is_told_and_never_an_error(name: str, nearest: str | None, text: str) -> None:
    found = report({name: "x"})
    assert found["error_count"] == 0
    [ignored] = ignored_of(found)
    assert (ignored.name, ignored.nearest) == (name, nearest)
    assert text in ignored.message
    assert f'"{name}" is ignored' in ignored.message
    assert IGNORED_GROUP in found["groups"]


def test_a_misspelt_key_of_a_transform_or_converter_is_told_in_full() -> None:
    found = report({"transforms": "r", "transforms.r.type": "RegexRouter", "transforms.r.regex": "a",
        "transforms.r.replacement": "b",
                    "transforms.r.regexp": "c", "value.converter": JSON, "value.converter.schema.enable": "true"})
    assert {(i.name, i.nearest) for i in ignored_of(found)} == {
        ("transforms.r.regexp", "transforms.r.regex"), ("value.converter.schema.enable", "value.converter.schemas.enable")}
    assert all(f'did you mean "{i.nearest}"?' in i.message for i in ignored_of(found))


@pytest.mark.parametrize("name", ["column.mask.with.3.chars", "producer.override.linger.ms"])
def test_a_property_whose_name_varies_is_known(name: str) -> None:
    assert ignored_of(report({name: "5"})) == []


def test_an_ignored_secret_is_hidden() -> None:
    found = report({"databse.password": "s3cret"})
    assert "s3cret" not in json.dumps(found)


def test_the_text_of_a_refusal_has_count_messages_and_pointer() -> None:
    assert error_message(report({})) is None
    assert error_message(report({"tasks.max": "0", "name": None})) == (
        "Connector configuration is invalid and contains the following 2 error(s):\n"
        'Missing required configuration "name" which has no default value.\n'
        "Invalid value 0 for configuration tasks.max: Value must be at least 1\n"
        "You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`")


@pytest.mark.parametrize("name", [None, "", "com.example.Nope"])
def test_without_a_class_that_is_installed_there_is_no_report(name: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        report({"connector.class": name, "database.password": "s3cret"})
    assert "com.example.SampleConnector" in caught.value.errors["connector.class"][0]
    assert "s3cret" not in str(caught.value)


def test_apicurios_converter_is_checked_by_what_it_is_translated_to() -> None:
    found = report({
        "value.converter": "io.apicurio.registry.utils.converter.AvroConverter",
        "value.converter.apicurio.registry.url": "http://r:8080/apis/registry/v2",
        "value.converter.apicurio.registry.auto-register": "true",
        "value.converter.apicurio.registry.headers.enabled": "false"})
    assert found["error_count"] == 0
    assert entry(found, "value.converter.schema.registry.url")["value"]["value"] == "http://r:8080/apis/ccompat/v7"
    assert [i.name for i in ignored_of(found)] == ["value.converter.apicurio.registry.headers.enabled"]


def test_passwords_are_known_by_the_class_of_the_connector() -> None:
    found = sensitive_definition({"connector.class": "Sample"}, sample_registry())
    assert found is not None
    key = found.get("database.password")
    assert key is not None
    assert key.type == "PASSWORD"
    assert sensitive_definition({"connector.class": "os:path"}, sample_registry()) is None
    assert sensitive_definition({}, sample_registry()) is None


def test_a_name_that_is_not_there_lists_what_is() -> None:
    with pytest.raises(NotFoundError, match=r"available connectors are: .*postgres"):
        registry().resolve(registry().plugins()[0].kind, "com.example.Nope")
