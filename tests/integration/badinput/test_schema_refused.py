"""A schema that the registry refuses: FAILED with the registry's own words and the difference, and it goes on after the cure."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.integration


@pytest.fixture
def table(scene: Any) -> Any:
    """A table with one row, whose subject must stay backward compatible."""
    scene.sql("CREATE TABLE a (id int PRIMARY KEY, v text)")
    scene.sql("INSERT INTO a VALUES (1, 'x')")
    scene.create()
    scene.streams()
    assert scene.ids("a", 1) == [1]
    answer = scene.subjects.put(f"/config/{scene.topic('a')}-value", json={"compatibility": "BACKWARD"})
    assert answer.status_code == 200, answer.text
    return scene


def change_incompatibly(scene: Any) -> None:
    scene.sql("INSERT INTO a VALUES (2, 'SECRET-ROW')")
    scene.sql("ALTER TABLE a ALTER COLUMN v TYPE int USING id")
    scene.sql("INSERT INTO a VALUES (3, 3)")


def test_an_incompatible_schema_fails_the_task_until_the_subject_allows_it(table: Any) -> None:
    subject = f"{table.topic('a')}-value"
    change_incompatibly(table)
    trace = table.trace()
    assert subject in trace
    assert "the registry refuses the schema of subject" in trace
    assert "(HTTP 409" in trace
    assert "Loosen the subject's compatibility" in trace
    assert f"(topic {table.topic('a')}, table public.a, key columns id, position " in trace
    assert "Differences to version 1:" in table.task()["trace"]
    assert "v: " in table.task()["trace"]
    assert "SECRET-ROW" not in table.log()
    table.restart()
    assert subject in table.trace()
    answer = table.subjects.put(f"/config/{subject}", json={"compatibility": "NONE"})
    assert answer.status_code == 200, answer.text
    table.restart()
    ids = table.arrive("a", 2, 3)
    assert list(dict.fromkeys(ids)) == [1, 2, 3]
    assert [e.value["after"]["v"] for e in table.events("a")][-2:] == ["SECRET-ROW", 3]


def test_a_subject_that_somebody_filled_otherwise_fails_the_task_until_it_is_deleted(scene: Any) -> None:
    subject = f"{scene.name}.public.b-value"
    other = '{"type": "record", "name": "Other", "fields": [{"name": "x", "type": "long"}]}'
    assert scene.subjects.post(f"/subjects/{subject}/versions", json={"schema": other}).status_code == 200
    assert scene.subjects.put(f"/config/{subject}", json={"compatibility": "FULL"}).status_code == 200
    scene.sql("CREATE TABLE b (id int PRIMARY KEY)")
    scene.sql("INSERT INTO b VALUES (1)")
    scene.create()
    assert subject in scene.trace()
    assert scene.subjects.delete(f"/config/{subject}").status_code in (200, 204)
    assert scene.subjects.delete(f"/subjects/{subject}").status_code == 200
    scene.restart()
    assert scene.arrive("b", 1)
