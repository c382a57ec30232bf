"""The pipeline against a real Kafka: order, offsets never ahead, failures, retries, pause."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from connect.api.errors import ConnectError, DataError, HeadgateError, RetriableError
from connect.api.records import SourceRecord
from connect.tasks.spec import EventKind
from connect.tasks.tolerance import ErrorPolicy
from tests.integration.tasks.rig import SOURCE, Empty, Numbers, Rig, Script, Text
from tests.waiting import until

pytestmark = pytest.mark.integration


def test_records_arrive_in_order_and_the_last_offset_is_stored(rig: Rig) -> None:
    task = Script([Numbers(rig.topic, 1, 500), Numbers(rig.topic, 501, 1200), Numbers(rig.topic, 1201, 1201)])
    with rig.running(task) as run:
        until(lambda: task.confirmed[-1:] == [1201], what="the last offset")
        run.control.stop()
        assert run.end()
    assert rig.numbers() == list(range(1, 1202))
    assert rig.stored() == 1201
    assert rig.states() == ["RUNNING"]
    assert task.stopped == 1


def test_the_source_is_told_only_what_is_stored_already(rig: Rig) -> None:
    seen: list[tuple[int, int | None, int]] = []
    task = Script([Numbers(rig.topic, 1, 10), Numbers(rig.topic, 11, 20)],
                  at_commit=lambda n: seen.append((n, rig.stored(), len(rig.numbers()))))
    with rig.running(task):
        until(lambda: task.confirmed[-1:] == [20], what="the last offset")
    assert all(stored is not None and n <= stored and n <= produced for n, stored, produced in seen)


def test_every_call_of_the_task_comes_from_one_thread(rig: Rig) -> None:
    task = Script([Numbers(rig.topic, 1, 3)])
    with rig.running(task) as run:
        run.control.paused = True
        until(lambda: task.kept_alive, what="keepalive")
    assert len(task.threads) == 1


def test_a_batch_without_records_moves_the_stored_offset(rig: Rig) -> None:
    task = Script([Empty(41)])
    with rig.running(task):
        until(lambda: task.confirmed == [41], what="the offset")
    assert rig.stored() == 41
    assert rig.records() == []


def test_when_nothing_is_new_nothing_is_written(rig: Rig) -> None:
    task = Script([Empty(1), None, Empty(1), None])
    with rig.running(task, interval=0.01):
        until(lambda: task.polls > 20, what="idle polls")
    assert task.confirmed == [1]
    assert len(rig.records(rig.offsets_topic)) == 1


def test_a_plain_list_of_records_is_a_batch(rig: Rig) -> None:
    records = [SourceRecord(SOURCE, {"n": n}, rig.topic, key=1, value=n, headers=()) for n in (1, 2)]
    task = Script([records, []])
    with rig.running(task):
        until(lambda: task.confirmed == [2], what="the offset")
    assert rig.numbers() == [1, 2]


def test_a_clean_stop_stores_what_is_acknowledged(rig: Rig) -> None:
    task = Script([Numbers(rig.topic, 1, 2000)])
    with rig.running(task, interval=3600) as run:
        until(lambda: task.polls > 1, what="the batch to be handed over")
        run.control.stop()
        assert run.end()
    assert rig.stored() == 2000
    assert task.confirmed == [2000]


def test_a_topic_is_told_once(rig: Rig) -> None:
    task = Script([Numbers(rig.topic, 1, 2), Numbers(rig.topic, 3, 4)])
    with rig.running(task):
        until(lambda: task.confirmed[-1:] == [4], what="the offset")
    assert [e.detail for e in rig.events if e.kind is EventKind.TOPIC] == [rig.topic]


def test_a_record_the_broker_refuses_fails_the_task_and_nothing_at_or_after_it_is_stored(rig: Rig) -> None:
    rig.alter_topic(rig.topic, "max.message.bytes", "20000")
    batches = [Numbers(rig.topic, 1, 10), Numbers(rig.topic, 11, 20, {15: 50_000}), Numbers(rig.topic, 21, 30)]
    task = Script(list(batches))
    with rig.running(task) as run:
        assert not run.end()
    assert rig.stored() == 10
    assert max(task.confirmed, default=0) <= 10
    assert sorted(rig.numbers())[:14] == list(range(1, 15)), "records that fit were refused together with the one that does not"
    headline = rig.trace().splitlines()[0]
    assert "too large" in headline and "position 15" in headline and "key columns (n)" in headline and rig.topic in headline
    assert "max.message.bytes" in headline
    assert "....." not in rig.trace()
    # The cure, and a restart from the stored offset: everything arrives.
    rig.alter_topic(rig.topic, "max.message.bytes", "200000")
    rest = [b for b in batches if b.numbers[-1] > (rig.stored() or 0)]
    again = Script(list(rest))
    with rig.running(again):
        until(lambda: again.confirmed[-1:] == [30], what="the last offset")
    assert sorted(set(rig.numbers())) == list(range(1, 31))
    assert rig.stored() == 30


def test_a_record_larger_than_the_client_allows_is_refused_at_once(rig: Rig) -> None:
    task = Script([Numbers(rig.topic, 1, 3, {2: 3_000_000})])
    with rig.running(task) as run:
        assert not run.end()
    assert "position 2" in rig.trace().splitlines()[0]
    assert "max.request.size" in rig.trace()
    assert rig.stored() is None


def test_a_tolerated_refusal_is_skipped_and_counted(rig: Rig) -> None:
    rig.alter_topic(rig.topic, "max.message.bytes", "20000")
    task = Script([Numbers(rig.topic, 1, 4, {2: 50_000, 3: 3_000_000})])
    with rig.running(task, policy=ErrorPolicy(tolerate_all=True)) as run:
        until(lambda: task.confirmed[-1:] == [4], what="the last offset")
        run.control.stop()
        assert run.end()
    assert rig.numbers() == [1, 4]
    assert rig.metric("kafka_connect_task_error_total_records_skipped") == 2


def test_a_value_that_cannot_be_converted_fails_the_task_naming_the_record(rig: Rig) -> None:
    def broken(value: object) -> None:
        if value == "5":
            raise DataError("field n: expected int64")

    task = Script([Numbers(rig.topic, 1, 3), Numbers(rig.topic, 4, 6)])
    with rig.running(task, text=Text(broken)) as run:
        assert not run.end()
    first = rig.trace().splitlines()[0]
    assert "expected int64" in first and "position 5" in first
    assert rig.stored() == 3
    assert rig.numbers() == [1, 2, 3, 4]
    assert task.stopped == 1


def test_the_message_of_a_foreign_conversion_error_is_not_shown_since_it_may_quote_the_value(rig: Rig) -> None:
    def broken(value: object) -> None:
        raise ValueError(f"bad value {value}")

    with rig.running(Script([Numbers(rig.topic, 77, 77)]), text=Text(broken)) as run:
        assert not run.end()
    assert "bad value" not in rig.trace()
    assert "ValueError" in rig.trace()
    assert "Caused by" in rig.trace()


def test_with_tolerance_a_record_that_cannot_be_converted_is_skipped(rig: Rig) -> None:
    def broken(value: object) -> None:
        if value in ("2", "5"):
            raise DataError("field n: expected int64")

    task = Script([Numbers(rig.topic, 1, 3), Numbers(rig.topic, 4, 6)])
    with rig.running(task, text=Text(broken), policy=ErrorPolicy(tolerate_all=True)):
        until(lambda: task.confirmed[-1:] == [6], what="the last offset")
    assert rig.numbers() == [1, 3, 4, 6]


def test_a_retriable_error_in_the_middle_of_a_batch_loses_and_doubles_nothing(rig: Rig) -> None:
    left = {"3": 2, "1005": 1}

    def broken(value: object) -> None:
        if left.get(str(value), 0) > 0:
            left[str(value)] -= 1
            raise RetriableError("the registry is out of reach")

    task = Script([Numbers(rig.topic, 1, 2000)])
    with rig.running(task, text=Text(broken)):
        until(lambda: task.confirmed[-1:] == [2000], what="the last offset")
    assert rig.numbers() == list(range(1, 2001))
    assert any("registry is out of reach" in c for c in rig.conditions())
    assert rig.conditions()[-1] == ""
    assert "FAILED" not in rig.states()


def test_a_retry_timeout_that_is_given_ends_the_retries(rig: Rig) -> None:
    def broken(value: object) -> None:
        raise RetriableError("the registry is out of reach")

    with rig.running(Script([Numbers(rig.topic, 1, 2)]), text=Text(broken), policy=ErrorPolicy(retry_timeout=0.0)) as run:
        assert not run.end()
    assert "registry is out of reach" in rig.trace()


def test_a_retriable_error_of_poll_is_waited_out_in_the_open(rig: Rig) -> None:
    task = Script([Numbers(rig.topic, 1, 2), RetriableError("the database is gone"), Numbers(rig.topic, 3, 4)])
    with rig.running(task):
        until(lambda: task.confirmed[-1:] == [4], what="the last offset")
    assert rig.numbers() == [1, 2, 3, 4]
    assert any("the database is gone" in c and "retrying" in c for c in rig.conditions())
    assert rig.states() == ["RUNNING"]


def test_a_retriable_error_of_start_is_shown_while_running(rig: Rig) -> None:
    task = Script([Numbers(rig.topic, 1, 1)], start_errors=[RetriableError("the database starts up")])
    with rig.running(task):
        until(lambda: task.confirmed == [1], what="the offset")
    assert any("the database starts up" in c for c in rig.conditions())


def test_an_error_of_start_fails_the_task(rig: Rig) -> None:
    task = Script([], start_errors=[ConnectError("wal_level is replica; set it to logical")])
    with rig.running(task) as run:
        assert not run.end()
    assert rig.states() == ["FAILED"]
    assert rig.trace().splitlines()[0] == "wal_level is replica; set it to logical"
    assert task.stopped == 1


def test_an_error_of_poll_fails_the_task_after_what_was_read_is_stored(rig: Rig) -> None:
    task = Script([Numbers(rig.topic, 1, 5), ConnectError("the slot was dropped")])
    with rig.running(task, interval=3600) as run:
        assert not run.end()
    assert rig.stored() == 5
    assert task.confirmed == [5]
    assert rig.trace().startswith("the slot was dropped")


def test_while_paused_the_task_is_kept_alive_and_not_polled(rig: Rig) -> None:
    task = Script([Numbers(rig.topic, 1, 1)])
    with rig.running(task) as run:
        until(lambda: task.confirmed == [1], what="the offset")
        run.control.paused = True
        until(lambda: rig.states()[-1:] == ["PAUSED"], what="PAUSED")
        polls, kept = task.polls, task.kept_alive
        until(lambda: task.kept_alive >= kept + 2, what="keepalive")
        assert task.polls == polls
        task.steps.append(Numbers(rig.topic, 2, 2))
        run.control.paused = False
        until(lambda: task.confirmed[-1:] == [2], what="the offset")
    assert rig.states() == ["RUNNING", "PAUSED", "RUNNING"]


def test_a_task_created_paused_is_started_when_it_is_resumed(rig: Rig) -> None:
    task = Script([Empty(1)])
    with rig.running(task, paused=True) as run:
        until(lambda: rig.states() == ["PAUSED"], what="PAUSED")
        assert not task.started
        run.control.paused = False
        until(lambda: task.confirmed == [1], what="the offset")
    assert rig.states() == ["PAUSED", "RUNNING"]


def test_a_task_that_is_stopped_while_paused_was_never_started(rig: Rig) -> None:
    task = Script([])
    with rig.running(task, paused=True) as run:
        until(lambda: rig.states() == ["PAUSED"], what="PAUSED")
        run.control.stop()
        assert run.end()
    assert not task.started
    assert task.stopped == 0


def test_a_full_producer_keeps_the_task_alive_and_stops_when_asked(rig: Rig) -> None:
    task = Script([Numbers(rig.topic, 1, 5000)])
    nowhere = {"bootstrap.servers": "127.0.0.1:1", "queue.buffering.max.messages": 100}
    with rig.running(task, producer=nowhere, bound=0.5) as run:
        until(lambda: task.kept_alive >= 2, what="keepalive")
        until(lambda: any("acknowledged nothing" in c for c in rig.conditions()), what="the condition")
        run.control.stop()
        assert run.end()
    assert rig.stored() is None


def test_the_context_knows_the_stored_offset_whatever_the_order_of_keys(rig: Rig) -> None:
    task = Script([])
    with rig.running(task, offsets=[({"server": "a", "database": "b"}, {"lsn": 9})]):
        until(lambda: task.polls, what="a poll")
        assert task.context.offset({"database": "b", "server": "a"}) == {"lsn": 9}
        assert task.context.offset({"server": "other"}) is None


def test_numbers_of_the_task_are_reported(rig: Rig) -> None:
    task = Script([Numbers(rig.topic, 1, 7)])
    with rig.running(task) as run:
        until(lambda: task.confirmed == [7], what="the offset")
        task.context.metric("lag.bytes", 5, slot="s")
        run.control.stop()
        run.end()
    assert rig.metric("kafka_connect_source_task_source_record_poll_total") == 7
    assert rig.metric("kafka_connect_source_task_source_record_write_total") == 7
    assert rig.metric("headgate_task_in_flight_bytes") == 0
    assert rig.metric("headgate_task_lag_bytes") == 5
    assert rig.metric("headgate_task_cpu_seconds_total") > 0


class Doubled:
    """Drops odd numbers and doubles the others."""

    def apply(self, record: SourceRecord) -> SourceRecord | None:
        n = int(str(record.value))
        return None if n % 2 else record.but(value=2 * n)


def test_transforms_change_and_drop_records_and_the_offset_passes_dropped_ones(rig: Rig) -> None:
    task = Script([Numbers(rig.topic, 1, 6), Numbers(rig.topic, 7, 7)])
    with rig.running(task, transform=Doubled()):
        until(lambda: task.confirmed[-1:] == [7], what="the last offset")
    assert rig.numbers() == [4, 8, 12]


def test_a_transformed_record_that_is_refused_is_named_by_its_source(rig: Rig) -> None:
    class Grown:
        def apply(self, record: SourceRecord) -> SourceRecord:
            return record.but(value="1" + "." * (50_000 if record.value == "3" else 0))

    rig.alter_topic(rig.topic, "max.message.bytes", "20000")
    with rig.running(Script([Numbers(rig.topic, 1, 4)]), transform=Grown()) as run:
        assert not run.end()
    assert "position 3" in rig.trace().splitlines()[0]


def test_topic_creation_that_fails_for_a_while_is_waited_for(rig: Rig) -> None:
    class Slow:
        left = 2

        def ensure(self, topics: Sequence[str]) -> dict[str, HeadgateError]:
            self.left -= 1
            return {topic: RetriableError("no controller") for topic in topics} if self.left >= 0 else {}

    task = Script([Numbers(rig.topic, 1, 2)])
    with rig.running(task, topics=Slow()):
        until(lambda: task.confirmed == [2], what="the offset")
    assert rig.numbers() == [1, 2]


def test_a_client_that_gets_nothing_acknowledged_though_kafka_answers_asks_for_a_new_process(rig: Rig) -> None:
    task = Script([Numbers(rig.topic, 1, 10)])
    asked: list[int] = []

    def answers() -> bool:
        asked.append(1)
        return len(asked) > 1

    nowhere = {"bootstrap.servers": "127.0.0.1:1"}
    with rig.running(task, producer=nowhere, kafka_answers=answers) as run:
        assert run.end()
        assert run.pipeline.again
    assert len(asked) == 2, "while Kafka does not answer either, the task waits"
    assert rig.states() == ["RUNNING"]
    assert task.stopped == 1
    assert rig.stored() is None
