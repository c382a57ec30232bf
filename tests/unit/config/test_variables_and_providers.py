from __future__ import annotations

from pathlib import Path

import pytest

from connect.api.errors import ConfigError
from connect.config.providers import DirectoryConfigProvider, EnvVarConfigProvider, FileConfigProvider
from connect.config.variables import Resolver, has_variables, put_variables_back
from connect.plugins.resolving import load_worker, resolver_for


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    (tmp_path / "s.properties").write_text("user=cdc\npassword=se=cret\n")
    (tmp_path / "token").write_text("line\n")
    return tmp_path


def test_a_file_gives_the_keys_asked_for_and_no_others(secrets: Path) -> None:
    provider = FileConfigProvider()
    provider.configure({})
    assert provider.get(str(secrets / "s.properties"), ["password", "none"]).data == {"password": "se=cret"}


def test_a_directory_gives_whole_files(secrets: Path) -> None:
    provider = DirectoryConfigProvider()
    provider.configure({})
    assert provider.get(str(secrets), ["token", "nope", "../x"]).data == {"token": "line\n"}


def test_a_path_that_is_not_allowed_is_not_read(secrets: Path, tmp_path: Path) -> None:
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    provider = FileConfigProvider()
    provider.configure({"allowed.paths": str(allowed)})
    assert provider.get(str(secrets / "s.properties"), ["password"]).data == {}
    assert provider.get(f"{allowed}/../s.properties", ["password"]).data == {}


def test_a_link_out_of_an_allowed_folder_is_not_followed(secrets: Path, tmp_path: Path) -> None:
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (allowed / "link").symlink_to(secrets / "token")
    provider = DirectoryConfigProvider()
    provider.configure({"allowed.paths": str(allowed)})
    assert provider.get(str(allowed), ["link"]).data == {}


def test_allowed_paths_must_exist() -> None:
    with pytest.raises(ConfigError, match="absolute path that exists"):
        FileConfigProvider().configure({"allowed.paths": "/does/not/exist/1"})


def test_a_file_that_is_not_there_is_an_error_naming_it() -> None:
    provider = FileConfigProvider()
    provider.configure({})
    with pytest.raises(ConfigError, match=r"/no/such.properties: No such file"):
        provider.get("/no/such.properties", ["a"])


def test_the_environment_is_limited_by_the_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HG_A", "1")
    monkeypatch.setenv("OTHER_A", "2")
    provider = EnvVarConfigProvider()
    provider.configure({"allowlist.pattern": "HG_.*"})
    assert provider.get("", ["HG_A", "OTHER_A"]).data == {"HG_A": "1"}
    with pytest.raises(ConfigError, match="path must be empty"):
        provider.get("x", ["HG_A"])


def test_variables_are_replaced_wherever_they_stand(secrets: Path) -> None:
    provider = FileConfigProvider()
    provider.configure({})
    f = secrets / "s.properties"
    found = Resolver({"file": provider}).resolve({
        "a": f"${{file:{f}:user}}:${{file:{f}:password}}", "b": "plain", "c": "${topic}-${timestamp}", "d": None,
        "e": f"${{file:{f}:nope}}", "f": "${vault:x:y}"})
    assert found.props == {
        "a": "cdc:se=cret", "b": "plain", "c": "${topic}-${timestamp}", "e": f"${{file:{f}:nope}}", "f": "${vault:x:y}"}
    assert found.variable_keys == {"a", "e", "f"}
    assert found.unresolved == {"e": (f"${{file:{f}:nope}}",), "f": ("${vault:x:y}",)}
    assert found.secrets == {"cdc", "se=cret"}


@pytest.mark.parametrize(("text", "has"), [("${env:A}", True), ("${file:/x:y}", True), ("${x}", False), ("$1", False),
    (None, False)])
def test_what_looks_like_a_variable(text: str | None, has: bool) -> None:
    assert has_variables(text) is has


def test_task_configurations_get_the_variables_back() -> None:
    raw = {"password": "${env:P}", "user": "u", "host": "${env:H}"}
    resolved = {"password": "secret", "user": "u", "host": "h"}
    task = {"password": "secret", "user": "u", "host": "h-replica", "task.id": "0"}
    assert put_variables_back(raw, resolved, task) == {
        "password": "${env:P}", "user": "u", "host": "h-replica", "task.id": "0"}


WORKER = {
    "group.id": "${env:HG_GROUP}", "config.storage.topic": "c", "offset.storage.topic": "o", "status.storage.topic": "s",
    "key.converter": "json", "value.converter": "org.apache.kafka.connect.json.JsonConverter",
}


def test_a_workers_own_properties_are_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HG_GROUP", "team")
    loaded = load_worker({**WORKER, "config.providers": "env", "gruop.id": "x"})
    assert loaded.config.group_id == "team"
    assert loaded.raw["group.id"] == "${env:HG_GROUP}"
    assert loaded.warnings == ('"gruop.id" is ignored: no such property; did you mean "group.id"?',)


def test_an_unresolved_variable_of_the_worker_is_warned_of() -> None:
    assert any("could not be resolved" in w and "env:HG_GROUP" in w for w in load_worker(WORKER).warnings)


@pytest.mark.parametrize(
    "name", ["env", "org.apache.kafka.common.config.provider.EnvVarConfigProvider", "EnvVarConfigProvider",
             "connect.config.providers:EnvVarConfigProvider"],
)
def test_providers_are_named_by_alias_java_class_or_python_path(name: str) -> None:
    resolver = resolver_for({"config.providers": "x", "config.providers.x.class": name})
    assert isinstance(resolver.providers["x"], EnvVarConfigProvider)


def test_an_unknown_provider_class_is_an_error_with_its_key() -> None:
    with pytest.raises(ConfigError) as caught:
        resolver_for({"config.providers": "v", "config.providers.v.class": "com.example.Vault"})
    assert "com.example.Vault" in caught.value.errors["config.providers.v.class"][0]


def test_a_worker_with_an_unknown_converter_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"key\.converter.*com\.example\.Nope"):
        load_worker({**WORKER, "key.converter": "com.example.Nope"})
