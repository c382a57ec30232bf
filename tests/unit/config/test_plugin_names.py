from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from connect.api.errors import ConfigError, ConnectError, NotFoundError
from connect.plugins import discovery, planning
from connect.plugins.converters import adapt_converter, converter_properties, make_converters
from connect.plugins.discovery import Kind, Plugin, Registry, registry
from tests.unit.config.sample_connector import SampleTask, sample_registry

T = "org.apache.kafka.connect.transforms."


@pytest.mark.parametrize(
    ("kind", "name", "alias"),
    [
        (Kind.CONNECTOR, "io.debezium.connector.postgresql.PostgresConnector", "postgres"),
        (Kind.CONNECTOR, "PostgresConnector", "postgres"),
        (Kind.CONNECTOR, "Postgres", "postgres"),
        (Kind.CONNECTOR, "postgres", "postgres"),
        (Kind.CONNECTOR, " POSTGRES ", "postgres"),
        (Kind.CONNECTOR, "connectors.postgres.connector:PostgresConnector", "postgres"),
        (Kind.CONVERTER, "io.confluent.connect.avro.AvroConverter", "avro"),
        (Kind.CONVERTER, "io.apicurio.registry.utils.converter.AvroConverter", "avro"),
        (Kind.CONVERTER, "AvroConverter", "avro"),
        (Kind.CONVERTER, "Json", "json"),
        (Kind.CONVERTER, "org.apache.kafka.connect.storage.StringConverter", "string"),
        (Kind.CONVERTER, "org.apache.kafka.connect.converters.ByteArrayConverter", "bytes"),
        (Kind.HEADER_CONVERTER, "org.apache.kafka.connect.storage.SimpleHeaderConverter", "simple"),
        (Kind.TRANSFORM, T + "RegexRouter", "regex_router"),
        (Kind.TRANSFORM, "regex-router", "regex_router"),
        (Kind.TRANSFORM, T + "InsertField$Value", "insert_field_value"),
        (Kind.TRANSFORM, "InsertField$Key", "insert_field_key"),
        (Kind.PREDICATE, T + "predicates.TopicNameMatches", "topic_name_matches"),
        (Kind.CONFIG_PROVIDER, "org.apache.kafka.common.config.provider.DirectoryConfigProvider", "dir"),
    ],
)
def test_every_form_of_a_name_resolves(kind: Kind, name: str, alias: str) -> None:
    assert registry().resolve(kind, name).alias == alias


@pytest.mark.parametrize("plugin", registry().plugins(), ids=lambda p: f"{p.kind.value} {p.alias}")
def test_every_installed_plugin_can_be_made(plugin: Plugin) -> None:
    assert plugin.make() is not None


def test_discovery_imports_no_plugin() -> None:
    code = ("import sys; from connect.plugins.discovery import registry; r = registry(); r.plugins(); "
            "r.find(list(r.plugins())[0].kind, 'postgres'); "
            "bad = [m for m in sys.modules if m.startswith(('connectors', 'psycopg', 'fastavro', 'httpx'))]; "
            "print(bad); sys.exit(len(bad))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_ambiguous_simple_name_does_not_resolve() -> None:
    both = Registry([
        Plugin(Kind.CONVERTER, "a", "x.a:ThingConverter"), Plugin(Kind.CONVERTER, "b", "x.b:ThingConverter")])
    assert both.find(Kind.CONVERTER, "ThingConverter") is None
    found = both.find(Kind.CONVERTER, "x.b.ThingConverter")
    assert found is not None
    assert found.alias == "b"


def test_a_python_path_needs_no_entry_point() -> None:
    found = registry().resolve(Kind.TRANSFORM, "connect.transforms.filter:Filter")
    assert found.make().__class__.__name__ == "Filter"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("no.such.module:Thing", "ModuleNotFoundError"),
        ("connect.transforms.filter:Nope", "AttributeError"),
        ("connect.transforms.predicates:RecordIsTombstone", "it lacks apply"),
        ("connect.transforms.chain:build_chain", "is not a transformation plugin"),
    ],
)
def test_a_path_that_is_no_such_plugin_says_why(path: str, reason: str) -> None:
    with pytest.raises(ConnectError, match=reason):
        registry().resolve(Kind.TRANSFORM, path).load()


def test_a_task_class_has_the_java_name_and_is_found_by_it() -> None:
    plugins = sample_registry()
    [sample] = plugins.plugins(Kind.CONNECTOR)
    assert plugins.task_class_name(sample) == "com.example.SampleConnectorTask"
    assert plugins.task_class("com.example.SampleConnectorTask") is SampleTask
    with pytest.raises(NotFoundError, match=r"there is no task class com.example.OtherTask"):
        plugins.task_class("com.example.OtherTask")


def test_the_list_shows_java_names_types_and_versions() -> None:
    listed = {(p["class"], p["type"]): p["version"] for p in planning.run_list_plugins()}
    assert listed["org.apache.kafka.connect.transforms.RegexRouter", "transformation"] == "4.1.0"
    assert ("io.debezium.connector.postgresql.PostgresConnector", "source") in listed
    assert ("org.apache.kafka.connect.storage.SimpleHeaderConverter", "header_converter") in listed
    assert all(v for v in listed.values())
    assert not [t for _, t in listed if t == "config_provider"]


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> Registry:
    plugins = sample_registry()
    monkeypatch.setattr(planning, "registry", lambda: plugins)
    return plugins


def plan(**props: str) -> list[dict[str, str]]:
    return planning.run_task_configs({
        "props": {"connector.class": "Sample", "name": "s", **props}, "worker": {"config.providers": "env"}})


def test_a_task_configuration_has_its_class_and_the_variables(sample: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HG_PASSWORD", "secret")
    assert plan(**{"database.password": "${env:HG_PASSWORD}", "topic.prefix": "t"}) == [{
        "connector.class": "Sample", "name": "s", "database.password": "${env:HG_PASSWORD}", "topic.prefix": "t",
        "task.class": "com.example.SampleConnectorTask"}]


def test_more_tasks_than_allowed_fail_the_connector(sample: Registry) -> None:
    with pytest.raises(ConnectError, match="has generated 3 tasks, which is greater than 1"):
        plan(**{"tasks.wanted": "3"})
    assert len(plan(**{"tasks.wanted": "3", "tasks.max.enforce": "false"})) == 3
    assert len(plan(**{"tasks.wanted": "3", "tasks.max": "3"})) == 3


def test_offset_changes_are_put_to_the_connector(sample: Registry) -> None:
    def ask(offset: Any) -> bool:
        return planning.run_alter_offsets({
            "props": {"connector.class": "Sample"}, "worker": {}, "offsets": [[{"server": "t"}, offset]]})

    assert ask({"lsn": 1}) is True
    assert ask(None) is True
    with pytest.raises(ConnectError, match="an offset needs lsn"):
        ask({"file": "x"})


def test_the_keys_of_a_connector_come_with_the_runtimes(sample: Registry) -> None:
    names = [d["name"] for d in planning.plugin_config("Sample")]
    assert names[:3] == ["topic.prefix", "database.password", "table.include.list"]
    assert {"name", "tasks.max", "errors.tolerance"} < set(names)
    assert "internal.thing" not in names


def test_the_keys_of_a_transform_are_its_own() -> None:
    assert [d["name"] for d in planning.plugin_config("RegexRouter")] == ["regex", "replacement"]


def test_an_unknown_plugin_or_version_is_refused() -> None:
    with pytest.raises(NotFoundError, match=r"Unknown plugin com.example.Nope\."):
        planning.plugin_config("com.example.Nope")
    with pytest.raises(ConfigError, match=r"version range \[0.1,0.1\], available versions: \[4.1.0\]"):
        planning.plugin_config({"plugin": "RegexRouter", "version": "0.1"})


def test_a_connectors_converter_does_not_inherit_the_workers_settings() -> None:
    worker = {"key.converter": "json", "key.converter.schemas.enable": "false", "key.converter.plugin.version": "1"}
    assert converter_properties("key", worker, {}) == ("json", {"schemas.enable": "false"})
    assert converter_properties("key", worker, {"key.converter": "string"}) == ("string", {})
    assert converter_properties("header", worker, {})[0].endswith("SimpleHeaderConverter")


def test_converters_are_made_and_configured() -> None:
    made = make_converters({"key.converter": "string", "value.converter": "json", "value.converter.schemas.enable": "false"}, {})
    assert made.key.from_connect_data("t", None, "k") == b"k"
    assert made.value.from_connect_data("t", None, {"a": 1}) == b'{"a":1}'


def test_a_converters_wrong_setting_is_named_in_full() -> None:
    with pytest.raises(ConfigError) as caught:
        make_converters({"key.converter": "string", "value.converter": "json"}, {
            "value.converter": "json", "value.converter.schemas.enable": "perhaps"})
    assert list(caught.value.errors) == ["value.converter.schemas.enable"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://r:8080/apis/registry/v2", "http://r:8080/apis/ccompat/v7"),
        ("http://r:8080/apis/registry/v3/", "http://r:8080/apis/ccompat/v7"),
        ("http://r/apis/ccompat/v6", "http://r/apis/ccompat/v6"),
        ("http://a/apis/registry/v2,http://b/apis/registry/v2", "http://a/apis/ccompat/v7,http://b/apis/ccompat/v7"),
    ],
)
def test_apicurios_url_is_turned_into_its_confluent_api(url: str, expected: str) -> None:
    props, ignored = adapt_converter("io.apicurio.registry.utils.converter.AvroConverter", {"apicurio.registry.url": url})
    assert props == {"schema.registry.url": expected}
    assert ignored == []


def test_apicurios_credentials_become_basic_auth() -> None:
    props, _ = adapt_converter("io.apicurio.registry.utils.converter.AvroConverter", {
        "apicurio.registry.auth.username": "u", "apicurio.registry.auth.password": "p"})
    assert props == {"basic.auth.credentials.source": "USER_INFO", "basic.auth.user.info": "u:p"}


def test_other_converters_settings_are_left_alone() -> None:
    assert adapt_converter("avro", {"apicurio.registry.url": "x"}) == ({"apicurio.registry.url": "x"}, [])


def test_kinds_and_groups_belong_together() -> None:
    assert set(discovery.KINDS) == set(Kind)
    assert all(g.startswith("headgate.") for g in discovery.KINDS.values())
