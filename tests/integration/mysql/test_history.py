"""The schema history on a real Kafka: made, written, recovered, and what is said when it is not as it must be."""

from __future__ import annotations

import itertools
import json
import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from connect.api.errors import ConnectError, RetriableError
from connect.config.clients import translate
from connectors.mysql.config import MySqlConfig
from connectors.mysql.history import SchemaHistory
from connectors.mysql.offsets import BinlogOffset
from connectors.mysql.structure import TableId
from connectors.mysql.structures import DdlContext, StructureChange, Structures
from tests.waiting import until

pytestmark = pytest.mark.integration
CONTEXT = DdlContext(version=90704)
UUID = "4d915379-e8d1-11f1-9771-02fc00000001"
_numbers = itertools.count(1)


def at(gtid: int, **more: Any) -> BinlogOffset:
    return BinlogOffset(file="binlog.000001", pos=gtid * 100, gtids=f"{UUID}:1-{gtid}", ts_sec=gtid, **more)


class Bench:
    """A history of a test's own, and the structures that follow what is written to it."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.topic = f"history_{os.getpid()}_{next(_numbers)}"
        self.admin = AdminClient({"bootstrap.servers": bootstrap})
        self.structures = Structures()

    def history(self, **more: str) -> SchemaHistory:
        props: dict[str, str] = {
            "topic.prefix": "P", "database.hostname": "h", "database.user": "u", "database.server.id": "1",
            "database.include.list": "d",
            "schema.history.internal.kafka.topic": self.topic, "schema.history.internal.kafka.bootstrap.servers": self.bootstrap}
        props.update({k.replace("__", "."): v for k, v in more.items()})
        return SchemaHistory(MySqlConfig.from_props(props), lambda kind, given: translate(given, kind).settings)

    def write(self, history: SchemaHistory, sql: str, offset: BinlogOffset, database: str = "d") -> None:
        history.record(self.structures.apply(sql, database, CONTEXT), sql, database, offset, 1)

    def make(self, partitions: int = 1, **config: str) -> None:
        new = NewTopic(self.topic, num_partitions=partitions, replication_factor=1, config=config)
        self.admin.create_topics([new])[self.topic].result(30)
        until(lambda: self.topic in self.admin.list_topics(timeout=10).topics, what="the topic")

    def put(self, *values: bytes) -> None:
        producer = Producer({"bootstrap.servers": self.bootstrap})
        for value in values:
            producer.produce(self.topic, value=value, partition=0)
        assert producer.flush(30) == 0

    def records(self) -> list[Any]:
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "none", "enable.auto.commit": False,
                             "enable.partition.eof": True})
        consumer.assign([TopicPartition(self.topic, 0, 0)])
        found = []
        try:
            while (message := consumer.poll(30)) is not None and message.error() is None:
                assert message.key() is None
                found.append(json.loads(message.value() or b""))
        finally:
            consumer.close()
        return found

    def settings(self) -> dict[str, str]:
        resource = ConfigResource(ResourceType.TOPIC, self.topic)
        return {n: e.value for n, e in self.admin.describe_configs([resource])[resource].result(30).items()}

    def drop(self) -> None:
        self.admin.delete_topics([self.topic])[self.topic].exception(30)


@pytest.fixture
def bench(kafka: Any) -> Iterator[Bench]:
    made = Bench(kafka.bootstrap)
    yield made
    made.drop()


def columns(structures: Structures, name: str = "t") -> list[str]:
    table = structures.get(TableId("d", name))
    return [] if table is None else [c.name for c in table.columns]


def test_the_topic_is_made_to_be_kept_for_ever(bench: Bench) -> None:
    history = bench.history()
    assert history.prepare() is False
    settings = bench.settings()
    assert settings["cleanup.policy"] == "delete" and settings["retention.bytes"] == "-1"
    assert settings["retention.ms"] in ("-1", str(2**63 - 1))
    assert history.prepare() is False
    bench.write(history, "CREATE TABLE t (a INT)", at(1))
    assert history.prepare() is True
    history.close()


def test_structures_are_recovered_as_of_an_offset(bench: Bench) -> None:
    history = bench.history()
    history.prepare()
    bench.write(history, "CREATE TABLE t (a INT PRIMARY KEY) CHARSET utf8mb4", at(1))
    bench.write(history, "ALTER TABLE t ADD b VARCHAR(5), ADD UNIQUE u (b)", at(2))
    then = bench.structures.get(TableId("d", "t"))
    bench.write(history, "ALTER TABLE t RENAME TO r, DROP a", at(3))
    bench.write(history, "CREATE TABLE t (x INT)", at(4))
    bench.write(history, "DROP TABLE t, r", at(5))
    history.close()
    again = bench.history()
    found: dict[int, tuple[list[str], list[str]]] = {}
    for gtid in range(1, 6):
        structures = Structures()
        again.recover(structures, at(gtid), CONTEXT)
        found[gtid] = columns(structures), columns(structures, "r")
        if gtid == 2:
            assert structures.get(TableId("d", "t")) == then
    assert found == {1: (["a"], []), 2: (["a", "b"], []), 3: ([], ["b"]), 4: (["x"], ["b"]), 5: ([], [])}
    assert [r["ddl"] for r in bench.records()][-2:] == ["DROP TABLE `d`.`t`", "DROP TABLE `d`.`r`"]


def test_statements_that_are_read_twice_do_no_harm(bench: Bench) -> None:
    history = bench.history()
    history.prepare()
    for _ in range(2):
        bench.structures = Structures()
        bench.write(history, "CREATE TABLE t (a INT)", at(1))
        bench.write(history, "ALTER TABLE t ADD b INT", at(2))
        bench.write(history, "RENAME TABLE t TO u", at(3))
    history.close()
    structures = Structures()
    assert history.recover(structures, at(3), CONTEXT) == 6
    assert columns(structures, "u") == ["a", "b"] and structures.count == 1


def test_many_changes_of_a_snapshot_are_one_wait(bench: Bench) -> None:
    history = bench.history()
    history.prepare()
    changes = [StructureChange("DATABASE", None, None, None, "",
                               "SET character_set_server=latin1, collation_server=latin1_swedish_ci"),
               StructureChange("DATABASE", None, None, None, "d", "CREATE DATABASE `d` CHARSET utf8mb4 COLLATE utf8mb4_bin")]
    for number in range(500):
        changes += bench.structures.apply(f"CREATE TABLE t{number} (a INT, b VARCHAR(9)) CHARSET utf8mb4", "d", CONTEXT)
    history.record_all(changes, at(9, snapshot="INITIAL"), 1)
    history.close()
    structures = Structures()
    assert history.recover(structures, at(9), CONTEXT) == 502
    assert structures.count == 500 and structures.database_defaults("d") == ("utf8mb4", "utf8mb4_bin")
    with pytest.raises(ConnectError,
                       match=r"has nothing of this connector \(P\) up to the stored offset.*snapshot.mode=recovery"):
        history.recover(Structures(), at(8), CONTEXT)


def test_only_captured_tables_when_asked(bench: Bench) -> None:
    history = bench.history(schema__history__internal__store__only__captured__tables__ddl="true")
    history.prepare()
    bench.write(history, "CREATE TABLE other.t (a INT)", at(1))
    bench.write(history, "TRUNCATE TABLE t", at(1))
    bench.write(history, "RENAME TABLE other.t TO d.t", at(2))
    bench.write(history, "CREATE DATABASE other", at(3))
    history.close()
    assert [r["ddl"] for r in bench.records()] == ["RENAME TABLE other.t TO d.t"]
    everything = bench.history()
    bench.write(everything, "CREATE TABLE other.u (a INT)", at(4))
    everything.close()
    assert bench.records()[-1]["ddl"] == "CREATE TABLE other.u (a INT)"
    databases = bench.history(schema__history__internal__store__only__captured__databases__ddl="true")
    bench.write(databases, "CREATE TABLE other.v (a INT)", at(5))
    assert len(bench.records()) == 2


def test_a_topic_of_another_connector_is_not_taken(bench: Bench) -> None:
    history = bench.history(topic__prefix="Q")
    history.prepare()
    bench.write(history, "CREATE TABLE t (a INT)", at(1))
    with pytest.raises(ConnectError, match="nothing of this connector"):
        bench.history().recover(Structures(), at(5), CONTEXT)


def test_what_is_no_record_stops_the_recovery_unless_it_may_be_passed_over(bench: Bench) -> None:
    history = bench.history()
    history.prepare()
    bench.put(b"nonsense")
    bench.write(history, "CREATE TABLE t (a INT)", at(1))
    bench.put(json.dumps({"source": {"server": "P"}, "position": at(2).write(), "databaseName": "d",
                          "ddl": "ALTER TABLE t WHAT"}).encode())
    with pytest.raises(ConnectError, match=rf"record 0 of the schema history's topic {bench.topic} is no such record"):
        history.recover(Structures(), at(5), CONTEXT)
    lenient = bench.history(schema__history__internal__skip__unparseable__ddl="true")
    structures = Structures()
    assert lenient.recover(structures, at(5), CONTEXT) == 1
    assert columns(structures) == ["a"]


def test_a_topic_that_loses_records_is_told(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.make(**{"retention.ms": "604800000"})
    with caplog.at_level(logging.WARNING):
        bench.history().prepare()
    assert "not kept for ever (retention.ms=604800000)" in caplog.text and "-1" in caplog.text


def test_a_compacted_topic_and_one_with_partitions_are_refused(bench: Bench) -> None:
    bench.make(**{"cleanup.policy": "compact"})
    with pytest.raises(ConnectError, match=r"cleanup.policy=compact.*set it to delete"):
        bench.history().prepare()
    other = Bench(bench.bootstrap)
    other.make(partitions=2)
    try:
        with pytest.raises(ConnectError, match="has 2 partitions"):
            other.history().prepare()
    finally:
        other.drop()


def test_a_kafka_that_is_not_there_is_tried_again(bench: Bench) -> None:
    bench.bootstrap = "127.0.0.1:1"
    history = bench.history(schema__history__internal__kafka__query__timeout__ms="500")
    with pytest.raises(RetriableError, match=r"schema.history.internal.kafka.bootstrap.servers"):
        history.prepare()


def test_a_record_too_large_names_the_cure(bench: Bench) -> None:
    history = bench.history()
    history.prepare()
    comment = "x" * 1_200_000
    change = StructureChange("DATABASE", None, None, None, "d", f"CREATE DATABASE d /* {comment} */")
    with pytest.raises(ConnectError, match=r"max\.request\.size"):
        history.record_all([change], at(1), 1)
    bench.write(history, "CREATE TABLE t (a INT)", at(1))
    assert len(bench.records()) == 1
    history.close()


def test_without_a_topic_the_cure_is_full_metadata() -> None:
    config = MySqlConfig.from_props({"topic.prefix": "P", "database.hostname": "h", "database.user": "u",
                                     "database.server.id": "1"})
    with pytest.raises(ConnectError, match="binlog_row_metadata=FULL"):
        SchemaHistory(config, lambda kind, given: {})
