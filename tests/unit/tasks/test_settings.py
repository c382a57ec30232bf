from __future__ import annotations

from pathlib import Path

import pytest

from connect.api.errors import ConfigError
from connect.tasks.secrets import Redactor
from connect.tasks.settings import TaskSettings, grace_of, worker_value
from connect.tasks.spec import TaskKey, TaskSpec

KEY = TaskKey("inventory", 0)


def settings(worker: dict[str, str], connector: dict[str, str], task: dict[str, str] | None = None) -> TaskSettings:
    return TaskSettings.resolve(TaskSpec(KEY, 1, worker, connector, task or {}), Redactor())


def test_variables_are_replaced_and_what_they_stood_for_is_a_secret(tmp_path: Path) -> None:
    file = tmp_path / "secrets.properties"
    file.write_text("pw=swordfish\n")
    redactor = Redactor()
    worker = {"config.providers": "file"}
    spec = TaskSpec(KEY, 1, worker, {"database.password": f"${{file:{file}:pw}}"}, {"x": f"a ${{file:{file}:pw}}"})
    found = TaskSettings.resolve(spec, redactor)
    assert found.connector["database.password"] == "swordfish"
    assert found.task == {"database.password": "swordfish", "x": "a swordfish"}
    assert redactor.clean("swordfish") == "[hidden]"


def test_the_tasks_own_properties_go_over_the_connectors() -> None:
    assert settings({}, {"a": "1", "b": "1"}, {"b": "2"}).task == {"a": "1", "b": "2"}


@pytest.mark.parametrize(("connector", "own"), [
    ({}, None), ({"offsets.storage.topic": "mine"}, "mine"), ({"offsets.storage.topic": "shared"}, None),
    ({"offsets.storage.topic": " "}, None)])
def test_an_offsets_topic_of_its_own_is_another_than_the_workers(connector: dict[str, str], own: str | None) -> None:
    found = settings({"offset.storage.topic": "shared"}, connector)
    assert (found.own_offsets_topic, found.offsets_topic, found.offsets_file) == (own, "shared", None)


def test_a_standalone_worker_has_a_file() -> None:
    assert settings({"offset.storage.file.filename": "/x"}, {}).offsets_file == "/x"


@pytest.mark.parametrize(("worker", "seconds"), [
    ({}, 5.0), ({"task.shutdown.graceful.timeout.ms": "250"}, 0.25), ({"task.shutdown.graceful.timeout.ms": "soon"}, 5.0)])
def test_the_grace(worker: dict[str, str], seconds: float) -> None:
    assert grace_of(worker) == seconds


def test_a_wrong_number_is_named() -> None:
    with pytest.raises(ConfigError, match="often"):
        worker_value({"offset.flush.interval.ms": "often"}, "offset.flush.interval.ms")
