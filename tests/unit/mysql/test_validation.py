"""What a server's settings say of a configuration, by key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.mysql.config import MariaDbConfig, MySqlConfig
from connectors.mysql.server import LogFile, LogStatus, Replica, ServerFacts
from connectors.mysql.stream import FilePosition
from connectors.mysql.structure import Flavor
from connectors.mysql.validation import judge

FACTS = ServerFacts(
    Flavor.MYSQL, (9, 4, 0), "9.4.0", "24bc7850-2c16-11e6-a073-0242ac110002", 1, True, "ROW", "FULL", "FULL", "", "ON", "", "", 0,
    "utf8mb4", "utf8mb4_0900_ai_ci", LogStatus(FilePosition("binlog.000001", 4), ""), (LogFile("binlog.000001", 157),), None, ())
PROPS = {"topic.prefix": "p", "database.hostname": "h", "database.user": "u", "database.server.id": "7"}


def judged(model: type[MySqlConfig] = MySqlConfig, props: dict[str, str] | None = None, **facts: Any) -> dict[str, str]:
    found = judge(model.from_props({**PROPS, **(props or {})}), replace(FACTS, **facts))
    return {k: "; ".join(v) for k, v in found.items()}


def test_a_good_server_has_nothing_against_it() -> None:
    assert judged() == {}


@pytest.mark.parametrize(("facts", "key", "said"), [
    ({"log_bin": False}, "database.hostname", "log_bin is OFF"),
    ({"binlog_format": "MIXED"}, "database.hostname", "binlog_format is MIXED"),
    ({"row_image": "MINIMAL"}, "database.hostname", "binlog_row_image is MINIMAL"),
    ({"row_metadata": "MINIMAL"}, "schema.history.internal.kafka.topic", "binlog_row_metadata=FULL"),
    ({"row_metadata": ""}, "schema.history.internal.kafka.topic", "schema.history.internal.kafka.bootstrap.servers"),
    ({"rights": frozenset({"SELECT", "REPLICATION CLIENT"})}, "database.user", "GRANT REPLICATION SLAVE"),
    ({"files": None}, "database.user", "GRANT REPLICATION CLIENT"),
    ({"server_id": 7}, "database.server.id", "the server's own"),
    ({"flavor": Flavor.MARIADB, "row_metadata": ""}, "database.hostname", "io.debezium.connector.mariadb.MariaDbConnector")])
def test_what_stands_in_the_way_is_told_at_its_key(facts: dict[str, Any], key: str, said: str) -> None:
    found = judged(**facts)
    assert list(found) == [key] and said in found[key]


def test_everything_is_told_at_once() -> None:
    assert set(judged(binlog_format="STATEMENT", row_metadata="MINIMAL", server_id=7)) == {
        "database.hostname", "schema.history.internal.kafka.topic", "database.server.id"}


def test_a_history_topic_does_without_full_metadata() -> None:
    history = {"schema.history.internal.kafka.topic": "t", "schema.history.internal.kafka.bootstrap.servers": "k:9092"}
    assert judged(props=history, row_metadata="MINIMAL") == {}
    elsewhere = {**history, "schema.history.internal": "io.debezium.storage.file.history.FileSchemaHistory"}
    assert list(judged(props=elsewhere, row_metadata="MINIMAL")) == ["schema.history.internal"]
    assert judged(props=elsewhere) == {}


def test_a_snapshot_alone_needs_no_stream() -> None:
    assert judged(props={"snapshot.mode": "initial_only"}, binlog_format="MIXED", row_metadata="MINIMAL", server_id=7) == {}


def test_who_reads_with_the_number_now_is_left_to_the_start_of_a_task() -> None:
    assert judged(replicas=(Replica(7, "other", ""),)) == {}


def test_mariadb_s_right_has_its_own_name() -> None:
    assert "BINLOG MONITOR" in judged(MariaDbConfig, flavor=Flavor.MARIADB, files=None)["database.user"]
