"""A row that cannot be encoded, a record that Kafka refuses: FAILED with where and what to do, and it goes on after the cure."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytestmark = pytest.mark.integration


@pytest.fixture
def prices(scene: Any) -> Any:
    """A table with one row read by the snapshot; the connector streams."""
    scene.sql("CREATE TABLE prices (id int PRIMARY KEY, price numeric(10,2), note text)")
    scene.sql("INSERT INTO prices VALUES (1, 1.00, 'x')")
    return scene


def says_where(trace: str, scene: Any, table: str) -> None:
    """Topic, table, key column and log position."""
    where = rf"\(topic {scene.topic(table)}, table public\.{table}, key columns id, position [0-9A-F]+/[0-9A-F]+"
    assert re.search(where, trace), trace


def test_a_row_that_cannot_be_encoded_fails_the_task_and_goes_on_after_the_cure(prices: Any) -> None:
    prices.create()
    prices.streams()
    prices.sql("INSERT INTO prices VALUES (2, 2.00, 'before')")
    assert prices.ids("prices", 2) == [1, 2]
    before = prices.sql("SELECT pg_current_wal_lsn() - '0/0'")[0][0]
    prices.sql("INSERT INTO prices "
               "SELECT g, CASE g WHEN 4 THEN 'NaN'::numeric ELSE g END, 'SECRET-ROW' FROM generate_series(3, 5) g")
    trace = prices.trace()
    says_where(trace, prices, "prices")
    assert "price" in trace
    assert "event.converting.failure.handling.mode" in trace or "decimal.handling.mode" in trace
    assert "SECRET-ROW" not in prices.log()
    assert "SECRET-ROW" not in prices.task()["trace"]
    assert prices.position() <= before
    assert prices.confirmed() <= before
    # Restarted without a cure it fails at the same record.
    prices.restart()
    says_where(prices.trace(), prices, "prices")
    prices.reconfigure(event__converting__failure__handling__mode="warn")
    prices.sql("INSERT INTO prices VALUES (6, 6.00, 'after')")
    prices.reaches("RUNNING")
    prices.arrive("prices", 3, 4, 5, 6)
    rows = {e.key["id"]: e.value["after"]["price"] for e in prices.events("prices")}
    assert rows[4] is None
    assert set(rows) == {1, 2, 3, 4, 5, 6}


def test_a_row_of_the_snapshot_that_cannot_be_encoded_fails_the_task(prices: Any) -> None:
    prices.sql("INSERT INTO prices VALUES (2, 'NaN', 'SECRET-ROW')")
    prices.create()
    trace = prices.trace()
    says_where(trace, prices, "prices")
    assert "SECRET-ROW" not in prices.log()
    prices.sql("UPDATE prices SET price = 2 WHERE id = 2")
    prices.restart()
    prices.arrive("prices", 1, 2)


def test_a_bad_row_is_skipped_reported_and_counted_when_errors_are_tolerated(prices: Any) -> None:
    prices.create(errors__tolerance="all", errors__log__enable="true")
    prices.streams()
    prices.sql("INSERT INTO prices "
               "SELECT g, CASE g WHEN 3 THEN 'NaN'::numeric ELSE g END, 'SECRET-ROW' FROM generate_series(2, 4) g")
    assert prices.ids("prices", 3) == [1, 2, 4]
    prices.until(lambda: prices.metric("kafka_connect_task_error_total_records_skipped") == 1, "the skipped record to be counted")
    (line,) = [x for x in prices.log().splitlines() if "record skipped (errors.tolerance=all)" in x]
    says_where(line, prices, "prices")
    assert "SECRET-ROW" not in prices.log()
    assert prices.task()["state"] == "RUNNING"


def test_a_record_too_large_fails_the_task_and_goes_on_after_the_limit_was_raised(prices: Any) -> None:
    limited = {"topic.creation.default.partitions": "1", "topic.creation.default.replication.factor": "1",
               "topic.creation.default.max.message.bytes": "20000"}
    prices.create(**limited)
    prices.streams()
    assert prices.ids("prices", 1) == [1]
    before = prices.sql("SELECT pg_current_wal_lsn() - '0/0'")[0][0]
    noise = "(SELECT string_agg(md5(random()::text), '') FROM generate_series(1, 2000))"
    with prices.connection.transaction():
        prices.sql("INSERT INTO prices VALUES (2, 2, 'small')")
        prices.sql(f"INSERT INTO prices VALUES (3, 3, {noise})")
        prices.sql("INSERT INTO prices SELECT g, g, 'small' FROM generate_series(4, 60) g")
    trace = prices.trace()
    says_where(trace, prices, "prices")
    assert "too large" in trace
    assert "max.message.bytes" in trace
    assert "producer.override.max.request.size" in trace
    assert prices.position() <= before
    assert prices.confirmed() <= before
    prices.topic_setting(prices.topic("prices"), max_message_bytes="200000")
    prices.restart()
    prices.reaches("RUNNING")
    seen = prices.arrive("prices", *range(1, 61))
    first = list(dict.fromkeys(seen))
    assert sorted(first) == list(range(1, 61))
    # The new run sends everything from the refused record on again, in order.
    assert seen[-58:] == list(range(3, 61))


def test_a_record_above_the_producer_s_own_limit_is_told_and_goes_on_with_a_larger_one(prices: Any) -> None:
    prices.create(**{"producer.override.max.request.size": "20000"})
    prices.streams()
    prices.sql("INSERT INTO prices VALUES (2, 2, repeat('y', 40000))")
    trace = prices.trace()
    says_where(trace, prices, "prices")
    assert "producer.override.max.request.size" in trace
    assert "yyyy" not in prices.log()
    prices.reconfigure(**{"producer.override.max.request.size": "1000000"})
    assert prices.ids("prices", 2) == [1, 2]


def test_a_topic_that_must_not_be_made_is_told_until_it_is_there(prices: Any) -> None:
    prices.create(transforms="route", transforms__route__type="org.apache.kafka.connect.transforms.RegexRouter",
                  transforms__route__regex=".*", transforms__route__replacement="no such/topic")
    trace = prices.trace()
    assert "no such/topic" in trace
