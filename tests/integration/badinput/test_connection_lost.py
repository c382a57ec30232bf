"""A server that stops, a connection that is cut or goes silent: a visible retry, and nothing is missing or doubled afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from devstack.stack import Stack
from tests.conftest import PostgresServer
from tests.integration.badinput.scene import Scene
from tests.proxy import Proxy

pytestmark = pytest.mark.integration


def begun(scene: Scene, **more: Any) -> Scene:
    """Row 1 was read by the snapshot, and the connector streams."""
    scene.sql("CREATE TABLE a (id int PRIMARY KEY)")
    scene.sql("INSERT INTO a VALUES (1)")
    scene.create(**more)
    scene.streams()
    assert scene.ids("a", 1) == [1]
    return scene


@pytest.fixture(scope="module")
def silent(worker: Any, kafka: Any, registry: Any, postgres: Any) -> Iterator[Scene]:
    """A connection that both ends think is alive, and over which nothing comes any more: silence takes up to a minute to be
    believed, so it begins before the other tests of this file and is looked at after them."""
    scene = Scene(worker, kafka, registry, postgres)
    with Proxy(postgres.host, postgres.port) as proxy:
        begun(scene, database__port=str(proxy.port), status__update__interval__ms="1000")
        proxy.freeze()
        time.sleep(0.2)  # what the proxy has in hand is forwarded first
        proxy.cut_silently()
        proxy.thaw()
        scene.sql("INSERT INTO a VALUES (2)")
        yield scene
        scene.close()


@pytest.mark.usefixtures("silent")
def test_a_connection_that_was_cut_is_made_again(scene: Scene, postgres: Any) -> None:
    with Proxy(postgres.host, postgres.port) as proxy:
        begun(scene, database__port=str(proxy.port))
        proxy.cut()
        scene.sql("INSERT INTO a VALUES (2)")
        assert scene.ids("a", 2) == [1, 2]
        scene.until(lambda: (scene.metric("headgate_task_retries_total") or 0) >= 1, "the retry to be counted")
        scene.until(lambda: "condition" not in scene.reaches("RUNNING"), "all to be well")
        assert "The task waits: retrying: reading the source: streaming: " in scene.log()
        scene.call("DELETE")


@pytest.fixture
def own(worker: Any, kafka: Any, registry: Any) -> Iterator[tuple[Scene, Stack]]:
    """On a server that a test may stop."""
    with Stack(["postgres"]) as stack:
        made = Scene(worker, kafka, registry, PostgresServer.of(stack.exports()["HEADGATE_PG_DSN"]))
        yield made, stack
        stack.postgres.start()
        made.close()


@pytest.mark.usefixtures("silent")
def test_a_server_that_is_stopped_and_started_again_is_waited_for_visibly(own: tuple[Scene, Stack]) -> None:
    scene, stack = own
    begun(scene)
    scene.connection.close()
    stack.postgres.stop()
    told = scene.condition("To do: see that the server runs")
    assert told.startswith("retrying: reading the source: ")
    assert f"port {scene.server.port}" in told
    assert scene.status()["connector"]["state"] == "RUNNING"
    refused = scene.http.put(f"/connectors/{scene.name}/config", json=scene.config())
    assert refused.status_code == 400
    assert "To do: see that the server runs" in refused.json()["message"]
    stack.postgres.start()
    scene.connection = scene.connect()
    scene.sql("INSERT INTO a VALUES (2)")
    assert scene.ids("a", 2) == [1, 2]
    scene.until(lambda: scene.metric("headgate_task_waiting") == 0, "all to be well")


def test_silence_is_noticed_and_the_connection_made_again(silent: Scene) -> None:
    assert silent.until(lambda: silent.ids("a") == [1, 2], "row 2 over a new connection", 120)
    (told,) = [x for x in silent.log().splitlines() if f"[{silent.name}|task-0]" in x and "The task waits: retrying: " in x]
    # Whichever of its two connections was waited for first.
    assert "no answer within" in told or "nothing came from the server for 60 s, not even an answer" in told


def test_a_task_whose_database_is_gone_at_its_start_waits_visibly(own: tuple[Scene, Stack]) -> None:
    scene, stack = own
    begun(scene)
    scene.stop()
    scene.connection.close()
    stack.postgres.stop()
    scene.resume()
    assert "retrying: start: " in scene.condition("To do: see that the server runs")
    stack.postgres.start()
    with psycopg.connect(scene.server.dsn, dbname=scene.name, autocommit=True) as connection:
        connection.execute("INSERT INTO a VALUES (2)")
    assert scene.ids("a", 2) == [1, 2]
