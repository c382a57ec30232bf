"""The REST exchanges recorded from Kafka Connect 4.1.0, asked of a running worker: the same statuses, bodies, headers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import psycopg
import pytest
from confluent_kafka.admin import AdminClient

from devstack.worker import WorkerProcess
from tests.golden.rest.exchange import Exchange, recorded

pytestmark = [pytest.mark.golden, pytest.mark.integration]

SECONDS = 45
JSON = "org.apache.kafka.connect.json.JsonConverter"
# These groups are the life of one connector; every other stands alone.
LIFE = ("life", "restart", "state", "topics", "offsets", "delete")
STEPS = recorded()


def group_of(step: dict[str, Any]) -> str:
    group = str(step["id"]).split(".")[0]
    return "life" if group in LIFE else group


# Some groups' steps stand in several places of the recording.
GROUPS = {name: [s for s in STEPS if group_of(s) == name] for name in dict.fromkeys(map(group_of, STEPS))}

# Where Headgate differs on purpose, and in what.
DIFFERS = {
    # Our version and the core in use are members more of GET /.
    "root.get": ("$.headgate_version: unexpected", "$.core: unexpected"),
    # A topic.creation group without its required keys is an error; Kafka Connect takes it and fails later.
    "validate.topic-creation": ("keys in error: ['topic.creation.default.replication.factor']", "error_count 1, expected 0"),
}


@dataclass
class Lab:
    """Names of a run, its table, and a client of the worker."""

    names: dict[str, str]
    http: httpx.Client


@pytest.fixture(scope="module")
def own_worker(kafka: Any, registry: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerProcess]:
    """Shows passwords and has JsonConverter, as the recorded worker."""
    properties = {"headgate.rest.mask.passwords": "false", "key.converter": JSON, "value.converter": JSON}
    with WorkerProcess(kafka.bootstrap, registry.url, tmp_path_factory.mktemp("rest-golden"),
                       group=f"rest-golden-{uuid4().hex[:8]}", properties=properties) as worker:
        yield worker


@pytest.fixture
def lab(own_worker: WorkerProcess, postgres: Any, kafka: Any) -> Iterator[Lab]:
    run = "r" + uuid4().hex[:8]
    database = psycopg.conninfo.conninfo_to_dict(postgres.dsn)["dbname"]
    names = {"run": run, "pg.host": postgres.host, "pg.port": str(postgres.port), "pg.user": postgres.user,
             "pg.password": postgres.password, "pg.dbname": str(database)}
    with psycopg.connect(postgres.dsn, autocommit=True) as sql, httpx.Client(base_url=own_worker.url, timeout=100) as http:
        sql.execute(f"CREATE TABLE golden_{run} (id int PRIMARY KEY, note text)")
        sql.execute(f"INSERT INTO golden_{run} VALUES (1, 'one'), (2, 'two'), (3, 'three')")
        yield Lab(names, http)
        for name in http.get("/connectors").json():
            http.delete("/connectors/" + quote(name, safe=""))
        wait = "SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE %s AND active"
        for _ in range(100):
            if sql.execute(wait, [f"{run}%"]).fetchone() == (0,):
                break
            sql.execute("SELECT pg_sleep(0.2)")
        sql.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name LIKE %s", [f"{run}%"])
        for (publication,) in sql.execute("SELECT pubname FROM pg_publication WHERE pubname LIKE %s", [f"{run}%"]).fetchall():
            sql.execute(f'DROP PUBLICATION "{publication}"')
        sql.execute(f"DROP TABLE golden_{run}")
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    if topics := [t for t in admin.list_topics(timeout=10).topics if t.startswith(run)]:
        for deleted in admin.delete_topics(topics).values():
            deleted.result()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("group", GROUPS)
def test_exchanges_are_as_recorded(group: str, lab: Lab) -> None:
    wrong = []
    for step in GROUPS[group]:
        exchange = Exchange(step, lab.names)
        found = exchange.compare(exchange.perform(lab.http, SECONDS))
        allowed = DIFFERS.get(step["id"], ())
        wrong += [f"{step['id']} ({step['title']}): {d}" for d in found if not d.startswith(allowed or "\0")]
    assert not wrong, "\n".join(wrong)


def test_every_exchange_is_asked() -> None:
    assert sum(map(len, GROUPS.values())) == len(STEPS) == 315
    assert DIFFERS.keys() <= {s["id"] for s in STEPS}
