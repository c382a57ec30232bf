"""Passwords by reference and by mask: they work, and nobody sees them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from devstack.worker import WorkerProcess
from tests.integration.badinput.scene import SECRET, Scene

pytestmark = pytest.mark.integration


@pytest.fixture
def guarded(scene: Scene) -> Scene:
    """A table that a role with SECRET as its password may read."""
    scene.sql("CREATE TABLE a (id int PRIMARY KEY)")
    scene.sql("INSERT INTO a VALUES (1)")
    role = scene.role("reader")
    scene.sql(f"GRANT SELECT ON a TO {role}")
    scene.sql(f"CREATE PUBLICATION {scene.name} FOR TABLE a")
    return scene


def seen_by_anybody(scene: Scene) -> str:
    """All answers about the connector, metrics and log together."""
    paths = ("", "/config", "/tasks", "/status", "/offsets", "/topics")
    texts = [scene.call("GET", path).text for path in paths]
    texts += [scene.http.get(p).text for p in ("/connectors?expand=info&expand=status", "/metrics")]
    return "\n".join([*texts, scene.log()])


def test_an_inline_password_is_masked_everywhere_and_the_mask_sent_back_keeps_it(guarded: Scene) -> None:
    role = f"{guarded.name}_reader"
    guarded.create(database__user=role, database__password=SECRET)
    guarded.streams()
    shown = guarded.call("GET", "/config").json()
    mask = shown["database.password"]
    assert mask and SECRET not in mask
    (task,) = guarded.call("GET", "/tasks").json()
    assert task["config"]["database.password"] == mask
    answer = guarded.http.put(f"/connectors/{guarded.name}/config", json={**shown, "poll.interval.ms": "150"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["config"]["database.password"] == mask
    assert guarded.call("PATCH", "/config", json={"database.password": mask}).status_code == 200
    guarded.until(lambda: guarded.call("GET", "/tasks").json()[0]["config"].get("poll.interval.ms") == "150", "the new task")
    guarded.sql("INSERT INTO a VALUES (2)")
    assert guarded.arrive("a", 2)
    assert SECRET not in seen_by_anybody(guarded)


def test_a_mask_without_a_stored_password_is_a_400(guarded: Scene) -> None:
    for mask in ("[hidden]", "********"):
        message = guarded.refused(database__password=mask)
        assert "database.password" in message
        assert mask in message
        assert "for it" in message or "give the value" in message


@pytest.fixture(scope="module")
def provided(kafka: Any, registry: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerProcess]:
    """A worker with the file provider."""
    more = {"config.providers": "file",
            "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider"}
    folder = tmp_path_factory.mktemp("provided")
    with WorkerProcess(kafka.bootstrap, registry.url, folder, group=f"secrets-{os.getpid()}", properties=more) as running:
        yield running


@pytest.fixture
def by_file(provided: WorkerProcess, kafka: Any, registry: Any, postgres: Any) -> Iterator[Scene]:
    made = Scene(provided, kafka, registry, postgres)
    made.sql("CREATE TABLE a (id int PRIMARY KEY)")
    made.sql("INSERT INTO a VALUES (1)")
    role = made.role("reader")
    made.sql(f"GRANT SELECT ON a TO {role}")
    made.sql(f"CREATE PUBLICATION {made.name} FOR TABLE a")
    yield made
    made.close()


def test_a_password_in_a_file_works_and_only_the_reference_is_seen(by_file: Scene, tmp_path: Any) -> None:
    secrets = tmp_path / "db.properties"
    secrets.write_text(f"password={SECRET}\n")
    reference = f"${{file:{secrets}:password}}"
    by_file.create(database__user=f"{by_file.name}_reader", database__password=reference)
    by_file.streams()
    assert by_file.ids("a", 1) == [1]
    assert by_file.call("GET", "/config").json()["database.password"] == reference
    assert by_file.call("GET", "/tasks").json()[0]["config"]["database.password"] == reference
    assert SECRET not in seen_by_anybody(by_file)


@pytest.mark.parametrize("missing", ["file", "key"])
def test_a_reference_that_leads_nowhere_is_a_400_naming_it(by_file: Scene, tmp_path: Any, missing: str) -> None:
    secrets = tmp_path / "db.properties"
    if missing == "key":
        secrets.write_text(f"other={SECRET}\n")
    message = by_file.refused(database__user=f"{by_file.name}_reader", database__password=f"${{file:{secrets}:password}}")
    assert str(secrets) in message
    assert "database.password" in message or missing == "file"
    assert SECRET not in message
