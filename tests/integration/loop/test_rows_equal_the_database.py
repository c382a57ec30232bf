"""Every record of a run, decoded by an independent client, equals the database's own rows, from snapshot and stream."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import psycopg
import pytest

from tests.integration.loop.consumer import IndependentConsumer
from tests.waiting import until

pytestmark = pytest.mark.integration

# name, type, the database's own statement of what the record should hold
COLUMNS = [
    ("flag", "boolean", "{}"),
    ("small", "smallint", "{}"),
    ("medium", "integer", "{}"),
    ("large", "bigint", "{}"),
    ("single", "real", "{}::float8"),
    ("double_", "double precision", "{}"),
    ("price", "numeric(12,3)", "{}"),
    ("letters", "text", "{}"),
    ("short", "varchar(40)", "{}"),
    ("raw", "bytea", "{}"),
    ("day", "date", "{} - date '1970-01-01'"),
    ("moment", "timestamp", "(extract(epoch from {}) * 1000000)::bigint"),
    ("coarse", "timestamp(3)", "(extract(epoch from {}) * 1000)::bigint"),
    ("instant", "timestamptz", "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"),
    ("clock", "time", "(extract(epoch from {}) * 1000000)::bigint"),
    ("ident", "uuid", "{}::text"),
    ("doc", "jsonb", "{}::text"),
    ("mood", "mood", "{}::text"),
    ("numbers", "integer[]", "{}"),
    ("words", "text[]", "{}"),
]
RANDOM = {
    "flag": "random() < 0.5", "small": "(random() * 65535 - 32768)::int::smallint",
    "medium": "(random() * 4e9 - 2e9)::bigint::int",
    "large": "(random() * 1.8e19 - 9e18)::numeric(19)::bigint", "single": "(random() * 1e6)::real", "double_": "random() * 1e12",
    "price": "(random() * 1e8 - 5e7)::numeric(12,3)", "letters": "repeat(chr(233) || md5(random()::text), (random() * 20)::int)",
    "short": "left(md5(random()::text), 20)", "raw": "decode(md5(random()::text), 'hex')",
    "day": "date '1900-01-01' + (random() * 80000)::int", "moment": "timestamp '1950-01-01' + random() * interval '100 years'",
    "coarse": "timestamp '1950-01-01' + random() * interval '100 years'",
    "instant": "timestamptz '1950-01-01 00:00Z' + random() * interval '100 years'",
    "clock": "time '00:00' + random() * interval '24 h'",
    "ident": "gen_random_uuid()", "doc": "jsonb_build_object('a', random(), 'b', ARRAY[1, 2], 'c', null)",
    "mood": "(ARRAY['sad','ok','happy']::mood[])[1 + (random() * 2)::int]",
    "numbers": "ARRAY[(random() * 100)::int, NULL, -1]", "words": "ARRAY['a,b', 'c\"d', NULL, md5(random()::text)]",
}
NAMES = [name for name, _, _ in COLUMNS]


@pytest.fixture(params=["postgres", "postgres15"])
def source(request: pytest.FixtureRequest) -> Iterator[Any]:
    server = request.getfixturevalue(request.param)
    name = f"loop_{request.param}"
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name}")
        with psycopg.connect(server.dsn, dbname=name, autocommit=True) as connection:
            connection.execute("SET TIME ZONE 'UTC'")
            yield server, name, connection
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def insert(connection: psycopg.Connection, ids: list[int], nulls: random.Random) -> None:
    for i in ids:
        values = ", ".join("NULL" if nulls.random() < 0.15 else RANDOM[n] for n in NAMES)
        connection.execute(f"INSERT INTO sample VALUES ({i}, {values})".encode())


def rows_of(connection: psycopg.Connection) -> dict[int, dict[str, Any]]:
    """The table as the database tells it, in the form of the records."""
    wanted = ", ".join(f"{form.format(name)} AS {name}" for name, _, form in COLUMNS)
    cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
    return {r.pop("id"): r for r in cursor.execute(f"SELECT id, {wanted} FROM sample".encode()).fetchall()}


def same(got: dict[str, Any], want: dict[str, Any]) -> list[str]:
    """Names of columns that differ."""
    return [
        n for n in NAMES
        if got[n] != (want[n].quantize(Decimal("0.001")) if isinstance(want[n], Decimal) else want[n])
    ]


def test_snapshot_and_stream_equal_the_rows_of_the_database(source: Any, worker: Any, kafka: Any, registry: Any) -> None:
    server, name, connection = source
    chance = random.Random(3)
    connection.execute("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')")
    columns = ", ".join(f"{n} {t}" for n, t, _ in COLUMNS)
    connection.execute(f"CREATE TABLE sample (id int PRIMARY KEY, {columns})".encode())
    insert(connection, list(range(1, 41)), chance)
    config = {
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector", "topic.prefix": name, "plugin.name": "pgoutput",
        "database.hostname": server.host, "database.port": str(server.port), "database.user": server.user,
        "database.password": server.password, "database.dbname": name, "slot.name": name, "publication.name": name,
        "publication.autocreate.mode": "filtered", "table.include.list": "public.sample",
    }
    answer = httpx.put(f"{worker.url}/connectors/{name}/config", json=config, timeout=90)
    assert answer.status_code == 201, answer.text
    query = "SELECT 1 FROM pg_replication_slots WHERE slot_name = %s AND active AND confirmed_flush_lsn IS NOT NULL"
    topic = f"{name}.public.sample"
    try:
        until(lambda: connection.execute(query, [name]).fetchone(), 60, "the connector to stream")
        consumer = IndependentConsumer(kafka.bootstrap, registry.url, topic)
        state: dict[int, dict[str, Any]] = {}
        snapshot = consumer.read(40)
        before = rows_of(connection)
        assert [e.value["op"] for e in snapshot] == ["r"] * 40
        for event in snapshot:
            assert same(event.value["after"], before[event.key["id"]]) == []
        insert(connection, list(range(41, 81)), chance)
        for i in range(1, 81, 3):
            changes = f"letters = {RANDOM['letters']}, price = {RANDOM['price']}"
            connection.execute(f"UPDATE sample SET {changes} WHERE id = {i}".encode())
        connection.execute("DELETE FROM sample WHERE id % 10 = 0")
        events = consumer.read(40 + 40 + 27 + 8 * 2)
        for event in events:
            key = event.key["id"]
            if event.value is None:
                assert key not in state
            elif event.value["op"] == "d":
                assert event.value["before"]["id"] == key
                del state[key]
            else:
                assert event.value["after"]["id"] == key
                state[key] = event.value["after"]
        after = rows_of(connection)
        assert set(state) == set(after)
        assert {k: same(state[k], after[k]) for k in after if same(state[k], after[k])} == {}
        consumer.close()
    finally:
        httpx.delete(f"{worker.url}/connectors/{name}", timeout=60)
        until(lambda: not connection.execute(query, [name]).fetchone(), 60, "the slot to be released")
        connection.execute("SELECT pg_drop_replication_slot(%s)", [name])
