"""A worker as a process on a real broker: starting, carrying on, refusing to start."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connect.api.errors import ConnectError
from connect.kafka import clients
from connect.kafka.creation import TopicRules
from connect.kafka.reader import read_to_end
from connect.kafka.topics import InternalTopic, TopicCreation, ensure
from devstack.worker import WorkerProcess

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[3]
TICKS = "examples.ticks:TicksConnector"


class Scene:
    """A worker of a group of its own, and what can be seen of it."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        self.bootstrap = bootstrap
        self.group = f"herdertest-{uuid.uuid4().hex[:8]}"
        self.topic = f"{self.group}-ticks"
        json_converters = {
            **{f"{side}.converter": "org.apache.kafka.connect.json.JsonConverter" for side in ("key", "value")},
            "value.converter.schemas.enable": "false", "offset.flush.interval.ms": "200",
        }
        self.worker = WorkerProcess(bootstrap, "http://unused", folder, group=self.group, properties=json_converters)
        self.worker.properties = {k: v for k, v in self.worker.properties.items() if "schema.registry" not in k}
        self.http = httpx.Client(base_url=self.worker.url, timeout=30)

    def until(self, condition: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if found := condition():
                    return found
            except (httpx.HTTPError, ConnectError):
                pass
            time.sleep(0.05)
        raise AssertionError(f"{what} did not come within {seconds} s; the worker said:\n{self.worker.log.read_text()[-4000:]}")

    def states(self, name: str = "ticks") -> tuple[str, list[str]]:
        body = self.http.get(f"/connectors/{name}/status").json()
        return (body["connector"]["state"], [t["state"] for t in body["tasks"]]) if "connector" in body else ("", [])

    def health(self) -> Any:
        return self.http.get("/health").json()

    def create(self, name: str = "ticks", **config: str) -> None:
        body = {"name": name, "config": {
            "connector.class": TICKS, "topic": self.topic, "ticks.pause.seconds": "0.01", **config}}
        answer = self.http.post("/connectors", json=body)
        assert answer.status_code == 201, answer.text

    def running(self, name: str = "ticks") -> None:
        self.until(lambda: self.states(name) == ("RUNNING", ["RUNNING"]), f"{name} RUNNING")

    def ticks(self) -> list[int]:
        """The ticks in the topic in the order of their one partition."""
        found = read_to_end({"bootstrap.servers": self.bootstrap}, self.topic, "tests", "tests", False, 30.0)
        return [json.loads(value or b"{}")["tick"] for _, value in found]

    def records(self, store: str) -> list[tuple[str, Any]]:
        topic = self.worker.properties[f"{store}.storage.topic"]
        found = read_to_end({"bootstrap.servers": self.bootstrap}, topic, "tests", "tests", False, 30.0)
        return [((key or b"").decode(), json.loads(value) if value else None) for key, value in found]


@pytest.fixture
def scene(kafka: Any, tmp_path: Path) -> Iterator[Scene]:
    made = Scene(kafka.bootstrap, tmp_path)
    yield made
    made.http.close()
    made.worker.stop()


def gapless(ticks: list[int]) -> bool:
    """Every number from 1 on, in order, perhaps some again after a restart."""
    newest = 0
    for tick in ticks:
        if tick > newest + 1:
            return False
        newest = max(newest, tick)
    return True


def test_a_clean_stop_stores_offsets_and_the_next_start_goes_on_without_repeating(scene: Scene) -> None:
    scene.worker.start()
    scene.create()
    scene.running()
    scene.until(lambda: len(scene.ticks()) > 20, "ticks")
    scene.worker.stop()
    assert dict(scene.records("offset"))['["ticks",{"source":"ticks"}]'] == {"tick": scene.ticks()[-1]}
    statuses = dict(scene.records("status"))
    assert {statuses[k]["state"] for k in ("status-connector-ticks", "status-task-ticks-0")} == {"UNASSIGNED"}
    before = len(scene.ticks())
    scene.worker.start()
    scene.running()
    scene.until(lambda: len(scene.ticks()) > before + 20, "more ticks")
    scene.worker.stop()
    ticks = scene.ticks()
    assert ticks == list(range(1, len(ticks) + 1))


def test_a_killed_worker_leaves_no_orphan_and_the_next_start_loses_nothing(scene: Scene) -> None:
    scene.worker.start()
    scene.create()
    scene.running()
    scene.until(lambda: len(scene.ticks()) > 20, "ticks")
    family = scene.worker.family()
    assert len(family) >= 3
    scene.worker.kill()
    scene.until(lambda: not any(Path(f"/proc/{p.pid}").exists() for p in family), "end of all")
    before = len(scene.ticks())
    scene.worker.start()
    scene.running()
    scene.until(lambda: len(scene.ticks()) > before + 20, "more ticks")
    scene.worker.stop()
    assert gapless(scene.ticks())


def test_a_life_over_rest_leaves_the_records_of_kafka_connect(scene: Scene) -> None:
    scene.worker.start()
    http = scene.http
    scene.create()
    scene.running()
    assert http.put("/connectors/ticks/pause").status_code == 202
    scene.until(lambda: scene.states() == ("PAUSED", ["PAUSED"]), "PAUSED")
    assert http.put("/connectors/ticks/stop").status_code == 204
    scene.until(lambda: scene.states() == ("STOPPED", []), "STOPPED")
    change = {"offsets": [{"partition": {"source": "ticks"}, "offset": {"tick": 1000}}]}
    assert http.patch("/connectors/ticks/offsets", json=change).status_code == 200
    assert http.put("/connectors/ticks/resume").status_code == 202
    scene.running()
    scene.until(lambda: 1001 in scene.ticks(), "the tick after the altered offset")
    assert http.post("/connectors/ticks/tasks/0/restart").status_code == 204
    assert http.post("/connectors/ticks/restart?includeTasks=true").status_code == 202
    scene.running()
    assert http.get("/connectors/ticks/topics").json() == {"ticks": {"topics": [scene.topic]}}
    assert http.delete("/connectors/ticks").status_code == 204
    scene.until(lambda: http.get("/connectors/ticks/status").status_code == 404, "404")
    scene.until(lambda: scene.records("status")[-1][1] is None, "forgotten statuses")
    assert [k for k, _ in scene.records("config")] == [
        "connector-ticks", "task-ticks-0", "commit-ticks", "target-state-ticks", "commit-ticks", "target-state-ticks",
        "target-state-ticks", "task-ticks-0", "commit-ticks", "restart-connector-ticks", "connector-ticks", "target-state-ticks",
    ]
    assert not [v for v in dict(scene.records("status")).values() if v is not None]


def test_while_there_is_no_broker_the_worker_waits_and_says_so(scene: Scene) -> None:
    scene.worker.properties["bootstrap.servers"] = "127.0.0.1:1"
    file = scene.worker.folder / "worker.properties"
    file.write_text("".join(f"{k}={v}\n" for k, v in scene.worker.properties.items()))
    command = [sys.executable, "-m", "connect.cli.main", "worker", str(file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as child:
        try:
            scene.worker.log.write_text("")
            scene.until(lambda: "waiting for Kafka at 127.0.0.1:1" in scene.health()["message"], "what the worker waits for")
            assert scene.health()["status"] == "starting"
            assert scene.http.get("/connectors").status_code == 503
            child.send_signal(signal.SIGTERM)
            said, _ = child.communicate(timeout=60)
            assert child.returncode == 0, said
        finally:
            child.kill()


def refused(scene: Scene, **properties: str) -> tuple[int, str]:
    """Exit code and the last line of a worker that does not start."""
    file = scene.worker.folder / "worker.properties"
    file.write_text("".join(f"{k}={v}\n" for k, v in (scene.worker.properties | properties).items()))
    command = [sys.executable, "-m", "connect.cli.main", "worker", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_wrong_configuration_ends_with_2_and_names_every_key(scene: Scene) -> None:
    code, said = refused(scene, **{"offset.flush.interval.ms": "soon", "config.storage.topic": ""})
    assert code == 2
    assert "offset.flush.interval.ms" in said
    assert "config.storage.topic" in said
    assert "Traceback" not in said


def test_a_port_that_is_taken_ends_with_3_and_names_it(scene: Scene) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = refused(scene, listeners=f"http://127.0.0.1:{port}")
    assert code == 3
    assert f"cannot listen on http://127.0.0.1:{port}" in said


def test_more_replicas_than_brokers_ends_with_3_and_the_cure(scene: Scene) -> None:
    code, said = refused(scene, **{"status.storage.replication.factor": "3"})
    assert code == 3
    assert "status.storage.replication.factor to at most the number of brokers" in said


@pytest.mark.parametrize("store", ["config", "offset", "status"])
def test_an_internal_topic_that_is_not_compacted_ends_with_3_and_the_cure(scene: Scene, store: str) -> None:
    admin = clients.admin({"bootstrap.servers": scene.bootstrap}, "tests")
    rules = TopicRules.from_config({
        "topic.creation.default.partitions": "1", "topic.creation.default.replication.factor": "1",
        "topic.creation.default.cleanup.policy": "delete",
    })
    assert not TopicCreation(rules, lambda: admin).ensure([scene.worker.properties[f"{store}.storage.topic"]])
    code, said = refused(scene)
    assert code == 3
    assert f"supplied via the '{store}.storage.topic' property is required to have 'cleanup.policy=compact'" in said


def test_a_config_topic_of_two_partitions_ends_with_3(scene: Scene) -> None:
    async def make() -> None:
        admin = clients.admin({"bootstrap.servers": scene.bootstrap}, "tests")
        await ensure(admin, InternalTopic("offset", scene.worker.properties["config.storage.topic"], 2, 1))

    asyncio.run(make())
    code, said = refused(scene)
    assert (code, "single partition" in said) == (3, True)
