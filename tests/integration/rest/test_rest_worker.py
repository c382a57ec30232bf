"""The REST API, the commands and the page of a real worker with a real connector."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import psycopg
import pytest
from confluent_kafka.admin import AdminClient
from typer.testing import CliRunner

from connect.cli.main import app
from devstack.worker import WorkerProcess
from tests.waiting import until

pytestmark = pytest.mark.integration


@dataclass
class Connected:
    """A running connector of a table `t(id, name, price)`."""

    name: str
    prefix: str
    config: dict[str, str]
    http: httpx.Client
    sql: psycopg.Connection
    bootstrap: str
    registry: str
    url: str

    def at(self, rest: str = "") -> str:
        return f"/connectors/{quote(self.name, safe='')}{rest}"

    def cli(self, *arguments: str, stdin: str = "") -> str:
        environment = {"HEADGATE_URL": self.url, "HEADGATE_BOOTSTRAP": self.bootstrap, "HEADGATE_REGISTRY_URL": self.registry}
        result = CliRunner().invoke(app, arguments, input=stdin, env=environment)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output

    def states(self) -> list[str]:
        status = self.http.get(self.at("/status"))
        if status.status_code == 404:
            return []
        return [status.json()["connector"]["state"], *(t["state"] for t in status.json()["tasks"])]


@pytest.fixture(scope="module")
def connected(worker: WorkerProcess, kafka: Any, registry: Any, postgres: Any) -> Iterator[Connected]:
    mark = "rw" + uuid4().hex[:8]
    config = {
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector", "plugin.name": "pgoutput", "topic.prefix": mark,
        "database.hostname": postgres.host, "database.port": str(postgres.port), "database.user": postgres.user,
        "database.password": postgres.password, "database.dbname": psycopg.conninfo.conninfo_to_dict(postgres.dsn)["dbname"],
        "slot.name": mark, "publication.name": mark, "publication.autocreate.mode": "filtered",
        "table.include.list": f"{mark}\\.t",
        "decimal.handling.mode": "string",
    }
    with psycopg.connect(postgres.dsn, autocommit=True) as sql, httpx.Client(base_url=worker.url, timeout=60) as http:
        sql.execute(f"CREATE SCHEMA {mark}; CREATE TABLE {mark}.t (id int PRIMARY KEY, name text, price numeric)")
        sql.execute(f"ALTER TABLE {mark}.t REPLICA IDENTITY FULL; INSERT INTO {mark}.t VALUES (1, 'Ada', 1.50)")
        made = Connected(f"{mark}/a b", mark, config, http, sql, kafka.bootstrap, registry.url, worker.url)
        output = made.cli("apply", "-f", "-", stdin=json.dumps({"name": made.name, "config": config}))
        assert output == f"created connector {made.name}\n"
        until(lambda: made.states() == ["RUNNING", "RUNNING"])
        yield made
        http.delete(made.at())
        active = "SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s AND active"
        until(lambda: sql.execute(active, [mark]).fetchone() == (0,))
        sql.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s", [mark])
        sql.execute(f'DROP PUBLICATION IF EXISTS "{mark}"')
        sql.execute(f"DROP SCHEMA {mark} CASCADE")
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    for topic in [t for t in admin.list_topics(timeout=10).topics if t.startswith(mark)]:
        admin.delete_topics([topic])[topic].result()


def test_a_real_connectors_password_is_shown_nowhere(connected) -> None:
    for path in (connected.at(), connected.at("/config"), connected.at("/tasks"), "/connectors?expand=info"):
        text = connected.http.get(path).text
        assert "[hidden]" in text and f'"database.password":"{connected.config["database.password"]}"' not in text


def test_the_shown_configuration_can_be_sent_back_and_validated(connected) -> None:
    shown = connected.http.get(connected.at("/config")).json()
    assert connected.http.put(connected.at("/config"), json=shown).status_code == 200
    until(lambda: connected.states() == ["RUNNING", "RUNNING"])
    body = {**connected.config, "name": connected.name}
    report = connected.http.put("/connector-plugins/PostgresConnector/config/validate", json=body).json()
    values = {c["value"]["name"]: c["value"] for c in report["configs"] if c["value"]}
    assert report["error_count"] == 0 and values["database.password"]["value"] == "[hidden]"


def test_tail_prints_decoded_events_up_to_the_end(connected) -> None:
    connected.sql.execute(f"UPDATE {connected.prefix}.t SET name = 'Bo' WHERE id = 1")
    connected.sql.execute(f"DELETE FROM {connected.prefix}.t WHERE id = 1")
    topic = f"{connected.prefix}.{connected.prefix}.t"

    def lines() -> list[str]:
        output = connected.cli("tail", f"{connected.prefix}.*", "--exit-at-end")
        found = output.splitlines()
        return found if len(found) >= 4 else []

    read, updated, deleted, tombstone = [" ".join(line.split()[1:]) for line in until(lines)][:4]
    assert read.startswith(f'read {topic} id=1 id=1, name="Ada", price="1.50" @ ')
    assert updated.startswith(f'update {topic} id=1 name: "Ada" → "Bo" @ ')
    assert deleted.startswith(f"delete {topic} id=1 ") and tombstone.startswith(f"tombstone {topic} id=1")
    (event,) = connected.cli("tail", topic, "--from-beginning", "--max", "1", "--json").splitlines()
    assert json.loads(event)["value"]["after"] == {"id": 1, "name": "Ada", "price": "1.50"}


def test_commands_see_and_change_the_real_state(connected) -> None:
    assert "RUNNING" in connected.cli("describe", "connector", f"{connected.prefix}*")
    connected.cli("pause", "connector", connected.name)
    until(lambda: connected.states() == ["PAUSED", "PAUSED"])
    connected.cli("stop", "connector", connected.name)
    until(lambda: connected.states() == ["STOPPED"])
    assert connected.prefix in connected.cli("get", "offsets", connected.name)
    connected.cli("resume", "connector", connected.name)
    until(lambda: connected.states() == ["RUNNING", "RUNNING"])


def test_metrics_have_the_series_of_the_task(connected) -> None:
    series = f'kafka_connect_source_task_source_record_write_total{{connector="{connected.name}",task="0"}}'
    until(lambda: series in connected.http.get("/metrics").text)
    assert connected.http.get("/health?connectors=true").status_code == 200


def test_the_page_and_the_description_need_nothing_from_elsewhere(connected) -> None:
    for path in ("/ui", "/docs", "/ui/page.js", "/ui/page.css", "/ui/docs.js"):
        answer = connected.http.get(path)
        assert answer.status_code == 200 and "default-src 'self'" in answer.headers["content-security-policy"]
        assert "https://" not in answer.text


