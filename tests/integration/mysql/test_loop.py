"""Every record of a run, decoded by an independent client, equals the database's own rows, from snapshot and stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from tests.integration.mysql.loop_columns import COLUMNS, asked, ours
from tests.integration.mysql.scene import Scene

pytestmark = pytest.mark.integration


@pytest.fixture(params=["mysql", "mariadb"])
def scene(request: pytest.FixtureRequest, worker: Any, kafka: Any, registry: Any) -> Iterator[Scene]:
    made = Scene(worker, kafka, registry, request.getfixturevalue(request.param), request.param)
    yield made
    made.close()


def insert(scene: Scene, ids: range, chance: Random) -> None:
    with scene.connection.cursor() as cursor:
        for i in ids:
            row = [i, *(None if chance.random() < 0.15 else c.make(chance) for c in COLUMNS)]
            cursor.execute(f"INSERT INTO sample VALUES ({', '.join(['%s'] * len(row))})", row)


def rows_of(scene: Scene) -> dict[int, dict[str, Any]]:
    """The table as the database tells it."""
    rows = scene.sql(f"SELECT id, {', '.join(map(asked, COLUMNS))} FROM sample")
    return {row[0]: {c.name: json.loads(v) if c.kind == "json" and v is not None else v
                     for c, v in zip(COLUMNS, row[1:], strict=True)} for row in rows}


def differing(got: dict[str, Any], want: dict[str, Any]) -> dict[str, Any]:
    """Columns that differ, with what the record and the database say."""
    found = {c.name: (ours(c, got[c.name]), want[c.name]) for c in COLUMNS}
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}


def test_snapshot_and_stream_equal_the_rows_of_the_database(scene: Scene) -> None:
    chance = Random(3)
    scene.sql(f"CREATE TABLE sample (id INT PRIMARY KEY, {', '.join(f'`{c.name}` {c.type}' for c in COLUMNS)})")
    insert(scene, range(1, 41), chance)
    scene.streams()
    snapshot = scene.events("sample", 40)
    before = rows_of(scene)
    assert [e.value["op"] for e in snapshot] == ["r"] * 40
    assert {e.key["id"]: d for e in snapshot if (d := differing(e.value["after"], before[e.key["id"]]))} == {}
    insert(scene, range(41, 81), chance)
    with scene.connection.cursor() as cursor:
        for i in range(1, 81, 3):
            changed = chance.sample(COLUMNS, 6)
            cursor.execute(f"UPDATE sample SET id = id, {', '.join(f'`{c.name}` = %s' for c in changed)} WHERE id = {i}",
                           [c.make(chance) for c in changed])
    scene.sql("DELETE FROM sample WHERE id % 10 = 0")
    state = {e.key["id"]: e.value["after"] for e in snapshot}
    for event in scene.events("sample", 40 + 40 + 27 + 8 * 2)[40:]:
        key = event.key["id"]
        if event.value is None:
            assert key not in state
        elif event.value["op"] == "d":
            assert event.value["before"] == state.pop(key)
        else:
            assert event.value["after"]["id"] == key
            assert event.value["before"] == state.get(key)
            state[key] = event.value["after"]
    after = rows_of(scene)
    assert set(state) == set(after)
    assert {k: d for k in after if (d := differing(state[k], after[k]))} == {}
